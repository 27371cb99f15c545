"""VAEs with fully connected layers alone, which a CPU trains in seconds."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._sizes import check_images, whole


class MLPVAE(nn.Module):
    """x → (mu, logvar) → z → recon with fully connected layers alone: pixels → hidden → latent_dim → hidden → pixels.

    logits: what forward gives as its first output. True: logits, for losses.bernoulli_vae_loss; False: images in [0, 1],
    for losses.vae_loss. decode gives images in either case.
    latent_dim: dimensions of z; hidden: width of the layers between; img_size, channels: of the images, which may also
    come flat. Raises ValueError for a batch of images of another size.
    Lesson 10: How good is a VAE?
    """

    def __init__(
        self, latent_dim: int = 20, hidden: int = 512, logits: bool = True, img_size: int = 28, channels: int = 1
    ):
        super().__init__()
        latent_dim, hidden, img_size, channels = whole(
            self, latent_dim=latent_dim, hidden=hidden, img_size=img_size, channels=channels
        )
        self.latent_dim, self.logits, self.img_size, self.channels = latent_dim, logits, img_size, channels
        self.pixels = channels * img_size**2
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(self.pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, self.pixels),
            nn.Unflatten(1, (channels, img_size, img_size)),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) → mu, logvar of q(z|x), each (N, latent_dim)."""
        check_images(self, x, flat=True)
        return self.encoder(x).chunk(2, dim=1)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """z = mu + σ ⊙ ε with ε ~ N(0, I)."""
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, C, H, W) in [0, 1]: of a Bernoulli decoder, the probability of a 1."""
        return torch.sigmoid(self.decoder(z))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, C, H, W) → logits (or images) of the same shape, mu, logvar."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return (self.decoder(z) if self.logits else self.decode(z)), mu, logvar


class GaussianVAE(MLPVAE):
    """A VAE with two hidden layers on either side, whose decoder gives a mean *and* a σ for each pixel.

    min_sigma: σ can go no lower. Without it the density of a pixel that is always 0 would grow without bound.
    The other arguments as in MLPVAE.
    Lesson 10: Do not choose
    """

    def __init__(
        self,
        latent_dim: int = 16,
        hidden: int = 256,
        min_sigma: float = 0.05,
        img_size: int = 28,
        channels: int = 1,
    ):
        super().__init__(latent_dim, hidden, logits=False, img_size=img_size, channels=channels)
        self.min_sigma = min_sigma
        self.encoder.insert(3, nn.Linear(hidden, hidden))
        self.encoder.insert(4, nn.ReLU())
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * self.pixels),
        )

    def distribution(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(N, latent_dim) → mean in [0, 1] and σ ≥ min_sigma of each pixel, both (N, C, H, W)."""
        both = self.decoder(z).view(-1, 2 * self.channels, self.img_size, self.img_size)
        mean, spread = both.chunk(2, dim=1)
        return torch.sigmoid(mean), self.min_sigma + F.softplus(spread - 2)  # σ starts near 0.18, as a short training's

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → the means, images (N, C, H, W) in [0, 1]."""
        return self.distribution(z)[0]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, C, H, W) → recon, mu, logvar, and the decoder's σ of the same shape as recon."""
        mu, logvar = self.encode(x)
        recon, sigma = self.distribution(self.reparameterize(mu, logvar))
        return recon, mu, logvar, sigma
