"""Figures that a student can move. Each function returns an ipywidgets.Widget; make it the last line of a cell."""

from collections.abc import Callable, Sequence

import ipywidgets
from matplotlib.figure import Figure

from ._figure import png

__all__ = ["figure_slider"]


def figure_slider(values: Sequence, draw: Callable[..., Figure], label: str) -> ipywidgets.Widget:
    """A slider over values, and below it the figure draw(value) for the one that is chosen.

    All figures are drawn once, beforehand, so the picture follows the slider without delay. label names the slider.
    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("figure_slider(values): got no values, expected at least one to choose from.")
    pictures = {value: png(draw(value)) for value in values}
    slider = ipywidgets.SelectionSlider(options=list(values), description=label, layout={"width": "min(100%, 420px)"})
    slider.style.description_width = "initial"
    picture = ipywidgets.Image(value=pictures[values[0]], format="png", layout={"max_width": "100%"})
    slider.observe(lambda change: setattr(picture, "value", pictures[change["new"]]), names="value")
    return ipywidgets.VBox([slider, picture])
