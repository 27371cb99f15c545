"""The two networks of a GAN: one draws pictures, the other tells them from real ones."""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Generator(nn.Module):
    """z ~ N(0, I) → a picture, 28×28 grey: the generator of a DCGAN (A. Radford et al., ICLR 2016), in small.

    latent_dim: numbers in z; width: maps of the layer between, twice as many before it. decode(z) is what a VAE's decoder
    is; there is no encoder. Its batch norm makes pictures depend on their batch in train mode: draw in eval mode.
    Lesson 14: 2 · A GAN
    """

    def __init__(self, latent_dim: int = 64, width: int = 48):
        super().__init__()
        self.latent_dim, self.channels, self.img_size = latent_dim, 1, 28
        self.net = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * 49, bias=False), nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width), nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width), nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, 1, 28, 28) in [0, 1]."""
        return self.net(z)

    forward = decode


class Discriminator(nn.Module):
    """A picture → one logit: above 0 where it takes it for a real one. Spectral norm keeps it from changing too fast.

    T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018. width: maps of the first layer.
    Lesson 14: 2 · A GAN
    """

    def __init__(self, width: int = 48):
        super().__init__()
        self.net = nn.Sequential(
            spectral_norm(nn.Conv2d(1, width, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            nn.Flatten(), spectral_norm(nn.Linear(2 * width * 49, 1)),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) → logits (N,)."""
        return self.net(x).flatten()
