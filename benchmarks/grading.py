"""How many submissions a minute the grader does, and otter-grader and nbgrader on the same submissions.

    python -m benchmarks.grading             24 submissions, three rounds (needs: make .venv/bench)
    python -m benchmarks.grading --quick     4 submissions, one round

A submission is lesson 01's or 04's solution with one number of its own. All graders get the same notebooks, cut down to what
the exercises need: the imports, the solved functions, a test cell for each; no training, which would be most of the time. In
every round each grader takes its turn, in processes of its own, as an instructor starts it, from its start to its last result:

    ours              python -m instructor.grade --jobs 1: every cell runs, in the sandbox
    ours exercises    the same with --only-exercises, and 2 jobs: with --jobs 2
    otter             python -m otter run, once for each submission (without its containers, which need Docker)
    nbgrader          python -m nbgrader autograde, for all of them

ours whole lessons: --only-exercises on the lessons as they are, with 1 and 2 Dask workers that have graded before the clock
starts: what one more submission costs. A grader that is not installed is left out, which is said.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import nbformat
from distributed import LocalCluster

from benchmarks import common
from instructor import grade
from instructor.grader.lessons import lessons
from instructor.grader.submissions import find
from tools import build

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ("01_autoencoder", "04_loss")
OTTER_TEST = """\
>>> import contextlib, io
>>> with contextlib.redirect_stdout(io.StringIO()):
...     result = checks.{check}({function})
>>> bool(result)
True"""


# ------------------------------------------------------------------------------------------------ the submissions


def submission(lesson: str, number: int, cut: bool):
    """The solution of a lesson, different from others in one number; or, cut, what its exercises need of it."""
    notebook = build.make_notebook(build.SOURCES / f"{lesson}.py", "vi", solutions=True)
    if cut:
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        notebook.cells = [*code[:2], *(cell for cell in code[2:] if "### BEGIN SOLUTION" in cell.source)]
        for exercise in lessons()[lesson]:
            cell = nbformat.v4.new_code_cell(f"assert checks.{exercise.check}({exercise.function})")
            cell.id = f"test-{exercise.function}".replace("_", "-")
            cell.metadata.nbgrader = {
                "grade": True, "grade_id": cell.id, "points": 1, "locked": True, "solution": False, "task": False, "schema_version": 3,
            }  # fmt: skip
            notebook.cells.append(cell)
    place = 0 if cut else 1
    notebook.cells[place].source += f"\nnumber = {number}"
    return notebook


def write_submissions(folder: Path, count: int, start: int = 0, cut: bool = False) -> list[Path]:
    """Of two lessons in turn, each in its student's folder."""
    paths = []
    for number in range(start, start + count):
        lesson = LESSONS[number % len(LESSONS)]
        paths.append(folder / f"s{number:04}" / f"{lesson}.ipynb")
        paths[-1].parent.mkdir(parents=True)
        paths[-1].write_text(json.dumps(submission(lesson, number, cut)), encoding="utf-8")
    return paths


# ------------------------------------------------------------------------------------------------ the graders


def command(*arguments, cwd: Path) -> float:
    """Run a Python program. Seconds."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader calls alembic's
    modules = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": modules, "PATH": programs}
    begin = time.perf_counter()
    run = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if run.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}")
    return seconds


def ours(room: Path, count: int, *options: str) -> float:
    write_submissions(room / "in", count, cut=True)
    seconds = command("instructor.grade", room / "in", "--out", room / "grades.csv", *options, cwd=ROOT)
    table = (room / "grades-students.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    rights = [int(line.split(",")[1]) for line in table]
    must_be(rights, [len(lessons()[LESSONS[n % 2]]) for n in range(count)])
    return seconds


def otter(room: Path, count: int) -> float:
    for lesson in LESSONS:
        (room / lesson).mkdir()
        for exercise in lessons()[lesson]:
            case = {"code": OTTER_TEST.format(check=exercise.check, function=exercise.function), "hidden": False, "locked": False}  # fmt: skip
            suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
            test = {"name": exercise.function, "points": 1, "suites": [suite]}
            (room / lesson / f"{exercise.function}.py").write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n")
        command("otter", "generate", "-t", lesson, "--no-requirements", "--no-config", "-o", f"{lesson}.zip", cwd=room)
    seconds = 0.0
    for path in write_submissions(room / "in", count, cut=True):
        tests = room / f"{path.stem}.zip"
        seconds += command("otter", "run", "--no-logo", "-a", tests, "-o", path.parent, path, cwd=room)
        told = json.loads((path.parent / "results.json").read_text())["tests"]
        must_be([test.get("score") for test in told[1:]], [1.0] * len(lessons()[path.stem]))
    return seconds


def nbgrader(room: Path, count: int) -> float:
    for lesson in LESSONS:
        place = room / "source" / lesson
        place.mkdir(parents=True)
        (place / f"{lesson}.ipynb").write_text(json.dumps(submission(lesson, 0, cut=True)), encoding="utf-8")
        command("nbgrader", "generate_assignment", lesson, "--create", cwd=room)
    for path in write_submissions(room / "in", count, cut=True):
        place = room / "submitted" / path.parent.name / path.stem
        place.mkdir(parents=True)
        path.rename(place / path.name)
    seconds = sum(command("nbgrader", "autograde", lesson, "--create", cwd=room) for lesson in LESSONS)
    command("nbgrader", "export", "--to", "grades.csv", cwd=room)
    lines = [line.split(",") for line in (room / "grades.csv").read_text().splitlines()]
    columns = [lines[0].index(name) for name in ("score", "max_score")]
    handed_in = [line for line in lines[1:] if float(line[columns[0]])]
    must_be([line[columns[0]] for line in handed_in], [line[columns[1]] for line in handed_in])
    must_be(len(handed_in), count)
    return seconds


def must_be(found, wanted) -> None:
    if found != wanted:
        raise RuntimeError(f"a solution is not graded as right: {found}, not {wanted}")


def whole_lessons(room: Path, count: int, workers: int) -> float:
    settings = {"limits": {"seconds": 600}, "only_exercises": True}
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        grade.workers(1, cluster.scheduler_address) as submit,
    ):
        (room / "work").mkdir()
        write_submissions(room / "warm", 4 * workers)
        write_submissions(room / "timed", count, start=1000)
        grade.grade_all(find(room / "warm")[0], room / "work", settings, start=lambda: submit)
        begin = time.perf_counter()
        results = grade.grade_all(find(room / "timed")[0], room / "work", settings, start=lambda: submit)
        seconds = time.perf_counter() - begin
    must_be({(r["status"], e["status"]) for r in results.values() for e in r["exercises"]}, {("ok", "right")})
    return seconds


GRADERS: dict[str, Callable[[Path, int], float]] = {
    "ours": ours,
    "ours exercises": lambda room, count: ours(room, count, "--only-exercises"),
    "ours exercises, 2 jobs": lambda room, count: ours(room, count, "--only-exercises", "--jobs", "2"),
    "otter": otter,
    "nbgrader": nbgrader,
    "ours whole lessons, 1 worker": lambda room, count: whole_lessons(room, count, 1),
    "ours whole lessons, 2 workers": lambda room, count: whole_lessons(room, count, 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 submissions, one round")
    parser.add_argument("--rounds", type=int, help="default 3, with --quick 1")
    parser.add_argument("--only", choices=GRADERS, nargs="+", help="some of the graders")
    arguments = parser.parse_args()
    count, rounds = (4, 1) if arguments.quick else (24, 3)
    machine = common.machine()
    busy = common.busy(machine)
    chosen = {name: GRADERS[name] for name in arguments.only or GRADERS}
    for name in ("otter", "nbgrader"):
        if name in chosen and not find_spec(name):
            print(f"{name} is not installed and left out.")
            del chosen[name]
    runs: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(arguments.rounds or rounds):
        for name, measure in chosen.items():
            with tempfile.TemporaryDirectory() as room:
                runs[name].append(60 * count / measure(Path(room), count))
            print(f"round {number + 1}: {name}: {runs[name][-1]:.1f} submissions a minute", flush=True)
    medians = {name: round(median(done), 1) for name, done in runs.items()}
    workers = [  # these stand in the README
        {"workers": n, "submissions": count, "per_minute": medians[name]}
        for n, name in ((1, "ours whole lessons, 1 worker"), (2, "ours whole lessons, 2 workers"))
        if name in medians
    ]
    every = {
        name: {"per_minute": medians[name], "rounds": [round(rate, 1) for rate in done]} for name, done in runs.items()
    }
    if not arguments.quick and not arguments.only:  # a look is none of the results on file
        results = {"machine": machine, "busy": busy, "submissions": count, "runs": workers, "graders": every}
        common.save("grading", results)


if __name__ == "__main__":
    main()
