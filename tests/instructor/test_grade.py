"""The command that grades a class: it goes on where it stopped, scores the quiz, and spreads work over a cluster."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent import futures
from contextlib import ExitStack

import psutil
import pytest

from instructor import grade
from instructor.grader import report, submissions
from vae_helpers import quiz

from .support import MSE, ROOT, left_over, notebook, submission, table

# ------------------------------------------------------------------------------------------------ going on


class Workers:
    """Stands in for worker processes: counts what it is asked to grade; stops after some, as a user does with Ctrl-C."""

    def __init__(self, until=None):
        self.seen, self.until = [], until

    def __call__(self, name, content, files, **settings):
        future = futures.Future()
        if self.until is not None and len(self.seen) == self.until:
            raise KeyboardInterrupt
        self.seen.append(content)
        result = {
            "status": "ok",
            "detail": "",
            "lesson": "01_autoencoder",
            "language": "en",
            "version": grade.version(),
        }
        future.set_exception(MemoryError()) if b"lost" in content else future.set_result(result)
        return future


def grade_with(workers, folder, work, monkeypatch):
    monkeypatch.setattr(grade, "IN_FLIGHT", 1)
    work.mkdir(exist_ok=True)
    return grade.grade_all(submissions.find(folder)[0], work, {"limits": {}}, start=lambda: workers)


def test_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    folder, work = tmp_path / "in", tmp_path / "work"
    for n in range(5):
        submission(folder, f"s{n}", notebook(f"x = {n}"))
    first, second, third, fourth = Workers(until=3), Workers(), Workers(), Workers()
    with pytest.raises(KeyboardInterrupt):
        grade_with(first, folder, work, monkeypatch)
    assert len(grade_with(second, folder, work, monkeypatch)) == 5
    assert (len(first.seen), len(second.seen)) == (3, 2) and not set(first.seen) & set(second.seen)
    submission(folder, "s1", notebook("x = 'changed'"))
    next(work.glob("*.json")).write_text('{"status": "o')  # cut off
    grade_with(third, folder, work, monkeypatch)
    assert 1 <= len(third.seen) <= 2
    grade_with(fourth, folder, work, monkeypatch)
    assert not fourth.seen


def test_copies_are_graded_once_and_lost_work_is_tried_again(tmp_path, monkeypatch):
    folder, work, workers = tmp_path / "in", tmp_path / "work", Workers()
    for name, text in (("a", "same"), ("b", "same"), ("c", "lost")):
        submission(folder, name, notebook(text))
    results = grade_with(workers, folder, work, monkeypatch)
    assert {s.student: r["status"] for s, r in results.items()} == {"a": "ok", "b": "ok", "c": "grader-error"}
    assert len(workers.seen) == 2
    grade_with(workers, folder, work, monkeypatch)
    assert len(workers.seen) == 3, "only the lost one"


def quiz_file(folder, name, letter, time, keys):
    rows = [
        {"question": q, "chosen": letter, "first": letter, "right": True, "attempts": 1, "time": time} for q in keys
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"version": 1, "name": "An", "answers": rows, "score": 10}))


@pytest.mark.parametrize("late", ["quiz_1.json", "quiz_2.json"])
def test_of_several_files_of_answers_the_latest_counts(tmp_path, monkeypatch, late):
    monkeypatch.chdir(tmp_path)
    keys = {q.id: q.key for q in quiz.load_questions("en") if q.set == "handout"}
    for name in ("quiz_1.json", "quiz_2.json"):
        when = "2026-05-01" if name == late else "2026-04-01"
        quiz_file(tmp_path / "in" / "An", name, "AB"[name == late], when, keys)
    assert grade.main(["in", "--out", "grades.csv", "--questions", "handout"]) == 0
    (row,) = table(tmp_path / "in")
    right = list(keys.values())
    assert right.count("A") != right.count("B")  # or else the test could not tell
    assert row["right"] == str(right.count("B")) and row["file"] == f"An/{late}"


# ------------------------------------------------------------------------------------------------ the quiz


def test_quiz_is_scored_from_the_letters_not_from_the_claims(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = {q.id: q.key for q in quiz.load_questions("en") if q.set == "handout"}
    rows = [
        {"question": q, "chosen": "A", "first": "A", "right": True, "attempts": 1, "time": "2026-01-01"} for q in keys
    ]
    text = json.dumps({"version": 1, "name": "An", "answers": rows, "score": 10})
    for name, content in (("An", text), ("Bình", "[" * 10**5), ("Chi", text.replace("handout-01", "handout-99"))):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / f"quiz_{name}.json").write_text(content)
    assert grade.main(["in", "--out", "grades.csv", "--questions", "handout"]) == 0
    rows = {row["student"]: row for row in table(tmp_path / "in")}
    assert rows["An"]["right"] == str(list(keys.values()).count("A")) and rows["An"]["total"] == "10"
    assert rows["Bình"]["status"] == rows["Chi"]["status"] == "bad-quiz"
    page = (tmp_path / "grades-feedback" / report.page_name("An")).read_text(encoding="utf-8")
    assert page.count("<li>handout-") == 10 - int(rows["An"]["right"])


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere", "--out", "g.csv"], "nowhere is no folder"),
        (["class.zip", "--out", "g.csv"], "unpack it first"),
        (["empty", "--out", "g.csv"], "holds no notebook"),
        (["in", "--out", "g.xlsx"], "ends in .csv"),
        (["in", "--out", "no/g.csv"], "a folder that exists"),
        (["in", "--out", "in/g.csv"], "among the submissions"),
        (["in", "--out", "g.csv", "--time", "0"], "a whole number above 0"),
        (["in", "--out", "g.csv", "--memory", "much"], "a whole number above 0"),
    ],
)
def test_wrong_arguments_are_told(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.zip").touch()
    (tmp_path / "empty").mkdir()
    submission(tmp_path / "in", "An", b"{}")
    with pytest.raises(SystemExit) as error:
        grade.main(arguments)
    assert error.value.code == 2 and told in capsys.readouterr().err


def test_scheduler_without_dask_says_what_to_install(tmp_path, monkeypatch):
    submission(tmp_path / "in", "An", notebook(MSE))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="pip install distributed"):
        grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "g.csv"), "--scheduler", "tcp://127.0.0.1:1"])


# ------------------------------------------------------------------------------------------------ a cluster


@pytest.mark.grader
def test_cluster_that_loses_a_worker_loses_no_submission(tmp_path, capsys):
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    names = [f"s{n}" for n in range(6)]
    for n, name in enumerate(names):
        submission(tmp_path / "in", name, notebook(MSE, f"import time; time.sleep(1)  # {n}"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        killed = threading.Thread(target=kill_a_busy_worker, args=(distributed, address, tmp_path / "grades-work"))
        killed.start()
        code = grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "grades.csv"), "--scheduler", address])
        killed.join()
    rows = table(tmp_path / "in")
    assert code == 0 and [row["student"] for row in rows] == names
    assert {(row["status"], row["right"]) for row in rows} == {("ok", "1")}
    printed = capsys.readouterr().out
    assert all(printed.count(f"{name}: 01_autoencoder.ipynb: ok") == 1 for name in names)
    assert len(list((tmp_path / "grades-work").glob("*.json"))) == len(names)
    assert not left_over(), "the killed worker's"


def kill_a_busy_worker(distributed, address, work):
    """Once two results are there, kill a worker process that is at work."""
    with distributed.Client(address) as client:
        while len(list(work.glob("*.json"))) < 2:
            time.sleep(0.05)
        busy = next(worker for worker, tasks in client.processing().items() if tasks)
        os.kill(client.run(os.getpid, workers=[busy])[busy], 9)


@pytest.fixture
def cluster_in(tmp_path):
    """A function that starts a scheduler, and a worker in a folder, as GRADING.md says; gives the scheduler's address."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    with ExitStack() as stack:

        def start(folder):
            cluster = stack.enter_context(distributed.LocalCluster(n_workers=0, dashboard_address=None))
            address = cluster.scheduler_address
            options = "--nthreads 1 --no-nanny --host 127.0.0.1 --dashboard-address 127.0.0.1:0"  # as the guide says
            command = f"-m dask worker {address} {options} --local-directory {tmp_path}"
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            worker = subprocess.Popen([sys.executable, *command.split()], cwd=folder, env=environment)
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
            workers.append(psutil.Process(worker.pid))
            return address

        workers = start.processes = []
        yield start


@pytest.mark.grader
def test_worker_in_the_courses_folder_finds_the_course(tmp_path, cluster_in, capsys):
    grade.tell_once.cache_clear()
    submission(tmp_path / "in", "An", notebook(MSE))
    code = grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "grades.csv"), "--scheduler", cluster_in(ROOT)])
    (row,) = table(tmp_path / "in")
    assert (code, row["status"], row["right"]) == (0, "ok", "1"), row
    assert "use a closed network" in capsys.readouterr().err
    ports = [c.laddr.ip for c in cluster_in.processes[0].net_connections() if c.status == psutil.CONN_LISTEN]
    assert ports and set(ports) == {"127.0.0.1"}, "what is started as the guide says listens nowhere else"


@pytest.mark.grader
def test_worker_in_another_folder_is_told_where_to_be_started(tmp_path, cluster_in, capsys):
    submission(tmp_path / "in", "An", notebook(MSE))
    address = cluster_in(tmp_path)
    assert grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "grades.csv"), "--scheduler", address]) == 1
    (row,) = table(tmp_path / "in")
    assert row["status"] == "grader-error" and "start each worker in the course's folder" in row["detail"]
    assert "run the same command again" in capsys.readouterr().err
