"""The plain autoencoder: one image, one point in the latent space."""

from torch import Tensor

from .convnet import ConvNet


class Autoencoder(ConvNet):
    """x → z → recon. The same network as the VAE, with one head instead of two and nothing random.

    channels: image channels; latent_dim: numbers in the code z.
    """

    def __init__(self, channels: int = 1, latent_dim: int = 2):
        super().__init__(channels, latent_dim, heads=("fc_z",))

    def encode(self, x: Tensor) -> Tensor:
        """(N, channels, 28, 28) → z (N, latent_dim), any real numbers."""
        return self.fc_z(self.features(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, channels, 28, 28) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z
