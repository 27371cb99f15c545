"""Histograms count what there is; clouds stand where their points are."""

from io import BytesIO

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from tests.plots.support import legend
from vae_helpers import plots


def bars(ax, index):
    return [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in ax.containers[index]]


def test_histograms_count_each_sample_in_bins_they_share():
    (ax,) = plots.histograms({"a": torch.tensor([[0.0, 0.5], [0.6, 3.9]]), "b": [4.0, 4.0]}, bins=4, title="T").axes
    assert [height for *_, height in bars(ax, 0)] == [3, 0, 0, 1]
    assert [height for *_, height in bars(ax, 1)] == [0, 0, 0, 2]
    assert [(x, width) for x, width, _ in bars(ax, 0)] == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert (ax.get_title(), ax.get_ylabel(), legend(ax)) == ("T", "count", ["a", "b"])


def test_histogram_limits_density_lines_and_curves():
    x = torch.linspace(0, 2, 5)
    (ax,) = plots.histograms(
        {"a": [0.5, 0.5, 1.5, 7]}, bins=2, limits=(0, 2), density=True, lines={"mean": 1}, curves={"p": (x, x / 2)}
    ).axes
    assert [height for *_, height in bars(ax, 0)] == pytest.approx([2 / 3, 1 / 3])  # 7 lies outside
    curve, line = ax.get_lines()
    assert curve.get_ydata().tolist() == (x / 2).tolist() and list(line.get_xdata()) == [1, 1]
    assert ax.get_ylabel() == "density" and sorted(legend(ax)) == ["a", "mean", "p"]


def test_clouds_stand_where_their_points_are():
    a, b, every = torch.rand(5, 2), np.random.default_rng(0).random((4, 2)), torch.rand(9, 2)
    (ax,) = plots.clouds({"a": a, "b": b}, background=every, limits=(-4, 4), title="T").axes
    shown = [np.asarray(cloud.get_offsets()) for cloud in ax.collections]
    for points, expected in zip(shown, (every, a, b), strict=True):
        np.testing.assert_allclose(points, expected)
    assert legend(ax) == ["a", "b"] and ax.get_xlim() == ax.get_ylim() == (-4, 4) and ax.get_aspect() == 1
    assert sorted(circle.radius for circle in ax.patches) == [1, 2, 3]
    assert all(circle.center == (0, 0) for circle in ax.patches)
    assert not plots.clouds({"a": a}, prior=False).axes[0].patches


def test_clouds_in_panels_have_one_scale():
    figure = plots.clouds({"AE": {"": 50 * torch.rand(5, 2)}, "VAE": {"": torch.rand(5, 2)}}, title="Both")
    one, other = figure.axes
    assert one.get_xlim() == other.get_xlim() and one.get_ylim() == other.get_ylim() and one.get_xlim()[1] > 10
    assert (one.get_title(), other.get_title(), figure.get_suptitle()) == ("AE", "VAE", "Both")


def test_clouds_with_sigmas_are_ellipses_of_two_of_them():
    points, sigmas = torch.tensor([[0.0, 1.0], [2.0, -1.0]]), torch.tensor([[0.5, 1.0], [0.25, 0.1]])
    figure = plots.clouds({"dots": {"": points}, "clouds": {"": points}}, sigmas={"clouds": {"": sigmas}})
    dots, clouds = figure.axes
    assert len(dots.collections) == 1
    ellipses, centres = clouds.collections
    np.testing.assert_allclose(ellipses.get_offsets(), points)
    np.testing.assert_allclose(centres.get_offsets(), points)
    # 2 σ to either side; get_widths came after matplotlib 3.8
    np.testing.assert_allclose(ellipses._widths, 2 * sigmas[:, 0])
    np.testing.assert_allclose(ellipses._heights, 2 * sigmas[:, 1])


def test_an_ellipse_is_as_large_as_the_scale_says():
    figure = plots.clouds({"a": torch.zeros(1, 2)}, sigmas={"a": torch.ones(1, 2)}, limits=(-4, 4), prior=False)
    ax, (ellipse, _) = figure.axes[0], figure.axes[0].collections
    file = BytesIO()
    figure.savefig(file, dpi=figure.dpi)
    picture = np.asarray(Image.open(file).convert("L"))

    def at(x, y):
        column, up = ax.transData.transform((x, y))
        return picture[len(picture) - 1 - round(up), round(column)]

    assert ellipse.get_offsets().tolist() == [[0, 0]]
    assert at(1.8, 0) < 255 and at(0, -1.8) < 255 and at(2.2, 0) == at(0, -2.2) == 255


def test_panels_of_clouds_in_rows():
    panels = {name: {"": k * torch.rand(5, 2)} for k, name in enumerate("abc", start=1)}
    figure = plots.clouds(panels, columns=2)
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    first, second, third = (ax.get_position() for ax in figure.axes)
    assert first.y0 == second.y0 > third.y1 and first.x0 == pytest.approx(third.x0) and first.x1 < second.x0
    assert len({ax.get_xlim() for ax in figure.axes}) == 1


def test_draw_into_given_axes():
    figure = Figure()
    one, other = figure.subplots(1, 2)
    assert (
        plots.clouds({"a": torch.rand(3, 2)}, ax=one) is figure and plots.histograms({"a": [1, 2]}, ax=other) is figure
    )
    assert one.collections and other.containers


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.histograms({}), r"histograms\(samples\): expected a dict"),
        (lambda: plots.histograms({"a": []}), r"samples\['a'\]\): got no numbers"),
        (lambda: plots.histograms({"a": [1, float("nan")]}), "got no numbers, or NaN or inf"),
        (lambda: plots.clouds({}), r"clouds\(points\): expected a dict"),
        (
            lambda: plots.clouds({"a": torch.rand(3, 3)}),
            r"points\['a'\]\): got shape \(3, 3\), expected points \(N, 2\)",
        ),
        (lambda: plots.clouds({"a": torch.full((3, 2), torch.nan)}), r"points\['a'\]\): got NaN or inf"),
        (
            lambda: plots.clouds({"a": torch.rand(3, 2)}, sigmas={"a": torch.rand(2, 2)}),
            r"clouds\(sigmas\): got 2 for 3",
        ),
        (lambda: plots.clouds({"a": torch.rand(3, 2)}, background=torch.rand(2)), r"background\): got shape \(2,\)"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
