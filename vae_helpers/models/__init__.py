"""The networks of the course, the table that describes one, and weights that are trained already."""

from .autoencoders import Autoencoder
from .convnet import summary
from .mlp import (
    AVAE,
    CVAE,
    MLPVAE,
    VQVAE,
    AutoregressiveVAE,
    CodePrior,
    GaussianVAE,
    MLPAutoencoder,
    TiedAutoencoder,
)
from .pretrained import load_pretrained, pretrained_card, pretrained_names
from .vae import VAE

__all__ = [
    "AVAE",
    "CVAE",
    "MLPVAE",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "AutoregressiveVAE",
    "CodePrior",
    "GaussianVAE",
    "MLPAutoencoder",
    "TiedAutoencoder",
    "load_pretrained",
    "pretrained_card",
    "pretrained_names",
    "summary",
]
