"""How many of a lesson's checks have passed in this kernel: on the line of a success, and all in one by progress().

A check belongs to the lesson in whose module it stands: those of lesson 04 are what checks takes from checks.lesson_04.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from .._language import tr

_checks: dict[str, list[str]] = {}  # lesson → the names of its checks
_passed: set[str] = set()
_running: list[tuple[str, str]] = []  # lesson and name of the check that is at work
_last: list[str] = []  # the lesson whose check was at work last, if any


@dataclass
class Progress:
    """How far the exercises of a lesson are: done of total checks have passed, and the names of those that are left.

    Lesson 00: How a lesson works
    """

    lesson: str
    done: int
    total: int
    left: list[str]

    def __str__(self) -> str:
        text = tr(
            f"Lượt của bạn, bài {self.lesson}: đã xong {self.done}/{self.total}.",
            f"Your turn, lesson {self.lesson}: {self.done} of {self.total} done.",
        )
        names = ", ".join(self.left)
        return text + (tr(f" Còn lại: {names}.", f" Still open: {names}.") if self.left else "")

    def _ipython_display_(self) -> None:
        """Nothing: the line has been printed already."""


def progress(lesson: str | int | None = None) -> Progress:
    """Print how many of a lesson's checks have passed since the kernel was started, and return it.

    lesson: its number, such as "04" or 4; None: the lesson of the check that was run last.
    Raises ValueError for a lesson without checks, and without a lesson before any check has been run.
    Lesson 00: How a lesson works
    """
    if lesson is None and not _last:
        raise ValueError(
            tr(
                "progress(lesson): chưa có ô chấm nào được chạy trong kernel này, nên cần số của bài học, ví dụ progress(4).",
                "progress(lesson): no check has been run in this kernel yet, so the lesson's number is needed, as in progress(4).",
            )
        )
    lesson = _last[-1] if lesson is None else str(lesson).zfill(2)
    if lesson not in _checks:
        raise ValueError(
            tr(
                f"progress(lesson): nhận được {lesson!r}; những bài có ô chấm: {', '.join(sorted(_checks))}.",
                f"progress(lesson): got {lesson!r}; lessons with checks: {', '.join(sorted(_checks))}.",
            )
        )
    names = _checks[lesson]
    left = [name for name in names if name not in _passed]
    found = Progress(lesson, len(names) - len(left), len(names), left)
    print(found)
    return found


def counted(check: Callable) -> Callable:
    """The check itself, with its verdicts counted for the lesson of its module."""
    lesson, name = check.__module__.rpartition("lesson_")[2], check.__name__
    _checks.setdefault(lesson, []).append(name)

    @functools.wraps(check)
    def counting(function):
        _running.append((lesson, name))
        _last[:] = [lesson]
        try:
            return check(function)
        finally:
            _running.pop()

    return counting


def after(status: str, mistake: str | None) -> str:
    """Count the verdict of the check that is at work; gives what its line ends with, " (2 of 3 in this lesson)".

    An exercise counts by its latest verdict; that a cell ended in an error is none (see source.is_old).
    """
    if not _running:
        return ""
    lesson, name = _running[-1]
    if status == "right":
        _passed.add(name)
        done, total = len(_passed & set(_checks[lesson])), len(_checks[lesson])
        return tr(f" (đã xong {done}/{total} ô của bài này)", f" ({done} of {total} in this lesson)")
    if mistake != "old_function":
        _passed.discard(name)
    return ""
