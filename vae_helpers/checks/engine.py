"""What every check of a student's function is made of.

A check tries the function on several inputs, prints one message in the lesson's language, and returns a Result that is
true only when the function is right. The message is ✅ (right), ⏳ (not done yet), or ❌ with the mistake that the answer
looks like and a hint: never the solution.

How a mistake is recognised: each check lists wrong versions of its function; a student's answer that gives the same
numbers as a wrong version, on every input, gets that version's hint.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from .._language import tr


@dataclass
class Result:
    """What a check found: status is "right", "wrong" or "todo"; mistake names a recognised mistake. True only if right."""

    status: str
    message: str
    mistake: str | None = None

    def __bool__(self) -> bool:
        return self.status == "right"

    def _ipython_display_(self) -> None:
        """Nothing: the message has been printed already."""


@dataclass
class Mistake:
    """A wrong version of the function, and the hints (Vietnamese, English) for an answer that equals it."""

    name: str
    wrong: Callable
    vi: str
    en: str


@dataclass
class Failure:
    """A mistake that ends in an error: a pattern found in the error's text, and the hints (Vietnamese, English)."""

    name: str
    pattern: str
    vi: str
    en: str


@dataclass
class Task:
    """What a check needs: inputs to try (drawn anew each time), the right function, the mistakes to recognise (by a wrong
    version's numbers, or by the error they end in), which inputs need gradients, and one more test, which raises a
    Problem itself."""

    cases: Callable[[], Iterable[tuple]]
    right: Callable
    mistakes: Sequence[Mistake]
    gradients: Sequence[int] = field(default_factory=tuple)
    failures: Sequence[Failure] = field(default_factory=tuple)
    gradient_cases: int | None = None  # so many of the cases, from the first, have a gradient; None: all of them
    last: Callable[[Callable], None] | None = None


class Problem(Exception):
    """Ends a check: carries the Result to show."""

    def __init__(self, result: Result):
        self.result = result


# ------------------------------------------------------------------------------------------------ verdicts


def wrong(name: str | None, vi: str, en: str) -> Problem:
    """Not right, because of the mistake of that name, with the hint in both languages."""
    return Problem(Result("wrong", "❌ " + tr(vi, en), name))


def refuse(condition, name: str | None, hints: dict, **values) -> None:
    """Raise the Problem of that name if the condition holds. hints: name → (Vietnamese, English), filled with values."""
    if condition:
        vi, en = hints[name]
        raise wrong(name, vi.format(**values), en.format(**values))


def todo() -> Problem:
    return Problem(
        Result(
            "todo",
            tr(
                "⏳ Bạn chưa làm ô này. Hãy viết phần thân hàm rồi chạy lại cả hai ô.",
                "⏳ Not done yet. Write the body of the function, then run both cells again.",
            ),
        )
    )


def detached() -> Problem:
    return wrong(
        "detached",
        "Con số đúng, nhưng gradient không đi qua được: đồ thị tính toán bị cắt. Hãy tìm .item(), .detach(), no_grad() hay .sample().",
        "The numbers are right, but no gradient passes: the computation graph is cut. Look for .item(), .detach(), no_grad() or .sample().",
    )


def modified() -> Problem:
    return wrong(
        "modified",
        "Hàm của bạn làm thay đổi chính tensor đầu vào (phép gán hay phép toán tại chỗ, như x += …). Hãy tạo tensor mới.",
        "Your function changes its input tensor (an assignment or in-place operation such as x += …). Make a new tensor.",
    )


def run(function: Callable, task: Task) -> Result:
    """Check function against the task."""
    return judged(function, lambda function: compare(function, task))


def judged(function: Callable, judge: Callable[[Callable], None], devices: list | None = ()) -> Result:
    """The Result of judge(function), which raises a Problem for a function that is not right; its message is printed.

    The random numbers are the same each time, and the caller's random state stays as it was, on the devices as well.
    """
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(20240)
        try:
            refuse_what_is_no_function(function)
            judge(function)
            result = Result("right", tr("✅ Đúng rồi!", "✅ That is right!"))
        except Problem as problem:
            result = problem.result
    print(result.message)
    return result


def refuse_what_is_no_function(function) -> None:
    if function is None or function is Ellipsis:
        raise todo()
    if not callable(function):
        raise wrong(
            "not_callable",
            "Ô kiểm tra cần chính hàm của bạn, không cần kết quả của nó: viết check(f), đừng viết check(f(x)).",
            "The check needs your function itself, not its result: write check(f), not check(f(x)).",
        )


# ------------------------------------------------------------------------------------------------ calling


def call(function: Callable, arguments: Sequence, failures: Sequence[Failure] = ()) -> tuple:
    """The student's answer on copies of the arguments, and the copies; every way to fail is turned into a message."""
    copies = [a.detach().clone().requires_grad_(a.requires_grad) if isinstance(a, Tensor) else a for a in arguments]
    before = [c.detach().clone() if isinstance(c, Tensor) else c for c in copies]
    try:
        answer = function(*copies)
    except Exception as error:  # whatever a student's code does, the lesson goes on
        raise explain_error(error, failures) from None
    if answer is None or answer is Ellipsis:
        raise todo()
    for copy, old in zip(copies, before, strict=True):
        if isinstance(copy, Tensor) and not torch.equal(copy.detach(), old):
            raise modified()
    return answer, copies


def explain_error(error: Exception, failures: Sequence[Failure]) -> Problem:
    name, text = type(error).__name__, str(error).split("\n")[0]
    if isinstance(error, NotImplementedError) and "dtype" not in text:  # PyTorch raises it too, for a mean of bools
        return todo()
    if "in-place" in text:
        return modified()
    if "Can't call numpy" in text:  # torch's own advice here, .detach(), would lead to the next refusal
        return wrong(
            "numpy",
            "Hãy dùng các hàm của torch (torch.log, torch.exp, …): NumPy cắt mất gradient.",
            "Use torch's own functions (torch.log, torch.exp, …): NumPy cuts the gradient.",
        )
    for failure in failures:
        if re.search(failure.pattern, text):
            return wrong(failure.name, failure.vi, failure.en)
    return wrong("raised", f"Hàm của bạn báo lỗi {name}: {text}", f"Your function raised {name}: {text}")


# ------------------------------------------------------------------------------------------------ comparing


def leaves(answer) -> list[Tensor]:
    """The numbers in an answer as a flat list of float64 tensors; TypeError for anything that is not made of numbers."""
    if isinstance(answer, Tensor):
        return [answer.detach().double().cpu()]
    if isinstance(answer, (tuple, list)):
        return [leaf for part in answer for leaf in leaves(part)]
    if isinstance(answer, (int, float, np.number, np.ndarray)) and not isinstance(answer, bool):
        return [torch.as_tensor(np.array(answer), dtype=torch.float64)]  # a copy: torch refuses reversed arrays
    raise TypeError(type(answer).__name__)


def refuse_other_shapes(answer, shape: Sequence[int], hints: dict) -> None:
    """For an answer that must be one tensor of that shape. hints: "type" and "shape", with {got} and {wanted} in them."""
    refuse(not isinstance(answer, Tensor), "type", hints, got=type(answer).__name__)
    refuse(answer.shape != torch.Size(shape), "shape", hints, got=tuple(answer.shape), wanted=tuple(shape))


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-6, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def compare(function: Callable, task: Task) -> None:
    """Raises a Problem if the function's numbers or gradients are not the task's."""
    answers, cases = [], list(task.cases())
    for case in cases:
        answer, _ = call(function, case, task.failures)
        try:
            answers.append(leaves(answer))
        except TypeError as error:
            raise wrong(
                "type",
                f"Hàm của bạn trả về kiểu {error}; cần một số hoặc tensor.",
                f"Your function returns the type {error}; a number or tensor is needed.",
            ) from None
    expected = [leaves(task.right(*case)) for case in cases]
    if not all(same(a, b) for a, b in zip(answers, expected, strict=True)):
        raise explain(task, cases, answers, expected)
    for case in cases[: task.gradient_cases] if task.gradients else ():
        compare_gradients(function, task, case)
    if task.last:
        task.last(function)


def explain(task: Task, cases: list[tuple], answers: list, expected: list) -> Problem:
    """The most telling hint for a wrong answer."""
    for mistake in task.mistakes:
        if matches(mistake, cases, answers):
            return wrong(mistake.name, mistake.vi, mistake.en)
    if any(not leaf.isfinite().all() for answer in answers for leaf in answer):
        return wrong(
            "nan",
            "Kết quả có NaN hoặc vô cực. Hãy tìm phép log của số không dương, phép chia cho 0 hay phép căn của số âm.",
            "The result holds NaN or infinity. Look for a log of a non-positive number, a division by 0 or a root of a negative number.",
        )
    for answer, wanted in zip(answers, expected, strict=True):
        if len(answer) != len(wanted) or any(a.shape != b.shape for a, b in zip(answer, wanted, strict=True)):
            return wrong(
                "shape",
                f"Kích thước chưa đúng: hàm trả về {shapes(answer)}, cần {shapes(wanted)}.",
                f"The shape is not right: the function returns {shapes(answer)}, expected {shapes(wanted)}.",
            )
    if len(answers) > 1 and all(same(answer, answers[0]) for answer in answers[1:]):
        return wrong(
            "constant",
            "Hàm trả về cùng một kết quả cho mọi đầu vào. Hãy tính từ các tham số, đừng gõ thẳng con số.",
            "The function gives the same result for every input. Compute from the arguments instead of typing a number.",
        )
    return wrong(
        None,
        "Chưa đúng. Hãy thử với những con số nhỏ mà bạn tính tay được, rồi so từng bước với công thức.",
        "Not right yet. Try small numbers that you can work out by hand, and compare step by step with the formula.",
    )


def matches(mistake: Mistake, cases: list[tuple], answers: list[list[Tensor]]) -> bool:
    try:
        return all(same(answer, leaves(mistake.wrong(*case))) for case, answer in zip(cases, answers, strict=True))
    except (RuntimeError, ValueError, TypeError):  # the wrong version does not even run on this input
        return False


def shapes(answer: list[Tensor]) -> str:
    return ", ".join(str(tuple(leaf.shape)) for leaf in answer)


def compare_gradients(function: Callable, task: Task, case: tuple) -> None:
    tracked = [a.clone().requires_grad_() if i in task.gradients else a for i, a in enumerate(case)]
    answer, copies = call(function, tracked)
    first = answer[0] if isinstance(answer, (tuple, list)) else answer
    if not isinstance(first, Tensor) or not first.requires_grad:
        raise detached()
    gradients = torch.autograd.grad(first.sum(), [copies[i] for i in task.gradients], allow_unused=True)
    if any(gradient is None for gradient in gradients):
        raise detached()
