"""The slider shows the figure of the value that it stands on."""

import pytest
from matplotlib.figure import Figure

from vae_helpers import widgets


def figure_of_width(inches):
    return Figure(figsize=(inches, 1), dpi=80)


def png_width(png):
    png = bytes(png)  # ipywidgets hands out a view
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20], "big")


def test_slider_shows_the_chosen_figure():
    slider, picture = widgets.figure_slider([1, 2, 3], figure_of_width, "B").children
    assert png_width(picture.value) == 80
    slider.value = 3
    assert png_width(picture.value) == 240
    slider.value = 2
    assert png_width(picture.value) == 160
    assert slider.description == "B"


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="values"):
        widgets.figure_slider([], figure_of_width, "B")
