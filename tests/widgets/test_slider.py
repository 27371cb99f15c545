"""A figure that follows a slider."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from tests.widgets.support import pixels
from vae_helpers import widgets


def figure_of_width(inches):
    return Figure(figsize=(inches, 1), dpi=80)


def test_it_shows_the_chosen_figure():
    slider, picture, *_ = widgets.figure_slider([1, 2, 3], figure_of_width, "B").children
    assert pixels(picture.value).shape[1] == 80
    slider.value = 3
    assert pixels(picture.value).shape[1] == 240
    slider.value = 2
    assert pixels(picture.value).shape[1] == 160
    assert slider.description == "B"


@pytest.mark.parametrize(
    "values, texts",
    [
        (np.linspace(1, 2, 3), ["1", "1.5", "2"]),
        (torch.tensor([1.0, 1.5, 2.0]), ["1", "1.5", "2"]),
        (torch.tensor([1.0, 1.5, 2.0], requires_grad=True), ["1", "1.5", "2"]),
        ((v for v in (1, 1.5, 2)), ["1", "1.5", "2"]),
        (range(1, 4), ["1", "2", "3"]),
        ((1, 1, 2), ["1", "1", "2"]),
        (np.array([1, 2, 1000]) / 100, ["0.01", "0.02", "10"]),
    ],
    ids=["array", "tensor", "gradients", "generator", "range", "twice the same", "small"],
)
def test_values_of_every_kind(values, texts):
    drawn = []
    slider, picture, *_ = widgets.figure_slider(
        values, lambda v: drawn.append(v) or figure_of_width(1 + v), "x"
    ).children
    assert list(slider._options_labels) == texts
    for index, value in enumerate(drawn):
        slider.index = index
        assert pixels(picture.value).shape[1] == round(80 * (1 + value)) or value < 0.1


def test_it_starts_where_it_is_told():
    slider, picture, *_ = widgets.figure_slider([1, 2, 3], figure_of_width, "B", start=2).children
    assert slider.value == 2
    assert pixels(picture.value).shape[1] == 160
    slider.value = 1
    assert pixels(picture.value).shape[1] == 80


def test_words():
    slider, picture, *_ = widgets.figure_slider(
        ["AE", "VAE"], lambda name: figure_of_width(len(name)), "model"
    ).children
    slider.value = "VAE"
    assert pixels(picture.value).shape[1] == 240


def test_figures_of_pyplot_do_not_appear_a_second_time():
    widgets.figure_slider([1, 2], lambda v: plt.subplots(figsize=(v, 1))[0], "x")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: widgets.figure_slider([], figure_of_width, "B"), r"values\): got no values"),
        (lambda: widgets.figure_slider(np.array([]), figure_of_width, "B"), r"values\): got no values"),
        (lambda: widgets.figure_slider([1], figure_of_width, "B", start=2), r"start\): got 2, expected one of"),
        (lambda: widgets.figure_slider(3, figure_of_width, "B"), r"values\): got int, expected a list"),
        (lambda: widgets.figure_slider([1], lambda v: None, "B"), r"draw\(1\) gives NoneType, expected a Figure"),
    ],
)
def test_what_cannot_be_shown_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
