"""Contrast of the colours that the kit sets itself, by WCAG 2: text 4.5 : 1, lines and marks 3 : 1, in both themes."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import FancyArrowPatch

from vae_helpers import diagrams, models, plots, training
from vae_helpers.data import ImageDataset
from vae_helpers.page import asset
from vae_helpers.quiz import widget as quiz_widget

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"light": ("#ffffff", "#212121"), "dark": ("#111111", "#e0e0e0")}  # JupyterLab's page and text


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(channels, (0.2126, 0.7152, 0.0722)))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def over(colour, background):
    """A translucent colour as it looks on a background."""
    *rgb, alpha = to_rgba(colour)
    return tuple(alpha * c + (1 - alpha) * b for c, b in zip(rgb, to_rgb(background), strict=True))


def test_the_formula_is_wcags():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)  # the known grey that just fails
    assert contrast(over((0, 0, 0, 0.5), "white"), "black") == pytest.approx(contrast("#808080", "black"), abs=0.1)


@pytest.mark.parametrize("page, text", PAGES.values(), ids=PAGES)
def test_quiz(page, text):
    """Marks of right and wrong stand out; text stays readable on the shades behind code and under the mouse."""
    marks = re.findall(r"(?:border-left-color|accent-color): (#\w{6})", quiz_widget.STYLE)
    assert len(marks) == 3
    for colour in marks:
        assert contrast(colour, page) >= 3, colour
    shades = re.findall(r"background: rgba\((\d+), (\d+), (\d+), ([\d.]+)\)", quiz_widget.STYLE)
    assert len(shades) >= 3
    for *rgb, alpha in shades:
        behind = over((*(int(c) / 255 for c in rgb), float(alpha)), page)
        assert contrast(text, behind) >= 4.5
    set_colours = {c for c in re.findall(r"[^-\w]color: ([^;}]+)", quiz_widget.STYLE)}
    assert set_colours <= {"inherit"}  # the page's own text colour in either theme


@pytest.mark.parametrize("page", [page for page, _ in PAGES.values()], ids=PAGES)
def test_edge_of_the_latent_map(page):
    """The map's frame, and on the map the marker, black within white."""
    assert ".vae-frame { border: 1px solid grey }" in asset("widgets.css")
    assert contrast("grey", page) >= 3
    assert contrast("black", "white") >= 3


@pytest.mark.parametrize("draw", [diagrams.plot_autoencoder, diagrams.plot_vae, diagrams.plot_reparameterization])
def test_diagrams(draw):
    """Black text on every fill, and edges that stand out from fill and paper."""
    fills = (diagrams.ENCODER, diagrams.LATENT, diagrams.DECODER, diagrams.IMAGE, diagrams.NOISE)
    for axes in draw().axes:
        for text in axes.texts:
            assert min(contrast(text.get_color(), fill) for fill in (*fills, "white")) >= 4.5
        for patch in axes.patches:
            assert contrast(patch.get_edgecolor(), "white") >= 3
            if patch.get_fill() and not isinstance(patch, FancyArrowPatch):  # an arrow is of one colour
                assert contrast(patch.get_edgecolor(), patch.get_facecolor()) >= 3


def line_colours(figure):
    return {line.get_color() for axes in figure.axes for line in axes.lines}


def test_lines_of_a_training_history():
    columns = ("loss", "recon", "kl", "val_loss", "val_recon", "val_kl")
    rows = [dict.fromkeys(columns, 1.0) | {"epoch": epoch} for epoch in (1, 2)]
    figure = plots.plot_history(training.History(rows))
    assert len(line_colours(figure)) == 2
    for colour in line_colours(figure):
        assert contrast(colour, "white") >= 3, colour
    styles = {line.get_linestyle() for line in figure.axes[0].lines}
    assert len(styles) == 2  # not by colour alone


def test_lines_of_curves():
    """Thin lines have no name beside them: each colour stands out by itself, and so does the line of a density."""
    figure = plots.curves({str(i): [i, i] for i in range(12)}, lines={"reference": 3})
    assert len(line_colours(figure)) >= 6
    density = plots.histograms(
        {str(i): [i, i + 1] for i in range(10)}, curves={str(i): ([0, 1], [0, 1]) for i in range(10)}
    )
    for colour in line_colours(figure) | line_colours(density):
        assert contrast(colour, "white") >= 3, colour


def test_every_cloud_of_the_latent_map_is_named_in_black_on_white():
    """The ten class colours are made to differ, some are pale on white; so the digit itself stands on its cloud."""
    import torch

    images, labels = torch.rand(40, 1, 28, 28), torch.arange(40) % 10
    figure = plots.plot_latent(models.VAE(), ImageDataset(images, labels, "test"))
    names = {text.get_text(): text for text in figure.axes[0].texts}
    assert set(names) == {str(digit) for digit in range(10)}
    for text in names.values():
        *face, alpha = text.get_bbox_patch().get_facecolor()
        worst = min(contrast(text.get_color(), over((*face, alpha), c)) for c in plots.TEN_COLOURS)
        assert worst >= 4.5
    pairs = itertools.combinations(plots.TEN_COLOURS, 2)
    assert all(np.abs(np.subtract(to_rgb(a), to_rgb(b))).max() > 0.1 for a, b in pairs)


def test_lines_of_the_quiz_figures():
    """Here no digit stands beside the mark, so the chosen class colours must stand out by themselves."""
    code = (ROOT / "tools" / "quiz_figures.py").read_text(encoding="utf-8")
    used = {plots.TEN_COLOURS[int(number)] for number in re.findall(r"TEN_COLOURS\[(\d)\]", code)}
    assert len(used) >= 3
    for colour in used:
        assert contrast(colour, "white") >= 3, colour
