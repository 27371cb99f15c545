"""The box around each widget: it rests as a still picture, and tells a screen reader what it holds."""

import html

import ipywidgets

from .._language import tr
from ..page import asset, handler
from ..page.resting import Resting, still_picture

NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="  # a picture of one clear pixel
FLOWING = {"flex_flow": "row wrap", "grid_gap": "4px 8px", "overflow": "visible"}  # breaks on a narrow page


class StillBox(Resting, ipywidgets.VBox):
    """Rows of widgets. A subclass gives still() and still_alt."""

    still_alt = ""  # what the still picture shows, in words

    def __init__(self, rows: list[ipywidgets.Widget]):
        alt = html.escape(tr("ảnh do decoder vẽ", "picture drawn by the decoder"))
        names = ipywidgets.HTML(  # as soon as it is on the page its script names the sliders and pictures
            f"<style>{asset('widgets.css')}</style>"
            f'<img src="{NOTHING}" alt="" data-alt="{alt}" onload="{handler("names.js")}">',
            layout={"display": "none"},
        )
        super().__init__([*rows, names], layout={"overflow": "visible"})
        self.add_class("vae-box")

    def still(self) -> bytes:
        """The PNG that is seen where no kernel runs."""
        raise NotImplementedError

    def at_rest(self) -> dict[str, str]:
        return still_picture(self.still(), self.still_alt)


def wide_slider(kind: type, **options) -> ipywidgets.Widget:
    """A slider of that kind that is 420 pixels long, less on a narrow page."""
    return kind(layout={"width": "min(100%, 420px)"}, **options)
