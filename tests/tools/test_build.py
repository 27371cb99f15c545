"""The lessons: built from their sources, the same in both languages, and guarded by nbval."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import build

ROOT = Path(__file__).resolve().parents[2]

SOURCES = build.sources()
LESSONS = [source for source in SOURCES if source.stem != "quiz"]
EDITIONS = [(source, language) for source in SOURCES for language in build.LANGUAGES]


def test_there_are_lessons():
    assert len(LESSONS) >= 3


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_is_up_to_date_in_both_languages(source):
    assert not list(build.problems(source))


def write_source(folder, text):
    source = folder / "99_test.py"
    source.write_text(text, encoding="utf-8")
    return source


LESSON = """\
# %% [markdown] lang="vi"
# # Bài
# %% [markdown] lang="en"
# # Lesson
# %% tags=["exercise"]
def f(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION
# %%
print(f(1))
"""


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A tiny lesson, built in both languages in tmp_path."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "repository_url", lambda: "")
    source = write_source(tmp_path, LESSON)
    build.build(source)
    return source


def change(path, function):
    notebook = nbformat.read(path, as_version=4)
    function(notebook)
    nbformat.write(notebook, path)


def test_built_lesson_has_no_problems_and_no_solution(built):
    assert not list(build.problems(built))
    notebook = nbformat.read(build.built_path(built, "vi"), as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells)
    assert "return x + 1" not in code and "SOLUTION" not in code
    assert notebook.cells[-1].outputs[0].text == "None\n"
    assert [c.source for c in notebook.cells if c.cell_type == "markdown"][1] == "# Bài"


def test_rebuilding_changes_no_byte(built):
    before = build.built_path(built, "en").read_bytes()
    build.build(built)
    assert build.built_path(built, "en").read_bytes() == before


def test_changed_source_is_stale(built):
    write_source(built.parent, LESSON.replace("print(f(1))", "print(f(2))"))
    assert any("stale" in problem for problem in build.problems(built))


def test_missing_translation_is_found(built):
    write_source(built.parent, LESSON.replace('# %% [markdown] lang="en"\n# # Lesson\n', ""))
    assert any("translation is missing" in problem for problem in build.problems(built))


def test_code_that_differs_between_languages_is_found(built):
    change(build.built_path(built, "en"), lambda nb: nb.cells[-1].update(source="print(f(3))"))
    assert any("differ between the languages" in problem for problem in build.problems(built))


def test_error_output_is_found(built):
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
    change(build.built_path(built, "vi"), lambda nb: nb.cells[-1].outputs.append(error))
    assert any("ValueError" in problem for problem in build.problems(built))


def test_unexecuted_cell_is_found(built):
    change(build.built_path(built, "vi"), lambda nb: nb.cells[-1].update(execution_count=None))
    assert any("not executed" in problem for problem in build.problems(built))


def test_failing_lesson_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "repository_url", lambda: "")
    source = write_source(tmp_path, LESSON + "# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build.build(source)
    assert not build.built_path(source, "vi").exists()


def test_markdown_without_language_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cell 1: lang=None"):
        build.make_notebook(write_source(tmp_path, "# %% [markdown]\n# text\n"), "vi")


def test_half_a_solution_mark_is_refused(tmp_path):
    with pytest.raises(ValueError, match="solution mark"):
        build.make_notebook(write_source(tmp_path, "# %%\n### BEGIN SOLUTION\nx = 1\n"), "vi")


def test_colab_badge_and_install_follow_the_repository_address(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "repository_url", lambda: "https://github.com/owner/name")
    notebook = build.make_notebook(write_source(tmp_path, LESSON), "en")
    assert (
        "colab.research.google.com/github/owner/name/blob/main/notebooks/en/99_test.ipynb" in notebook.cells[0].source
    )
    assert "git+https://github.com/owner/name" in notebook.cells[1].source


def run_kernel_with_foreign_python3(tmp_path, command):
    """Run a command where the user has a python3 kernelspec that points to a program that is not there."""
    data = tmp_path / "user"
    spec = data / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["/no/such/python", "{connection_file}"], "display_name": "x"}')
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(data), "JUPYTER_PREFER_ENV_PATH": "0"}
    environment.pop("JUPYTER_PATH", None)
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)


def test_build_uses_this_environments_kernel(tmp_path):
    code = (
        "from tools import build; import nbformat, pathlib; "
        "nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('import sys; print(sys.executable)')]); "
        "build.execute(nb, pathlib.Path('.')); print(nb.cells[0].outputs[0].text)"
    )
    result = run_kernel_with_foreign_python3(tmp_path, [sys.executable, "-c", code])
    assert result.stdout.strip() == sys.executable, result.stderr


NBVAL = [sys.executable, "-m", "pytest", "-q", "-o", "timeout=0", "-p", "no:cacheprovider"]
NBVAL += ["--nbval-lax", "--nbval-current-env", "--rootdir", str(ROOT)]


def kl_notebook(path):
    """The cells of lesson 05 that lead to its hand-computed loss: a notebook of its own, with the saved outputs."""
    notebook = nbformat.read(build.built_path(next(s for s in SOURCES if s.stem.startswith("05")), "en"), as_version=4)
    wanted = ("import torch", "def loss_function", "for function in (loss_function, losses.vae_loss)")
    notebook.cells = [
        cell for cell in notebook.cells if cell.cell_type == "code" and any(text in cell.source for text in wanted)
    ]
    assert len(notebook.cells) == len(wanted)
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize("factor, passes", [("-0.5", True), ("-0.4", False)])
def test_nbval_notices_a_broken_helper(tmp_path, factor, passes):
    """With KL's factor changed in a copy of vae_helpers, the number saved in lesson 05 no longer comes out."""
    shutil.copytree(ROOT / "vae_helpers", tmp_path / "vae_helpers")
    losses = tmp_path / "vae_helpers" / "losses.py"
    text, count = re.subn(r"return -0\.5 \*", f"return {factor} *", losses.read_text(encoding="utf-8"))
    assert count == 1
    losses.write_text(text, encoding="utf-8")
    command = [*NBVAL, str(kl_notebook(tmp_path / "kl.ipynb"))]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert (result.returncode == 0) == passes, result.stdout
    if not passes:
        assert "7840.4" in result.stdout


def test_a_lesson_runs_without_data_and_without_network(tmp_path):
    """Lesson 06 on the embedded digits: every proxy is a closed port, and the package lies outside any checkout."""
    shutil.copytree(ROOT / "vae_helpers", tmp_path / "vae_helpers")
    source = next(s for s in SOURCES if s.stem.startswith("06"))
    folder = tmp_path / "lessons" / "vi"
    folder.mkdir(parents=True)
    code = (
        f"from tools import build; import pathlib; "
        f"nb = build.make_notebook(pathlib.Path({str(source)!r}), 'vi', solutions=True); "
        f"build.execute(nb, pathlib.Path({str(folder)!r})); build.write(nb, pathlib.Path({str(folder / 'out.ipynb')!r}))"
    )
    closed = "http://127.0.0.1:9"
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "http_proxy": closed,
        "https_proxy": closed,
        "no_proxy": "",
    }
    environment.pop("VAE_DATA_DIR", None)
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    outputs = str(nbformat.read(folder / "out.ipynb", as_version=4).cells)
    assert outputs.count("1.797 chữ số") == 1
    assert "✅" in outputs


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_every_exercise_has_a_solution_and_a_check(source):
    notebook = build.make_notebook(source, "vi", solutions=True)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    exercises = [cell for cell in code if "exercise" in cell.metadata.get("tags", [])]
    assert exercises
    for cell in exercises:
        name = re.search(r"def (\w+)\(", cell.source).group(1)
        assert "### BEGIN SOLUTION" in cell.source
        assert re.search(rf"checks\.check_\w+\({name}\)", code[code.index(cell) + 1].source)


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_solution_edition_passes_every_check(source, capsys):
    """The exercise cells with their solutions, and the checks after them, without the experiments between."""
    notebook = build.make_notebook(source, "en", solutions=True)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    room = {}
    exec("import math, torch\nfrom vae_helpers import checks", room)
    for i, cell in enumerate(code):
        if "exercise" in cell.metadata.get("tags", []):
            exec(cell.source, room)
            result = eval(code[i + 1].source, room)
            assert result, result.message


def test_badge_needs_no_run(built, monkeypatch):
    """The lessons get it by --text; a second time as well, when the set-up cell holds %pip, which is no Python."""
    outputs = nbformat.read(build.built_path(built, "vi"), as_version=4).cells[-1].outputs
    monkeypatch.setattr(build, "repository_url", lambda: "https://github.com/owner/name")
    for _ in range(2):
        build.rebuild_text(built)
        assert not list(build.problems(built))
    notebook = nbformat.read(build.built_path(built, "vi"), as_version=4)
    assert "colab-badge" in notebook.cells[0].source and "%pip" in notebook.cells[1].source
    assert notebook.cells[-1].outputs == outputs


def test_text_can_change_without_running_and_code_cannot(built):
    outputs = nbformat.read(build.built_path(built, "vi"), as_version=4).cells[-1].outputs
    write_source(built.parent, LESSON.replace("# # Bài", "# # Bài mới").replace("print(f(1))", "print(f(1))  # new"))
    build.rebuild_text(built)
    assert not list(build.problems(built))
    assert nbformat.read(build.built_path(built, "vi"), as_version=4).cells[-1].outputs == outputs
    write_source(built.parent, LESSON.replace("print(f(1))", "print(f(2))"))
    with pytest.raises(ValueError, match="code has changed"):
        build.rebuild_text(built)
