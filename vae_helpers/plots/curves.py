"""Lines: one number against another."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ._axes import is_panels, legends, numbers, of_panel, one_each, panel_axes, set_limits
from .colours import LINE_COLOURS, LINE_STYLES, MARKS

__all__ = ["curves"]

LOGS = ("", "x", "y", "xy")
FEW = 12  # up to so many whole numbers x have a tick each


def curves(
    series: Mapping, *, xlabel: str | list = "", ylabel: str | list = "", title: str = "", log: str | list = "",
    markers: bool = False, lines: Mapping | None = None, points: Mapping | None = None, notes: Mapping | None = None,
    xlim: tuple | None = None, ylim: tuple | None = None, ax: Axes | None = None,
) -> Figure:  # fmt: skip
    """Lines of y against x, named in a legend where there is more than one; each has a colour and a style of its own.

    series: name → (x, y); name → y, then x = 1, 2, 3, …; or name → (x, y, low, high) with the band between low and high
    shaded (a spread over seeds). Each an array, tensor or list of n numbers. A dict of such dicts makes panels side by
    side, {"panel": {name: (x, y)}}; lines, points and notes may then be given for each panel too.
    xlabel, ylabel: with panels perhaps a list, one each; panels with a list of ylabels have a scale of their own, others
    share one. log: the logarithmic scales, one of "", "x", "y", "xy", with panels perhaps a list. markers: a mark at each point of a line.
    lines: name → y of a dashed horizontal line ("" for one without a name). points: name → (x, y), dots without a line,
    in the colours of the series. notes: text → (x, y) beside which it stands. xlim, ylim: (low, high), either may be None.
    ax: axes of yours to draw into. Returns the Figure.
    Raises ValueError, naming the argument, for an unknown log, for no series, and for x and y of different lengths.

    Lesson 04: Why make the ELBO large?
    """
    for scales in log if isinstance(log, (list, tuple)) else [log]:
        if scales not in LOGS:
            raise ValueError(f"curves(log): got {scales!r}, expected one of {', '.join(map(repr, LOGS))}.")
    if not isinstance(series, Mapping) or not (series or points):
        raise ValueError("curves(series): expected a dict with at least one entry: name → (x, y).")
    panels = series if is_panels(series) else {title: series}
    own_scales = isinstance(ylabel, (list, tuple))
    size = (3.7, 3.4) if len(panels) > 1 else (7, 3.4)
    axes = panel_axes(len(panels), size, ax, sharey=not own_scales)
    names = zip(
        one_each(xlabel, len(panels), "curves(xlabel)"),
        one_each(ylabel, len(panels), "curves(ylabel)"),
        one_each(log, len(panels), "curves(log)"),
        strict=True,
    )
    for index, (panel, (name, contents), (x_name, y_name, scales)) in enumerate(
        zip(axes, panels.items(), names, strict=True)
    ):
        _draw_lines(panel, contents, markers)
        _draw_points(panel, of_panel(points, name))
        for text, y in of_panel(lines, name).items():
            panel.axhline(y, color="black", linewidth=1, linestyle=(0, (4, 3)), label=text or None)
        for text, place in of_panel(notes, name).items():
            panel.annotate(text, place, (6, 6), textcoords="offset points")
        panel.set(title=name, xlabel=x_name, ylabel=y_name if own_scales or index == 0 else "")
        panel.set(**{f"{axis}scale": "log" for axis in scales})
        _whole_ticks(panel, "x" in scales)
        set_limits(panel, xlim, ylim)
        panel.grid(alpha=0.3)
    if is_panels(series) and title:
        axes[0].figure.suptitle(title)
    return legends(axes)


def _draw_lines(ax: Axes, series: Mapping, markers: bool) -> None:
    for index, (name, values) in enumerate(series.items()):
        x, y, *band = _arrays(f"curves(series[{name!r}])", values)
        colour = LINE_COLOURS[index % len(LINE_COLOURS)]
        ax.plot(
            x, y, color=colour, linestyle=LINE_STYLES[index % len(LINE_STYLES)],
            marker=MARKS[index % len(MARKS)] if markers else None, markersize=5,
            label=name if name and (len(series) > 1 or band) else None,
        )  # fmt: skip
        if band:
            ax.fill_between(x, *band, color=colour, alpha=0.2, linewidth=0)


def _draw_points(ax: Axes, points: Mapping) -> None:
    for index, (name, values) in enumerate(points.items()):
        x, y, *_ = _arrays(f"curves(points[{name!r}])", values)
        colour, mark = LINE_COLOURS[index % len(LINE_COLOURS)], MARKS[index % len(MARKS)]
        ax.plot(x, y, linestyle="none", color=colour, marker=mark, markersize=5, label=name or None)


def _arrays(name: str, values) -> list[np.ndarray]:
    """[x, y] or [x, y, low, high], each (n,), of what the caller gave: y, (x, y) or (x, y, low, high)."""
    several = isinstance(values, (tuple, list)) and len(values) > 0 and np.ndim(values[0]) > 0
    arrays = [numbers(part, name) for part in (values if several else [values])]
    if not several:
        arrays.insert(0, np.arange(1, arrays[0].size + 1))
    if len(arrays) not in (2, 4) or any(array.ndim != 1 for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"{name}: got arrays of shape {shapes}, expected y, (x, y) or (x, y, low, high), each (n,).")
    if len({array.size for array in arrays}) > 1:
        raise ValueError(f"{name}: got {arrays[0].size} x and {arrays[1].size} y, expected as many of each.")
    return arrays


def _whole_ticks(ax: Axes, logarithmic: bool) -> None:
    """Ticks at whole numbers where x are whole, at each of them where they are few and have room: dimensions, epochs."""
    drawn = [
        line.get_xdata()
        for line in ax.get_lines()
        if len(line.get_xdata()) > 0 and line.get_transform() == ax.transData
    ]
    ticks = np.unique(np.concatenate([np.asarray(x, dtype=float) for x in drawn])) if drawn else np.zeros(0)
    if len(ticks) < 2 or (ticks != np.round(ticks)).any() or (logarithmic and (len(ticks) > FEW or ticks[0] <= 0)):
        return
    if len(ticks) > FEW:
        ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]  # an AutoLocator
        return
    places = np.log(ticks) if logarithmic else ticks
    if np.diff(places).min() < (places[-1] - places[0]) / 30:
        return
    ax.set_xticks(ticks, [f"{tick:.0f}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
