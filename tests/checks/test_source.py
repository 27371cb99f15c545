"""What is told from a function's own code: a missing return, a placeholder, and the function of before in a notebook."""

import json
import subprocess
import sys
from functools import partial

import pytest
import torch
from torch.distributions import Distribution

import vae_helpers
from vae_helpers import checks
from vae_helpers.checks import source

from .support import CASES, check

# ------------------------------------------------------------------------------------------------ nothing returned


def forgets(*arguments):
    len(arguments) * 2


def prints(*arguments):
    print(len(arguments))


def ends_in_dots(*arguments):
    total = len(arguments)
    print(total)
    ...


def only_a_docstring(*arguments):
    """To be done."""


def passes(*arguments):
    pass


def dots(*arguments):
    # Viết lời giải của bạn ở đây · Write your solution here
    ...


def to_do(*arguments):
    raise NotImplementedError("to be done")


def to_do_within(*arguments):
    with torch.no_grad():
        raise NotImplementedError


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("function", [forgets, prints, ends_in_dots, torch.no_grad()(forgets)])
def test_a_missing_return_is_named(name, function, capsys):
    result = check(name)(function)
    assert (result.status, result.mistake) == ("wrong", "no_return")
    assert "is return missing?" in result.message


def test_a_print_in_place_of_the_return_is_told_apart(language, capsys):
    printed, forgot = checks.check_pixel_count(prints), checks.check_pixel_count(forgets)
    assert "print" in printed.message and "print" not in forgot.message
    assert {"vi": "không trả về gì", "en": "returns nothing"}[vae_helpers.language()] in forgot.message


def test_a_function_of_several_layers_is_looked_into(capsys):
    assert checks.check_mse(partial(partial(forgets, 1), 2)).mistake == "no_return"
    assert checks.check_mse(partial(dots, 1)).status == "todo"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("stub", [dots, passes, only_a_docstring, to_do, to_do_within, torch.no_grad()(dots)])
def test_a_placeholder_is_not_yet_done(name, stub, capsys):
    assert check(name)(stub).status == "todo"


def test_a_lambda_that_hands_on_a_placeholder_is_not_yet_done(capsys):
    """The grader's stand-ins are such lambdas; and a lambda has no return to forget."""
    assert checks.check_mse(lambda *arguments: dots(*arguments)).status == "todo"


WHOLE, TRUTH = torch.tensor([1, 2, 3]), torch.tensor([True, False])


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.histc(WHOLE),
        lambda: torch.softmax(WHOLE, 0),
        lambda: torch.median(TRUTH),
        lambda: torch.linalg.norm(WHOLE),
        lambda: torch.randn_like(WHOLE),
        lambda: WHOLE.normal_(),
        lambda: Distribution().sample(),
        lambda: torch.nn.Module()(WHOLE),
    ],
    ids=["histc", "softmax", "median", "norm", "randn_like", "normal_", "Distribution", "Module"],
)
@pytest.mark.parametrize("through", ["def", "lambda"])
def test_an_error_of_pytorchs_own_is_no_placeholder(call, through, capsys):
    def function(*arguments):
        return call()

    with pytest.raises((NotImplementedError, RuntimeError)):
        call()
    result = checks.check_mse(function if through == "def" else lambda *a: call())
    assert (result.status, result.mistake) == ("wrong", "raised"), result


def test_pytorchs_own_error_is_known_by_its_text_where_it_has_travelled():
    assert not source.is_own_raise(NotImplementedError("\"histc\" not implemented for 'Long'"))
    assert source.is_own_raise(NotImplementedError())
    assert source.is_own_raise(NotImplementedError("to be done"))


# ------------------------------------------------------------------------------------------------ a notebook's life

NOTEBOOK = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.hist_file = ":memory:"
shell = InteractiveShell.instance(config=config)
found = []
for cell in json.load(sys.stdin):
    shell.run_cell(cell, store_history=True)
    if cell.startswith("result ="):
        result = shell.user_ns["result"]
        found.append([result.status, result.mistake, result.message])
print("FOUND", json.dumps(found))
"""
START = "import torch\nfrom vae_helpers import checks, set_language\nset_language('en')"
CHECK = "result = checks.check_pixel_count(pixel_count)"
STUB = "def pixel_count(images):\n    # Write your solution here\n    ..."
WRONG = "def pixel_count(images):\n    return images.numel()"
BROKEN = "def pixel_count(images)\n    return images[0].numel()"
INDENTED = "def pixel_count(images):\nreturn images[0].numel()"
STOPPED = "import no_such_module\n\ndef pixel_count(images):\n    return images[0].numel()"
RIGHT = "def pixel_count(images):\n    return images[0].numel()"
OTHER = "def pixel_count(images):\n    C, H, W = images.shape[1:]\n    return C * H * W"
DECORATED = "@torch.no_grad()\ndef pixel_count(images):\n    return images[0].numel() + 0"
LINE_MAGIC = "def pixel_count(images):\n    %matplotlib --list\n    return images[0].numel()"
ALIAS = "count = pixel_count"

RIGHT_, WRONG_, TODO_, OLD_ = ["right", None], ["wrong", "whole_batch"], ["todo", None], ["todo", "old_function"]
LIVES = {  # cells, and the verdicts of those that check
    "a syntax error after a wrong answer": ([WRONG, CHECK, BROKEN, CHECK, CHECK], [WRONG_, OLD_, OLD_]),
    "a syntax error after the placeholder": ([STUB, CHECK, BROKEN, CHECK], [TODO_, OLD_]),
    "a syntax error after a right answer": ([RIGHT, CHECK, INDENTED, CHECK], [RIGHT_, OLD_]),
    "another error before the definition": ([WRONG, STOPPED, CHECK], [OLD_]),
    "mended": ([WRONG, BROKEN, CHECK, RIGHT, CHECK, CHECK], [OLD_, RIGHT_, RIGHT_]),
    "the earlier cell run again": ([RIGHT, BROKEN, CHECK, RIGHT, CHECK], [OLD_, RIGHT_]),
    "the check alone run again": ([WRONG, CHECK, CHECK, CHECK], [WRONG_] * 3),
    "an unrelated error between": ([RIGHT, "1 / 0", CHECK, "def other(", CHECK], [RIGHT_, RIGHT_]),
    "a second right version": ([RIGHT, CHECK, OTHER, CHECK], [RIGHT_, RIGHT_]),
    "decorated": ([WRONG, DECORATED, CHECK], [RIGHT_]),
    "under a cell magic": ([WRONG, f"%%time\n{RIGHT}", CHECK, f"%%capture\n{OTHER}", CHECK], [RIGHT_, RIGHT_]),
    "with a line magic": ([WRONG, LINE_MAGIC, CHECK], [RIGHT_]),
    "by another name": ([RIGHT, ALIAS, CHECK.replace("(pixel_count)", "(count)")], [RIGHT_]),
    "an old version on purpose": ([WRONG, ALIAS, RIGHT, CHECK.replace("(pixel_count)", "(count)")], [WRONG_]),
    "from a file": (
        ["def size(images):\n    return 0", "from numpy import size", CHECK.replace("(pixel_count)", "(size)")],
        [["wrong", "no_brackets"]],
    ),
}


def test_after_an_error_the_function_of_before_is_not_judged_as_if_it_were_new():
    """Each life in one shell after the other: what an earlier one left in the history must not disturb the next."""
    cells = [START] + [cell for life, _ in LIVES.values() for cell in life]
    run = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], input=json.dumps(cells), capture_output=True, text=True, encoding="utf-8"
    )
    found = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("FOUND"))[6:])
    for name, (_, verdicts) in LIVES.items():
        for verdict in verdicts:
            status, mistake, message = found.pop(0)
            assert [status, mistake] == verdict, name
            assert ("Python still holds your earlier function" in message) == (mistake == "old_function")
    assert not found


def test_outside_a_notebook_no_function_is_old():
    assert not source.is_old(forgets) and not source.is_old(len)
