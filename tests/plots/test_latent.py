"""The latent map: every image at its code, every class in its colour and named, the prior's circles beside them."""

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from tests.plots.support import Codes, Halves
from vae_helpers import data, models, plots


def points(ax):
    return np.asarray(ax.collections[0].get_offsets())


def images_with_codes(codes):
    """Images whose first pixels are their codes."""
    images = torch.zeros(len(codes), 1, 28, 28)
    images[:, 0, 0, : codes.shape[1]] = torch.as_tensor(codes)
    return images


def dataset_of(codes, labels, name="codes"):
    images = images_with_codes(codes)
    dataset = data.ImageDataset(torch.zeros(images.shape), torch.as_tensor(labels), name)
    dataset.images = images  # not within [0, 1], as a data set's own images must be
    return dataset


def colour_bar(figure):
    return figure.axes[-1]


def test_every_image_lies_at_its_mean_in_its_colour(vae, small):
    figure = plots.plot_latent(vae, small)
    ax = figure.axes[0]
    with torch.no_grad():
        mu, _ = vae.encode(small.images)
    np.testing.assert_allclose(points(ax), mu, atol=1e-5, rtol=1e-4)
    FigureCanvasAgg(figure).draw()
    colours = ax.collections[0].get_facecolors()[:, :3]
    expected = [to_rgba(plots.TEN_COLOURS[label])[:3] for label in small.labels]
    np.testing.assert_allclose(colours, expected, atol=1e-6)


@pytest.mark.parametrize("shift", [0, 2, -5])
def test_no_circle_of_the_prior_is_cut_off(shift):
    """However small the cloud is, and wherever it lies."""
    codes = torch.rand(50, 2) + shift
    for figure in (plots.plot_latent(codes, torch.zeros(50)), plots.clouds({"a": codes})):
        ax = figure.axes[0]
        FigureCanvasAgg(figure).draw()
        for low, high in (ax.get_xlim(), ax.get_ylim()):
            assert low <= min(-3, shift) and max(3, shift + 1) <= high


def test_axes_are_not_exchanged_and_the_prior_is_there():
    codes = torch.tensor([[0.0, 5.0], [1.0, 5.0], [2.0, 7.0]])
    ax = plots.plot_latent(Codes(), dataset_of(codes, [0, 1, 1])).axes[0]
    np.testing.assert_array_equal(points(ax), codes)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_aspect()) == ("$z_{1}$", "$z_{2}$", 1)
    circles = [patch for patch in ax.patches if hasattr(patch, "radius")]
    assert sorted(circle.radius for circle in circles) == [1, 2, 3] and all(c.center == (0, 0) for c in circles)
    named = {text.get_text(): text.get_position() for text in ax.texts}
    assert named["0"] == (0, 5) and named["1"] == (1.5, 6)  # the medians


@pytest.mark.parametrize("dims", [(0, 1), (2, 0), [1, 2]])
def test_dimensions_of_choice(dims):
    codes = torch.rand(6, 4)
    ax = plots.plot_latent(Codes(4), dataset_of(codes, range(6)), dims=dims).axes[0]
    np.testing.assert_allclose(points(ax), codes[:, list(dims)])
    assert (ax.get_xlabel(), ax.get_ylabel()) == tuple(f"$z_{{{dim + 1}}}$" for dim in dims)


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.3])
def test_no_digit_hides_another(spread):
    """Ten classes with nearly the same median: their discs are pushed apart, and stay near."""
    torch.manual_seed(0)
    labels = torch.arange(10).repeat_interleave(200)
    mu = torch.randn(2000, 2) + spread * torch.randn(10, 2)[labels]
    figure = plots.plot_latent(Codes(), dataset_of(mu, labels))
    FigureCanvasAgg(figure).draw()
    patches = [text.get_bbox_patch() for text in figure.axes[0].texts]
    discs = [patch.get_transform().transform_path(patch.get_path()).get_extents() for patch in patches]
    centres = np.array([[(disc.x0 + disc.x1) / 2, (disc.y0 + disc.y1) / 2] for disc in discs])
    distances = np.linalg.norm(centres[:, None] - centres, axis=2)[~np.eye(10, dtype=bool)]
    assert min(disc.width for disc in discs) > 10 and distances.min() > 0.8 * max(disc.width for disc in discs)
    places = np.array([text.get_position() for text in figure.axes[0].texts])
    medians = np.stack([mu[labels == digit].median(dim=0).values for digit in range(10)])
    assert np.linalg.norm(places - medians, axis=1).max() < 0.25 * np.ptp(mu.numpy())


@pytest.mark.parametrize(
    "name, vi, en", [("MNIST", "chữ số", "digit"), ("digits", "chữ số", "digit"), ("Fashion", "nhãn", "class")]
)
def test_the_colour_bar_speaks_of_digits_only_where_there_are_digits(name, vi, en, language):
    figure = plots.plot_latent(Codes(), dataset_of(torch.rand(4, 2), [0, 3, 3, 7], name))
    bar = colour_bar(figure)
    assert bar.get_ylabel() == {"vi": vi, "en": en}[language]
    assert [tick.get_text() for tick in bar.get_yticklabels()] == ["0", "3", "7"]


def test_classes_beyond_the_digits(language):
    """Twelve classes, numbers far apart, and names: each class has a colour of its own and its name."""
    figure = plots.plot_latent(Codes(), dataset_of(torch.rand(36, 2), torch.arange(36) % 12))
    assert len({tuple(colour) for colour in figure.axes[0].collections[0].to_rgba(np.arange(12))}) == 12
    sparse = plots.plot_latent(Codes(), dataset_of(torch.rand(4, 2), [-5, 1000, 1000, 7]))
    assert [text.get_text() for text in sparse.axes[0].texts] == ["-5", "7", "1000"]
    named = dataset_of(torch.rand(3, 2), [0, 1, 1])
    named.classes = ["T-shirt", "bag", "never seen"]
    figure = plots.plot_latent(Codes(), named)
    assert [text.get_text() for text in figure.axes[0].texts] == ["T-shirt", "bag"]
    assert [tick.get_text() for tick in colour_bar(figure).get_yticklabels()] == ["T-shirt", "bag"]


def test_images_without_labels_have_one_colour():
    codes = torch.rand(5, 2)
    figure = plots.plot_latent(Codes(), images_with_codes(codes))
    assert len(figure.axes) == 1 and not figure.axes[0].texts
    np.testing.assert_allclose(points(figure.axes[0]), codes)


def test_many_images_are_a_random_sample_always_the_same():
    """Of a sorted data set all classes are shown, not the first ones."""
    codes, labels = torch.rand(1000, 2), torch.arange(10).repeat_interleave(100)
    state = torch.get_rng_state()
    one = plots.plot_latent(Codes(), dataset_of(codes, labels), n=200)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(7)
    again = plots.plot_latent(Codes(), dataset_of(codes, labels), n=200)
    shown = points(one.axes[0])
    np.testing.assert_array_equal(shown, points(again.axes[0]))
    assert shown.shape == (200, 2)
    assert len(one.axes[0].texts) == 10
    all_codes = {tuple(code) for code in codes.double().tolist()}
    assert {tuple(code) for code in shown.tolist()} <= all_codes and len({tuple(c) for c in shown.tolist()}) == 200
    per_class = np.bincount(np.asarray(one.axes[0].collections[0].get_array(), dtype=int), minlength=10)
    assert per_class.min() >= 8  # 20 expected


@pytest.mark.parametrize("given", ["tensor", "array", "gradient"])
def test_codes_in_place_of_a_model(small, given):
    codes = torch.rand(60, 3)
    form = {"tensor": codes, "array": codes.numpy(), "gradient": codes.clone().requires_grad_()}[given]
    for beside in (small, small.labels, small.labels.numpy()):
        ax = plots.plot_latent(form, beside, dims=(1, 2)).axes[0]
        np.testing.assert_allclose(points(ax), codes[:, 1:])
        assert ax.collections[0].get_array().tolist() == small.labels.tolist()
    np.testing.assert_allclose(points(plots.plot_latent(form).axes[0]), codes[:, :2])


def test_codes_of_a_sample_belong_to_its_images():
    """Codes for every image, n of them shown: each dot has the colour of its own image's label."""
    labels = torch.arange(10).repeat(30)
    codes = torch.stack([labels.float(), torch.rand(300)], dim=1)
    ax = plots.plot_latent(codes, dataset_of(torch.zeros(300, 2), labels), n=50).axes[0]
    assert points(ax).shape == (50, 2)
    np.testing.assert_array_equal(points(ax)[:, 0], ax.collections[0].get_array())


def test_several_models_side_by_side_on_one_scale(small):
    near, far = Halves(), torch.full((60, 2), 50.0) + torch.rand(60, 2)
    figure = plots.plot_latent({"VAE": near, "PCA": far}, small)
    one, other, _ = figure.axes
    assert (one.get_title(), other.get_title()) == ("VAE", "PCA")
    assert one.get_xlim() == other.get_xlim() and one.get_ylim() == other.get_ylim() and one.get_xlim()[1] > 50
    with torch.no_grad():
        np.testing.assert_allclose(points(one), near.encode(small.images)[0], atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(points(other), far)
    own = plots.plot_latent({"VAE": near, "t-SNE": far}, small, limits="own")
    assert own.axes[0].get_xlim()[1] < 50 < own.axes[1].get_xlim()[1]
    assert not [patch for ax in own.axes[:2] for patch in ax.patches if hasattr(patch, "radius")]
    assert not [ax.get_xlabel() + ax.get_ylabel() for ax in own.axes[:2] if ax.get_xlabel() or ax.get_ylabel()]


def test_limits_of_both_axes(vae, small):
    ax = plots.plot_latent(vae, small, limits=(-4, 4)).axes[0]
    assert ax.get_xlim() == ax.get_ylim() == (-4, 4)


def test_draws_into_given_axes(vae, small):
    figure = Figure()
    axes = figure.subplots(1, 2)
    assert plots.plot_latent(vae, small, ax=axes[1]) is figure
    assert axes[1].collections and not axes[0].collections


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: plots.plot_latent(models.VAE(latent_dim=1), x), "1 latent dimension, a map needs at least 2"),
        (
            lambda x: plots.plot_latent(models.VAE(), x, dims=(0, 2)),
            r"dims\): got \(0, 2\), expected two .* from 0 to 1",
        ),
        (lambda x: plots.plot_latent(models.VAE(), x, dims=(-1, 0)), r"dims\): got \(-1, 0\)"),
        (lambda x: plots.plot_latent(models.VAE(), x, dims=(0,)), r"dims\): got \(0,\)"),
        (lambda x: plots.plot_latent(models.VAE()), r"plot_latent\(dataset\): got None"),
        (lambda x: plots.plot_latent(models.VAE(), 7), r"plot_latent\(dataset\): got int, expected a data set"),
        (lambda x: plots.plot_latent(models.VAE(), x, n=0), r"plot_latent\(dataset\): n is 0"),
        (lambda x: plots.plot_latent(torch.rand(59, 2), x), r"codes\): got shape \(59, 2\), expected .* 60 images"),
        (lambda x: plots.plot_latent(torch.rand(59, 2), x.labels), "got 60 labels for 59 codes"),
        (lambda x: plots.plot_latent(torch.full((60, 2), torch.nan), x), r"codes\): there are NaN"),
        (
            lambda x: plots.plot_latent({"a": models.VAE(), "b": models.VAE()}, x, Figure().subplots()),
            "cannot hold 2 panels",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)
