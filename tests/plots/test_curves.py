"""Lines: the data, styles, names and scales that were asked for."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tests.plots.support import legend, lines
from vae_helpers import plots
from vae_helpers.plots.colours import LINE_COLOURS

X = [1, 2, 4]
FORMS = {
    "lists": lambda x, y: (x, y),
    "arrays": lambda x, y: (np.array(x), np.array(y)),
    "tensors": lambda x, y: (torch.tensor(x), torch.tensor(y)),
    "gradients": lambda x, y: (torch.tensor(x), torch.tensor([float(v) for v in y], requires_grad=True)),
    "list of tensors": lambda x, y: [x, [torch.tensor(float(v), requires_grad=True) for v in y]],
    "generator": lambda x, y: (x, (v for v in y)),
    "half precision": lambda x, y: (x, torch.tensor(y, dtype=torch.bfloat16)),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_line_shows_its_numbers(form):
    figure = plots.curves({"a": FORMS[form](X, [3, 2, 1]), "b": FORMS[form](X, [0, 5, 0])})
    (ax,) = figure.axes
    assert lines(ax) == {"a": (X, [3, 2, 1], "-"), "b": (X, [0, 5, 0], "--")}
    assert legend(ax) == ["a", "b"]


def test_y_alone_is_counted_from_1():
    for y in ([5.0, 4.0, 3.0], (5.0, 4.0, 3.0), torch.tensor([5.0, 4.0, 3.0])):
        (ax,) = plots.curves({"loss": y}).axes
        assert list(lines(ax).values())[0][:2] == ([1, 2, 3], [5, 4, 3])


def test_names_and_limits_and_scales():
    figure = plots.curves({"a": (X, X)}, xlabel="x", ylabel="y", title="T", log="xy", xlim=(1, None), ylim=(0.5, 9))
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("x", "y", "T")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlim()[0] == 1 and ax.get_ylim() == (0.5, 9)
    assert legend(ax) == []  # a single line needs no name
    panels = plots.curves({"one": {"a": (X, X)}, "two": {"a": (X, X)}}, log=["", "y"], ylabel=["", ""]).axes
    assert [panel.get_yscale() for panel in panels] == ["linear", "log"]
    for log, scales in (("", ("linear", "linear")), ("x", ("log", "linear")), ("y", ("linear", "log"))):
        (ax,) = plots.curves({"a": (X, X)}, log=log).axes
        assert (ax.get_xscale(), ax.get_yscale()) == scales


def test_no_two_lines_look_alike_even_in_grey():
    """Ten lines: no two share colour and style, nor style and mark; and neighbours differ in both."""
    (ax,) = plots.curves({str(i): (X, [i, i, i]) for i in range(10)}, markers=True).axes
    drawn = ax.get_lines()
    looks = [(str(line.get_linestyle()), line._dash_pattern[1] and tuple(line._dash_pattern[1])) for line in drawn]
    assert len({(line.get_color(), look) for line, look in zip(drawn, looks, strict=True)}) == 10
    assert len({(line.get_marker(), look) for line, look in zip(drawn, looks, strict=True)}) == 10
    for one, other, a, b in zip(drawn, drawn[1:], looks, looks[1:], strict=False):
        assert one.get_color() != other.get_color() and a != b
    assert all(line.get_marker() == "None" for line in plots.curves({"a": X}).axes[0].get_lines())


def test_band_over_seeds():
    (ax,) = plots.curves({"mean": (X, [2, 2, 2], [1, 0, 1], [3, 4, 3])}).axes
    (band,) = ax.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert {(1, 1), (2, 0), (4, 1), (1, 3), (2, 4), (4, 3)} <= corners
    assert tuple(band.get_facecolor()[0][:3]) == pytest.approx(to_rgb(LINE_COLOURS[0]))
    assert legend(ax) == ["mean"]


def test_reference_lines_points_and_notes():
    (ax,) = plots.curves(
        {"formula": (X, X)},
        lines={"exact": 3, "": 0},
        points={"measured": (X, [1, 2, 5])},
        notes={"B = 2": (2, 2)},
    ).axes
    measured, exact, zero = ax.get_lines()[1:]
    assert measured.get_ydata().tolist() == [1, 2, 5] and measured.get_linestyle() == "None"
    assert measured.get_color() == ax.get_lines()[0].get_color()
    assert [list(line.get_ydata()) for line in (exact, zero)] == [[3, 3], [0, 0]]
    assert legend(ax) == ["measured", "exact"]
    (note,) = ax.texts
    assert note.get_text() == "B = 2" and note.xy == (2, 2)


def test_panels_share_a_scale_and_a_legend():
    series = {"Gauss": {"AE": (X, [1, 2, 3]), "PCA": (X, [2, 3, 9])}, "mask": {"AE": (X, [0, 0, 0]), "PCA": (X, X)}}
    figure = plots.curves(series, xlabel=["σ", "share"], ylabel="dB", title="Both", lines={"mask": {"guess": 1}})
    left, right = figure.axes
    assert (left.get_title(), right.get_title(), figure.get_suptitle()) == ("Gauss", "mask", "Both")
    assert (left.get_xlabel(), right.get_xlabel(), left.get_ylabel(), right.get_ylabel()) == ("σ", "share", "dB", "")
    assert left.get_ylim() == right.get_ylim() and left.get_ylim()[1] > 9
    assert lines(left)["PCA"][1] == [2, 3, 9] and lines(right)["AE"][1] == [0, 0, 0]
    assert (legend(left), legend(right)) == (["AE", "PCA"], ["AE", "PCA", "guess"])
    once = plots.curves({name: {"AE": [1, 2], "PCA": [2, 1]} for name in ("a", "b")})
    assert legend(once) == ["AE", "PCA"] and not any(legend(ax) for ax in once.axes)


def test_panels_of_different_quantities_have_scales_of_their_own():
    figure = plots.curves({"a": {"": (X, [0, 1, 2])}, "b": {"": (X, [0, 100, 200])}}, ylabel=["metres", "seconds"])
    assert [ax.get_ylabel() for ax in figure.axes] == ["metres", "seconds"]
    assert figure.axes[0].get_ylim()[1] < 3 < 190 < figure.axes[1].get_ylim()[1]


@pytest.mark.parametrize(
    "x, log, ticks",
    [
        ([2, 4, 8, 16, 32, 64], "x", [2, 4, 8, 16, 32, 64]),
        (range(10), "", list(range(10))),
        ([1, 2, 3, 1000], "", None),  # no room
        ([0.5, 1.5, 2.5], "", None),
        ([0, 1, 2], "x", None),  # 0 has no place on a logarithmic scale
    ],
)
def test_few_whole_numbers_have_a_tick_each(x, log, ticks):
    (ax,) = plots.curves({"a": (x, [1.0] * len(x))}, log=log).axes
    shown = ax.get_xticks().tolist()
    if ticks is None:
        assert shown != sorted(x)
    else:
        assert shown == ticks
        assert [label.get_text() for label in ax.get_xticklabels()] == [str(tick) for tick in ticks]


def test_many_epochs_have_whole_ticks():
    (ax,) = plots.curves({"a": np.arange(20.0)}).axes
    assert all(tick == round(tick) for tick in ax.get_xticks())


def test_draws_into_given_axes():
    figure = Figure()
    one, other = figure.subplots(1, 2)
    assert plots.curves({"a": (X, X)}, ax=other) is figure
    assert other.get_lines() and not one.get_lines()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.curves({"a": X}, log="z"), r"curves\(log\): got 'z', expected one of '', 'x', 'y', 'xy'"),
        (lambda: plots.curves({}), r"curves\(series\): expected a dict"),
        (lambda: plots.curves([1, 2]), r"curves\(series\): expected a dict"),
        (lambda: plots.curves({"a": ([1, 2], [1, 2, 3])}), r"series\['a'\]\): got 2 x and 3 y"),
        (lambda: plots.curves({"a": (X, X, X)}), r"series\['a'\]\): got arrays of shape .* expected y, \(x, y\) or"),
        (lambda: plots.curves({"a": np.ones((2, 3))}), r"series\['a'\]\): got arrays of shape"),
        (lambda: plots.curves({"a": "digits"}), r"series\['a'\]\): got str, expected numbers"),
        (lambda: plots.curves({"a": object()}), r"series\['a'\]\): got object, expected numbers"),
        (lambda: plots.curves({"a": X}, points={"p": (X, [1])}), r"points\['p'\]\): got 3 x and 1 y"),
        (lambda: plots.curves({"a": X}, ylim=(1, 2, 3)), r"ylim: got \(1, 2, 3\), expected \(low, high\)"),
        (lambda: plots.curves({"a": {"": X}, "b": {"": X}}, xlabel=["x"]), r"xlabel\): got 1 for 2 panels"),
        (lambda: plots.curves({"a": {"": X}, "b": {"": X}}, ax=Figure().subplots()), "one axes cannot hold 2 panels"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
