"""Figures out of a model, images and numbers. Every function returns a matplotlib Figure (table: a table) and never shows it.

In a notebook, make the call the last line of a cell and the figure appears; in a script, call figure.savefig(path).
"""

from .colours import TEN_COLOURS
from .curves import curves
from .distributions import clouds, histograms
from .history import plot_history
from .images import plot_images, plot_interpolation, plot_manifold, plot_reconstructions, plot_samples
from .latent import plot_latent
from .tables import table

__all__ = [
    "TEN_COLOURS",
    "clouds",
    "curves",
    "histograms",
    "plot_history",
    "plot_images",
    "plot_interpolation",
    "plot_latent",
    "plot_manifold",
    "plot_reconstructions",
    "plot_samples",
    "table",
]
