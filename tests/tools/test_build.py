"""Building: lessons run in this environment's kernel, text changes without a run, and nbval guards what is stored."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.tools.support import LESSON, ROOT, SOURCES, change, commit_all, type_in, write_source
from tools import build
from tools.stored import code_cells, problems, read


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["build.py", *map(str, arguments)])
    return build.main()


def test_a_built_lesson_has_no_problems_and_no_solution(source):
    """The tiny lesson, really run in a kernel in both languages, twice."""
    before = None
    for _ in range(2):
        build.build(source)
        assert not list(problems(source))
        after = [build.built_path(source, language).read_bytes() for language in ("vi", "en")]
        assert before in (None, after)  # building again changes no byte
        before = after
    for language, text in (("vi", "kết quả None\n"), ("en", "result None\n")):
        notebook = read(build.built_path(source, language))
        code = "\n".join(cell.source for cell in notebook.cells)
        assert "return x + 1" not in code and "SOLUTION" not in code
        assert code_cells(notebook)[-1].outputs[0].text == text


def test_failing_lesson_is_not_written(source):
    write_source(source.parent, LESSON + "# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build.build(source)
    assert not build.built_path(source, "vi").exists()


def outputs(source, language="vi"):
    return [cell.outputs for cell in code_cells(read(build.built_path(source, language)))]


def test_text_can_change_without_running_and_code_cannot(built):
    before = outputs(built)
    changed = LESSON.replace("# # Bài", "# # Bài mới").replace("f(1))", "f(1))  # new")
    write_source(built.parent, changed)
    build.rebuild_text(built)
    assert not list(problems(built)) and outputs(built) == before
    assert read(build.built_path(built, "vi")).cells[0].source.startswith("# Bài mới")
    write_source(built.parent, LESSON.replace("f(1)", "f(2)"))
    with pytest.raises(ValueError, match="notebooks/vi/99_test.ipynb: its code has changed as well"):
        build.rebuild_text(built)


def test_badge_needs_no_run(built, monkeypatch):
    """The lessons get it by --text; a second time as well, when the set-up cell holds %pip, which is no Python."""
    before = outputs(built)
    monkeypatch.setattr("tools.edition.own_url", lambda: "https://github.com/owner/name")
    for _ in range(2):
        build.rebuild_text(built)
        assert not list(problems(built))
    notebook = read(build.built_path(built, "vi"))
    assert "colab-badge" in notebook.cells[0].source and "%pip" in notebook.cells[1].source
    assert outputs(built) == before


def test_text_is_never_put_into_a_notebook_that_was_run_by_hand(built):
    """Its outputs would be taken for the lesson's. What git holds serves as well."""
    before = outputs(built)
    commit_all(built.parent)
    change(build.built_path(built, "vi"), lambda nb: code_cells(nb)[-1].outputs[0].update(text="my own run\n"))
    build.rebuild_text(built)
    assert outputs(built) == before and not list(problems(built))
    type_in(build.built_path(built, "en"))
    shutil.rmtree(built.parent / ".git")
    with pytest.raises(ValueError, match="99_test.ipynb: run or edited by hand .* git restore"):
        build.rebuild_text(built)


def test_check_reports(built, monkeypatch, capsys):
    monkeypatch.setattr(build, "sources", lambda: [built])
    assert command(monkeypatch, "--check") == 0
    assert "up to date in both languages" in capsys.readouterr().out
    type_in(build.built_path(built, "vi"))
    assert command(monkeypatch, "--check") == 1
    assert capsys.readouterr().out.count("\n") == 1  # one line a notebook, not one for each of its cells


def test_an_error_of_a_source_is_one_line(built, monkeypatch, capsys):
    monkeypatch.setattr(build, "sources", lambda: [built])
    write_source(built.parent, LESSON + "# %% [markdown]\n# In which language?\n")
    assert command(monkeypatch, "--text") == 1
    assert capsys.readouterr().err == "99_test.py, cell 5: lang=None, expected one of ['en', 'vi'].\n"


def test_without_mnist_nothing_is_built(built, monkeypatch, capsys):
    """Stored lessons would show other digits than their texts speak of."""
    monkeypatch.setattr(build, "sources", lambda: [built])
    before = build.built_path(built, "vi").read_bytes()

    def missing(**options):
        assert options == {"fallback": False}
        raise build.data.DataError("MNIST is not available: no network")

    monkeypatch.setattr(build.data, "load_mnist", missing)
    assert command(monkeypatch) == 1
    assert "MNIST is not available" in capsys.readouterr().err
    assert build.built_path(built, "vi").read_bytes() == before


def test_unknown_lesson_is_refused(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        command(monkeypatch, "--check", "77")
    assert "no lesson begins with 77; there are 00_start_here" in capsys.readouterr().err


def test_solutions_lie_in_a_folder_for_each_language(tmp_path, monkeypatch):
    """Every lesson but the quiz, all links between them alive."""
    assert command(monkeypatch, "--solutions", tmp_path) == 0
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    lessons = [source.stem for source in SOURCES if source.stem != "quiz"]
    assert files == {f"{language}/{name}.ipynb" for language in ("vi", "en") for name in lessons}
    for path in tmp_path.rglob("*.ipynb"):
        text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        targets = re.findall(r"\]\(([^)#\s]+\.ipynb)", text)
        assert targets and all((path.parent / target).exists() for target in targets)


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
        "from tools import execution; import nbformat, pathlib; "
        "nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('import sys; print(sys.executable)')]); "
        "execution.execute(nb, pathlib.Path('.')); print(nb.cells[0].outputs[0].text)"
    )
    result = run_kernel_with_foreign_python3(tmp_path, [sys.executable, "-c", code])
    assert result.stdout.strip() == sys.executable, result.stderr


NBVAL = [sys.executable, "-m", "pytest", "-q", "-o", "timeout=0", "-p", "no:cacheprovider"]
NBVAL += ["--nbval-lax", "--nbval-current-env", "--rootdir", str(ROOT)]


def kl_notebook(path):
    """The cells of lesson 05 that lead to its hand-computed loss: a notebook of its own, with the saved outputs."""
    notebook = read(build.built_path(next(s for s in SOURCES if s.stem.startswith("05")), "en"))
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
    outputs = str(read(folder / "out.ipynb").cells)
    assert outputs.count("1.797 chữ số") == 1
    assert "✅" in outputs
