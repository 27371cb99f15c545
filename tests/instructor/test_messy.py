"""What runs in Jupyter is graded as right, by both modes alike; a mistake costs what it touches, and is named."""

import pytest

from instructor.grader import judge

from .messy import BROKEN, MESSY
from .support import MSE, WAY, notebook

pytestmark = pytest.mark.grader
LIMITS = {"seconds": 60, "memory": 2500}
MODES = pytest.mark.parametrize("only_exercises", [True, False], ids=["exercises", "whole"])


def grade(cells, only_exercises=True, files=None, limits=LIMITS):
    result = judge.grade("x.ipynb", notebook(*cells), files=files, limits=limits, only_exercises=only_exercises)
    return result, [e["function"] for e in result["exercises"] if e["status"] == "right"]


@MODES
@pytest.mark.parametrize("name", MESSY)
def test_messy_but_right_work_is_right(name, only_exercises):
    cells, files = MESSY[name] if isinstance(MESSY[name], tuple) else (MESSY[name], {})
    result, right = grade(cells, only_exercises, files)
    assert (result["status"], right) == ("ok", ["mse", "bce", "interpolate"]), result
    assert ("cuda" in result["notes"]) == name.startswith("cuda")
    assert ("overwritten: mse" in result["notes"]) == (name == "overwritten")


@MODES
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_cell_costs_itself_alone_and_is_named(name, only_exercises):
    cell, error = BROKEN[name]
    result, right = grade([MSE, cell, WAY], only_exercises)
    assert (result["status"], right) == ("ok", ["mse", "interpolate"]), result
    assert [(number, kind) for number, kind, _ in result["errors"]] == [(2, error)]
