"""What holds for every plot: a Figure of its own, in the lesson's language, and nothing else is changed by it."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

import vae_helpers
from tests.plots.support import Moody, lines, pictures, texts
from vae_helpers import diagrams, models, plots
from vae_helpers.training import History

HISTORY = History([{"epoch": e, "loss": 9 / e, "recon": 8 / e, "kl": e, "val_loss": 10 / e, "val_recon": 9 / e, "val_kl": e} for e in (1, 2)])  # fmt: skip

CALLS = {
    "images": lambda model, data: plots.plot_images(data.images[:3], title="Ảnh"),
    "reconstructions": lambda model, data: plots.plot_reconstructions(model, data.images),
    "latent": lambda model, data: plots.plot_latent(model, data),
    "manifold": lambda model, data: plots.plot_manifold(model, n=4),
    "samples": lambda model, data: plots.plot_samples(model, n=12, seed=0),
    "interpolation": lambda model, data: plots.plot_interpolation(model, data.images[0], data.images[1]),
    "history": lambda model, data: plots.plot_history(HISTORY),
    "curves": lambda model, data: plots.curves({"Ảnh": [1, 2, 3]}),
    "histograms": lambda model, data: plots.histograms({"a": data.images}),
    "clouds": lambda model, data: plots.clouds({"Ảnh": data.images[:, 0, :2, 5]}),
    "autoencoder diagram": lambda model, data: diagrams.plot_autoencoder(),
    "vae diagram": lambda model, data: diagrams.plot_vae(),
    "reparameterization diagram": lambda model, data: diagrams.plot_reparameterization(),
}


@pytest.mark.parametrize("name", CALLS)
def test_returns_a_figure_of_its_own_and_changes_nothing(name, vae, small):
    vae.train()
    state, before = torch.get_rng_state(), small.images.clone()
    figure = CALLS[name](vae, small)
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert plt.get_fignums() == []
    assert vae.training
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(small.images, before)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("images", "curves", "clouds")])
def test_labels_follow_the_language(name, vae, small):
    seen = {}
    for code in ("vi", "en"):
        vae_helpers.set_language(code)
        seen[code] = texts(CALLS[name](vae, small))
    assert seen["vi"] != seen["en"]
    assert any(letter in seen["vi"].lower() for letter in "ảạáàãấầẩậắằẳặếềểễệốồổỗộớờởỡợứừửữựđ")


def test_models_are_looked_at_in_eval_mode(small):
    """A network that spoils everything in train mode is drawn as it is in eval mode, and trains on afterwards."""
    model = Moody().train()
    images = small.images[:3, :, :4, :4].contiguous()
    shown = pictures(plots.plot_reconstructions(model, images))
    for picture, image in zip(shown[3:], images, strict=True):
        torch.testing.assert_close(picture, image[0])
    points = plots.plot_latent(model, images).axes[0].collections[0].get_offsets()
    torch.testing.assert_close(torch.as_tensor(points.data), images.mean(dim=(1, 2, 3))[:, None].repeat(1, 2).double())
    ends = pictures(plots.plot_interpolation(model, images[0], images[1], steps=2))
    assert [end[0, 0].item() for end in ends] == pytest.approx(images[:2].mean(dim=(1, 2, 3)).tolist(), rel=1e-4)
    corner = pictures(plots.plot_manifold(model, n=2, limits=(0, 1)))[0]
    assert corner[0, -1] == 1 and corner[-1, 0] == 0
    assert max(picture.max() for picture in pictures(plots.plot_samples(model, n=20, seed=0))) > 0.5
    assert model.training


def test_figures_of_history_are_read_in_full():
    """The helper that reads lines sees all of them."""
    assert [len(lines(ax)) for ax in plots.plot_history(HISTORY).axes] == [2, 2, 2]


def test_handouts_class_is_drawn(handout_vae, small):
    model = handout_vae()
    for name in ("reconstructions", "latent", "manifold", "samples", "interpolation"):
        assert isinstance(CALLS[name](model, small), Figure)


@pytest.mark.parametrize("latent_dim", [3, 300])
def test_many_dimensions(small, latent_dim):
    model = models.VAE(latent_dim=latent_dim)
    for name in ("reconstructions", "latent", "samples", "interpolation"):
        assert isinstance(CALLS[name](model, small), Figure)
