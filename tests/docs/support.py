"""The documents, and what stands in them."""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")})
PAIRS = [(page, page.with_suffix(".vi.md")) for page in DOCUMENTS if page.with_suffix(".vi.md").exists()]
LESSONS = [*sorted(ROOT.glob("notebooks/??/*.ipynb")), *sorted(ROOT.glob("quiz/??/*.ipynb"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+?)\s*$", re.MULTILINE)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """The text of a document without its code blocks, or a notebook's text cells."""
    text = read(path)
    if path.suffix == ".ipynb":
        text = "\n\n".join(c.source for c in nbformat.reads(text, 4).cells if c.cell_type == "markdown")
    return FENCE.sub("", text)


def blocks(language: str) -> list[tuple[str, str]]:
    """[(document, code)] of every fenced block in a language."""
    return [(name(path), code) for path in DOCUMENTS for found, code in FENCE.findall(read(path)) if found == language]


def anchors(path: Path) -> list[str]:
    """The anchors that GitHub gives a document's headings, from the first to the last."""
    headings = [heading for _, heading in HEADING.findall(prose(path))]
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower() for heading in headings]
    return [re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain]
