"""One bad submission is one bad row: whatever a file, a folder or a name is, everybody else has a mark and a page."""

import csv
import io
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from concurrent import futures
from functools import partial

import psutil
import pytest

from instructor import grade
from instructor.class_table import harmless, printable
from instructor.grader import report, submissions
from instructor.grader.submissions import find

from .support import BCE, MSE, ROOT, WAY, left_over, notebook, submission, table
from .test_grade import Workers, grade_with

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names and signals as Linux knows them")
ODD = "".join(["Lê\nAn,01,ok", "\u202e", "\x1b[2J", "\u200b"])


def make(folder, *names, content=b"{}"):
    for name in names:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


def people(folder, *names, **options):
    make(folder, *names)
    return [(s.student, s.status) for s in find(folder, **options)[0]]


# ------------------------------------------------------------------------------------------------ names and folders


def test_names_that_cannot_be_printed_harm_nobody(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grade, "workers", lambda *_: _nobody())
    make(
        tmp_path / "in",
        b"Kh\xe1nh/01.ipynb",
        b"Binh/01_\xff.ipynb",
        b"flat_\xff_01.ipynb",
        b"An/\xff.txt",
        "An/01.ipynb",
        f"{ODD}/01.ipynb",
    )
    assert grade.main(["in", "--out", "grades.csv"]) == 0
    rows = table(tmp_path / "in")
    assert len(rows) == 5 and {row["status"] for row in rows} == {"ok"}
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "grades-feedback").iterdir()]
    text = "".join([*pages, capsys.readouterr().out, (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")])
    assert not any(sign in text for sign in "\u202e\x1b\u200b") and "\\u202e" in text


class _nobody:
    def __enter__(self):
        return Workers()

    def __exit__(self, *_):
        pass


def test_deep_and_locked_folders_and_huge_files_are_rows(tmp_path, monkeypatch):
    make(tmp_path / "in", "An/01.ipynb", "/".join(["Deep"] + ["d"] * 500 + ["01.ipynb"]))
    with open(tmp_path / "in" / "An" / "02.ipynb", "wb") as file:
        file.truncate(100 * 2**30)
    with open(tmp_path / "in" / "An" / "big.npy", "wb") as file:
        file.truncate(100 * 2**30)
    os.mkfifo(tmp_path / "in" / "An" / "03.ipynb")
    monkeypatch.setattr(submissions.os, "scandir", _refusing("Locked", os.scandir))
    make(tmp_path / "in", "Locked/01.ipynb")
    results = grade_with(Workers(), tmp_path / "in", tmp_path / "work", monkeypatch)
    told = {(s.student, s.path.name): (r["status"], r["detail"]) for s, r in results.items()}
    assert told["An", "01.ipynb"][0] == "ok" and told["An", "02.ipynb"] == ("unreadable", "102400 MB are too large")
    assert told["An", "03.ipynb"] == ("unreadable", "not a plain file")
    assert told["Deep", "Deep"][0] == "nothing-found" and told["Locked", "Locked"][0] == "unreadable"
    (first,) = [r for s, r in results.items() if s.path.name == "01.ipynb"]
    assert first["notes"] == ["left out: big.npy"]


def _refusing(name, scandir):
    def scan(path="."):
        if os.path.basename(os.fspath(path)) == name:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    return scan


def test_code_is_sent_along_before_data(tmp_path):
    make(tmp_path, "An/01.ipynb")
    make(tmp_path, "An/data/a.bin", content=bytes(25 * 2**20))
    make(tmp_path, "An/z_tools.py", *(f"An/logs/{n}.txt" for n in range(101)))
    ((own, left_out),) = [s.files() for s in find(tmp_path)[0]]
    assert "z_tools.py" in own and "data/a.bin" in left_out and len(own) == 100


# ------------------------------------------------------------------------------------------------ who it is


@pytest.mark.parametrize(
    ("names", "students"),
    [
        (["K65_04_An_03.ipynb", "K65_04_Bình_03.ipynb", "B21_12_03.ipynb", "B21_13_03.ipynb"], ["B21_12", "B21_13", "K65_04_An", "K65_04_Bình"]),
        (["Lop_12_An_01.ipynb", "Nhóm 07 - Chi - 01.ipynb"], ["Lop_12_An", "Nhóm 07 - Chi"]),
        (["An_03.ipynb", "An_03(2).ipynb", "An_04-Copy1.ipynb", "Lab03-Dung.ipynb"], ["An", "Dung"]),
        (["le_52031_987654_03_x.ipynb", "le_LATE_52031_987655_04_loss-1.ipynb", "le_52031_987656_quiz_le.json", "le_52032_987657_03.ipynb"], ["le (52031)", "le (52032)"]),
        (["le_1_11_03_x.ipynb", "le_1_12_04_loss.ipynb", "le_1_13_quiz_le.json"], ["le"]),
        (["Lê An_12_assignsubmission_file_/03.ipynb", "Lê An_13_assignsubmission_file_/03.ipynb"], ["Lê An (12)", "Lê An (13)"]),
        (["Lê An_12_assignsubmission_file_03.ipynb", "Lê An_12_assignsubmission_file_quiz_an.json"], ["Lê An"]),
        ([f"Bài 1_sv00{n}_attempt_2026-01-02-10-11-12_03_x.ipynb" for n in (1, 2)], ["sv001", "sv002"]),
        (["export/An/01.ipynb", "export/Bình/01.ipynb"], ["An", "Bình"]),
        (["01/An_01.ipynb", "01/Bình_01.ipynb", "02/An_02.ipynb"], ["An", "Bình"]),
        (["bài 1/An/x.ipynb", "bài 1/Bình/x.ipynb", "bài 2/An/x.ipynb"], ["An", "Bình"]),
        (["An/01.ipynb", "An\u200b/01.ipynb", "\u00c1nh/01.ipynb", "A\u0301nh/01.ipynb"], ["An", "An\\u200b", "Ánh", "Ánh [2]"]),
    ],
)  # fmt: skip
def test_nobody_is_split_and_nobody_merged(tmp_path, names, students):
    assert sorted({student for student, _ in people(tmp_path, *names)}) == sorted(students)


@pytest.mark.parametrize(
    "name", ["An/bai.pdf", "An/bai.py", "An/.ipynb_checkpoints/01.ipynb", "An_01.pdf", "An_01.docx"]
)
def test_whoever_handed_in_nothing_to_grade_has_a_row(tmp_path, name):
    assert people(tmp_path, name, "Bình/01.ipynb") == [("An", "nothing-found"), ("Bình", "")]


@pytest.mark.parametrize("name", ["An/01.IPYNB", "An/01.ipynb.txt", "An/01.ipynb.json", "An/quiz3_x.ipynb"])
def test_notebooks_by_other_names_are_graded(tmp_path, name):
    assert people(tmp_path, name, "Bình/01.ipynb") == [("An", ""), ("Bình", "")]


def test_a_list_names_every_student(tmp_path):
    (tmp_path / "class.csv").write_text("id,name\nB01,Nguyễn An\nB02,Lê Chi\nB03,Vũ Dung\n", encoding="utf-8")
    listed = grade.class_table.read_list(tmp_path / "class.csv")
    names = people(tmp_path / "in", "B01_03.ipynb", "Lê Chi_04.ipynb", "Ai đó_03.ipynb", listed=listed)
    assert names == [("Ai đó", ""), ("Lê Chi (B02)", ""), ("Nguyễn An (B01)", ""), ("Vũ Dung (B03)", "nothing-found")]


def test_zips_are_opened_safely(tmp_path):
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "An_01.zip", "w") as archive:
        archive.writestr("bai/01.ipynb", "{}")
        archive.writestr("bai/tools.py", "way = 1")
        archive.writestr("../../outside.ipynb", "{}")
    with zipfile.ZipFile(tmp_path / "in" / "Bình_01.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("01.ipynb", bytes(201 * 2**20))
    (tmp_path / "in" / "Chi_01.zip").write_bytes(b"PK\3\4 no zip")
    found, _ = find(tmp_path / "in", unzipped=tmp_path / "unzipped")
    told = [(s.student, s.path.name, s.status) for s in found]
    assert told == [
        ("An", "01.ipynb", ""),
        ("An", "outside.ipynb", ""),
        ("Bình", "Bình_01.zip", "unreadable"),
        ("Chi", "Chi_01.zip", "unreadable"),
    ]
    assert not (tmp_path / "outside.ipynb").exists() and "tools.py" in found[0].files()[0]


# ------------------------------------------------------------------------------------------------ lost workers, stored results


class Breaking(Workers):
    """A pool that breaks at a submission that says so; it must then be started anew."""

    broken = False

    def __call__(self, name, content, files, **settings):
        if self.broken:
            raise futures.BrokenExecutor
        if b"bomb" in content:
            self.broken = True
            future = futures.Future()
            future.set_exception(futures.BrokenExecutor())
            return future
        return super().__call__(name, content, files, **settings)


def test_a_killed_worker_takes_nobody_along(tmp_path):
    for name in ("a", "bomb", "c", "d"):
        submission(tmp_path / "in", name, notebook(name))
    (tmp_path / "work").mkdir()
    pools = []
    start = lambda: pools.append(Breaking()) or pools[-1]  # noqa: E731
    results = grade.grade_all(find(tmp_path / "in")[0], tmp_path / "work", {"limits": {}}, start)
    assert {s.student: r["status"] for s, r in results.items()} == {"a": "ok", "bomb": "crashed", "c": "ok", "d": "ok"}
    assert len(pools) >= 2


def test_a_timeout_beside_a_busy_neighbour_is_tried_alone(tmp_path):
    class Busy(Workers):
        def __call__(self, *arguments, **settings):
            future = super().__call__(*arguments, **settings)
            if len(self.seen) == 1:
                future._result = future.result() | {
                    "status": "timeout",
                    "detail": "not finished after 6 s, mostly waiting",
                }
            return future

    submission(tmp_path / "in", "An", notebook("x"))
    (tmp_path / "work").mkdir()
    workers = Busy()
    results = grade.grade_all(find(tmp_path / "in")[0], tmp_path / "work", {"limits": {}}, lambda: workers, jobs=2)
    assert [r["status"] for r in results.values()] == ["ok"] and len(workers.seen) == 2


def test_stored_results_that_somebody_wrote_are_not_believed(tmp_path, monkeypatch):
    submission(tmp_path / "in", "An", notebook("x"))
    grade_with(Workers(), tmp_path / "in", tmp_path / "work", monkeypatch)
    (path,) = (tmp_path / "work").glob("*.json")
    path.write_text(path.read_text().replace("01_autoencoder", "02_vae"))
    again = Workers()
    grade_with(again, tmp_path / "in", tmp_path / "work", monkeypatch)
    assert len(again.seen) == 1
    assert stat.S_IMODE((tmp_path / "work" / "secret").stat().st_mode) == 0o600


def test_inputs_are_drawn_with_the_runs_secret(tmp_path, monkeypatch):
    seeds = []

    class Looking(Workers):
        def __call__(self, *arguments, secret, **settings):
            seeds.append(secret)
            return super().__call__(*arguments, **settings)

    submission(tmp_path / "in", "An", notebook("x"))
    for work in ("one", "two"):
        grade_with(Looking(), tmp_path / "in", tmp_path / work, monkeypatch)
    assert len(set(seeds)) == 2 and all(len(seed) == 64 for seed in seeds)


# ------------------------------------------------------------------------------------------------ hostile answers, tables


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"name": "\\ud800", "answers": []}', b'{"name": "An", "answers": [{"question": [], "chosen": "A", "time": ""}]}',
     b'{"name": "An", "answers": [[]]}', b'{"name": 3}', b"\xff\xfe", b"null", b'{"name": "An", "answers": [{"question": "x", "chosen": {}, "time": 1}]}'],
    ids=range(8),
)  # fmt: skip
def test_a_hostile_quiz_file_is_a_row(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "in", "An/quiz_An.json", content=content)
    assert grade.main(["in", "--out", "grades.csv"]) == 0
    assert [row["status"] for row in table(tmp_path / "in")] == ["bad-quiz"]
    assert grade.class_table.main([str(tmp_path / "in" / "An"), "--out", "table.csv"]) == 1


@pytest.mark.parametrize("name", ["=1+1", "An;=1+1", "An\n=1+1", "An,@SUM(A1)", "＝1+1", "\t-1", "a;\t=1"])
def test_no_program_takes_a_name_for_a_formula(name):
    for separator in ",;\t":
        text = io.StringIO(f"{harmless(printable(name))}{separator}1")
        cells = [cell for line in csv.reader(text, delimiter=separator) for cell in line]
        assert not any(cell.strip()[:1] in tuple("=+-@＝") for cell in cells), cells


def test_pages_of_alike_names_are_two():
    assert len(report.page_name("An")) > 25 and report.page_name("An") != report.page_name("An ")
    assert len(os.fsencode(report.page_name("ế" * 300))) < 255


def test_copies_are_noted_and_the_summary_counts_mistakes(tmp_path):
    exercise = {"function": "mse", "check": "check_mse", "message": ""}
    results = [
        (student, "01.ipynb", {"status": "ok", "detail": "", "lesson": "01", "language": "en", "code": code, "notes": [],
                               "exercises": [{**exercise, "status": status, "mistake": mistake}]})
        for student, code, status, mistake in (("An", "x", "right", None), ("Bình", "x", "right", None), ("Chi", "y", "wrong", "sum"))
    ]  # fmt: skip
    report.flag_copies(results)
    assert [r["notes"] for _, _, r in results] == [["same code as Bình"], ["same code as An"], []]
    path = report.write_summary(tmp_path / "g.csv", [r for _, _, r in results])
    assert "01,mse,2,1,0,0,0,sum: 1" in path.read_text(encoding="utf-8-sig")


# ------------------------------------------------------------------------------------------------ the command


def test_output_of_another_code_page_is_no_reason_to_stop(tmp_path):
    make(tmp_path / "in", "Nguyễn/quiz_Nguyễn.json", "Nguyễn/x.pdf")
    program = [sys.executable, "-m", "instructor.grade", tmp_path / "in", "--out", tmp_path / "g.csv"]
    run = subprocess.run(program, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("place", ["vae_helpers", "instructor/grader"])
def test_submissions_where_students_code_can_read_are_refused(tmp_path, place, capsys):
    with pytest.raises(SystemExit):
        grade.main([str(ROOT / place), "--out", str(tmp_path / "g.csv")])
    assert "which students' code can read" in capsys.readouterr().err


def test_no_sandbox_for_a_cluster(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "g.csv"), "--no-sandbox", "--scheduler", "tcp://x"])


@pytest.mark.grader
def test_without_bubblewrap_nothing_runs_unless_it_is_said(tmp_path):
    submission(tmp_path / "in", "An", notebook(MSE, BCE, WAY))
    program = [
        sys.executable,
        "-m",
        "instructor.grade",
        tmp_path / "in",
        "--out",
        tmp_path / "g.csv",
        "--only-exercises",
    ]
    bare = {**os.environ, "PATH": str(tmp_path)}
    run = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, env=bare)
    assert run.returncode == 1 and "Install bubblewrap" in run.stderr and not (tmp_path / "g.csv").exists()
    run = subprocess.run([*program, "--no-sandbox"], capture_output=True, text=True, cwd=ROOT, env=bare)
    assert run.returncode == 0 and run.stderr.startswith("Note: --no-sandbox")
    with open(tmp_path / "g.csv", encoding="utf-8-sig", newline="") as file:
        assert [row["right"] for row in csv.DictReader(file)] == ["3"]


def bubblewraps(run):
    try:
        return [child for child in psutil.Process(run.pid).children(recursive=True) if child.name() == "bwrap"]
    except psutil.NoSuchProcess:  # one that went while it was looked at
        return []


@pytest.mark.grader
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_command_that_was_ended(tmp_path, how):
    for n in range(2):
        # it waits, so as not to take a core from the other tests
        endless = f"import time\nwhile True: time.sleep({1 + n})"
        submission(tmp_path / "in", f"s{n}", notebook(MSE, endless))
    program = [sys.executable, "-m", "instructor.grade", tmp_path / "in", "--out", tmp_path / "g.csv", "--jobs", "2"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests in the background of a shell hear no Ctrl-C
    run = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, preexec_fn=heard)
    try:
        while len(bubblewraps(run)) < 4:  # two for each room: both workers are at work
            assert run.poll() is None, "it ended by itself"
            time.sleep(0.1)
        time.sleep(3)
        run.send_signal(how)
        assert run.wait(timeout=30) in (130, -signal.SIGKILL)
    finally:
        run.kill()
    assert not left_over()
