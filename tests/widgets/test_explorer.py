"""The widgets: what they show is what the model gives for that z, whatever the model's class."""

import base64
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from vae_helpers import models, widgets


def pixels(png):
    return np.asarray(Image.open(BytesIO(bytes(png))))


def shown(explorer):
    """The picture at its own size: one of every 7 pixels."""
    enlarged = pixels(explorer.picture.value)
    assert enlarged.shape == (196, 196)
    return enlarged[::7, ::7]


def expected(model, z):
    with torch.no_grad():
        image = model.decode(torch.tensor([z]))[0, 0]
    return (image * 255).round().byte().numpy()


# -------------------------------------------------------------------------------------------------- slider


def figure_of_width(inches):
    return Figure(figsize=(inches, 1), dpi=80)


def test_slider_shows_the_chosen_figure():
    slider, picture, *_ = widgets.figure_slider([1, 2, 3], figure_of_width, "B").children
    assert pixels(picture.value).shape[1] == 80
    slider.value = 3
    assert pixels(picture.value).shape[1] == 240
    slider.value = 2
    assert pixels(picture.value).shape[1] == 160
    assert slider.description == "B"


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="values"):
        widgets.figure_slider([], figure_of_width, "B")


# ------------------------------------------------------------------------------------------------ explorer


def test_explorer_shows_what_the_model_gives(vae, small):
    explorer = widgets.latent_explorer(vae, small)
    assert isinstance(explorer, ipywidgets.Widget)
    np.testing.assert_array_equal(shown(explorer), expected(vae, [0.0, 0.0]))
    explorer.sliders[0].value = 1.5
    explorer.sliders[1].value = -0.7
    np.testing.assert_array_equal(shown(explorer), expected(vae, [1.5, -0.7]))
    assert "1.50, -0.70" in explorer.caption.value


def test_click_on_the_map_moves_sliders_and_picture(vae, small):
    explorer = widgets.latent_explorer(vae, small)
    explorer.map.field.value = "0.75,0.25"  # right of the middle, above it
    assert [slider.value for slider in explorer.sliders] == [1.5, 1.5]
    np.testing.assert_array_equal(shown(explorer), expected(vae, [1.5, 1.5]))
    assert f'cx="{0.75 * widgets.MAP_SIDE:.1f}" cy="{0.25 * widgets.MAP_SIDE:.1f}"' in explorer.map.cross.value
    for nonsense in ("", "x,y", "1"):
        explorer.map.field.value = nonsense
    assert [slider.value for slider in explorer.sliders] == [1.5, 1.5]


def test_a_place_off_the_map_is_drawn_to_its_edge(vae):
    explorer = widgets.latent_explorer(vae)
    explorer.map.field.value = "1.3,-0.2"
    assert [slider.value for slider in explorer.sliders] == [3, 3]


def test_reset_and_random(vae):
    explorer = widgets.latent_explorer(vae)
    explorer.random_button.click()
    z = explorer.z.tolist()
    assert z != [0, 0]
    np.testing.assert_array_equal(shown(explorer), expected(vae, z))
    explorer.reset_button.click()
    assert explorer.z.tolist() == [0, 0] == [slider.value for slider in explorer.sliders]
    np.testing.assert_array_equal(shown(explorer), expected(vae, [0.0, 0.0]))


def test_one_event_draws_once(vae):
    explorer = widgets.latent_explorer(vae)
    drawn = []
    explorer.picture.observe(lambda change: drawn.append(1), names="value")
    explorer.map.field.value = "0.9,0.1"
    assert len(drawn) == 1


def test_many_dimensions_are_all_reachable():
    model = models.VAE(latent_dim=25)
    explorer = widgets.latent_explorer(model)
    assert len(explorer.sliders) == 20 and explorer.map is None
    assert [index for _, index in explorer.which.options] == [20, 21, 22, 23, 24]
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


class Flat(nn.Module):
    """A decoder with 784 outputs and, if asked, no sigmoid."""

    def __init__(self, logits):
        super().__init__()
        self.layer, self.logits = nn.Linear(2, 784), logits

    def decode(self, z):
        return 8 * self.layer(z) if self.logits else torch.sigmoid(self.layer(z))


def test_flat_decoder_is_recognised():
    model = Flat(logits=False)
    explorer = widgets.latent_explorer(model, latent_dim=2)
    with torch.no_grad():
        image = model.decode(torch.zeros(1, 2)).view(28, 28)
    np.testing.assert_array_equal(shown(explorer), (image * 255).round().byte().numpy())


def test_logits_are_asked_for_never_drawn_in_silence():
    model = Flat(logits=True)
    with pytest.raises(ValueError, match="logits=True"):
        widgets.latent_explorer(model, latent_dim=2)
    explorer = widgets.latent_explorer(model, latent_dim=2, logits=True)
    with torch.no_grad():
        image = torch.sigmoid(model.decode(torch.zeros(1, 2))).view(28, 28)
    np.testing.assert_array_equal(shown(explorer), (image * 255).round().byte().numpy())


def test_what_cannot_be_explored_is_named():
    with pytest.raises(ValueError, match="no method decode"):
        widgets.latent_explorer(nn.Linear(2, 2), latent_dim=2)
    with pytest.raises(ValueError, match="does not say how many latent dimensions"):
        widgets.latent_explorer(Flat(logits=False))


def test_model_and_randomness_are_left_alone(vae, small):
    vae.train()
    state = torch.get_rng_state()
    explorer = widgets.latent_explorer(vae, small)
    explorer.sliders[0].value = 0.3
    assert vae.training and torch.equal(torch.get_rng_state(), state)


# ------------------------------------------------------------------------------- interpolation and arithmetic


def test_interpolation_walks_straight_or_along_the_arc(vae, small):
    walk = widgets.interpolation_slider(vae, small.images[0], small.images[1])
    with torch.no_grad():
        z_a, z_b = vae.encode(small.images[:2])[0]
    for alpha, z in ((0, z_a), (100, z_b), (50, (z_a + z_b) / 2)):
        walk.slider.value = alpha
        np.testing.assert_allclose(shown(walk), expected(vae, z.tolist()), atol=1)
    walk.way.value = "spherical"
    np.testing.assert_allclose(shown(walk), expected(vae, widgets.slerp(z_a, z_b, 0.5).tolist()), atol=1)
    assert pixels(walk.strip.value).shape == (56, 9 * 56)
    assert "polyline" in walk.map.cross.value


def test_slerp_keeps_the_length_and_ends_right():
    z_a, z_b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 0.5), torch.full((2,), 3 / 2**0.5))
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 0.0), z_a)
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 1.0), z_b, atol=1e-6, rtol=0)
    torch.testing.assert_close(widgets.slerp(z_a, 2 * z_a, 0.5), 1.5 * z_a)
    torch.testing.assert_close(widgets.slerp(z_a, torch.zeros(2), 0.5), 0.5 * z_a)


def test_arithmetic_decodes_a_minus_b_plus_c(vae, small):
    sums = widgets.latent_arithmetic(vae, small)
    for menu, digit in zip(sums.menus, (3, 5, 8), strict=True):
        menu.value = digit
    with torch.no_grad():
        codes = vae.encode(small.images)[0]
    a, b, c = (codes[small.labels == digit].mean(dim=0) for digit in (3, 5, 8))
    last = pixels(sums.strip.value)[::2, -56::2]
    np.testing.assert_allclose(last, expected(vae, (a - b + c).tolist()), atol=1)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_a_page_without_kernel_shows_a_still_picture(latent_dim, small, monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: shown.append(bundle))
    model = models.VAE(latent_dim=latent_dim)
    for widget in (
        widgets.latent_explorer(model),
        widgets.interpolation_slider(model, small.images[0], small.images[1]),
        widgets.latent_arithmetic(model, small),
        widgets.figure_slider([9, 1], figure_of_width, "B"),
    ):
        if hasattr(widget, "_repr_mimebundle_"):  # ipywidgets 8
            bundle = widget._repr_mimebundle_()
        else:
            widget._ipython_display_()
            bundle = shown.pop()
        assert pixels(base64.b64decode(bundle["image/png"])).size > 1000
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


def test_interpolation_chooses_among_images(vae, small):
    walk = widgets.interpolation_slider(vae, small.images[:4], small.images[4:9])
    with torch.no_grad():
        codes = vae.encode(small.images[:9])[0]
    walk.menus["a"].value, walk.menus["b"].value = 2, 3
    for alpha, z in ((0, codes[2]), (100, codes[7])):
        walk.slider.value = alpha
        np.testing.assert_allclose(shown(walk), expected(vae, z.tolist()), atol=1)
    np.testing.assert_allclose(pixels(walk.strip.value)[::2, -56::2], expected(vae, codes[7].tolist()), atol=1)


@pytest.mark.parametrize("wrong", [None, torch.rand(28, 28), torch.rand(0, 1, 28, 28)])
def test_interpolation_names_the_image_it_cannot_use(vae, small, wrong):
    with pytest.raises(ValueError, match=r"interpolation_slider\(b\): got .*expected an image \(C, H, W\)"):
        widgets.interpolation_slider(vae, small.images[0], wrong)


def test_the_slider_under_the_hand_is_left_alone(vae):
    """A rounded value sent back while the student drags would pull the handle away."""
    explorer = widgets.latent_explorer(vae)
    explorer.sliders[0].set_state({"value": 0.35})  # as the page does
    assert explorer.sliders[0].value == 0.35 and explorer.z.tolist() == [0.35, 0]


def test_labels_follow_the_language(vae, language):
    explorer = widgets.latent_explorer(vae)
    assert explorer.reset_button.description == {"vi": "Về gốc", "en": "Reset"}[language]
