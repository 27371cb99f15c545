"""Build the lessons: notebooks/src/*.py → notebooks/vi/*.ipynb and notebooks/en/*.ipynb; the quiz in quiz/ likewise.

    python -m tools.build                     build and execute every lesson and the quiz in both languages
    python -m tools.build 05 06 quiz          only these
    python -m tools.build --text 05           after a change of text alone: keep the outputs, execute nothing;
                                                   the figures' descriptions follow their captions
    python -m tools.build --check             say what is stale, differs between the languages or holds an error
    python -m tools.build --solutions FOLDER  write the solution edition (not executed) into FOLDER/vi, FOLDER/en

A source is a script in jupytext's percent format. Markdown cells carry lang="vi" or lang="en", code cells belong to
both languages. Between ### BEGIN SOLUTION and ### END SOLUTION (nbgrader's marks) stands what students write.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from . import alt_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks" / "src"
LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = r"\1# Viết lời giải của bạn ở đây · Write your solution here\n\1..."
PROGRESS_BAR = re.compile(r"\d+%\|")  # how tqdm's bars read as text
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
CELL_TIMEOUT = 600  # seconds

SETUP = """\
# Chuẩn bị: tìm gói trợ giúp của khóa học · Set-up: find the course's helper package
import importlib.util, sys
from pathlib import Path

if importlib.util.find_spec("vae_helpers") is None:
    sys.path += [str(folder) for folder in Path.cwd().parents if (folder / "vae_helpers").is_dir()]
"""
INSTALL = """\
if importlib.util.find_spec("vae_helpers") is None:
    # --no-deps: PyTorch và các gói có sẵn giữ nguyên · PyTorch and all that is there stay as they are
    small = " ".join(name for name in ("safetensors", "torchsummary") if importlib.util.find_spec(name) is None)
    %pip install --quiet --no-deps "vae-helpers @ git+{url}" {{small}}
"""


def repository_url() -> str:
    """The repository's address from pyproject.toml, without a slash at the end; "" while it is not set."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get("Repository", "").rstrip("/")


def sources() -> list[Path]:
    return [*sorted(SOURCES.glob("[0-9][0-9]_*.py")), ROOT / "quiz" / "src" / "quiz.py"]


def built_path(source: Path, language: str) -> Path:
    room = "quiz" if source.stem == "quiz" else "notebooks"
    return ROOT / room / language / f"{source.stem}.ipynb"


def make_notebook(source: Path, language: str, solutions: bool = False) -> NotebookNode:
    """One language's edition of a lesson, not executed. Raises ValueError for a cell without or with a wrong language."""
    script = jupytext.read(source, fmt="py:percent")
    cells = [header(source, language), nbformat.v4.new_code_cell(setup_code())]
    for number, cell in enumerate(script.cells, start=1):
        lang = cell.metadata.pop("lang", None)
        if cell.cell_type == "markdown" and lang not in LANGUAGES:
            raise ValueError(f"{source.name}, cell {number}: lang={lang!r}, expected one of {sorted(LANGUAGES)}.")
        if lang not in (None, language):
            continue
        if cell.cell_type == "code" and not solutions:
            cell.source = SOLUTION.sub(PLACEHOLDER, cell.source)
            if "### BEGIN SOLUTION" in cell.source or "### END SOLUTION" in cell.source:
                raise ValueError(f"{source.name}, cell {number}: a solution mark without its other half.")
        cells.append(cell)
    for number, cell in enumerate(cells):
        cell["id"] = f"{source.stem}-{number:03d}"  # fixed, so that a rebuild changes nothing that did not change
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "vae_language": language,
        }
    )
    return notebook


def header(source: Path, language: str) -> NotebookNode:
    """The first cell: the way to the other language and, once the repository has an address, the Colab badge."""
    links = [
        f"**{name}**" if code == language else f"[{name}](../{code}/{source.stem}.ipynb)"
        for code, name in LANGUAGES.items()
    ]
    text = " · ".join(links)
    url = repository_url()
    if url:
        page = url.removeprefix("https://github.com/")
        badge = "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        path = built_path(source, language).relative_to(ROOT).as_posix()
        text += f" · {badge}(https://colab.research.google.com/github/{page}/blob/main/{path})"
    return nbformat.v4.new_markdown_cell(text)


def setup_code() -> str:
    url = repository_url()
    return (SETUP + INSTALL.format(url=url) if url else SETUP).rstrip("\n")


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells with this interpreter's own kernel, in folder. Raises CellExecutionError at the first error."""
    own_kernels = KernelSpecManager(kernel_dirs=[str(Path(sys.prefix) / "share" / "jupyter" / "kernels")])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=own_kernels)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # no warnings of the kernel's about its own transport
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_progress_bar(output)]
    keep_shown_widgets(notebook)
    notebook.metadata.language_info = nbformat.from_dict({"name": "python"})  # not this machine's version


def keep_shown_widgets(notebook: NotebookNode) -> None:
    """Keep the state of the widgets that outputs show, with fixed ids, so that a saved lesson shows them without a kernel."""
    widgets = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE)
    views = [
        output.data[WIDGET_VIEW]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if WIDGET_VIEW in output.get("data", {})
    ]
    if not widgets or not views:
        return
    new_ids = {}  # in the order in which a reader meets them: the widgets shown, then what they are made of
    queue = [view["model_id"] for view in views]
    while queue:
        old = queue.pop(0)
        if old not in new_ids and old in widgets["state"]:
            new_ids[old] = f"widget-{len(new_ids):03d}"
            queue += re.findall(r"IPY_MODEL_([\w-]+)", json.dumps(widgets["state"][old]))
    text = json.dumps({old: widgets["state"][old] for old in new_ids})
    for old, new in new_ids.items():
        text = text.replace(old, new)
    for view in views:
        view["model_id"] = new_ids[view["model_id"]]
    notebook.metadata["widgets"] = {WIDGET_STATE: {**widgets, "state": json.loads(text)}}


def is_progress_bar(output: NotebookNode) -> bool:
    text = output.get("data", {}).get("text/plain", "") or output.get("text", "")
    is_widget = WIDGET_VIEW in output.get("data", {})
    return bool(PROGRESS_BAR.search(text)) and (is_widget or output.get("name") == "stderr")


def write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def build(source: Path) -> None:
    for language in LANGUAGES:
        path = built_path(source, language)
        print(f"{path.relative_to(ROOT)} …", flush=True)
        notebook = make_notebook(source, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        execute(notebook, path.parent)
        alt_text.stamp(notebook, language)
        write(notebook, path)


def rebuild_text(source: Path) -> None:
    """Put changed text into the built notebooks, with their outputs as they are. Raises ValueError if code has changed."""
    for language in LANGUAGES:
        path = built_path(source, language)
        built, notebook = nbformat.read(path, as_version=4), make_notebook(source, language)
        old, new = ([cell for cell in nb.cells if cell.cell_type == "code"] for nb in (built, notebook))
        if [code_of(cell) for cell in old[1:]] != [code_of(cell) for cell in new[1:]]:  # the set-up puts nothing out
            raise ValueError(f"{path.relative_to(ROOT)}: its code has changed as well, so it must be executed again.")
        for before, after in zip(old, new, strict=True):
            after.outputs, after.execution_count = before.outputs, before.execution_count
        notebook.metadata = built.metadata
        alt_text.stamp(notebook, language)
        write(notebook, path)


def code_of(cell: NotebookNode) -> str:
    """A code cell without its comments, which do not affect what it puts out; %pip and the like as plain Python."""
    return ast.unparse(ast.parse(TransformerManager().transform_cell(cell.source)))


def problems(source: Path) -> Iterator[str]:
    """What is wrong with the built notebooks of a source, one line each; nothing if they may be published."""
    editions = {language: make_notebook(source, language) for language in LANGUAGES}
    shapes = {language: [cell.cell_type for cell in edition.cells] for language, edition in editions.items()}
    if shapes["vi"] != shapes["en"]:
        yield f"{source.name}: the Vietnamese and the English edition have different cells, so a translation is missing"
    for language, edition in editions.items():
        path = built_path(source, language)
        name = path.relative_to(ROOT)
        if not path.exists():
            yield f"{name}: not built"
            continue
        built = nbformat.read(path, as_version=4)
        if [comparable(cell) for cell in built.cells] != [comparable(cell) for cell in edition.cells]:
            yield f"{name}: stale, its source has changed since (make notebooks)"
        for number, cell in enumerate(built.cells):
            if cell.cell_type != "code":
                continue
            if cell.execution_count is None:
                yield f"{name}, cell {number}: not executed"
            for output in cell.outputs:
                if output.output_type == "error":
                    yield f"{name}, cell {number}: holds the error {output.ename}"
                elif output.get("name") == "stderr":
                    yield f"{name}, cell {number}: holds text on stderr: {output.text[:60]!r}"
        yield from (f"{name}, {problem}" for problem in alt_text.problems(built, language))
    codes = [
        [
            cell.source
            for cell in nbformat.read(built_path(source, language), as_version=4).cells
            if cell.cell_type == "code"
        ]
        for language in LANGUAGES
        if built_path(source, language).exists()
    ]
    if len(codes) == len(LANGUAGES) and codes[0] != codes[1]:
        yield f"{source.name}: the code cells of the built notebooks differ between the languages"


def comparable(cell: NotebookNode) -> tuple:
    return cell.id, cell.cell_type, cell.source, tuple(cell.metadata.get("tags", []))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    parser.add_argument("--check", action="store_true", help="only report what is wrong")
    parser.add_argument("--text", action="store_true", help="only update the text, keep the outputs")
    parser.add_argument("--solutions", type=Path, metavar="FOLDER", help="write the solution edition here")
    arguments = parser.parse_args()
    chosen = [s for s in sources() if not arguments.lessons or s.stem.startswith(tuple(arguments.lessons))]
    if not chosen:
        parser.error(
            f"no lesson begins with {', '.join(arguments.lessons)}; there are {', '.join(s.stem for s in sources())}"
        )
    if arguments.check:
        found = [problem for source in chosen for problem in problems(source)]
        print("\n".join(found) or f"{len(chosen)} lessons: up to date in both languages.")
        return 1 if found else 0
    for source in chosen:
        if arguments.solutions:
            for language in LANGUAGES:
                folder = arguments.solutions / language
                write(make_notebook(source, language, solutions=True), folder / f"{source.stem}.ipynb")
        elif arguments.text:
            rebuild_text(source)
        else:
            build(source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
