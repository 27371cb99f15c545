"""What every widget does: it rests as a still picture, has no scroll bar of its own, and names what it holds."""

import base64
import re

import ipywidgets
import pytest
import torch

from tests.plots.support import Halves
from tests.widgets.support import everything, pixels
from tests.widgets.test_slider import figure_of_width
from vae_helpers import models, page, plots, widgets
from vae_helpers.data import ImageDataset
from vae_helpers.page import asset, handler, resting
from vae_helpers.widgets import explorer

VIEW = "application/vnd.jupyter.widget-view+json"


def each(latent_dim, small):
    model = models.VAE(latent_dim=latent_dim)
    return {
        "explorer": widgets.latent_explorer(model),
        "interpolation": widgets.interpolation_slider(model, small.images[0], small.images[1]),
        "arithmetic": widgets.latent_arithmetic(model, small),
        "slider": widgets.figure_slider([9, 1], figure_of_width, "B"),
    }


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_the_output_is_a_live_view_and_a_still_picture(latent_dim, small, monkeypatch, language):
    shown = []
    monkeypatch.setattr(resting, "display", lambda bundle, raw: shown.append(bundle))
    for widget in each(latent_dim, small).values():
        shown.clear()
        widget._ipython_display_()
        live, still = shown
        assert live[VIEW]["model_id"] == widget.model_id and VIEW not in still
        assert pixels(base64.b64decode(re.search(r"base64,([^\"]+)", still["text/html"]).group(1))).size > 1000
        alt = re.search(r'alt="([^"]+)"', still["text/html"]).group(1)
        assert len(alt) > 8 and (widget.alive or alt in still["text/plain"])
        assert ("<iframe" in still["text/html"]) == widget.alive == hasattr(widget, "z")  # of an explorer: its page
        line = {"vi": "Hãy chạy ô này", "en": "Run this cell"}[language]
        assert (line in still["text/html"].partition("</style>")[2]) != widget.alive
        assert (re.search("[àáảạãăâđêôơưìứớ]", alt) is not None) == (language == "vi")


def test_an_explorers_page_is_made_anew_only_when_something_has_changed(small, monkeypatch):
    made = []
    monkeypatch.setattr(explorer, "live", lambda *given: made.append(given) or page.live(*given))
    model = models.VAE()

    def rest(dataset):
        return widgets.latent_explorer(model, dataset).at_rest()["text/html"]

    first = rest(small)
    assert rest(small) == first and len(made) == 1
    model.fc_decode.bias.data.add_(1)  # an optimizer's step, or by hand: either way the weights are others
    assert rest(small) != first and len(made) == 2
    monkeypatch.setattr(explorer, "language", lambda: "another")
    assert "<iframe" in rest(small) and len(made) == 3
    rest(ImageDataset(small.images[:50], small.labels[:50], "fewer"))
    assert len(made) == 4


@pytest.mark.parametrize("logits", [False, True])
def test_the_explorers_still_picture_is_the_grid_or_the_samples(logits):
    for latent_dim in (2, 5):
        model = Halves(latent_dim=latent_dim, logits=logits)
        explorer = widgets.latent_explorer(model, limit=2, logits=logits)
        if latent_dim == 2:
            expected = plots.plot_manifold(model, n=12, limits=(-2, 2), logits=logits)
        else:
            expected = plots.plot_samples(model, n=20, seed=0, logits=logits)
        assert explorer.still() == expected._repr_png_()


def test_no_box_has_a_scroll_bar_of_its_own(small):
    for widget in each(2, small).values():
        boxes = [w for w in everything(widget) if isinstance(w, ipywidgets.Box)]
        assert boxes and all(box.layout.overflow == "visible" for box in boxes)


def test_the_script_that_names_things_takes_no_room(small):
    for widget in each(2, small).values():
        names = widget.children[-1]
        assert "onload=" in names.value and names.layout.display == "none"


def test_scripts_are_whole_when_they_are_one_line():
    """In an attribute a comment would swallow the rest; quotes and ampersands are escaped."""
    for name in ("map.js", "names.js"):
        assert "//" in asset(name) and "//" not in handler(name)
        assert not set('"<>') & set(handler(name))


def test_widgets_do_not_touch_the_random_state(small):
    model = models.load_pretrained("vae-2d")
    state = torch.get_rng_state()
    for widget in (widgets.latent_explorer(model, small), widgets.latent_arithmetic(model, small)):
        widget.at_rest()
    assert torch.equal(torch.get_rng_state(), state)
