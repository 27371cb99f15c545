"""Colours, line styles and marks: lines are told apart without their colours, classes by ten different ones."""

import pytest
from matplotlib.colors import is_color_like, to_rgb

from vae_helpers import plots
from vae_helpers.plots import colours


def test_there_are_ten_different_colours_for_ten_digits():
    assert len(set(colours.TEN_COLOURS)) == 10 and all(map(is_color_like, colours.TEN_COLOURS))
    assert plots.TEN_COLOURS is colours.TEN_COLOURS


@pytest.mark.parametrize("many", [colours.TEN_COLOURS, colours.LINE_COLOURS], ids=["ten", "lines"])
def test_no_two_colours_are_near_each_other(many):
    gaps = [max(abs(a - b) for a, b in zip(to_rgb(x), to_rgb(y), strict=True)) for x in many for y in many if x < y]
    assert min(gaps) > 0.1


def test_lines_differ_in_style_and_mark_where_colours_do_not_help():
    names = [f"line {number}" for number in range(len(colours.LINE_COLOURS))]
    axes = plots.curves({name: ([0, 1], [0, 1]) for name in names}, markers=True).axes[0]
    looks = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(looks) == len(axes.lines) == len(names)
