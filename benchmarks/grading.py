"""How many submissions a minute the grader does, with 1 and with 2 workers of a Dask cluster on this machine.

    python -m benchmarks.grading             24 submissions for each number of workers
    python -m benchmarks.grading --quick     6 of them

A submission is lesson 01's or 04's solution with one number of its own, graded with --only-exercises: what is measured is
the grader, not the lessons' training. The workers are started, and have graded one submission each, before the clock is.
"""

import argparse
import json
import tempfile
import time
from functools import partial
from pathlib import Path

from distributed import Client, LocalCluster

from benchmarks import common
from instructor import grade
from instructor.grader.submissions import find
from tools import build

LESSONS = ("01_autoencoder", "04_loss")


def write_submissions(folder: Path, count: int, start: int) -> None:
    """Solutions of two lessons in turn; each differs in one number, so that none is taken for a copy."""
    for number in range(start, start + count):
        lesson = LESSONS[number % len(LESSONS)]
        notebook = build.make_notebook(build.SOURCES / f"{lesson}.py", "vi", solutions=True)
        notebook.cells[1].source += f"\nnumber = {number}"
        (folder / f"s{number}").mkdir(parents=True)
        (folder / f"s{number}" / f"{lesson}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def measure(workers: int, count: int) -> dict:
    settings = {"limits": {"seconds": 600}, "only_exercises": True}
    with (
        tempfile.TemporaryDirectory() as room,
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor(pure=False) as executor,
    ):
        work, warm, timed = (Path(room) / name for name in ("work", "warm", "timed"))
        work.mkdir()
        write_submissions(warm, 2 * workers, start=0)
        write_submissions(timed, count, start=1000)
        submit = partial(executor.submit, grade.task())
        grade.grade_all(find(warm)[0], work, settings, start=lambda: submit)
        begin = time.perf_counter()
        results = grade.grade_all(find(timed)[0], work, settings, start=lambda: submit)
        seconds = time.perf_counter() - begin
    wrong = [r for r in results.values() if r["status"] != "ok" or any(e["status"] != "right" for e in r["exercises"])]
    if wrong:
        raise RuntimeError(f"a solution is not graded as right: {wrong[0]}")
    return {"workers": workers, "submissions": count, "seconds": round(seconds, 1), "per_minute": round(60 * count / seconds, 1)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="6 submissions for each number of workers")
    count = 6 if parser.parse_args().quick else 24
    machine = common.machine()
    runs = []
    for workers in (1, 2):
        runs.append(measure(workers, count))
        print(f"{workers} workers: {runs[-1]['per_minute']} submissions per minute", flush=True)
    common.save("grading", {"machine": machine, "runs": runs})


if __name__ == "__main__":
    main()
