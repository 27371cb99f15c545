"""What a student's function tells of itself: is its body written, did it raise an error of its own, is it an old one?"""

import dis
import functools
import inspect
import re
import sys
import types
from collections.abc import Callable

NOTHING = {  # the instructions of a body that computes nothing: `...`, pass, a docstring, return None
    "CACHE", "COPY_FREE_VARS", "LOAD_COMMON_CONSTANT", "LOAD_CONST", "LOAD_SMALL_INT", "MAKE_CELL", "NOP", "NOT_TAKEN",
    "POP_TOP", "RESUME", "RETURN_CONST", "RETURN_VALUE",
}  # fmt: skip
LIBRARIES = re.compile(r"[\\/](site-packages|dist-packages|torch|numpy)[\\/]")
CELLS = re.compile(r"ipython-input|ipykernel_")  # the file names that IPython gives to cells


def code_of(function: Callable) -> types.CodeType | None:
    """The code that the student wrote, beneath decorators and partial; None where it cannot be seen."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(inspect.unwrap(function), "__code__", None)


def is_written(function: Callable) -> bool:
    """Whether the body computes something. A lambda does not count: it cannot lack its return."""
    code = code_of(function)
    if code is None or code.co_name == "<lambda>":
        return False
    return any(step.opname not in NOTHING for step in dis.get_instructions(code))


def prints(function: Callable) -> bool:
    code = code_of(function)
    return code is not None and "print" in code.co_names


def is_own_raise(error: Exception) -> bool:
    """Whether a raise in the student's code ended it, as a placeholder does; PyTorch raises NotImplementedError too."""
    if re.search(r"dtype|not implemented for '", str(error)):  # what is left of PyTorch's own if the error travelled
        return False
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return True
    code = trace.tb_frame.f_code
    raised = dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
    return raised and not LIBRARIES.search(code.co_filename)


def is_old(function: Callable) -> bool:
    """Whether the notebook's latest cell that defines this function failed, so that the function of before is still there.

    Told by comparing the function's source with the latest cell that says `def name`. False wherever that cannot be told.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    code = code_of(function)
    if shell is None or code is None or not CELLS.search(code.co_filename):
        return False
    name = code.co_name
    try:
        source = inspect.getsource(code).strip()
        history = shell.history_manager
        cells = list(zip(history.input_hist_raw, history.input_hist_parsed, strict=False))
        if shell.user_ns.get(name) is not function:
            return False
    except (OSError, TypeError, AttributeError):
        return False
    definition = re.compile(rf"^(async\s+)?def\s+{re.escape(name)}\b", re.MULTILINE)
    for texts in reversed(cells):
        if any(definition.search(text) for text in texts):
            return not any(source in text for text in texts)
    return False
