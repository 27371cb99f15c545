"""Figures that a student can move. Each function returns an ipywidgets.Widget; make it the last line of a cell.

Only widgets that ipywidgets 7.7 and 8 both have are used. Pictures travel as PNG bytes, one small picture a tick: no
figure is drawn anew. Without a kernel (a page on GitHub, an HTML export) a still picture stands in.
"""

import base64
import html
from collections.abc import Callable, Sequence
from io import BytesIO

import ipywidgets
import numpy as np
import torch
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from .._figure import new_figure, png
from .._inference import as_images, codes_of, device_of, latent_dim_of, looking_at, one_thread
from .._language import tr
from ..data import ImageDataset
from ..plots import TEN_COLOURS, plot_manifold, plot_samples

__all__ = ["figure_slider", "interpolation_slider", "latent_arithmetic", "latent_explorer", "slerp"]

PICTURE_SIDE = 196  # pixels of the decoded digit on the page: 7 for each of MNIST's
MAP_SIDE = 300  # pixels of the map
SHOWN_SLIDERS = 20


def figure_slider(values: Sequence, draw: Callable[..., Figure], label: str) -> ipywidgets.Widget:
    """A slider over values, and below it the figure draw(value) for the one that is chosen.

    All figures are drawn once, beforehand, so the picture follows the slider without delay. label names the slider.
    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("figure_slider(values): got no values, expected at least one to choose from.")
    pictures = {value: png(draw(value)) for value in values}
    slider = ipywidgets.SelectionSlider(options=list(values), description=label, layout={"width": "min(100%, 420px)"})
    slider.style.description_width = "initial"
    picture = ipywidgets.Image(value=pictures[values[0]], format="png", layout={"max_width": "100%"})
    slider.observe(lambda change: setattr(picture, "value", pictures[change["new"]]), names="value")
    return _FigureSlider(slider, picture)


def latent_explorer(
    model: nn.Module, dataset: ImageDataset | None = None, *, latent_dim: int | None = None, limit: float = 3,
    logits: bool = False,
) -> ipywidgets.Widget:  # fmt: skip
    """Sliders for z and the digit that the model decodes there; for 2-D models also a map to click and drag on.

    dataset: images and labels whose codes colour the map. latent_dim: for models that do not tell. limit: the sliders
    run from −limit to limit, in standard deviations of the prior N(0, I). logits: the decoder has no sigmoid of its own.
    Of many dimensions the first 20 have sliders of their own, the rest share one with a menu.
    Raises ValueError for a model without decode, or whose pictures are not images in [0, 1].
    """
    return _LatentExplorer(model, dataset, latent_dim or latent_dim_of(model), limit, logits)


def interpolation_slider(
    model: nn.Module, a: Tensor, b: Tensor, *, logits: bool = False, steps: int = 9
) -> ipywidgets.Widget:
    """Walk from image a to image b: a slider for α, straight or spherical, with a play button.

    a, b: one image (C, H, W), or several (N, C, H, W) with a menu of their indices to choose from. Below stands the strip of all
    steps, and for 2-D models the path on a map. logits: the decoder has no sigmoid of its own.
    Raises ValueError for images of another shape.
    """
    return _Interpolation(model, a, b, logits, steps)


def latent_arithmetic(model: nn.Module, dataset: ImageDataset, *, logits: bool = False) -> ipywidgets.Widget:
    """Arithmetic on the mean codes of the classes: choose three of them and see the digit at a − b + c.

    dataset: .images (N, C, H, W) and .labels (N,).
    """
    return _Arithmetic(model, dataset, logits)


def slerp(z_a: Tensor, z_b: Tensor, alpha: float) -> Tensor:
    """Spherical interpolation: the point the share alpha along the arc from z_a to z_b (K. Shoemake, 1985).

    Keeps to the lengths that codes of a Gaussian prior have, where a straight walk passes nearer to the origin.
    z_a, z_b: (d,). Falls back to the straight walk where no arc is defined (parallel vectors, or one of length 0).
    """
    lengths = z_a.norm() * z_b.norm()
    angle = torch.acos((torch.dot(z_a, z_b) / lengths.clamp_min(1e-12)).clamp(-1, 1))
    if lengths == 0 or angle.sin().abs() < 1e-4:
        return torch.lerp(z_a, z_b, alpha)
    return (torch.sin((1 - alpha) * angle) * z_a + torch.sin(alpha * angle) * z_b) / torch.sin(angle)


class _Decoder:
    """z → the PNG of its picture, with a decoder that may be flat or give logits, but never draws wrongly in silence."""

    def __init__(self, model: nn.Module, logits: bool):
        if not hasattr(model, "decode"):
            raise ValueError(f"{type(model).__name__} has no method decode(z), which this widget needs.")
        self.model, self.logits = model, logits

    def images(self, z: Tensor) -> np.ndarray:
        """(N, latent_dim) → (N, H, W) or (N, H, W, 3), bytes."""
        with looking_at(self.model), one_thread():
            images = self.model.decode(z.to(device_of(self.model), torch.float32)).float().cpu()
        if self.logits:
            images = torch.sigmoid(images)
        elif images.min() < -1e-3 or images.max() > 1 + 1e-3:
            raise ValueError(
                f"decode(z) gives values from {images.min():.3g} to {images.max():.3g}, expected [0, 1]. "
                "If the decoder has no sigmoid of its own, call with logits=True."
            )
        images = as_images(images)
        return (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).squeeze(-1).numpy()

    def png(self, z: Tensor) -> bytes:
        """The picture of one z (latent_dim,), or the strip of several (N, latent_dim), enlarged without blur."""
        pictures = self.images(z if z.ndim == 2 else z[None])
        strip = np.concatenate(list(pictures), axis=1)
        scale = max(1, PICTURE_SIDE // strip.shape[0]) if z.ndim == 1 else 2
        image = Image.fromarray(strip).resize(
            (strip.shape[1] * scale, strip.shape[0] * scale), Image.Resampling.NEAREST
        )
        file = BytesIO()
        image.save(file, format="PNG", compress_level=1)
        return file.getvalue()


# Runs on the page: gives the sliders' handles and the pictures the names that a screen reader says; ipywidgets gives none.
NAMES = html.escape(
    "setTimeout(()=>{const b=this.closest('.vae-box');"
    "b.querySelectorAll('.widget-slider').forEach(s=>{"
    "const h=s.querySelector('[role=slider],.ui-slider-handle'),l=s.querySelector('.widget-label');"
    "if(h&&l)h.setAttribute('aria-label',l.innerText)});"
    "b.querySelectorAll('img.widget-image').forEach(i=>i.alt=this.dataset.alt)},500)"
)
NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="  # a picture of one clear pixel


class _Still(ipywidgets.VBox):
    """A box of widgets with a still picture for pages that have no kernel, and with names for screen readers."""

    def __init__(self, rows: list[ipywidgets.Widget]):
        alt = tr("ảnh do decoder vẽ", "picture drawn by the decoder")
        names = ipywidgets.HTML(
            f'<img src="{NOTHING}" alt="" data-alt="{alt}" onload="{NAMES}">', layout={"height": "0"}
        )
        super().__init__([*rows, names])
        self.add_class("vae-box")

    def still(self) -> bytes:
        raise NotImplementedError

    if hasattr(ipywidgets.VBox, "_repr_mimebundle_"):  # ipywidgets 8

        def _repr_mimebundle_(self, **keywords):
            return {**super()._repr_mimebundle_(**keywords), "image/png": base64.b64encode(self.still()).decode()}

    else:  # ipywidgets 7, as on Colab

        def _ipython_display_(self, **keywords):
            display(
                {
                    "text/plain": repr(self),
                    "image/png": base64.b64encode(self.still()).decode(),
                    "application/vnd.jupyter.widget-view+json": {
                        "version_major": 2,
                        "version_minor": 0,
                        "model_id": self.model_id,
                    },
                },
                raw=True,
            )
            self._handle_displayed(**keywords)


class _FigureSlider(_Still):
    def __init__(self, slider: ipywidgets.Widget, picture: ipywidgets.Image):
        self.picture = picture
        super().__init__([slider, picture])

    def still(self) -> bytes:
        return self.picture.value


class _LatentExplorer(_Still):
    def __init__(self, model, dataset, latent_dim, limit, logits):
        self.model, self.latent_dim, self.limit, self.decoder = model, latent_dim, limit, _Decoder(model, logits)
        self.z = torch.zeros(latent_dim, dtype=torch.float64)  # as precise as the sliders: no rounding travels back
        self._silent = False
        shown = min(latent_dim, SHOWN_SLIDERS)
        self.sliders = [self._slider(f"z{_subscript(j + 1)}") for j in range(shown)]
        for j, slider in enumerate(self.sliders):
            slider.observe(lambda change, j=j: self._set({j: change["new"]}, hand_on=change["owner"]), names="value")
        rows = list(self.sliders)
        if latent_dim > shown:  # the other dimensions, one at a time
            self.which = ipywidgets.Dropdown(
                options=[(f"z{_subscript(j + 1)}", j) for j in range(shown, latent_dim)], layout={"width": "90px"}
            )
            self.other = self._slider("")
            self.which.observe(lambda change: self._refresh_sliders(), names="value")
            self.other.observe(
                lambda change: self._set({self.which.value: change["new"]}, hand_on=self.other), names="value"
            )
            rows.append(ipywidgets.HBox([self.which, self.other]))
        self.reset_button = ipywidgets.Button(description=tr("Về gốc", "Reset"), icon="undo")
        self.random_button = ipywidgets.Button(description=tr("Ngẫu nhiên", "Random"), icon="random")
        self.reset_button.on_click(lambda _: self._set(dict(enumerate([0.0] * latent_dim))))
        self.random_button.on_click(lambda _: self._set(dict(enumerate(torch.randn(latent_dim).tolist()))))
        self.picture = ipywidgets.Image(
            format="png", layout={"width": f"{PICTURE_SIDE}px", "height": f"{PICTURE_SIDE}px"}
        )
        self.caption = ipywidgets.HTML()
        right = ipywidgets.VBox([self.picture, self.caption])
        self.map = _Map(model, dataset, limit, self._set) if latent_dim == 2 else None
        pictures = [self.map.box, right] if self.map else [right]
        super().__init__(
            [
                ipywidgets.HBox(pictures, layout={"flex_flow": "row wrap"}),
                *rows,
                ipywidgets.HBox([self.reset_button, self.random_button]),
            ]
        )
        self._render()

    def _slider(self, name):
        slider = ipywidgets.FloatSlider(
            value=0, min=-self.limit, max=self.limit, step=0.05, description=name, readout_format=".2f",
            layout={"width": "min(100%, 420px)"},
        )  # fmt: skip
        slider.style.description_width = "40px"
        return slider

    def _set(self, entries: dict[int, float], hand_on: ipywidgets.FloatSlider | None = None) -> None:
        """Put some entries of z, move the other sliders there, and draw once."""
        if self._silent:
            return
        for j, value in entries.items():
            self.z[j] = min(max(value, -self.limit), self.limit)
        self._refresh_sliders(hand_on)
        self._render()

    def _refresh_sliders(self, hand_on: ipywidgets.FloatSlider | None = None) -> None:
        """Move the sliders to z, except the one under the student's hand: an answer would pull it back on its way."""
        self._silent = True
        for slider, value in zip(self.sliders, self.z.tolist(), strict=False):
            if slider is not hand_on:
                slider.value = value
        if self.latent_dim > len(self.sliders) and self.other is not hand_on:
            self.other.value = float(self.z[self.which.value])
        self._silent = False

    def _render(self) -> None:
        self.picture.value = self.decoder.png(self.z)
        numbers = ", ".join(f"{value:.2f}" for value in self.z[:6].tolist()) + (", …" if self.latent_dim > 6 else "")
        self.caption.value = f'<span role="status">z = ({numbers})</span>'
        if self.map:
            self.map.mark(self.z)

    def still(self) -> bytes:
        """Without a kernel: the decoder on a grid (2-D), or samples."""
        if self.decoder.logits:
            return self.picture.value
        if self.latent_dim == 2:
            return png(plot_manifold(self.model, n=12, limits=(-self.limit, self.limit)))
        return png(plot_samples(self.model, n=20, seed=0))


class _Map:
    """The latent plane with the codes in class colours and the circles of N(0, I); a click or drag reports z.

    The page's own script writes the place into a hidden text field, whose change reaches the kernel like typing.
    on_place is called with {0: z₁, 1: z₂}; None makes a map to look at only.
    """

    def __init__(self, model, dataset, limit, on_place):
        self.limit, self.on_place = limit, on_place
        background = base64.b64encode(self._background(model, dataset)).decode()
        alt = tr("bản đồ không gian tiềm ẩn hai chiều", "map of the two-dimensional latent space")
        side = f"width:{MAP_SIDE}px;height:{MAP_SIDE}px;box-sizing:border-box;border:1px solid grey"
        cell = {"grid_area": "1 / 1 / 2 / 2", "margin": "0"}
        picture = ipywidgets.HTML(
            f'<img alt="{alt}" src="data:image/png;base64,{background}" style="{side}">', layout=cell
        )
        self.cross = ipywidgets.HTML(layout=cell)
        pad = ipywidgets.HTML(  # on top, and never drawn anew: a finger keeps its hold on it
            f'<div class="vae-pad" style="{side};touch-action:none;cursor:crosshair" '
            f'onpointerdown="{SCRIPT}" onpointermove="if(event.buttons&amp;1){{{SCRIPT}}}"></div>',
            layout=cell,
        )
        self.field = ipywidgets.Text(layout={"display": "none"})
        self.field.add_class("vae-map-field")
        self.field.observe(self._placed, names="value")
        layers = [picture, self.cross] if on_place is None else [picture, self.cross, pad, self.field]
        self.box = ipywidgets.GridBox(layers, layout={"width": f"{MAP_SIDE + 8}px"})
        self.box.add_class("vae-map")

    def _background(self, model, dataset) -> bytes:
        figure = new_figure((MAP_SIDE / 90, MAP_SIDE / 90))
        figure.set_layout_engine("none")
        ax = figure.add_axes((0, 0, 1, 1))
        if dataset is not None:
            codes = codes_of(model, dataset.images[:3000]).numpy()
            labels = dataset.labels[:3000].numpy()
            for digit in np.unique(labels):
                own = codes[labels == digit]
                colour = TEN_COLOURS[int(digit) % 10]
                ax.scatter(own[:, 0], own[:, 1], s=2, color=colour, alpha=0.6, linewidths=0)
                x, y = np.median(own, axis=0)
                if max(abs(x), abs(y)) < self.limit:
                    ax.text(x, y, str(digit), fontsize=9, fontweight="bold", ha="center", va="center",
                            bbox={"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": colour, "alpha": 0.8})  # fmt: skip
        angle = np.linspace(0, 2 * np.pi, 200)
        for radius in (1, 2, 3):
            ax.plot(radius * np.cos(angle), radius * np.sin(angle), "k--", linewidth=0.7)
        ax.set(xlim=(-self.limit, self.limit), ylim=(-self.limit, self.limit))
        ax.set_axis_off()
        return png(figure)

    def mark(self, z: Tensor, path: Tensor | None = None) -> None:
        """Draw the cross at z (2,), and the path (N, 2) if there is one."""
        x, y = (float(v) for v in self._pixels(z[None])[0])
        line = ""
        if path is not None:
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in self._pixels(path))
            line = f'<polyline points="{points}" fill="none" stroke="black" stroke-width="2"/>'
        self.cross.value = (
            f'<svg width="{MAP_SIDE}" height="{MAP_SIDE}" style="display:block" aria-hidden="true">'
            f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="white" stroke-width="5"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="black" stroke-width="2.5"/></svg>'
        )

    def _pixels(self, z: Tensor) -> Tensor:
        z = z * torch.tensor([1.0, -1.0])
        return (z / self.limit + 1) / 2 * MAP_SIDE

    def _placed(self, change) -> None:
        try:
            x, y = (float(part) for part in change["new"].split(","))
        except ValueError:
            return
        self.on_place({0: (2 * x - 1) * self.limit, 1: (1 - 2 * y) * self.limit})


# Runs on the page: writes the pointer's place, as shares of the map's width and height, into the map's hidden field.
SCRIPT = html.escape(
    "const r=this.getBoundingClientRect(),f=this.closest('.vae-map').querySelector('.vae-map-field input');"
    "f.value=((event.clientX-r.left)/r.width).toFixed(4)+','+((event.clientY-r.top)/r.height).toFixed(4);"
    "f.dispatchEvent(new Event('input',{bubbles:true}));f.dispatchEvent(new Event('change',{bubbles:true}));"
)


class _Interpolation(_Still):
    def __init__(self, model, a, b, logits, steps):
        self.decoder = _Decoder(model, logits)
        self.codes = {"a": self._codes(model, a, "a"), "b": self._codes(model, b, "b")}
        self.steps = steps
        self.menus = {
            name: ipywidgets.Dropdown(
                options=list(range(len(codes))), description=name,
                layout={"width": "120px"}, style={"description_width": "20px"},
            )
            for name, codes in self.codes.items()
        }  # fmt: skip
        self.slider = ipywidgets.IntSlider(
            value=0, min=0, max=100, description="α (%)", layout={"width": "min(100%, 420px)"}
        )
        self.way = ipywidgets.ToggleButtons(
            options=[(tr("đường thẳng", "straight"), "linear"), (tr("cung tròn", "spherical"), "spherical")]
        )
        self.play = ipywidgets.Play(min=0, max=100, step=2, interval=100)
        ipywidgets.jslink((self.play, "value"), (self.slider, "value"))
        self.picture = ipywidgets.Image(
            format="png", layout={"width": f"{PICTURE_SIDE}px", "height": f"{PICTURE_SIDE}px"}
        )
        self.strip = ipywidgets.Image(format="png", layout={"max_width": "100%", "object_fit": "contain"})
        codes = torch.cat(list(self.codes.values()))
        limit = max(3.0, 1.1 * float(codes.norm(dim=1).max()))  # the arcs lie within the longest code's circle
        self.map = _Map(model, None, limit, None) if codes.shape[1] == 2 else None
        self.slider.observe(lambda change: self._render(), names="value")
        choosers = [menu for menu in self.menus.values() if len(menu.options) > 1]
        for chooser in [*choosers, self.way]:
            chooser.observe(lambda change: self._render_strip(), names="value")
        pictures = [self.map.box, self.picture] if self.map else [self.picture]
        super().__init__(
            [
                *([ipywidgets.HBox(choosers, layout={"flex_flow": "row wrap"})] if choosers else []),
                ipywidgets.HBox(pictures, layout={"flex_flow": "row wrap"}),
                self.strip,
                ipywidgets.HBox([self.play, self.slider], layout={"flex_flow": "row wrap"}),
                self.way,
            ]
        )
        self._render_strip()

    @staticmethod
    def _codes(model, images, name) -> Tensor:
        """The codes (N, latent_dim) of one image (C, H, W) or of several (N, C, H, W)."""
        if not isinstance(images, Tensor) or images.ndim not in (3, 4) or len(images) == 0:
            got = f"shape {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
            raise ValueError(
                f"interpolation_slider({name}): got {got}, expected an image (C, H, W) or several (N, C, H, W)."
            )
        return codes_of(model, images if images.ndim == 4 else images[None])

    def at(self, alpha: float) -> Tensor:
        """The code the share alpha along the way."""
        z_a, z_b = (self.codes[name][menu.value] for name, menu in self.menus.items())
        walk = slerp if self.way.value == "spherical" else torch.lerp
        return walk(z_a, z_b, alpha)

    def _path(self, n: int) -> Tensor:
        return torch.stack([self.at(alpha) for alpha in torch.linspace(0, 1, n).tolist()])

    def _render_strip(self) -> None:
        self.strip.value = self.decoder.png(self._path(self.steps))
        self._render()

    def _render(self) -> None:
        z = self.at(self.slider.value / 100)
        self.picture.value = self.decoder.png(z)
        if self.map:
            self.map.mark(z, self._path(25))

    def still(self) -> bytes:
        return self.strip.value


class _Arithmetic(_Still):
    def __init__(self, model, dataset, logits):
        self.decoder = _Decoder(model, logits)
        codes = codes_of(model, dataset.images)
        self.means = {int(d): codes[dataset.labels == d].mean(dim=0) for d in dataset.labels.unique()}
        digits = list(self.means)
        self.menus = [
            ipywidgets.Dropdown(
                options=digits, value=digits[i % len(digits)], description=sign, layout={"width": "120px"}
            )
            for sign, i in (("", 4), ("−", 9), ("+", 7))
        ]
        for menu in self.menus:
            menu.style.description_width = "20px"
            menu.observe(lambda change: self._render(), names="value")
        self.strip = ipywidgets.Image(format="png", layout={"max_width": "100%", "object_fit": "contain"})
        self.caption = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox(self.menus, layout={"flex_flow": "row wrap"}), self.strip, self.caption])
        self._render()

    def _render(self) -> None:
        a, b, c = (self.means[menu.value] for menu in self.menus)
        self.strip.value = self.decoder.png(torch.stack([a, b, c, a - b + c]))
        names = [str(menu.value) for menu in self.menus]
        self.caption.value = f'<span role="status">a = {names[0]}, b = {names[1]}, c = {names[2]}, a − b + c</span>'

    def still(self) -> bytes:
        return self.strip.value


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
