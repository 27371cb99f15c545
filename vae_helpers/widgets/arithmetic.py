"""Sums and differences of codes."""

import ipywidgets
import torch
from torch import nn

from .._language import tr
from ..plots._data import sample
from ..plots._model import codes_of
from .box import FLOWING, StillBox
from .decoder import Decoder, strip_frame

__all__ = ["latent_arithmetic"]

MOST_IMAGES = 10_000


def latent_arithmetic(model: nn.Module, dataset, *, logits: bool = False) -> ipywidgets.Widget:
    """Arithmetic on the mean codes of the classes: choose three of them and see the digit at a − b + c.

    dataset: an ImageDataset, or any Dataset of (image, label); of more than 10,000 a random sample. logits: the decoder
    has no sigmoid of its own. Returns the widget; make it the last line of a cell.
    Raises ValueError for a data set without labels, and as latent_explorer does.

    Lesson 07: Arithmetic on $z$
    """
    decoder = Decoder(model, logits)
    drawn = sample(dataset, MOST_IMAGES, "latent_arithmetic(dataset)")
    if not drawn.classes.names:
        raise ValueError(
            "latent_arithmetic(dataset): its images have no labels, and without classes there is no mean code."
        )
    codes = codes_of(model, drawn.images)
    places = torch.as_tensor(drawn.classes.places)
    means = {place: codes[places == place].mean(dim=0) for place in drawn.classes.names}
    return Arithmetic(decoder, means, drawn.classes.names)


class Arithmetic(StillBox):
    """means: class → its mean code (latent_dim,); names: class → what it is called."""

    def __init__(self, decoder: Decoder, means: dict, names: dict[int, str]):
        self.decoder, self.means, self.names = decoder, means, names
        classes = list(means)
        self.menus = [
            ipywidgets.Dropdown(
                options=[(name, place) for place, name in names.items()], value=classes[i % len(classes)],
                description=sign, layout={"width": "120px"},
            )
            for sign, i in (("", 4), ("−", 9), ("+", 7))
        ]  # fmt: skip
        for menu in self.menus:
            menu.style.description_width = "20px"
            menu.observe(lambda change: self._render(), names="value")
        self.strip = strip_frame()
        self.caption = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox(row, layout=FLOWING) for row in (self.menus, [self.strip], [self.caption])])
        self._render()

    def _render(self) -> None:
        a, b, c = (self.means[menu.value] for menu in self.menus)
        self.strip.value = self.decoder.strip(torch.stack([a, b, c, a - b + c]))
        self.caption.value = f'<span role="status">{self._said()}, a − b + c</span>'

    def _said(self) -> str:
        return ", ".join(f"{letter} = {self.names[menu.value]}" for letter, menu in zip("abc", self.menus, strict=True))

    @property
    def still_alt(self) -> str:
        return tr(
            f"bốn ảnh cạnh nhau: a, b, c và a − b + c, với {self._said()}",
            f"four pictures side by side: a, b, c and a − b + c, with {self._said()}",
        )

    def still(self) -> bytes:
        return self.strip.value
