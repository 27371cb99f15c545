"""The map: each code where it lies, in its class's colour, whatever the data set."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from torch.utils.data import DataLoader, Subset

from tests.plots.support import Codes, Halves
from tests.plots.test_latent import dataset_of, images_with_codes
from tests.widgets.support import cross_at, map_picture, path_of
from vae_helpers import data, plots, widgets
from vae_helpers.widgets.map import MAP_SIDE, LatentMap


class Explorable(Codes):
    """Codes are the images' first two pixels; every picture is black."""

    latent_dim = 2

    def decode(self, z):
        return torch.zeros(len(z), 1, 4, 4)


def coloured(picture, colour):
    """Places (x, y) of the pixels that are nearly of that colour, as shares of the map from its upper left corner."""
    distance = np.abs(picture[..., :3] / 255 - np.array(to_rgb(colour))).max(axis=2)
    rows, columns = np.nonzero(distance < 0.25)
    return columns / picture.shape[1], rows / picture.shape[0]


def test_codes_lie_where_a_click_there_would_choose_them():
    """A cloud of class 2 (red) at z = (2, -1) is drawn right of the middle and below it: not exchanged, not upside down."""
    codes = torch.tensor([2.0, -1.0]) + 0.05 * torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    explorer = widgets.latent_explorer(Explorable(), dataset_of(codes, torch.full((400,), 2)))
    x, y = coloured(map_picture(explorer), plots.TEN_COLOURS[2])
    assert len(x) > 20
    assert np.mean(x) == pytest.approx((2 / 3 + 1) / 2, abs=0.02) and np.mean(y) == pytest.approx(
        (1 / 3 + 1) / 2, abs=0.02
    )
    explorer.map.field.value = f"{np.mean(x):.4f},{np.mean(y):.4f}"
    assert explorer.z.tolist() == pytest.approx([2, -1], abs=0.1)


@pytest.mark.parametrize("limit", [3, 4])
def test_circles_of_radius_1_2_and_3(limit):
    picture = map_picture(widgets.latent_explorer(Explorable(), limit=limit))
    assert picture.shape[:2] == (MAP_SIDE, MAP_SIDE)
    dark = picture[..., :3].max(axis=2) < 200
    rows, columns = np.nonzero(dark)
    x, y = (2 * (columns + 0.5) / MAP_SIDE - 1) * limit, (1 - 2 * (rows + 0.5) / MAP_SIDE) * limit
    radii = np.hypot(x, y)
    for radius in (1, 2, 3):
        near = np.abs(radii - radius) < 0.05
        angles = np.arctan2(y[near], x[near])
        assert len(set(np.round(angles * 8 / np.pi).astype(int) % 16)) == 16, radius  # all the way round
    assert (np.abs(radii[:, None] - [1, 2, 3]).min(axis=1) < 0.06).all()  # and nothing else is drawn


def test_every_class_is_named_and_many_images_are_a_random_sample(monkeypatch):
    """A sorted data set of 20,000: all ten classes are on the map, of 3,000 images."""
    drawn = []
    draw = widgets.map.draw_classes
    monkeypatch.setattr(widgets.map, "draw_classes", lambda ax, points, classes, *a, **k: drawn.append((points, classes)) or draw(ax, points, classes, *a, **k))  # fmt: skip
    labels = torch.arange(10).repeat_interleave(2000)
    widgets.latent_explorer(Explorable(), (images_with_codes(torch.rand(20_000, 2))[..., :4, :4], labels))
    points, classes = drawn[0]
    assert points.shape == (3000, 2) and list(classes.names) == list(range(10))
    assert np.bincount(classes.places).min() > 200


@pytest.mark.parametrize("source", ["Subset", "loader", "bytes", "images alone", "gradients"])
def test_any_data_set_colours_the_map(source):
    torch.manual_seed(0)
    codes = (torch.tensor([0.8, 0.2]) + 0.02 * torch.randn(300, 2)).clamp(0, 1)
    ours = dataset_of(codes, torch.full((300,), 2))
    given = {
        "Subset": Subset(ours, range(300)),
        "loader": DataLoader(ours, batch_size=7),
        "bytes": data.ImageDataset((ours.images * 255).round().to(torch.uint8), ours.labels, "bytes"),
        "images alone": ours.images,
        "gradients": (ours.images.requires_grad_(), ours.labels),
    }[source]
    explorer = widgets.latent_explorer(Explorable(), given, limit=1)
    colour = "#0072b2" if source == "images alone" else plots.TEN_COLOURS[2]
    x, y = coloured(map_picture(explorer), colour)
    assert len(x) > 20
    assert np.median(x) == pytest.approx(0.9, abs=0.03) and np.median(y) == pytest.approx(0.4, abs=0.03)


def test_mark_and_path():
    place = LatentMap(Explorable(), None, 4, None)
    place.mark(torch.tensor([2.0, -1.0]), torch.tensor([[0.0, 4.0], [-4.0, 0.0]]))
    holder = type("Holder", (), {"map": place})
    assert cross_at(holder) == pytest.approx((0.75 * MAP_SIDE, 0.625 * MAP_SIDE), abs=0.1)
    np.testing.assert_allclose(path_of(holder), [[MAP_SIDE / 2, 0], [0, MAP_SIDE / 2]], atol=0.1)


def test_a_map_to_look_at_only_takes_no_clicks():
    layers = LatentMap(Explorable(), None, 3, None).box.children
    assert len(layers) == 2 and not any("vae-pad" in getattr(layer, "value", "") for layer in layers)
    assert len(LatentMap(Explorable(), None, 3, lambda place: None).box.children) == 4


def test_the_map_shrinks_with_a_narrow_page():
    place = LatentMap(Explorable(), None, 3, lambda z: None)
    assert place.box.layout.width == f"min(100%, {MAP_SIDE}px)"
    assert f'viewBox="0 0 {MAP_SIDE} {MAP_SIDE}"' in (place.mark(torch.zeros(2)) or place.cross.value)
    assert not any("px" in layer.value.split("base64")[0] for layer in place.box.children[:1])


def test_a_wrong_number_of_dimensions_is_named():
    model = Halves(latent_dim=5, tells=False)
    model.decode = lambda z: torch.zeros(len(z), 1, 4, 4)
    with pytest.raises(ValueError, match=r"latent_dim\): got 2, but the model's codes have 5 dimensions"):
        widgets.latent_explorer(model, torch.rand(4, 1, 28, 28), latent_dim=2)


def test_what_the_map_shows_is_told_in_words(vae, language):
    words = {"vi": "bản đồ không gian tiềm ẩn", "en": "map of the two-dimensional latent space"}[language]
    assert words in widgets.latent_explorer(vae).map.box.children[0].value
