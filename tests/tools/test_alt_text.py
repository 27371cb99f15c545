"""Every figure has a description, in its lesson's language, that is made of its title and caption."""

import re

import nbformat
import pytest

from tests.tools.support import EDITIONS, NAMES
from tools import alt_text
from tools.edition import built_path
from tools.stored import read


def lesson_of(source, language):
    return read(built_path(source, language))


# -------------------------------------------------------------------------------------------------- descriptions


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_every_figure_has_a_description_in_its_language(source, language):
    notebook = lesson_of(source, language)
    assert not list(alt_text.problems(notebook))
    other = lesson_of(source, "en" if language == "vi" else "vi")
    pairs = zip(alt_text.pictures(notebook), alt_text.pictures(other), strict=True)
    for (number, output), (_, its_twin) in pairs:
        text = output.metadata["image/png"]["alt"]
        assert len(text) >= 20, f"cell {number}: {text}"
        assert text != its_twin.metadata["image/png"]["alt"], f"cell {number}"
        assert not re.search(r"[$`]|\\[a-z]|\*\*", text), f"cell {number}: {text}"


def lesson(*cells):
    """A notebook of (kind, source) cells; every code cell has a picture."""
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    notebook = nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in cells])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                nbformat.v4.new_output("display_data", data={"image/png": "AAAA"}, metadata={"image/png": {"width": 5}})
            ]
    return notebook


def described(*cells):
    notebook = lesson(*cells)
    alt_text.stamp(notebook)
    return [output.metadata["image/png"].get("alt") for _, output in alt_text.pictures(notebook)]


def test_description_is_title_and_caption():
    code = 'ax.set(xlabel="x", title="The cloud")'
    text = "*The figure: $\\mu$ and **two** dots,\nside by side.* It goes on.\n\n*Not this.*"
    assert described(("code", code), ("markdown", text)) == ["The cloud. The figure: μ and two dots, side by side."]


@pytest.mark.parametrize(
    "code, title",
    [
        ('plt.title("One")', "One"),
        ('figure.suptitle("One")', "One"),
        ('plots.curves({"left": {"a": a}}, xlabel="x", title="One")', "One"),
        ('title = "One"\nplots.plot_images(x, title=title)', "One"),
        ('plots.plot_images(x, title=f"{n} of them")', ""),
        ("if True:\n    %matplotlib inline\nplots.plot_latent(model)", ""),
        ('figure, axes = plt.subplots(1, 2)\naxes[0].set_title("Left")', ""),
        ('figure, axes = plt.subplots(1, 2)\naxes[0].set_title("Left")\nfigure.suptitle("Both")', "Both"),
    ],
)
def test_titles_are_found_where_they_are_written_out(code, title):
    assert alt_text.title(code) == title


def test_two_figures_share_the_caption_that_follows_them():
    first, second = described(
        ("code", 'plt.title("A")'), ("code", 'plt.title("B")'), ("markdown", "*Both figures: dots.*")
    )
    assert (first, second) == ("A. Both figures: dots.", "B. Both figures: dots.")


@pytest.mark.parametrize("text", ["No caption.", "**Bold** is none.", "* a list\n* is none"])
def test_a_figure_without_description_is_named(text):
    notebook = lesson(("code", "draw()"), ("markdown", text))
    alt_text.stamp(notebook)
    assert "alt" not in notebook.cells[0].outputs[0].metadata["image/png"]
    assert [problem[:6] for problem in alt_text.problems(notebook)] == ["cell 0"]


def test_an_old_description_is_noticed_and_replaced():
    notebook = lesson(("code", "draw()"), ("markdown", "*Dots.*"))
    alt_text.stamp(notebook)
    notebook.cells[1].source = "*Lines.*"
    assert "not that of its caption" in next(alt_text.problems(notebook))
    alt_text.stamp(notebook)
    assert notebook.cells[0].outputs[0].metadata["image/png"] == {"width": 5, "alt": "Lines."}
    assert not list(alt_text.problems(notebook))
