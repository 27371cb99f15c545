"""How numbers and points spread: histograms in one dimension, clouds in two."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from .._figure import new_figure
from .._language import tr
from ._axes import is_panels, legends, numbers, of_panel, panel_axes, set_limits
from .colours import MARKS, TEN_COLOURS

__all__ = ["clouds", "histograms"]


def histograms(
    samples: Mapping, *, xlabel: str = "", ylabel: str = "", title: str = "", bins: int = 60,
    limits: tuple[float, float] | None = None, density: bool = False, lines: Mapping | None = None,
    curves: Mapping | None = None, ax: Axes | None = None,
) -> Figure:  # fmt: skip
    """How often each value occurs, for several samples over one another.

    samples: name → numbers, an array, tensor or list of any shape. limits: the ends of the bins; by default the lowest
    and the highest number of all samples, which share their bins. density: heights such that each area is 1, or else
    counts. lines: name → x of a dashed vertical line. curves: name → (x, y), lines over the histograms (such as a
    density), in the histograms' colours. ax: axes of yours to draw into. Returns the Figure.
    Raises ValueError for no samples and for numbers that are not finite.

    Lesson 03: Computing $z$ by hand
    """
    if not isinstance(samples, Mapping) or not samples:
        raise ValueError("histograms(samples): expected a dict with at least one entry: name → numbers.")
    values = {name: numbers(sample, f"histograms(samples[{name!r}])").ravel() for name, sample in samples.items()}
    for name, sample in values.items():
        if sample.size == 0 or not np.isfinite(sample).all():
            raise ValueError(f"histograms(samples[{name!r}]): got no numbers, or NaN or inf among them.")
    (ax,) = panel_axes(1, (7, 3.2), ax)
    ends = limits or (min(sample.min() for sample in values.values()), max(sample.max() for sample in values.values()))
    for index, (name, sample) in enumerate(values.items()):
        ax.hist(sample, bins=bins, range=ends, density=density, color=_colour(index), alpha=0.55, label=name or None)
    for index, (name, (x, y)) in enumerate((curves or {}).items()):
        style = ("-", "--", ":")[index % 3]
        place = numbers(x, f"histograms(curves[{name!r}])")
        ax.plot(
            place, numbers(y, f"histograms(curves[{name!r}])"), style, color=_darker(_colour(index)), label=name or None
        )
    for name, x in (lines or {}).items():
        ax.axvline(x, color="black", linestyle=(0, (4, 3)), label=name or None)
    ax.set(
        title=title, xlabel=xlabel, ylabel=ylabel or (tr("mật độ", "density") if density else tr("số lượng", "count"))
    )
    return legends([ax])


def clouds(
    points: Mapping, *, xlabel: str = "$z_1$", ylabel: str = "$z_2$", title: str = "", prior: bool = True,
    background=None, sigmas: Mapping | None = None, limits: tuple[float, float] | None = None,
    columns: int | None = None, ax: Axes | None = None,
) -> Figure:  # fmt: skip
    """Points of the plane, each cloud in a colour and with a mark of its own; x and y have one scale.

    points: name → (N, 2), an array, tensor or list. A dict of such dicts makes panels side by side on one scale.
    prior: dashed circles of radius 1, 2 and 3, the standard deviations of N(0, I). background: (N, 2), in light grey
    beneath the clouds. sigmas: name → (N, 2), standard deviations of the points, of some or all clouds; each such point
    is drawn with its ellipse of 2 σ. With panels, a dict of such dicts. limits: (low, high) of both scales. columns: so
    many panels in a row, all of them by default. ax: axes of yours to draw into. Returns the Figure.
    Raises ValueError for no points and for points, or sigmas, of another shape.

    Lesson 03: Is it the trick that makes new images possible?
    """
    if not isinstance(points, Mapping) or not points:
        raise ValueError("clouds(points): expected a dict with at least one entry: name → points (N, 2).")
    panels = points if is_panels(points) else {title: points}
    if columns is None or ax is not None or columns >= len(panels):
        axes = panel_axes(len(panels), (4.2, 4) if len(panels) > 1 else (6, 4.4), ax, sharex=True, sharey=True)
    else:
        axes = _rows_of_axes(len(panels), columns)
    for panel, (name, contents) in zip(axes, panels.items(), strict=True):
        if background is not None:
            panel.scatter(*_plane(background, "clouds(background)").T, s=2, color="lightgrey", zorder=0)
        for index, (label, cloud) in enumerate(contents.items()):
            plane = _plane(cloud, f"clouds(points[{label!r}])")
            widths = of_panel(sigmas, name).get(label)
            if widths is not None:
                _ellipses(panel, plane, _plane(widths, f"clouds(sigmas[{label!r}])"), _colour(index))
            panel.scatter(
                *plane.T, s=9 if widths is None else 3, alpha=0.7, linewidths=0, color=_colour(index),
                marker=MARKS[index % len(MARKS)], label=label or None,
            )  # fmt: skip
        if prior:
            draw_prior(panel)
        panel.set(title=name, xlabel=xlabel, ylabel=ylabel)
        panel.set_aspect("equal", adjustable="box" if limits or len(axes) > 1 else "datalim")
        set_limits(panel, limits, limits)
    for panel in axes if len(axes) > 1 else ():
        panel.label_outer()
    if is_panels(points) and title:
        axes[0].figure.suptitle(title)
    return legends(axes)


def _rows_of_axes(count: int, columns: int) -> list[Axes]:
    """Axes on one scale, so many in a row, on a new figure; what the last row lacks stays blank."""
    rows = -(-count // columns)
    figure = new_figure((3.7 * columns, 3.7 * rows))
    axes = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for blank in axes[count:]:
        blank.remove()
    return axes[:count]


def _ellipses(ax: Axes, points: np.ndarray, sigmas: np.ndarray, colour: str) -> None:
    """Around each of the points (N, 2) the ellipse that reaches 2 standard deviations, (N, 2), to either side."""
    if len(sigmas) != len(points):
        raise ValueError(f"clouds(sigmas): got {len(sigmas)} for {len(points)} points, expected as many of each.")
    widths, heights = 4 * sigmas.T
    ellipses = EllipseCollection(
        widths, heights, np.zeros(len(points)), units="xy", offsets=points, offset_transform=ax.transData,
        facecolor=(colour, 0.12), edgecolor=(colour, 0.6), linewidth=0.6,
    )  # fmt: skip
    ax.add_collection(ellipses)


def draw_prior(ax: Axes) -> None:
    """Dashed circles of radius 1, 2 and 3: the standard deviations of the prior N(0, I) in two dimensions.

    The scales reach as far as the largest circle, unless they are set afterwards.
    """
    for radius in (1, 2, 3):
        ax.add_artist(Circle((0, 0), radius, fill=False, color="black", linewidth=0.8, linestyle="--"))
    ax.update_datalim([(-3, -3), (3, 3)])
    ax.autoscale_view()


def _plane(points, name: str) -> np.ndarray:
    array = numbers(points, name)
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        got = f"shape {array.shape}" if np.isfinite(array).all() else "NaN or inf"
        raise ValueError(f"{name}: got {got}, expected points (N, 2).")
    return array


def _colour(index: int) -> str:
    return TEN_COLOURS[index % len(TEN_COLOURS)]


def _darker(colour: str) -> tuple:
    """For a line over a histogram of that colour."""
    return tuple(0.6 * int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
