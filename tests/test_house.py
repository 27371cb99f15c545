"""The house rules that a machine can hold: sizes, imports that run one way, tests that mirror the tree, docstrings that
name their lesson, scripts and styles in files. A test that fails prints one line for each place."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import vae_helpers

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("vae_helpers", "tools", "instructor", "benchmarks", "tests", "notebooks", "quiz", "docs")
TOP = ("*.md", "*.py", "*.toml", "Makefile", ".ci/*", ".github/workflows/*", ".binder/*", ".devcontainer/*")
TEXT = {".py", ".js", ".css", ".md", ".toml", ".yml", ".json", ".html", ".j2", ".cfg", ".sh", ".txt", ".csv", ""}

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
LONG = {  # files that may be longer, and why
    "notebooks/src/*.py": "a lesson's source holds its text in two languages",
    "notebooks/glossary.csv": "a table: a line for each term",
    "quiz/questions.json": "the question bank, in two languages",
    "vae_helpers/quiz/bank.json": "the question bank as it is installed",
    "benchmarks/results/*.json": "measured numbers",
    "benchmarks/results/pretrained/cards.json": "how each network was trained",
    "benchmarks/claims/lesson_*.py": "an entry for each claim of a lesson, in two languages",
    "docs/CLAIMS*.md": "written by the claims ledger, an entry for each claim",
}
UNTESTED = {  # files of the package without a test file of their own, and why
    "vae_helpers/py.typed": "empty",
}


@cache
def files(*suffixes: str) -> list[Path]:
    """The files of the course with these suffixes; what is built or downloaded is left out."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if not hidden(path)]
    found += [path for pattern in TOP for path in ROOT.glob(pattern)]
    return sorted(path for path in found if path.is_file() and path.suffix in suffixes)


def hidden(path: Path) -> bool:
    """Does it lie in a folder that a program made for itself, such as __pycache__ or .ruff_cache?"""
    return any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(ROOT).parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def nothing(found) -> None:
    """Fail with a line for each thing found."""
    if found := list(found):
        pytest.fail(f"{len(found)} places:\n" + "\n".join(found), pytrace=False)


# ------------------------------------------------------------------------------------------------------ sizes


def test_no_file_is_longer_than_a_reader_bears():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files(*TEXT)}
    nothing(
        f"{name(path)}: {length} lines"
        for path, length in lengths.items()
        if length > MOST_LINES and not any(path.relative_to(ROOT).match(pattern) for pattern in LONG)
    )


def lengths_of_functions(path: Path):
    """(name, line, lines without the docstring) of every function, also of those within others."""
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            without = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1 - without


def test_no_function_is_longer_than_a_screen():
    nothing(
        f"{name(path)}:{line}: {function}: {lines} lines"
        for path in files(".py")
        for function, line, lines in lengths_of_functions(path)
        if lines > MOST_LINES_OF_A_FUNCTION
    )


def test_a_docstring_does_not_count_and_an_inner_function_does(tmp_path):
    path = tmp_path / "long.py"
    path.write_text('def f():\n    """One.\n\n    Two."""\n    def g():\n        return 1\n    return g\n')
    assert list(lengths_of_functions(path)) == [("f", 1, 4), ("g", 5, 2)]


# ---------------------------------------------------------------------------------------------------- imports

ROOMS = {  # room → the rooms that it may import; private files (_name.py) may be used by all, and use only each other
    "data": set(),
    "losses": set(),
    "metrics": set(),
    "diagrams": set(),
    "page": {"data", "metrics", "plots"},
    "models": {"losses"},
    "training": {"data", "losses"},
    "plots": {"data", "models", "training"},
    "widgets": {"data", "page", "plots"},
    "checks": {"losses", "metrics"},
    "quiz": {"page"},
}
FOLDERS_USE = {  # folder → the other folders whose code it may import
    "vae_helpers": set(),
    "tools": {"vae_helpers"},
    "instructor": {"tools", "vae_helpers"},
    "benchmarks": {"instructor", "tools", "vae_helpers"},
}


def imports(path: Path):
    """(line, "vae_helpers.losses" or the like) of everything of the course that a file imports when it runs."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for_editors = {
        inner
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree(path)):
        if node in for_editors:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}" if is_module(f"{module}.{alias.name}") else module


def is_module(dotted: str) -> bool:
    place = ROOT.joinpath(*dotted.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "vae_helpers").parts[0].removesuffix(".py")


def wrong_imports(path: Path):
    room = room_of(path)
    allowed = {room} if room.startswith("_") else {room, *ROOMS.get(room, set())}
    for line, module in imports(path):
        first, *rest = module.split(".")
        if first == "vae_helpers" and rest and rest[0] not in allowed and not rest[0].startswith("_"):
            yield f"{name(path)}:{line}: {room} imports {rest[0]}"


def test_rooms_import_only_what_lies_below_them():
    nothing(line for path in files(".py") if name(path).startswith("vae_helpers/") for line in wrong_imports(path))


def test_every_room_has_its_place_in_the_order():
    rooms = {room_of(p) for p in files(".py") if name(p).startswith("vae_helpers/")}
    assert {room for room in rooms if not room.startswith("_")} == set(ROOMS)
    TopologicalSorter(ROOMS).prepare()  # a circle in the table itself


def test_no_files_import_each_other_in_a_circle():
    graph = {}
    for path in files(".py"):
        if path.parts[len(ROOT.parts)] in FOLDERS_USE:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            graph[module] = {other for _, other in imports(path) if other != module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        nothing([" → ".join(error.args[1])])


@pytest.mark.parametrize("folder", FOLDERS_USE)
def test_folders_import_one_way(folder):
    foreign = {"vae_helpers", "tools", "instructor", "benchmarks", "tests"} - FOLDERS_USE[folder] - {folder}
    nothing(
        f"{name(path)}:{line}: imports {module}"
        for path in files(".py")
        if name(path).startswith(f"{folder}/")
        for line, module in imports(path)
        if module.split(".")[0] in foreign
    )


def test_nobody_changes_where_python_looks():
    pattern = re.compile(r"sys\.path\.(insert|append|extend)")
    nothing(
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in files(*TEXT, ".ipynb")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    )


def test_the_package_does_not_open_windows():
    """matplotlib.pyplot keeps every figure and may choose a window; the package makes its figures itself."""
    nothing(
        f"{name(path)}:{line}: imports {module}"
        for path in files(".py")
        if name(path).startswith("vae_helpers/")
        for line, module in plain_imports(path)
        if module.startswith("matplotlib.pyplot")
    )


def plain_imports(path: Path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


# ------------------------------------------------------------------------------------------------------ tests


def test_every_file_of_the_package_has_its_tests():
    """vae_helpers/training/log.py: tests/training/test_log.py. Private files are tested through those that use them."""
    missing = []
    for path in files(".py"):
        if name(path).startswith("vae_helpers/") and not path.name.startswith("_") and name(path) not in UNTESTED:
            inside = path.relative_to(ROOT / "vae_helpers")
            test = ROOT / "tests" / inside.parent / f"test_{inside.name}"
            missing += [] if test.exists() else [f"{name(path)}: there is no {name(test)}"]
    nothing(missing)


def test_no_exception_has_outlived_its_file():
    stale = [pattern for pattern in LONG if not list(ROOT.glob(pattern)) and "quiz" not in pattern]
    nothing(stale + [path for path in UNTESTED if not (ROOT / path).exists()])


# -------------------------------------------------------------------------------------------------- docstrings


def plain(heading: str) -> str:
    """A heading without formulas' and code's marks, and without the number or the emoji before it."""
    return re.sub(r"^[\W\d_]+", "", re.sub(r"[$`*\\]", "", heading)).strip()


@cache
def headings(lesson: str) -> list[str]:
    """The English headings of a lesson, plain; its title also without "Lesson NN". Empty where there is no such lesson."""
    found = []
    for path in ROOT.glob(f"notebooks/src/{lesson}_*.py"):
        for cell in re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if 'lang="en"' in cell.split("\n")[0]:
                found += re.findall(r"^# #{1,6} (.+)$", cell, re.MULTILINE)
    return [plain(h) for h in found] + [plain(re.sub(r"^Lesson \d\d", "", h)) for h in found]


def fault_of(docstring: str | None) -> str:
    """What is wrong with a docstring's last line; "" if it names a lesson and a heading in it, or the beginning of one."""
    last = (docstring or "").strip().splitlines()[-1:] or [""]
    match = re.fullmatch(r"Lesson (\d\d): (\S.*\S)", last[0].strip())
    if not match:
        return "the last line names no lesson"
    lesson, heading = match[1], plain(match[2])
    if not headings(lesson):
        return f"there is no lesson {lesson}"
    known = any(re.match(re.escape(heading) + r"(?!\w)", other) for other in headings(lesson))
    return "" if known and len(heading) > 3 else f"lesson {lesson} has no heading {match[2]!r}"


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_end_with_the_lesson_that_explains_the_thing(room):
    module = getattr(vae_helpers, room)
    names, faults = getattr(module, "__all__", []), {}
    assert names or room == "page", "a room tells its public names in __all__"
    for public in names:
        thing = getattr(module, public)
        if callable(thing) and getattr(thing, "__module__", "").startswith("vae_helpers"):
            faults[public] = fault_of(vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__)
    nothing(f"{room}.{public}: {fault}" for public, fault in faults.items() if fault)


@pytest.mark.parametrize(
    ("docstring", "fault"),
    [
        ("The sum.\n\nLesson 04: The loss", ""),
        ("The sum.\n\n    Lesson 04: The KL part", ""),
        ("The sum.\n\nLesson 04: From log p(x) to the ELBO", ""),
        ("The sum.\n\nLesson 04: The loss.", "has no heading"),
        ("The sum.\n\nLesson 04: The KL par", "has no heading"),
        ("The sum.\n\nLesson 04: Phần KL", "has no heading"),
        ("The sum.\n\nLesson 99: The loss", "no lesson 99"),
        ("Lesson 04: The loss\n\nThe sum.", "names no lesson"),
        ("The sum. Lesson 04: The loss", "names no lesson"),
        (None, "names no lesson"),
    ],
)
def test_the_last_line_is_read_as_meant(monkeypatch, docstring, fault):
    known = ["## 2 · The KL part, in three ways", "# 🚀 Lesson 04 · The loss", r"## From $\log p(x)$ to the `ELBO`"]
    known = [h.lstrip("# ") for h in known]
    told = [plain(h) for h in known] + [plain(re.sub(r"^🚀 Lesson \d\d", "", h)) for h in known]
    monkeypatch.setitem(globals(), "headings", lambda lesson: told if lesson == "04" else [])
    assert fault_of(docstring) == fault if not fault else fault in fault_of(docstring)


# --------------------------------------------------------------------------------------- scripts and styles

FOREIGN = re.compile(
    r"<(style|script)\b[^>]*>\s*[^\s<]"  # text between the tags
    r"|\bon[a-z]+=[\"'][^\"']"  # a handler's code
    r"|addEventListener|querySelector|\bdocument\.|\bwindow\."
    r"|[\w.#\])-]\s*\{\s*[a-z-]+\s*:[^{}]*\}"  # a rule of CSS
)


DRIVING = {"evaluate", "evaluate_all", "wait_for_function"}  # Playwright's own way to look into a page


def foreign_strings(path: Path):
    """(line, text) of the strings of a file that hold JavaScript or CSS; docstrings aside."""
    aside = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in DRIVING:
            aside |= {id(argument) for argument in node.args}
    for node in ast.walk(tree(path)):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in aside else None
        found = FOREIGN.search(text) if isinstance(text, str) else None
        if found:
            yield node.lineno, found[0]


def test_scripts_and_styles_live_in_files():
    nothing(
        f"{name(path)}:{line}: {text[:60]!r}"
        for path in files(".py")
        if name(path).split("/")[0] in ("vae_helpers", "tools", "instructor")
        for line, text in foreign_strings(path)
    )


@pytest.mark.parametrize(
    ("code", "is_foreign"),
    [
        ("'<style>p{color:red}</style>'", True),
        ("'<b onclick=\"go()\">'", True),
        ("'x.addEventListener(f)'", True),
        ("'td, th {color: red}'", True),
        ("f'<style>{css}</style><b onclick=\"{handler}\">'", False),
        ("f'{x:.3f} of {n}: {d}'", False),
        ("page.evaluate('document.title')", False),
    ],
)
def test_scripts_and_styles_are_seen(tmp_path, code, is_foreign):
    path = tmp_path / "page.py"
    path.write_text(f"x = {code}")
    assert bool(list(foreign_strings(path))) == is_foreign
