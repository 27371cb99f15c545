"""A figure that follows a slider."""

import sys
from collections.abc import Callable, Iterable

import ipywidgets
from matplotlib.figure import Figure

from .._figure import png
from .._language import tr
from .box import StillBox, wide_slider

__all__ = ["figure_slider"]


def figure_slider(values: Iterable, draw: Callable[..., Figure], label: str, start=None) -> ipywidgets.Widget:
    """A slider over values, and below it the figure draw(value) for the one that is chosen.

    values: a list, range, array, tensor or generator of numbers or words. draw: value → a matplotlib Figure. All figures
    are drawn once, beforehand, so the picture follows the slider without delay. label names the slider. start: the value
    at which it stands at first, and which a page without a kernel shows; the first one if not given.
    Returns the widget; make it the last line of a cell.
    Raises ValueError for no values, for a start that is none of them, and when draw gives something else than a Figure.

    Lesson 04: What the decoder expects
    """
    if not isinstance(values, Iterable):
        raise ValueError(
            f"figure_slider(values): got {type(values).__name__}, expected a list of values to choose from."
        )
    values = [value.item() if hasattr(value, "item") else value for value in values]
    if not values:
        raise ValueError("figure_slider(values): got no values, expected at least one to choose from.")
    if start is not None and start not in values:
        raise ValueError(f"figure_slider(start): got {start!r}, expected one of the values, {values}.")
    first = 0 if start is None else values.index(start)
    pictures = [_drawn(draw, value) for value in values]
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    slider = wide_slider(
        ipywidgets.SelectionSlider, options=list(zip(texts, values, strict=True)), description=label, index=first
    )
    slider.style.description_width = "initial"
    picture = ipywidgets.Image(value=pictures[first], format="png", layout={"max_width": "100%"})
    slider.observe(lambda change: setattr(picture, "value", pictures[change["new"]]), names="index")
    return FigureSlider(slider, picture)


def _drawn(draw: Callable[..., Figure], value) -> bytes:
    figure = draw(value)
    if not isinstance(figure, Figure):
        raise ValueError(
            f"figure_slider(draw): draw({value!r}) gives {type(figure).__name__}, expected a Figure: "
            "end draw with return figure."
        )
    picture = png(figure)
    if "matplotlib.pyplot" in sys.modules:  # a figure of pyplot would appear once more at the end of the cell
        sys.modules["matplotlib.pyplot"].close(figure)
    return picture


class FigureSlider(StillBox):
    """The slider and its picture."""

    def __init__(self, slider: ipywidgets.SelectionSlider, picture: ipywidgets.Image):
        self.slider, self.picture = slider, picture
        super().__init__([slider, picture])

    @property
    def still_alt(self) -> str:
        chosen = f"{self.slider.description} = {self.slider.label}"
        return tr(f"hình ứng với {chosen}", f"figure for {chosen}")

    def still(self) -> bytes:
        return self.picture.value
