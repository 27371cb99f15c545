"""Pictures in rows: each stands where it should, is the model's own, and has its label."""

import numpy as np
import pytest
import torch

from tests.plots.support import Brightness, drawn, pictures, texts
from vae_helpers import models, plots


def place(ax):
    """(row, column) of an axes of a grid."""
    spec = ax.get_subplotspec()
    return spec.rowspan.start, spec.colspan.start


# ------------------------------------------------------------------------------------------------- plot_images


def test_images_stand_in_rows_of_columns(small):
    figure = plots.plot_images(small.images[:7], columns=3, title="Seven")
    shown = {place(ax): drawn(ax) for ax in figure.axes if ax.get_images()}
    assert list(shown) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)]
    for (row, column), picture in shown.items():
        torch.testing.assert_close(picture, small.images[3 * row + column, 0])
    assert figure.get_suptitle() == "Seven"
    assert len(plots.plot_images(small.images[:12]).axes) == 20  # two rows of ten


@pytest.mark.parametrize("titles", [["a", "b", "c"], [4, 2, 0], torch.tensor([4, 2, 0]), np.array([4, 2, 0])], ids=str)
def test_titles_of_images(small, titles):
    figure = plots.plot_images(small.images[:3], titles)
    assert [ax.get_title() for ax in figure.axes] == [str(title) for title in np.asarray(titles).tolist()]


@pytest.mark.parametrize("by_dict", [False, True])
def test_rows_are_labelled_at_their_left(small, by_dict):
    images = {"first": small.images[:4], "second": small.images[4:8]}
    if by_dict:
        figure = plots.plot_images(images, ["a", "b", "c", "d"])
    else:
        figure = plots.plot_images(small.images[:8], ["a", "b", "c", "d"], rows=["first", "second"])
    at = {place(ax): ax for ax in figure.axes}
    assert {spot: ax.get_ylabel() for spot, ax in at.items() if ax.get_ylabel()} == {(0, 0): "first", (1, 0): "second"}
    assert all(
        at[row, 0].axison and not at[row, 0].get_xticks().size for row in (0, 1)
    )  # a hidden axis hides its label
    assert [at[0, column].get_title() for column in range(4)] == ["a", "b", "c", "d"]
    assert not any(at[1, column].get_title() for column in range(4))
    for (row, column), ax in at.items():
        torch.testing.assert_close(drawn(ax), small.images[4 * row + column, 0])


def test_rows_of_a_dict_may_be_of_different_lengths(small):
    figure = plots.plot_images({"three": small.images[:3], "one": small.images[3]})
    shown = {place(ax) for ax in figure.axes if ax.get_images()}
    assert shown == {(0, 0), (0, 1), (0, 2), (1, 0)}


def test_every_image_may_have_its_title_in_labelled_rows(small):
    titles = list("abcdef")
    figure = plots.plot_images(small.images[:6], titles, rows=["x", "y"])
    assert [ax.get_title() for ax in figure.axes] == titles


def test_one_scale_for_all_images():
    images = torch.tensor([-2.0, 0.0, 1.0, 3.0]).view(4, 1, 1, 1).expand(4, 1, 2, 2)
    shown = [picture[0, 0].item() for picture in pictures(plots.plot_images(images, vmin=-2, vmax=2))]
    assert shown == pytest.approx([0, 0.5, 0.75, 1])  # and 3 is cut off
    assert [p[0, 0].item() for p in pictures(plots.plot_images(images, vmax=2))] == pytest.approx([0, 0, 0.5, 1])


def test_colour_images(small):
    colour = torch.rand(2, 3, 5, 7)
    for picture, image in zip(pictures(plots.plot_images(colour)), colour, strict=True):
        torch.testing.assert_close(picture, image.permute(1, 2, 0))


def test_pictures_keep_their_ratio():
    wide, high = plots.plot_images(torch.rand(4, 1, 20, 60)), plots.plot_images(torch.rand(4, 1, 60, 20))
    assert all(ax.get_aspect() == 1 for ax in wide.axes)
    assert wide.get_figwidth() > 2 * high.get_figwidth() and high.get_figheight() > 1.5 * wide.get_figheight()


def test_many_rows_may_be_drawn_smaller(small):
    usual, smaller = (plots.plot_images(small.images[:40], **size) for size in ({}, {"size": 0.45}))
    assert smaller.get_figwidth() < 0.6 * usual.get_figwidth() and smaller.get_figheight() < 0.6 * usual.get_figheight()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: plots.plot_images(x, ["a"]), r"titles\): got 1 titles, expected 4, one for each image"),
        (lambda x: plots.plot_images(x, list("abcde")), r"titles\): got 5 titles, expected 4"),
        (
            lambda x: plots.plot_images(x, list("abc"), rows=["x", "y"]),
            r"expected 4, one .*, or 2, one for each column",
        ),
        (lambda x: plots.plot_images(x, rows=["x", "y", "z"]), r"rows\): got 3 labels for 4 images"),
        (lambda x: plots.plot_images(x, rows=["x", "y"], columns=3), r"rows\): got 2 labels for 4 images in 3 columns"),
        (lambda x: plots.plot_images(x, columns=0), r"columns\): got 0, expected at least 1"),
        (
            lambda x: plots.plot_images(x[:0]),
            r"plot_images\(images\): got shape \(0, 1, 28, 28\), so there are no images",
        ),
        (lambda x: plots.plot_images({}), r"plot_images\(images\): got an empty dict"),
        (lambda x: plots.plot_images([]), r"plot_images\(images\): there are no images"),
        (lambda x: plots.plot_images(x, vmin=2), r"vmin, vmax\): got 2.0 and 1.0"),
        (lambda x: plots.plot_images(x * 7 - 3), r"values from -3 to 4, expected \[0, 1\]. .*sigmoid.* vmin=0, vmax=1"),
        (lambda x: plots.plot_images(x * float("nan")), "NaN or infinity"),
        (lambda x: plots.plot_images(x * float("nan"), vmin=0), "NaN or infinity"),
        (lambda x: plots.plot_images(7), "got int, expected images"),
        (lambda x: plots.plot_images("digits.png"), "got str, expected images"),
    ],
)
def test_what_cannot_be_drawn_is_named(small, call, message):
    images = small.images[:4] - small.images[:4].amin()
    with pytest.raises(ValueError, match=message):
        call(images / images.amax())


# ------------------------------------------------------------------------------------------- out of a model


def test_reconstructions_are_the_models(small):
    model = models.Autoencoder()
    figure = plots.plot_reconstructions(model, small.images, n=4)
    shown = pictures(figure)
    assert len(shown) == 8
    with torch.no_grad():
        recon, _ = model(small.images[:4])
    for i in range(4):
        torch.testing.assert_close(shown[i], small.images[i, 0])
        torch.testing.assert_close(shown[4 + i], recon[i, 0])
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()] == ["Original", "Reconstruction"]


@pytest.mark.parametrize("limits", [(-3, 3), ((-3, 3), (-3, 3))])
def test_manifold_has_low_z1_left_and_high_z2_above(limits):
    figure = plots.plot_manifold(Brightness(), n=3, limits=limits)
    picture = drawn(figure.axes[0])
    assert picture.shape == (12, 12)
    for row, z_2 in enumerate((3, 0, -3)):
        for column, z_1 in enumerate((-3, 0, 3)):
            assert picture[4 * row, 4 * column] == pytest.approx((z_1 + 10 * z_2 + 33) / 66, rel=1e-4, abs=1e-6)
    left, right, bottom, top = figure.axes[0].get_images()[0].get_extent()
    assert (left, right, bottom, top) == (-4.5, 4.5, -4.5, 4.5)


def test_manifold_limits_of_each_axis():
    figure = plots.plot_manifold(Brightness(), n=2, limits=((0, 1), (-3, 3)))
    assert drawn(figure.axes[0])[0, 0] == pytest.approx((0 + 30 + 33) / 66, rel=1e-4)
    assert drawn(figure.axes[0])[-1, -1] == pytest.approx((1 - 30 + 33) / 66, rel=1e-4)


def test_manifold_of_pictures_that_are_not_square():
    model = Brightness()
    model.decode = lambda z: z[:, :1, None, None].expand(-1, 1, 6, 3).abs() / 3
    axes = plots.plot_manifold(model, n=4).axes[0]
    assert drawn(axes).shape == (24, 12) and axes.get_box_aspect() == 2


def test_interpolation_starts_and_ends_at_the_codes(small):
    model = models.Autoencoder()
    figure = plots.plot_interpolation(model, small.images[0], small.images[1], steps=5)
    with torch.no_grad():
        z_a, z_b = model.encode(small.images[:2])
        expected = model.decode(torch.stack([z_a, (z_a + z_b) / 2, z_b]))
    for ax, image in zip((figure.axes[0], figure.axes[2], figure.axes[4]), expected, strict=True):
        torch.testing.assert_close(drawn(ax), image[0], atol=1e-5, rtol=1e-4)
    assert [ax.get_title() for ax in figure.axes] == ["α=0.00", "α=0.25", "α=0.50", "α=0.75", "α=1.00"]


def test_samples_are_decoded_from_the_prior():
    """The picture's brightness tells z: mean 0 and standard deviation 1 in both dimensions, together 33/66 ± √101/66."""
    model = Brightness()
    model.decode = lambda z: torch.stack([z[:, 0], z[:, 1]], dim=1).view(-1, 1, 1, 2).add(5).div(10)
    z = torch.cat(pictures(plots.plot_samples(model, n=400, seed=0))).mul(10).sub(5)
    assert z.shape == (400, 2)
    assert z.mean(dim=0).abs().max() < 0.2 and (z.std(dim=0) - 1).abs().max() < 0.15
    assert abs(torch.corrcoef(z.T)[0, 1]) < 0.2


def test_samples_follow_their_seed(vae):
    a, b, c = (plots.plot_samples(vae, n=3, seed=seed) for seed in (1, 1, 2))
    shown = [torch.stack(pictures(figure)) for figure in (a, b, c)]
    assert torch.equal(shown[0], shown[1]) and not torch.equal(shown[0], shown[2])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: plots.plot_manifold(models.VAE(latent_dim=10)), "10 latent dimensions, a map needs 2"),
        (lambda x: plots.plot_manifold(models.VAE(), n=1), r"plot_manifold\(n\): got 1"),
        (lambda x: plots.plot_reconstructions(models.VAE(), x, n=0), r"plot_reconstructions\(images\): n is 0"),
        (lambda x: plots.plot_reconstructions(models.VAE(), None), "got NoneType, expected"),
        (lambda x: plots.plot_interpolation(models.VAE(), x[0], x[0], steps=1), r"interpolation\(steps\): got 1"),
        (lambda x: plots.plot_interpolation(models.VAE(), x, x[0]), r"interpolation\(a\): got 4 images, expected one"),
        (lambda x: plots.plot_interpolation(models.VAE(), x[0], None), r"interpolation\(b\): got NoneType"),
        (lambda x: plots.plot_samples(torch.nn.Linear(2, 2)), "Linear does not say how many latent dimensions"),
        (lambda x: plots.plot_samples(torch.nn.Linear(2, 2), latent_dim=2), r"Linear has no method decode\(z\)"),
    ],
)
def test_models_and_arguments_that_cannot_be_drawn_are_named(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small.images[:4])


def test_titles_say_what_is_seen(small, vae, language):
    """Each figure's title in the language; the manifold names its axes."""
    manifold = plots.plot_manifold(vae, n=2)
    assert texts(manifold).count("z_1") == 1 and texts(manifold).count("z_2") == 1
    words = {"vi": ("Ảnh gốc", "Ảnh sinh ra", "Đi thẳng"), "en": ("Originals", "Images made", "A straight walk")}
    figures = (
        plots.plot_reconstructions(vae, small.images),
        plots.plot_samples(vae, 2),
        plots.plot_interpolation(vae, small.images[0], small.images[1]),
    )
    for figure, word in zip(figures, words[language], strict=True):
        assert figure.get_suptitle().startswith(word)
