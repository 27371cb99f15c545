"""The networks of the course, the table that describes one, and weights that are trained already."""

from .autoencoders import Autoencoder, MLPAutoencoder, TiedAutoencoder
from .autoregressive import AutoregressiveVAE
from .conditional import CVAE
from .consistent import AVAE
from .convnet import summary
from .discrete import VQVAE, CodePrior
from .mlp import MLPVAE, GaussianVAE
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
