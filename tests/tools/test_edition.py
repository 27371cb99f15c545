"""One language's edition of a lesson: title first, one language, a set-up cell that finds the package or says what to do."""

import ast
import contextlib
import re

import pytest
import torch

from tests.tools.support import EDITIONS, LESSON, LESSONS, NAMES, ROOT, SOURCES, run_alone, write_source
from tools import edition
from tools.stored import code_cells

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
FOREIGN = {"vi": re.compile(r"Write your solution|Set-up"), "en": re.compile(r"Viết lời giải|Chuẩn bị")}


def test_there_are_lessons():
    assert len(LESSONS) >= 3


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_title_then_the_other_language_then_the_set_up_cell(source, language):
    """The first thing on the page is the lesson's name; its plumbing is folded away in JupyterLab and on Colab."""
    first, setup, *rest = edition.make_notebook(source, language).cells
    title, links, opening = first.source.split("\n\n")[:3]
    assert re.fullmatch(r"# \S.*", title)
    other = "en" if language == "vi" else "vi"
    assert f"](../{other}/{source.stem}.ipynb)" in links and f"**{edition.LANGUAGES[language]}**" in links
    assert opening and setup.cell_type == "code"
    assert setup.metadata == {"jupyter": {"source_hidden": True}, "cellView": "form"}
    assert len(setup.source.splitlines()) <= 20
    assert not any("source_hidden" in str(cell.metadata) for cell in rest)


def test_the_set_up_cell_stands_before_the_first_section(source):
    """So that "the next cell" at a section's end is the section's own."""
    opening = "*A question?* An introduction."
    write_source(source.parent, LESSON.replace(opening, f"{opening}\n#\n# ## 1 · A section\n#\n# Run the next cell:"))
    sources = [cell.source for cell in edition.make_notebook(source, "en").cells]
    assert sources[0].endswith(opening) and sources[1].startswith("# Set-up")
    assert sources[2] == "## 1 · A section\n\nRun the next cell:" and sources[3].startswith("def f(x):")


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_code_speaks_one_language(source, language):
    code = "\n".join(cell.source for cell in code_cells(edition.make_notebook(source, language)))
    assert not FOREIGN[language].search(code)
    assert not re.search(r"#.*[À-ỹ].* · .*[a-z]", code)  # a comment in both


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_every_exercise_has_a_solution_and_a_check(source):
    code = code_cells(edition.make_notebook(source, "vi", solutions=True))
    exercises = [cell for cell in code if "exercise" in cell.metadata.get("tags", [])]
    assert exercises
    for cell in exercises:
        name = re.search(r"def (\w+)\(", cell.source).group(1)
        assert "### BEGIN SOLUTION" in cell.source
        assert re.search(rf"checks\.check_\w+\({name}\)", code[code.index(cell) + 1].source)


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_solution_edition_passes_every_check(source):
    """The exercise cells with their solutions, and the checks after them. Of the cells between, which hold experiments,
    only what they import and define; and the lesson's device."""
    code = code_cells(edition.make_notebook(source, "en", solutions=True))[1:]
    room = {"device": torch.device("cpu")}
    for i, cell in enumerate(code):
        for node in ast.parse(cell.source).body:
            with contextlib.suppress(NameError):  # a default value that an experiment gives
                if isinstance(node, DEFINITIONS):
                    exec(compile(ast.Module([node], []), source.name, "exec"), room)
        if "exercise" in cell.metadata.get("tags", []):
            (call,) = re.findall(r"^(?:\w+ = )?(checks\.check_\w+\(\w+\))$", code[i + 1].source, re.MULTILINE)
            result = eval(call, room)
            assert result, result.message


@pytest.mark.parametrize("language, name, note", [("vi", "Lời giải", "giảng viên"), ("en", "Solutions", "instructors")])
def test_solution_edition_says_what_it_is(source, language, name, note):
    solved = edition.make_notebook(source, language, solutions=True)
    title, first_line, *_ = solved.cells[0].source.split("\n\n")
    assert title.endswith(f" · {name}") and note in first_line
    assert solved.metadata["vae_edition"] == "solutions" and solved.metadata["title"].endswith(name)
    assert "return x + 1" in solved.cells[2].source
    plain = edition.make_notebook(source, language)
    assert name not in str(plain) and "return x + 1" not in str(plain)
    assert plain.cells[2].source == f"def f(x):\n    # {edition.PLACEHOLDER[language]}\n    ..."


@pytest.mark.parametrize(
    "text, told",
    [
        ("# %% [markdown]\n# text\n", "99_test.py, cell 1: lang=None"),
        (LESSON + "# %%\n### BEGIN SOLUTION\nx = 1\n", "99_test.py, cell 5: a solution mark"),
        (LESSON + "# %%\nprint(tr(x, 1))\n", "99_test.py, cell 5: Line 1: .*two strings"),
        (LESSON + "# %%\ndef f(:\n", "99_test.py: .*parse"),
        (LESSON.replace("# # Lesson", "# Lesson"), "99_test.py: the first en cell must begin with the lesson's title"),
        ("# %%\nx = 1\n", "99_test.py: the first en cell"),
    ],
)
def test_a_faulty_source_is_refused_by_name(source, text, told):
    write_source(source.parent, text)
    with pytest.raises(ValueError, match=told):
        edition.make_notebook(source, "en")


def test_address_brings_colab_badge_and_install(source, monkeypatch):
    monkeypatch.setattr(edition, "own_url", lambda: "https://github.com/owner/name")
    first, setup = edition.make_notebook(source, "en").cells[:2]
    assert "colab.research.google.com/github/owner/name/blob/main/notebooks/en/99_test.ipynb" in first.source
    assert "git+https://github.com/owner/name" in setup.source
    assert setup.source.index("%pip") < setup.source.index("import vae_helpers")
    assert 'narrow_window("https://owner.github.io/name/en/99_test.html", ' in " ".join(setup.source.split()).replace(
        "( ", "("
    )


def test_without_an_address_no_window_is_pointed_elsewhere(source):
    assert "narrow" not in edition.make_notebook(source, "vi").cells[1].source


@pytest.mark.browser
@pytest.mark.parametrize("width, is_seen", [(400, True), (1280, False)])
def test_only_a_narrow_window_points_to_the_web_page(source, monkeypatch, browser, language, width, is_seen):
    monkeypatch.setattr(edition, "own_url", lambda: "https://github.com/owner/name")
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle["text/html"]))
    *_, line = edition.make_notebook(source, language).cells[1].source.partition("from vae_helpers.page")
    exec("from vae_helpers.page" + line, {})
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.set_content(shown[0])
    assert tab.locator("a").is_visible() is is_seen
    assert tab.locator("a").get_attribute("href") == f"https://owner.github.io/name/{language}/99_test.html"
    tab.close()


# ------------------------------------------------------------------------------------------------ the set-up cell


def package(folder, version):
    """A vae_helpers of some version in folder."""
    (folder / "vae_helpers").mkdir(parents=True)
    (folder / "vae_helpers" / "__init__.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    return folder


@pytest.fixture
def setup(monkeypatch):
    """language → the set-up cell of a lesson built with 0.10.0, and a line that says which package it has found."""
    monkeypatch.setattr(edition, "package_version", lambda: "0.10.0")
    return lambda language: edition.setup_code(language) + "\nprint(vae_helpers.__file__)\n"


def test_it_finds_the_package_that_came_with_the_lesson(tmp_path, setup):
    """From the lesson's folder, or the course's, without an installation; an older one elsewhere is not taken."""
    course = package(tmp_path / "course", "0.10.0")
    old = package(tmp_path / "installed", "0.9.9")
    lessons = course / "notebooks" / "vi"
    lessons.mkdir(parents=True)
    for folder in (lessons, course):
        result = run_alone(setup("vi"), folder, PYTHONPATH=str(old))
        assert result.stdout.strip() == str(course / "vae_helpers" / "__init__.py"), result.stderr


@pytest.mark.parametrize("version", ["0.10.0", "0.11.0", "1.0"])
def test_it_takes_an_installed_package(tmp_path, setup, version):
    installed = package(tmp_path / "installed", version)
    (tmp_path / "alone").mkdir()
    result = run_alone(setup("en"), tmp_path / "alone", PYTHONPATH=str(installed))
    assert result.stdout.strip().startswith(str(installed)), result.stderr


@pytest.mark.parametrize(
    "language, told",
    [
        ("vi", "ImportError: bài học này cần vae_helpers 0.10.0, còn ở đây là 0.9.9. Hãy chạy `git pull` và `pip install -e .`"),
        ("en", "ImportError: this lesson needs vae_helpers 0.10.0; the one here is 0.9.9. Run `git pull` and `pip install -e .`"),
    ],
)  # fmt: skip
def test_an_older_package_is_told(tmp_path, setup, language, told):
    old = package(tmp_path / "installed", "0.9.9")
    (tmp_path / "alone").mkdir()
    result = run_alone(setup(language), tmp_path / "alone", PYTHONPATH=str(old))
    assert result.returncode == 1 and result.stderr.splitlines()[-1].startswith(told)


@pytest.mark.parametrize(
    "language, told",
    [
        ("vi", "ModuleNotFoundError: chưa có vae_helpers ở đây. Hãy mở bài học trong thư mục khóa học"),
        ("en", "ModuleNotFoundError: vae_helpers is not here. Open the lesson in the course's folder"),
    ],
)
def test_without_a_package_it_says_what_to_do(tmp_path, setup, language, told):
    result = run_alone(setup(language), tmp_path)
    assert result.returncode == 1 and result.stderr.splitlines()[-1].startswith(told)
    assert "During handling" not in result.stderr


def test_a_folder_of_that_name_is_no_package(tmp_path, setup):
    """A clone of the course called vae_helpers, and the notebook beside it: Python takes the folder for a package."""
    (tmp_path / "vae_helpers" / "notebooks").mkdir(parents=True)
    result = run_alone(setup("en"), tmp_path, PYTHONPATH=str(tmp_path))
    assert "the one here is 0. Run" in result.stderr.splitlines()[-1]


def test_lessons_are_stamped_with_the_packages_own_version():
    import vae_helpers

    numbers = [int(number) for number in vae_helpers.__version__.split(".")]
    assert vae_helpers.__version__ == edition.package_version()
    assert all(f"< {numbers}" in edition.make_notebook(source, "en").cells[1].source for source in SOURCES[:2])
    assert str(ROOT) not in edition.setup_code("en")
