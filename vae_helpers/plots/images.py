"""Figures out of a model and images. Every function returns a matplotlib Figure and never shows it itself.

In a notebook, make the call the last line of a cell and the figure appears; in a script, call figure.savefig(path).
The model may be any module whose forward gives (recon, mu, logvar) or (recon, z); manifold, samples and interpolation
also need its decode.
"""

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor, nn

from .._figure import new_figure
from .._inference import as_images, codes_of, device_of, latent_dim_of, looking_at
from .._language import tr
from ..data import ImageDataset
from ..training import History

__all__ = [
    "plot_history",
    "plot_images",
    "plot_interpolation",
    "plot_latent",
    "plot_manifold",
    "plot_reconstructions",
    "plot_samples",
]


# Ten colours that colour-blind readers can tell apart: M. Petroff, "Accessible Color Sequences for Data Visualization", 2021.
TEN_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
TRAINING, VALIDATION = "#0072b2", "#d55e00"  # Okabe & Ito's blue and vermilion, both at least 3 : 1 on white


def plot_images(images: Tensor, titles: list[str] | None = None, columns: int = 10, title: str = "") -> Figure:
    """Images in a row, or in rows of the given number of columns. images: (N, C, H, W) in [0, 1], C is 1 or 3."""
    rows = -(-len(images) // columns)
    columns = min(columns, len(images))
    figure = new_figure((0.9 * columns + 0.2, (1.15 if titles else 0.9) * rows + 0.45))
    axes = figure.subplots(rows, columns, squeeze=False)
    for index, ax in enumerate(axes.flat):
        ax.axis("off")
        if index < len(images):
            _draw(ax, images[index])
            if titles:
                ax.set_title(titles[index], fontsize=9)
    figure.suptitle(title)
    return figure


def plot_reconstructions(model: nn.Module, images: Tensor, n: int = 10) -> Figure:
    """The first n images (N, C, H, W) above what the model makes of each, in pairs."""
    images = _some_images(images, n)
    with looking_at(model):
        recon = model(images.to(device_of(model)))[0].cpu().view_as(images)
    figure = new_figure((0.9 * len(images) + 1, 2.4))
    rows = figure.subplots(2, len(images), squeeze=False)
    for axes, row, label in zip(
        rows, (images, recon), (tr("Ảnh gốc", "Original"), tr("Tái tạo", "Reconstruction")), strict=True
    ):
        for ax, image in zip(axes, row, strict=True):
            _draw(ax, image)
        axes[0].set_axis_on()
        axes[0].set(xticks=[], yticks=[])
        axes[0].spines[:].set_visible(False)
        axes[0].set_ylabel(label, rotation=0, ha="right", va="center")
    figure.suptitle(tr("Ảnh gốc và ảnh tái tạo", "Originals and reconstructions"))
    return figure


def plot_latent(model: nn.Module, dataset: ImageDataset, ax=None) -> Figure:
    """Where each image of the data set lies in the latent space (its first two dimensions), coloured by class.

    dataset: needs .images (N, C, H, W) and .labels (N,). Draws mu of a VAE, z of an autoencoder; circles of radius
    1, 2 and 3 mark the prior N(0, I) in two dimensions. ax: an axes of a figure of yours to draw into.
    """
    codes = codes_of(model, dataset.images).numpy()
    if codes.shape[1] < 2:
        raise ValueError("plot_latent(model): the model has 1 latent dimension, a map needs at least 2.")
    if ax is None:
        ax = new_figure((6.2, 5.2)).subplots()
    labels = dataset.labels.numpy()
    classes = int(labels.max()) + 1
    colours = ListedColormap(TEN_COLOURS[:classes]) if classes <= 10 else colormaps["viridis"].resampled(classes)
    points = ax.scatter(
        codes[:, 0], codes[:, 1], c=labels, cmap=colours, vmin=-0.5, vmax=classes - 0.5, s=4, alpha=0.6, linewidths=0
    )
    digits = np.unique(labels)
    medians = np.stack([np.median(codes[labels == digit][:, :2], axis=0) for digit in digits])
    places = _pushed_apart(medians, 0.065 * np.ptp(codes[:, :2], axis=0).max())
    for digit, (x, y) in zip(digits, places, strict=True):  # colour alone does not reach every reader
        ax.text(
            x,
            y,
            str(digit),
            fontsize=12,
            fontweight="bold",
            ha="center",
            va="center",
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": colours(int(digit)), "alpha": 0.85},
        )
    for radius in (1, 2, 3):
        ax.add_artist(Circle((0, 0), radius, fill=False, color="black", linewidth=0.8, linestyle="--"))
    ax.set(xlabel="$z_1$", ylabel="$z_2$", title=tr("Không gian tiềm ẩn theo lớp", "Latent space by class"))
    ax.set_aspect("equal", adjustable="datalim")
    ax.figure.colorbar(points, ax=ax, ticks=np.unique(labels), label=tr("chữ số", "digit")).solids.set_alpha(1)
    return ax.figure


def _pushed_apart(places: np.ndarray, distance: float) -> np.ndarray:
    """Points (N, 2), moved until any two are that far apart, or nearly: a disc must not hide another."""
    for _ in range(100):
        gaps = places[:, None] - places[None]
        lengths = np.maximum(np.linalg.norm(gaps, axis=2), 1e-9)
        push = np.clip(distance / lengths - 1, 0, 1) * (1 - np.eye(len(places)))
        if not push.any():
            break
        places = places + (push[..., None] * gaps).sum(axis=1) / 2
    return places


def plot_manifold(model: nn.Module, n: int = 20, limits: tuple = (-3, 3)) -> Figure:
    """The images that the decoder gives on an n × n grid of a 2-D latent space.

    limits: (lowest, highest) for z₁ and z₂ alike, or one such pair for each.
    """
    if latent_dim_of(model) != 2:
        raise ValueError(
            f"plot_manifold(model): the model has {latent_dim_of(model)} latent dimensions, a map needs 2."
        )
    across, upwards = limits if isinstance(limits[0], (tuple, list)) else (limits, limits)
    z_1, z_2 = torch.linspace(*across, n), torch.linspace(*upwards, n)
    grid = torch.cartesian_prod(z_2.flip(0), z_1).flip(
        1
    )  # rows from the highest z₂ down, columns from the lowest z₁ up
    images = _decode(model, grid)
    picture = images.view(n, n, *images.shape[1:]).permute(0, 3, 1, 4, 2)  # (row, H, column, W, C)
    picture = picture.reshape(n * images.shape[2], n * images.shape[3], -1)
    edges = []
    for low, high in (across, upwards):  # each picture stands around its point
        half = (high - low) / (n - 1) / 2 if n > 1 else 0.5
        edges += [low - half, high + half]
    ax = new_figure((6, 6.2)).subplots()
    ax.imshow(picture.squeeze(-1).numpy(), cmap="gray", vmin=0, vmax=1, extent=edges, aspect="auto")
    ax.set_box_aspect(1)
    ax.set(
        xlabel="$z_1$",
        ylabel="$z_2$",
        title=tr("Bộ giải mã trên lưới các điểm z", "The decoder on a grid of points z"),
    )
    return ax.figure


def plot_samples(model: nn.Module, n: int = 40, seed: int | None = None) -> Figure:
    """n new images: z ~ N(0, I), then the decoder. The same seed gives the same images."""
    generator = torch.Generator().manual_seed(seed) if seed is not None else None
    z = torch.randn(n, latent_dim_of(model), generator=generator)
    return plot_images(_decode(model, z), title=tr("Ảnh sinh ra từ z ~ N(0, I)", "Images made from z ~ N(0, I)"))


def plot_interpolation(model: nn.Module, a: Tensor, b: Tensor, steps: int = 10) -> Figure:
    """A straight walk through the latent space from image a to image b, each (C, H, W): decode((1 − α) z_a + α z_b)."""
    z_a, z_b = codes_of(model, torch.stack([a, b]))
    alphas = torch.linspace(0, 1, steps)
    images = _decode(model, torch.stack([torch.lerp(z_a, z_b, alpha) for alpha in alphas]))
    titles = [f"α={alpha:.2f}" for alpha in alphas]
    return plot_images(
        images, titles, columns=steps, title=tr("Đi thẳng từ ảnh a đến ảnh b", "A straight walk from a to b")
    )


def plot_history(history: History) -> Figure:
    """The training's curves: loss, reconstruction and KL by epoch, in training and (dashed) in validation."""
    names = {
        "loss": tr("Mất mát (loss)", "Loss"),
        "recon": tr("Sai số tái tạo", "Reconstruction error"),
        "kl": tr("KL (nat)", "KL (nats)"),
    }
    shown = [column for column in names if not np.isnan(history[column]).all()]
    figure = new_figure((3.6 * max(1, len(shown)), 3))
    for ax, column in zip(figure.subplots(1, len(shown), squeeze=False).flat, shown, strict=True):
        marker = "o" if len(history) < 30 else None
        ax.plot(history["epoch"], history[column], color=TRAINING, marker=marker, label=tr("huấn luyện", "training"))
        if not np.isnan(history["val_" + column]).all():
            ax.plot(
                history["epoch"], history["val_" + column], "--", color=VALIDATION, marker=marker,
                label=tr("kiểm định", "validation"),
            )  # fmt: skip
        ax.set(xlabel="Epoch", title=names[column])
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
        ax.legend()
    return figure


def _draw(ax, image: Tensor) -> None:
    """One image (C, H, W) in [0, 1]: grey for one channel, colour for three, no axes."""
    ax.imshow(image.permute(1, 2, 0).squeeze(-1).cpu().numpy(), cmap="gray", vmin=0, vmax=1)
    ax.axis("off")


def _some_images(images: Tensor, n: int) -> Tensor:
    if not isinstance(images, Tensor) or images.ndim != 4:
        got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(
            f"plot_reconstructions(images): got {got}, expected a tensor (N, C, H, W); of a data set, pass dataset.images."
        )
    return images[:n]


def _decode(model: nn.Module, z: Tensor) -> Tensor:
    """Images (N, C, H, W) on the CPU for the codes z (N, latent_dim); flat outputs are taken for square grey images."""
    if not hasattr(model, "decode"):
        raise ValueError(f"{type(model).__name__} has no method decode(z), which this figure needs.")
    with looking_at(model):
        images = model.decode(z.to(device_of(model))).cpu()
    return as_images(images)
