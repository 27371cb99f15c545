"""A class with hostile submissions in it, graded by a command that is ended twice midway: they gain nothing and harm nobody."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from instructor.grader import sandbox

from .hostile import FAKE_PACKAGE, HONEST, HOSTILE, SHADOW, UNGUARDED
from .support import BCE, MSE, ROOT, WAY, WRONG_MSE, command, is_guarded, left_over, notebook, table

pytestmark = pytest.mark.grader
LIMITS = ("--time", "6", "--memory", "1500")


def stopped(folder, how, results):
    """Grade, and end it midway, once so many results are stored. What it printed."""
    program = [sys.executable, "-m", "instructor.grade", folder, "--out", folder.parent / "grades.csv", *LIMITS]
    run = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    while len(list((folder.parent / "grades-work").glob("*.json"))) < results:
        assert run.poll() is None, "it ended by itself"
        time.sleep(0.05)
    run.send_signal(how)
    return run.communicate(timeout=60)[0]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A class's submissions, graded once: the folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    honest, shadow = folder / HONEST, folder / SHADOW
    for place in (honest, shadow / "vae_helpers"):
        place.mkdir(parents=True)
    own_module = WAY.replace("return", "return way or")
    (honest / "01_autoencoder.ipynb").write_bytes(
        notebook(MSE, BCE, "from my_tools import way", own_module, language="vi")
    )
    (honest / "my_tools.py").write_text("way = None\n")
    (shadow / "bai 01.ipynb").write_bytes(notebook(WRONG_MSE, "raise ValueError('<script>alert(2)</script>')"))
    for name in ("vae_helpers/__init__", "vae_helpers/checks", "torch", "sitecustomize", "grader", "json", "numpy"):
        (shadow / f"{name}.py").write_text(FAKE_PACKAGE)
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    listener = socket.create_server(("127.0.0.1", 0))
    targets = [honest / "01_autoencoder.ipynb", folder.parent / "grades-work", folder.parent / "grades.csv", folder]
    for name, (cells, _, _) in HOSTILE.items():
        if not isinstance(cells, bytes):
            port = str(listener.getsockname()[1])
            cells = notebook(
                *(c.replace("{targets}", repr([*map(str, targets)])).replace("{port}", port) for c in cells)
            )
        if is_guarded() or name not in UNGUARDED:
            (folder / f"{name}.ipynb").write_bytes(cells)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = [stopped(folder, how, results) for how, results in ((signal.SIGKILL, 4), (signal.SIGTERM, 9))]
    run = command(folder, *LIMITS)
    assert run.returncode == 0, run.stderr
    told = [line for text in (*done, run.stdout) for line in text.splitlines() if ".ipynb: " in line]
    assert len(told) == len(set(told)), "graded twice"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    if sandbox.isolation().bubblewrap:
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    return folder, run.stdout


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_submission_gets_its_row_and_gains_nothing(room, name):
    if name in UNGUARDED and not is_guarded():
        pytest.skip("this system isolates no process")
    (row,) = [row for row in table(room[0]) if row["student"] == name]
    _, status, right = HOSTILE[name]
    assert row["status"] == status, row
    assert [e.split(":")[0] for e in row["exercises"].split("; ") if e.endswith(": right")] == right, row
    assert int(row["right"]) == len(right)


def test_honest_neighbour_is_unharmed(room):
    (row,) = [row for row in table(room[0]) if row["student"] == HONEST]
    assert (row["status"], row["right"], row["total"], row["language"]) == ("ok", "3", "5", "vi"), (
        row
    )  # of five exercises three are handed in


def test_own_modules_shadow_nothing_and_wicked_names_stay_text(room):
    (row,) = [row for row in table(room[0]) if "script" in row["student"]]
    assert (row["status"], row["right"]) == ("ok", "0")
    assert "mse: wrong (sum)" in row["exercises"] and row["student"].startswith("'=")
    for path in (room[0].parent / "grades-feedback").iterdir():
        assert "<script" not in path.read_text(encoding="utf-8")


def test_link_to_elsewhere_is_not_followed(room):
    (row,) = [row for row in table(room[0]) if row["student"] == "link"]
    assert row["status"] == "unreadable" and "root" not in row["detail"]


def test_every_submission_has_one_row_and_every_student_one_page(room):
    rows, students = table(room[0]), table(room[0], "grades-students.csv")
    files = [path for path in room[0].rglob("*.ipynb")]
    assert len(rows) == len({row["student"] for row in rows}) == len(files) == len(students) > 20
    pages = list((room[0].parent / "grades-feedback").iterdir())
    assert len(pages) == len(rows)
    (own,) = [page.read_text(encoding="utf-8") for page in pages if page.name.startswith("Nguyễn_Thị_Ánh")]
    assert 'lang="vi"' in own and "✅ đúng" in own and "3 / 5" in own


def test_nothing_that_a_submission_started_is_left(room):
    assert not left_over()


def test_finished_work_is_not_done_again(room):
    run = command(room[0], *LIMITS)
    assert run.returncode == 0 and "mse" not in run.stdout
    assert len(run.stdout.splitlines()) < 5, "one line per graded submission"
