"""Walks between images: the picture, the strip and the path are those of the way that was chosen."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.plots.support import Halves
from tests.widgets.support import expected, path_of, pixels, shown, strip_of
from vae_helpers import models, widgets
from vae_helpers.widgets.map import MAP_SIDE


def test_it_walks_straight_or_along_the_arc(vae, small):
    walk = widgets.interpolation_slider(vae, small.images[0], small.images[1])
    with torch.no_grad():
        z_a, z_b = vae.encode(small.images[:2])[0]
    for alpha, z in ((0, z_a), (100, z_b), (50, (z_a + z_b) / 2), (25, 0.75 * z_a + 0.25 * z_b)):
        walk.slider.value = alpha
        np.testing.assert_allclose(shown(walk), expected(vae, z.tolist()), atol=1)
    walk.slider.value = 50
    walk.way.value = "spherical"
    np.testing.assert_allclose(shown(walk), expected(vae, widgets.slerp(z_a, z_b, 0.5).tolist()), atol=1)


@pytest.mark.parametrize("steps", [2, 9])
def test_the_strip_shows_every_step(small, steps):
    model = models.load_pretrained("vae-2d")
    walk = widgets.interpolation_slider(model, small.images[0], small.images[4], steps=steps)
    with torch.no_grad():
        z_a, z_b = model.encode(small.images[[0, 4]])[0]
    for way, at in (("linear", torch.lerp), ("spherical", widgets.slerp)):
        walk.way.value = way
        assert pixels(walk.strip.value).shape == (56, steps * 56)
        for index, alpha in enumerate(torch.linspace(0, 1, steps).tolist()):
            np.testing.assert_allclose(strip_of(walk, index), expected(model, at(z_a, z_b, alpha).tolist()), atol=1)


def test_the_path_on_the_map_is_the_way(small):
    model = models.load_pretrained("vae-2d")
    walk = widgets.interpolation_slider(model, small.images[0], small.images[4])
    with torch.no_grad():
        z_a, z_b = model.encode(small.images[[0, 4]])[0]
    limit = walk.map.limit
    assert limit >= max(3, z_a.norm(), z_b.norm())
    for way, at in (("linear", torch.lerp), ("spherical", widgets.slerp)):
        walk.way.value = way
        points = path_of(walk)
        z = np.stack([(2 * points[:, 0] / MAP_SIDE - 1) * limit, (1 - 2 * points[:, 1] / MAP_SIDE) * limit], axis=1)
        exact = torch.stack([at(z_a, z_b, alpha) for alpha in torch.linspace(0, 1, 25).tolist()])
        np.testing.assert_allclose(z, exact, atol=0.002 * limit)


@pytest.mark.parametrize("scale", [0.1, 1, 20])
def test_the_map_holds_every_path(small, scale):
    """Codes far outside the prior, too: the arc between the two longest ones stays on the map."""
    torch.manual_seed(0)
    model = Halves()
    encode = model.encode
    model.encode = lambda x: scale * encode(x)[0]
    walk = widgets.interpolation_slider(model, small.images[:10], small.images[10:20])
    longest = max(codes.norm(dim=1).max() for codes in walk.codes.values())
    assert walk.map.limit == pytest.approx(max(3, 1.1 * longest.item()), rel=1e-4)
    walk.way.value = "spherical"
    for index in range(10):
        walk.menus["a"].value = index
        points = path_of(walk)
        assert points.min() >= 0 and points.max() <= MAP_SIDE


def test_it_chooses_among_images(vae, small):
    walk = widgets.interpolation_slider(vae, small.images[:4], small.images[4:9])
    with torch.no_grad():
        codes = vae.encode(small.images[:9])[0]
    walk.menus["a"].value, walk.menus["b"].value = 2, 3
    for alpha, z in ((0, codes[2]), (100, codes[7])):
        walk.slider.value = alpha
        np.testing.assert_allclose(shown(walk), expected(vae, z.tolist()), atol=1)
    np.testing.assert_allclose(strip_of(walk, -1, width=28)[:, -28:], expected(vae, codes[7].tolist()), atol=1)


@pytest.mark.parametrize("form", ["numpy", "bytes", "one without channels", "gradients"])
def test_images_in_every_form(vae, small, form):
    image = small.images[3]
    given = {
        "numpy": image.numpy(),
        "bytes": (image * 255).round().to(torch.uint8),
        "one without channels": image[0],
        "gradients": image.clone().requires_grad_(),
    }[form]
    walk = widgets.interpolation_slider(vae, given, small.images[1])
    with torch.no_grad():
        z = vae.encode(image[None])[0][0]
    torch.testing.assert_close(walk.at(0.0), z, atol=1e-2 if form == "bytes" else 1e-5, rtol=1e-4)


def test_slerp_keeps_the_length_and_ends_right():
    z_a, z_b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 0.5), torch.full((2,), 3 / 2**0.5))
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 0.0), z_a)
    torch.testing.assert_close(widgets.slerp(z_a, z_b, 1.0), z_b, atol=1e-6, rtol=0)
    torch.testing.assert_close(widgets.slerp(z_a, 2 * z_a, 0.5), 1.5 * z_a)
    torch.testing.assert_close(widgets.slerp(z_a, torch.zeros(2), 0.5), 0.5 * z_a)


@pytest.mark.parametrize(
    "wrong, message",
    [
        (None, r"interpolation_slider\(b\): got NoneType, expected images"),
        (torch.rand(0, 1, 28, 28), r"interpolation_slider\(b\): got shape \(0, 1, 28, 28\), so there are no images"),
        (torch.rand(28), r"interpolation_slider\(b\): got shape \(28,\)"),
        (torch.rand(28, 28, 3), r"interpolation_slider\(b\): .*colours last"),
        (torch.rand(2, 2, 28, 28), r"interpolation_slider\(b\): got 2 channels"),
    ],
)
def test_it_names_the_image_it_cannot_use(vae, small, wrong, message):
    with pytest.raises(ValueError, match=message):
        widgets.interpolation_slider(vae, small.images[0], wrong)


def test_it_names_what_else_it_cannot_use(vae, small):
    a, b = small.images[:2]
    with pytest.raises(ValueError, match=r"steps\): got 1"):
        widgets.interpolation_slider(vae, a, b, steps=1)
    with pytest.raises(ValueError, match="logits=True"):
        widgets.interpolation_slider(Halves(logits=True), a, b)
    with pytest.raises(ValueError, match=r"no method decode"):
        widgets.interpolation_slider(nn.Flatten(), a, b)
    spatial = Halves()
    spatial.encode = lambda x: torch.zeros(len(x), 4, 7, 7)
    with pytest.raises(ValueError, match=r"codes have shape \(1, 4, 7, 7\), expected \(N, latent_dim\)"):
        widgets.interpolation_slider(spatial, a, b)


def test_labels_follow_the_language(vae, small, language):
    walk = widgets.interpolation_slider(vae, small.images[0], small.images[1])
    words = {"vi": ("đường thẳng", "cung tròn"), "en": ("straight", "spherical")}[language]
    assert tuple(name for name, _ in walk.way.options) == words
