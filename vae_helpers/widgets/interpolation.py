"""Walks from one image to another."""

import ipywidgets
import torch
from torch import Tensor, nn

from .._language import tr
from ..plots._model import codes_of
from ..plots._pictures import as_images
from .box import FLOWING, StillBox, wide_slider
from .decoder import Decoder, strip_frame
from .map import LatentMap

__all__ = ["interpolation_slider", "slerp"]


def interpolation_slider(model: nn.Module, a, b, *, logits: bool = False, steps: int = 9) -> ipywidgets.Widget:
    """Walk from image a to image b: a slider for α, straight or spherical, with a play button.

    a, b: one image (C, H, W), or several (N, C, H, W) with a menu of their indices to choose from. Below stands the strip
    of all steps, and for 2-D models the path on a map. logits: the decoder has no sigmoid of its own.
    Returns the widget; make it the last line of a cell.
    Raises ValueError for what is no image, a model that gives no codes (N, d), and fewer than two steps.

    Lesson 07: Walking from one image to another
    """
    decoder = Decoder(model, logits)
    if steps < 2:
        raise ValueError(f"interpolation_slider(steps): got {steps}, expected at least 2.")
    codes = {}
    for name, images in (("a", a), ("b", b)):
        codes[name] = codes_of(model, as_images(images, f"interpolation_slider({name})"))
        if codes[name].ndim != 2:
            shape = tuple(codes[name].shape)
            raise ValueError(f"interpolation_slider(model): its codes have shape {shape}, expected (N, latent_dim).")
    return Interpolation(decoder, codes, steps)


def slerp(z_a: Tensor, z_b: Tensor, alpha: float) -> Tensor:
    """Spherical interpolation: the point the share alpha along the arc from z_a to z_b (K. Shoemake, 1985).

    Keeps to the lengths that codes of a Gaussian prior have, where a straight walk passes nearer to the origin.
    z_a, z_b: (d,). Falls back to the straight walk where no arc is defined (parallel vectors, or one of length 0).

    Lesson 07: Walking from one image to another
    """
    lengths = z_a.norm() * z_b.norm()
    angle = torch.acos((torch.dot(z_a, z_b) / lengths.clamp_min(1e-12)).clamp(-1, 1))
    if lengths == 0 or angle.sin().abs() < 1e-4:
        return torch.lerp(z_a, z_b, alpha)
    return (torch.sin((1 - alpha) * angle) * z_a + torch.sin(alpha * angle) * z_b) / torch.sin(angle)


class Interpolation(StillBox):
    """The walk between the chosen codes of a and of b. codes: {"a": (N, latent_dim), "b": (M, latent_dim)}."""

    def __init__(self, decoder: Decoder, codes: dict[str, Tensor], steps: int):
        self.decoder, self.codes, self.steps = decoder, codes, steps
        self.menus = {
            name: ipywidgets.Dropdown(
                options=list(range(len(of))), description=name,
                layout={"width": "120px"}, style={"description_width": "20px"},
            )
            for name, of in codes.items()
        }  # fmt: skip
        self.slider = wide_slider(ipywidgets.IntSlider, value=0, min=0, max=100, description="α (%)")
        self.way = ipywidgets.ToggleButtons(
            options=[(tr("đường thẳng", "straight"), "linear"), (tr("cung tròn", "spherical"), "spherical")]
        )
        self.play = ipywidgets.Play(min=0, max=100, step=2, interval=100)
        ipywidgets.jslink((self.play, "value"), (self.slider, "value"))
        every = torch.cat(list(codes.values()))
        self.picture, self.strip = decoder.frame(every[0]), strip_frame()
        limit = max(3.0, 1.1 * float(every.norm(dim=1).max()))  # the arcs lie within the longest code's circle
        self.map = LatentMap(decoder.model, None, limit, None) if every.shape[1] == 2 else None
        self.slider.observe(lambda change: self._render(), names="value")
        choosers = [menu for menu in self.menus.values() if len(menu.options) > 1]
        for chooser in [*choosers, self.way]:
            chooser.observe(lambda change: self._render_strip(), names="value")
        pictures = [self.map.box, self.picture] if self.map else [self.picture]
        rows = [choosers, pictures, [self.strip], [self.play, self.slider], [self.way]]
        super().__init__([ipywidgets.HBox(row, layout=FLOWING) for row in rows if row])
        self._render_strip()

    def at(self, alpha: float) -> Tensor:
        """The code the share alpha along the way."""
        z_a, z_b = (self.codes[name][menu.value] for name, menu in self.menus.items())
        walk = slerp if self.way.value == "spherical" else torch.lerp
        return walk(z_a, z_b, alpha)

    def _path(self, n: int) -> Tensor:
        return torch.stack([self.at(alpha) for alpha in torch.linspace(0, 1, n).tolist()])

    def _render_strip(self) -> None:
        self.strip.value = self.decoder.strip(self._path(self.steps))
        self._render()

    def _render(self) -> None:
        z = self.at(self.slider.value / 100)
        self.picture.value = self.decoder.picture(z)
        if self.map:
            self.map.mark(z, self._path(25))

    @property
    def still_alt(self) -> str:
        return tr(
            f"dải {self.steps} ảnh trên đường đi từ ảnh a đến ảnh b",
            f"strip of {self.steps} pictures on the way from image a to image b",
        )

    def still(self) -> bytes:
        return self.strip.value
