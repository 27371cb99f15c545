"""Pictures of stored outputs with few colours, a seventh of matplotlib's bytes and the same to the eye."""

import base64
import io
import re

import numpy as np
from nbformat import NotebookNode
from PIL import Image

try:
    import oxipng
except ImportError:
    oxipng = None

IN_HTML = re.compile(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+")
COLOURS = (32, 64, 128, 256)  # the fewest that are near enough
MOST_OFF = 32  # of 255: so near are 99 in 100 of the pixels that change
MEAN_OFF = 3  # of 255: so near are all pixels on average


def few_colours(png: bytes) -> Image.Image:
    """A PNG on white with as few of COLOURS as look the same."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    whole = Image.new("RGB", picture.size, "white")
    whole.paste(picture, mask=picture.getchannel("A"))
    before = np.asarray(whole, dtype=np.int16)
    for colours in COLOURS:
        few = whole.quantize(colours, dither=Image.Dither.NONE, kmeans=2)
        off = np.abs(np.asarray(few.convert("RGB")) - before).max(axis=2)
        if not off.any() or (off.mean() <= MEAN_OFF and np.percentile(off[off > 0], 99) <= MOST_OFF):
            break
    return few


def packed(png: bytes) -> bytes:
    """The picture with few colours as the smallest PNG that oxipng makes of it, or Pillow on a Python that has no oxipng."""
    file = io.BytesIO()
    few_colours(png).save(file, "PNG", optimize=True)
    return oxipng.optimize_from_memory(file.getvalue(), level=4) if oxipng else file.getvalue()


def lighten(notebook: NotebookNode) -> None:
    """Give every picture of the outputs few colours, those in their HTML too."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = light(data["image/png"])
            if "text/html" in data:
                data["text/html"] = IN_HTML.sub(lambda found: light(found[0]), data["text/html"])


def light(picture: str) -> str:
    """A PNG in base64 with few colours, where that makes it smaller; one that has a palette stays as it is."""
    png = base64.b64decode(picture)
    if Image.open(io.BytesIO(png)).mode == "P":
        return picture
    return base64.b64encode(min(png, packed(png), key=len)).decode()
