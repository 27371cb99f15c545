"""A matplotlib Figure that a notebook draws wherever it is a cell's value, without pyplot and its global state."""

from io import BytesIO

from matplotlib.figure import Figure


def new_figure(figsize: tuple[float, float]) -> Figure:
    """An empty figure of figsize (width, height) in inches that lays out its labels by itself."""
    return _NotebookFigure(figsize=figsize, dpi=90, layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG picture."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    return file.getvalue()


class _NotebookFigure(Figure):
    def _repr_png_(self) -> bytes:
        return png(self)
