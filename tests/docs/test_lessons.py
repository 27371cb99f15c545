"""How a lesson is made: its length, its cells, its first picture, the way to the others, what it asks and answers."""

import ast
import re
from statistics import median

import pytest

from tools.edition import built_path, make_notebook, sources
from tools.one_language import LANGUAGES
from tools.stored import code_cells, read

LESSONS = [source for source in sources() if source.stem != "quiz"]
MOST_WORDS, MOST_LINES = 1800, 15
IN_BOTH = pytest.mark.parametrize("language", LANGUAGES)
EACH = pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)


def words(notebook) -> int:
    """Words of the text cells; a formula, a piece of code or an address is no text."""
    text = "\n".join(cell.source for cell in notebook.cells[:-1] if cell.cell_type == "markdown")
    for pattern in (r"```.*?```", r"<!--.*?-->", r"\$\$.*?\$\$", r"\$[^$]*\$", r"`[^`]*`", r"\]\([^)]*\)", r"<[^>]+>"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return len(re.findall(r"\w+(?:[-'’.,]\w+)*", text))


def test_words_are_counted_as_a_reader_would():
    class Cell:
        cell_type, source = (
            "markdown",
            "# A title\n\n**Two** words, $x + y$ and `code(a)`; 21.4 of [a link](to/x.md) <b>",
        )

    class Notebook:
        cells = [Cell, Cell]

    assert words(Notebook) == 9


@EACH
def test_a_lesson_is_no_longer_than_an_hour(source):
    assert words(make_notebook(source, "en")) <= MOST_WORDS


def is_class_or_loop(code: str) -> bool:
    """A model's class, or the loop over epochs and batches."""
    tree = ast.parse(code)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    return any(isinstance(node, ast.ClassDef) for node in tree.body) or any(
        isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "backward"
        for loop in loops
        for inner in ast.walk(loop)
    )


@EACH
def test_a_cell_holds_one_idea(source):
    cells = [cell.source for cell in code_cells(make_notebook(source, "en", solutions=True))[1:]]
    lengths = [
        len([line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]) for code in cells
    ]
    long = [
        code for code, lines in zip(cells, lengths, strict=True) if lines > MOST_LINES and not is_class_or_loop(code)
    ]
    assert not long, "\n\n".join(long)
    assert median(lines for code, lines in zip(cells, lengths, strict=True) if not is_class_or_loop(code)) <= 6


@IN_BOTH
@EACH
def test_the_first_picture_comes_within_three_cells(source, language):
    cells = 4 if source.stem == "00_start_here" else 3  # there the machine is looked at first
    first = code_cells(read(built_path(source, language)))[1 : 1 + cells]
    assert any("image/png" in output.get("data", {}) for cell in first for output in cell.outputs)


@IN_BOTH
@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_the_way_stands_at_head_and_foot(source, language):
    cells = make_notebook(source, language).cells
    number = LESSONS.index(source)
    _, _, way, *_ = cells[0].source.split("\n\n")
    assert way.startswith(f"{number + 1}/{len(LESSONS)} · ") and cells[-1].source == f"---\n{way}"
    for there in (
        (LESSONS[number - 1 : number] or []) + LESSONS[number + 1 : number + 2] + (LESSONS[:1] if number else [])
    ):
        assert f"]({there.stem}.ipynb)" in way
    assert f"](../../quiz/{language}/quiz.ipynb)" in way


@IN_BOTH
@EACH
def test_a_lesson_opens_with_a_question(source, language):
    opening = make_notebook(source, language).cells[0].source.split("\n\n")[3]
    assert re.match(r"\*[^*]+\?\*", opening), opening[:80]
