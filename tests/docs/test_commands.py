"""The commands of the documents run, or what they name is there."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.docs.support import ROOT, blocks

HUB = "sets up a JupyterHub; tried by hand, word for word"
NOT_RUN = {  # the beginning of a command, and why no test runs it
    "sudo ": "installs packages of the system",
    "make lab": "opens JupyterLab and stays there",
    "make test": "runs this very test",
    "make unit": "runs this very test",
    "make notebooks": "executes lessons for minutes",
    "make bench": "measures for minutes",
    "make site": "tests/tools/test_site.py builds the whole site",
    "make slides": "tests/tools/test_slides.py builds decks",
    "make built": "tests/tools/test_branch.py pushes to a server of its own",
    "make lint": "the first step of make test",
    "make check": "runs tests; tests/tools/test_check.py says which",
    "make constraints": "asks the package index for newer packages",
    "make solve": "asks the package index for minutes",
    "make .venv/ready": "downloads 3 GB; make test does it first of all",
    "uv ": "downloads 3 GB; tried by hand",
    ".venv/bin/python -m pytest": "a part of make test",
    ".venv/bin/python -m tools.build 04": "executes a lesson",
    ".venv/bin/python -m tools.build quiz": "executes a notebook",
    ".venv/bin/python -m instructor.grade": "tests/instructor grades whole classes",
    "make colab": "tests/tools/test_colab.py makes these files and runs them",
    "from google.colab": "for a cell on Colab",
    "git clone": HUB,
    "git -C course": HUB,
    "python3 -m venv": HUB,
    "hub/": HUB,
    "npm ": HUB,
    "students/": HUB,
    "VAE_HUB_PASSWORD": HUB,
}


def commands():
    lines = [line for _, code in blocks("sh") for line in code.splitlines() if not line.startswith("#")]
    return sorted({line.split("  #")[0].strip() for line in lines} - {""})


def reason_not_to_run(command):
    return next((why for beginning, why in NOT_RUN.items() if command.startswith(beginning)), None)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the course, without its environment and data; .venv/bin/python is this Python."""
    folder = tmp_path_factory.mktemp("course") / "copy"
    unwanted = shutil.ignore_patterns(
        ".git", ".venv*", ".bootstrap", "MNIST", "dist", "build", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, folder, ignore=unwanted)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def run(command, folder):
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, shell=isinstance(command, str)
    )


@pytest.fixture(scope="module")
def after_python(copy):
    """The copy, once the Python blocks of the documents have run in it; the file they export is a student's."""
    code = [code for _, code in blocks("python") if not reason_not_to_run(code)]
    assert len(code) == 2, "the README in two languages"
    for block in code:
        result = run([sys.executable, "-c", block], copy)
        assert result.returncode == 0, block + result.stderr
    (copy / "ANSWERS_FOLDER").mkdir()
    shutil.move(copy / "quiz_name.json", copy / "ANSWERS_FOLDER")
    return copy


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("command", [command for command in commands() if not reason_not_to_run(command)])
def test_command_of_the_documents_runs(command, after_python):
    result = run(command, after_python)
    assert result.returncode == 0, result.stdout + result.stderr
    for written in re.findall(r"--out (\S+)|--solutions (\S+)", command):
        (place,) = filter(None, written)
        assert (after_python / place).exists(), result.stdout


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
@pytest.mark.parametrize("command", [command for command in commands() if command.startswith("make ")])
def test_make_knows_what_the_documents_name(command, copy):
    result = run(command.replace("make ", "make --dry-run ", 1), copy)
    assert result.returncode == 0, result.stderr


def test_commands_for_pytest_name_what_is_there():
    named = [command.split()[-1] for command in commands() if command.startswith(".venv/bin/python -m pytest")]
    assert len(named) >= 3 and all((ROOT / place).exists() for place in named), named


def test_windows_commands_name_what_is_there():
    for _, code in blocks("bat"):
        assert "constraints.txt" in code and (ROOT / "constraints.txt").exists()
        for place in re.findall(r"notebooks\\\S+", code):
            assert (ROOT / place.replace("\\", "/")).exists()
    assert blocks("bat")


def test_the_hub_of_the_guide_is_that_of_the_sample():
    sample = (ROOT / "instructor" / "jupyterhub_config.py").read_text(encoding="utf-8")
    compile(sample, "jupyterhub_config.py", "exec")
    guide = [
        code for document, code in blocks("sh") if document == "instructor/README.md" and "jupyterhub_config" in code
    ]
    (lines,) = [code.splitlines() for code in guide]
    assert lines[-1].startswith("VAE_HUB_PASSWORD=") and 'os.environ["VAE_HUB_PASSWORD"]' in sample
    assert len(re.match(r"VAE_HUB_PASSWORD=(\S+)", lines[-1])[1]) >= 8  # the sample asks for that
    for folder in ("hub", "students"):
        assert f"python3 -m venv {folder}" in lines and f"{{TOP}}/{folder}/" in sample
    assert "load_mnist('data')" in "".join(lines) and '"VAE_DATA_DIR": f"{TOP}/data"' in sample
    assert any(re.search(r"course\[lab\].* jupyterhub nbgitpuller$", line) for line in lines)
