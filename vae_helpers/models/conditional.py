"""The conditional VAE: a VAE that is told the label."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mlp import MLPVAE


class CVAE(MLPVAE):
    """The conditional VAE: encoder and decoder are told the label y, as a one-hot vector beside their input.

    K. Sohn et al., "Learning Structured Output Representation using Deep Conditional Generative Models", NeurIPS 2015.
    Lesson 10: 6 · The conditional VAE
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 512, classes: int = 10):
        super().__init__(latent_dim, hidden)
        self.classes = classes
        self.encoder[1] = nn.Linear(784 + classes, hidden)
        self.decoder[0] = nn.Linear(latent_dim + classes, hidden)

    def _with_label(self, values: Tensor, y: Tensor) -> Tensor:
        return torch.cat([values, F.one_hot(y, self.classes).to(values.dtype)], dim=1)

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """x (N, 1, 28, 28), y (N,) whole numbers → mu, logvar of q(z|x, y)."""
        return self.encoder(self._with_label(x.flatten(1), y)).chunk(2, dim=1)

    def pixel_logits(self, z: Tensor, y: Tensor) -> Tensor:
        """z (N, latent_dim), y (N,) → logits of p(x|z, y), (N, 1, 28, 28)."""
        return self.decoder(self._with_label(z, y))

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        """z (N, latent_dim), y (N,) → images (N, 1, 28, 28) in [0, 1]."""
        return torch.sigmoid(self.pixel_logits(z, y))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (N, 1, 28, 28), y (N,) → logits of the same shape, mu, logvar."""
        mu, logvar = self.encode(x, y)
        return self.pixel_logits(self.reparameterize(mu, logvar), y), mu, logvar
