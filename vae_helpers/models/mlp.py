"""VAEs with fully connected layers alone, which a CPU trains in seconds."""

import torch
from torch import Tensor, nn

from ._sizes import check_images, whole


class MLPVAE(nn.Module):
    """x → (mu, logvar) → z → recon with fully connected layers alone: pixels → hidden → latent_dim → hidden → pixels.

    logits: what forward gives as its first output. True: logits, for losses.bernoulli_vae_loss; False: images in [0, 1],
    for losses.vae_loss. decode gives images in either case.
    latent_dim: dimensions of z; hidden: width of the layers between; img_size, channels: of the images, which may also
    come flat. Raises ValueError for a batch of images of another size.
    Lesson 12: 1 · How good is a VAE?
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
