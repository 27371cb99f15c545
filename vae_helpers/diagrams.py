"""The course's drawings of ideas: autoencoder, VAE and ELBO. Each function returns a matplotlib Figure."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon

from ._figure import new_figure
from ._language import tr

__all__ = ["plot_autoencoder", "plot_elbo", "plot_vae"]

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
    ax.text(4.9, -0.75, tr("nút thắt (bottleneck)", "bottleneck"), ha="center", va="center")
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


def plot_elbo() -> Figure:
    """log p(x) as a bar made of the ELBO and the gap KL(q(z|x) ‖ p(z|x)), for three encoders q: bad, better, exact.

    A model whose every term is known: z ~ N(0, 1), x | z ~ N(z, 1), at x = 1. There p(x) = N(0, 2) and the true
    posterior is N(1/2, 1/2). The three q are N(−1, 1), N(0, 0.5) and the posterior itself.

    Lesson 04: From $\\log p(x)$ to the ELBO
    """
    log_p = -0.5 * (np.log(2 * np.pi * 2) + 1 / 2)
    guesses = ((-1.0, 1.0), (0.0, 0.5), (0.5, 0.5))  # (mean, variance)
    gaps = [0.5 * (v / 0.5 + (m - 0.5) ** 2 / 0.5 - 1 - np.log(v / 0.5)) for m, v in guesses]
    ax = new_figure((8.2, 3)).subplots()
    for row, gap in enumerate(gaps):
        ax.barh(-row, log_p - gap - LEFT, left=LEFT, color=ENCODER, edgecolor="black", height=0.6)
        ax.text(LEFT + 0.08, -row, f"ELBO = {_number(log_p - gap)}", va="center")
        if gap > 0.01:
            ax.barh(-row, gap, left=log_p - gap, color=DECODER, edgecolor="black", height=0.6, hatch="//")
            ax.text(log_p + 0.08, -row, tr(f"khoảng hở KL = {_number(gap)}", f"gap KL = {_number(gap)}"), va="center")
        else:
            ax.text(log_p + 0.08, -row, tr("khoảng hở KL = 0", "gap KL = 0"), va="center")
    ax.axvline(log_p, color="black", linestyle="--")
    ax.text(log_p + 0.08, 0.45, f"log p(x) = {_number(log_p)}", va="bottom")
    ax.set_yticks([0, -1, -2], [f"q = N({_number(m, 'g')}{tr(';', ',')} {_number(v, 'g')})" for m, v in guesses])
    ax.set(xlim=(LEFT, log_p + 1.2), ylim=(-2.5, 0.85), xlabel=tr("nat", "nats"))
    ax.set_title(
        tr(
            "log p(x) = ELBO + khoảng hở: encoder càng đúng, khoảng hở càng nhỏ",
            "log p(x) = ELBO + gap: the better the encoder, the smaller the gap",
        ),
        fontsize=11,
    )
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


LEFT = -5.5  # where plot_elbo's bars begin, in nats


def _number(value: float, form: str = ".3f") -> str:
    return f"{value:{form}}".replace("-", "−").replace(".", tr(",", "."))


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


def _arrow(ax: Axes, start: tuple, end: tuple, curve: float = 0, style: str = "-|>") -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=style,
            mutation_scale=12,
            color="black",
            connectionstyle=f"arc3,rad={curve}",
            shrinkA=1,
            shrinkB=1,
        )
    )
