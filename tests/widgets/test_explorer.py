"""The explorer: what it shows is what the model gives for that z, whatever the model's class."""

import ipywidgets
import numpy as np
import pytest
import torch
from torch import nn

from tests.plots.support import Halves, Moody, made_of
from tests.widgets.support import cross_at, everything, expected, pixels, shown
from vae_helpers import models, widgets
from vae_helpers.widgets.map import MAP_SIDE


def test_it_shows_what_the_model_gives(vae, small):
    explorer = widgets.latent_explorer(vae, small)
    assert isinstance(explorer, ipywidgets.Widget)
    np.testing.assert_array_equal(shown(explorer), expected(vae, [0.0, 0.0]))
    explorer.sliders[0].value = 1.5
    explorer.sliders[1].value = -0.7
    np.testing.assert_array_equal(shown(explorer), expected(vae, [1.5, -0.7]))
    assert "1.50, -0.70" in explorer.caption.value


def test_click_on_the_map_moves_sliders_and_picture(vae, small):
    explorer = widgets.latent_explorer(vae, small)
    explorer.map.field.value = "0.75,0.4"  # right of the middle, a little above it
    assert [slider.value for slider in explorer.sliders] == pytest.approx([1.5, 0.6])
    np.testing.assert_array_equal(shown(explorer), expected(vae, [1.5, 0.6]))
    assert cross_at(explorer) == pytest.approx((0.75 * MAP_SIDE, 0.4 * MAP_SIDE), abs=0.1)
    for nonsense in ("", "x,y", "1"):
        explorer.map.field.value = nonsense
    assert [slider.value for slider in explorer.sliders] == pytest.approx([1.5, 0.6])


def test_a_place_off_the_map_is_drawn_to_its_edge(vae):
    """z itself stops there: the picture, its caption and the mark say what the sliders say."""
    explorer = widgets.latent_explorer(vae)
    explorer.map.field.value = "1.3,-0.2"
    assert [slider.value for slider in explorer.sliders] == [3, 3] == explorer.z.tolist()
    np.testing.assert_array_equal(shown(explorer), expected(vae, [3.0, 3.0]))
    assert "z = (3.00, 3.00)" in explorer.caption.value
    assert cross_at(explorer) == (MAP_SIDE, 0)


def test_limit_of_the_sliders(vae):
    explorer = widgets.latent_explorer(vae, limit=5)
    assert {(slider.min, slider.max) for slider in explorer.sliders} == {(-5, 5)}
    explorer.map.field.value = "0.75,0.25"
    assert explorer.z.tolist() == [2.5, 2.5]


def test_reset_and_random(vae):
    explorer = widgets.latent_explorer(vae)
    state = torch.get_rng_state()
    seen = set()
    for _ in range(5):
        explorer.random_button.click()
        seen.add(tuple(explorer.z.tolist()))
        np.testing.assert_array_equal(shown(explorer), expected(vae, explorer.z.tolist()))
    assert len(seen) == 5 and torch.equal(torch.get_rng_state(), state)
    explorer.reset_button.click()
    assert explorer.z.tolist() == [0, 0] == [slider.value for slider in explorer.sliders]
    np.testing.assert_array_equal(shown(explorer), expected(vae, [0.0, 0.0]))


def test_random_is_a_sample_of_the_prior():
    explorer = widgets.latent_explorer(models.VAE(latent_dim=16))
    drawn = []
    for _ in range(50):
        explorer.random_button.click()
        drawn.append(explorer.z.clone())
    z = torch.stack(drawn)
    assert abs(z.mean()) < 0.15 and abs(z.std() - 1) < 0.1


def test_one_event_draws_once(vae):
    explorer = widgets.latent_explorer(vae)
    drawn = []
    explorer.picture.observe(lambda change: drawn.append(1), names="value")
    explorer.map.field.value = "0.9,0.1"
    assert len(drawn) == 1


def test_the_slider_under_the_hand_is_sent_nothing(vae):
    """A value sent back while the student drags would pull the handle away."""
    explorer = widgets.latent_explorer(vae)
    sent = []
    explorer.sliders[0].send_state = lambda key=None: sent.append(key)
    for value in (0.35, -1.05, 2.95, 0.1 + 0.2):
        explorer.sliders[0].set_state({"value": value})  # as the page does
        assert explorer.sliders[0].value == value and explorer.z.tolist() == [value, 0]
    assert not [key for key in sent if key and "value" in key]


@pytest.mark.parametrize("latent_dim, menu", [(1, []), (2, []), (20, []), (21, [20]), (25, [20, 21, 22, 23, 24])])
def test_beyond_twenty_dimensions_there_is_a_menu(latent_dim, menu):
    explorer = widgets.latent_explorer(models.VAE(latent_dim=latent_dim))
    menus = [w for w in everything(explorer) if isinstance(w, ipywidgets.Dropdown)]
    assert [[index for _, index in found.options] for found in menus] == ([menu] if menu else [])
    assert len(explorer.sliders) == min(latent_dim, 20) and (explorer.map is not None) == (latent_dim == 2)


def test_many_dimensions_are_all_reachable():
    model = models.VAE(latent_dim=25)
    explorer = widgets.latent_explorer(model)
    explorer.which.value = 23
    explorer.other.value = 2.0
    explorer.which.value = 24
    assert explorer.other.value == 0
    z = [0.0] * 25
    z[23] = 2.0
    np.testing.assert_array_equal(shown(explorer), expected(model, z))


def test_handouts_class(handout_vae):
    model = handout_vae()
    explorer = widgets.latent_explorer(model)
    explorer.sliders[0].value = 1.0
    np.testing.assert_array_equal(shown(explorer), expected(model, [1.0, 0.0]))


@pytest.mark.parametrize("latent_dim", [2, 5])
@pytest.mark.parametrize("logits", [False, True])
def test_models_that_do_not_tell_their_dimensions(latent_dim, logits):
    """They are built, moved and, at rest, drawn as a grid or as samples."""
    model = Halves(latent_dim=latent_dim, tells=False, logits=logits, flat=True)
    with pytest.raises(ValueError, match="does not say how many latent dimensions"):
        widgets.latent_explorer(model, logits=logits)
    explorer = widgets.latent_explorer(model, latent_dim=latent_dim, logits=logits)
    explorer.sliders[0].value = 1.0
    with torch.no_grad():
        image = model.decode(torch.tensor([[1.0] + [0.0] * (latent_dim - 1)])).view(28, 28)
    image = torch.sigmoid(image) if logits else image
    np.testing.assert_array_equal(shown(explorer), (image * 255).round().byte().numpy())
    assert pixels(explorer.still()).size > 10_000
    assert "data:image/png" in explorer.at_rest()["text/html"]


@pytest.mark.parametrize(
    "size, picture, width",
    [
        ((1, 28, 28), (196, 196), 196),
        ((3, 32, 32), (192, 192, 3), 192),
        ((3, 64, 64), (192, 192, 3), 192),
        ((1, 20, 60), (60, 180), 180),
        ((1, 60, 20), (180, 60), 60),
        ((1, 384, 192), (384, 192), 192),
        ((1, 500, 784), (500, 784), 392),
    ],
    ids=str,
)
def test_pictures_keep_their_ratio(size, picture, width):
    """Each pixel is a whole number of the page's, and the width on the page is the picture's own, up to 392."""
    explorer = widgets.latent_explorer(Halves(size=size, flat=False))
    assert pixels(explorer.picture.value).shape == picture
    assert explorer.picture.layout.width == f"{width}px" and explorer.picture.layout.height is None
    assert explorer.picture.layout.max_width == "100%"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_double_and_half_precision(dtype):
    torch.manual_seed(0)
    model = Halves()
    exact = widgets.latent_explorer(model)
    exact.sliders[1].value = 0.75
    before = shown(exact).astype(int)
    other = widgets.latent_explorer(model.to(dtype))
    other.sliders[1].value = 0.75
    assert np.abs(shown(other) - before).max() <= (1 if dtype == torch.float64 else 5)


def test_model_and_randomness_are_left_alone(vae, small):
    vae.train()
    state = torch.get_rng_state()
    explorer = widgets.latent_explorer(vae, small)
    explorer.sliders[0].value = 0.3
    explorer.still()
    assert vae.training and torch.equal(torch.get_rng_state(), state)


def test_the_model_is_looked_at_in_eval_mode():
    model = Moody().train()
    explorer = widgets.latent_explorer(model)
    explorer.sliders[0].value = explorer.sliders[1].value = 1.0
    assert (pixels(explorer.picture.value) == 255).all() and model.training


def test_a_model_that_diverges_later_is_not_drawn(vae):
    model = Halves()
    explorer = widgets.latent_explorer(model)
    nn.init.constant_(model.back.weight, torch.nan)
    with pytest.raises(ValueError, match="NaN or infinity"):
        explorer.sliders[0].value = 1.0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: widgets.latent_explorer(nn.Linear(2, 2), latent_dim=2), r"Linear has no method decode\(z\)"),
        (lambda: widgets.latent_explorer(Halves(logits=True)), r"expected \[0, 1\]. .*logits=True"),
        (lambda: widgets.latent_explorer(made_of(torch.nan)), "NaN or infinity"),
        (lambda: widgets.latent_explorer(Halves(size=(2, 8, 8))), "got 2 channels"),
        (lambda: widgets.latent_explorer(Halves(size=(4, 8, 8))), "got 4 channels"),
        (lambda: widgets.latent_explorer(Halves(tells=False), latent_dim=3), r"latent_dim\): decode\(z\) fails for z of shape \(1, 3\)"),
        (lambda: widgets.latent_explorer(Halves(), latent_dim=0), r"latent_dim\): got 0"),
        (lambda: widgets.latent_explorer(Halves(), limit=0), r"limit\): got 0"),
        (lambda: widgets.latent_explorer(Halves(), limit=torch.inf), r"limit\): got inf"),
        (lambda: widgets.latent_explorer(Halves(), 7), r"latent_explorer\(dataset\): got int"),
    ],
)  # fmt: skip
def test_what_cannot_be_explored_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_labels_follow_the_language(vae, language):
    explorer = widgets.latent_explorer(vae)
    assert explorer.reset_button.description == {"vi": "Về gốc", "en": "Reset"}[language]
    assert explorer.random_button.description == {"vi": "Ngẫu nhiên", "en": "Random"}[language]
