"""Sliders for z and the picture that the decoder draws there."""

import hashlib
import weakref

import ipywidgets
import numpy as np
import torch
from torch import nn

from .._figure import png
from .._inference import latent_dim_of
from .._language import language, tr
from ..page import live
from ..plots import plot_manifold, plot_samples
from .box import FLOWING, StillBox, wide_slider
from .decoder import Decoder
from .map import LatentMap

__all__ = ["latent_explorer"]

SHOWN_SLIDERS = 20
_pages = (
    weakref.WeakKeyDictionary()
)  # model → its state, the dataset, the language; its page, which takes a second to make


def latent_explorer(
    model: nn.Module, dataset=None, *, latent_dim: int | None = None, limit: float = 3, logits: bool = False
) -> ipywidgets.Widget:
    """Sliders for z and the digit that the model decodes there; for 2-D models also a map to click and drag on.

    dataset: images and labels whose codes colour the map: an ImageDataset, or any Dataset of (image, label); of more than
    3,000 a random sample. latent_dim: for models that do not tell. limit: the sliders run from −limit to limit, in
    standard deviations of the prior N(0, I). logits: the decoder has no sigmoid of its own. Of many dimensions the first
    20 have sliders of their own, the rest share one with a menu. Returns the widget; make it the last line of a cell.
    Raises ValueError for a model without decode, or whose pictures are not images in [0, 1], and for a limit that is not
    positive.

    Lesson 07: Holding $z$ in your hand
    """
    decoder = Decoder(model, logits)
    if not 0 < limit < float("inf"):
        raise ValueError(f"latent_explorer(limit): got {limit!r}, expected a positive number.")
    told = latent_dim is not None
    latent_dim = latent_dim if told else latent_dim_of(model)
    if latent_dim < 1:
        raise ValueError(f"latent_explorer(latent_dim): got {latent_dim}, expected at least 1.")
    try:
        decoder.images(torch.zeros(1, latent_dim))
    except RuntimeError as problem:
        if not told:
            raise
        raise ValueError(
            f"latent_explorer(latent_dim): decode(z) fails for z of shape (1, {latent_dim}): {problem}"
        ) from problem
    return LatentExplorer(decoder, dataset, latent_dim, float(limit))


class LatentExplorer(StillBox):
    """z, its sliders, its picture and, in two dimensions, its map: whichever is moved, all follow and one picture is drawn."""

    def __init__(self, decoder: Decoder, dataset, latent_dim: int, limit: float):
        self.decoder, self.dataset, self.latent_dim, self.limit = decoder, dataset, latent_dim, limit
        self.z = torch.zeros(latent_dim, dtype=torch.float64)  # as precise as the sliders: no rounding travels back
        self._silent = False
        rows = self._make_sliders()
        self.reset_button = ipywidgets.Button(description=tr("Về gốc", "Reset"), icon="undo")
        self.random_button = ipywidgets.Button(description=tr("Ngẫu nhiên", "Random"), icon="random")
        self.reset_button.on_click(lambda _: self._set(dict(enumerate([0.0] * latent_dim))))
        self._random = np.random.default_rng()  # its own: the lesson's random state is not the button's business
        self.random_button.on_click(lambda _: self._set(dict(enumerate(self._random.standard_normal(latent_dim)))))
        self.picture = decoder.frame(self.z)
        self.caption = ipywidgets.HTML()
        right = ipywidgets.VBox([self.picture, self.caption], layout={"overflow": "visible", "max_width": "100%"})
        self.map = LatentMap(decoder.model, dataset, limit, self._set) if latent_dim == 2 else None
        pictures = ipywidgets.HBox([self.map.box, right] if self.map else [right], layout=FLOWING)
        buttons = ipywidgets.HBox([self.reset_button, self.random_button], layout=FLOWING)
        super().__init__([pictures, *rows, buttons])
        self._render()

    def _make_sliders(self) -> list[ipywidgets.Widget]:
        """A slider for each of the first dimensions, and one with a menu for the rest."""
        shown = min(self.latent_dim, SHOWN_SLIDERS)
        self.sliders = [self._slider(_name(j)) for j in range(shown)]
        for j, slider in enumerate(self.sliders):
            slider.observe(lambda change, j=j: self._set({j: change["new"]}), names="value")
        if self.latent_dim == shown:
            return self.sliders
        self.which = ipywidgets.Dropdown(
            options=[(_name(j), j) for j in range(shown, self.latent_dim)], layout={"width": "90px"}
        )
        self.other = self._slider("")
        self.which.observe(lambda change: self._refresh_sliders(), names="value")
        self.other.observe(lambda change: self._set({self.which.value: change["new"]}), names="value")
        return [*self.sliders, ipywidgets.HBox([self.which, self.other], layout={"overflow": "visible"})]

    def _slider(self, name: str) -> ipywidgets.FloatSlider:
        slider = wide_slider(
            ipywidgets.FloatSlider, value=0, min=-self.limit, max=self.limit, step=0.05, description=name,
            readout_format=".2f",
        )  # fmt: skip
        slider.style.description_width = "40px"
        return slider

    def _set(self, entries: dict[int, float]) -> None:
        """Put some entries of z, within the limits, move the sliders there, and draw once."""
        if self._silent:
            return
        for j, value in entries.items():
            self.z[j] = min(max(value, -self.limit), self.limit)
        self._refresh_sliders()
        self._render()

    def _refresh_sliders(self) -> None:
        """Move the sliders to z. The one under the student's hand is there already: it is sent nothing."""
        self._silent = True
        for slider, value in zip(self.sliders, self.z.tolist(), strict=False):
            slider.value = value
        if self.latent_dim > len(self.sliders):
            self.other.value = float(self.z[self.which.value])
        self._silent = False

    def _render(self) -> None:
        self.picture.value = self.decoder.picture(self.z)
        numbers = ", ".join(f"{value:.2f}" for value in self.z[:6].tolist()) + (", …" if self.latent_dim > 6 else "")
        self.caption.value = f'<span role="status">z = ({numbers})</span>'
        if self.map:
            self.map.mark(self.z)

    def at_rest(self) -> dict[str, str]:
        """The model alive in the page, where the page can run it; a still picture of any other."""
        if hasattr(self.decoder.model, "encode") and not self.decoder.logits:
            try:
                bundle = _page_of(self.decoder.model, self.dataset)
            except (ValueError, RuntimeError):  # an operation that it does not know, images of another size, …
                return super().at_rest()
            self.alive = True
            return {kind: bundle[kind] for kind in ("text/html", "text/plain")}
        return super().at_rest()

    @property
    def still_alt(self) -> str:
        if self.latent_dim == 2:
            return tr(
                "lưới 12 × 12 ảnh do decoder vẽ trên bản đồ của z",
                "grid of 12 × 12 pictures that the decoder draws on the map of z",
            )
        return tr("hai mươi ảnh sinh ra từ z ~ N(0, I)", "twenty images made from z ~ N(0, I)")

    def still(self) -> bytes:
        """The decoder on a grid (2-D), or samples."""
        model, keywords = self.decoder.model, {"latent_dim": self.latent_dim, "logits": self.decoder.logits}
        if self.latent_dim == 2:
            return png(plot_manifold(model, n=12, limits=(-self.limit, self.limit), **keywords))
        return png(plot_samples(model, n=20, seed=0, **keywords))


def _page_of(model: nn.Module, dataset) -> dict[str, str]:
    """The living page of a model, made anew only when its weights, the dataset or the language are others."""
    state = hashlib.blake2b()
    for key, value in model.state_dict().items():
        state.update(key.encode())
        state.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    asked = (state.hexdigest(), language())
    kept, of, page = _pages.get(model, (None, None, None))
    if kept != asked or (of() if of else None) is not dataset:
        page = live(model, dataset)._repr_mimebundle_()
        weak = hasattr(dataset, "__weakref__")  # a list has none: then it is made each time
        _pages[model] = asked, weakref.ref(dataset) if weak else None, page
    return page


def _name(j: int) -> str:
    return "z" + str(j + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
