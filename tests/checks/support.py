"""The answers of all lessons together, for those who try something on every check."""

from importlib import import_module
from pathlib import Path

from .answers import check

__all__ = ["CASES", "RIGHT", "WRONG", "check"]

CASES = {}  # check → (right answers, {recognised mistake or None: wrong answer})
for path in sorted(Path(__file__).parent.glob("test_lesson_*.py")):
    CASES.update(import_module(f"{__package__}.{path.stem}").CASES)

RIGHT = [(name, i) for name, (right, _) in CASES.items() for i in range(len(right))]
WRONG = [(name, mistake) for name, (_, wrong) in CASES.items() for mistake in wrong]
