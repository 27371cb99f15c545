"""What the plots of numbers share: arrays out of anything, panels side by side, names, scales and legends."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from .._figure import new_figure


def numbers(values, name: str) -> np.ndarray:
    """values as a float array: a tensor on any device (with gradients or without), an array, a list, a generator.

    Raises ValueError, naming the argument, for what holds no numbers.
    """
    if isinstance(values, Tensor):
        return values.detach().cpu().double().numpy()
    if isinstance(values, Iterable) and not isinstance(values, (np.ndarray, str, bytes)):
        values = [value.detach().cpu().tolist() if isinstance(value, Tensor) else value for value in values]
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name}: got {type(values).__name__}, expected numbers (a tensor, an array or a list)."
        ) from None


def is_panels(contents: Mapping) -> bool:
    """Whether the dict holds one dict for each panel, rather than the contents of one."""
    return bool(contents) and all(isinstance(value, Mapping) for value in contents.values())


def of_panel(option: Mapping | None, panel: str) -> Mapping:
    """The option (lines, points, notes) of one panel: given for each panel by its name, or one for all."""
    if not option:
        return {}
    return option.get(panel, {}) if is_panels(option) else option


def one_each(option, count: int, name: str) -> list:
    """option for each of count panels: a list gives each its own, anything else is for all."""
    if not isinstance(option, (list, tuple)):
        return [option] * count
    if len(option) != count:
        raise ValueError(f"{name}: got {len(option)} for {count} panels, expected one for all or one for each.")
    return list(option)


def panel_axes(count: int, size: tuple[float, float], ax: Axes | None, **keywords) -> list[Axes]:
    """Axes side by side on a new figure, each of that size in inches; or the one axes given.

    Raises ValueError when one axes is to hold several panels.
    """
    if ax is None:
        return list(new_figure((count * size[0], size[1])).subplots(1, count, squeeze=False, **keywords).flat)
    if count > 1:
        raise ValueError(f"ax: one axes cannot hold {count} panels; leave ax out, or draw one panel at a time.")
    return [ax]


def set_limits(ax: Axes, xlim, ylim) -> None:
    """Set the ends of both scales, where they are told: (low, high), None for an end that may stay as it is."""
    for name, limits, set_them in (("xlim", xlim, ax.set_xlim), ("ylim", ylim, ax.set_ylim)):
        if limits is not None:
            if len(limits) != 2:
                raise ValueError(f"{name}: got {limits!r}, expected (low, high).")
            set_them(*limits)


def legends(axes: list[Axes]) -> Figure:
    """Name what is drawn: in each panel, or once on the right where all panels show the same names.

    No legend for a single unnamed line. Returns the figure.
    """
    found = [ax.get_legend_handles_labels() for ax in axes]
    names = [labels for _, labels in found]
    figure = axes[0].figure
    if len(axes) > 1 and names[0] and all(labels == names[0] for labels in names):
        figure.legend(*found[0], loc="outside right center", fontsize=9, markerscale=1.5)
        return figure
    for ax, labels in zip(axes, names, strict=True):
        if labels:
            ax.legend(fontsize=9, markerscale=1.5)
    return figure
