"""Reading what a widget shows."""

import base64
import re
from io import BytesIO

import ipywidgets
import numpy as np
import torch
from PIL import Image


def pixels(png):
    return np.asarray(Image.open(BytesIO(bytes(png))))


def shown(widget):
    """The picture at its own size: one of every 7 pixels."""
    enlarged = pixels(widget.picture.value)
    assert enlarged.shape == (196, 196)
    return enlarged[::7, ::7]


def expected(model, z):
    with torch.no_grad():
        image = model.decode(torch.tensor([z]))[0, 0]
    return (image * 255).round().byte().numpy()


def strip_of(widget, index, width=28):
    """The index-th picture of a strip, at its own size."""
    strip = pixels(widget.strip.value)[::2, ::2]
    return strip[:, index * width : (index + 1) * width if index != -1 else None]


def map_picture(widget):
    """The pixels of the map's background."""
    html = widget.map.box.children[0].value
    return pixels(base64.b64decode(re.search(r"base64,([^\"]+)", html).group(1)))


def cross_at(widget):
    """Where the map's mark is drawn, in its pixels."""
    x, y = re.search(r'cx="([-\d.]+)" cy="([-\d.]+)"', widget.map.cross.value).groups()
    return float(x), float(y)


def path_of(widget):
    """The points of the map's path, in its pixels."""
    points = re.search(r'points="([^"]+)"', widget.map.cross.value).group(1)
    return np.array([[float(number) for number in point.split(",")] for point in points.split()])


def everything(widget):
    """The widget and all those within it."""
    return [widget, *(below for child in getattr(widget, "children", ()) for below in everything(child))]


def sliders(widget):
    return [w for w in everything(widget) if isinstance(w, (ipywidgets.FloatSlider, ipywidgets.IntSlider))]
