"""Pictures of stored outputs with at most 256 colours, a third of matplotlib's bytes and the same to the eye."""

import base64
import io

from nbformat import NotebookNode
from PIL import Image

from . import alt_text

COLOURS = 256


def few_colours(png: bytes) -> Image.Image:
    """A PNG on white with at most COLOURS colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    whole = Image.new("RGB", picture.size, "white")
    whole.paste(picture, mask=picture.getchannel("A"))
    return whole.quantize(COLOURS, dither=Image.Dither.NONE)


def lighten(notebook: NotebookNode) -> None:
    """Give every picture of the outputs a palette, where that makes it smaller; one that has a palette stays as it is."""
    for _, output in alt_text.pictures(notebook):
        png = base64.b64decode(output.data["image/png"])
        if Image.open(io.BytesIO(png)).mode == "P":
            continue
        packed = io.BytesIO()
        few_colours(png).save(packed, "PNG", optimize=True)
        if len(packed.getvalue()) < len(png):
            output.data["image/png"] = base64.b64encode(packed.getvalue()).decode()
