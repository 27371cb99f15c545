"""Figures that a student can move. Each function returns an ipywidgets.Widget; make it the last line of a cell."""

from .explorer import (
    figure_slider,
    interpolation_slider,
    latent_arithmetic,
    latent_explorer,
    slerp,
)

__all__ = [
    "figure_slider",
    "interpolation_slider",
    "latent_arithmetic",
    "latent_explorer",
    "slerp",
]
