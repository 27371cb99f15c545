"""Grade a class: every submitted notebook in a sandbox of its own, judged by the course's own checks.

    python -m instructor.grade submissions/ --out grades.csv
    python -m instructor.grade submissions/ --out grades.csv --only-exercises --jobs 4
    python -m instructor.grade submissions/ --out grades.csv --scheduler tcp://192.0.2.1:8786

submissions/ holds a folder for each student, what Moodle, Canvas or Blackboard gave, or files named STUDENT_NN.ipynb; a
student's quiz_….json is scored as well. Written: grades.csv (a row per notebook), grades-students.csv (a row per student),
grades-exercises.csv (which exercise fails most), grades-feedback/ (a page per student). grades-work/ keeps what is finished:
the same command again goes on where it stopped, and grades what has changed. See GRADING.md.
"""

import argparse
import hmac
import json
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache, partial
from importlib import import_module
from itertools import product
from multiprocessing import active_children, connection, get_context, parent_process
from pathlib import Path

from tqdm import tqdm

from instructor import class_table
from instructor.class_table import printable
from instructor.grader import report
from instructor.grader.lessons import lessons, version
from instructor.grader.submissions import Submission, find
from vae_helpers import _console
from vae_helpers._files import write_whole
from vae_helpers.quiz import load_questions

IN_FLIGHT = 64  # submissions that are read and sent ahead of their turn
MOST = 60  # notebooks of one student
JUDGE_MEMORY = 4 * 2**30  # bytes for a worker of this machine
LOST = "a worker of the grader ended while it was at work"
START_WORKERS = "start each worker in the course's folder, by: python -m dask worker ADDRESS --nthreads 1 --no-nanny"
OPEN_PORTS = "whoever reaches a port of the scheduler or of a worker can run code there: use a closed network, or TLS (GRADING.md)."


# ------------------------------------------------------------------------------------------------ the workers


@lru_cache
def tell_once(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare_worker() -> None:
    """A worker ends with the command, however that ends, and its own memory is limited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ImportError, ValueError):  # a system without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (JUDGE_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    parent = parent_process().sentinel
    threading.Thread(target=lambda: connection.wait([parent]) and os._exit(1), daemon=True).start()


@contextmanager
def workers(jobs: int, scheduler: str | None, sandbox: bool = True) -> Iterator[Callable[..., futures.Future]]:
    """A function that submits work: to processes here, or to a Dask cluster, whose workers find the course in the folder
    that they were started in. What isolation there is here is told before anything runs; without any nothing does."""
    from instructor.grader import judge  # and with it torch: not before the arguments are right

    if scheduler is None:
        pool = futures.ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=prepare_worker)
        try:
            for notice in pool.submit(judge.isolation, sandbox).result().notices:
                tell_once(f"Note: {notice}")
            yield partial(pool.submit, judge.grade)
        except RuntimeError as error:
            if isinstance(error, futures.BrokenExecutor):
                raise
            raise SystemExit(str(error)) from None
        finally:
            for child in active_children():  # with them end their sandboxes; at the end of all work there is none
                child.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
        return
    try:
        from distributed import Client

        client = Client(scheduler, timeout=20)
    except ImportError:
        raise SystemExit("--scheduler needs Dask's distributed: pip install distributed") from None
    except (OSError, ValueError) as error:
        raise SystemExit(f"--scheduler {scheduler}: no Dask scheduler answers there ({error}).") from None
    if not scheduler.startswith("tls:"):
        tell_once(f"Note: {OPEN_PORTS}")

    def grade_there(*arguments, **options) -> dict:
        """A function within a function, whose code Dask sends: a worker that cannot import the course says so, where one
        that cannot even read its task would end, and the work wait for ever."""
        return import_module("instructor.grader.judge").grade(*arguments, **options)

    with client, client.get_executor(pure=False) as executor:
        yield partial(executor.submit, grade_there)


def results_of(todo: list[str], ask: Callable, start: Callable, at_once: int) -> Iterator[tuple[str, dict]]:
    """(key, result) of each, as they come. If a worker is killed, a new pool is started; what was in the old one is lost."""
    submit, running, waiting = None, {}, deque(todo)
    while waiting or running:
        while waiting and len(running) < at_once:
            key = waiting.popleft()
            try:
                arguments, options = ask(key)
                submit = submit or start()
                running[submit(*arguments, **options)] = key
            except futures.BrokenExecutor:
                submit = None
                yield key, problem("lost", LOST)
            except OSError as error:  # changed since it was found
                yield key, problem("unreadable", error.strerror or "")
        for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
            submit = None if isinstance(future.exception(), futures.BrokenExecutor) else submit
            yield running.pop(future), result_of(future)


def result_of(future: futures.Future) -> dict:
    try:
        result = future.result()
    except ModuleNotFoundError as error:
        return problem("grader-error", f"{error}: {START_WORKERS}")
    except Exception as error:
        lost = isinstance(error, futures.BrokenExecutor) or type(error).__name__ == "KilledWorker"
        return problem("lost", LOST) if lost else problem("grader-error", f"{type(error).__name__}: {error}"[:300])
    if result["version"] != version():
        return problem("grader-error", "this worker has another version of the course")
    return result


def problem(status: str, detail: str, lesson: str = "") -> dict:
    return {"status": status, "detail": detail, "lesson": lesson, "language": "", "notes": []}


# ------------------------------------------------------------------------------------------------ notebooks


def grade_all(
    found: list[Submission], work: Path, settings: dict, start: Callable, jobs: int = 1
) -> dict[Submission, dict]:
    """The result of every notebook. Each is stored as soon as it is there; what is stored already is not done again.

    start() gives a function that submits work. It is called only if there is work to do. What was lost with a worker, and
    what waited more than it worked until its time was over, is tried once more, alone.
    """
    secret, count, copies, results, notes = secret_of(work), Counter(), {}, {}, {}
    settings = {**settings, "secret": secret}
    for submission in found:
        count[submission.student] += 1
        key = f"not graded {len(copies)}"
        try:
            if submission.status or count[submission.student] > MOST:
                results[key] = problem(submission.status or "unreadable", submission.detail or f"more than {MOST} notebooks of one student")  # fmt: skip
            else:
                content, (files, left_out) = submission.content(), submission.files()
                notes[submission] = [f"left out: {', '.join(left_out[:5])}"] * bool(left_out)
                key = submission.key(content, files, settings)
                if stored := load(work / f"{key}.json", secret):
                    results[key] = stored
        except Exception as error:  # whatever it is, it is this submission's row alone
            results[key] = problem("unreadable", getattr(error, "strerror", None) or type(error).__name__)
        copies.setdefault(key, []).append(submission)

    def ask(key: str) -> tuple[tuple, dict]:
        submission = copies[key][0]
        return (printable(submission.path.name), submission.content(), submission.files()[0]), settings

    with tqdm(total=len(copies), initial=len(results), unit="notebook", disable=None) as bar:
        todo, again = [key for key in copies if key not in results], []
        for at_once in (IN_FLIGHT, 1):
            for key, result in results_of(todo, ask, start, at_once):
                starved = result["status"] == "timeout" and "mostly waiting" in result["detail"] and jobs > 1
                if at_once > 1 and (starved or result["status"] == "lost"):
                    again.append(key)
                    continue
                results[key] = result if result["status"] != "lost" else problem("crashed", f"{LOST}, twice")
                if result["status"] not in ("lost", "grader-error"):
                    store(work / f"{key}.json", result, secret)
                bar.update()
                for submission in copies[key]:
                    line = f"{submission.student}: {submission.path.name}: {results[key]['status']}"
                    tqdm.write(printable(line))
                sys.stdout.flush()
            todo, again = again, []
    return {
        s: {**results[key], "notes": [*results[key].get("notes", []), *notes.get(s, [])]}
        for key, those in copies.items()
        for s in those
    }


def secret_of(work: Path) -> str:
    """This class's own: the seed of the numbers that the checks draw, and the key that stored results are signed with."""
    path = work / "secret"
    if not path.exists():
        write_whole(path, secrets.token_hex())
        path.chmod(0o600)
    return path.read_text()


def store(path: Path, result: dict, secret: str) -> None:
    text = json.dumps(result, ensure_ascii=False)
    write_whole(path, json.dumps({"signed": signature(path, text, secret), "result": text}))


def load(path: Path, secret: str) -> dict | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        whole = hmac.compare_digest(stored["signed"], signature(path, stored["result"], secret))
        return json.loads(stored["result"]) if whole else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # not there, or cut off by a crash: graded again
        return None


def signature(path: Path, text: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{path.stem}\n{text}".encode("utf-8", "replace"), "sha256").hexdigest()


# ------------------------------------------------------------------------------------------------ the quiz


def quiz_results(found: list[Submission], questions: str, attempt: str) -> dict[Submission, dict]:
    """The score of each student's latest file of answers, from the letters in it. The student's own claims change nothing."""
    bank = {language: load_questions(language) for language in ("vi", "en")}
    keys = {question.id: question.key for question in bank["en"]}
    latest: dict[str, tuple] = {}
    for submission in found:
        try:
            submission.content()
            answers = class_table.read_answers(submission.path, keys)
            entry = (1, answers.time), submission, answers
        except Exception as error:  # a hostile file may be anything
            reason = error if isinstance(error, ValueError) else "cannot be read"
            entry = (0, ""), submission, problem("bad-quiz", f"it {reason}"[:300], "quiz")
        if submission.student not in latest or entry[0] > latest[submission.student][0]:
            latest[submission.student] = entry
    results = {}
    for student, (_, submission, answers) in latest.items():
        results[submission] = answers
        if isinstance(answers, class_table.Student):
            given, another = getattr(answers, attempt), answers.name.casefold() not in student.casefold()
            chosen = {language: [q for q in bank[language] if questions in (q.set, "all")] for language in bank}
            wrong = {q.id for q in chosen["en"] if given.get(q.id, q.key) != q.key}
            results[submission] = {
                **problem("ok", f"answers of {answers.name}" if another else "", "quiz"),
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
    parser.add_argument("--students", type=Path, metavar="class.csv", help="the class's list: columns id and name")
    parser.add_argument("--time", type=positive, default=600, metavar="SECONDS", help="for one notebook (%(default)s)")
    parser.add_argument("--memory", type=positive, default=4096, metavar="MB", help="for one notebook (%(default)s)")
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="notebooks at a time on this machine (%(default)s)")  # fmt: skip
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler whose workers do the grading")
    parser.add_argument("--no-sandbox", action="store_true", help="run students' code with your own rights")
    parser.add_argument("--questions", choices=("handout", "more", "all"), default="all", help="of the quiz (%(default)s)")  # fmt: skip
    parser.add_argument("--attempt", choices=("first", "last"), default="first", help="the quiz answers that count (%(default)s)")  # fmt: skip
    parser.add_argument("--separator", choices=class_table.SEPARATORS, default="comma", help="between the cells (%(default)s)")  # fmt: skip
    arguments = parser.parse_args(argv)
    _console.make_safe()
    folder, out = arguments.folder, arguments.out
    if not folder.is_dir():
        hint = ": unpack it first" if folder.is_file() else ""
        parser.error(f"{folder} is no folder{hint}.")
    if out.suffix != ".csv" or not out.absolute().parent.is_dir():
        parser.error(f"--out {out}: expected a name that ends in .csv, in a folder that exists.")
    if out.absolute().is_relative_to(folder.absolute()):
        parser.error(f"--out {out} lies among the submissions: choose another place.")
    if arguments.scheduler and arguments.no_sandbox:
        parser.error("--no-sandbox is for this machine alone: students' code could reach the whole cluster.")
    from instructor.grader.sandbox import visible

    for place, seen in product((folder, out), map(os.path.realpath, visible())):
        if place.resolve().is_relative_to(seen):
            parser.error(f"{place} lies in {seen}, which students' code can read: choose another place.")
    for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        listed = class_table.read_list(arguments.students) if arguments.students else None
    except (OSError, ValueError) as error:
        parser.error(f"--students: {error}")
    with tempfile.TemporaryDirectory(prefix="grade-zip-") as unzipped:
        return grade_class(parser, arguments, listed, Path(unzipped))


def grade_class(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, listed: list | None, unzipped: Path
) -> int:
    out = arguments.out
    try:
        found, told = find(arguments.folder, listed, unzipped)
    except OSError as error:
        parser.error(f"{arguments.folder}: {error.strerror}.")
    if not found:
        parser.error(f"{arguments.folder} holds no notebook (.ipynb) and no answers (quiz_….json).")
    print(*map(printable, told), sep="\n", flush=True)
    work = out.with_name(f"{out.stem}-work")
    work.mkdir(exist_ok=True)
    settings = {
        "limits": {"seconds": arguments.time, "memory": arguments.memory},
        "only_exercises": arguments.only_exercises,
        "sandbox": not arguments.no_sandbox,
    }
    try:
        with ExitStack() as stack:

            def start():
                stack.close()  # of a pool that broke
                return stack.enter_context(workers(arguments.jobs, arguments.scheduler, not arguments.no_sandbox))

            results = grade_all([s for s in found if not s.is_quiz], work, settings, start, arguments.jobs)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    results |= quiz_results([s for s in found if s.is_quiz], arguments.questions, arguments.attempt)
    return tell(out, {s: results[s] for s in found if s in results}, class_table.SEPARATORS[arguments.separator])


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number above 0")
    return int(text)


def tell(out: Path, results: dict[Submission, dict], separator: str) -> int:
    told = [(s.student, s.shown, result) for s, result in results.items()]
    report.flag_copies(told)
    rows = [report.row(*line) for line in told]
    students = report.write_tables(out, rows, list(lessons()), separator)
    exercises = report.write_summary(out, list(results.values()), separator)
    pages = out.with_name(f"{out.stem}-feedback")
    report.write_pages(pages, told)
    print(f"{out}: {len(rows)} rows; {students}; {exercises}; {pages}/: {len({line[0] for line in told})} pages")
    lost = sum(result["status"] == "grader-error" for result in results.values())
    if lost:
        print(f"{lost} could not be graded: run the same command again.", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
