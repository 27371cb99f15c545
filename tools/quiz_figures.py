"""Draw the figures of the quiz into quiz/figures. They show symbols and digits only: one picture serves both languages.

python -m tools.quiz_figures && python -m tools.quiz      (the second puts them into the package)
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vae_helpers._figure import new_figure
from vae_helpers.plots import TEN_COLOURS

FOLDER = Path(__file__).resolve().parents[1] / "quiz" / "figures"


def train_validation() -> Figure:
    """Two invented learning curves: the training error keeps falling, the validation error is lowest at epoch 8."""
    t = np.arange(1, 21)
    train = 26 + 16 * np.exp(-t / 5)
    validation = 30 + 14 * np.exp(-t / 3) + 0.023 * (t - 1) ** 2
    figure = new_figure((5.4, 3.2))
    ax = figure.add_subplot()
    ax.plot(t, train, "-", color=TEN_COLOURS[0], linewidth=2)
    ax.plot(t, validation, "--", color=TEN_COLOURS[2], linewidth=2)
    ax.set(xlabel="$t$", ylabel="$S$", xticks=range(0, 21, 2), xlim=(0, 20.5), ylim=(20, 44))
    ax.grid(alpha=0.3)
    return figure


def latent_map() -> Figure:
    """An invented map of codes: 0 and 1 apart, 4 and 9 mixed in one cloud; circles of radius 1, 2, 3 for N(0, I)."""
    rng = np.random.default_rng(0)
    clouds = {0: (-0.5, -0.25), 1: (1.4, -1.5), 4: (1.05, 1.3), 9: (1.15, 1.25)}
    colours = {0: TEN_COLOURS[0], 1: TEN_COLOURS[6], 4: TEN_COLOURS[4], 9: TEN_COLOURS[2]}
    figure = new_figure((4.6, 4.4))
    ax = figure.add_subplot()
    for digit, centre in clouds.items():
        x, y = rng.normal(centre, 0.33, size=(28, 2)).T
        ax.scatter(x, y, s=55, marker=f"${digit}$", color=colours[digit], linewidths=0.3)
    angle = np.linspace(0, 2 * np.pi, 200)
    for radius in (1, 2, 3):
        ax.plot(radius * np.cos(angle), radius * np.sin(angle), "--", color="black", linewidth=0.8)
    ax.set(xlabel="$z_1$", ylabel="$z_2$", xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), aspect="equal")
    return figure


def path_lengths() -> Figure:
    """|z| on the arc (P) and on the straight way (Q) between two vectors of length 10 at right angles."""
    alpha = np.linspace(0, 1, 201)
    straight = 10 * np.hypot(1 - alpha, alpha)
    arc = 10 * np.hypot(np.sin((1 - alpha) * np.pi / 2), np.sin(alpha * np.pi / 2))
    figure = new_figure((5.4, 3.2))
    ax = figure.add_subplot()
    for name, length, line, colour in (("P", arc, "-", TEN_COLOURS[0]), ("Q", straight, "--", TEN_COLOURS[2])):
        ax.plot(alpha, length, line, color=colour, linewidth=2)
        ax.annotate(name, (0.5, length[100]), (0, 7), textcoords="offset points", ha="center", fontsize=13)
    ax.set(xlabel="$\\alpha$", ylabel="$|z|$", xlim=(0, 1), ylim=(0, 12))
    ax.grid(alpha=0.3)
    return figure


FIGURES = (train_validation, latent_map, path_lengths)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in FIGURES:
        draw().savefig(FOLDER / f"{draw.__name__}.png", dpi=110, metadata={"Software": None})
        print(FOLDER / f"{draw.__name__}.png")


if __name__ == "__main__":
    main()
