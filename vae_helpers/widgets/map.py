"""The map of a two-dimensional latent space: a place to look at, and to choose z from with a click or a drag."""

import base64
import html

import ipywidgets
import torch
from torch import Tensor, nn

from .._figure import new_figure, png
from .._language import tr
from ..page import handler
from ..plots._data import sample
from ..plots._model import codes_of
from ..plots.distributions import draw_prior
from ..plots.latent import class_colours, draw_classes

MAP_SIDE = 300  # pixels of the map; less on a narrow page
SHOWN_IMAGES = 3000
LAYER = {"grid_area": "1 / 1 / 2 / 2", "margin": "0", "width": "100%", "overflow": "visible"}  # one upon another


class LatentMap:
    """The latent plane with the codes in class colours and the circles of N(0, I); a click or drag reports z.

    The page's own script writes the place, as shares of the map's width and height, into a hidden text field, whose
    change reaches the kernel like typing. on_place is called with {0: z₁, 1: z₂}; None makes a map to look at only.
    """

    def __init__(self, model: nn.Module, dataset, limit: float, on_place):
        self.limit, self.on_place = limit, on_place
        background = base64.b64encode(png(_background(model, dataset, limit))).decode()
        alt = html.escape(tr("bản đồ không gian tiềm ẩn hai chiều", "map of the two-dimensional latent space"))
        picture = f'<img class="vae-layer vae-frame" alt="{alt}" src="data:image/png;base64,{background}">'
        self.cross = ipywidgets.HTML(layout=LAYER)
        layers = [ipywidgets.HTML(picture, layout=LAYER), self.cross]
        if on_place is not None:
            self.field = ipywidgets.Text(layout={"display": "none"})
            self.field.add_class("vae-map-field")
            self.field.observe(self._placed, names="value")
            script = handler("map.js")
            pad = ipywidgets.HTML(  # on top, and never drawn anew: a finger keeps its hold on it
                f'<div class="vae-layer vae-pad" onpointerdown="{script}" onpointermove="{script}"></div>',
                layout=LAYER,
            )
            layers += [pad, self.field]
        size = {"width": f"min(100%, {MAP_SIDE}px)", "grid_template_columns": "100%", "overflow": "visible"}
        self.box = ipywidgets.GridBox(layers, layout=size)
        self.box.add_class("vae-map")

    def mark(self, z: Tensor, path: Tensor | None = None) -> None:
        """Draw the cross at z (2,), and the path (N, 2) if there is one."""
        x, y = self._pixels(z[None])[0].tolist()
        line = ""
        if path is not None:
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in self._pixels(path).tolist())
            line = f'<polyline points="{points}" fill="none" stroke="black" stroke-width="2"/>'
        self.cross.value = (
            f'<svg class="vae-layer" viewBox="0 0 {MAP_SIDE} {MAP_SIDE}" aria-hidden="true">'
            f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="white" stroke-width="5"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="black" stroke-width="2.5"/></svg>'
        )

    def _pixels(self, z: Tensor) -> Tensor:
        """z (N, 2) → places on a map of MAP_SIDE pixels, from its upper left corner."""
        return (z.double() * torch.tensor([1.0, -1.0], dtype=torch.float64) / self.limit + 1) / 2 * MAP_SIDE

    def _placed(self, change) -> None:
        try:
            x, y = (float(part) for part in change["new"].split(","))
        except ValueError:
            return
        self.on_place({0: (2 * x - 1) * self.limit, 1: (1 - 2 * y) * self.limit})


def _background(model: nn.Module, dataset, limit: float):
    """The figure beneath: the codes of the data set, or of at most SHOWN_IMAGES drawn from it, and the prior's circles."""
    figure = new_figure((MAP_SIDE / 90, MAP_SIDE / 90))
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    if dataset is not None:
        drawn = sample(dataset, SHOWN_IMAGES, "latent_explorer(dataset)")
        codes = codes_of(model, drawn.images).flatten(1).numpy()
        if codes.shape[1] != 2:
            raise ValueError(
                f"latent_explorer(latent_dim): got 2, but the model's codes have {codes.shape[1]} dimensions."
            )
        draw_classes(ax, codes, drawn.classes, class_colours(drawn.classes), size=2, font=9, distance=0.09 * 2 * limit)
    draw_prior(ax)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
    ax.set_axis_off()
    return figure
