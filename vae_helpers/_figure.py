"""A matplotlib Figure that a notebook draws wherever it is a cell's value, without pyplot and its global state."""

import re
from io import BytesIO

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import ScalarFormatter

from ._language import language

_POINT = re.compile(r"(?<![^\W\d_]\d)(?<=\d)\.(?=\d)")  # not that of a name, such as vae-2d-b0.3


def new_figure(figsize: tuple[float, float]) -> Figure:
    """An empty figure of figsize (width, height) in inches that lays out its labels by itself."""
    return _NotebookFigure(figsize=figsize, dpi=90, layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG picture."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    return file.getvalue()


class _CommaFormatter(ScalarFormatter):
    """Ticks of a Vietnamese figure: 0,5 where matplotlib writes 0.5."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return _POINT.sub(",", super().__call__(x, pos))


def decimal_commas(figure: Figure) -> None:
    """Write the numbers of a figure as Vietnamese prose does, in ticks, titles, labels and legends: 0,5 for 0.5.

    Python's locale would do so for ticks alone, and only where the system has a Vietnamese one.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_CommaFormatter())
    for text in figure.findobj(Text):
        text.set_text(_POINT.sub(",", text.get_text()))


class _NotebookFigure(Figure):
    def draw(self, renderer: RendererBase) -> None:
        if language() == "vi":
            decimal_commas(self)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        return png(self)
