"""What a screen reader says for the figures of a built lesson: the figure's title and the caption that follows it.

matplotlib's pictures carry no text. A lesson's caption is the passage in italics with which the next text cell begins;
the builder keeps title and caption in the output's metadata as {"image/png": {"alt": "…"}}, where nbconvert and nbsphinx look.
"""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from .markup import latex_to_text

FORMULA = re.compile(r"\$([^$]+)\$")
CAPTION = re.compile(r"\*(?![*\s])(.+?)(?<![*\s])\*(?!\*)", re.DOTALL)
TITLE_CALLS = ("title", "set_title", "suptitle")


def pictures(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """(number of its cell, output) for every output that holds a picture."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                yield number, output


def stamp(notebook: NotebookNode) -> None:
    """Give every picture its description. Where there is neither title nor caption, an old description is removed."""
    for number, output in pictures(notebook):
        about = {key: value for key, value in output.metadata.get("image/png", {}).items() if key != "alt"}
        if text := describe(notebook, number):
            about["alt"] = text
        output.metadata.pop("image/png", None)
        if about:
            output.metadata["image/png"] = about


def problems(notebook: NotebookNode) -> Iterator[str]:
    """Each picture without a description, or with an old one."""
    for number, output in pictures(notebook):
        text = describe(notebook, number)
        if not text:
            yield f"cell {number}: a figure without a description; begin the next text cell with a caption in *italics*"
        elif output.metadata.get("image/png", {}).get("alt") != text:
            yield f"cell {number}: the figure's description is not that of its caption (python -m tools.build --text)"


def describe(notebook: NotebookNode, number: int) -> str:
    """Title and caption of the figure that cell number draws; "" if it has neither."""
    parts = (title(notebook.cells[number].source), caption(notebook.cells[number + 1 :]))
    return " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts if part)


def caption(following: list[NotebookNode]) -> str:
    """The passage in italics at the head of the first text cell, in plain text; "" if it does not begin with one."""
    text = next((cell.source for cell in following if cell.cell_type == "markdown"), "")
    match = CAPTION.match(plain(text.split("\n\n")[0]))
    return match[1].replace("**", "") if match else ""


def plain(text: str) -> str:
    """One paragraph of Markdown on one line; formulas in Unicode. Emphasis keeps its stars."""
    text = FORMULA.sub(lambda match: latex_to_text(match[1]).replace("*", "∗"), text)
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text.replace("`", ""))
    return " ".join(text.split())


def title(code: str) -> str:
    """The first title that the code gives its figure, where it is written out there; else ""."""
    several = re.search(r"subplots\(\s*\d", code) is not None  # then an axes' title is not the figure's
    for node in ast.walk(ast.parse(re.sub(r"^([ \t]*)[%!].*$", r"\1pass", code, flags=re.MULTILINE))):
        for value in _titles(node, several):
            if text := _text(value):
                return plain(text)
    return ""


def _titles(node: ast.AST, several: bool) -> list[ast.expr]:
    """The expressions that a node uses as the figure's title: plot(title=…), ax.set_title(…), title = …"""
    if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["title"]:
        return [node.value]
    if not isinstance(node, ast.Call):
        return []
    called = getattr(node.func, "attr", "")
    if several and called in ("set", "set_title"):
        return []
    named = [keyword.value for keyword in node.keywords if keyword.arg == "title"]
    return named + (node.args[:1] if called in TITLE_CALLS else [])


def _text(value: ast.expr) -> str:
    """A string written out; "" for what is known only at run time."""
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
