"""Code cells in lines that fit beside JupyterLab's file browser: ruff lays them out anew once they are in one language."""

import re
import subprocess
import sys
from functools import cache

import nbformat

WIDTH = 88  # characters; at 1280 pixels, file browser open, JupyterLab has room for a few more
LAYOUT_MARK = re.compile(r"[ \t]*# fmt: (?:skip|off|on)$", re.MULTILINE)  # for ruff, not for readers


def tidy(sources: list[str]) -> list[str]:
    """The same code cells as ruff format lays them out. Raises ValueError for a cell that is no Python."""
    return list(_laid_out(*sources)) if sources else []


@cache  # ruff is a process of its own
def _laid_out(*sources: str) -> tuple[str, ...]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["language_info"] = {"name": "python"}
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", f"--line-length={WIDTH}"]
    command += ["--stdin-filename=lesson.ipynb", "-"]
    result = subprocess.run(command, input=nbformat.writes(notebook), capture_output=True, text=True, encoding="utf-8")
    if result.returncode:
        raise ValueError(result.stderr.strip())
    cells = nbformat.reads(result.stdout, as_version=4).cells
    return tuple(LAYOUT_MARK.sub("", cell.source) for cell in cells)


def too_wide(source: str) -> list[str]:
    """The lines of a cell that are longer than WIDTH."""
    return [line for line in source.splitlines() if len(line) > WIDTH]
