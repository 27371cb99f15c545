"""Grade a class: every submitted notebook in a sandbox of its own, judged by the course's own checks.

    python -m instructor.grade submissions/ --out grades.csv
    python -m instructor.grade submissions/ --out grades.csv --only-exercises --jobs 4
    python -m instructor.grade submissions/ --out grades.csv --scheduler tcp://192.0.2.1:8786

submissions/ holds a folder for each student, or files named STUDENT_NN.ipynb; a student's quiz_….json is scored as well.
Written: grades.csv (a row per notebook), grades-students.csv (a row per student), grades-feedback/ (a page per student).
grades-work/ keeps what is finished: the same command again goes on where it stopped, and grades what has changed.
See GRADING.md for what is checked, what is limited, and what a student's code can still do.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from instructor import class_table
from instructor.grader import report
from instructor.grader.lessons import lessons, version
from instructor.grader.limits import Limits
from instructor.grader.submissions import Submission, find
from vae_helpers._files import write_whole
from vae_helpers.quiz import load_questions

IN_FLIGHT = 64  # submissions that are read and sent ahead of their turn
START_WORKERS = "start each worker in the course's folder, by: python -m dask worker ADDRESS --nthreads 1"


def task() -> Callable[..., dict]:
    """What a worker does. A function within a function, so that Dask sends its code: a worker that cannot import the course
    says so, where one that cannot even read its task would end, and the work wait for ever."""

    def grade_one(*arguments, **options) -> dict:
        from instructor.grader import judge

        return judge.grade(*arguments, **options)

    return grade_one


def local_task(*arguments, **options) -> dict:
    return task()(*arguments, **options)


@contextmanager
def workers(jobs: int, scheduler: str | None) -> Iterator[Callable[..., futures.Future]]:
    """A function that submits work: to processes here, or to a Dask cluster, whose workers find the course in the folder
    that they were started in."""
    if scheduler is None:
        pool = futures.ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
        try:
            yield partial(pool.submit, local_task)
        finally:
            pool.shutdown(cancel_futures=True)
        return
    try:
        from distributed import Client
    except ImportError:
        raise SystemExit("--scheduler needs Dask's distributed: pip install distributed") from None
    try:
        client = Client(scheduler, timeout=20)
    except (OSError, ValueError) as error:
        raise SystemExit(f"--scheduler {scheduler}: no Dask scheduler answers there ({error}).") from None
    with client, client.get_executor(pure=False) as executor:
        yield partial(executor.submit, task())


# ------------------------------------------------------------------------------------------------ notebooks


def grade_all(found: list[Submission], work: Path, settings: dict, start: Callable) -> dict[Submission, dict]:
    """The result of every notebook. Each is stored as soon as it is there; what is stored already is not done again.

    start() gives a function that submits work. It is called only if there is work to do.
    """
    keys: dict[Submission, str] = {}
    results: dict[str, dict] = {}
    running: dict[futures.Future, str] = {}
    submit = None

    def collect() -> None:
        for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
            key = running.pop(future)
            results[key] = result_of(future)
            if results[key]["status"] != "grader-error":
                write_whole(work / f"{key}.json", json.dumps(results[key], ensure_ascii=False))
            for submission in (s for s, other in keys.items() if other == key):
                print(f"{submission.student}: {submission.path.name}: {results[key]['status']}", flush=True)

    for submission in found:
        try:
            content, files = submission.content(), submission.files()
        except OSError as error:
            keys[submission] = key = f"unreadable {len(keys)}"
            results[key] = problem("unreadable", str(error))
            continue
        keys[submission] = key = submission.key(content, files, settings)
        if key in results or key in running.values():  # a copy
            continue
        if stored := load(work / f"{key}.json"):
            results[key] = stored
            continue
        submit = submit or start()
        running[submit(submission.path.name, content, files, **settings)] = key
        if len(running) >= IN_FLIGHT:
            collect()
    while running:
        collect()
    return {submission: results[key] for submission, key in keys.items()}


def result_of(future: futures.Future) -> dict:
    try:
        result = future.result()
    except ModuleNotFoundError as error:
        return problem("grader-error", f"{error}: {START_WORKERS}")
    except Exception as error:  # the worker was lost, again and again: the others go on, the next run tries it again
        return problem("grader-error", f"{type(error).__name__}: {error}"[:300])
    if result["version"] != version():
        return problem("grader-error", "this worker has another version of the course")
    return result


def load(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or cut off by a crash: it is graded again
        return None


def problem(status: str, detail: str, lesson: str = "") -> dict:
    return {"status": status, "detail": detail, "lesson": lesson, "language": ""}


# ------------------------------------------------------------------------------------------------ the quiz


def quiz_results(found: list[Submission], questions: str, attempt: str) -> dict[Submission, dict]:
    """The score of each student's latest file of answers, from the letters in it. The student's own claims change nothing."""
    bank = {language: load_questions(language) for language in ("vi", "en")}
    every_key = {question.id: question.key for question in bank["en"]}
    latest: dict[str, tuple] = {}
    failed: dict[str, tuple] = {}
    for submission in found:
        try:
            submission.content()
            answers = class_table.read_answers(submission.path, every_key)
        except Exception as error:  # a hostile file may be anything
            failed[submission.student] = submission, problem("bad-quiz", f"it {error}"[:300], "quiz")
            continue
        other = latest.get(submission.student)
        if other is None or other[1].time < answers.time:
            latest[submission.student] = submission, answers
    results = {submission: result for name, (submission, result) in failed.items() if name not in latest}
    for student, (submission, answers) in latest.items():
        given = getattr(answers, attempt)
        chosen = {language: [q for q in bank[language] if questions in (q.set, "all")] for language in bank}
        wrong = {q.id for q in chosen["en"] if q.id in given and given[q.id] != q.key}
        results[submission] = {
            **problem(
                "ok", "" if answers.name.casefold() == student.casefold() else f"answers of {answers.name}", "quiz"
            ),
            "right": sum(given.get(q.id) == q.key for q in chosen["en"]),
            "total": len(chosen["en"]),
            "read_again": {
                language: [f"{q.id}: {q.lesson}, «{q.heading}»" for q in chosen[language] if q.id in wrong]
                for language in bank
            },
        }
    return results


# ------------------------------------------------------------------------------------------------ the command


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="submissions/")
    parser.add_argument("--out", type=Path, required=True, metavar="grades.csv")
    parser.add_argument("--only-exercises", action="store_true", help="run only what the exercises need: seconds instead of minutes")  # fmt: skip
    parser.add_argument("--time", type=positive, default=Limits.seconds, metavar="SECONDS", help="for one notebook (%(default)s)")  # fmt: skip
    parser.add_argument("--memory", type=positive, default=Limits.memory, metavar="MB", help="for one notebook (%(default)s)")  # fmt: skip
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="notebooks at a time on this machine (%(default)s)")  # fmt: skip
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler whose workers do the grading")
    parser.add_argument("--questions", choices=("handout", "more", "all"), default="all", help="of the quiz (%(default)s)")  # fmt: skip
    parser.add_argument("--attempt", choices=("first", "last"), default="first", help="the quiz answers that count (%(default)s)")  # fmt: skip
    arguments = parser.parse_args(argv)
    folder, out = arguments.folder, arguments.out
    if not folder.is_dir():
        hint = ": unpack it first" if folder.is_file() else ""
        parser.error(f"{folder} is no folder{hint}.")
    if out.suffix != ".csv" or not out.absolute().parent.is_dir():
        parser.error(f"--out {out}: expected a name that ends in .csv, in a folder that exists.")
    if out.absolute().is_relative_to(folder.absolute()):
        parser.error(f"--out {out} lies among the submissions: choose another place.")
    found = find(folder)
    if not found:
        parser.error(f"{folder} holds no notebook (.ipynb) and no answers (quiz_….json).")

    work = out.with_name(f"{out.stem}-work")
    work.mkdir(exist_ok=True)
    limits = Limits(seconds=arguments.time, memory=arguments.memory)
    settings = {"limits": asdict(limits), "only_exercises": arguments.only_exercises}
    try:
        with ExitStack() as stack:
            results = grade_all(
                [submission for submission in found if not submission.is_quiz], work, settings,
                start=lambda: stack.enter_context(workers(arguments.jobs, arguments.scheduler)),
            )  # fmt: skip
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    results |= quiz_results([s for s in found if s.is_quiz], arguments.questions, arguments.attempt)
    return tell(out, folder, {submission: results[submission] for submission in found if submission in results})


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number above 0")
    return int(text)


def tell(out: Path, folder: Path, results: dict[Submission, dict]) -> int:
    told = [(s.student, s.path.relative_to(folder).as_posix(), result) for s, result in results.items()]
    rows = [report.row(*line) for line in told]
    students = report.write_tables(out, rows, list(lessons()))
    pages = out.with_name(f"{out.stem}-feedback")
    report.write_pages(pages, told)
    notices = {notice for result in results.values() for notice in result.get("isolation", {}).get("notices", [])}
    print("\n".join(sorted(f"Note: {notice}" for notice in notices)), end="\n" if notices else "")
    print(f"{out}: {len(rows)} rows; {students}; {pages}/: {len({line[0] for line in told})} pages")
    lost = sum(result["status"] == "grader-error" for result in results.values())
    if lost:
        print(f"{lost} could not be graded: run the same command again.", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
