"""Slides for lecturers: one reveal.js deck for each lesson and language, dist/slides/vi/02_vae.html and so on.

    python -m tools.slides               every lesson
    python -m tools.slides 02 05         only these
    python -m tools.slides --out FOLDER  into another folder than dist/slides

They are made from what the lesson has already, its stored outputs included: each section is a column of slides with its first
sentence and its formulas, then its figures and living pages with their captions, and the cells to be written in class; at the end
come the lesson's questions, each with its answer on the next step. In a source the tag "slide" puts a whole cell on a slide, and
"no-slide" leaves a cell out. A deck opens from the disk and asks no other host for anything.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from .one_language import LANGUAGES
from .site import pages, quiz
from .site.build import command, publishable, sphinx
from .site.pages import write

STATIC = Path(__file__).resolve().parent / "site" / "static"
FORMULA = re.compile(r"^\$\$.+?\$\$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
CAPTION = re.compile(r"\*(?![*\s])(.+?)(?<![*\s])\*(?!\*)", re.DOTALL)
LINK = re.compile(r"\s*<sup>.*?</sup>|\[([^\]]+)\]\([^)\s]+\)")
LIST = re.compile(r"(?:[-*]|\d+\.) ")
ALONE = "---\norphan: true\n---"  # a deck belongs to no table of contents
BREAK = "```{revealjs-break}\n:notitle:\n```"
WORDS = {
    "vi": {"lessons": "Các bộ slide", "questions": "Câu hỏi", "answer": "Đáp án"},
    "en": {"lessons": "The decks", "questions": "Questions", "answer": "Answer"},
}


def deck(notebook: NotebookNode, language: str) -> str:
    """A lesson (pages.page(…).notebook, with its tags) as Markdown for Sphinx's revealjs builder."""
    slides = [f"# {notebook.cells[0].source.partition(chr(10))[0].removeprefix('# ')}\n\n*{pages.question(notebook)}*"]
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if "no-slide" in tags:
            continue
        if cell.cell_type == "markdown":
            slides += text_slides(cell.source, whole="slide" in tags)
        else:
            caption = next((c.source for c in notebook.cells[number + 1 :] if c.cell_type == "markdown"), "")
            slides += code_slides(cell, caption, show_code=bool({"slide", "exercise"} & set(tags)))
    return "\n\n".join(slides)


def text_slides(text: str, whole: bool) -> Iterator[str]:
    """A section's heading with its first sentence and its formulas; a cell without a heading only with formulas, or whole."""
    parts = SECTION.split(text)
    if whole:
        yield BREAK + "\n\n" + LINK.sub(r"\1", parts[0])
    elif formulas := FORMULA.findall(parts[0]):
        yield "\n\n".join([BREAK, *formulas])
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if not body.strip().startswith("<details>"):  # questions to oneself, with answers that are folded away
            yield "\n\n".join([f"## {heading}", *opening(body), *FORMULA.findall(body)])


def opening(text: str) -> Iterator[str]:
    """What a section begins with: its first sentence, and the list that follows if it ends with a colon; or its list."""
    paragraph, _, rest = LINK.sub(r"\1", text.strip()).partition("\n\n")
    if LIST.match(paragraph):
        yield paragraph
    elif not paragraph.startswith(("|", "<", "$$", "!", "#", "```")):
        sentence = first_sentence(paragraph)
        yield sentence
        if sentence.endswith(":") and LIST.match(rest):
            yield rest.partition("\n\n")[0]


def first_sentence(paragraph: str) -> str:
    """The first sentence; a formula, code and bold words stay whole."""
    sentence = ""
    for piece in re.split(r"(?<=[.?!:]) ", paragraph):
        sentence = f"{sentence} {piece}".strip()
        if not any(sentence.count(mark) % 2 for mark in ("$", "`", "**")):
            break
    return sentence


def code_slides(cell: NotebookNode, following: str, show_code: bool) -> Iterator[str]:
    """A slide with the code, if it is to be seen, and one for each figure or living page with the caption that follows."""
    if show_code:
        yield f"{BREAK}\n\n```python\n{cell.source}\n```"
    found = CAPTION.match(following)
    caption = LINK.sub(r"\1", found[0]) if found else ""
    for output in cell.get("outputs", []):
        text = output.get("data", {}).get("text/html", "")
        for picture in re.findall(r'<img class="picture"[^>]*>|<iframe[^>]*></iframe>', text):
            if 'width="1"' not in picture:
                shown = picture.replace(' loading="lazy"', "").replace(
                    " src=", " data-src="
                )  # reveal.js loads it in time
                yield f"{BREAK}\n\n{shown}\n\n{caption}"


def question_slides(lesson: str, language: str) -> Iterator[str]:
    """The lesson's questions of the bank, each answer on the next step."""
    yield f"## {WORDS[language]['questions']}"
    for question in quiz.load_questions(language):
        if question.lesson == lesson:
            entry = quiz.entry(question, "quiz/")
            options = "".join(f"<li>{text}</li>" for text in entry["options"].values())
            told = f"<strong>{WORDS[language]['answer']}: {entry['key']}</strong>{entry['why'][entry['key']]}"
            yield (
                f'{BREAK}\n\n<div class="question">{one_line(entry["question"])}<ol type="A">{one_line(options)}</ol>'
                f'<div class="fragment">{one_line(told)}</div></div>'
            )


def one_line(text: str) -> str:
    """HTML without empty lines, which would end it in Markdown."""
    return re.sub(r"\n\s*\n", "\n&#8203;\n", text)


def settings(language: str, extra: Path) -> dict:
    """Sphinx's configuration for the decks of one language."""
    return {
        "project": WORDS[language]["lessons"], "language": language, "root_doc": "index",
        "extensions": ["myst_nb", "sphinx_revealjs", "tools.site.extension"],
        "nb_execution_mode": "off", "myst_enable_extensions": ["dollarmath"], "myst_all_links_external": True,
        "suppress_warnings": ["myst.header"], "smartquotes": False, "html_math_renderer": "mathml",
        "html_extra_path": [str(extra)], "revealjs_static_path": [str(STATIC)], "revealjs_css_files": ["slides.css"],
        "revealjs_style_theme": "white", "html_copy_source": False,
        "revealjs_script_conf": {"width": 1280, "height": 720, "hash": True, "slideNumber": True, "margin": 0.03, "transition": "none"},
    }  # fmt: skip


def build(chosen: list[Path], out: Path) -> str:
    """Write the decks into out, which is emptied first; gives what went wrong, "" if nothing did."""
    shutil.rmtree(out, ignore_errors=True)
    fit, refused = publishable(chosen)
    told = [refused]
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as room:
            source_folder, extra = Path(room) / "source", Path(room) / "extra"
            files = {path: content for path, content in quiz.scripts(language).items() if not path.endswith(".js")}
            rows = []
            for source, notebook in fit[language].items():
                made = pages.page(notebook, source.stem)
                files |= made.files
                slides = [deck(made.notebook, language), *question_slides(source.stem, language)]
                write(source_folder / f"{source.stem}.md", "\n\n".join([ALONE, *slides]).encode())
                rows.append(f"- [{pages.title(made.notebook)}]({source.stem}.html)")
            write(source_folder / "index.md", f"# {WORDS[language]['lessons']}\n\n{chr(10).join(rows)}\n".encode())
            for path, content in files.items():
                write(extra / path, content)
            told.append(sphinx("revealjs", Path(room), out / language, settings(language, extra)))
    return "".join(told)


if __name__ == "__main__":
    sys.exit(command(__doc__, build, Path("dist", "slides")))
