"""The built lessons and the quiz as web pages that need nothing else: dist/html/vi/*.html and dist/html/en/*.html.

    python -m tools.to_html                    every lesson and the quiz
    python -m tools.to_html 05 quiz            only these
    python -m tools.to_html --out FOLDER 05    into FOLDER/vi and FOLDER/en

Nothing is executed. Formulas are MathML, figures carry their descriptions, and still pictures stand for the widgets. To
make a PDF, open a page in a browser and print it: answers that are folded away come out as well.
"""

import argparse
import re
import sys
from pathlib import Path

import latex2mathml.converter
import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from . import alt_text, build
from .build import LANGUAGES, ROOT, WIDGET_STATE, WIDGET_VIEW

TEMPLATES = Path(__file__).resolve().parent / "templates"
LESSON_LINK = re.compile(r'href="(?P<folder>[^":]*/)?(?P<name>\w+)\.ipynb"')


class Page(HTMLExporter):
    """nbconvert's HTML with formulas as MathML, which browsers and screen readers know without MathJax."""

    def __init__(self, language: str):
        super().__init__(template_name="course", extra_template_basedirs=[str(TEMPLATES)])
        self.language_code = language

    def markdown2html(self, source: str) -> str:
        return MarkdownWithMath(renderer=_Renderer(escape=False)).render(source)


class _Renderer(IPythonRenderer):
    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, "block")


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as MathML; a thin space stands between log, sin, … and what they are applied to."""
    text = latex2mathml.converter.convert(latex.strip(), display=display)
    text = re.sub(r' xmlns="[^"]*"', "", text)  # HTML needs none, and nbconvert's headings would rename the tags for it
    return re.sub(r"(<mi>(?:log|ln|sin|cos)</mi>)(?!<mo)", r'\1<mspace width="0.17em" />', text)


def page(notebook: NotebookNode, language: str, name: str) -> str:
    """A built notebook as one HTML page in its language."""
    at_rest(notebook)
    heading = re.search(r"^# (.+)", notebook.cells[2].source, re.MULTILINE)[1]
    notebook.metadata["title"] = alt_text.plain(heading)
    text, _ = Page(language).from_notebook_node(notebook, {"metadata": {"name": name}})
    return LESSON_LINK.sub(html_link, text)


def html_link(match: re.Match) -> str:
    """The page of a lesson: all pages of a language lie in one folder, lessons and quiz together."""
    other = re.search(r"\b(vi|en)/$", match["folder"] or "")
    return f'href="{f"../{other[1]}/" if other else ""}{match["name"]}.html"'


def at_rest(notebook: NotebookNode) -> None:
    """Without a kernel a widget is a picture: the still one that is stored with it, or the picture it last showed."""
    state = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).pop(WIDGET_VIEW, None)
            if view and not {"image/png", "text/html"} & output.data.keys():
                picture = shown_picture(state, view["model_id"])
                if picture:
                    output.data["image/png"] = picture
                    output.metadata["image/png"] = {"alt": shown_choice(state, view["model_id"])}


def shown_picture(state: dict, model_id: str) -> str | None:
    """The first picture among a widget's parts, as base64; None if it has none."""
    model = state.get(model_id, {})
    if model.get("model_name") == "ImageModel":
        return next((part["data"] for part in model.get("buffers", []) if part["path"] == ["value"]), None)
    parts = (shown_picture(state, child) for child in re.findall(r"IPY_MODEL_([\w-]+)", str(model.get("state"))))
    return next(filter(None, parts), None)


def shown_choice(state: dict, model_id: str) -> str:
    """What the first slider among a widget's parts is set to, such as "B = 0.03"."""
    for child in re.findall(r"IPY_MODEL_([\w-]+)", str(state[model_id]["state"])):
        part = state[child]["state"]
        if "_options_labels" in part:
            return f"{part['description']} = {part['_options_labels'][part['index']]}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "html", metavar="FOLDER")
    arguments = parser.parse_args()
    chosen = [s for s in build.sources() if not arguments.lessons or s.stem.startswith(tuple(arguments.lessons))]
    if not chosen:
        parser.error(f"no lesson begins with {', '.join(arguments.lessons)}")
    for source in chosen:
        for language in LANGUAGES:
            notebook = nbformat.read(build.built_path(source, language), as_version=4)
            path = arguments.out / language / f"{source.stem}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(notebook, language, source.stem), encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
