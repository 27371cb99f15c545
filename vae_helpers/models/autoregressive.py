"""A VAE whose decoder also looks at the pixels before each pixel."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mlp import MLPVAE


class AutoregressiveVAE(MLPVAE):
    """A VAE with a strong decoder: each pixel's logit sees z and all pixels before it, logits = decoder(z) + L x.

    L is strictly lower triangular, so pixel i sees pixels 0 … i − 1 (row by row). Without z this is the fully visible
    sigmoid belief network (B. Frey et al., 1996), which models digits well enough alone for z to be left unused.
    Lesson 10: 5 · Posterior collapse
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 512):
        super().__init__(latent_dim, hidden)
        self.look_back = nn.Parameter(torch.zeros(784, 784))

    def pixel_logits(self, x: Tensor, z: Tensor) -> Tensor:
        """x (N, 1, 28, 28), z (N, latent_dim) → logits (N, 1, 28, 28), each from z and the pixels before it."""
        return self.decoder(z) + F.linear(x.flatten(1), self.look_back.tril(-1)).view_as(x)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) of zeros and ones → logits of the same shape, mu, logvar."""
        mu, logvar = self.encode(x)
        return self.pixel_logits(x, self.reparameterize(mu, logvar)), mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """NotImplementedError: an image is no function of z alone here, each pixel depends on those drawn before it."""
        raise NotImplementedError(
            "AutoregressiveVAE.decode(z): z alone does not determine an image, each pixel also depends on the pixels "
            "before it. Use sample(z) to draw images, or pixel_logits(x, z) for the logits of given images x."
        )

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, 1, 28, 28) of zeros and ones, drawn pixel by pixel."""
        logits = self.decoder(z).flatten(1)
        x = torch.zeros_like(logits)
        for i in range(784):
            x[:, i] = torch.bernoulli(torch.sigmoid(logits[:, i] + x[:, :i] @ self.look_back[i, :i]))
        return x.view(-1, 1, 28, 28)
