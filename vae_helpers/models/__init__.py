"""The networks of the course, the table that describes one, and weights that are trained already."""

from .autoencoders import Autoencoder
from .convnet import summary
from .pretrained import load_pretrained, pretrained_card, pretrained_names
from .vae import VAE
from .variants import MLPAutoencoder, TiedAutoencoder

__all__ = [
    "VAE",
    "Autoencoder",
    "MLPAutoencoder",
    "TiedAutoencoder",
    "load_pretrained",
    "pretrained_card",
    "pretrained_names",
    "summary",
]
