"""The latent space: where the images of a data set lie."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import nn

from .._language import tr
from ._axes import numbers, panel_axes
from ._data import Labelled, labelled, sample
from ._model import codes_of
from .colours import LINE_COLOURS, TEN_COLOURS
from .distributions import draw_prior

__all__ = ["plot_latent"]


def plot_latent(
    model, dataset=None, ax: Axes | None = None, *, dims: tuple[int, int] = (0, 1), limits: tuple | str | None = None,
    n: int = 10_000,
) -> Figure:  # fmt: skip
    """Where each image of a data set lies in the latent space, coloured by class.

    model: any model that gives codes (mu of a VAE, z of an autoencoder), or the codes themselves (N, d); or a dict name
    → model or codes, which makes panels side by side on one scale. dataset: images and labels: an ImageDataset, any
    Dataset of (image, label), or images alone, whose dots then have one colour; beside codes also their labels (N,).
    Of more than n images a random sample is shown, always the same. dims: which two dimensions of z, counted from 0.
    limits: (low, high) of both axes; or "own", each panel at a scale of its own without the prior (for maps by t-SNE and
    the like). Circles of radius 1, 2 and 3 mark the prior N(0, I). ax: axes of yours to draw into. Returns the Figure.
    Raises ValueError for a model that gives no codes or NaN, dims that it has not, and what is no data set.

    Lesson 06: Which image lies where?
    """
    panels = (
        model if isinstance(model, Mapping) else {tr("Không gian tiềm ẩn theo nhãn", "Latent space by label"): model}
    )
    maps, classes = _maps(panels, dataset, dims, n)
    own = limits == "own"
    axes = panel_axes(len(maps), (4.2, 4.2) if len(maps) > 1 else (6.2, 5.2), ax, sharex=not own, sharey=not own)
    colours = class_colours(classes)
    spans = {name: np.ptp(points, axis=0).max() for name, points in maps.items()}
    apart = 0.065 if len(maps) == 1 else 0.1  # the discs' distance, as a share of the panel
    for panel, (name, points) in zip(axes, maps.items(), strict=True):
        span = spans[name] if own else max(spans.values())
        draw_classes(panel, points, classes, colours, size=4, font=12, distance=apart * span)
        panel.set(xlabel=f"$z_{{{dims[0] + 1}}}$", ylabel=f"$z_{{{dims[1] + 1}}}$", title=name)
        panel.set_aspect("equal", adjustable="datalim" if own or (limits is None and len(axes) == 1) else "box")
        if own:  # only distances count there, and the axes of t-SNE are no z
            panel.set(xticks=[], yticks=[], xlabel="", ylabel="")
        else:
            draw_prior(panel)
        if limits and not own:
            panel.set(xlim=limits, ylim=limits)
    if classes.names:
        _colour_bar(axes, classes, colours)
    return axes[0].figure


def _maps(panels: Mapping, dataset, dims, n: int) -> tuple[dict[str, np.ndarray], Labelled]:
    """The points (N, 2) of each panel, and the classes of the images that are shown."""
    given = [codes for codes in panels.values() if not isinstance(codes, nn.Module)]
    if len(given) == len(panels) and (dataset is None or getattr(dataset, "ndim", 0) == 1):
        total = len(numbers(given[0], "plot_latent(codes)"))
        classes = labelled(dataset, total, n, "plot_latent(dataset)")
        images = None
    elif dataset is None:
        raise ValueError("plot_latent(dataset): got None, expected the images and labels whose codes are to be drawn.")
    else:
        drawn = sample(dataset, n, "plot_latent(dataset)")
        images, classes = drawn.images, drawn.classes
    maps = {}
    for name, model in panels.items():
        own = isinstance(model, nn.Module)
        maps[name] = _plane(codes_of(model, images).flatten(1).numpy() if own else _rows_of(model, classes), dims)
    return maps, classes


def _rows_of(codes, classes: Labelled) -> np.ndarray:
    """Of codes given for every image of the data set, those of the images that are shown."""
    codes = numbers(codes, "plot_latent(codes)")
    if codes.ndim != 2 or len(codes) != classes.total:
        raise ValueError(
            f"plot_latent(codes): got shape {codes.shape}, expected (N, d), one row for each of {classes.total} images."
        )
    if not np.isfinite(codes).all():
        raise ValueError("plot_latent(codes): there are NaN or infinite codes.")
    return codes[classes.indices.numpy()]


def _plane(codes: np.ndarray, dims: tuple[int, int]) -> np.ndarray:
    if codes.shape[1] < 2:
        raise ValueError(
            f"plot_latent(model): the model has {codes.shape[1]} latent dimension, a map needs at least 2."
        )
    if len(dims) != 2 or not all(0 <= dim < codes.shape[1] for dim in dims):
        raise ValueError(
            f"plot_latent(dims): got {tuple(dims)}, expected two dimensions from 0 to {codes.shape[1] - 1}."
        )
    return codes[:, list(dims)]


def class_colours(classes: Labelled) -> ListedColormap:
    """A colour for each class by its place: Petroff's for up to ten, a ramp for more."""
    count = max(classes.places.max() + 1, 1) if classes.names else 1
    if count > 10:
        return colormaps["viridis"].resampled(count)
    return ListedColormap(list(TEN_COLOURS[:count]))  # matplotlib 3.8 reads a pair in a tuple as (colour, alpha)


def draw_classes(
    ax: Axes, points: np.ndarray, classes: Labelled, colours: ListedColormap, size: float, font: float, distance: float
) -> None:
    """A dot for each of the points (N, 2) in the colour of its class, and on each cloud the name of the class.

    distance: how far apart the names stand at least, in the points' own units.
    """
    if not classes.names:
        ax.scatter(*points.T, color=LINE_COLOURS[0], s=size, alpha=0.6, linewidths=0)
        return
    ax.scatter(
        *points.T, c=classes.places, cmap=colours, vmin=-0.5, vmax=colours.N - 0.5, s=size, alpha=0.6, linewidths=0
    )
    medians = np.stack([np.median(points[classes.places == place], axis=0) for place in classes.names])
    places = pushed_apart(medians, distance)
    for (place, name), (x, y) in zip(
        classes.names.items(), places, strict=True
    ):  # colour alone does not reach everyone
        box = {"boxstyle": "circle,pad=0.15" if len(name) < 3 else "round,pad=0.2", "facecolor": "white", "alpha": 0.85}
        ax.text(
            x, y, name, fontsize=font if len(name) < 3 else 0.7 * font, fontweight="bold", ha="center", va="center",
            bbox={**box, "edgecolor": colours(int(place))}, clip_on=True,
        )  # fmt: skip


def pushed_apart(places: np.ndarray, distance: float) -> np.ndarray:
    """Points (N, 2), moved until any two are that far apart, or nearly: a disc must not hide another."""
    for _ in range(100):
        gaps = places[:, None] - places[None]
        lengths = np.maximum(np.linalg.norm(gaps, axis=2), 1e-9)
        push = np.clip(distance / lengths - 1, 0, 1) * (1 - np.eye(len(places)))
        if not push.any():
            break
        places = places + (push[..., None] * gaps).sum(axis=1) / 2
    return places


def _colour_bar(axes: list[Axes], classes: Labelled, colours: ListedColormap) -> None:
    label = tr("chữ số", "digit") if classes.digits else tr("nhãn", "class")
    bar = axes[0].figure.colorbar(
        axes[-1].collections[0], ax=axes if len(axes) > 1 else axes[0], label=label, shrink=1 if len(axes) == 1 else 0.8
    )
    bar.set_ticks(list(classes.names), labels=list(classes.names.values()))
    bar.solids.set_alpha(1)
