"""A stored lesson as a source for Sphinx: cells and outputs, with pictures and living pages as files of their own."""

import base64
import html
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from tools import alt_text

# A living page, and what stands for it where a front end shows none.
FRAME = re.compile(r'srcdoc="([^"]*)"(?P<end>[^>]*></iframe>)<div><p>.*?</div>', re.DOTALL)
DATA_PICTURE = re.compile(r'<img(?P<before>[^>]*?) src="data:image/png;base64,(?P<data>[^"]+)"(?P<after>[^>]*)>')


@dataclass
class Page:
    """A lesson for Sphinx, and the files that its HTML refers to: path within the site's language → content."""

    notebook: NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)


def title(notebook: NotebookNode) -> str:
    return alt_text.plain(notebook.cells[0].source.partition("\n")[0].removeprefix("# "))


def question(notebook: NotebookNode) -> str:
    """The question in italics that a lesson opens with, in plain text; "" if there is none."""
    paragraphs = map(alt_text.plain, notebook.cells[0].source.split("\n\n"))
    return next((match[1] for paragraph in paragraphs if (match := alt_text.CAPTION.match(paragraph))), "")


def page(notebook: NotebookNode, name: str) -> Page:
    """A published lesson (stored.published) as a page. name: of its file, without an ending."""
    folded = [cell for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    cells = [cell for cell in notebook.cells if cell not in folded]  # the set-up: a page runs nothing
    heading, _, _, *rest = cells[0].source.split("\n\n")  # the links and the way: a site has its own
    cells[0].source = "\n\n".join([heading, *rest])
    notebook.cells = cells[:-1]  # the way once more
    made = Page(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            _lighten(output, made.files, name)
    return made


def _lighten(output: NotebookNode, files: dict[str, bytes], name: str) -> None:
    """Pictures and frames of an output become files that are loaded when they come into view."""
    data = output.get("data", {})
    if "image/png" in data:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        output.data = {"text/html": _picture(base64.b64decode(data["image/png"]), alt, files, name)}
    elif "text/html" in data:
        text = FRAME.sub(
            lambda found: f'src="{_frame(html.unescape(found[1]), files, name)}"{found["end"]}', data["text/html"]
        )
        output.data = {
            "text/html": DATA_PICTURE.sub(lambda found: _inline_picture(found, files, name), text),
        }


def _frame(text: str, files: dict[str, bytes], name: str) -> str:
    path = f"live/{name}-{len(files)}.html"
    files[path] = text.encode()
    return path


def _inline_picture(found: re.Match, files: dict[str, bytes], name: str) -> str:
    alt = re.search(r'alt="([^"]*)"', found["before"] + found["after"])
    return _picture(base64.b64decode(found["data"]), html.unescape(alt[1]) if alt else "", files, name)


def _picture(png: bytes, alt: str, files: dict[str, bytes], name: str) -> str:
    """An <img> for a picture that is kept as a file."""
    path = f"pictures/{name}-{len(files)}.png"
    files[path], (width, height) = png, Image.open(io.BytesIO(png)).size
    return (
        f'<img class="picture" src="{path}" alt="{html.escape(alt)}" width="{width}" height="{height}" '
        'loading="lazy" decoding="async">'
    )


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
