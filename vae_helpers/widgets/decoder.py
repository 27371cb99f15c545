"""From codes to the bytes of pictures, fast enough to follow a hand on a slider."""

from io import BytesIO

import ipywidgets
import torch
from PIL import Image
from torch import Tensor, nn

from .._inference import one_thread
from ..plots._model import decoded

PICTURE_SIDE = 196  # pixels of the decoded picture's longer side on the page: 7 for each of MNIST's
STRIP_SCALE = 2  # pixels of a strip for each of its pictures' pixels
LARGEST = 392  # pixels: bigger pictures are shown smaller


class Decoder:
    """z → the PNG of its picture, with a decoder that may be flat or give logits, but never draws wrongly in silence."""

    def __init__(self, model: nn.Module, logits: bool = False):
        if not hasattr(model, "decode"):
            raise ValueError(f"{type(model).__name__} has no method decode(z), which this widget needs.")
        self.model, self.logits = model, logits

    def images(self, z: Tensor) -> Tensor:
        """(N, latent_dim) → bytes (N, H, W, 1 or 3). Raises ValueError for NaN, and for values outside [0, 1]."""
        with one_thread():
            images = decoded(self.model, z, self.logits)
        return (images * 255).round().byte().permute(0, 2, 3, 1)

    def picture(self, z: Tensor) -> bytes:
        """The PNG of one z (latent_dim,), enlarged without blur by a whole number."""
        image = self.images(z[None])[0]
        return _png(image, max(1, PICTURE_SIDE // max(image.shape[:2])))

    def strip(self, z: Tensor) -> bytes:
        """The PNG of several z (N, latent_dim), side by side."""
        return _png(torch.cat(list(self.images(z)), dim=1), STRIP_SCALE)

    def frame(self, z: Tensor) -> ipywidgets.Image:
        """An image widget of the size of z's picture, which keeps its ratio and shrinks with a narrow page."""
        height, width = self.images(z[None]).shape[1:3]
        scale = max(1, PICTURE_SIDE // max(height, width)) * min(1, LARGEST / max(height, width))
        size = {"width": f"{round(width * scale)}px", "max_width": "100%", "align_self": "flex-start"}
        return ipywidgets.Image(format="png", layout=size)


def strip_frame() -> ipywidgets.Image:
    """An image widget for a strip of pictures."""
    return ipywidgets.Image(format="png", layout={"max_width": "100%", "object_fit": "contain"})


def _png(image: Tensor, scale: int) -> bytes:
    """Bytes (H, W, 1 or 3) as a PNG, each pixel scale × scale."""
    picture = Image.fromarray(image.squeeze(-1).numpy())
    file = BytesIO()
    picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST).save(
        file, format="PNG", compress_level=1
    )
    return file.getvalue()
