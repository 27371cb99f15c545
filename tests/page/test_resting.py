"""What a widget displays: its live view, and after it what stands for it without a kernel."""

import re

import ipywidgets
import pytest

from vae_helpers.page import asset, resting
from vae_helpers.page.resting import VIEW, Resting, show_with_rest, still_picture


@pytest.fixture
def shown(monkeypatch):
    """The bundles that were displayed, in their order."""
    bundles = []
    monkeypatch.setattr(resting, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


class Slider(Resting, ipywidgets.VBox):
    def at_rest(self):
        return {"text/html": "<p>still</p>", "text/plain": "still"}


def test_view_comes_first_and_the_still_output_after_it(shown, language):
    """Nothing else fits: a still output before the view would flash up, and in the view's own bundle it is never chosen."""
    widget = Slider()
    widget._ipython_display_()
    view, rest = shown
    assert view == {VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}, "text/html": ""}
    assert set(rest) == {"text/html", "text/plain"} and rest["text/plain"] == "still"
    assert rest["text/html"].count("<p>still</p>") == 1 and resting.LINES[language] in rest["text/html"]
    assert set(widget._dom_classes) >= {"vae-live", f"vae-live-{language}"}


def test_language_of_the_line_can_be_the_widgets_own(shown):
    widget = Slider()
    widget.language = "vi"
    widget._ipython_display_()
    assert f'<p class="vae-rest-line">{resting.LINES["vi"]}</p>' in shown[1]["text/html"]


def test_any_widget_can_be_shown_so_and_twice(shown):
    slider = ipywidgets.IntSlider()
    for _ in range(2):
        show_with_rest(slider, still_picture(b"\x89PNG", 'a "map"'), "en")
    assert len(shown) == 4 and list(slider._dom_classes).count("vae-live") == 1
    assert '<img alt="a &quot;map&quot;" src="data:image/png;base64,iVBORw==">' in shown[1]["text/html"]
    assert shown[1]["text/plain"] == '[a "map"]'


def test_style_names_what_the_still_output_and_the_widget_carry(shown):
    Slider()._ipython_display_()
    page = shown[1]["text/html"]
    for name in ("vae-rest", "vae-rest-line", "vae-live"):
        assert f".{name}" in asset("resting.css")
    for code, line in resting.LINES.items():
        assert f'.vae-live-{code}.jupyter-widgets-disconnected::before {{ content: "{line}" }}' in page
    assert not re.search(
        r":has\([^()]*(?:\([^()]*\)[^()]*)*:has\(", asset("resting.css")
    )  # browsers refuse one in another
