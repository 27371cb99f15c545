"""VAEs with fully connected layers alone, which a CPU trains in seconds."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLPVAE(nn.Module):
    """x → (mu, logvar) → z → recon with fully connected layers alone: 784 → hidden → latent_dim → hidden → 784.

    logits: what forward gives as its first output. True: logits, for losses.bernoulli_vae_loss; False: images in [0, 1],
    for losses.vae_loss. decode gives images in either case.
    Lesson 10: 1 · How good is a VAE?
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 512, logits: bool = True):
        super().__init__()
        self.latent_dim, self.logits = latent_dim, logits
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, 784), nn.Unflatten(1, (1, 28, 28))
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 28, 28) → mu, logvar of q(z|x), each (N, latent_dim)."""
        return self.encoder(x).chunk(2, dim=1)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """z = mu + σ ⊙ ε with ε ~ N(0, I)."""
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, 1, 28, 28) in [0, 1]: of a Bernoulli decoder, the probability of a 1."""
        return torch.sigmoid(self.decoder(z))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) → logits (or images) of the same shape, mu, logvar."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return (self.decoder(z) if self.logits else self.decode(z)), mu, logvar


class GaussianVAE(MLPVAE):
    """A VAE with two hidden layers on either side, whose decoder gives a mean *and* a σ for each pixel.

    min_sigma: σ can go no lower. Without it the density of a pixel that is always 0 would grow without bound.
    Lesson 10: 4 · Do not choose
    """

    def __init__(self, latent_dim: int = 16, hidden: int = 256, min_sigma: float = 0.05):
        super().__init__(latent_dim, hidden)
        self.min_sigma = min_sigma
        self.encoder.insert(3, nn.Linear(hidden, hidden))
        self.encoder.insert(4, nn.ReLU())
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * 784)
        )

    def distribution(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(N, latent_dim) → mean in [0, 1] and σ ≥ min_sigma of each pixel, both (N, 1, 28, 28)."""
        mean, spread = self.decoder(z).view(-1, 2, 28, 28).chunk(2, dim=1)
        return torch.sigmoid(mean), self.min_sigma + F.softplus(spread - 2)  # σ starts near 0.18, as a short training's

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → the means, images (N, 1, 28, 28) in [0, 1]."""
        return self.distribution(z)[0]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) → recon, mu, logvar, and the decoder's σ of the same shape as recon."""
        mu, logvar = self.encode(x)
        recon, sigma = self.distribution(self.reparameterize(mu, logvar))
        return recon, mu, logvar, sigma
