"""Build the lessons: notebooks/src/*.py → notebooks/vi/*.ipynb and notebooks/en/*.ipynb; the quiz in quiz/ likewise.

python -m tools.build                     build and execute every lesson and the quiz in both languages
python -m tools.build 05 06 quiz          only these
python -m tools.build --text 05           after a change of text alone: keep the outputs, execute nothing;
                                          the figures' descriptions follow their captions
python -m tools.build --check             say what is stale, differs between the languages or holds an error
python -m tools.build --solutions FOLDER  write the solution edition (not executed) into FOLDER/vi, FOLDER/en
"""

import argparse
import sys
from pathlib import Path

from vae_helpers import data

from . import alt_text, living
from .edition import ROOT, SOURCES, built_path, make_notebook, sources
from .execution import execute
from .light import lighten
from .links import relink
from .one_language import LANGUAGES
from .stored import (
    committed,
    is_as_built,
    name_of,
    problems,
    read,
    same_code,
    seal,
    with_outputs,
    write,
)

__all__ = [
    "LANGUAGES",
    "ROOT",
    "SOURCES",
    "built_path",
    "execute",
    "make_notebook",
    "sources",
    "write",
]  # for other rooms


def build(source: Path) -> None:
    """Execute a lesson in both languages, and write it with its outputs."""
    for language in LANGUAGES:
        path = built_path(source, language)
        print(f"{name_of(path)} …", flush=True)
        notebook = make_notebook(source, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        execute(notebook, path.parent)
        alt_text.stamp(notebook)
        lighten(notebook)
        living.take_out(notebook)
        write(seal(notebook), path)


def rebuild_text(source: Path) -> None:
    """Put changed text into the built notebooks, with their outputs as they are.

    Raises ValueError if code has changed beyond its comments and layout, or if a reader has run a notebook or typed
    into it and git does not hold the one that was built.
    """
    for language in LANGUAGES:
        path = built_path(source, language)
        built, notebook = read(path), make_notebook(source, language)
        if not is_as_built(built):
            built = committed(path) or built
        if not is_as_built(built):
            raise ValueError(f"{name_of(path)}: run or edited by hand since it was built: git restore {name_of(path)}")
        if not same_code(built, notebook, language):
            raise ValueError(f"{name_of(path)}: its code has changed as well, so it must be executed again.")
        with_outputs(notebook, built)
        lighten(notebook)
        write(seal(notebook), path)


def prune() -> None:
    """Delete the living pages that no built notebook shows any more; none where somebody's own run stands in a built one's
    place, for git may hold what needs them."""
    paths = (built_path(source, language) for source in sources() for language in LANGUAGES)
    notebooks = [read(path) for path in paths if path.exists()]
    if all(map(is_as_built, notebooks)):
        living.prune(notebooks)


def write_solutions(source: Path, folder: Path) -> None:
    """The solution edition of a lesson in both languages. All files of a language lie in one folder; the quiz has none."""
    for language in LANGUAGES:

        def beside(text: str, other: str, name: str, anchor: str, language: str = language) -> str:
            if name == "quiz":
                return text
            return f"[{text}]({'' if other == language else f'../{other}/'}{name}.ipynb{anchor})"

        notebook = make_notebook(source, language, solutions=True)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relink(cell.source, language, beside)
        write(notebook, folder / language / f"{source.stem}.ipynb")


def choose(lessons: list[str], parser: argparse.ArgumentParser) -> list[Path]:
    """The sources whose names begin so; all if none is given. Ends the command if there is none."""
    chosen = [source for source in sources() if not lessons or source.stem.startswith(tuple(lessons))]
    if not chosen:
        names = ", ".join(source.stem for source in sources())
        parser.error(f"no lesson begins with {', '.join(lessons)}; there are {names}")
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    parser.add_argument("--check", action="store_true", help="only report what is wrong")
    parser.add_argument("--text", action="store_true", help="only update the text, keep the outputs")
    parser.add_argument("--solutions", type=Path, metavar="FOLDER", help="write the solution edition here")
    arguments = parser.parse_args()
    chosen = choose(arguments.lessons, parser)
    if arguments.check:
        found = [problem for source in chosen for problem in problems(source)]
        print("\n".join(found) or f"{len(chosen)} lessons: up to date in both languages.")
        return 1 if found else 0
    try:
        if not (arguments.solutions or arguments.text):
            data.load_mnist(fallback=False)  # a stored lesson shows MNIST: without it, an error that says how to get it
        for source in chosen:
            if arguments.solutions:
                if source.stem != "quiz":  # its answers are in the bank
                    write_solutions(source, arguments.solutions)
            elif arguments.text:
                rebuild_text(source)
            else:
                build(source)
        if not arguments.solutions:
            prune()
    except (ValueError, data.DataError) as error:  # about a source or a built notebook, which it names; or MNIST
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
