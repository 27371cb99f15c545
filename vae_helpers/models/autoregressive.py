"""A VAE whose decoder also looks at the pixels before each pixel: a PixelCNN that is told z."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mlp import MLPVAE


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees only the pixels before its own, row by row from the top; with own=True its own as well.

    The weights of the pixels after it are always 0: A. van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016.
    size: odd; the output is as large as the input.
    Lesson 12: 5 · Posterior collapse
    """

    def __init__(self, inputs: int, outputs: int, size: int, own: bool):
        super().__init__(inputs, outputs, size, padding=size // 2)
        mask = torch.ones(size, size)
        mask[size // 2 + 1 :] = 0  # rows below
        mask[size // 2, size // 2 + own :] = 0  # pixels to the right
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) → (N, outputs, H, W)."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class AutoregressiveVAE(MLPVAE):
    """A VAE with a strong decoder: each pixel's logit sees z and the pixels before it, in a window of 13 rows above.

    The decoder is a conditional PixelCNN: A. van den Oord et al., "Conditional Image Generation with PixelCNN Decoders",
    NeurIPS 2016, in small: masked convolutions whose layers each add a vector made of z. It models digits so well alone
    that −ELBO leaves z all but unused. width: channels of its layers; depth: how many follow the first; the other
    arguments as in MLPVAE. forward gives logits, for losses.bernoulli_vae_loss and images of zeros and ones.
    Lesson 12: 5 · Posterior collapse
    """

    def __init__(
        self,
        latent_dim: int = 20,
        hidden: int = 256,
        width: int = 16,
        depth: int = 3,
        img_size: int = 28,
        channels: int = 1,
    ):
        super().__init__(latent_dim, hidden, img_size=img_size, channels=channels)
        first = MaskedConv2d(channels, width, 7, own=False)
        self.masked = nn.ModuleList([first, *(MaskedConv2d(width, width, 5, own=True) for _ in range(depth))])
        self.from_z = nn.ModuleList(nn.Linear(latent_dim, width) for _ in self.masked)
        self.decoder = nn.Conv2d(width, channels, 1)

    def pixel_logits(self, x: Tensor, z: Tensor) -> Tensor:
        """x (N, C, H, W), z (N, latent_dim) → logits (N, C, H, W), each from z and the pixels before it."""
        h = 0
        for layer, told in zip(self.masked, self.from_z, strict=True):
            h = h + F.relu(layer(x if layer is self.masked[0] else h) + told(z)[:, :, None, None])
        return self.decoder(h)

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
        """(N, latent_dim) → images (N, C, H, W) of zeros and ones, drawn pixel by pixel, row by row from the top."""
        x = z.new_zeros(len(z), self.channels, self.img_size, self.img_size)
        for row in range(self.img_size):
            above = max(0, row - 3 - 2 * (len(self.masked) - 1))  # no layer sees further up
            for column in range(self.img_size):
                logits = self.pixel_logits(x[:, :, above : row + 1], z)[:, :, -1, column]
                x[:, :, row, column] = torch.bernoulli(torch.sigmoid(logits))
        return x
