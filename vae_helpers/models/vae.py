"""The variational autoencoder: one image, one Gaussian in the latent space."""

import torch
from torch import Tensor

from .convnet import ConvNet


class VAE(ConvNet):
    """x → (mu, logvar) → z → recon: with its defaults the network of the exercise, 68,485 parameters.

    channels: 1 for grey images, 3 for colour; latent_dim: dimensions of the latent space, for other pictures than
    digits rather 16 or 32; img_size: pixels on a side, a multiple of 4, such as 28, 32 or 64.
    Raises ValueError for other numbers, and for a batch of images of another size.
    Lesson 02: The class `VAE`
    """

    def __init__(self, channels: int = 1, latent_dim: int = 2, img_size: int = 28):
        super().__init__(channels, latent_dim, img_size, heads=("fc_mu", "fc_logvar"))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, channels, img_size, img_size) → mu, logvar of q(z|x), each (N, latent_dim); logvar = log σ²."""
        h = self.features(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """z = mu + σ ⊙ ε with ε ~ N(0, I) (the handout's eq. 3): a sample of q(z|x) that gradients pass through."""
        sigma = torch.exp(0.5 * logvar)
        epsilon = torch.randn_like(sigma)
        return mu + sigma * epsilon

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, channels, img_size, img_size) → recon of the same shape in [0, 1], mu, logvar, each (N, latent_dim)."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar
