"""The sandbox on a system that gives no namespaces."""

import psutil
import pytest

from instructor.grader import judge, sandbox

from ..hostile import HOSTILE
from ..support import notebook

pytestmark = pytest.mark.grader


@pytest.mark.skipif(not sandbox.LINUX, reason="Linux only")
@pytest.mark.parametrize("name", ["fork bomb", "leaves a daemon", "edits the checks"])
def test_without_namespaces_the_limits_hold_and_a_notice_is_given(name):
    cells, status, right = HOSTILE[name]
    try:
        weaker = sandbox.isolation(namespaces=False)
    except RuntimeError as error:
        pytest.skip(str(error))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    result = judge.grade("a_01.ipynb", notebook(*cells), limits={"seconds": 6}, shut_in=weaker)
    assert (
        result["status"] == status and [e["function"] for e in result["exercises"] if e["status"] == "right"] == right
    )
    assert "network" in result["isolation"]["notices"][0]
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
