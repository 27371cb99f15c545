"""One language's edition of a lesson, made from its source: notebooks/src/NN_name.py → an nbformat notebook, not executed.

A source is a script in jupytext's percent format. Markdown cells carry lang="vi" or lang="en", code cells belong to
both languages and hold their texts as tr("…", "…"). Between ### BEGIN SOLUTION and ### END SOLUTION (nbgrader's marks)
stands what students write.
"""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from string import Template

import jupytext
import nbformat
from nbformat import NotebookNode

from .links import CLAIM, claim_link, way
from .one_language import LANGUAGES, resolve
from .tidy import tidy

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks" / "src"
TEMPLATES = Path(__file__).resolve().parent / "templates"
COLAB = "https://colab.research.google.com"
GITHUB = re.compile(
    r"(?:https://(?:[^@/]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
BUILT = "built"  # the branch of the notebooks with the badges of the repository they lie in (tools/branch.py)
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = {"vi": "Viết lời giải của bạn ở đây", "en": "Write your solution here"}
NBGRADER = {"solution": True, "grade": False, "locked": False, "task": False, "schema_version": 3, "cell_type": "code"}
SOLUTIONS = {
    "vi": ("Lời giải", "*Dành cho giảng viên: các bài tập của bài học này kèm lời giải. Notebook này chưa được chạy.*"),
    "en": ("Solutions", "*For instructors: the exercises of this lesson with their solutions. This notebook is not executed.*"),
}  # fmt: skip
PAGE = {"vi": "Trang web", "en": "Web page"}
NARROW = {
    "vi": "Đọc bài này trên trang web, vừa với màn hình điện thoại",
    "en": "Read this lesson on its web page, made for a phone",
}
SETUP = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # JupyterLab and Colab fold its code away


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def own_url() -> str:
    """The repository's address from pyproject.toml, without a slash at the end; "" while it is not set.

    The notebooks that the repository keeps hold this one, so that they are the same in everybody's clone.
    """
    return pyproject()["project"].get("urls", {}).get("Repository", "").rstrip("/")


def repository_url() -> str:
    """The address of this copy of the repository, for what is published from it: on GitHub that of the repository in which a
    workflow runs (GITHUB_REPOSITORY), elsewhere that of the remote called origin, if it lies on GitHub; else own_url()."""
    name = os.environ.get("GITHUB_REPOSITORY")
    if name is not None:  # an empty one: none
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}" if name else own_url()
    command = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
    try:
        remote = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:  # no git
        remote = ""
    found = GITHUB.fullmatch(remote)
    return f"https://github.com/{found['name']}" if found else own_url()


def site_url(url: str) -> str:
    """Where GitHub Pages shows the site of the repository at url; "" for one that does not lie on GitHub."""
    if not url.startswith("https://github.com/"):
        return ""
    owner, name = url.removeprefix("https://github.com/").split("/")
    home = f"{owner.lower()}.github.io"
    return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


def package_version() -> str:
    """The version of vae_helpers that lies beside the lessons, such as "0.2.0"."""
    text = (ROOT / "vae_helpers" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(\d+(?:\.\d+)*)"$', text, re.MULTILINE)[1]


def sources() -> list[Path]:
    return [*sorted(SOURCES.glob("[0-9][0-9]_*.py")), ROOT / "quiz" / "src" / "quiz.py"]


def built_path(source: Path, language: str) -> Path:
    room = "quiz" if source.stem == "quiz" else "notebooks"
    return ROOT / room / language / f"{source.stem}.ipynb"


def make_notebook(source: Path, language: str, solutions: bool = False, url: str | None = None) -> NotebookNode:
    """One language's edition of a lesson, not executed. With solutions: the edition for instructors, which says so.

    url: the repository whose badge and install line it gets; None: own_url(), as in the notebooks that are kept.
    Raises ValueError, with the name of the source, for a cell without or with a wrong language, a solution mark without
    its other half, code that is no Python, a tr(…) that does not hold two strings, a lesson without a title.
    """
    cells = own_cells(source, language, solutions)
    title, lines, text = cells[0].source.partition("\n") if cells else ("", "", "")
    if not title.startswith("# ") or cells[0].cell_type != "markdown":
        raise ValueError(f"{source.name}: the first {language} cell must begin with the lesson's title: # …")
    stations = [(built_path(other, language), title_of(other, language)) for other in sources() if other.exists()]
    place = way(built_path(source, language), stations, language)
    url = own_url() if url is None else url
    below = [links(source, language, url), place, text.strip("\n")]
    if solutions:
        name, note = SOLUTIONS[language]
        title, below = f"{title} · {name}", [note, *below]
    opening, *sections = re.split(
        r"^(?=## )", "\n\n".join(filter(None, [title, *below])), maxsplit=1, flags=re.MULTILINE
    )
    cells[0].source = opening.rstrip("\n")
    setup = nbformat.v4.new_code_cell(setup_code(language, url, source.stem), metadata=SETUP)
    cells[1:1] = [setup, *map(nbformat.v4.new_markdown_cell, sections)]
    cells.append(nbformat.v4.new_markdown_cell(f"---\n{place}"))
    for number, cell in enumerate(cells):
        cell["id"] = f"{source.stem}-{number:03d}"  # fixed, so that a rebuild changes nothing that did not change
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "vae_language": language,
        }
    )
    if solutions:
        for cell in notebook.cells:
            if "### BEGIN SOLUTION" in cell.source:
                cell.metadata["nbgrader"] = NBGRADER | {"grade_id": cell["id"]}
        notebook.metadata |= {"title": title.removeprefix("# "), "vae_edition": "solutions"}
    return notebook


def own_cells(source: Path, language: str, solutions: bool) -> list[NotebookNode]:
    """The cells of a source that belong to a language, their code in that language and laid out; only their tags stay."""
    cells = []
    for number, cell in enumerate(jupytext.read(source, fmt="py:percent").cells, start=1):
        where = f"{source.name}, cell {number}"
        lang = cell.metadata.get("lang")
        if cell.cell_type == "markdown" and lang not in LANGUAGES:
            raise ValueError(f"{where}: lang={lang!r}, expected one of {sorted(LANGUAGES)}.")
        if lang not in (None, language):
            continue
        if cell.cell_type == "code":
            cell.source = code_in(cell.source, language, solutions, where)
        else:
            cell.source = CLAIM.sub(partial(claim_link, language=language), cell.source)
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
        cells.append(cell)
    code = [cell for cell in cells if cell.cell_type == "code"]
    try:
        for cell, text in zip(code, tidy([cell.source for cell in code]), strict=True):
            cell.source = text
    except ValueError as error:
        raise ValueError(f"{source.name}: {error}") from error
    return cells


def code_in(code: str, language: str, solutions: bool, where: str) -> str:
    """A code cell in one language; without solutions, a comment and … in the place of each."""
    if not solutions:
        code = SOLUTION.sub(rf"\1# {PLACEHOLDER[language]}\n\1...", code)
        if "### BEGIN SOLUTION" in code or "### END SOLUTION" in code:
            raise ValueError(f"{where}: a solution mark without its other half.")
    try:
        return resolve(code, language)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def title_of(source: Path, language: str) -> str:
    """A lesson's title in a language, as its source has it."""
    text = source.read_text(encoding="utf-8")
    found = re.search(rf'^# %% \[markdown\] lang="{language}"\n# # (.+)$', text, re.MULTILINE)
    return found[1] if found else source.stem


def links(source: Path, language: str, url: str) -> str:
    """The line below the title: the way to the other language and, once the repository has an address, its page and the badge."""
    names = [
        f"**{name}**" if code == language else f"[{name}](../{code}/{source.stem}.ipynb)"
        for code, name in LANGUAGES.items()
    ]
    if url:
        if site := site_url(url):
            names.append(f"[{PAGE[language]}]({site}{language}/{source.stem}.html)")
        names.append(f"[![Open In Colab]({COLAB}/assets/colab-badge.svg)]({colab_address(url, source, language)})")
    return " · ".join(names)


def colab_address(url: str, source: Path, language: str) -> str:
    """Where Colab opens a lesson from the repository at url: from its main branch if that holds the badges, else from BUILT."""
    path, branch = built_path(source, language).relative_to(ROOT).as_posix(), "main" if url == own_url() else BUILT
    return f"{COLAB}/github/{url.removeprefix('https://github.com/')}/blob/{branch}/{path}"


def setup_code(language: str, url: str | None = None, name: str = "") -> str:
    """The cell below the title: it finds vae_helpers, on Colab installs it, and says so if it is too old for the lesson.

    It is installed from the repository at url (None: own_url()), or, where the environment says VAE_RELEASED, from the index.
    In a narrow window it points to the page of the lesson called name, where the repository has one on the web.
    """
    url, version = own_url() if url is None else url, package_version()
    wanted = f"vae-helpers=={version}" if os.environ.get("VAE_RELEASED") else f"vae-helpers @ git+{url}"
    template = Template((TEMPLATES / "install.py.txt").read_text(encoding="utf-8"))
    install = template.substitute(wanted=wanted) if url else ""
    text = Template((TEMPLATES / "setup.py.txt").read_text(encoding="utf-8")).substitute(
        install=install, version=version, numbers=[int(number) for number in version.split(".")]
    )
    if url and name and (site := site_url(url)):
        page = f"{site}{language}/{name}.html"
        text += f'\nfrom vae_helpers.page import narrow_window\n\nnarrow_window("{page}", "{NARROW[language]}")\n'
    return tidy([resolve(text, language)])[0]
