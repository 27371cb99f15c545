"""Figures out of a model and images. Every function returns a matplotlib Figure and never shows it itself."""

from .images import (
    TEN_COLOURS,
    plot_history,
    plot_images,
    plot_interpolation,
    plot_latent,
    plot_manifold,
    plot_reconstructions,
    plot_samples,
)

__all__ = [
    "TEN_COLOURS",
    "plot_history",
    "plot_images",
    "plot_interpolation",
    "plot_latent",
    "plot_manifold",
    "plot_reconstructions",
    "plot_samples",
]
