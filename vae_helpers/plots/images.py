"""Pictures in rows: images, reconstructions, samples, walks, and the decoder on a grid.

In a notebook, make the call the last line of a cell and the figure appears; in a script, call figure.savefig(path).
"""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from .._figure import new_figure
from .._inference import latent_dim_of
from .._language import tr
from ._data import first_images
from ._model import codes_of, decoded, reconstructions
from ._pictures import as_images, checked

__all__ = ["plot_images", "plot_interpolation", "plot_manifold", "plot_reconstructions", "plot_samples"]

CELL = 0.9  # inches: the longer side of a picture


def plot_images(
    images, titles: Sequence | None = None, columns: int | None = None, title: str = "", *,
    rows: Sequence[str] | None = None, vmin: float | None = None, vmax: float | None = None, size: float = CELL,
) -> Figure:  # fmt: skip
    """Images in rows, each with a label at its left if they are given.

    images: (N, C, H, W) in [0, 1] with C = 1 or 3; or (N, H, W), one image (C, H, W), flat square ones (N, H·W), bytes
    0 … 255, an array or a list of these; or a dict label → images, a row each. rows: the labels of the rows, N being a
    multiple of their number. titles: one above each image or, where rows are labelled, one above each column.
    columns: 10 if neither it nor rows say otherwise. vmin, vmax: the values drawn black and white, one scale for all
    images; values beyond are cut off. size: the longer side of a picture, in inches. Returns the Figure.
    Raises ValueError, naming the argument, for what is no image, for too few or too many titles or rows, and for values
    outside [0, 1] (or NaN) where vmin and vmax do not say what they mean.

    Lesson 00: The data
    """
    if isinstance(images, Mapping):
        rows = list(images)
        batches = [as_images(batch, f"plot_images(images[{label!r}])") for label, batch in images.items()]
    else:
        batches = _in_rows(as_images(images, "plot_images(images)"), columns, rows)
    if not batches:
        raise ValueError("plot_images(images): got an empty dict, expected label → images.")
    batches = [_scaled(batch, vmin, vmax) for batch in batches]
    return _draw_grid(batches, _titles(titles, batches, bool(rows)), rows, title, size)


def plot_reconstructions(model: nn.Module, images, n: int = 10, *, logits: bool = False) -> Figure:
    """The first n images above what the model makes of each, in pairs.

    images: (N, C, H, W) in [0, 1], or a data set, of which the first n are taken. logits: the model has no sigmoid of its
    own. Returns the Figure. Raises ValueError for what is no image, and for a model that gives anything but images of
    the same size with values in [0, 1].

    Lesson 06: III.10
    """
    images = first_images(images, n, "plot_reconstructions(images)")
    return plot_images(
        {tr("Ảnh gốc", "Original"): images, tr("Tái tạo", "Reconstruction"): reconstructions(model, images, logits)},
        title=tr("Ảnh gốc và ảnh tái tạo", "Originals and reconstructions"),
    )


def plot_manifold(
    model: nn.Module, n: int = 20, limits: tuple = (-3, 3), *, latent_dim: int | None = None, logits: bool = False
) -> Figure:
    """The images that the decoder gives on an n × n grid of a 2-D latent space.

    limits: (lowest, highest) for z₁ and z₂ alike, or one such pair for each. latent_dim: for models that do not tell how
    many dimensions they have. logits: the decoder has no sigmoid of its own. Returns the Figure.
    Raises ValueError for another number of dimensions than 2, for a model without decode, and for values outside [0, 1].

    Lesson 06: What does the decoder draw in each place?
    """
    latent_dim = latent_dim_of(model) if latent_dim is None else latent_dim
    if latent_dim != 2:
        raise ValueError(f"plot_manifold(model): the model has {latent_dim} latent dimensions, a map needs 2.")
    if n < 2:
        raise ValueError(f"plot_manifold(n): got {n}, expected at least 2.")
    across, upwards = limits if isinstance(limits[0], (tuple, list)) else (limits, limits)
    z_1, z_2 = torch.linspace(*across, n), torch.linspace(*upwards, n)
    # Rows from the highest z₂ down, columns from the lowest z₁ up.
    images = decoded(model, torch.cartesian_prod(z_2.flip(0), z_1).flip(1), logits)
    height, width = images.shape[2:]
    picture = images.view(n, n, -1, height, width).permute(0, 3, 1, 4, 2).reshape(n * height, n * width, -1)
    edges = []
    for low, high in (across, upwards):  # each picture stands around its point
        half = (high - low) / (n - 1) / 2
        edges += [low - half, high + half]
    ax = new_figure((6, 6.2)).subplots()
    ax.imshow(picture.squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=1, extent=edges, aspect="auto")
    ax.set_box_aspect(height / width)
    ax.set(
        xlabel="$z_1$",
        ylabel="$z_2$",
        title=tr("Bộ giải mã trên lưới các điểm z", "The decoder on a grid of points z"),
    )
    return ax.figure


def plot_samples(
    model: nn.Module, n: int = 40, seed: int | None = None, *, latent_dim: int | None = None, logits: bool = False
) -> Figure:
    """n new images: z ~ N(0, I), then the decoder. The same seed gives the same images.

    latent_dim: for models that do not tell how many dimensions they have. logits: the decoder has no sigmoid of its own.
    Returns the Figure. Raises ValueError for a model without decode or that does not say how many dimensions it has, and
    for values outside [0, 1].

    Lesson 06: Making new images
    """
    generator = torch.Generator().manual_seed(seed) if seed is not None else None
    latent_dim = latent_dim_of(model) if latent_dim is None else latent_dim
    z = torch.randn(n, latent_dim, generator=generator)
    return plot_images(
        decoded(model, z, logits), title=tr("Ảnh sinh ra từ z ~ N(0, I)", "Images made from z ~ N(0, I)")
    )


def plot_interpolation(model: nn.Module, a, b, steps: int = 10, *, logits: bool = False) -> Figure:
    """A straight walk through the latent space from image a to image b: decode((1 − α) z_a + α z_b).

    a, b: one image (C, H, W) each. logits: the decoder has no sigmoid of its own. Returns the Figure.
    Raises ValueError for what is not one image, for fewer than 2 steps, and as plot_samples does.

    Lesson 07: Walking from one image to another
    """
    if steps < 2:
        raise ValueError(f"plot_interpolation(steps): got {steps}, expected at least 2.")
    ends = []
    for name, image in (("a", a), ("b", b)):
        ends.append(as_images(image, f"plot_interpolation({name})"))
        if len(ends[-1]) != 1:
            raise ValueError(f"plot_interpolation({name}): got {len(ends[-1])} images, expected one (C, H, W).")
    z_a, z_b = (codes_of(model, end)[0] for end in ends)
    alphas = torch.linspace(0, 1, steps)
    images = decoded(model, torch.stack([torch.lerp(z_a, z_b, alpha) for alpha in alphas]), logits)
    titles = [f"α={alpha:.2f}" for alpha in alphas]
    return plot_images(
        images, titles, columns=steps, title=tr("Đi thẳng từ ảnh a đến ảnh b", "A straight walk from a to b")
    )


def _in_rows(images: Tensor, columns: int | None, rows: Sequence[str] | None) -> list[Tensor]:
    if columns is not None and columns < 1:
        raise ValueError(f"plot_images(columns): got {columns}, expected at least 1.")
    if rows is None:
        return list(images.split(columns or 10))
    if len(rows) == 0 or len(images) % len(rows) or columns not in (None, len(images) // len(rows)):
        raise ValueError(
            f"plot_images(rows): got {len(rows)} labels for {len(images)} images"
            + (f" in {columns} columns" if columns else "")
            + ", expected one label for each row of equally many images."
        )
    return list(images.split(len(images) // len(rows)))


def _scaled(images: Tensor, vmin: float | None, vmax: float | None) -> Tensor:
    """The images with vmin … vmax as 0 … 1; without either they must be there already."""
    if (vmin is None and vmax is None) or not images.isfinite().all():
        advice = tr(
            "Nếu là logit, hãy đưa qua torch.sigmoid; để cắt phần thừa, thêm vmin=0, vmax=1; để vẽ thang khác, đặt vmin, vmax.",
            "Of logits take torch.sigmoid; to cut off what is beyond, add vmin=0, vmax=1; for another scale set both.",
        )
        return checked(images, "plot_images(images)", advice)
    low, high = 0.0 if vmin is None else float(vmin), 1.0 if vmax is None else float(vmax)
    if not low < high:
        raise ValueError(f"plot_images(vmin, vmax): got {low} and {high}, expected vmin below vmax.")
    return ((images - low) / (high - low)).clamp(0, 1)


def _titles(titles: Sequence | None, batches: list[Tensor], labelled: bool) -> list[str]:
    """A title for each image, or for each column where the rows are labelled; none at all is an empty list."""
    if titles is None:
        return []
    texts = [str(text.item()) if isinstance(text, Tensor) else str(text) for text in titles]
    images, columns = sum(len(batch) for batch in batches), max(len(batch) for batch in batches)
    if len(texts) != images and not (labelled and len(texts) == columns):
        expected = f"{images}, one for each image" + (f", or {columns}, one for each column" if labelled else "")
        raise ValueError(f"plot_images(titles): got {len(texts)} titles, expected {expected}.")
    return texts


def _draw_grid(
    batches: list[Tensor], titles: list[str], labels: Sequence[str] | None, title: str, size: float
) -> Figure:
    """One row of pictures for each batch (n, C, H, W) in [0, 1]."""
    height, width = (max(batch.shape[axis] for batch in batches) for axis in (2, 3))
    columns = max(len(batch) for batch in batches)
    wide, high = size * min(1, width / height), size * min(1, height / width)
    titled_rows = len(batches) if len(titles) > columns else min(1, len(titles))
    figure = new_figure((wide * columns + (1.2 if labels else 0.2), high * len(batches) + 0.25 * titled_rows + 0.45))
    axes = figure.subplots(len(batches), columns, squeeze=False)
    number = 0
    for row, batch in enumerate(batches):
        for column, ax in enumerate(axes[row]):
            ax.axis("off")
            if column < len(batch):
                ax.imshow(batch[column].permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=1)
                if number < len(titles):
                    ax.set_title(titles[number], fontsize=9)
                number += 1
        if labels:
            _label_row(axes[row, 0], str(labels[row]))
    figure.suptitle(title)
    return figure


def _label_row(ax: Axes, label: str) -> None:
    ax.set_axis_on()
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_ylabel(label, rotation=0, ha="right", va="center")
