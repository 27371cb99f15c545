"""The networks of the course, and the table that describes one."""

from .autoencoders import Autoencoder
from .convnet import summary
from .vae import VAE

__all__ = ["VAE", "Autoencoder", "summary"]
