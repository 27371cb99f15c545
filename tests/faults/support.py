"""A table of faults: each row is a function that makes the fault for real and returns what the student reads of it."""

import inspect
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ODD = Path("Bài tập số 1", "ổ đĩa")
FULL = Path("/dev/full")  # every write to it fails for want of room


class Table(dict):
    """fault → (function, what the student reads in each language)."""

    def row(self, fault: str, vi: tuple[str, ...], en: tuple[str, ...]) -> Callable:
        """Enter the function below into the table."""

        def enter(function):
            self[fault] = function, {"vi": vi, "en": en}
            return function

        return enter

    def check(self, fault, language, request):
        """Make the fault, with the fixtures that its function names, and see that every text is there."""
        function, told = self[fault]
        seen = function(**{name: request.getfixturevalue(name) for name in inspect.signature(function).parameters})
        for text in told[language]:
            assert text in seen, seen
