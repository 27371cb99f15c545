"""What the built notebooks hold: whether they are as they were built, what is wrong with them, what may be published.

A built notebook carries a seal over its cells, outputs and widgets. Whoever runs a lesson in place or types into it
breaks the seal; then the notebook is the reader's own and no longer published, checked or copied from.
"""

import ast
import hashlib
import io
import json
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from . import alt_text, edition, living
from .edition import built_path, make_notebook
from .one_language import LANGUAGES, resolve
from .tidy import LAYOUT_MARK

SEAL = "vae_seal"
RESTORE = "`git restore notebooks quiz` puts the built ones back"


class NotPublishable(ValueError):
    """A lesson whose built notebook may not be published; the message says why, and what to do."""


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def name_of(path: Path) -> str:
    return path.relative_to(edition.ROOT).as_posix()


# ------------------------------------------------------------------------------------------------------- the seal


def seal(notebook: NotebookNode) -> NotebookNode:
    """Mark the notebook as it was built, by a digest of all that a page of it would show."""
    notebook.metadata[SEAL] = digest(notebook)
    return notebook


def is_as_built(notebook: NotebookNode) -> bool:
    return notebook.metadata.get(SEAL) == digest(notebook)


def digest(notebook: NotebookNode) -> str:
    shown = [
        [cell.id, cell.cell_type, cell.source, list(map(_shown, cell.get("outputs", [])))] for cell in notebook.cells
    ]
    text = json.dumps([shown, notebook.metadata.get("widgets", {})], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shown(output: NotebookNode) -> list:
    """An output without what an editor may add: its execution count and its metadata."""
    return [output.output_type, *(output.get(key) for key in ("name", "text", "data", "ename", "evalue"))]


# ---------------------------------------------------------------------------------------------------------- code


def code_of(cell: NotebookNode, language: str = "en") -> str:
    """A code cell without its comments and its layout, in one language; %pip and the like as plain Python."""
    return _bare(resolve(cell.source, language))


@cache
def _bare(code: str) -> str:
    return ast.unparse(ast.parse(TransformerManager().transform_cell(code)))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def same_code(one: NotebookNode, other: NotebookNode, language: str) -> bool:
    """Whether both hold the same code cells, whatever their comments and layout. The set-up cell, which puts nothing out,
    does not count."""
    return [code_of(cell, language) for cell in code_cells(one)[1:]] == [
        code_of(cell, language) for cell in code_cells(other)[1:]
    ]


def comparable(cell: NotebookNode) -> tuple:
    """A cell as its source gives it; of the layout of code only the comments count, for ruff's versions differ."""
    if cell.cell_type != "code":
        return cell.id, cell.cell_type, cell.source, tuple(cell.metadata.get("tags", []))
    code = LAYOUT_MARK.sub("", TransformerManager().transform_cell(cell.source))
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    comments = tuple(token.string for token in tokens if token.type == tokenize.COMMENT)
    return cell.id, cell.cell_type, code_of(cell), comments, tuple(cell.metadata.get("tags", []))


# ----------------------------------------------------------------------------------------------------- publishing


def published(source: Path, language: str, url: str | None = None) -> NotebookNode:
    """A lesson to be published: its cells from the source, its outputs from the notebook as it was built, its living pages whole.

    url: the repository whose badge it gets, see make_notebook.
    That is the notebook in the checkout, or, where someone has run it or typed into it, the one that git holds.
    Raises NotPublishable where neither has the outputs of this code, or where they hold an error.
    """
    path, lesson = built_path(source, language), make_notebook(source, language, url=url)
    cure = f"make notebooks LESSONS={source.stem.split('_')[0]}"
    here = read(path) if path.exists() else None
    for stored in (here, committed(path)):
        if stored is not None and is_as_built(stored) and same_code(stored, lesson, language):
            if stored is not here:
                print(f"{name_of(path)}: run or edited by hand; as it was built, it is taken from git")
            try:
                living.put_back(stored)
            except living.PageMissing as error:
                raise NotPublishable(f"{name_of(path)}: {error}") from None
            with_outputs(lesson, stored)
            if found := list(faults(lesson)):
                raise NotPublishable("\n".join(f"{name_of(path)}, {fault}: {cure}" for fault in found))
            return lesson
    if here is None:
        raise NotPublishable(f"{name_of(path)}: not built: {cure}")
    if is_as_built(here):
        raise NotPublishable(f"{name_of(path)}: the code of its source has changed since it was built: {cure}")
    raise NotPublishable(
        f"{name_of(path)}: run or edited by hand since it was built: {RESTORE}, or build it anew: {cure}"
    )


def committed(path: Path) -> NotebookNode | None:
    """The notebook as git's last commit holds it; None where there is no git, no commit or no such file in it."""
    try:
        command = ["git", "show", f"HEAD:./{path.name}"]
        result = subprocess.run(command, cwd=path.parent, capture_output=True, check=True)
        return nbformat.reads(result.stdout.decode("utf-8"), as_version=4)
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError, nbformat.reader.NotJSONError):
        return None


def with_outputs(lesson: NotebookNode, stored: NotebookNode) -> NotebookNode:
    """The lesson with the outputs of a notebook that holds the same code, and descriptions of its figures."""
    for cell, before in zip(code_cells(lesson), code_cells(stored), strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    alt_text.stamp(lesson)
    return seal(lesson)


# ------------------------------------------------------------------------------------------------------- problems


WITHOUT_MNIST = re.compile(r"MNIST is not available|Không dùng được MNIST")  # data's notice


def faults(notebook: NotebookNode) -> Iterator[str]:
    """What a published notebook must not hold."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            yield f"cell {number}: not executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number}: holds the error {output.ename}"
            elif output.get("name") == "stderr":
                yield f"cell {number}: holds text on stderr: {output.text[:60]!r}"
            elif WITHOUT_MNIST.search(output.get("text", "")):
                yield f"cell {number}: was built without MNIST, on other digits: set VAE_DATA_DIR and build it again"
    yield from alt_text.problems(notebook)


def problems(source: Path) -> Iterator[str]:
    """What is wrong with the built notebooks of a source, one line each; nothing if they may be published."""
    editions = {language: make_notebook(source, language) for language in LANGUAGES}
    shapes = {language: [cell.cell_type for cell in lesson.cells] for language, lesson in editions.items()}
    if shapes["vi"] != shapes["en"]:
        yield f"{source.name}: the Vietnamese and the English edition have different cells, so a translation is missing"
    number = source.stem.split("_")[0]
    for language, lesson in editions.items():
        path = built_path(source, language)
        built = read(path) if path.exists() else None
        if built is None:
            yield f"{name_of(path)}: not built: make notebooks LESSONS={number}"
        elif not is_as_built(built):
            yield f"{name_of(path)}: run or edited by hand since it was built: {RESTORE}"
        elif not same_code(built, lesson, language):
            yield f"{name_of(path)}: the code of its source has changed since it was built: make notebooks LESSONS={number}"
        elif list(map(comparable, built.cells)) != list(map(comparable, lesson.cells)):
            yield f"{name_of(path)}: its text has changed since it was built: python -m tools.build --text {number}"
        else:
            yield from (f"{name_of(path)}, {fault}" for fault in faults(built))
            try:
                living.put_back(built)
            except living.PageMissing as error:
                yield f"{name_of(path)}: {error}"
