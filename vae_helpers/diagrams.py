"""The course's drawings of ideas: autoencoder, VAE and reparameterization. Each function returns a matplotlib Figure."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon

from ._figure import new_figure
from ._language import tr

__all__ = ["plot_autoencoder", "plot_reparameterization", "plot_vae"]

# Light fills that keep their difference for colour-blind readers and in grey print; the text on them is black.
ENCODER, LATENT, DECODER, IMAGE, NOISE = "#a6cee3", "#fff2ae", "#fdcdac", "#e6e6e6", "#d9c2e9"


def plot_autoencoder() -> Figure:
    """x → encoder → z → decoder → x̂, as blocks.

    Lesson 01: The idea
    """
    ax = _canvas(9, 2.6)
    x = _block(ax, 0.6, 1.6, 1.6, "$x$\n1×28×28", IMAGE)
    encoder = _block(ax, 2.9, 1.6, 0.8, tr("bộ mã hóa\n(encoder)", "encoder"), ENCODER, width=1.9)
    z = _block(ax, 4.9, 0.8, 0.8, "$z$", LATENT, width=0.7)
    decoder = _block(ax, 6.9, 0.8, 1.6, tr("bộ giải mã\n(decoder)", "decoder"), DECODER, width=1.9)
    recon = _block(ax, 9.2, 1.6, 1.6, "$\\hat{x}$\n1×28×28", IMAGE)
    for start, end in ((x, encoder), (encoder, z), (z, decoder), (decoder, recon)):
        _arrow(ax, (start[1], 0), (end[0], 0))
    ax.text(4.9, -0.75, tr("nút thắt cổ chai (bottleneck)", "bottleneck"), ha="center", va="center")
    ax.text(
        4.9,
        1.5,
        tr("Sai số tái tạo: $\\hat{x}$ khác $x$ bao nhiêu?", "Reconstruction error: how far is $\\hat{x}$ from $x$?"),
        ha="center",
        va="center",
    )
    _arrow(ax, (0.6, 0.8), (9.2, 0.8), curve=-0.13, style="<->")
    ax.set(xlim=(-0.3, 10.1), ylim=(-1.1, 1.9))
    return ax.figure


def plot_vae() -> Figure:
    """x → encoder → μ, log σ² → z = μ + σ ⊙ ε → decoder → x̂, with the noise ε coming in from the side.

    Lesson 02: First $z$, then $x$
    """
    ax = _canvas(10, 3.2)
    x = _block(ax, 0.6, 1.6, 1.6, "$x$\n1×28×28", IMAGE)
    encoder = _block(ax, 2.7, 1.6, 1.0, tr("bộ mã hóa\n(encoder)", "encoder"), ENCODER, width=1.8)
    mu = _block(ax, 4.6, 0.6, 0.6, "$\\mu$", LATENT, width=0.9, y=0.6)
    logvar = _block(ax, 4.6, 0.6, 0.6, "$\\log\\sigma^2$", LATENT, width=0.9, y=-0.6)
    z = _block(ax, 6.9, 0.8, 0.8, "$z = \\mu + \\sigma \\odot \\varepsilon$", LATENT, width=1.9)
    noise = _block(ax, 6.9, 0.6, 0.6, "$\\varepsilon \\sim \\mathcal{N}(0, I)$", NOISE, width=1.6, y=-1.45)
    decoder = _block(ax, 9.3, 1.0, 1.6, tr("bộ giải mã\n(decoder)", "decoder"), DECODER, width=1.8)
    recon = _block(ax, 11.5, 1.6, 1.6, "$\\hat{x}$\n1×28×28", IMAGE)
    _arrow(ax, (x[1], 0), (encoder[0], 0))
    for head, y in ((mu, 0.6), (logvar, -0.6)):
        _arrow(ax, (encoder[1], 0.5 * y), (head[0], y))
        _arrow(ax, (head[1], y), (z[0], 0.25 * y))
    _arrow(ax, (6.9, -1.15), (6.9, -0.4))
    _arrow(ax, (z[1], 0), (decoder[0], 0))
    _arrow(ax, (decoder[1], 0), (recon[0], 0))
    ax.text(4.6, 1.3, "$q_\\phi(z|x) = \\mathcal{N}(\\mu, \\sigma^2)$", ha="center", va="center")
    ax.text(9.3, 1.3, "$p_\\theta(x|z)$", ha="center", va="center")
    ax.text(noise[1] + 0.15, -1.45, tr("nhiễu, không có tham số", "noise, without parameters"), va="center")
    ax.set(xlim=(-0.3, 12.4), ylim=(-1.95, 1.7))
    return ax.figure


def plot_reparameterization() -> Figure:
    """Two computation graphs: z sampled, where no gradient comes back, and z = μ + σ ⊙ ε, where it reaches μ and σ.

    Solid arrows show the computation, dashed red ones the gradient on its way back; ✗ stands on those that are cut.

    Lesson 03: `sample` and `rsample`: where does the gradient stop?
    """
    figure = new_figure((10, 3.3))
    titles = (
        tr("Lấy mẫu thẳng (sample)", "Sampled (sample)"),
        tr("Có tái tham số hóa (rsample)", "Reparameterized (rsample)"),
    )
    for ax, title, trick in zip(figure.subplots(1, 2), titles, (False, True), strict=True):
        ax.set_aspect("equal")
        ax.axis("off")
        text = "$z = \\mu + \\sigma \\odot \\varepsilon$" if trick else tr("$z$: lấy mẫu", "$z$: sampled")
        z = _block(ax, 2.3, 0.7, 0.7, text, LATENT if trick else NOISE, width=1.9, y=0.5)
        loss = _block(ax, 4.7, 0.7, 0.7, "loss", DECODER, width=1, y=0.5)
        for name, y in (("$\\mu$", 1.1), ("$\\sigma$", -0.1)):
            head = _block(ax, 0.3, 0.6, 0.6, name, ENCODER, width=0.6, y=y)
            _both_ways(ax, (head[1], y), (z[0], 0.5 + 0.3 * (y - 0.5)), cut=not trick)
        _both_ways(ax, (z[1], 0.5), (loss[0], 0.5))
        if trick:
            noise = _block(ax, 2.3, 0.6, 0.6, "$\\varepsilon \\sim \\mathcal{N}(0, I)$", NOISE, width=1.7, y=-0.9)
            _arrow(ax, (sum(noise) / 2, -0.6), (sum(z) / 2, 0.15))
        ax.set(xlim=(-0.1, 5.3), ylim=(-1.3, 1.6), title=title)
    return figure


GRADIENT = "#9c1a00"


def _both_ways(ax: Axes, start: tuple, end: tuple, cut: bool = False) -> None:
    """An arrow from start to end, and beside it the gradient's way back, with a ✗ on it if it is cut."""
    _arrow(ax, (start[0], start[1] + 0.09), (end[0], end[1] + 0.09))
    back, to = (end[0], end[1] - 0.09), (start[0], start[1] - 0.09)
    _arrow(ax, back, to, colour=GRADIENT, line="--")
    if cut:
        middle = [(a + b) / 2 for a, b in zip(back, to, strict=True)]
        ax.text(middle[0], middle[1], "✗", color=GRADIENT, fontsize=20, ha="center", va="center_baseline")


def _canvas(width: float, height: float) -> Axes:
    ax = new_figure((width, height)).subplots()
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _block(
    ax: Axes, x: float, left: float, right: float, text: str, colour: str, width: float = 1.3, y: float = 0
) -> tuple:
    """A block around (x, y), left and right being its heights there; returns the x of its left and right edges."""
    a, b = x - width / 2, x + width / 2
    corners = [(a, y - left / 2), (a, y + left / 2), (b, y + right / 2), (b, y - right / 2)]
    ax.add_patch(Polygon(corners, facecolor=colour, edgecolor="black"))
    ax.text(x, y, text, ha="center", va="center")
    return a, b


def _arrow(
    ax: Axes, start: tuple, end: tuple, curve: float = 0, style: str = "-|>", colour: str = "black", line: str = "-"
) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=style,
            mutation_scale=12,
            color=colour,
            linestyle=line,
            connectionstyle=f"arc3,rad={curve}",
            shrinkA=1,
            shrinkB=1,
        )
    )
