"""Single-file lessons: each lesson with the helper package inside, to be opened on Colab or in an empty folder.

    python -m tools.colab dist/colab          dist/colab/vi/NN_name.ipynb … dist/colab/en/quiz.ipynb

The cells come from the sources, the outputs from the notebooks as they were built: what someone has typed into a lesson
never gets in. A file carries the package's code, and of its data only what the lesson's own cells use: the weights they
name, the question bank for the quiz. Its first code cell unpacks them and installs small packages that are missing;
PyTorch, torchvision and NumPy stay as they are. The same checkout gives the same bytes.
"""

import argparse
import ast
import base64
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from string import Template

from nbformat import NotebookNode
from packaging.requirements import Requirement

from .edition import ROOT, TEMPLATES, colab_address, pyproject, repository_url, sources
from .links import ledger_online, relink
from .one_language import LANGUAGES, resolve
from .stored import SEAL, NotPublishable, code_cells, code_of, published, write

KEPT = ("torch", "torchvision", "numpy")  # never installed, never changed by a lesson
MODULES = {"pillow": "PIL", "ipython": "IPython", "scikit-learn": "sklearn"}  # where import says another name than pip
LINE = 1000  # characters of the kit in one line: neither one huge line nor thousands


def packages() -> dict[str, str]:
    """What requirements.txt asks for, without what is KEPT: the name for pip → the name for import."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = [Requirement(line).name for line in lines if line.strip() and not line.startswith("#")]
    return {name: MODULES.get(name, name) for name in names if name not in KEPT}


def package_data() -> dict[str, Path]:
    """The package's files beside its code, as pyproject.toml lists them: name inside an installed package → where it is."""
    patterns = pyproject()["tool"]["setuptools"]["package-data"]["*"]
    found = (path for pattern in patterns for path in (ROOT / "vae_helpers").rglob(pattern))
    return {path.relative_to(ROOT).as_posix(): path for path in found}


def names_in(code: str) -> Callable[[str], bool]:
    """Says of a name whether the code has it, as a string or put together by an f-string such as f"ae-{d}d"."""
    nodes = list(ast.walk(ast.parse(code)))
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    patterns = []
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if len("".join(part or "" for part in parts)) >= 4:  # shorter ones may mean anything
                patterns.append("".join(".+" if part is None else re.escape(part) for part in parts))
    return lambda name: name in words or any(re.fullmatch(pattern, name) for pattern in patterns)


def needed_files(notebook: NotebookNode) -> dict[str, Path]:
    """The files that a lesson needs, by their names inside the kit: all code, and of the data what its cells use."""
    code = [code_of(cell) for cell in code_cells(notebook)[1:]]  # without the set-up cell
    named = names_in("\n".join(code))
    every_model = any("pretrained_names" in cell for cell in code)
    has_quiz = any(re.search(r"\bquiz\b", cell) for cell in code)
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "vae_helpers").rglob("*.py")}
    for name, path in package_data().items():
        room = name.split("/")[1]
        if room == "pretrained" and not (every_model or named(path.stem)):
            continue
        if room == "quiz" and not has_quiz:
            continue
        files[name] = path
    return files


def pack(files: dict[str, Path]) -> bytes:
    """A zip archive of the files: the same for the same contents, whenever and wherever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes())
    return packed.getvalue()


def setup_code(kit: bytes, language: str) -> str:
    """The first code cell of a file, with the kit in it."""
    template = resolve((TEMPLATES / "colab_setup.py.txt").read_text(encoding="utf-8"), language)
    text = base64.b64encode(kit).decode("ascii")
    return (
        Template(template)
        .substitute(
            kit="\n".join(text[start : start + LINE] for start in range(0, len(text), LINE)),
            digest=hashlib.sha256(kit).hexdigest(),
            language=language,
            packages=packages(),
            kept=KEPT,
        )
        .rstrip("\n")
    )


def single_file(source: Path, language: str) -> NotebookNode:
    """A lesson as one file that runs alone, with its outputs. Raises NotPublishable (see stored.published)."""
    return packed(published(source, language), language)


def packed(notebook: NotebookNode, language: str) -> NotebookNode:
    """A published lesson made into such a file."""
    setup = code_cells(notebook)[0]
    setup.source = setup_code(pack(needed_files(notebook)), language)
    url = repository_url()

    def alone(text: str, other: str, name: str, anchor: str) -> str:
        """A link for a file that is uploaded without the others: to Colab, or where there is no address no link."""
        if url:
            return f"[{text}]({colab_address(url, Path(name), other)})"
        return text if other == language else f"{text} (`{other}/{name}.ipynb`)"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = ledger_online(relink(cell.source, language, alone), url)
    del notebook.metadata[SEAL]  # this is another notebook
    return notebook


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.colab", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write: vi/ and en/ are made in it")
    folder = parser.parse_args().folder
    files, refused = {}, []
    for source in sources():
        for language in LANGUAGES:
            try:
                files[folder / language / f"{source.stem}.ipynb"] = single_file(source, language)
            except NotPublishable as error:
                refused.append(str(error))
    if refused:
        print("\n".join(refused), file=sys.stderr)
        return 1
    for path, notebook in files.items():
        write(notebook, path)
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
