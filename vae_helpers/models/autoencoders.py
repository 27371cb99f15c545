"""Autoencoders without chance: one image, one point in the latent space."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._sizes import check_images, whole
from .convnet import ConvNet


class Autoencoder(ConvNet):
    """x → z → recon. The same network as the VAE, with one head instead of two and nothing random.

    channels: 1 for grey images, 3 for colour; latent_dim: numbers in the code z; img_size: pixels on a side, a multiple
    of 4, such as 28, 32 or 64. Raises ValueError for other numbers, and for a batch of images of another size.
    Lesson 01: Building the network
    """

    def __init__(self, channels: int = 1, latent_dim: int = 2, img_size: int = 28):
        super().__init__(channels, latent_dim, img_size, heads=("fc_z",))

    def encode(self, x: Tensor) -> Tensor:
        """(N, channels, img_size, img_size) → z (N, latent_dim), any real numbers."""
        return self.fc_z(self.features(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, channels, img_size, img_size) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


class MLPAutoencoder(nn.Module):
    """x → z → recon with fully connected layers alone: pixels → hidden → latent_dim → hidden → pixels.

    The code z may be any real numbers. Trains much faster on a CPU than the convolutional Autoencoder.
    latent_dim: numbers in the code z; hidden: width of the layer before and after it; img_size, channels: of the images,
    which may also come flat. Raises ValueError for a batch of images of another size.
    Lesson 08: 4 · With activation functions
    """

    def __init__(self, latent_dim: int = 16, hidden: int = 256, img_size: int = 28, channels: int = 1):
        super().__init__()
        latent_dim, hidden, img_size, channels = whole(
            self, latent_dim=latent_dim, hidden=hidden, img_size=img_size, channels=channels
        )
        self.latent_dim, self.img_size, self.channels = latent_dim, img_size, channels
        pixels = channels * img_size**2
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, latent_dim))
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, pixels),
            nn.Sigmoid(),
            nn.Unflatten(1, (channels, img_size, img_size)),
        )

    def encode(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → z (N, latent_dim)."""
        check_images(self, x, flat=True)
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, C, H, W) in [0, 1]."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


class TiedAutoencoder(nn.Module):
    """One layer each way, with one matrix: z = activation(W x + b), recon = sigmoid(Wᵀ z + c).

    Tied weights keep a penalty on z honest: were the decoder free, it could grow as the code shrinks, and the penalty
    would fall with nothing learnt (Rifai et al., "Contractive Auto-Encoders", 2011, tie theirs too).
    weight: W (latent_dim, pixels), whose rows are the features that the decoder draws with.
    latent_dim: units of the code, more than there are pixels for an overcomplete one; activation: e.g. torch.relu;
    img_size, channels: of the images, which may also come flat. mean_image: the mean of the training images, pixels in
    [0, 1] of shape (C, H, W), or with one axis of length 1 before it, or flat. Given, c starts at its logit (pixels cut
    off to [0.001, 0.999]), so that a code that adds nothing draws the mean image: Y. Burda et al., "Importance Weighted
    Autoencoders", ICLR 2016, start their decoders so in their code. Without it c starts at 0, mid-grey, and the units
    must paint the black background. Raises ValueError for images, and a mean image, of another size or range.
    Lesson 09: Must it be narrow? The sparse autoencoder
    """

    def __init__(
        self,
        latent_dim: int = 800,
        activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        img_size: int = 28,
        channels: int = 1,
        mean_image: Tensor | None = None,
    ):
        super().__init__()
        latent_dim, img_size, channels = whole(self, latent_dim=latent_dim, img_size=img_size, channels=channels)
        self.latent_dim, self.activation = latent_dim, activation
        self.img_size, self.channels = img_size, channels
        pixels = channels * img_size**2
        self.weight = nn.Parameter(0.01 * torch.randn(latent_dim, pixels))  # small: pixels never lit keep theirs
        self.code_bias = nn.Parameter(torch.zeros(latent_dim))
        self.pixel_bias = nn.Parameter(torch.zeros(pixels) if mean_image is None else _logits(mean_image, pixels))

    def encode(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → z (N, latent_dim), in the range of the activation."""
        check_images(self, x, flat=True)
        return self.activation(F.linear(x.flatten(1), self.weight, self.code_bias))

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, C, H, W) in [0, 1]."""
        pixels = torch.sigmoid(F.linear(z, self.weight.T, self.pixel_bias))
        return pixels.view(-1, self.channels, self.img_size, self.img_size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


def _logits(mean_image: Tensor, pixels: int) -> Tensor:
    """The logit of each pixel of a mean image, (pixels,). Raises ValueError as TiedAutoencoder says."""
    mean = torch.as_tensor(mean_image).detach().float().flatten()
    if len(mean) != pixels or not ((mean >= 0) & (mean <= 1)).all():
        raise ValueError(
            f"TiedAutoencoder(mean_image): got shape {tuple(torch.as_tensor(mean_image).shape)} with values from "
            f"{mean.min():.3g} to {mean.max():.3g}, expected {pixels} pixels in [0, 1]: train_images.mean(dim=0)."
        )
    return torch.logit(mean, eps=1e-3)
