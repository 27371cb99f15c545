"""The lessons and the quiz as web pages that need nothing else: dist/html/vi/*.html and dist/html/en/*.html.

    python -m tools.to_html                    every lesson and the quiz
    python -m tools.to_html 05 quiz            only these
    python -m tools.to_html --out FOLDER 05    into FOLDER/vi and FOLDER/en

Each language has an index.html. Nothing is executed: the cells come from the sources, the outputs from the notebooks as
they were built, and what someone has typed into a lesson never gets in. Formulas are MathML, figures carry their
descriptions, and still pictures stand for the widgets. To make a PDF, open a page in a browser and print it: answers that
are folded away come out as well.
"""

import argparse
import re
import sys
from pathlib import Path

import jinja2
import latex2mathml.converter
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from . import alt_text
from .build import choose
from .edition import ROOT, TEMPLATES, make_notebook, repository_url, sources
from .execution import WIDGET_VIEW
from .links import ledger_online
from .one_language import LANGUAGES
from .stored import NotPublishable, published

ALL_LESSONS = {"vi": "Mọi bài học", "en": "All lessons"}
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
    """A lesson with its outputs as one HTML page in its language."""
    at_rest(notebook)
    folded = [cell for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    notebook.cells = [cell for cell in notebook.cells if cell not in folded]  # the set-up: a page runs nothing
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = ledger_online(cell.source, repository_url())
    notebook.metadata["title"] = title(notebook)
    heading, links, *rest = notebook.cells[0].source.split("\n\n")
    links = f"[{ALL_LESSONS[language]}](index.html) · {links}"
    notebook.cells[0].source = "\n\n".join([heading, links, *rest])
    text, _ = Page(language).from_notebook_node(notebook, {"metadata": {"name": name}})
    return LESSON_LINK.sub(html_link, text)


def title(notebook: NotebookNode) -> str:
    return alt_text.plain(notebook.cells[0].source.partition("\n")[0].removeprefix("# "))


def question(notebook: NotebookNode) -> str:
    """The question in italics that a lesson opens with, in plain text; "" if there is none."""
    paragraphs = map(alt_text.plain, notebook.cells[0].source.split("\n\n"))
    return next((match[1] for paragraph in paragraphs if (match := alt_text.CAPTION.match(paragraph))), "")


def index(lessons: dict[str, NotebookNode], language: str) -> str:
    """The page that leads to all others of a language: file name → lesson, each with the question that it opens with."""
    pages = [
        {"file": f"{name}.html", "title": title(notebook), "question": question(notebook)}
        for name, notebook in lessons.items()
    ]
    template = jinja2.Environment(autoescape=True).from_string(
        (TEMPLATES / "lessons.html.j2").read_text(encoding="utf-8")
    )
    return template.render(pages=pages, language=language, languages=LANGUAGES, title=ALL_LESSONS[language])


def html_link(match: re.Match) -> str:
    """The page of a lesson: all pages of a language lie in one folder, lessons and quiz together."""
    other = re.search(r"\b(vi|en)/$", match["folder"] or "")
    return f'href="{f"../{other[1]}/" if other else ""}{match["name"]}.html"'


def at_rest(notebook: NotebookNode) -> None:
    """Without a kernel a widget is the still output that follows its live view; the view leaves nothing behind."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("data") not in ({}, {"text/html": ""})]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.to_html", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "html", metavar="FOLDER")
    arguments = parser.parse_args()
    chosen, refused = choose(arguments.lessons, parser), []
    for language in LANGUAGES:
        folder = arguments.out / language
        folder.mkdir(parents=True, exist_ok=True)
        for source in chosen:
            try:
                text = page(published(source, language), language, source.stem)
            except NotPublishable as error:
                refused.append(str(error))
                continue
            (folder / f"{source.stem}.html").write_text(text, encoding="utf-8")
            print(folder / f"{source.stem}.html")
        there = [source for source in sources() if (folder / f"{source.stem}.html").exists()]
        listed = {source.stem: make_notebook(source, language) for source in there}
        (folder / "index.html").write_text(index(listed, language), encoding="utf-8")
        print(folder / "index.html")
    if refused:
        print("\n".join(refused), file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
