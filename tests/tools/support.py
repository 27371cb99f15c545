"""A tiny lesson in a room of its own, for the tests of the builder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import edition, stored

ROOT = Path(__file__).resolve().parents[2]
SOURCES = edition.sources()
LESSONS = [source for source in SOURCES if source.stem != "quiz"]
EDITIONS = [(source, language) for source in SOURCES for language in edition.LANGUAGES]
NAMES = [f"{language}-{source.stem}" for source, language in EDITIONS]

LESSON = """\
# %% [markdown] lang="vi"
# # Bài
#
# *Câu hỏi?* Lời dẫn.
# %% [markdown] lang="en"
# # Lesson
#
# *A question?* An introduction.
# %% tags=["exercise"]
def f(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION
# %%
print(tr("kết quả", "result"), f(1))
"""


def write_source(folder, text=LESSON):
    source = folder / "99_test.py"
    source.write_text(text, encoding="utf-8")
    return source


def own_room(folder, monkeypatch):
    """The builder works in folder, which has no package and no address."""
    monkeypatch.setattr(edition, "ROOT", folder)
    shutil.copy(ROOT / "pyproject.toml", folder)
    monkeypatch.setattr(edition, "own_url", lambda: "")
    monkeypatch.setattr(edition, "package_version", lambda: "0.1")


def as_if_built(source, language):
    """The notebook of a lesson with an output in each code cell, sealed and written, without a kernel."""
    notebook = edition.make_notebook(source, language)
    for number, cell in enumerate(stored.code_cells(notebook), start=1):
        cell.execution_count = number
        if number > 1:
            cell.outputs = [nbformat.v4.new_output("stream", text=f"output {number}\n")]
    stored.write(stored.seal(notebook), edition.built_path(source, language))


def change(path, function):
    """Change a notebook as a reader does: by hand, and without a new seal."""
    notebook = stored.read(path)
    function(notebook)
    nbformat.write(notebook, path)


def type_in(path, text="return 42  # my own answer"):
    """An answer typed into the exercise, and a cell of the reader's own."""

    def edit(notebook):
        stored.code_cells(notebook)[1].source = f"def f(x):\n    {text}"
        notebook.cells.append(nbformat.v4.new_code_cell("my_own_cell = 1"))

    change(path, edit)


def commit_all(folder):
    if not shutil.which("git"):
        pytest.skip("there is no git on this machine")
    git = ["git", "-c", "user.name=test", "-c", "user.email=test", "-c", "init.defaultBranch=main"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def run_alone(code, folder, **environment):
    """Run code in folder with this Python's standard library alone: no package is installed there."""
    room = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VAE_"))}
    room |= {"PYTHONIOENCODING": "utf-8", **environment}
    command = [sys.executable, "-S", "-"]
    return subprocess.run(command, input=code, cwd=folder, env=room, capture_output=True, text=True, encoding="utf-8")
