"""A VAE whose code is a small picture, as in latent diffusion."""

import torch
from torch import Tensor, nn

from ._sizes import check_images, whole


class SpatialVAE(nn.Module):
    """x → (mu, logvar) → z → recon, where z is a map of maps × 7 × 7 numbers: each place of it sees a part of the image only.

    The exercise's convolutions without its fully connected layers, as in R. Rombach et al., "High-Resolution Image Synthesis with
    Latent Diffusion Models", CVPR 2022, whose z has 4 maps of an eighth of the image's side; here it is a quarter. Of Stable
    Diffusion's own (github.com/CompVis/stable-diffusion): configs/autoencoder/autoencoder_kl_32x32x4.yaml has the KL's weight,
    10⁻⁶, configs/stable-diffusion/v1-inference.yaml the scale factor, 0.18215; in the middle of both its halves a layer of
    attention sees the whole image (ldm/modules/diffusionmodules/model.py).
    maps: channels of z; img_size: a multiple of 4; channels: of the images. Raises ValueError for other numbers, and for a
    batch of images of another size.
    Lesson 14: 3 · A code that is a small picture
    """

    def __init__(self, maps: int = 4, img_size: int = 28, channels: int = 1):
        super().__init__()
        maps, img_size, channels = whole(self, maps=maps, img_size=img_size, channels=channels)
        if img_size % 4:
            raise ValueError(f"{type(self).__name__}(img_size): got {img_size}, expected a multiple of 4.")
        self.img_size, self.channels = img_size, channels
        self.latent_shape = (maps, img_size // 4, img_size // 4)
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(64, 2 * maps, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(maps, 64, 3, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.Conv2d(16, channels, 3, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, channels, 28, 28) → mu, logvar of q(z|x), each (N, maps, 7, 7)."""
        check_images(self, x)
        return self.encoder(x).chunk(2, dim=1)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """z = mu + σ ⊙ ε with ε ~ N(0, I)."""
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """(N, maps, 7, 7) → images (N, channels, 28, 28) in [0, 1]. Raises ValueError for another shape."""
        if z.shape[1:] != self.latent_shape:
            expected = ", ".join(map(str, self.latent_shape))
            raise ValueError(
                f"{type(self).__name__}.decode(z): z has shape {tuple(z.shape)}, expected (N, {expected})."
            )
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, channels, 28, 28) → recon of the same shape in [0, 1]; mu, logvar flat, (N, maps · 7 · 7), as the KL takes them."""
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu.flatten(1), logvar.flatten(1)
