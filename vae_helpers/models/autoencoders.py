"""Autoencoders without chance: one image, one point in the latent space."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .convnet import ConvNet


class Autoencoder(ConvNet):
    """x → z → recon. The same network as the VAE, with one head instead of two and nothing random.

    channels: image channels; latent_dim: numbers in the code z.
    Lesson 01: 3 · Building the network
    """

    def __init__(self, channels: int = 1, latent_dim: int = 2):
        super().__init__(channels, latent_dim, heads=("fc_z",))

    def encode(self, x: Tensor) -> Tensor:
        """(N, channels, 28, 28) → z (N, latent_dim), any real numbers."""
        return self.fc_z(self.features(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, channels, 28, 28) → recon of the same shape in [0, 1], z (N, latent_dim)."""
        z = self.encode(x)
        return self.decode(z), z


class MLPAutoencoder(nn.Module):
    """x → z → recon with fully connected layers alone: 784 → hidden → latent_dim → hidden → 784.

    The code z may be any real numbers. Trains much faster on a CPU than the convolutional Autoencoder.
    latent_dim: numbers in the code z; hidden: width of the layer before and after it.
    Lesson 08: 2 · With activation functions
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
    Lesson 08: 3 · Must it be narrow? The sparse autoencoder
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
