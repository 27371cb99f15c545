"""Other kinds of autoencoder and VAE, fully connected so that a CPU trains them in seconds: lessons 08 and 10."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLPAutoencoder(nn.Module):
    """x → z → recon with fully connected layers alone: 784 → hidden → latent_dim → hidden → 784.

    The code z may be any real numbers. Trains much faster on a CPU than the convolutional Autoencoder.
    latent_dim: numbers in the code z; hidden: width of the layer before and after it.
    """

    def __init__(self, latent_dim: int = 16, hidden: int = 256):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, latent_dim))
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28))
        )

    def encode(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) → z (N, latent_dim)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, 1, 28, 28) in [0, 1]."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 28, 28) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


class TiedAutoencoder(nn.Module):
    """One layer each way, with one matrix: z = activation(W x + b), recon = sigmoid(Wᵀ z + c).

    Tied weights keep a penalty on z honest: were the decoder free, it could grow as the code shrinks, and the penalty
    would fall with nothing learnt (Rifai et al., "Contractive Auto-Encoders", 2011, tie theirs too).
    weight: W (latent_dim, 784), whose rows are the features that the decoder draws with.
    latent_dim: units of the code, more than the 784 pixels for an overcomplete one; activation: e.g. torch.relu.
    """

    def __init__(self, latent_dim: int = 800, activation: Callable[[Tensor], Tensor] = torch.sigmoid):
        super().__init__()
        self.latent_dim, self.activation = latent_dim, activation
        self.weight = nn.Parameter(0.01 * torch.randn(latent_dim, 784))  # small: pixels that are never lit keep theirs
        self.code_bias = nn.Parameter(torch.zeros(latent_dim))
        self.pixel_bias = nn.Parameter(torch.zeros(784))

    def encode(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) → z (N, latent_dim), in the range of the activation."""
        return self.activation(F.linear(x.flatten(1), self.weight, self.code_bias))

    def decode(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → images (N, 1, 28, 28) in [0, 1]."""
        return torch.sigmoid(F.linear(z, self.weight.T, self.pixel_bias)).view(-1, 1, 28, 28)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 28, 28) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


class MLPVAE(nn.Module):
    """x → (mu, logvar) → z → recon with fully connected layers alone: 784 → hidden → latent_dim → hidden → 784.

    logits: what forward gives as its first output. True: logits, for losses.bernoulli_vae_loss; False: images in [0, 1],
    for losses.vae_loss. decode gives images in either case.
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


class AutoregressiveVAE(MLPVAE):
    """A VAE with a strong decoder: each pixel's logit sees z and all pixels before it, logits = decoder(z) + L x.

    L is strictly lower triangular, so pixel i sees pixels 0 … i − 1 (row by row). Without z this is the fully visible
    sigmoid belief network (B. Frey et al., 1996), which models digits well enough alone for z to be left unused.
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


class CVAE(MLPVAE):
    """The conditional VAE: encoder and decoder are told the label y, as a one-hot vector beside their input.

    K. Sohn et al., "Learning Structured Output Representation using Deep Conditional Generative Models", NeurIPS 2015.
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


class VQVAE(nn.Module):
    """The vector-quantised VAE: an image becomes a word of `positions` letters, each one of `codes` vectors of length dim.

    A. van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017; theirs is convolutional and its
    letters lie on a grid, here each letter may look at the whole image.
    """

    def __init__(self, positions: int = 16, codes: int = 64, dim: int = 8, hidden: int = 512):
        super().__init__()
        self.positions, self.codes = positions, codes
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, hidden),
            nn.ReLU(),
            nn.Linear(hidden, positions * dim),
            nn.Unflatten(1, (positions, dim)),
        )
        self.decoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(positions * dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 784),
            nn.Unflatten(1, (1, 28, 28)),
        )
        self.codebook = nn.Parameter(torch.randn(codes, dim))

    def nearest(self, z_e: Tensor) -> Tensor:
        """(N, positions, dim) → the number of the nearest vector in the codebook, (N, positions), whole numbers."""
        return torch.cdist(z_e.flatten(0, 1), self.codebook).argmin(dim=1).view(z_e.shape[:2])

    def encode(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) → the word of each image, (N, positions), whole numbers from 0 to codes − 1."""
        return self.nearest(self.encoder(x))

    def decode(self, index: Tensor) -> Tensor:
        """(N, positions) → images (N, 1, 28, 28) in [0, 1]."""
        return torch.sigmoid(self.decoder(self.codebook[index]))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 1, 28, 28) → logits of the same shape, the encoder's z_e and the codebook's z_q, (N, positions, dim)."""
        z_e = self.encoder(x)
        z_q = self.codebook[self.nearest(z_e)]
        z = z_e + (z_q - z_e).detach()  # straight-through: the value of z_q, the gradient of z_e
        return self.decoder(z), z_e, z_q


class CodePrior(nn.Module):
    """An autoregressive prior over the words of a VQVAE: p(letter | letters before it), by a small GRU."""

    def __init__(self, codes: int = 64, hidden: int = 64):
        super().__init__()
        self.codes = codes
        self.embedding = nn.Embedding(codes + 1, hidden)  # the last one stands before the first letter
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, codes)

    def forward(self, index: Tensor) -> tuple[Tensor]:
        """(N, positions) → logits (N, positions, codes); position i sees the letters before it only."""
        start = index.new_full((len(index), 1), self.codes)
        h, _ = self.gru(self.embedding(torch.cat([start, index[:, :-1]], dim=1)))
        return (self.head(h),)

    @torch.no_grad()
    def sample(self, n: int, positions: int) -> Tensor:
        """n new words, (n, positions), drawn letter by letter."""
        letter = torch.full((n, 1), self.codes, device=self.head.weight.device)
        h, letters = None, []
        for _ in range(positions):
            output, h = self.gru(self.embedding(letter), h)
            letter = torch.multinomial(self.head(output[:, -1]).softmax(dim=1), 1)
            letters.append(letter)
        return torch.cat(letters, dim=1)


class AVAE(MLPVAE):
    """The autoencoding VAE: forward also draws an image from z and asks the encoder where that came from.

    A. T. Cemgil et al., "The Autoencoding Variational Autoencoder", NeurIPS 2020; the loss is losses.avae_loss.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(N, 1, 28, 28) → logits, mu, logvar, the sample z, and mu, logvar of the image drawn from z."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        logits = self.decoder(z)
        drawn = torch.bernoulli(torch.sigmoid(logits.detach()))  # an image like any other: no gradient into the decoder
        return logits, mu, logvar, z, *self.encode(drawn)
