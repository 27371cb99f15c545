"""A VAE whose decoder also looks at the pixels before each pixel."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mlp import MLPVAE


class AutoregressiveVAE(MLPVAE):
    """A VAE with a strong decoder: each pixel's logit sees z and all pixels before it, logits = decoder(z) + L x.

    L is strictly lower triangular, so pixel i sees pixels 0 … i − 1 (row by row). Without z this is the fully visible
    sigmoid belief network (B. Frey et al., 1996), which models digits well enough alone for z to be left unused.
    L has as many numbers as there are pairs of pixels: 0.6 million at 28×28, 17 million at 64×64. Arguments as in MLPVAE.
    Lesson 10: Posterior collapse
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 512, img_size: int = 28, channels: int = 1):
        super().__init__(latent_dim, hidden, img_size=img_size, channels=channels)
        self.look_back = nn.Parameter(torch.zeros(self.pixels, self.pixels))

    def pixel_logits(self, x: Tensor, z: Tensor) -> Tensor:
        """x (N, C, H, W), z (N, latent_dim) → logits (N, C, H, W), each from z and the pixels before it."""
        from_z = self.decoder(z)
        return from_z + F.linear(x.flatten(1), self.look_back.tril(-1)).view_as(from_z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, C, H, W) of zeros and ones → logits of the same shape, mu, logvar."""
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
        """(N, latent_dim) → images (N, C, H, W) of zeros and ones, drawn pixel by pixel."""
        logits = self.decoder(z).flatten(1)
        x = torch.zeros_like(logits)
        for i in range(self.pixels):
            x[:, i] = torch.bernoulli(torch.sigmoid(logits[:, i] + x[:, :i] @ self.look_back[i, :i]))
        return x.view(-1, self.channels, self.img_size, self.img_size)
