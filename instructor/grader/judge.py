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
from .sandbox import Isolation, Limits, Sandbox, isolation
from .wire import Ended

LARGEST = 40 * 2**20  # bytes of a notebook
EXERCISE_SECONDS = 60  # for the first process that only defines the functions
ALLOWANCE = 64 * 2**20  # bytes that a function may make a check's model take and give
VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_one_at_a_time = threading.Lock()  # language and random state are the process's


# ------------------------------------------------------------------------------------------------ reading a notebook


@dataclass
class Reading:
    """What a submitted notebook says of itself. lesson is "" if it cannot be told."""

    lesson: str
    language: str
    cells: list[str]


def read_notebook(content: bytes, name: str) -> Reading:
    """Raises Ended for anything that cannot be run."""
    if len(content) > LARGEST:
        raise Ended("too-large", f"{len(content) / 2**20:.0f} MB")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Ended("not-json", wire.clean_text(error)) from None
    try:
        cells, metadata = notebook["cells"], notebook.get("metadata") or {}
        sources = [
            "".join(cell["source"]).encode("utf-8", "replace").decode() for cell in cells
        ]  # half a character: "?"
        code = [source for cell, source in zip(cells, sources, strict=True) if cell["cell_type"] == "code"]
        text = "".join(sources)
        ids = [str(c.get("id") or (c.get("metadata") or {}).get("id", "")) for c in cells]
        kernel, info = metadata.get("kernelspec") or {}, metadata.get("language_info") or {}
        spoken = str(kernel.get("language") or info.get("name") or "python")
        kernel_name = str(kernel.get("name", ""))
        language = metadata.get("vae_language")
    except (KeyError, TypeError, AttributeError) as error:
        raise Ended("not-notebook", f"its cells cannot be read: {wire.clean_text(error)}") from None
    if not re.fullmatch(r"i?python\d?", spoken.lower()):
        raise Ended("no-kernel", f"{wire.clean_text(kernel_name)} ({wire.clean_text(spoken)})")
    if language not in ("vi", "en"):  # lost: what do the cells speak?
        language = "vi" if len(VIETNAMESE.findall(text)) > len(text) / 100 or not re.search(r"[a-z]{4}", text) else "en"
    return Reading(_lesson(ids, name, code), language, code)


def _lesson(ids: list[str], name: str, code: list[str]) -> str:
    """By the names that the builder gave the cells; or else by the functions defined; or else by the file's name."""
    votes = {lesson: 100 * sum(cell_id.startswith(f"{lesson}-") for cell_id in ids) for lesson in lessons()}
    if not any(votes.values()):
        defined = set(re.findall(r"^\s*(?:async )?def (\w+)\(|^(\w+) = lambda", "\n".join(code), re.MULTILINE))
        defined = {name for pair in defined for name in pair}
        votes = {lesson: 10 * len({e.function for e in exercises} & defined) for lesson, exercises in lessons().items()}
        stem = Path(name).stem
        for lesson in votes:
            votes[lesson] += 2 * (lesson in stem) + bool(re.search(rf"(^|\D){lesson[:2]}(\D|$)", stem))
    best = max(votes, key=votes.get)
    return best if votes[best] else ""


# ------------------------------------------------------------------------------------------------ running and judging


def grade(
    name: str,
    content: bytes,
    files: dict[str, bytes] | None = None,
    limits: dict | None = None,
    only_exercises: bool = False,
    secret: str = "",
    sandbox: bool = True,
) -> dict:
    """Grade one notebook. files: what lies next to it, by relative path. limits: fields of Limits. secret: of the run; no
    table of answers knows the numbers that are drawn with it. Returns what is stored, told and tabled:

    status ("ok" or what went wrong), detail, lesson, language, seconds, exercises (a list of function, check, status,
    mistake, message), errors (cell, name, text: of the notebook's cells, as the student's process tells them), notes (what
    the instructor may want to read), version.
    """
    start = time.monotonic()
    result = {"status": "ok", "detail": "", "lesson": "", "language": "", "exercises": [], "errors": [], "notes": []}
    with _one_at_a_time:
        try:
            shut_in = isolation(sandbox)
            reading = read_notebook(content, name)
            code = hashlib.sha256("".join("".join(reading.cells).split()).encode()).hexdigest()[:32]
            result |= {"lesson": reading.lesson, "language": reading.language, "code": code}
            if not reading.lesson:
                raise Ended("unknown-lesson")
            result |= Grading(reading, files or {}, Limits(**limits or {}), secret, shut_in).run(not only_exercises)
        except Ended as end:
            result |= {"status": end.status, "detail": end.detail}
        except RuntimeError as error:  # no isolation, which is this machine's fault
            result |= {"status": "grader-error", "detail": str(error)}
    return {**result, "seconds": round(time.monotonic() - start), "version": version()}


class Grading:
    """One notebook's functions and what has been found of them."""

    def __init__(self, reading: Reading, files: dict[str, bytes], limits: Limits, secret: str, shut_in: Isolation):
        self.reading, self.files, self.limits, self.shut_in = reading, files, limits, shut_in
        seed = hashlib.sha256("\n".join([secret, *reading.cells]).encode()).digest()
        self.seed = int.from_bytes(seed[:6], "big")
        self.verdicts = {e: {"status": "stopped", "mistake": None, "message": ""} for e in lessons()[reading.lesson]}
        self.result = {"status": "ok", "detail": "", "errors": [], "notes": []}

    def run(self, everything: bool) -> dict:
        """One process runs the notebook (or what its functions need) and serves its functions. Whatever it does not bring
        to an end gets a process of its own, with what it needs alone: an endless loop, or a model that takes long to
        train, takes no other exercise with it. Two times the limit is all that a notebook gets."""
        until = time.monotonic() + 2 * self.limits.seconds
        first = self.limits.seconds if everything else min(self.limits.seconds, EXERCISE_SECONDS)
        waiting = self._process(list(self.verdicts), everything, first)
        lost = [e for e, verdict in self.verdicts.items() if everything and verdict["status"] == "missing"]
        for exercise in [*waiting, *lost]:
            if (left := until - time.monotonic()) > 0:
                self._process([exercise], False, min(left, self.limits.seconds))
        return {**self.result, "exercises": [asdict(e) | verdict for e, verdict in self.verdicts.items()]}

    def _process(self, exercises: list[Exercise], everything: bool, seconds: float) -> list[Exercise]:
        """Judge the exercises in a new process. Returns those that it did not come to."""
        waiting, current = list(exercises), None
        try:
            with Sandbox(replace(self.limits, seconds=seconds), self.shut_in) as sandbox:
                found = self._start(sandbox, exercises, everything)
                for current in exercises:
                    self.verdicts[current] = self._verdict(current, sandbox, found)
                    waiting.remove(current)
        except Ended as end:
            if self.result["status"] == "ok":
                where = f"{current.function}: " if current else ""
                self.result |= {"status": end.status, "detail": where + end.detail}
            if current:
                self.verdicts[current] = {"status": "stopped", "mistake": end.status, "message": ""}
                waiting.remove(current)
        return waiting

    def _start(self, sandbox: Sandbox, exercises: list[Exercise], everything: bool) -> set[str]:
        """Run the notebook. Returns the functions that are there."""
        names = [exercise.function for exercise in exercises]
        parts = {"": json.dumps(self.reading.cells, ensure_ascii=False).encode(), **self.files}
        order = {"everything": everything, "functions": names, "parts": [[n, len(data)] for n, data in parts.items()]}
        try:
            sandbox.send(order, b"".join(parts.values()))
        except ValueError:
            raise Ended("too-large", "with the files beside it") from None
        message, _ = sandbox.receive()
        try:
            errors = [[int(c), wire.clean_name(n), wire.clean_text(t)] for c, n, t in message["errors"][:20]]
            found = set(names) & {str(name) for name in message["found"]}
            notes = ["cuda"] if "cuda" in message["notes"] else []
            notes += [f"overwritten: {name}" for name in names if name in message["overwritten"]]
        except (KeyError, TypeError, ValueError):
            raise Ended("crashed", "not the end of a run") from None
        self.result["errors"] = self.result["errors"] or errors
        self._note(*notes)
        for cell, name, text in errors:  # a notebook that ran into a limit and survived is in no state to serve
            if name == "MemoryError" or "can't allocate memory" in text:
                raise Ended("memory", f"cell {cell}: {name}")
            if name == "BlockingIOError" or "can't start new thread" in text:
                raise Ended("processes", f"cell {cell}: {name}")
        return found

    def _note(self, *notes: str) -> None:
        self.result["notes"] += [note for note in notes if note not in self.result["notes"]]

    def _verdict(self, exercise: Exercise, sandbox: Sandbox, found: set[str]) -> dict:
        """Try the function on random inputs of this submission's own, once: every call must be right, so that a guess is
        not. Of a wrong one speaks the lesson's own set, whose hints are tested."""
        if exercise.function not in found:
            return {"status": "missing", "mistake": None, "message": ""}
        verdict = self._checked(exercise, sandbox, self.seed)
        as_in_the_lesson = verdict if verdict["status"] == "right" else self._checked(exercise, sandbox, 0)
        return verdict if as_in_the_lesson["status"] == "right" else as_in_the_lesson

    def _checked(self, exercise: Exercise, sandbox: Sandbox, other_inputs: int) -> dict:
        """Run the course's check on a stand-in for the student's function. other_inputs: added to the check's seed."""
        peer = wire.Peer(sandbox.send, sandbox.receive, allowance=ALLOWANCE)
        seed = torch.manual_seed
        with (
            mock.patch.object(_language, "_chosen", self.reading.language),
            mock.patch.object(torch, "manual_seed", lambda number: seed(number + other_inputs)),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            try:
                result = getattr(checks, exercise.check)(peer.remote(exercise.function))
                verdict = {"status": result.status, "mistake": result.mistake, "message": result.message[:1000]}
            except Exception as error:  # numbers that the check itself stumbles over are not a right answer
                text = wire.clean_text(f"{type(error).__name__}: {error}")
                vi, en = "❌ Không kiểm tra được kết quả của hàm", "❌ The function's answers cannot be checked"
                verdict = {"status": "wrong", "mistake": "unfit", "message": f"{tr(vi, en)} ({text})"}
        self._note(*(f"{exercise.function} calls {name}" for name in sorted(peer.used)))
        return verdict
