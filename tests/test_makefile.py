"""The Makefile: a wrong COURSE stops before anything is installed, students get their own set, no room is forgotten."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.posix, pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Runs the course's Makefile in a folder with nothing else but the lists of packages and the tests."""
    for name in ("Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    for name in ("COURSE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        return subprocess.run(["make", *arguments], cwd=tmp_path, capture_output=True, text=True)

    run.folder = tmp_path
    return run


@pytest.mark.parametrize("course", ["fr", "", "VI", "vi en"])
@pytest.mark.parametrize("goals", [["lab"], []])
def test_a_wrong_course_is_refused_before_anything_is_installed(make, course, goals):
    result = make(*goals, f"COURSE={course}")
    assert result.returncode == 2 and f"COURSE={course}: choose vi or en" in result.stderr
    assert not (make.folder / ".venv").exists()


def test_a_course_in_the_environment_stops_no_other_command(make, monkeypatch):
    monkeypatch.setenv("COURSE", "CS101")
    assert make("--dry-run", "lint").returncode == 0
    assert make("--dry-run", "lab").returncode == 2


@pytest.mark.parametrize(("arguments", "course", "other"), [([], "vi", "en"), (["COURSE=en"], "en", "vi")])
def test_lab_opens_the_course_and_tells_of_the_other(make, arguments, course, other):
    told = make("--dry-run", "lab", *arguments).stdout
    assert f"/lab/tree/notebooks/{course}/00_start_here.ipynb" in told and f"make lab COURSE={other}" in told
    assert (ROOT / "notebooks" / course / "00_start_here.ipynb").exists()


def test_lab_installs_the_students_set_and_answers_the_question_about_news(make):
    told = make("--dry-run", "lab").stdout
    assert '--editable ".[lab]"' in told and "dev]" not in told
    assert re.search(r'"fetchNews": "false".*\n.*share/jupyter/lab/settings/overrides.json', told)
    assert '--editable ".[lab,dev]"' in make("--dry-run", "lint").stdout


@pytest.mark.parametrize("goal", ["test", "test-lower-bounds"])
def test_every_room_of_the_lower_bounds_has_its_tests(make, goal):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rooms = re.search(r"^LOWER_BOUNDS_ROOMS := (.+)$", makefile, re.MULTILINE)[1].split()
    (line,) = [
        line for line in make("--dry-run", goal).stdout.replace("\\\n", "").splitlines() if "not browser" in line
    ]
    for room in rooms:
        assert {f"tests/{room}", f"tests/test_{room}.py"} & set(line.split()), room
