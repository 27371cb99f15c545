"""Grades one submission. Nothing of the student's is executed here: the course's own checks run in this process, on
stand-ins for the student's functions, which live in a sandbox (see wire and sandbox)."""

import contextlib
import hashlib
import io
import json
import os
import re
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from unittest import mock

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the checks compare on the CPU

import torch

from vae_helpers import _language, checks, tr

from . import wire
from .lessons import Exercise, lessons, version
from .limits import Limits
from .sandbox import Isolation, Sandbox, isolation
from .wire import Ended

LARGEST = 40 * 2**20  # bytes of a notebook
EXERCISE_SECONDS = 60  # for a process that only defines the functions
TRIES = 5
CALLBACK_NUMBERS = 400_000  # how many numbers a function may give to a model that a check hands it
_one_at_a_time = threading.Lock()  # language and random state are the process's


# ------------------------------------------------------------------------------------------------ reading a notebook


class Unreadable(Exception):
    def __init__(self, status: str, detail: str = ""):
        super().__init__(status, detail)
        self.status, self.detail = status, detail


@dataclass
class Reading:
    """What a submitted notebook says of itself. lesson is "" if it cannot be told."""

    lesson: str
    language: str
    cells: list[str]


def read_notebook(content: bytes, name: str) -> Reading:
    """Raises Unreadable for anything that cannot be run."""
    if len(content) > LARGEST:
        raise Unreadable("too-large", f"{len(content) / 2**20:.0f} MB")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("not-json", wire.clean_text(error)) from None
    try:
        cells, metadata = notebook["cells"], notebook.get("metadata", {})
        code = [_source(cell) for cell in cells if cell["cell_type"] == "code"]
        ids = [str(c.get("id") or c.get("metadata", {}).get("id", "")) for c in cells]
        kernel, info = metadata.get("kernelspec", {}), metadata.get("language_info", {})
        spoken = str(kernel.get("language") or info.get("name") or "python")
        kernel_name = str(kernel.get("name", ""))
        language = metadata.get("vae_language")
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("not-notebook", f"its cells cannot be read: {wire.clean_text(error)}") from None
    if spoken.lower() not in ("python", "ipython"):
        raise Unreadable("no-kernel", f"{wire.clean_text(kernel_name)} ({wire.clean_text(spoken)})")
    return Reading(_lesson(ids, name, code), language if language in ("vi", "en") else "vi", code)


def _source(cell: dict) -> str:
    source = cell["source"]
    if isinstance(source, list):
        source = "".join(source)
    if not isinstance(source, str):
        raise TypeError("a cell whose source is no text")
    return source


def _lesson(ids: list[str], name: str, code: list[str]) -> str:
    """By the names that the builder gave the cells; or else by the file's name; or else by the functions defined."""
    votes = {lesson: sum(cell_id.startswith(f"{lesson}-") for cell_id in ids) for lesson in lessons()}
    if not any(votes.values()):
        stem = Path(name).stem
        votes = {lesson: 2 * (lesson in stem) + bool(re.search(rf"(^|\D){lesson[:2]}(\D|$)", stem)) for lesson in votes}
    if not any(votes.values()):
        defined = set(re.findall(r"^def (\w+)\(", "\n".join(code), re.MULTILINE))
        votes = {lesson: len({e.function for e in exercises} & defined) for lesson, exercises in lessons().items()}
    best = max(votes, key=votes.get)
    return best if votes[best] else ""


# ------------------------------------------------------------------------------------------------ running and judging


def grade(
    name: str,
    content: bytes,
    files: dict[str, bytes] | None = None,
    limits: dict | None = None,
    only_exercises: bool = False,
    shut_in: Isolation | None = None,
) -> dict:
    """Grade one notebook. files: what lies next to it, by relative path. limits: fields of Limits. Returns what is stored, told and tabled:

    status ("ok" or what went wrong), detail, lesson, language, seconds, exercises (a list of function, check, status,
    mistake, message), errors (cell, name, text: of the notebook's cells, as the student's process tells them), isolation,
    version.
    """
    with _one_at_a_time:
        return _grade(name, content, files or {}, Limits(**limits or {}), only_exercises, shut_in or isolation())


def _grade(name, content, files, limits, only_exercises, shut_in) -> dict:
    start = time.monotonic()
    result = {"status": "ok", "detail": "", "lesson": "", "language": "", "exercises": [], "errors": []}
    try:
        reading = read_notebook(content, name)
        result |= {"lesson": reading.lesson, "language": reading.language}
        if not reading.lesson:
            raise Unreadable("unknown-lesson")
    except Unreadable as error:
        result |= {"status": error.status, "detail": error.detail}
    else:
        result |= _run(reading, files, limits, only_exercises, shut_in)
    shut = {"namespaces": shut_in.namespaces, "own_user": shut_in.user is not None, "notices": list(shut_in.notices)}
    return {**result, "seconds": round(time.monotonic() - start, 1), "isolation": shut, "version": version()}


def _run(reading: Reading, files: dict[str, bytes], limits: Limits, only_exercises: bool, shut_in: Isolation) -> dict:
    """One process runs the notebook and serves its functions. If it comes to a bad end, another one that only defines
    the functions serves the rest: an endless loop in one place does not take the other exercises with it."""
    exercises = list(lessons()[reading.lesson])
    verdicts = {exercise: {"status": "stopped", "mistake": None, "message": ""} for exercise in exercises}
    result = {"status": "ok", "detail": "", "errors": []}
    waiting, everything = exercises, not only_exercises
    for _ in range(len(exercises) + 2):
        seconds = limits.seconds if everything else min(limits.seconds, EXERCISE_SECONDS)
        current, ran = None, False
        try:
            with Sandbox(replace(limits, seconds=seconds), shut_in) as sandbox:
                found, errors = _start(sandbox, reading, files, everything)
                result["errors"] = result["errors"] or errors
                _refuse_exhausted(errors)
                ran = True
                for current in list(waiting):
                    verdicts[current] = _verdict(current, sandbox, found, reading)
                    waiting = [exercise for exercise in waiting if exercise != current]
        except Ended as end:
            if result["status"] == "ok":
                where = f"{current.function}: " if current else ""
                result |= {"status": end.status, "detail": where + end.detail}
            if ran and current:
                verdicts[current] = {"status": "stopped", "mistake": end.status, "message": ""}
                waiting = [exercise for exercise in waiting if exercise != current]
            elif not everything:
                break  # not even the definitions can be run
        if not waiting:
            break
        everything = False
    return {**result, "exercises": [asdict(exercise) | verdict for exercise, verdict in verdicts.items()]}


def _refuse_exhausted(errors: list) -> None:
    """A notebook that ran into a limit and survived is in no state to serve its functions."""
    for cell, name, text in errors:
        if name == "MemoryError" or "can't allocate memory" in text:
            raise Ended("memory", f"cell {cell}: {name}")
        if name == "BlockingIOError" or "can't start new thread" in text:
            raise Ended("processes", f"cell {cell}: {name}")


def _start(sandbox: Sandbox, reading: Reading, files: dict[str, bytes], everything: bool) -> tuple[set[str], list]:
    """Run the notebook. Returns the functions that are there, and the errors of its cells."""
    sandbox.wait_until_ready()
    names = [exercise.function for exercise in lessons()[reading.lesson]]
    parts = {"": json.dumps(reading.cells).encode(), **files}
    order = {"everything": everything, "functions": names, "parts": [[name, len(data)] for name, data in parts.items()]}
    sandbox.send(order, b"".join(parts.values()))
    message, _ = sandbox.receive()
    try:
        errors = [[int(c), wire.clean_name(n), wire.clean_text(t)] for c, n, t in message["errors"][:20]]
        return set(names) & {str(name) for name in message["found"]}, errors
    except (KeyError, TypeError, ValueError):
        raise Ended("crashed", "not the end of a run") from None


def _verdict(exercise: Exercise, sandbox: Sandbox, found: set[str], reading: Reading) -> dict:
    """Try the function on random inputs of the submission's own, which no table of answers knows. One set of them may be
    numerically so unlucky that a right answer is refused, so several have their say; for a wrong one speaks the lesson's
    own set, whose hints are tested."""
    if exercise.function not in found:
        return {"status": "missing", "mistake": None, "message": ""}
    own = int.from_bytes(hashlib.sha256("\n".join(reading.cells).encode()).digest()[:6], "big")
    for number in range(TRIES):
        verdict = _checked(exercise, sandbox, reading.language, own + number)
        if verdict["status"] != "wrong":
            return verdict
    as_in_the_lesson = _checked(exercise, sandbox, reading.language, 0)
    return as_in_the_lesson if as_in_the_lesson["status"] == "wrong" else verdict


def _checked(exercise: Exercise, sandbox: Sandbox, language: str, other_inputs: int) -> dict:
    """Run the course's check on a stand-in for the student's function. other_inputs: added to the check's random seed."""
    peer = wire.Peer(
        sandbox.send, sandbox.receive, find=lambda target: peer.exported[target], allowance=CALLBACK_NUMBERS
    )
    seed = torch.manual_seed
    with (
        mock.patch.object(_language, "_chosen", language),
        mock.patch.object(torch, "manual_seed", lambda number: seed(number + other_inputs)),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        try:
            result = getattr(checks, exercise.check)(lambda *arguments: peer.call(exercise.function, arguments))
            return {"status": result.status, "mistake": result.mistake, "message": result.message[:1000]}
        except Exception as error:  # numbers that the check itself stumbles over are not a right answer
            text = wire.clean_text(f"{type(error).__name__}: {error}")
            vi, en = "❌ Không kiểm tra được kết quả của hàm", "❌ The function's answers cannot be checked"
            return {"status": "wrong", "mistake": "unfit", "message": f"{tr(vi, en)} ({text})"}
