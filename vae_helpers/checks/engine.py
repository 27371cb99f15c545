"""What every check of a student's function is made of.

A check tries the function on several inputs, prints one message in the lesson's language, and returns a Result that is
true only when the function is right. The message is ✅ (right), ⏳ (not done yet), or ❌ with the mistake that the answer
looks like and a hint: never the solution. Its first words say the same as its sign, for screens that lack the sign.

How a mistake is recognised: each check lists wrong versions of its function; a student's answer that gives the same
numbers as a wrong version, on every input, gets that version's hint.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from .._language import tr
from .._random import kept_random_state
from . import source, tally
from .examples import counterexample, rounded, size

UNCALLED = (
    r"builtin_function_or_method|'method'|'function'|non-iterable (method|function)"  # in errors: brackets are missing
)
RELATIVE, ABSOLUTE = 1e-4, 1e-6  # how far a right number may be off: float32 sums differ that much between processors


@dataclass
class Result:
    """What a check found: status is "right", "wrong" or "todo"; mistake names a recognised mistake. True only if right.

    Lesson 00: How a lesson works
    """

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
    version's numbers, or by the error they end in), and one more test, which raises a Problem itself.

    gradients: place and name of each argument by which the answer is differentiated; parts: the names of the answer's
    parts if it has several, the first of which is the one to differentiate.
    arguments: their names, as the exercise has them, and small: inputs of few numbers; for an example in the last hint.
    """

    cases: Callable[[], Iterable[tuple]]
    right: Callable
    mistakes: Sequence[Mistake]
    gradients: Mapping[int, str] = field(default_factory=dict)
    failures: Sequence[Failure] = ()
    gradient_cases: int | None = None  # so many of the cases, from the first, have a gradient; None: all of them
    parts: Sequence[str] = ()
    last: Callable[[Callable], None] | None = None
    arguments: str = ""
    small: Callable[[], Iterable[tuple]] = tuple


class Problem(Exception):
    """Ends a check: carries the Result to show."""

    def __init__(self, result: Result):
        self.result = result


# ------------------------------------------------------------------------------------------------ verdicts


def wrong(name: str | None, vi: str, en: str) -> Problem:
    """Not right, because of the mistake of that name, with the hint in both languages."""
    return Problem(Result("wrong", tr(f"❌ Chưa đúng. {vi}", f"❌ Not right: {en}"), name))


def refuse(condition, name: str | None, hints: Mapping, **values) -> None:
    """Raise the Problem of that name if the condition holds. hints: name → (Vietnamese, English), filled with values."""
    if condition:
        vi, en = hints[name]
        raise wrong(name, vi.format(**values), en.format(**values))


# fmt: off
TODO = ("⏳ Bạn chưa làm ô này. Hãy viết phần thân hàm rồi chạy lại cả hai ô.",
        "⏳ Not done yet. Write the body of the function, then run both cells again.")
OLD = ("⏳ Chưa kiểm tra. Ô định nghĩa hàm này đã dừng vì lỗi, nên Python vẫn giữ hàm cũ của bạn. Hãy sửa lỗi mà ô ấy báo, chạy lại ô ấy, rồi chạy lại ô này.",
       "⏳ Not checked. The cell that defines this function ended in an error, so Python still holds your earlier function. Mend the error that the cell shows, run it again, then this one.")
HINTS = {
    "not_callable": ("Ô chấm cần chính hàm của bạn, không cần kết quả của nó: viết check(f), đừng viết check(f(x)).",
                     "The check needs your function itself, not its result: write check(f), not check(f(x))."),
    "no_return": ("Hàm của bạn không trả về gì (None): có phải thiếu return?",
                  "Your function returns nothing (None): is return missing?"),
    "printed": ("Hàm của bạn không trả về gì (None): có phải thiếu return? print chỉ hiện con số lên màn hình, còn return mới trao nó cho nơi gọi hàm.",
                "Your function returns nothing (None): is return missing? print only shows a number on the screen; return hands it to whoever called the function."),
    "no_brackets": ("Hàm của bạn dùng chính một hàm, không dùng kết quả của nó: có phải thiếu cặp ngoặc ()?",
                    "Your function uses a function itself, not its result. Are the brackets () missing?"),
    "modified": ("Hàm của bạn làm thay đổi chính tensor đầu vào (phép gán hay phép toán tại chỗ, như x += …). Hãy tạo tensor mới.",
                 "Your function changes its input tensor (an assignment or in-place operation such as x += …). Make a new tensor."),
    "numpy": ("Hãy dùng các hàm của torch (torch.log, torch.exp, …): NumPy cắt mất gradient.",
              "Use torch's own functions (torch.log, torch.exp, …): NumPy cuts the gradient."),
    "raised": ("Hàm của bạn báo lỗi {error}", "Your function raised {error}"),
    "type": ("Hàm của bạn trả về kiểu {got}; cần một số hoặc tensor.",
             "Your function returns the type {got}; a number or tensor is needed."),
    "type_of_parts": ("Hàm của bạn trả về kiểu {got}; cần bộ ({names}), theo đúng thứ tự ấy.",
                      "Your function returns the type {got}; the tuple ({names}) is needed, in that order."),
    "nan": ("Kết quả có NaN hoặc vô cực. Hãy tìm phép log của số không dương, phép chia cho 0 hay phép căn của số âm.",
            "The result holds NaN or infinity. Look for a log of a non-positive number, a division by 0 or a root of a negative number."),
    "shape": ("Kích thước chưa đúng: hàm trả về {got}, cần {wanted}.",
              "The shape is not right: the function returns {got}, expected {wanted}."),
    "tuple": ("Hàm trả về một bộ chỉ gồm một phần, chưa phải chính con số hay tensor ấy. Sau return có thừa dấu phẩy hay dấu ngoặc không?",
              "The function returns a tuple or list with one part, not that number or tensor itself. Is there a comma or a bracket too many after return?"),
    "list": ("Đúng các con số, nhưng hãy trả về một tensor thay vì một danh sách.",
             "The numbers are right, but return one tensor instead of a list."),
    "several": ("Hàm trả về {got} phần; chỉ cần một.",
                "The function returns {got} parts; only one is needed."),
    "structure": ("Các phần chưa được xếp đúng: hàm trả về {got}, cần {wanted}, tức là ({names}).",
                  "The parts are not put together right: the function returns {got}, expected {wanted}, that is ({names})."),
    "not_tensor": ("Con số đúng, nhưng {names} phải là tensor: .item() hay float() biến tensor thành con số thường, và bắt GPU phải chờ. Muốn bỏ gradient thì dùng .detach().",
                   "The numbers are right, but {names} must be tensors: .item() or float() makes plain numbers of them, for which a GPU must wait. To leave out a gradient use .detach()."),
    "constant": ("Hàm trả về cùng một kết quả cho mọi đầu vào. Hãy tính từ các tham số, đừng gõ thẳng con số.",
                 "The function gives the same result for every input. Compute from the arguments instead of typing a number."),
    None: ("Hãy thử với những con số nhỏ mà bạn tính tay được, rồi so từng bước với công thức.",
           "Try small numbers that you can work out by hand, and compare step by step with the formula."),
    "detached": ("Con số đúng, nhưng gradient không đi qua được: đồ thị tính toán bị cắt. Hãy tìm .item(), .detach(), no_grad() hay .sample().",
                 "The numbers are right, but no gradient passes: the computation graph is cut. Look for .item(), .detach(), no_grad() or .sample()."),
    "half_detached": ("Con số đúng, nhưng gradient không đến được {missing}: đường từ {missing} đến kết quả bị cắt.",
                      "The numbers are right, but no gradient reaches {missing}: the way from {missing} to the result is cut."),
    "gradient": ("Con số đúng, nhưng gradient theo {by} khác gradient của công thức: có số hạng bị cắt khỏi đồ thị hay bị chặn lại. Hãy tìm .detach(), .data, .item(), no_grad(), clamp hay round.",
                 "The numbers are right, but the gradient with respect to {by} is not the formula's: some term is cut from the graph or held back. Look for .detach(), .data, .item(), no_grad(), clamp or round."),
}
# fmt: on


def run(function: Callable, task: Task) -> Result:
    """Check function against the task."""
    return judged(function, lambda function: compare(function, task))


def judged(function: Callable, judge: Callable[[Callable], None]) -> Result:
    """The Result of judge(function), which raises a Problem for a function that is not right; its message is printed.

    The random numbers are the same each time, and the caller's random state stays as it was. A success also says how many
    of the lesson's checks have passed.
    """
    with kept_random_state():
        torch.manual_seed(20240)
        try:
            if function is None or function is Ellipsis:
                raise Problem(Result("todo", tr(*TODO)))
            refuse(not callable(function), "not_callable", HINTS)
            if source.is_old(function):
                raise Problem(Result("todo", tr(*OLD), "old_function"))
            judge(function)
            result = Result("right", tr("✅ Đúng rồi!", "✅ That is right!"))
        except Problem as problem:
            result = problem.result
    print(result.message + tally.after(result.status, result.mistake))
    return result


# ------------------------------------------------------------------------------------------------ calling


def call(function: Callable, arguments: Sequence, failures: Sequence[Failure] = ()) -> tuple:
    """The student's answer on copies of the arguments, and the copies; every way to fail is turned into a message."""
    copies = [list(a) if isinstance(a, list) else a for a in arguments]
    copies = [a.detach().clone().requires_grad_(a.requires_grad) if isinstance(a, Tensor) else a for a in copies]
    try:
        answer = function(*copies)
    except Exception as error:  # whatever a student's code does, the lesson goes on
        raise explain_error(error, failures) from None
    if answer is None and source.is_written(function):
        vi, en = HINTS["printed" if source.prints(function) else "no_return"]
        raise wrong("no_return", vi, en)
    if answer is None or answer is Ellipsis:
        raise Problem(Result("todo", tr(*TODO)))
    for given, old in zip(copies, arguments, strict=True):
        refuse(isinstance(old, Tensor) and not torch.equal(given.detach(), old.detach()), "modified", HINTS)
    return answer, copies


def explain_error(error: Exception, failures: Sequence[Failure]) -> Problem:
    text = str(error).split("\n")[0]
    if isinstance(error, NotImplementedError) and source.is_own_raise(error):
        return Problem(Result("todo", tr(*TODO)))
    if "in-place" in text:
        return wrong("modified", *HINTS["modified"])
    if re.search(UNCALLED, text):
        return wrong("no_brackets", *HINTS["no_brackets"])
    if "Can't call numpy" in text:  # torch's own advice here, .detach(), would lead to the next refusal
        return wrong("numpy", *HINTS["numpy"])
    for failure in failures:
        if re.search(failure.pattern, text):
            return wrong(failure.name, failure.vi, failure.en)
    vi, en = HINTS["raised"]
    return wrong("raised", *(hint.format(error=f"{type(error).__name__}: {text}") for hint in (vi, en)))


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


def skeleton(answer) -> str:
    """How an answer is put together, a dot for each number or tensor: "(•, (•, •))"."""
    if not isinstance(answer, (tuple, list)):
        return "•"
    return "(" + ", ".join(map(skeleton, answer)) + ("," if len(answer) == 1 else "") + ")"


def refuse_other_shapes(answer, shape: Sequence[int], hints: Mapping) -> None:
    """For an answer that must be one tensor of that shape. hints: "type" and "shape", with {got} and {wanted} in them."""
    refuse(not isinstance(answer, Tensor), "type", hints, got=type(answer).__name__)
    refuse(answer.shape != torch.Size(shape), "shape", hints, got=tuple(answer.shape), wanted=tuple(shape))


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and torch.allclose(x, y, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def compare(function: Callable, task: Task) -> None:
    """Raises a Problem if the function's numbers, the way they are put together or their gradients are not the task's."""
    cases = list(task.cases())
    answers, numbers = [], []
    for case in cases:
        answers.append(call(function, case, task.failures)[0])
        try:
            numbers.append(leaves(answers[-1]))
        except TypeError as error:
            refuse(str(error) in ("builtin_function_or_method", "method", "function"), "no_brackets", HINTS)
            name, names = "type_of_parts" if task.parts else "type", ", ".join(task.parts)
            raise wrong("type", *(hint.format(got=error, names=names) for hint in HINTS[name])) from None
    right = [task.right(*case) for case in cases]
    expected = [leaves(answer) for answer in right]
    if not all(same(a, b) for a, b in zip(numbers, expected, strict=True)):
        for mistake in task.mistakes:
            if matches(mistake, cases, numbers):
                raise wrong(mistake.name, mistake.vi, mistake.en)
        compare_structure(task, answers, numbers, right, expected)
        raise explain(numbers, expected) or wrong(None, *example(function, task))
    compare_structure(task, answers, numbers, right, expected)
    for case in cases[: task.gradient_cases] if task.gradients else ():
        compare_gradients(function, task, case)
    if task.last:
        task.last(function)


def matches(mistake: Mistake, cases: list[tuple], answers: list[list[Tensor]]) -> bool:
    try:
        return all(same(answer, leaves(mistake.wrong(*case))) for case, answer in zip(cases, answers, strict=True))
    except (RuntimeError, ValueError, TypeError):  # the wrong version does not even run on this input
        return False


def compare_structure(task: Task, answers: list, numbers: list, right: list, expected: list) -> None:
    """A tuple is as good as a list; the parts must be there, one by one."""
    for answer, wanted in zip(answers, right, strict=True):
        got, needed = skeleton(answer), skeleton(wanted)
        if got != needed:
            refuse(task.parts, "structure", HINTS, got=got, wanted=needed, names=", ".join(task.parts))
            refuse(len(answer) == 1, "tuple", HINTS)
            refuse(all(same(flat(a), flat(b)) for a, b in zip(numbers, expected, strict=True)), "list", HINTS)
            refuse(True, "several", HINTS, got=len(answer))


def flat(numbers: list[Tensor]) -> list[Tensor]:
    return [torch.cat([torch.empty(0), *(leaf.flatten() for leaf in numbers)])]


def explain(answers: list, expected: list) -> Problem | None:
    """The hint for wrong numbers that no mistake of the task's gives, but whose kind or shape tells something."""
    if any(not leaf.isfinite().all() for answer in answers for leaf in answer):
        return wrong("nan", *HINTS["nan"])
    for answer, wanted in zip(answers, expected, strict=True):
        got, needed = [tuple(leaf.shape) for leaf in answer], [tuple(leaf.shape) for leaf in wanted]
        if got != needed:
            values = {"got": ", ".join(map(str, got)), "wanted": ", ".join(map(str, needed))}
            return wrong("shape", *(hint.format(**values) for hint in HINTS["shape"]))
    if len(answers) > 1 and all(same(answer, answers[0]) for answer in answers[1:]):
        return wrong("constant", *HINTS["constant"])
    return None


def example(function: Callable, task: Task) -> tuple[str, str]:
    """One case in which the function is wrong. It is drawn anew: to know its answer does not help to pass."""
    torch.manual_seed(20241)
    small, cases = list(task.small()), sorted(task.cases(), key=size)
    for case in [*map(rounded, small + cases), *cases]:
        try:
            got, wanted = leaves(call(function, case)[0]), leaves(task.right(*case))
        except (Problem, TypeError):
            continue
        alike = [a.shape for a in got] == [a.shape for a in wanted] and all(a.isfinite().all() for a in wanted)
        if alike and not same(got, wanted):
            return counterexample(task.arguments.split(", "), case, got, wanted)
    return HINTS[None]


def compare_gradients(function: Callable, task: Task, case: tuple) -> None:
    """The gradients of a sum with random weights must be the right function's."""
    tracked = [a.clone().requires_grad_() if i in task.gradients else a for i, a in enumerate(case)]
    answer, copies = call(function, tracked)
    first, others = (answer[0], answer[1:]) if task.parts else (answer, ())
    refuse(not isinstance(first, Tensor) or not first.requires_grad, "detached", HINTS)
    plain = [name for name, part in zip(task.parts[1:], others, strict=False) if not isinstance(part, Tensor)]
    refuse(plain, "not_tensor", HINTS, names=", ".join(plain))
    reference = task.right(*tracked)
    weight = 1 + torch.rand(first.shape).to(first.device)
    try:
        got = gradients(first, weight, [copies[i] for i in task.gradients])
    except RuntimeError as error:  # such as: a tensor needed for the gradient was changed in place
        raise explain_error(error, task.failures) from None
    wanted = gradients(reference[0] if task.parts else reference, weight.cpu(), [tracked[i] for i in task.gradients])
    names = list(task.gradients.values())
    missing = [name for name, a, b in zip(names, got, wanted, strict=True) if b.any() and not a.any()]
    refuse(missing == names, "detached", HINTS)
    refuse(missing, "half_detached", HINTS, missing=", ".join(missing))
    for name, a, b in zip(names, got, wanted, strict=True):
        # an entry may be a small difference of terms as large as the largest of them, by which its rounding goes
        near = torch.allclose(a, b, rtol=RELATIVE, atol=0.2 * RELATIVE * b.abs().max().item() + 1e-9)
        refuse(not near, "gradient", HINTS, by=name)


def gradients(answer: Tensor, weight: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad((answer * weight).sum(), inputs, allow_unused=True)
    return [torch.zeros_like(x) if gradient is None else gradient for x, gradient in zip(inputs, found, strict=True)]
