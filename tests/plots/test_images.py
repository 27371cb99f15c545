"""Every plot returns a labelled Figure in the lesson's language, shows the model's own pixels, and changes nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import nn

from vae_helpers import data, diagrams, models, plots
from vae_helpers.training import History

HISTORY = History([{"epoch": e, "loss": 9 / e, "recon": 8 / e, "kl": e, "val_loss": 10 / e, "val_recon": 9 / e, "val_kl": e} for e in (1, 2)])  # fmt: skip

CALLS = {
    "images": lambda model, data: plots.plot_images(data.images[:3], title="Ảnh"),
    "reconstructions": lambda model, data: plots.plot_reconstructions(model, data.images),
    "latent": lambda model, data: plots.plot_latent(model, data),
    "manifold": lambda model, data: plots.plot_manifold(model, n=4),
    "samples": lambda model, data: plots.plot_samples(model, n=12),
    "interpolation": lambda model, data: plots.plot_interpolation(model, data.images[0], data.images[1]),
    "history": lambda model, data: plots.plot_history(HISTORY),
    "autoencoder diagram": lambda model, data: diagrams.plot_autoencoder(),
    "vae diagram": lambda model, data: diagrams.plot_vae(),
    "elbo diagram": lambda model, data: diagrams.plot_elbo(),
}


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


@pytest.mark.parametrize("name", CALLS)
def test_returns_a_figure_of_its_own_and_changes_nothing(name, vae, small):
    vae.train()
    state = torch.get_rng_state()
    figure = CALLS[name](vae, small)
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert plt.get_fignums() == []
    assert vae.training
    if name != "samples":  # without a seed it draws from the ordinary random state
        assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "images"])
def test_labels_follow_the_language(name, vae, small):
    import vae_helpers

    seen = {}
    for code in ("vi", "en"):
        vae_helpers.set_language(code)
        seen[code] = texts(CALLS[name](vae, small))
    assert seen["vi"] != seen["en"]
    assert any(letter in seen["vi"].lower() for letter in "ảạáàãấầẩậắằẳặếềểễệốồổỗộớờởỡợứừửữựđ")


def drawn(axes):
    (image,) = axes.get_images()
    assert image.get_cmap().name == "gray" and image.get_clim() == (0, 1)
    return torch.as_tensor(np.asarray(image.get_array()))


def test_reconstructions_are_the_models(small):
    model = models.Autoencoder()
    figure = plots.plot_reconstructions(model, small.images, n=4)
    pictures = [drawn(ax) for ax in figure.axes]
    assert len(pictures) == 8
    with torch.no_grad():
        recon, _ = model(small.images[:4])
    for i in range(4):
        torch.testing.assert_close(pictures[i], small.images[i, 0])
        torch.testing.assert_close(pictures[4 + i], recon[i, 0])


class Brightness(nn.Module):
    """decode(z) gives a flat grey picture whose brightness tells z: (z₁ + 10 z₂ + 33) / 66."""

    latent_dim = 2

    def decode(self, z):
        return ((z[:, :1] + 10 * z[:, 1:] + 33) / 66).repeat(1, 16)  # flat output: 4×4


@pytest.mark.parametrize("limits", [(-3, 3), ((-3, 3), (-3, 3))])
def test_manifold_has_low_z1_left_and_high_z2_above(limits):
    figure = plots.plot_manifold(Brightness(), n=3, limits=limits)
    picture = drawn(figure.axes[0])
    assert picture.shape == (12, 12)
    for row, z_2 in enumerate((3, 0, -3)):
        for column, z_1 in enumerate((-3, 0, 3)):
            assert picture[4 * row, 4 * column] == pytest.approx((z_1 + 10 * z_2 + 33) / 66, abs=1e-6)
    left, right, bottom, top = figure.axes[0].get_images()[0].get_extent()
    assert (left, right, bottom, top) == (-4.5, 4.5, -4.5, 4.5)


def test_manifold_limits_of_each_axis():
    figure = plots.plot_manifold(Brightness(), n=2, limits=((0, 1), (-3, 3)))
    assert drawn(figure.axes[0])[0, 0] == pytest.approx((0 + 30 + 33) / 66)
    assert drawn(figure.axes[0])[-1, -1] == pytest.approx((1 - 30 + 33) / 66)


def test_interpolation_starts_and_ends_at_the_codes(small):
    model = models.Autoencoder()
    figure = plots.plot_interpolation(model, small.images[0], small.images[1], steps=5)
    with torch.no_grad():
        z_a, z_b = model.encode(small.images[:2])
        path = [z_a, (z_a + z_b) / 2, z_b]
        expected = model.decode(torch.stack(path))
    for ax, image in zip((figure.axes[0], figure.axes[2], figure.axes[4]), expected, strict=True):
        torch.testing.assert_close(drawn(ax), image[0], atol=1e-5, rtol=0)


def test_samples_follow_their_seed(vae):
    a, b, c = (plots.plot_samples(vae, n=3, seed=seed) for seed in (1, 1, 2))
    pixels = [torch.stack([drawn(ax) for ax in figure.axes]) for figure in (a, b, c)]
    assert torch.equal(pixels[0], pixels[1]) and not torch.equal(pixels[0], pixels[2])


def test_latent_map_shows_every_image_at_its_mean(vae, small):
    figure = plots.plot_latent(vae, small)
    points = figure.axes[0].collections[0].get_offsets()
    with torch.no_grad():
        mu, _ = vae.encode(small.images)
    np.testing.assert_allclose(points, mu, atol=1e-5)
    assert {text.get_text() for text in figure.axes[0].texts} == {str(d) for d in set(small.labels.tolist())}


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.3])
def test_no_digit_of_the_latent_map_hides_another(spread):
    """Ten classes with nearly the same median: their discs are pushed apart, and stay near."""
    torch.manual_seed(0)
    labels = torch.arange(10).repeat_interleave(200)
    mu = torch.randn(2000, 2) + spread * torch.randn(10, 2)[labels]

    class Codes(nn.Module):
        def forward(self, x):
            codes = x.flatten(1)[:, :2]
            return x, codes, torch.zeros_like(codes)

    images = torch.zeros(2000, 1, 28, 28)
    images[:, 0, 0, :2] = mu
    figure = plots.plot_latent(Codes(), data.ImageDataset(images, labels, "codes"))
    FigureCanvasAgg(figure).draw()
    patches = [text.get_bbox_patch() for text in figure.axes[0].texts]
    discs = [patch.get_transform().transform_path(patch.get_path()).get_extents() for patch in patches]
    centres = np.array([[(disc.x0 + disc.x1) / 2, (disc.y0 + disc.y1) / 2] for disc in discs])
    distances = np.linalg.norm(centres[:, None] - centres, axis=2)[~np.eye(10, dtype=bool)]
    assert min(disc.width for disc in discs) > 10 and distances.min() > 0.8 * max(disc.width for disc in discs)
    places = np.array([text.get_position() for text in figure.axes[0].texts])
    medians = np.stack([mu[labels == digit].median(dim=0).values for digit in range(10)])
    assert np.linalg.norm(places - medians, axis=1).max() < 0.25 * np.ptp(mu.numpy())


def test_latent_map_draws_into_given_axes(vae, small):
    figure = Figure()
    axes = figure.subplots(1, 2)
    assert plots.plot_latent(vae, small, ax=axes[1]) is figure
    assert axes[1].collections and not axes[0].collections


def test_handouts_class_is_drawn(handout_vae, small):
    model = handout_vae()
    for name in ("reconstructions", "latent", "manifold", "samples", "interpolation"):
        assert isinstance(CALLS[name](model, small), Figure)


class OnlyForward(nn.Module):
    """Another library's VAE: nothing but forward, and flat outputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 2)

    def forward(self, x):
        mu = self.layer(x.flatten(1))
        return torch.sigmoid(mu.sum(1, keepdim=True)).repeat(1, 784), mu, torch.zeros_like(mu)


def test_a_module_with_nothing_but_forward(small):
    assert isinstance(plots.plot_reconstructions(OnlyForward(), small.images), Figure)
    assert isinstance(plots.plot_latent(OnlyForward(), small), Figure)
    with pytest.raises(ValueError, match="OnlyForward does not say how many latent dimensions"):
        plots.plot_samples(OnlyForward())


def test_what_cannot_be_drawn_is_named(small):
    with pytest.raises(ValueError, match="10 latent dimensions, a map needs 2"):
        plots.plot_manifold(models.VAE(latent_dim=10))
    with pytest.raises(ValueError, match="1 latent dimension"):
        plots.plot_latent(models.VAE(latent_dim=1), small)
    with pytest.raises(ValueError, match="got ImageDataset.*pass dataset.images"):
        plots.plot_reconstructions(models.VAE(), small)


def test_history_without_validation_or_parts():
    figure = plots.plot_history(History([{"epoch": 1, "loss": 3.0}, {"epoch": 2, "loss": 2.0}]))
    (axes,) = figure.axes
    assert [line.get_ydata().tolist() for line in axes.get_lines()] == [[3.0, 2.0]]
    assert len(plots.plot_history(HISTORY).axes) == 3


def test_elbo_picture_tells_the_truth():
    """Its numbers against torch.distributions: ELBO + KL(q ‖ posterior) = log p(x) for z ~ N(0,1), x|z ~ N(z,1), x = 1."""
    from torch.distributions import Normal, kl_divergence

    log_p = Normal(0.0, 2**0.5).log_prob(torch.tensor(1.0))
    shown = texts(diagrams.plot_elbo())
    assert f"{log_p:.3f}" in shown.replace("\u2212", "-")
    for mean, variance in ((-1.0, 1.0), (0.0, 0.5), (0.5, 0.5)):
        q = Normal(mean, variance**0.5)
        elbo = -0.5 * (np.log(2 * np.pi) + (1 - mean) ** 2 + variance) - kl_divergence(q, Normal(0.0, 1.0))
        gap = kl_divergence(q, Normal(0.5, 0.5**0.5))
        assert elbo + gap == pytest.approx(log_p.item(), abs=1e-5)
        assert f"ELBO = {elbo:.3f}".replace("-", "−") in shown
