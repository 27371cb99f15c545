"""Figures of the package: shown wherever they are a cell's value, and their numbers written as the language writes them."""

import pytest

import vae_helpers
from vae_helpers._figure import new_figure, png


def drawn(code):
    vae_helpers.set_language(code)
    figure = new_figure((4, 3))
    left, right = figure.subplots(1, 2)
    left.plot([0, 0.5, 1], [0.25, 0.5, 1.25], label="σ = 0.1")
    left.legend()
    left.set(title="KL 2.5 nat. Hết.", xlabel="vae-2d-b0.3")
    right.set_yscale("log")
    right.plot([1, 2], [1, 100])
    right.set_xticks([1, 2], labels=["a.b", "v1.5"])
    png(figure)
    return left, right


@pytest.mark.parametrize(
    "code, tick, label, title",
    [("vi", "0,5", "σ = 0,1", "KL 2,5 nat. Hết."), ("en", "0.5", "σ = 0.1", "KL 2.5 nat. Hết.")],
)
def test_numbers_follow_the_language(code, tick, label, title):
    left, right = drawn(code)
    assert tick in [text.get_text() for text in left.get_xticklabels()]
    assert [text.get_text() for text in left.get_legend().get_texts()] == [label]
    assert left.get_title() == title and left.get_xlabel() == "vae-2d-b0.3"
    assert right.get_xticklabels()[0].get_text() == "a.b"
    assert right.get_yscale() == "log" and "10" in right.get_yticklabels()[2].get_text()


def test_drawn_twice_it_is_the_same():
    vae_helpers.set_language("vi")
    figure = new_figure((2, 2))
    figure.subplots().plot([0, 0.5], [0, 0.5])
    assert png(figure) == png(figure)


def test_a_notebook_shows_it():
    assert new_figure((1, 1))._repr_png_().startswith(b"\x89PNG")
