"""The palettes: enough colours, told apart also by those who see fewer, and in grey print."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from vae_helpers import plots
from vae_helpers.plots.colours import LINE_COLOURS, LINE_STYLES, MARKS

# What a colour looks like to who lacks the red or the green receptors: Machado, Oliveira & Fernandes, 2009, severity 1,
# on linear light.
BLINDNESS = {
    "all receptors": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def seen(colour, matrix):
    """The colour in CIE Lab (D65) as it looks through the matrix."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(matrix) @ linear, 0, 1)
    xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]] @ linear / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_formula_is_cielabs():
    np.testing.assert_allclose(seen("white", np.eye(3)), [100, 0, 0], atol=0.1)
    np.testing.assert_allclose(seen("red", np.eye(3)), [53.2, 80.1, 67.2], atol=0.2)


@pytest.mark.parametrize("sight", BLINDNESS)
@pytest.mark.parametrize("palette, least", [(plots.TEN_COLOURS, 10), (LINE_COLOURS, 10)], ids=["ten", "lines"])
def test_colours_are_told_apart(sight, palette, least):
    for a, b in itertools.combinations(palette, 2):
        assert np.linalg.norm(seen(a, BLINDNESS[sight]) - seen(b, BLINDNESS[sight])) > least, (a, b)


def test_ten_different_colours_and_enough_styles():
    assert len(set(plots.TEN_COLOURS)) == 10 and len(set(LINE_COLOURS)) == 6
    assert len(set(map(str, LINE_STYLES))) == 5 and len(set(MARKS)) == 7
