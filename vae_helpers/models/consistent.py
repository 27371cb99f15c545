"""The autoencoding VAE: does the encoder recognise what its own decoder draws?"""

import torch
from torch import Tensor

from .mlp import MLPVAE


class AVAE(MLPVAE):
    """The autoencoding VAE: forward also draws an image from z and asks the encoder where that came from.

    A. T. Cemgil et al., "The Autoencoding Variational Autoencoder", NeurIPS 2020; the loss is losses.avae_loss.
    Arguments as in MLPVAE.
    Lesson 13: The AVAE
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 512, img_size: int = 28, channels: int = 1):
        super().__init__(latent_dim, hidden, img_size=img_size, channels=channels)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(N, C, H, W) → logits, mu, logvar, the sample z, and mu, logvar of the image drawn from z."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        logits = self.decoder(z)
        drawn = torch.bernoulli(torch.sigmoid(logits.detach()))  # an image like any other: no gradient into the decoder
        return logits, mu, logvar, z, *self.encode(drawn)
