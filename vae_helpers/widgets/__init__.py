"""Figures that a student can move. Each function returns an ipywidgets.Widget; make it the last line of a cell.

Only widgets that ipywidgets 7.7 and 8 both have are used. Pictures travel as PNG bytes, one small picture a tick: no
figure is drawn anew. Without a kernel (a page on GitHub, an HTML export, a notebook opened again) a still picture stands in.
"""

from .arithmetic import latent_arithmetic
from .explorer import latent_explorer
from .interpolation import interpolation_slider, slerp
from .slider import figure_slider

__all__ = [
    "figure_slider",
    "interpolation_slider",
    "latent_arithmetic",
    "latent_explorer",
    "slerp",
]
