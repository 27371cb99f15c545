"""The conditional VAE: a VAE that is told the label."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._sizes import check_images, whole
from .mlp import MLPVAE


class CVAE(MLPVAE):
    """The conditional VAE: encoder and decoder are told the label y, as a one-hot vector beside their input.

    K. Sohn et al., "Learning Structured Output Representation using Deep Conditional Generative Models", NeurIPS 2015;
    their prior p(z|y) is learnt as well, here it is N(0, I) for every label.
    classes: how many labels there are, 0 … classes − 1; the other arguments as in MLPVAE.
    forward gives logits, for losses.bernoulli_vae_loss, and asks for the labels: forward(x, y).
    Lesson 13: The CVAE
    """

    def __init__(
        self, latent_dim: int = 20, hidden: int = 512, classes: int = 10, img_size: int = 28, channels: int = 1
    ):
        super().__init__(latent_dim, hidden, img_size=img_size, channels=channels)
        (self.classes,) = whole(self, classes=classes)
        self.encoder[1] = nn.Linear(self.pixels + classes, hidden)
        self.decoder[0] = nn.Linear(latent_dim + classes, hidden)

    def _with_label(self, values: Tensor, y: Tensor) -> Tensor:
        if y.shape != values.shape[:1]:
            raise ValueError(
                f"{type(self).__name__}: y has shape {tuple(y.shape)}, expected one label for each image, ({len(values)},)."
            )
        return torch.cat([values, F.one_hot(y, self.classes).to(values.dtype)], dim=1)

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """x (N, C, H, W), y (N,) whole numbers → mu, logvar of q(z|x, y)."""
        check_images(self, x, flat=True)
        return self.encoder(self._with_label(x.flatten(1), y)).chunk(2, dim=1)

    def pixel_logits(self, z: Tensor, y: Tensor) -> Tensor:
        """z (N, latent_dim), y (N,) → logits of p(x|z, y), (N, C, H, W)."""
        return self.decoder(self._with_label(z, y))

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        """z (N, latent_dim), y (N,) → images (N, C, H, W) in [0, 1]."""
        return torch.sigmoid(self.pixel_logits(z, y))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (N, C, H, W), y (N,) → logits of the same shape, mu, logvar."""
        mu, logvar = self.encode(x, y)
        return self.pixel_logits(self.reparameterize(mu, logvar), y), mu, logvar
