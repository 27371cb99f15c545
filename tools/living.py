"""Living pages of stored outputs: out of the notebooks, into files that both languages share.

Most of a lesson's bytes would be the weights of its living pages, twice. So a built notebook holds a page's still picture and
its name, notebooks/src/live/NAME.page the rest of it, and NAME.weights there the weights of its models. What is published (the
site, the branch for Colab, the single files) has whole pages again, to the byte; in a clone the cell makes its page when it runs.
"""

import hashlib
import html
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from vae_helpers.page.frame import ALPHABET, letters, packed

from . import edition

# A page's frame, and what stands for it where a front end shows no frames (vae_helpers.page.frame.Live).
PAGE = re.compile(
    r'(?P<frame><iframe class="vae-live-page"[^>]*></iframe>)<div>(?P<line><p>.*?</p>)(?P<still><img[^>]*>)</div>'
)
AT_REST = re.compile(r'<div class="vae-page-at-rest" data-page="(?P<name>\w+)"><p>[^<]*</p>(?P<still><img[^>]*>)</div>')
LETTERS = re.compile(r"(?<=const letters = &quot;)[^&]*(?=&quot;)")
LENGTH = re.compile(r"(?<=buffer\.slice\(0, )\d+(?=\))")
LINE = {
    "vi": "Ở đây là một trang tương tác. Hãy chạy ô này để dùng nó.",
    "en": "An interactive page stands here. Run this cell to use it.",
}


class PageMissing(ValueError):
    """A page that a notebook names is not there, or is not the one that it names."""


def folder() -> Path:
    return edition.ROOT / "notebooks" / "src" / "live"


def take_out(notebook: NotebookNode) -> None:
    """Put a still picture in the place of each living page that has weights, and the page into files."""
    language = notebook.metadata["vae_language"]
    for data in _html_outputs(notebook):
        data["text/html"] = PAGE.sub(lambda found: _at_rest(found, language), data["text/html"])


def put_back(notebook: NotebookNode) -> None:
    """Make the pages of a stored notebook whole. Raises PageMissing where a file is not there or has changed."""
    for data in _html_outputs(notebook):
        data["text/html"] = AT_REST.sub(_whole, data["text/html"])


def names_in(notebooks: Iterable[NotebookNode]) -> set[str]:
    """The files in folder() that these notebooks need."""
    outputs = (data["text/html"] for notebook in notebooks for data in _html_outputs(notebook))
    pages = {found["name"] for text in outputs for found in AT_REST.finditer(text)}
    return {f"{name}.page" for name in pages} | {
        f"{json.loads(_kept(name, 'page'))['weights']}.weights" for name in pages
    }


def prune(notebooks: Iterable[NotebookNode]) -> None:
    """Delete the files in folder() that none of these notebooks, all that there are, needs."""
    needed = names_in(notebooks)
    for path in folder().glob("*.*"):
        if path.name not in needed:
            path.unlink()


def _html_outputs(notebook: NotebookNode) -> Iterable[NotebookNode]:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return (output.data for output in outputs if "text/html" in output.get("data", {}))


def _at_rest(found: re.Match, language: str) -> str:
    frame = found["frame"]
    content = zlib.decompress(_bytes(LETTERS.search(frame)[0])[: int(LENGTH.search(frame)[0])], wbits=31)
    end = 4 + int.from_bytes(content[:4], "little")
    if not content[end:]:  # it has no weights, and so is no burden
        return found[0]
    page = {
        "frame": LETTERS.sub("", frame),
        "line": found["line"],
        "text": content[4:end].decode(),
        "weights": _keep(content[end:], "weights"),
    }
    name = _keep(json.dumps(page, ensure_ascii=False, sort_keys=True).encode(), "page")
    line = html.escape(LINE[language])
    return f'<div class="vae-page-at-rest" data-page="{name}"><p>{line}</p>{found["still"]}</div>'


def _whole(found: re.Match) -> str:
    page = json.loads(_kept(found["name"], "page"))
    content = packed(page["text"].encode(), _kept(page["weights"], "weights"))
    frame = LENGTH.sub(str(len(content)), LETTERS.sub(lambda _: letters(content), page["frame"]))
    return f"{frame}<div>{page['line']}{found['still']}</div>"


def _bytes(text: str) -> bytes:
    """The way back from vae_helpers.page.frame.letters."""
    digit = np.zeros(128, dtype=np.int64)
    digit[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(85)
    digits = digit[np.frombuffer(html.unescape(text).encode(), dtype=np.uint8)].reshape(-1, 5)
    return (digits @ (85 ** np.arange(4, -1, -1))).astype(">u4").tobytes()


def _name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _keep(content: bytes, kind: str) -> str:
    """Write a file of folder(), called by its content. Gives the name."""
    name = _name(content)
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / f"{name}.{kind}").write_bytes(zlib.compress(content, 9))
    return name


def _kept(name: str, kind: str) -> bytes:
    path = folder() / f"{name}.{kind}"
    try:
        content = zlib.decompress(path.read_bytes())
    except (OSError, zlib.error):
        content = b""
    if _name(content) != name:
        where = path.relative_to(edition.ROOT).as_posix()
        raise PageMissing(
            f"{where}: not there, or changed: `git restore {where}`, or build the lesson that shows it anew"
        )
    return content
