"""Instant checks of a student's own functions.

Every check_NAME(function) tries the function on several inputs, prints one message in the lesson's language, and returns
a Result that is true only when the function is right. The message is ✅ (right), ⏳ (not done yet), or ❌ with the mistake
that the answer looks like and a hint: never the solution.

How a mistake is recognised: each check lists wrong versions of its function; a student's answer that gives the same
numbers as a wrong version, on every input, gets that version's hint.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from .. import losses
from .._language import tr

__all__ = [
    "check_auroc",
    "check_bce",
    "check_contractive_penalty",
    "check_conv_size",
    "check_entropy_bits",
    "check_epoch_mean",
    "check_frechet_distance",
    "check_free_bits",
    "check_interpolate",
    "check_iw_log_likelihood",
    "check_kl_divergence",
    "check_kl_to_rho",
    "check_latent_shapes",
    "check_mask_noise",
    "check_mse",
    "check_optimal_sigma",
    "check_parameter_count",
    "check_pixel_count",
    "check_principal_angles",
    "check_psnr",
    "check_reparameterize",
    "check_reparameterize_fixed",
    "check_sample_prior",
    "check_score_gradient",
    "check_sigma",
    "check_sigma_of_B",
    "check_slerp",
    "check_straight_through",
    "check_vae_loss",
]


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
    """What a check needs: inputs to try, the right function, the mistakes to recognise (by a wrong version's numbers, or
    by the error they end in), which inputs need gradients, and one more test, which raises a _Problem itself."""

    cases: Sequence[tuple]
    right: Callable
    mistakes: Sequence[Mistake]
    gradients: Sequence[int] = field(default_factory=tuple)
    failures: Sequence[Failure] = field(default_factory=tuple)
    gradient_cases: int | None = None  # so many of the cases, from the first, have a gradient; None: all of them
    last: Callable[[Callable], None] | None = None


class _Problem(Exception):
    """Ends a check: carries the Result to show."""

    def __init__(self, result: Result):
        self.result = result


def _say(result: Result) -> Result:
    print(result.message)
    return result


def _wrong(name: str | None, vi: str, en: str) -> _Problem:
    return _Problem(Result("wrong", "❌ " + tr(vi, en), name))


def _todo() -> _Problem:
    return _Problem(
        Result(
            "todo",
            tr(
                "⏳ Bạn chưa làm ô này. Hãy viết phần thân hàm rồi chạy lại cả hai ô.",
                "⏳ Not done yet. Write the body of the function, then run both cells again.",
            ),
        )
    )


def _right() -> Result:
    return Result("right", tr("✅ Đúng rồi!", "✅ That is right!"))


def _call(function: Callable, arguments: Sequence, failures: Sequence[Failure] = ()):
    """The student's answer on copies of the arguments, with every way to fail turned into a message."""
    copies = [a.detach().clone().requires_grad_(a.requires_grad) if isinstance(a, Tensor) else a for a in arguments]
    before = [c.detach().clone() if isinstance(c, Tensor) else c for c in copies]
    try:
        answer = function(*copies)
    except Exception as error:  # whatever a student's code does, the lesson goes on
        name, text = type(error).__name__, str(error).split("\n")[0]
        if isinstance(error, NotImplementedError) and "dtype" not in text:  # PyTorch raises it too, for a mean of bools
            raise _todo() from None
        if "in-place" in text:
            raise _modified() from None
        if "Can't call numpy" in text:  # torch's own advice here, .detach(), would lead to the next refusal
            raise _wrong(
                "numpy",
                "Hãy dùng các hàm của torch (torch.log, torch.exp, …): NumPy cắt mất gradient.",
                "Use torch's own functions (torch.log, torch.exp, …): NumPy cuts the gradient.",
            ) from None
        for failure in failures:
            if re.search(failure.pattern, text):
                raise _wrong(failure.name, failure.vi, failure.en) from None
        raise _wrong("raised", f"Hàm của bạn báo lỗi {name}: {text}", f"Your function raised {name}: {text}") from None
    if answer is None or answer is Ellipsis:
        raise _todo()
    for copy, old in zip(copies, before, strict=True):
        if isinstance(copy, Tensor) and not torch.equal(copy.detach(), old):
            raise _modified()
    return answer, copies


def _modified() -> _Problem:
    return _wrong(
        "modified",
        "Hàm của bạn làm thay đổi chính tensor đầu vào (phép gán hay phép toán tại chỗ, như x += …). Hãy tạo tensor mới.",
        "Your function changes its input tensor (an assignment or in-place operation such as x += …). Make a new tensor.",
    )


def _leaves(answer) -> list[Tensor]:
    """The numbers in an answer as a flat list of float64 tensors; TypeError for anything that is not made of numbers."""
    if isinstance(answer, Tensor):
        return [answer.detach().double().cpu()]
    if isinstance(answer, (tuple, list)):
        return [leaf for part in answer for leaf in _leaves(part)]
    if isinstance(answer, (int, float, np.number, np.ndarray)) and not isinstance(answer, bool):
        return [torch.as_tensor(np.array(answer), dtype=torch.float64)]  # a copy: torch refuses reversed arrays
    raise TypeError(type(answer).__name__)


def _same(a: list[Tensor], b: list[Tensor]) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-6, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def _shapes(leaves: list[Tensor]) -> str:
    return ", ".join(str(tuple(leaf.shape)) for leaf in leaves)


def _matches(mistake: Mistake, cases: Sequence[tuple], answers: list[list[Tensor]]) -> bool:
    try:
        return all(_same(answer, _leaves(mistake.wrong(*case))) for case, answer in zip(cases, answers, strict=True))
    except (RuntimeError, ValueError, TypeError):  # the wrong version does not even run on this input
        return False


def _run(function: Callable, make_task: Callable[[], Task]) -> Result:
    """Check function against the task. The random state of the caller stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20240)
        try:
            _callable(function)
            _compare(function, make_task())
        except _Problem as problem:
            return _say(problem.result)
    return _say(_right())


def _callable(function) -> None:
    if function is None or function is Ellipsis:
        raise _todo()
    if not callable(function):
        raise _wrong(
            "not_callable",
            "Ô kiểm tra cần chính hàm của bạn, không cần kết quả của nó: viết check(f), đừng viết check(f(x)).",
            "The check needs your function itself, not its result: write check(f), not check(f(x)).",
        )


def _compare(function: Callable, task: Task) -> None:
    answers = []
    for case in task.cases:
        answer, _ = _call(function, case, task.failures)
        try:
            answers.append(_leaves(answer))
        except TypeError as error:
            raise _wrong(
                "type",
                f"Hàm của bạn trả về kiểu {error}; cần một số hoặc tensor.",
                f"Your function returns the type {error}; a number or tensor is needed.",
            ) from None
    expected = [_leaves(task.right(*case)) for case in task.cases]
    if not all(_same(a, b) for a, b in zip(answers, expected, strict=True)):
        raise _explain(task, answers, expected)
    for case in task.cases[: task.gradient_cases] if task.gradients else ():
        _check_gradients(function, task, case)
    if task.last:
        task.last(function)


def _explain(task: Task, answers: list, expected: list) -> _Problem:
    """The most telling hint for a wrong answer."""
    for mistake in task.mistakes:
        if _matches(mistake, task.cases, answers):
            return _wrong(mistake.name, mistake.vi, mistake.en)
    if any(not leaf.isfinite().all() for answer in answers for leaf in answer):
        return _wrong(
            "nan",
            "Kết quả có NaN hoặc vô cực. Hãy tìm phép log của số không dương, phép chia cho 0 hay phép căn của số âm.",
            "The result holds NaN or infinity. Look for a log of a non-positive number, a division by 0 or a root of a negative number.",
        )
    for answer, wanted in zip(answers, expected, strict=True):
        if len(answer) != len(wanted) or any(a.shape != b.shape for a, b in zip(answer, wanted, strict=True)):
            return _wrong(
                "shape",
                f"Kích thước chưa đúng: hàm trả về {_shapes(answer)}, cần {_shapes(wanted)}.",
                f"The shape is not right: the function returns {_shapes(answer)}, expected {_shapes(wanted)}.",
            )
    if len(answers) > 1 and all(_same(answer, answers[0]) for answer in answers[1:]):
        return _wrong(
            "constant",
            "Hàm trả về cùng một kết quả cho mọi đầu vào. Hãy tính từ các tham số, đừng gõ thẳng con số.",
            "The function gives the same result for every input. Compute from the arguments instead of typing a number.",
        )
    return _wrong(
        None,
        "Chưa đúng. Hãy thử với những con số nhỏ mà bạn tính tay được, rồi so từng bước với công thức.",
        "Not right yet. Try small numbers that you can work out by hand, and compare step by step with the formula.",
    )


def _check_gradients(function: Callable, task: Task, case: tuple) -> None:
    tracked = [a.clone().requires_grad_() if i in task.gradients else a for i, a in enumerate(case)]
    answer, copies = _call(function, tracked)
    first = answer[0] if isinstance(answer, (tuple, list)) else answer
    if not isinstance(first, Tensor) or not first.requires_grad:
        raise _detached()
    gradients = torch.autograd.grad(first.sum(), [copies[i] for i in task.gradients], allow_unused=True)
    if any(gradient is None for gradient in gradients):
        raise _detached()


def _detached() -> _Problem:
    return _wrong(
        "detached",
        "Con số đúng, nhưng gradient không đi qua được: đồ thị tính toán bị cắt. Hãy tìm .item(), .detach(), no_grad() hay .sample().",
        "The numbers are right, but no gradient passes: the computation graph is cut. Look for .item(), .detach(), no_grad() or .sample().",
    )


# ------------------------------------------------------------------------------------------------ lesson 00
# A mistake takes three lines here: its wrong version, and its hint in each language.
# fmt: off


def check_pixel_count(function: Callable) -> Result:
    """function(images (N, C, H, W)) → how many numbers one image holds, C·H·W."""
    return _run(
        function,
        lambda: Task(
            cases=[(torch.rand(3, 1, 28, 28),), (torch.rand(5, 3, 32, 20),), (torch.rand(1, 2, 7, 9),)],
            right=lambda images: images[0].numel(),
            mistakes=[
                Mistake("whole_batch", lambda images: images.numel(),
                        "Bạn đang đếm cả batch. Câu hỏi chỉ nói về một ảnh.",
                        "You are counting the whole batch. The question is about one image."),
                Mistake("no_channels", lambda images: images.shape[2] * images.shape[3],
                        "Ảnh màu có nhiều kênh: bạn đã quên mất một chiều của tensor.",
                        "A colour image has several channels: one dimension of the tensor is forgotten."),
                Mistake("image_count", lambda images: len(images),
                        "Đó là số ảnh trong batch, chưa phải số lượng con số trong một ảnh.",
                        "That is the number of images in the batch, not of the numbers in one image."),
                Mistake("dimensions", lambda images: images.ndim,
                        "Đó là số chiều của tensor, chưa phải số lượng con số trong một ảnh.",
                        "That is the number of dimensions of the tensor, not of the numbers in one image."),
                Mistake("sum", lambda images: sum(images.shape[1:]),
                        "Bạn đã cộng các cạnh lại. Một lưới H hàng, W cột có bao nhiêu ô?",
                        "You added the sides. How many cells does a grid of H rows and W columns have?"),
                Mistake("hard_coded", lambda images: 784,
                        "784 đúng cho MNIST, nhưng hàm phải đúng cho mọi kích thước ảnh.",
                        "784 is right for MNIST, but the function must be right for images of any size."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 01


def _image_pairs() -> list[tuple]:
    """(recon, x) pairs: recon strictly inside (0, 1), x in [0, 1] with exact zeros and ones."""
    pairs = []
    for shape in ((4, 1, 5, 5), (1, 3, 2, 4), (7, 6)):
        x = torch.rand(shape)
        x[x < 0.2], x[x > 0.8] = 0, 1
        pairs.append((torch.rand(shape) * 0.9 + 0.05, x))
    return pairs


def check_mse(function: Callable) -> Result:
    """function(recon, x) → the handout's eq. 1: squared error, mean over batch and pixels, a scalar."""
    return _run(
        function,
        lambda: Task(
            cases=_image_pairs(),
            right=F.mse_loss,
            gradients=(0,),
            mistakes=[
                Mistake("sum", lambda r, x: ((r - x) ** 2).sum(),
                        "Bạn lấy tổng trên tất cả. Công thức 1 chia cho cả số ảnh M lẫn số điểm ảnh N.",
                        "You sum over everything. Eq. 1 divides by the number of images M and the number of pixels N."),
                Mistake("sum_over_pixels", lambda r, x: ((r - x) ** 2).sum() / len(x),
                        "Bạn đã chia cho số ảnh, nhưng chưa chia cho số điểm ảnh N.",
                        "You divide by the number of images, but not yet by the number of pixels N."),
                Mistake("per_image", lambda r, x: ((r - x) ** 2).flatten(1).mean(1),
                        "Bạn có sai số của từng ảnh. Công thức 1 còn lấy trung bình trên batch.",
                        "You have the error of each image. Eq. 1 also averages over the batch."),
                Mistake("per_pixel", lambda r, x: (r - x) ** 2,
                        "Bạn có bình phương sai số của từng điểm ảnh. Còn thiếu phép lấy trung bình.",
                        "You have the squared error of each pixel. The averaging is missing."),
                Mistake("absolute", lambda r, x: (r - x).abs().mean(),
                        "Bạn lấy trị tuyệt đối. Chữ S trong MSE là squared (bình phương).",
                        "You take the absolute value. The S of MSE stands for squared."),
                Mistake("root", lambda r, x: ((r - x) ** 2).mean().sqrt(),
                        "Bạn lấy thêm căn bậc hai: đó là RMSE.",
                        "You take a square root at the end: that is RMSE."),
                Mistake("not_squared", lambda r, x: (r - x).mean(),
                        "Sai số âm và dương đang triệt tiêu nhau: bạn quên bình phương.",
                        "Negative and positive errors cancel: the square is missing."),
                Mistake("not_squared", lambda r, x: (x - r).mean(),
                        "Sai số âm và dương đang triệt tiêu nhau: bạn quên bình phương.",
                        "Negative and positive errors cancel: the square is missing."),
                Mistake("half", lambda r, x: 0.5 * ((r - x) ** 2).mean(),
                        "Kết quả chỉ bằng đúng một nửa giá trị cần có: công thức 1 không có hệ số ½.",
                        "The result is half of what it should be: there is no ½ in eq. 1."),
            ],
        ),
    )


def check_bce(function: Callable) -> Result:
    """function(recon, x) → the handout's eq. 2: binary cross-entropy, mean over batch and pixels, in nats, a scalar."""
    bce = F.binary_cross_entropy
    return _run(
        function,
        lambda: Task(
            cases=_image_pairs(),
            right=bce,
            gradients=(0,),
            mistakes=[
                Mistake("sign", lambda r, x: -bce(r, x),
                        "Dấu bị ngược: log của một số nhỏ hơn 1 là số âm, còn mất mát phải không âm.",
                        "The sign is flipped: the log of a number below 1 is negative, and a loss must not be."),
                Mistake("half_forgotten", lambda r, x: -(x * r.log()).mean(),
                        "Bạn mới phạt điểm ảnh sáng. Điểm ảnh tối (x = 0) có số hạng của riêng nó.",
                        "You only punish bright pixels. Dark pixels (x = 0) have a term of their own."),
                Mistake("half_forgotten", lambda r, x: -((1 - x) * (1 - r).log()).mean(),
                        "Bạn mới phạt điểm ảnh tối. Điểm ảnh sáng (x = 1) có số hạng của riêng nó.",
                        "You only punish dark pixels. Bright pixels (x = 1) have a term of their own."),
                Mistake("logits", lambda r, x: F.binary_cross_entropy_with_logits(r, x),
                        "Có vẻ bạn dùng hàm dành cho logit: nó áp sigmoid thêm một lần nữa lên recon vốn đã nằm trong (0, 1).",
                        "This looks like the function for logits: it applies another sigmoid to a recon that lies in (0, 1) already."),
                Mistake("swapped", lambda r, x: bce(x, r),
                        "Hình như recon và x bị đổi chỗ: ta lấy log của xác suất mà mô hình đưa ra.",
                        "recon and x seem to be swapped: the log is taken of the probability that the model gives."),
                Mistake("sum", lambda r, x: bce(r, x, reduction="sum"),
                        "Bạn lấy tổng trên tất cả. Công thức 2 chia cho cả số ảnh M lẫn số điểm ảnh N.",
                        "You sum over everything. Eq. 2 divides by the number of images M and the number of pixels N."),
                Mistake("sum_over_pixels", lambda r, x: bce(r, x, reduction="sum") / len(x),
                        "Bạn đã chia cho số ảnh, nhưng chưa chia cho số điểm ảnh N.",
                        "You divide by the number of images, but not yet by the number of pixels N."),
                Mistake("per_pixel", lambda r, x: bce(r, x, reduction="none"),
                        "Bạn có BCE của từng điểm ảnh. Còn thiếu phép lấy trung bình.",
                        "You have the BCE of each pixel. The averaging is missing."),
                Mistake("log2", lambda r, x: bce(r, x) / math.log(2),
                        "Bạn dùng log cơ số 2 (bit). Công thức dùng log tự nhiên (nat).",
                        "You use the logarithm to base 2 (bits). The formula uses the natural one (nats)."),
                Mistake("log10", lambda r, x: bce(r, x) / math.log(10),
                        "Bạn dùng log cơ số 10. Công thức dùng log tự nhiên.",
                        "You use the logarithm to base 10. The formula uses the natural one."),
            ],
        ),
    )


def check_interpolate(function: Callable) -> Result:
    """function(z_a, z_b, alpha) → the point that lies the share alpha of the way from z_a to z_b."""
    return _run(
        function,
        lambda: Task(
            cases=[(torch.randn(2), torch.randn(2), a) for a in (0.0, 0.25, 0.8, 1.0)]
            + [(torch.randn(3, 5), torch.randn(3, 5), 0.4)],
            right=torch.lerp,
            mistakes=[
                Mistake("swapped", lambda a, b, t: torch.lerp(b, a, t),
                        "Bạn đi ngược: α = 0 phải đứng ở z_a, α = 1 phải đứng ở z_b.",
                        "You walk backwards: α = 0 must stand at z_a and α = 1 at z_b."),
                Mistake("midpoint", lambda a, b, t: (a + b) / 2,
                        "Bạn luôn đứng ở giữa: α chưa được dùng.",
                        "You always stand in the middle: α is not used."),
                Mistake("no_weight_on_a", lambda a, b, t: a + t * b,
                        "Với α = 1 bạn không đến được z_b: khi trọng số của z_b tăng, trọng số của z_a phải thế nào?",
                        "With α = 1 you do not arrive at z_b: as the weight of z_b grows, what must the weight of z_a do?"),
                Mistake("away", lambda a, b, t: a + t * (a - b),
                        "Bạn đang đi ra xa z_b. Hướng đi từ z_a đến z_b là hiệu nào?",
                        "You walk away from z_b. Which difference points from z_a to z_b?"),
                Mistake("stays", lambda a, b, t: a, "Bạn đứng yên ở z_a.", "You stay at z_a."),
                Mistake("difference", lambda a, b, t: t * (b - a),
                        "Đó là quãng đường đã đi, chưa phải vị trí: bạn xuất phát từ đâu?",
                        "That is the way walked, not the place: where did you start from?"),
                Mistake("jumps", lambda a, b, t: b, "Bạn nhảy thẳng đến z_b.", "You jump straight to z_b."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 02


def check_sigma(function: Callable) -> Result:
    """function(logvar) → the standard deviation σ = exp(logvar / 2), where logvar = log σ²."""
    return _run(
        function,
        lambda: Task(
            cases=[(torch.linspace(-3, 2, 7),), (torch.randn(4, 3),), (torch.rand(5) + 0.5,)],
            right=lambda logvar: torch.exp(0.5 * logvar),
            gradients=(0,),
            mistakes=[
                Mistake("identity", lambda v: v,
                        "Đó vẫn là log-phương sai. Độ lệch chuẩn không thể âm.",
                        "That is still the log-variance. A standard deviation cannot be negative."),
                Mistake("variance", torch.exp,
                        "Đó là phương sai σ². Câu hỏi là độ lệch chuẩn σ.",
                        "That is the variance σ². The question is the standard deviation σ."),
                Mistake("negative", lambda v: torch.exp(-0.5 * v),
                        "Dấu trong số mũ bị ngược: logvar càng lớn thì σ phải càng lớn.",
                        "The sign in the exponent is flipped: a larger logvar must give a larger σ."),
                Mistake("double", lambda v: torch.exp(2 * v),
                        "Bạn nhân đôi số mũ. Từ σ² về σ là phép căn: phép căn làm gì với số mũ?",
                        "You double the exponent. From σ² to σ one takes a root: what does a root do to an exponent?"),
                Mistake("half", lambda v: 0.5 * v,
                        "Đó là log σ. Còn thiếu một bước để ra σ.",
                        "That is log σ. One step is missing to get σ."),
                Mistake("half_outside", lambda v: 0.5 * torch.exp(v),
                        "Hệ số ½ đứng sai chỗ: căn bậc hai không phải là chia đôi.",
                        "The ½ stands in the wrong place: a square root is not half of a number."),
                Mistake("root", lambda v: v.sqrt(),
                        "Bạn lấy căn của logvar, nhưng logvar là log của phương sai: trước hết hãy bỏ log.",
                        "You take the root of logvar, but logvar is the log of the variance: undo the log first."),
            ],
        ),
    )


def check_conv_size(function: Callable) -> Result:
    """function(size, kernel, stride, padding) → side of a convolution's output, ⌊(size + 2·padding − kernel) / stride⌋ + 1."""
    return _run(
        function,
        lambda: Task(
            cases=[(28, 3, 1, 1), (28, 3, 2, 1), (14, 3, 2, 1), (32, 5, 3, 0), (15, 4, 2, 2)],
            right=lambda n, k, s, p: (n + 2 * p - k) // s + 1,
            mistakes=[
                Mistake("one_forgotten", lambda n, k, s, p: (n + 2 * p - k) // s,
                        "Thiếu đúng 1: vị trí xuất phát của cửa sổ cũng là một vị trí.",
                        "Exactly 1 is missing: the place where the window starts counts as well."),
                Mistake("padding_once", lambda n, k, s, p: (n + p - k) // s + 1,
                        "Phần đệm (padding) được thêm ở cả hai phía.",
                        "The padding is added on both sides."),
                Mistake("no_padding", lambda n, k, s, p: (n - k) // s + 1,
                        "Bạn chưa tính đến phần đệm (padding).",
                        "The padding is not accounted for."),
                Mistake("no_kernel", lambda n, k, s, p: (n + 2 * p) // s + 1,
                        "Bạn chưa tính đến kích thước cửa sổ (kernel): nó phải nằm trọn bên trong.",
                        "The kernel is not accounted for: the whole window must fit inside."),
                Mistake("ceil", lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
                        "Bạn làm tròn lên. Bước cuối không đủ chỗ thì bị bỏ, không được tính thêm.",
                        "You round up. A last step that does not fit is dropped, not added."),
                Mistake("fraction", lambda n, k, s, p: (n + 2 * p - k) / s + 1,
                        "Kích thước phải là số nguyên: bước cuối không đủ chỗ thì sao?",
                        "A size must be a whole number: what happens to a last step that does not fit?"),
                Mistake("no_stride", lambda n, k, s, p: n + 2 * p - k + 1,
                        "Bạn chưa tính đến bước nhảy (stride).",
                        "The stride is not accounted for."),
                Mistake("divided", lambda n, k, s, p: n // s,
                        "Chia cho bước nhảy là một ước lượng hay, nhưng chỉ đúng khi kernel và padding vừa khớp.",
                        "Dividing by the stride is a good estimate, but right only when kernel and padding match."),
            ],
        ),
    )


def check_parameter_count(function: Callable) -> Result:
    """function(inputs, outputs) → parameters of a linear layer with bias, inputs·outputs + outputs."""
    return _run(
        function,
        lambda: Task(
            cases=[(3136, 2), (2, 3136), (10, 7), (1, 5)],
            right=lambda i, o: i * o + o,
            mistakes=[
                Mistake("no_bias", lambda i, o: i * o,
                        "Đó là số trọng số. Lớp tuyến tính còn có độ lệch (bias).",
                        "Those are the weights. A linear layer has biases as well."),
                Mistake("bias_per_input", lambda i, o: i * o + i,
                        "Mỗi độ lệch (bias) được cộng vào một đầu ra, chứ không phải vào một đầu vào.",
                        "A bias is added to an output, not to an input."),
                Mistake("one_bias", lambda i, o: i * o + 1,
                        "Lớp này có nhiều hơn một độ lệch (bias): mỗi đầu ra cần gì?",
                        "The layer has more than one bias: what does each output need?"),
                Mistake("both_biases", lambda i, o: i * o + i + o,
                        "Bạn thêm độ lệch (bias) cho cả hai phía.",
                        "You add biases on both sides."),
                Mistake("added", lambda i, o: i + o,
                        "Bạn cộng hai phía lại. Mỗi đầu vào nối với mọi đầu ra.",
                        "You add the two sides. Every input is connected to every output."),
                Mistake("hard_coded", lambda i, o: 6274,
                        "Con số ấy đúng cho fc_mu, nhưng hàm phải đúng cho mọi lớp.",
                        "That number is right for fc_mu, but the function must be right for every layer."),
            ],
        ),
    )


def check_latent_shapes(function: Callable) -> Result:
    """function(batch_size, latent_dim) → shapes of mu, logvar, z and recon for the exercise's VAE on 1×28×28 images."""
    return _run(
        function,
        lambda: Task(
            cases=[(3, 10), (256, 2), (1, 16)],
            right=lambda n, d: ((n, d), (n, d), (n, d), (n, 1, 28, 28)),
            mistakes=[
                Mistake("no_batch", lambda n, d: ((d,), (d,), (d,), (1, 28, 28)),
                        "Thiếu chiều batch: mạng luôn xử lý cả batch cùng lúc.",
                        "The batch dimension is missing: the network always works on a whole batch."),
                Mistake("z_doubled", lambda n, d: ((n, d), (n, d), (n, 2 * d), (n, 1, 28, 28)),
                        "z không phải là μ và log σ² ghép lại: nó có bao nhiêu số cho mỗi chiều tiềm ẩn?",
                        "z is not μ and log σ² put together: how many numbers does it have per latent dimension?"),
                Mistake("flat_recon", lambda n, d: ((n, d), (n, d), (n, d), (n, 784)),
                        "Decoder này trả về ảnh, có kênh, chiều cao, chiều rộng, chứ không phải vector phẳng.",
                        "This decoder returns images with channel, height and width, not flat vectors."),
                Mistake("no_channel", lambda n, d: ((n, d), (n, d), (n, d), (n, 28, 28)),
                        "Ảnh tái tạo thiếu chiều kênh (channel), dù chỉ có một kênh.",
                        "The reconstruction lacks its channel dimension, even if there is only one."),
                Mistake("transposed", lambda n, d: ((d, n), (d, n), (d, n), (n, 1, 28, 28)),
                        "Chiều batch luôn đứng đầu.",
                        "The batch dimension always comes first."),
                Mistake("scalar_variance", lambda n, d: ((n, d), (n, 1), (n, d), (n, 1, 28, 28)),
                        "Mỗi chiều tiềm ẩn có log σ² của riêng nó.",
                        "Every latent dimension has its own log σ²."),
                Mistake("ten_classes", lambda n, d: ((n, 10), (n, 10), (n, 10), (n, 1, 28, 28)),
                        "z không phải xác suất của mười lớp: độ dài của nó do ta chọn.",
                        "z is not the probabilities of ten classes: its length is our choice."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 03


def check_reparameterize_fixed(function: Callable) -> Result:
    """function(mu, sigma, epsilon) → z = mu + sigma ⊙ epsilon: the handout's eq. 3, with the noise given."""
    return _run(
        function,
        lambda: Task(
            cases=[
                (torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.1]), torch.tensor([0.2, -1.5])),
                (torch.tensor(2.0), torch.tensor(1.0), torch.tensor(0.5)),
                (torch.randn(4, 3), torch.rand(4, 3) + 0.1, torch.randn(4, 3)),
            ],
            right=lambda mu, sigma, epsilon: mu + sigma * epsilon,
            gradients=(0, 1),
            mistakes=[
                Mistake("no_scale", lambda m, s, e: m + e,
                        "Nhiễu chưa được co giãn: σ đi đâu rồi?",
                        "The noise is not scaled: where is σ?"),
                Mistake("no_noise", lambda m, s, e: m + s,
                        "Nhiễu ε chưa được dùng: như vậy lần nào z cũng như nhau.",
                        "The noise ε is not used: z would be the same every time."),
                Mistake("variance", lambda m, s, e: m + s**2 * e,
                        "Bạn nhân nhiễu với phương sai σ². Ở đây cần độ lệch chuẩn.",
                        "You scale the noise by the variance σ². The standard deviation is needed."),
                Mistake("root", lambda m, s, e: m + s.sqrt() * e,
                        "Bạn lấy căn của σ. Chỉ cần căn khi ký hiệu ấy là phương sai; ở đây σ đã là độ lệch chuẩn.",
                        "You take the root of σ. That is for texts in which the symbol is the variance; here σ is the standard deviation already."),
                Mistake("logvar", lambda m, s, e: m + torch.exp(0.5 * s) * e,
                        "Bạn coi σ như log σ²: ở đây σ đã là độ lệch chuẩn, không cần exp.",
                        "You treat σ as log σ²: here it is the standard deviation already, no exp is needed."),
                Mistake("minus", lambda m, s, e: m - s * e,
                        "Dấu của nhiễu bị ngược so với công thức.",
                        "The sign of the noise is the opposite of the formula's."),
                Mistake("mu_scaled", lambda m, s, e: m * e + s,
                        "Vai trò của μ và σ bị đổi: cái nào dời tâm, cái nào co giãn?",
                        "μ and σ have changed places: which one shifts and which one scales?"),
                Mistake("product", lambda m, s, e: (m + s) * e,
                        "Chỉ σ nhân với nhiễu; μ thì không.",
                        "Only σ multiplies the noise; μ does not."),
            ],
        ),
    )


def check_reparameterize(function: Callable) -> Result:
    """function(mu, logvar) → z ~ N(mu, exp(logvar)), fresh noise for every entry, with gradients to mu and logvar.

    mu, logvar, z: (N, latent_dim). The noise is judged by its statistics over 60,000 entries.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20240)
        try:
            _callable(function)
            _check_sampling(function)
        except _Problem as problem:
            return _say(problem.result)
    return _say(_right())


def _sampled(function: Callable, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """z of the student's function and the very mu and logvar it was given; a Problem if z is no tensor of that shape."""
    z, (mu, logvar) = _call(function, (mu, logvar))
    if not isinstance(z, Tensor):
        raise _wrong(
            "type",
            f"Hàm của bạn trả về kiểu {type(z).__name__}; cần tensor z.",
            f"Your function returns the type {type(z).__name__}; the tensor z is needed.",
        )
    if z.shape != mu.shape:
        raise _wrong(
            "shape",
            f"Kích thước chưa đúng: z có kích thước {tuple(z.shape)}, cần {tuple(mu.shape)} như mu.",
            f"The shape is not right: z has shape {tuple(z.shape)}, expected {tuple(mu.shape)}, as mu has.",
        )
    return z, mu, logvar


def _check_sampling(function: Callable) -> None:
    for shape in ((1, 2), (7, 5)):
        _sampled(function, torch.randn(shape), torch.randn(shape))

    N, d = 20_000, 3
    mu, logvar = 2 * torch.randn(N, d), 4 * torch.rand(N, d) - 2.5
    z, mu, logvar = _sampled(function, mu.requires_grad_(), logvar.requires_grad_())
    noise = (z - mu).detach() / torch.exp(0.5 * logvar).detach()  # ~ N(0, 1) if z is right
    if not z.isfinite().all():
        raise _wrong(
            "nan",
            "z có NaN hoặc vô cực: hãy tìm phép căn hay phép log của số âm.",
            "z holds NaN or infinity: look for a root or a log of a negative number.",
        )
    if noise.abs().max() < 1e-3:
        raise _wrong(
            "no_noise",
            "z bằng đúng μ: nhiễu ε chưa có mặt.",
            "z equals μ: the noise ε is missing.",
        )
    _check_scale((z - mu).detach(), logvar.detach())
    if (noise - noise[:1]).abs().max() < 1e-3:
        raise _wrong(
            "shared_by_batch",
            "Mọi ảnh trong batch nhận cùng một ε. Mỗi ảnh cần nhiễu của riêng nó.",
            "All images of the batch get the same ε. Each image needs noise of its own.",
        )
    if (noise - noise[:, :1]).abs().max() < 1e-3:
        raise _wrong(
            "shared_by_dimensions",
            "Mọi chiều tiềm ẩn dùng chung một ε. Mỗi chiều cần nhiễu của riêng nó.",
            "All latent dimensions share one ε. Each dimension needs noise of its own.",
        )
    kurtosis = ((noise - noise.mean()) / noise.std()).pow(4).mean()  # 3 for a Gaussian, 1.8 for a uniform distribution
    if abs(noise.mean()) > 0.03 or abs(kurtosis - 3) > 0.25:
        raise _wrong(
            "not_gaussian",
            "Nhiễu không phải N(0, 1). Hãy xem lại: rand cho số phân bố đều trong [0, 1), khác với randn.",
            "The noise is not N(0, 1). Look again: rand gives uniform numbers in [0, 1), which is not what randn gives.",
        )
    low = logvar.detach() < logvar.detach().median()
    if max(abs(noise[low].std() - 1), abs(noise[~low].std() - 1)) > 0.03:
        raise _wrong(
            "scale",
            "Nhiễu có độ lệch chuẩn chưa đúng. Hãy viết lại cách tính từ logvar ra σ, từng bước một.",
            "The noise does not have the right standard deviation. Write down again the way from logvar to σ, step by step.",
        )
    again, *_ = _sampled(function, mu.detach(), logvar.detach())
    if torch.equal(again.detach(), z.detach()):
        raise _wrong(
            "repeated",
            "Gọi hai lần mà nhiễu y hệt nhau. Đừng đặt seed bên trong hàm.",
            "Two calls give exactly the same noise. Do not set a seed inside the function.",
        )
    if not z.requires_grad:
        raise _detached()
    to_mu, to_logvar = torch.autograd.grad(z.sum(), (mu, logvar), allow_unused=True)
    if to_mu is None or to_logvar is None or not to_logvar.any() or not to_mu.any():
        missing = "mu" if to_mu is None or not to_mu.any() else "logvar"
        raise _wrong(
            "half_detached",
            f"z đúng phân phối, nhưng gradient không đến được {missing}: đường từ {missing} đến z bị cắt.",
            f"z has the right distribution, but no gradient reaches {missing}: the way from {missing} to z is cut.",
        )


def _check_scale(deviation: Tensor, logvar: Tensor) -> None:
    """Recognise a wrong σ: under the formula that the student used, the noise has standard deviation 1 everywhere."""
    guesses = (
        (
            "variance",
            torch.exp(logvar),
            "Bạn nhân nhiễu với phương sai. Cần độ lệch chuẩn.",
            "You scale the noise by the variance. The standard deviation is needed.",
        ),
        (
            "logvar_as_sigma",
            logvar.abs(),
            "Bạn dùng logvar như thể nó là σ. logvar là log của phương sai.",
            "You use logvar as if it were σ. It is the log of the variance.",
        ),
        (
            "no_scale",
            torch.ones_like(logvar),
            "Nhiễu chưa được co giãn: logvar chưa được dùng.",
            "The noise is not scaled: logvar is not used.",
        ),
        (
            "sign",
            torch.exp(-0.5 * logvar),
            "Dấu trong số mũ bị ngược: logvar càng lớn thì nhiễu phải càng lớn.",
            "The sign in the exponent is flipped: a larger logvar must mean more noise.",
        ),
        (
            "double",
            torch.exp(2 * logvar),
            "Bạn nhân đôi số mũ. Từ σ² về σ là phép căn.",
            "You double the exponent. From σ² to σ one takes a root.",
        ),
        (
            "half_outside",
            0.5 * torch.exp(logvar),
            "Hệ số ½ đứng sai chỗ: căn bậc hai không phải là chia đôi.",
            "The ½ stands in the wrong place: a square root is not half of a number.",
        ),
    )
    for name, sigma, vi, en in guesses:
        noise = deviation / sigma.clamp_min(1e-6)
        parts = [noise[part].std() for part in (logvar < -1, (logvar >= -1) & (logvar < 0), logvar >= 0)]
        if all(abs(part - 1) < 0.05 for part in parts):
            raise _wrong(name, vi, en)


def check_score_gradient(function: Callable) -> Result:
    """function(z, mu, sigma, value) → score-function estimate of d/dmu E[value(z)], value · (z − mu) / sigma², for each z."""
    return _run(
        function,
        lambda: Task(
            cases=[
                (torch.randn(6), torch.tensor(m), torch.tensor(s), torch.randn(6) ** 2)
                for m, s in ((2.0, 1.0), (-0.5, 0.3), (1.0, 2.5))
            ],
            right=lambda z, m, s, v: v * (z - m) / s**2,
            mistakes=[
                Mistake("sigma", lambda z, m, s, v: v * (z - m) / s,
                        "Bạn chia cho σ. Đạo hàm của log mật độ Gauss theo μ chia cho đại lượng nào?",
                        "You divide by σ. By what does the derivative of the Gaussian's log density with respect to μ divide?"),
                Mistake("sign", lambda z, m, s, v: v * (m - z) / s**2,
                        "Dấu bị ngược: khi z lớn hơn μ, tăng μ làm z dễ xuất hiện hơn.",
                        "The sign is flipped: when z lies above μ, raising μ makes z more likely."),
                Mistake("no_value", lambda z, m, s, v: (z - m) / s**2,
                        "Đó là đạo hàm của log mật độ. Còn thiếu giá trị của hàm tại z.",
                        "That is the derivative of the log density. The function's value at z is missing."),
                Mistake("no_sigma", lambda z, m, s, v: v * (z - m), "σ chưa được dùng.", "σ is not used."),
                Mistake("pathwise", lambda z, m, s, v: 2 * z,
                        "Đó là ước lượng theo đường đi (pathwise). Ở đây không được lấy đạo hàm của hàm, chỉ dùng giá trị của nó.",
                        "That is the pathwise estimator. Here the function may not be differentiated, only its value is used."),
                Mistake("averaged", lambda z, m, s, v: (v * (z - m) / s**2).mean(),
                        "Bạn đã lấy trung bình. Hãy trả về ước lượng của từng z, để còn đo phương sai.",
                        "You have averaged. Return the estimate of each z, so that its variance can be measured."),
                Mistake("density", lambda z, m, s, v: v * Normal(m, s).log_prob(z),
                        "Bạn nhân với chính log mật độ. Cần đạo hàm của nó theo μ.",
                        "You multiply by the log density itself. Its derivative with respect to μ is needed."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 04


def check_kl_divergence(function: Callable) -> Result:
    """function(mu, logvar), each (N, latent_dim) → (N,): KL(N(mu, exp(logvar)) ‖ N(0, I)) in nats."""
    kl = losses.kl_divergence
    return _run(
        function,
        lambda: Task(
            cases=[(torch.randn(n, d), torch.randn(n, d)) for n, d in ((7, 5), (1, 2), (4, 10), (5, 5))],
            right=kl,
            gradients=(0, 1),
            mistakes=[
                Mistake("half_forgotten", lambda m, v: 2 * kl(m, v),
                        "Kết quả lớn gấp đôi: hệ số ½ bị quên.",
                        "The result is twice too large: the ½ is forgotten."),
                Mistake("sign", lambda m, v: -kl(m, v),
                        "KL không bao giờ âm: dấu bị ngược.",
                        "A KL is never negative: the sign is flipped."),
                Mistake("mean_over_dimensions", lambda m, v: kl(m, v) / m.shape[1],
                        "Bạn lấy trung bình theo chiều tiềm ẩn. KL của các chiều độc lập thì cộng lại.",
                        "You average over the latent dimensions. The KLs of independent dimensions add up."),
                Mistake("sum_over_batch", lambda m, v: kl(m, v).sum(),
                        "Bạn cộng cả batch thành một số. Hàm này trả về một giá trị cho mỗi ảnh.",
                        "You sum the whole batch into one number. This function returns one value per image."),
                Mistake("mean_over_batch", lambda m, v: kl(m, v).mean(),
                        "Bạn lấy trung bình cả batch thành một số. Hàm này trả về một giá trị cho mỗi ảnh.",
                        "You average the whole batch into one number. This function returns one value per image."),
                Mistake("wrong_axis", lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).sum(0),
                        "Bạn cộng dọc theo batch (dim=0). Cần cộng theo chiều tiềm ẩn.",
                        "You sum along the batch (dim=0). Sum over the latent dimensions instead."),
                Mistake("not_summed", lambda m, v: -0.5 * (1 + v - m**2 - v.exp()),
                        "Bạn có KL của từng chiều. Còn thiếu phép cộng theo chiều tiềm ẩn.",
                        "You have the KL of each dimension. The sum over the latent dimensions is missing."),
                Mistake("logvar_as_sigma", lambda m, v: -0.5 * (1 + torch.log(v**2) - m**2 - v**2).sum(1),
                        "Bạn dùng logvar như thể nó là σ. logvar đã là log của phương sai.",
                        "You use logvar as if it were σ. It is the log of the variance already."),
                Mistake("logvar_as_variance", lambda m, v: -0.5 * (1 + torch.log(v) - m**2 - v).sum(1),
                        "Bạn dùng logvar như thể nó là phương sai. logvar là log của phương sai.",
                        "You use logvar as if it were the variance. It is the log of the variance."),
                Mistake("logvar_as_log_sigma", lambda m, v: -0.5 * (1 + 2 * v - m**2 - (2 * v).exp()).sum(1),
                        "Bạn coi logvar là log σ. Nó là log σ².",
                        "You treat logvar as log σ. It is log σ²."),
                Mistake("no_exp", lambda m, v: -0.5 * (1 + v - m**2 - v).sum(1),
                        "Số hạng phương sai thiếu phép exp.",
                        "The variance term lacks its exp."),
                Mistake("sigma_not_variance", lambda m, v: -0.5 * (1 + v - m**2 - (0.5 * v).exp()).sum(1),
                        "Số hạng cuối là phương sai σ², bạn dùng σ.",
                        "The last term is the variance σ², you use σ."),
                Mistake("mu_not_squared", lambda m, v: -0.5 * (1 + v - m - v.exp()).sum(1),
                        "μ chưa được bình phương.",
                        "μ is not squared."),
                Mistake("one_forgotten", lambda m, v: -0.5 * (v - m**2 - v.exp()).sum(1),
                        "Thiếu số 1: khi μ = 0 và log σ² = 0, KL phải bằng 0.",
                        "The 1 is missing: with μ = 0 and log σ² = 0 the KL must be 0."),
                Mistake("bits", lambda m, v: kl(m, v) / math.log(2),
                        "Kết quả tính bằng bit. Ta dùng nat (log tự nhiên).",
                        "The result is in bits. We use nats (the natural logarithm)."),
                Mistake("reversed", lambda m, v: torch_kl(Normal(0.0, 1.0), Normal(m, (0.5 * v).exp())).sum(1),
                        "Đó là KL theo chiều ngược lại: KL(q‖p) khác KL(p‖q).",
                        "That is the KL the other way round: KL(q‖p) is not KL(p‖q)."),
            ],
        ),
    )


def check_vae_loss(function: Callable) -> Result:
    """function(recon, x, mu, logvar, B) → (total, recon, kl) as losses.vae_loss gives them: three means over the batch."""
    sse, kl, loss = losses.reconstruction_loss, losses.kl_divergence, losses.vae_loss

    def cases():
        for (n, d), B in zip(((4, 2), (1, 3), (6, 5)), (1000, 10, 0.5), strict=True):
            yield torch.rand(n, 1, 6, 5) * 0.9 + 0.05, torch.rand(n, 1, 6, 5), torch.randn(n, d), torch.randn(n, d), B

    def with_parts(make_recon, make_kl):
        """A wrong loss with other parts: total = B · recon + kl."""

        def wrong(r, x, m, v, B):
            a, b = make_recon(r, x), make_kl(m, v)
            return B * a + b, a, b

        return wrong

    def mean_kl(m, v):
        return kl(m, v).mean()

    def bce(r, x):
        return F.binary_cross_entropy(r, x, reduction="sum") / len(x)

    def logits(r, x):
        return F.binary_cross_entropy_with_logits(r, x, reduction="sum") / len(x)

    any_size = (
        "784 chỉ đúng cho ảnh 28×28, mà ảnh ở đây có thể có kích thước bất kỳ. Hãy cộng trên mọi chiều trừ chiều batch.",
        "784 is right only for 28×28 images, and these may have any size. Sum over every dimension but the batch.",
    )

    return _run(
        function,
        lambda: Task(
            cases=list(cases()),
            right=loss,
            gradients=(0, 2, 3),
            mistakes=[
                Mistake("only_total", lambda *a: loss(*a)[0],
                        "Bạn chỉ trả về tổng. Cần bộ ba (total, recon, kl) để ghi log từng phần.",
                        "You return only the total. The three values (total, recon, kl) are needed to log each part."),
                Mistake("order", lambda *a: loss(*a)[1:] + loss(*a)[:1],
                        "Ba giá trị đúng nhưng sai thứ tự: total đứng đầu.",
                        "The three values are right but out of order: total comes first."),
                Mistake("order", lambda *a: (loss(*a)[0], loss(*a)[2], loss(*a)[1]),
                        "Ba giá trị đúng nhưng sai thứ tự: recon đứng trước kl.",
                        "The three values are right but out of order: recon comes before kl."),
                Mistake("B_ignored", lambda r, x, m, v, B: loss(r, x, m, v, 1), "B chưa được dùng.", "B is not used."),
                Mistake("B_hard_coded", lambda r, x, m, v, B: loss(r, x, m, v, 1000),
                        "B là tham số của hàm: đừng gõ thẳng 1000.",
                        "B is an argument of the function: do not type 1000."),
                Mistake("B_on_kl", lambda r, x, m, v, B: (sse(r, x) + B * mean_kl(m, v), sse(r, x), mean_kl(m, v)),
                        "B nhân với KL. Trong công thức, B nhân với phần nào?",
                        "B multiplies the KL. Which part does it multiply in the formula?"),
                Mistake("B_on_both", lambda r, x, m, v, B: (B * (sse(r, x) + mean_kl(m, v)), sse(r, x), mean_kl(m, v)),
                        "B nhân với cả hai phần. Trong công thức, B chỉ nhân với một phần.",
                        "B multiplies both parts. In the formula it multiplies only one."),
                Mistake("recon_with_B", lambda r, x, m, v, B: (loss(r, x, m, v, B)[0], B * sse(r, x), mean_kl(m, v)),
                        "total đúng. Nhưng recon trả về riêng thì không nhân B.",
                        "The total is right. But the recon that is returned on its own is without B."),
                Mistake("kl_subtracted", lambda r, x, m, v, B: (B * sse(r, x) - mean_kl(m, v), sse(r, x), mean_kl(m, v)),
                        "KL bị trừ đi: như vậy mạng được thưởng khi rời xa tiên nghiệm.",
                        "The KL is subtracted: the network would be rewarded for leaving the prior."),
                Mistake("elbo", lambda *a: (-loss(*a)[0], *loss(*a)[1:]),
                        "Tổng của bạn là ELBO. Hàm mất mát là số đối của nó.",
                        "Your total is the ELBO. The loss is its negative."),
                Mistake("pixel_mean", with_parts(F.mse_loss, mean_kl),
                        "Phần tái tạo là trung bình trên điểm ảnh. Cần tổng bình phương sai số của mỗi ảnh.",
                        "The reconstruction part is a mean over the pixels. The squared error summed over each image is needed."),
                Mistake("typed_784", with_parts(lambda r, x: 784 * F.mse_loss(r, x), mean_kl), *any_size),
                Mistake("batch_sum", with_parts(lambda r, x: ((r - x) ** 2).sum(), mean_kl),
                        "Phần tái tạo cộng cả batch. Cần trung bình trên các ảnh.",
                        "The reconstruction part is summed over the batch. The mean over the images is needed."),
                Mistake("kl_batch_sum", with_parts(sse, lambda m, v: kl(m, v).sum()),
                        "KL cộng cả batch. Cần trung bình trên các ảnh.",
                        "The KL is summed over the batch. The mean over the images is needed."),
                Mistake("kl_mean", with_parts(sse, lambda m, v: kl(m, v).mean() / m.shape[1]),
                        "KL lấy trung bình theo chiều tiềm ẩn. KL của các chiều thì cộng lại.",
                        "The KL is averaged over the latent dimensions. The KLs of the dimensions add up."),
                Mistake("kl_half_forgotten", with_parts(sse, lambda m, v: 2 * mean_kl(m, v)),
                        "KL lớn gấp đôi: hệ số ½ bị quên.",
                        "The KL is twice too large: the ½ is forgotten."),
                Mistake("kl_sign", with_parts(sse, lambda m, v: -mean_kl(m, v)),
                        "KL của bạn âm. KL không bao giờ âm: dấu bị ngược.",
                        "Your KL is negative. A KL never is: the sign is flipped."),
                Mistake("bce", with_parts(bce, mean_kl),
                        "Phần tái tạo là BCE. Bài này dùng bình phương sai số.",
                        "The reconstruction part is a BCE. This loss uses the squared error."),
                Mistake("logits", with_parts(logits, mean_kl),
                        "Phần tái tạo dùng BCE-with-logits trên đầu ra đã qua sigmoid, tức là sigmoid hai lần. Bài này dùng bình phương sai số.",
                        "The reconstruction part applies BCE-with-logits to an output that has passed a sigmoid: sigmoid twice. This loss uses the squared error."),
            ],
            failures=[Failure("typed_784", r"(784|28, 28)\D.*invalid for input of size", *any_size)],
        ),
    )


def check_sigma_of_B(function: Callable) -> Result:
    """function(B) → the decoder's standard deviation σ = 1/√(2B), from B = 1/(2σ²)."""
    return _run(
        function,
        lambda: Task(
            cases=[(1000,), (10,), (0.5,), (3.0,)],
            right=lambda B: 1 / math.sqrt(2 * B),
            mistakes=[
                Mistake("variance", lambda B: 1 / (2 * B),
                        "Đó là phương sai σ². Câu hỏi là độ lệch chuẩn.",
                        "That is the variance σ². The question is the standard deviation."),
                Mistake("two_forgotten", lambda B: 1 / math.sqrt(B),
                        "Số 2 trong B = 1/(2σ²) bị quên.",
                        "The 2 in B = 1/(2σ²) is forgotten."),
                Mistake("inverse", lambda B: math.sqrt(2 * B),
                        "Bị đảo ngược: B càng lớn thì decoder càng đòi chính xác, σ phải càng nhỏ.",
                        "Upside down: the larger B, the more precision is demanded, and the smaller σ must be."),
                Mistake("beta", lambda B: 1 / B,
                        "Đó là β = 1/B. Hãy giải B = 1/(2σ²) theo σ.",
                        "That is β = 1/B. Solve B = 1/(2σ²) for σ."),
                Mistake("half_root", lambda B: 1 / (2 * math.sqrt(B)),
                        "Hãy bình phương kết quả của bạn: có ra 1/(2B) không?",
                        "Square your answer: is it 1/(2B)?"),
                Mistake("forward", lambda B: 1 / (2 * B**2),
                        "Bạn thay B vào chỗ của σ. Cần giải phương trình theo chiều ngược lại.",
                        "You put B in the place of σ. Solve the equation the other way."),
                Mistake("hard_coded", lambda B: 1 / math.sqrt(2000),
                        "Con số ấy đúng cho B = 1000, nhưng hàm phải đúng cho mọi B.",
                        "That number is right for B = 1000, but the function must be right for every B."),
            ],
            failures=[
                Failure("plain_number", "must be Tensor|object has no attribute",
                        "B là một con số thường, không phải tensor: torch.sqrt không nhận nó. Hãy dùng math.sqrt.",
                        "B is a plain number and not a tensor: torch.sqrt does not take it. Use math.sqrt."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------- lessons 05, 06


def check_epoch_mean(function: Callable) -> Result:
    """function(batch_means, batch_sizes), two lists → the mean over all images, each batch weighted by its size."""
    return _run(
        function,
        lambda: Task(
            cases=[([4.0, 2.0, 9.0], [256, 256, 128]), ([1.0, 3.0], [10, 1]), ([5.0, 7.0, 6.5, 2.0], [3, 3, 3, 2])],
            right=lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes),
            mistakes=[
                Mistake("handout", lambda means, sizes: sum(means) / sum(sizes),
                        "Bạn chia tổng các trung bình batch cho số ảnh, đúng như lỗi trong bản in của bài tập: một batch có bao nhiêu ảnh thì kết quả nhỏ đi chừng ấy lần, trong bài này khoảng 256.",
                        "You divide the sum of batch means by the number of images, the very slip of the printed exercise: as many times too small as a batch has images, about 256 in this lesson."),
                Mistake("unweighted", lambda means, sizes: sum(means) / len(means),
                        "Mọi batch được tính ngang nhau, nhưng batch cuối có ít ảnh hơn.",
                        "Every batch counts the same, but the last one holds fewer images."),
                Mistake("last", lambda means, sizes: means[-1],
                        "Đó chỉ là batch cuối cùng.",
                        "That is only the last batch."),
                Mistake("not_divided", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)),
                        "Bạn có tổng trên mọi ảnh. Còn thiếu phép chia.",
                        "You have the sum over all images. The division is missing."),
                Mistake("divided_by_batches", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / len(sizes),
                        "Bạn chia cho số batch. Tổng này gồm bao nhiêu ảnh?",
                        "You divide by the number of batches. How many images are in this sum?"),
                Mistake("sum", lambda means, sizes: sum(means),
                        "Đó là tổng các trung bình batch: số ảnh chưa được dùng.",
                        "That is the sum of the batch means: the numbers of images are not used."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 07


def check_slerp(function: Callable) -> Result:
    """function(z_a, z_b, alpha), each z (d,) → the point the share alpha along the arc from z_a to z_b (spherical)."""

    def slerp(a, b, t):
        angle = torch.acos(torch.dot(a, b) / (a.norm() * b.norm()))
        return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)

    def cosine_as_angle(a, b, t):
        angle = torch.dot(a, b) / (a.norm() * b.norm())
        return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)

    def not_divided(a, b, t):
        angle = torch.acos(torch.dot(a, b) / (a.norm() * b.norm()))
        return torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b

    return _run(
        function,
        lambda: Task(
            cases=[(torch.randn(d), torch.randn(d), t) for d, t in ((2, 0.3), (16, 0.5), (5, 0.8), (3, 0.1))],
            right=slerp,
            mistakes=[
                Mistake("straight", torch.lerp,
                        "Đó là đường thẳng. Trên cung tròn, trọng số là sin của góc chứ không phải chính α.",
                        "That is the straight walk. On the arc the weights are sines of angles, not α itself."),
                Mistake("swapped", lambda a, b, t: slerp(b, a, t),
                        "Bạn đi ngược: α = 0 phải đứng ở z_a, α = 1 phải đứng ở z_b.",
                        "You walk backwards: α = 0 must stand at z_a and α = 1 at z_b."),
                Mistake("cosine_as_angle", cosine_as_angle,
                        "Bạn dùng cosin như thể nó là góc. Từ cosin về góc cần một hàm ngược.",
                        "You use the cosine as if it were the angle. Getting from a cosine to its angle takes an inverse function."),
                Mistake("not_divided", not_divided,
                        "Hai trọng số đúng dạng nhưng chưa chia cho sin của cả góc: với α = 0 bạn không ở đúng z_a.",
                        "The weights have the right shape but are not divided by the sine of the whole angle: with α = 0 you are not at z_a."),
                Mistake("unit_vectors", lambda a, b, t: slerp(a / a.norm(), b / b.norm(), t),
                        "Bạn đã chuẩn hóa hai vector và đánh mất độ dài của chúng: chỉ góc mới cần vector đơn vị.",
                        "You normalised both vectors and lost their lengths: only the angle needs unit vectors."),
                Mistake("cut_lerp", lambda a, b, t: torch.lerp(a, b, t) * a.norm() / torch.lerp(a, b, t).norm(),
                        "Bạn đi đường thẳng rồi kéo kết quả cho dài bằng z_a. Hãy dùng các sin trong công thức.",
                        "You walk straight and rescale the result to the length of z_a; follow the formula's sines instead."),
            ],
        ),
    )


# ------------------------------------------------------------------------------------------------ lesson 08


def check_principal_angles(function: Callable) -> Result:
    """function(A, B), each (n, d) with independent columns → the d principal angles of their column spaces, in degrees.

    From the smallest to the largest: QR of each, then the singular values of Q_Aᵀ Q_B are the cosines (A. Björck &
    G. Golub, "Numerical methods for computing angles between linear subspaces", 1973).
    """

    def basis(A):
        return torch.linalg.qr(A).Q

    def cosines(A, B):
        return torch.linalg.svdvals(basis(A).T @ basis(B)).clamp(max=1)

    def angles(A, B):
        return cosines(A, B).acos().rad2deg()

    def pair(n, d, share):
        """B takes share of itself from A's subspace. Drawn until float32 suffices for every way of computing the angles."""
        while True:
            A = torch.randn(n, d)
            B = share * A @ torch.randn(d, d) + torch.randn(n, d)
            if angles(A, B).min() > 5 and max(torch.linalg.cond(A), torch.linalg.cond(B)) < 10:
                return A, B

    def same_subspace(function):
        """The cosines are 1 up to rounding; the acos of more than 1 is NaN."""
        A = torch.randn(60, 20)
        answer, _ = _call(function, (A, A.flip(1)))
        if torch.cat([leaf.flatten() for leaf in _leaves(answer)]).isnan().any():
            raise _wrong(
                "not_clamped",
                "Với hai không gian con trùng nhau, bạn nhận NaN: một cosin bị làm tròn lên quá 1.",
                "For equal subspaces you get NaN: a cosine was rounded to slightly above 1.",
            )

    no_qr_vi = "Các cột của A và B chưa trực chuẩn, nên A.T @ B còn mang cả độ dài của chúng. Phép phân tích QR cho một cơ sở trực chuẩn."
    no_qr_en = "The columns of A and B are not orthonormal, so A.T @ B still carries their lengths. QR gives an orthonormal basis."
    return _run(
        function,
        lambda: Task(
            cases=[pair(7, 2, 0), pair(9, 3, 3), pair(20, 4, 1)],
            right=angles,
            mistakes=[
                Mistake("radians", lambda A, B: cosines(A, B).acos(),
                        "Đúng góc, nhưng tính bằng radian. Hãy đổi ra độ.",
                        "The angles are right, but in radians. Turn them into degrees."),
                Mistake("cosines", cosines,
                        "Đó là cosin của các góc. Còn thiếu một hàm ngược.",
                        "Those are the cosines of the angles. An inverse function is missing."),
                Mistake("no_qr", lambda A, B: torch.linalg.svdvals(A.T @ B).clamp(max=1).acos().rad2deg(), no_qr_vi, no_qr_en),
                Mistake("no_qr", lambda A, B: torch.linalg.svdvals(A.T @ B).acos().rad2deg(), no_qr_vi, no_qr_en),
                Mistake("unit_columns", lambda A, B: torch.linalg.svdvals(F.normalize(A, dim=0).T @ F.normalize(B, dim=0)).clamp(max=1).acos().rad2deg(),
                        "Bạn đưa các cột về độ dài 1, nhưng chúng chưa vuông góc với nhau.",
                        "You gave the columns length 1, but they are not at right angles to each other yet."),
                Mistake("column_by_column", lambda A, B: F.cosine_similarity(A, B, dim=0).acos().rad2deg(),
                        "Đó là góc giữa từng cặp cột. Hai cơ sở khác nhau có thể sinh ra cùng một không gian con, nên các góc không được phụ thuộc vào việc chọn cơ sở.",
                        "Those are the angles between pairs of columns. Two bases may span one subspace: the angles must not depend on the basis."),
                Mistake("no_svd", lambda A, B: (basis(A).T @ basis(B)).diagonal().clamp(-1, 1).acos().rad2deg(),
                        "Bạn lấy đường chéo của Q_Aᵀ Q_B. Cosin của các góc chính là các giá trị kỳ dị của ma trận ấy.",
                        "You take the diagonal of Q_Aᵀ Q_B. The cosines are that matrix's singular values."),
                Mistake("sines", lambda A, B: cosines(A, B).asin().rad2deg(),
                        "Các giá trị kỳ dị là cosin, không phải sin.",
                        "The singular values are cosines, not sines."),
                Mistake("largest_first", lambda A, B: angles(A, B).flip(0),
                        "Đúng các góc, nhưng hãy xếp từ nhỏ đến lớn.",
                        "The angles are right, but put the smallest first."),
                Mistake("only_one", lambda A, B: angles(A, B).max(),
                        "Đó mới là góc lớn nhất. Hàm phải trả về cả d góc.",
                        "That is the largest angle. The function returns all d of them."),
                Mistake("list", lambda A, B: angles(A, B).tolist(),
                        "Đúng các góc, nhưng hãy trả về một tensor thay vì một danh sách.",
                        "The angles are right, but return one tensor instead of a list."),
            ],
            last=same_subspace,
        ),
    )


def check_kl_to_rho(function: Callable) -> Result:
    """function(z, rho), z (N, d) in (0, 1) → Σ_j KL(rho ‖ ρ̂_j) in nats, ρ̂_j the mean of z_j over the batch, a scalar."""

    def kl(p, q):
        return p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()

    def numbers(rho, like):
        return torch.full_like(like, rho)

    return _run(
        function,
        lambda: Task(
            cases=[(torch.rand(n, d) * 0.8 + 0.1, rho) for n, d, rho in ((6, 4, 0.1), (3, 7, 0.3), (5, 5, 0.05))],
            right=losses.kl_to_rho,
            gradients=(0,),
            mistakes=[
                Mistake("per_unit", lambda z, rho: kl(numbers(rho, z[0]), z.mean(0)),
                        "Bạn có KL của từng đơn vị. Còn thiếu phép cộng theo j.",
                        "You have the KL of each unit. The sum over j is missing."),
                Mistake("mean_over_units", lambda z, rho: losses.kl_to_rho(z, rho) / z.shape[1],
                        "Bạn lấy trung bình theo các đơn vị. Công thức lấy tổng.",
                        "You average over the units. The formula takes the sum."),
                Mistake("reversed", lambda z, rho: kl(z.mean(0), numbers(rho, z[0])).sum(),
                        "Hai phân phối bị đổi chỗ: KL(ρ ‖ ρ̂) lấy kỳ vọng theo ρ, không phải theo ρ̂.",
                        "The two distributions are swapped: KL(ρ ‖ ρ̂) takes its expectation under ρ, not under ρ̂."),
                Mistake("half_forgotten", lambda z, rho: (rho * (rho / z.mean(0)).log()).sum(),
                        "Đó mới là số hạng ứng với lúc đơn vị bật. Lúc tắt, với xác suất 1 − ρ, cũng có một số hạng.",
                        "That is the part where the unit is on. Being off, with probability 1 − ρ, has a term of its own."),
                Mistake("sign", lambda z, rho: -losses.kl_to_rho(z, rho),
                        "KL không bao giờ âm: dấu bị ngược.",
                        "A KL is never negative: the sign is flipped."),
                Mistake("per_image", lambda z, rho: kl(numbers(rho, z), z).sum(1).mean(),
                        "Bạn tính KL cho từng ảnh rồi mới lấy trung bình. Trước hết hãy lấy trung bình của mỗi đơn vị trên batch: đó là ρ̂.",
                        "You compute a KL for each image and average then. First average each unit over the batch: that is ρ̂."),
                Mistake("wrong_axis", lambda z, rho: kl(numbers(rho, z[:, 0]), z.mean(1)).sum(),
                        "Bạn lấy trung bình trên các đơn vị của một ảnh. ρ̂ là trung bình của một đơn vị trên các ảnh.",
                        "You average over the units of an image. ρ̂ is the mean of a unit over the images."),
                Mistake("one_mean", lambda z, rho: kl(numbers(rho, z.mean()), z.mean()),
                        "Bạn gộp mọi đơn vị vào một trung bình: như thế, một tỉ lệ ρ đơn vị luôn bật còn những đơn vị khác luôn tắt cũng không bị phạt. Mỗi đơn vị có ρ̂ của riêng nó.",
                        "You pool all units into one mean: a share ρ of them always on and the others always off would go unpunished. Each unit has a ρ̂ of its own."),
                Mistake("bits", lambda z, rho: losses.kl_to_rho(z, rho) / math.log(2),
                        "Bạn dùng log cơ số 2 (bit). Công thức dùng log tự nhiên (nat).",
                        "You use the logarithm to base 2 (bits). The formula uses the natural one (nats)."),
                Mistake("hard_coded", lambda z, rho: losses.kl_to_rho(z, 0.05),
                        "rho là tham số của hàm: đừng gõ thẳng 0,05.",
                        "rho is an argument of the function: do not type 0.05."),
            ],
            failures=[
                Failure("plain_number", "converted to|must be Tensor",
                        "math.log chỉ nhận một con số, torch.log chỉ nhận tensor. ρ̂ là tensor, rho là một con số; tỉ số của chúng là tensor.",
                        "math.log takes a single number only, torch.log a tensor only. ρ̂ is a tensor, rho a number; their ratio is a tensor."),
            ],
        ),
    )


def check_contractive_penalty(function: Callable) -> Result:
    """function(z, weight), z = sigmoid(W x + b) (N, d), weight W (d, pixels) → mean over the batch of ‖∂z/∂x‖²_F."""

    def total(slope, weights):
        return (slope * weights).sum(1).mean()

    def slope(z):
        return z * (1 - z)

    def squares(W):
        return W.pow(2).sum(1)

    return _run(
        function,
        lambda: Task(
            cases=[(torch.rand(n, d) * 0.9 + 0.05, torch.randn(d, p)) for n, d, p in ((6, 4, 9), (3, 7, 5), (1, 2, 3))],
            right=losses.sigmoid_contractive_penalty,
            gradients=(0, 1),
            mistakes=[
                Mistake("slope_not_squared", lambda z, W: total(slope(z), squares(W)),
                        "Đạo hàm của sigmoid chưa được bình phương.",
                        "The sigmoid's derivative is not squared."),
                Mistake("weights_not_squared", lambda z, W: total(slope(z).pow(2), W.sum(1)),
                        "Các trọng số chưa được bình phương trước khi cộng.",
                        "The weights are not squared before they are summed."),
                Mistake("squared_after_the_sum", lambda z, W: total(slope(z).pow(2), W.sum(1).pow(2)),
                        "Bạn cộng các trọng số rồi mới bình phương: số dương và số âm triệt tiêu nhau.",
                        "You sum the weights first and square then: positive and negative ones cancel."),
                Mistake("no_slope", lambda z, W: squares(W).sum(),
                        "Đó mới là tổng bình phương các phần tử của W. Còn thiếu đạo hàm của sigmoid.",
                        "That is the sum of the squares of W. The sigmoid's derivative is missing."),
                Mistake("z_for_slope", lambda z, W: total(z.pow(2), squares(W)),
                        "Bạn dùng z thay cho đạo hàm. Đạo hàm của sigmoid, viết theo z, là z(1 − z).",
                        "You use z for the derivative. The sigmoid's derivative, written with z, is z(1 − z)."),
                Mistake("sigmoid_twice", lambda z, W: total(slope(torch.sigmoid(z)).pow(2), squares(W)),
                        "z đã qua sigmoid rồi: bạn áp sigmoid thêm một lần nữa.",
                        "z has passed the sigmoid already: you apply another one."),
                Mistake("root", lambda z, W: (slope(z).pow(2) * squares(W)).sum(1).sqrt().mean(),
                        "Bạn lấy căn bậc hai. Hàm phạt là bình phương của chuẩn Frobenius.",
                        "You take the square root. The penalty is the square of the Frobenius norm."),
                Mistake("batch_sum", lambda z, W: (slope(z).pow(2) * squares(W)).sum(),
                        "Bạn cộng cả batch. Cần trung bình trên các ảnh.",
                        "You sum over the batch. The mean over the images is needed."),
                Mistake("per_image", lambda z, W: (slope(z).pow(2) * squares(W)).sum(1),
                        "Bạn có giá trị của từng ảnh. Còn thiếu trung bình trên batch.",
                        "You have the value of each image. The mean over the batch is missing."),
                Mistake("mean_over_units", lambda z, W: (slope(z).pow(2) * squares(W)).mean(),
                        "Bạn lấy trung bình theo các đơn vị. Bình phương của chuẩn Frobenius là tổng bình phương của mọi phần tử của ma trận Jacobi.",
                        "You average over the units. The square of the Frobenius norm is the sum of the squares of all entries of the Jacobian."),
            ],
            failures=[
                Failure("wrong_axis", "size of tensor|shapes cannot be multiplied|size mismatch",
                        "Hai kích thước không khớp. Mỗi hàng của W thuộc về một đơn vị: cộng W² theo chiều nào để còn lại một số cho mỗi đơn vị?",
                        "The two shapes do not match. Each row of W belongs to one unit: along which dimension must W² be summed to leave one number per unit?"),
            ],
        ),
    )


# fmt: on
def check_mask_noise(function: Callable) -> Result:
    """function(x, share) → a copy of the images in which each pixel is 0 with probability share, on its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20240)
        try:
            _callable(function)
            for share in (0.25, 0.6):
                _check_mask(function, torch.rand(50, 1, 28, 28) * 0.9 + 0.1, share)
        except _Problem as problem:
            return _say(problem.result)
    return _say(_right())


def _check_mask(function: Callable, x: Tensor, share: float) -> None:
    """x holds no 0, so a 0 in the answer is the mask's doing."""
    noisy, _ = _call(function, (x, share))
    if not isinstance(noisy, Tensor):
        name = type(noisy).__name__
        raise _wrong(
            "type",
            f"Hàm của bạn trả về kiểu {name}; cần một tensor.",
            f"Your function returns the type {name}; a tensor is needed.",
        )
    if noisy.shape != x.shape:
        raise _wrong(
            "shape",
            f"Kích thước chưa đúng: hàm trả về {tuple(noisy.shape)}, cần {tuple(x.shape)}.",
            f"The shape is not right: the function returns {tuple(noisy.shape)}, expected {tuple(x.shape)}.",
        )
    noisy = noisy.detach().to(x.dtype)
    hit, kept = noisy == 0, torch.isclose(noisy, x)
    if kept.all():
        raise _wrong("nothing", "Ảnh trả về không có gì thay đổi.", "The images come back unchanged.")
    if ((noisy == 1) & ~kept).float().mean() > 0.1:
        raise _wrong(
            "white",
            "Điểm ảnh bị đổi thành 1 (trắng). Nhiễu che đặt chúng về 0.",
            "Pixels are set to 1 (white). Masking noise sets them to 0.",
        )
    if torch.allclose(noisy[~hit], x[~hit] / (1 - share)) and hit.any():
        raise _wrong(
            "scaled",
            "Những điểm ảnh còn lại bị chia cho 1 − share: đó là việc của dropout. Nhiễu che giữ chúng nguyên vẹn.",
            "The pixels that remain are divided by 1 − share: that is what dropout does. Masking noise leaves them alone.",
        )
    if not (hit | kept).all():
        raise _wrong(
            "changed",
            "Có điểm ảnh không bằng 0 mà cũng không bằng giá trị cũ. Nhiễu che chỉ giữ nguyên hoặc đặt về 0.",
            "Some pixels are neither 0 nor what they were. Masking noise keeps a pixel or sets it to 0, nothing else.",
        )
    by_image = hit.flatten(1).float().mean(dim=1)
    if ((by_image == 0) | (by_image == 1)).all():
        raise _wrong(
            "whole_images",
            "Bạn xóa hoặc giữ trọn cả ảnh. Mỗi điểm ảnh phải được quyết định riêng.",
            "You erase or keep whole images. Each pixel is decided on its own.",
        )
    if (hit == hit[:1]).all():
        raise _wrong(
            "shared_by_batch",
            "Mọi ảnh bị che ở cùng những điểm ảnh. Mỗi ảnh cần một mặt nạ của riêng nó.",
            "All images are masked at the same pixels. Each image needs a mask of its own.",
        )
    erased = hit.float().mean().item()
    for axis in (2, 3):  # two neighbours fall together with probability erased² if each is decided on its own
        both = hit.narrow(axis, 0, x.shape[axis] - 1) & hit.narrow(axis, 1, x.shape[axis] - 1)
        if abs(both.float().mean() - erased**2) > 0.03:
            raise _wrong(
                "neighbours",
                "Những điểm ảnh cạnh nhau bị xóa cùng lúc: mỗi điểm ảnh cần một số ngẫu nhiên của riêng nó.",
                "Neighbouring pixels fall together: each pixel needs a random number of its own.",
            )
    if by_image.std() < 0.3 * math.sqrt(erased * (1 - erased) / x[0].numel()):
        raise _wrong(
            "fixed_number",
            "Ảnh nào cũng mất đúng bấy nhiêu điểm ảnh; nếu mỗi điểm được quyết định riêng thì con số ấy phải thay đổi.",
            "Every image loses exactly the same number of pixels; if each pixel is decided on its own, that number varies.",
        )
    if abs(erased - (1 - share)) < 0.02:
        raise _wrong(
            "kept",
            "share là tỉ lệ điểm ảnh bị xóa, nhưng hàm của bạn lại giữ đúng tỉ lệ ấy và xóa phần còn lại.",
            "share is the part to erase, but your function keeps that part and erases the other.",
        )
    if abs(erased - share) > 0.02:
        got = f"{erased:.0%}"
        raise _wrong(
            "share",
            f"Với share = {share}, hàm của bạn xóa {got} điểm ảnh. Số ngẫu nhiên nào phân bố đều trong [0, 1)?",
            f"With share = {share} your function erases {got} of the pixels. Which random numbers are uniform in [0, 1)?",
        )
    again, _ = _call(function, (x, share))
    if torch.equal(again, noisy):
        raise _wrong(
            "repeated",
            "Gọi hai lần mà mặt nạ y hệt nhau. Đừng đặt seed bên trong hàm.",
            "Two calls give exactly the same mask. Do not set a seed inside the function.",
        )


# ------------------------------------------------------------------------------------------------ lesson 09
# fmt: off


def check_entropy_bits(function: Callable) -> Result:
    """function(symbols (N,) whole numbers) → −Σ p log₂ p in bits, p the share of each number that occurs, a scalar."""

    def shares(symbols):
        counts = symbols.unique(return_counts=True)[1]
        return counts / counts.sum()

    def entropy(symbols):
        return -(shares(symbols) * shares(symbols).log2()).sum()

    return _run(
        function,
        lambda: Task(
            cases=[(torch.tensor([0, 0, 1, 1, 2, 2, 2, 5]),), (torch.tensor([-3, 7, -3, -3, 0, -3]),), (torch.randn(300).mul(2).round().long(),)],
            right=entropy,
            mistakes=[
                Mistake("nats", lambda s: entropy(s) * math.log(2),
                        "Bạn dùng log tự nhiên (nat). Bit cần log cơ số 2.",
                        "You use the natural logarithm (nats). Bits take the logarithm to base 2."),
                Mistake("log10", lambda s: entropy(s) * math.log10(2),
                        "Bạn dùng log cơ số 10. Bit cần log cơ số 2.",
                        "You use the logarithm to base 10. Bits take the one to base 2."),
                Mistake("sign", lambda s: -entropy(s),
                        "Entropy không bao giờ âm: p ≤ 1 nên log p ≤ 0. Dấu trừ đâu rồi?",
                        "An entropy is never negative: p ≤ 1, so log p ≤ 0. Where is the minus sign?"),
                Mistake("distinct", lambda s: torch.tensor(float(len(shares(s)))).log2(),
                        "Đó là số bit nếu mọi giá trị xuất hiện nhiều như nhau. Giá trị nào thường gặp hơn thì cần ít bit hơn.",
                        "That is the number of bits if all values were equally frequent. Frequent values take fewer bits."),
                Mistake("not_shares", lambda s: -(shares(s) * len(s) * (shares(s) * len(s)).log2()).sum(),
                        "Bạn dùng số lần xuất hiện. Công thức dùng tỉ lệ p: chia số lần cho tổng số.",
                        "You use the counts. The formula uses shares p: divide each count by the total."),
                Mistake("not_weighted", lambda s: -shares(s).log2().sum(),
                        "Bạn cộng các −log₂ p với trọng số như nhau. Mỗi giá trị phải được nhân với tỉ lệ p của nó.",
                        "You sum the −log₂ p with equal weights. Each value counts with its share p."),
                Mistake("mean", lambda s: entropy(s) / len(shares(s)),
                        "Bạn lấy trung bình theo các giá trị khác nhau. Công thức lấy tổng; p đã là trọng số rồi.",
                        "You average over the distinct values. The formula takes the sum; p is the weight already."),
                Mistake("whole_message", lambda s: entropy(s) * len(s),
                        "Đó là số bit cho cả dãy. Cần số bit trung bình cho một ký hiệu.",
                        "Those are the bits of the whole sequence. The mean per symbol is needed."),
                Mistake("per_value", lambda s: -shares(s) * shares(s).log2(),
                        "Bạn có phần đóng góp của từng giá trị. Còn thiếu phép cộng.",
                        "You have the part of each value. The sum is missing."),
                Mistake("symbols_as_shares", lambda s: -(s / s.sum() * (s / s.sum()).log2()).sum(),
                        "Bạn lấy chính các ký hiệu làm xác suất. p là tỉ lệ số lần mỗi ký hiệu xuất hiện: hãy đếm.",
                        "You take the symbols themselves for probabilities. p is how often a symbol occurs: count."),
            ],
            failures=[
                Failure("bincount", "bincount",
                        "torch.bincount không nhận số âm, mà mã đã lượng tử hóa có thể âm. Hãy dùng symbols.unique(return_counts=True).",
                        "torch.bincount takes no negative numbers, and rounded codes may be negative. Use symbols.unique(return_counts=True)."),
            ],
        ),
    )


def check_psnr(function: Callable) -> Result:
    """function(recon, x), images (N, C, H, W) in [0, 1] → 10 log₁₀(1 / MSE) of each image, (N,) decibels."""

    def squared(r, x):
        return ((r - x) ** 2).flatten(1)

    def decibels(ratio):
        return 10 * ratio.log10()

    per_pixel_vi = "Bạn tính PSNR cho từng điểm ảnh. Trước hết hãy lấy trung bình của bình phương sai số trên mỗi ảnh."
    per_pixel_en = "You compute a PSNR for each pixel. First average the squared error over each image."
    return _run(
        function,
        lambda: Task(
            cases=[(torch.rand(n, c, h, w), torch.rand(n, c, h, w)) for n, c, h, w in ((4, 1, 5, 5), (3, 3, 4, 6), (7, 1, 28, 28))],
            right=lambda r, x: decibels(1 / squared(r, x).mean(1)),
            mistakes=[
                Mistake("natural_log", lambda r, x: 10 * (1 / squared(r, x).mean(1)).log(),
                        "Bạn dùng log tự nhiên. Decibel dùng log cơ số 10.",
                        "You use the natural logarithm. Decibels use the one to base 10."),
                Mistake("sign", lambda r, x: decibels(squared(r, x).mean(1)),
                        "Dấu bị ngược: ảnh càng giống thì PSNR phải càng lớn.",
                        "The sign is flipped: the closer the images, the larger the PSNR."),
                Mistake("no_ten", lambda r, x: (1 / squared(r, x).mean(1)).log10(),
                        "Đó là bel. Một bel là mười decibel.",
                        "Those are bels. One bel is ten decibels."),
                Mistake("twenty", lambda r, x: 2 * decibels(1 / squared(r, x).mean(1)),
                        "Hệ số 20 dành cho căn của MSE. Với chính MSE, hệ số là 10.",
                        "The factor 20 goes with the root of the MSE. With the MSE itself it is 10."),
                Mistake("root", lambda r, x: decibels(1 / squared(r, x).mean(1).sqrt()),
                        "Bạn lấy căn của MSE. Công thức dùng chính MSE.",
                        "You take the root of the MSE. The formula uses the MSE itself."),
                Mistake("pixel_sum", lambda r, x: decibels(1 / squared(r, x).sum(1)),
                        "Bạn lấy tổng trên các điểm ảnh. MSE là trung bình.",
                        "You sum over the pixels. The MSE is their mean."),
                Mistake("fixed_784", lambda r, x: decibels(784 / squared(r, x).sum(1)),
                        "Bạn chia cho 784, số điểm ảnh của MNIST. Hãy chia cho số giá trị của ảnh được đưa vào, chẳng hạn bằng .mean(dim=1).",
                        "You divide by 784, the pixels of MNIST. Divide by the number of values of the images given, say with .mean(dim=1)."),
                Mistake("whole_batch", lambda r, x: decibels(1 / squared(r, x).mean()),
                        "Bạn gộp cả batch vào một MSE. Mỗi ảnh có PSNR riêng: kết quả có N số.",
                        "You pool the batch into one MSE. Each image has its own PSNR: the result holds N numbers."),
                Mistake("averaged", lambda r, x: decibels(1 / squared(r, x).mean(1)).mean(),
                        "Đó là trung bình của các PSNR. Hàm trả về N số, mỗi ảnh một số.",
                        "That is the mean of the PSNRs. The function returns N numbers, one for each image."),
                Mistake("per_pixel", lambda r, x: decibels(1 / (r - x) ** 2), per_pixel_vi, per_pixel_en),
                Mistake("per_pixel", lambda r, x: decibels(1 / squared(r, x)), per_pixel_vi, per_pixel_en),
                Mistake("wrong_axis", lambda r, x: decibels(1 / squared(r, x).mean(0)),
                        "Bạn lấy trung bình trên các ảnh. Cần trung bình trên các điểm ảnh của từng ảnh.",
                        "You average over the images. The mean over the pixels of each image is needed."),
                Mistake("peak_255", lambda r, x: decibels(255**2 / squared(r, x).mean(1)),
                        "255 là đỉnh của ảnh có giá trị từ 0 đến 255. Ảnh ở đây nằm trong [0, 1].",
                        "255 is the peak of images with values from 0 to 255. These lie in [0, 1]."),
                Mistake("absolute", lambda r, x: decibels(1 / (r - x).abs().flatten(1).mean(1)),
                        "Bạn lấy trị tuyệt đối. MSE lấy bình phương.",
                        "You take the absolute value. The MSE takes the square."),
                Mistake("ratio", lambda r, x: 1 / squared(r, x).mean(1),
                        "Đó là tỉ số 1 / MSE. Còn thiếu phép đổi ra decibel.",
                        "That is the ratio 1 / MSE. Turning it into decibels is missing."),
            ],
        ),
    )


def check_auroc(function: Callable) -> Result:
    """function(normal (N,), strange (M,)) → share of the N·M pairs in which the strange score is higher, a tie half."""

    def higher(normal, strange):
        return (strange[:, None] > normal).float()

    def ties(normal, strange):
        return (strange[:, None] == normal).float()

    def auroc(normal, strange):
        return (higher(normal, strange) + 0.5 * ties(normal, strange)).mean()

    return _run(
        function,
        lambda: Task(  # whole numbers, so that there are ties
            cases=[(torch.randint(0, 9, (n,)).float(), torch.randint(2, 12, (m,)).float()) for n, m in ((6, 4), (5, 9), (40, 30))],
            right=auroc,
            mistakes=[
                Mistake("reversed", lambda n, s: 1 - auroc(n, s),
                        "Bạn đếm những cặp mà ảnh bình thường có điểm cao hơn. Chính ảnh lạ mới cần có điểm cao hơn.",
                        "You count the pairs in which the normal image scores higher. It is the strange one that should."),
                Mistake("ties_lost", lambda n, s: higher(n, s).mean(),
                        "Gần đúng, nhưng những cặp bằng điểm bị tính là 0. Mỗi cặp như thế tính một nửa.",
                        "Nearly, but pairs with equal scores count 0. Each of them counts one half."),
                Mistake("ties_won", lambda n, s: (higher(n, s) + ties(n, s)).mean(),
                        "Gần đúng, nhưng những cặp bằng điểm được tính trọn 1. Mỗi cặp như thế tính một nửa.",
                        "Nearly, but pairs with equal scores count 1. Each of them counts one half."),
                Mistake("signs", lambda n, s: 2 * auroc(n, s) - 1,
                        "Bạn lấy trung bình của các dấu, từ −1 đến 1. Xác suất nằm từ 0 đến 1: cặp thua tính 0, hòa tính một nửa, thắng tính 1.",
                        "You average signs, from −1 to 1. A probability goes from 0 to 1: a pair lost counts 0, a tie one half, a pair won 1."),
                Mistake("not_divided", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).sum(),
                        "Bạn đã đếm số cặp. Còn phải chia cho tổng số cặp N·M.",
                        "You counted the pairs. They must still be divided by their number, N·M."),
                Mistake("per_image", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).mean(1),
                        "Kết quả mới là mỗi ảnh lạ một con số. Còn thiếu trung bình trên các ảnh ấy.",
                        "You have a number for each strange image. The mean over them is missing."),
                Mistake("per_image", lambda n, s: (higher(n, s) + 0.5 * ties(n, s)).mean(0),
                        "Kết quả mới là mỗi ảnh bình thường một con số. Còn thiếu trung bình trên các ảnh ấy.",
                        "You have a number for each normal image. The mean over them is missing."),
                Mistake("means", lambda n, s: s.mean() - n.mean(),
                        "Đó là hiệu của hai trung bình. AUROC chỉ hỏi bên nào cao hơn trong từng cặp.",
                        "That is the difference of the two means. The AUROC only asks which of each pair is higher."),
                Mistake("means_compared", lambda n, s: (s.mean() > n.mean()).float(),
                        "Bạn chỉ so hai trung bình. Hãy so từng cặp.",
                        "You only compare the two means. Compare every pair."),
                Mistake("threshold", lambda n, s: (s > n.max()).float().mean(),
                        "Đó là tỉ lệ ảnh lạ vượt qua mọi ảnh bình thường, tức là chỉ xét một ngưỡng duy nhất. AUROC so từng cặp.",
                        "That is the share of strange images above all normal ones, a single threshold. The AUROC compares every pair."),
                Mistake("threshold", lambda n, s: (s > n.mean()).float().mean(),
                        "Đó là tỉ lệ ảnh lạ vượt qua điểm trung bình của ảnh bình thường, tức là chỉ xét một ngưỡng duy nhất. AUROC so từng cặp.",
                        "That is the share of strange images above the normal mean, a single threshold. The AUROC compares every pair."),
            ],
            failures=[
                Failure("elementwise", "size of tensor",
                        "Bạn so ảnh thứ i bên này với ảnh thứ i bên kia, nhưng hai bên có thể có số ảnh khác nhau. strange[:, None] > normal so mọi cặp.",
                        "You compare image i here with image i there, but the two sides may differ in number. strange[:, None] > normal compares all pairs."),
                Failure("boolean", "Got: Bool|Boolean value|not implemented for 'Bool'",
                        "Phép so sánh cho ra True/False. Hãy đổi ra số bằng .float() rồi mới lấy trung bình.",
                        "A comparison gives True/False. Turn it into numbers with .float() before averaging."),
            ],
        ),
    )


def check_frechet_distance(function: Callable) -> Result:
    """function(a (N, d), b (M, d)) → ‖m_a − m_b‖² + Tr(C_a + C_b − 2 (C_a C_b)^½), covariances over N − 1, a scalar."""

    def covariance(a, over=1):
        return torch.cov(a.double().T, correction=over)

    def roots(C):
        return torch.linalg.eigvals(C).real.clamp(min=0).sqrt().sum()

    def gap(a, b):
        return (a.double().mean(0) - b.double().mean(0)).pow(2).sum()

    def traces(a, b, weight=2.0, root=roots, over=1):
        C_a, C_b = covariance(a, over), covariance(b, over)
        return C_a.trace() + C_b.trace() - weight * root(C_a @ C_b)

    def root_by_root(a, b):
        values = [torch.linalg.eigvalsh(covariance(features)).clamp(min=0).sqrt() for features in (a, b)]
        return gap(a, b) + (values[0] - values[1]).pow(2).sum()

    def case(n, m, d):
        return torch.randn(n, d) @ torch.randn(d, d), torch.randn(m, d) @ torch.randn(d, d) + 0.5

    return _run(
        function,
        lambda: Task(
            cases=[case(20, 30, 2), case(50, 40, 4), case(15, 12, 3)],
            right=lambda a, b: gap(a, b) + traces(a, b),
            mistakes=[
                Mistake("no_means", traces,
                        "Thiếu số hạng đầu: hai trung bình cách nhau bao xa?",
                        "The first term is missing: how far apart are the two means?"),
                Mistake("only_means", gap,
                        "Đó mới là số hạng đầu. Hai hiệp phương sai chưa được so.",
                        "That is the first term only. The covariances are not compared yet."),
                Mistake("means_not_squared", lambda a, b: gap(a, b).sqrt() + traces(a, b),
                        "Khoảng cách giữa hai trung bình chưa được bình phương.",
                        "The distance between the means is not squared."),
                Mistake("means_averaged", lambda a, b: gap(a, b) / a.shape[1] + traces(a, b),
                        "Bình phương của độ dài là tổng trên các chiều, không phải trung bình.",
                        "The square of a length is a sum over the dimensions, not a mean."),
                Mistake("two_forgotten", lambda a, b: gap(a, b) + traces(a, b, weight=1.0),
                        "Công thức trừ căn của tích hai lần, hàm của bạn chỉ trừ một lần: thiếu hệ số 2.",
                        "The root of the product is subtracted twice: the factor 2 is missing."),
                Mistake("no_root", lambda a, b: gap(a, b) + traces(a, b, root=torch.trace),
                        "Bạn trừ vết của chính tích C_a C_b. Cần căn bậc hai của tích ấy: tổng các căn của trị riêng.",
                        "You subtract the trace of C_a C_b itself. Its square root is needed: the sum of the roots of the eigenvalues."),
                Mistake("root_of_the_trace", lambda a, b: gap(a, b) + traces(a, b, root=lambda C: C.trace().sqrt()),
                        "Bạn lấy căn của tổng các trị riêng. Hãy lấy căn từng trị riêng rồi mới cộng.",
                        "You take the root of the sum of the eigenvalues. Take the root of each and sum then."),
                Mistake("elementwise_root", lambda a, b: gap(a, b) + traces(a, b, root=lambda C: C.sqrt().trace()),
                        "Bạn lấy căn của từng phần tử. Căn của ma trận là chuyện khác: vết của nó là tổng các căn của trị riêng.",
                        "You take the root of each entry. The root of a matrix is something else: its trace is the sum of the roots of the eigenvalues."),
                Mistake("root_by_root", root_by_root,
                        "Bạn lấy trị riêng của C_a và C_b riêng rẽ. Công thức cần trị riêng của tích C_a C_b.",
                        "You take the eigenvalues of C_a and C_b apart. The formula needs those of the product C_a C_b."),
                Mistake("not_squared", lambda a, b: (gap(a, b) + traces(a, b)).clamp(min=0).sqrt(),
                        "Bạn lấy thêm căn ở cuối. Theo thông lệ, con số này là bình phương khoảng cách.",
                        "You take a root at the end. By custom this number is the squared distance."),
                Mistake("over_N", lambda a, b: gap(a, b) + traces(a, b, over=0),
                        "Hiệp phương sai của bạn chia cho N. Hãy chia cho N − 1, như torch.cov.",
                        "Your covariances divide by N. Divide by N − 1, as torch.cov does."),
                Mistake("second_moments", lambda a, b: (
                            gap(a, b) + (C_a := a.double().T @ a.double() / (len(a) - 1)).trace()
                            + (C_b := b.double().T @ b.double() / (len(b) - 1)).trace() - 2 * roots(C_a @ C_b)),
                        "Bạn chưa trừ trung bình trước khi tính hiệp phương sai.",
                        "The mean is not subtracted before the covariance."),
            ],
            failures=[
                Failure("wrong_axis", "size of tensor|shapes cannot be multiplied|size mismatch",
                        "Kích thước không khớp. torch.cov coi mỗi hàng là một biến, nên hãy đưa vào a.T; trung bình lấy trên các ảnh, tức là dim=0.",
                        "The shapes do not match. torch.cov takes each row for a variable, so give it a.T; the mean is over the images, dim=0."),
            ],
        ),
    )


# fmt: on


class _RecordingDecoder(nn.Module):
    """Stands in for a trained model: decode remembers every z it is given; encode and forward remember that they ran."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim, self.latents, self.encoded, self.z_device = latent_dim, [], False, None
        self.weight = nn.Parameter(torch.randn(latent_dim, 784) / 8)

    def decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z: {tuple(z.shape)} ≠ (n, {self.latent_dim})")
        self.z_device, z = z.device, z.to(self.weight.device)
        self.latents.append(z.detach())
        return torch.sigmoid(z @ self.weight).view(-1, 1, 28, 28)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.encoded = True
        return x.new_zeros(len(x), self.latent_dim), x.new_zeros(len(x), self.latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(torch.randn(len(x), self.latent_dim)), mu, logvar


def check_sample_prior(function: Callable) -> Result:
    """function(model, n) → n images decoded from z ~ N(0, I). Tried with stand-in models that remember their z.

    They stand on the GPU if there is one, as the lesson's model does.
    """
    with torch.random.fork_rng():
        torch.manual_seed(20240)
        try:
            _callable(function)
            for n, latent_dim in ((5, 2), (3, 7), (4000, 3)):
                _check_prior_samples(function, n, latent_dim)
        except _Problem as problem:
            return _say(problem.result)
    return _say(_right())


def _check_prior_samples(function: Callable, n: int, latent_dim: int) -> None:
    model = _RecordingDecoder(latent_dim).to("cuda" if torch.cuda.is_available() else "cpu")
    images, _ = _call(function, (model, n))
    if model.encoded:
        raise _wrong(
            "encoder",
            "Hàm của bạn gọi encoder (hay cả mô hình). Sinh ảnh mới không cần ảnh đầu vào: chỉ cần z và decoder.",
            "Your function uses the encoder (or the whole model). New images need no input image: only z and the decoder.",
        )
    if not model.latents:
        raise _wrong("no_decoder", "Decoder chưa được gọi.", "The decoder has not been called.")
    if model.z_device != model.weight.device:
        raise _wrong(
            "device",
            f"z nằm trên {model.z_device}, còn mô hình trên {model.weight.device}. Hãy tạo z trên thiết bị của mô hình.",
            f"z is on {model.z_device} and the model on {model.weight.device}. Make z on the model's device.",
        )
    if not isinstance(images, Tensor) or tuple(images.shape) != (n, 1, 28, 28):
        got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise _wrong(
            "shape",
            f"Kết quả có kích thước {got}; cần {n} ảnh, tức là {(n, 1, 28, 28)}.",
            f"The result has shape {got}; {n} images are needed, that is {(n, 1, 28, 28)}.",
        )
    z = torch.cat(model.latents)
    if len(z) > 1 and (z - z[0]).abs().max() < 1e-6:
        raise _wrong(
            "same_z",
            "Mọi ảnh dùng chung một z, nên giống hệt nhau. Mỗi ảnh cần một z của riêng nó.",
            "All images share one z and are identical. Each image needs a z of its own.",
        )
    if n < 1000:  # too few for statistics
        return
    if abs(z.mean()) > 0.05:
        raise _wrong(
            "uniform",
            "z không có trung bình 0. Hãy xem lại: rand cho số phân bố đều trong [0, 1), còn tiên nghiệm là N(0, I).",
            "z does not have mean 0. Look again: rand gives uniform numbers in [0, 1), but the prior is N(0, I).",
        )
    kurtosis = (z / z.std()).pow(4).mean()
    if abs(z.std() - 1) > 0.05 or abs(kurtosis - 3) > 0.4:
        raise _wrong(
            "not_standard",
            "z không tuân theo phân phối chuẩn có độ lệch chuẩn 1. Tiên nghiệm là N(0, I), không nhân thêm gì.",
            "z does not follow a normal distribution with standard deviation 1. The prior is N(0, I), with nothing multiplied.",
        )
    if not torch.allclose(images.detach(), model.decode(z).detach(), atol=1e-4):
        raise _wrong(
            "changed",
            "Ảnh trả về không phải là ảnh mà decoder đưa ra.",
            "The images returned are not those that the decoder gave.",
        )


# ------------------------------------------------------------------------------------------------ lesson 10
# fmt: off


def check_iw_log_likelihood(function: Callable) -> Result:
    """function(log_w), log_w (k, N) → (N,): log of the mean over the k samples of w = exp(log_w), in nats."""
    return _run(
        function,
        lambda: Task(
            # w around e^-5 fits a float, w around e^-300 does not
            cases=[(3 * torch.randn(6, 4) - 5,), (4 * torch.randn(50, 3) - 300,), (torch.randn(5, 5) - 2,)],
            right=losses.iw_log_likelihood,
            mistakes=[
                Mistake("elbo", lambda w: w.mean(0),
                        "Đó là trung bình của các log, tức là ước lượng của ELBO. Ở đây trung bình nằm bên trong log.",
                        "That is the mean of the logs, an estimate of the ELBO. Here the mean is inside the log."),
                Mistake("k_forgotten", lambda w: torch.logsumexp(w, 0),
                        "Bạn có log của tổng. Chia cho k bên trong log thì bên ngoài thành phép tính gì?",
                        "You have the log of the sum. Dividing by k inside the log is which operation outside?"),
                Mistake("underflow", lambda w: w.exp().mean(0).log(),
                        "Đúng trên giấy, nhưng exp của −300 bằng 0 trong số thực 32 bit, và log của 0 là −∞. Hãy dùng torch.logsumexp.",
                        "Right on paper, but exp of −300 is 0 in 32-bit floats, and the log of 0 is −∞. Use torch.logsumexp."),
                Mistake("log_forgotten", lambda w: w.exp().mean(0),
                        "Đó là trung bình của w. Còn thiếu phép log.",
                        "That is the mean of w. The log is missing."),
                Mistake("log_of_k_forgotten", lambda w: torch.logsumexp(w, 0) - len(w),
                        "Bạn trừ đi k. Chia cho k thì log giảm đi log k.",
                        "You subtract k. Dividing by k lowers the log by log k."),
                Mistake("divided_outside", lambda w: torch.logsumexp(w, 0) / len(w),
                        "Bạn chia log cho k. Phép chia cho k nằm bên trong log.",
                        "You divide the log by k. The division by k is inside the log."),
                Mistake("wrong_axis", lambda w: torch.logsumexp(w, 1) - math.log(w.shape[1]),
                        "Bạn cộng dọc theo các ảnh. k mẫu nằm ở chiều đầu (dim=0).",
                        "You sum along the images. The k samples are the first dimension (dim=0)."),
                Mistake("wrong_count", lambda w: torch.logsumexp(w, 0) - math.log(w.shape[1]),
                        "Bạn chia cho số ảnh N. Mỗi ảnh có bao nhiêu mẫu?",
                        "You divide by the number of images N. How many samples has each image?"),
                Mistake("best_only", lambda w: w.max(0).values,
                        "Đó chỉ là mẫu tốt nhất của mỗi ảnh.",
                        "That is only the best sample of each image."),
                Mistake("averaged", lambda w: (torch.logsumexp(w, 0) - math.log(len(w))).mean(),
                        "Bạn lấy trung bình trên các ảnh. Hàm này trả về một số cho mỗi ảnh.",
                        "You average the images. This function returns one number per image."),
                Mistake("sign", lambda w: math.log(len(w)) - torch.logsumexp(w, 0),
                        "Dấu bị ngược: đây là log-hợp lý, chưa phải hàm mất mát.",
                        "The sign is flipped: this is a log-likelihood, not yet a loss."),
            ],
            failures=[
                Failure("plain_number", "must be Tensor",
                        "k là một con số Python, không phải tensor: torch.log không nhận nó. Hãy dùng math.log.",
                        "k is a plain number and not a tensor: torch.log does not take it. Use math.log."),
            ],
        ),
    )


def check_optimal_sigma(function: Callable) -> Result:
    """function(recon, x) → the σ under which x is most likely, N(x; recon, σ²): the root of the mean squared error."""

    def error(r, x):
        return (x - r).pow(2)

    def cases():
        for shape in ((4, 1, 6, 5), (1, 1, 3, 3), (7, 1, 2, 8)):
            yield torch.rand(shape) * 0.8, torch.rand(shape)

    return _run(
        function,
        lambda: Task(
            cases=list(cases()),
            right=losses.optimal_sigma,
            mistakes=[
                Mistake("variance", lambda r, x: error(r, x).mean(),
                        "Đó là phương sai σ². Câu hỏi là độ lệch chuẩn.",
                        "That is the variance σ². The question is the standard deviation."),
                Mistake("per_image", lambda r, x: error(r, x).flatten(1).mean(1).sqrt(),
                        "Bạn có một σ cho mỗi ảnh. Ở đây một σ dùng chung cho mọi ảnh và mọi điểm ảnh.",
                        "You have one σ for each image. Here one σ serves all images and all pixels."),
                Mistake("mean_of_roots", lambda r, x: error(r, x).flatten(1).mean(1).sqrt().mean(),
                        "Bạn lấy căn từng ảnh rồi mới lấy trung bình. Hãy lấy trung bình trước, lấy căn sau.",
                        "You take the root of each image and average then. Average first, then take the root."),
                Mistake("pixels_summed", lambda r, x: error(r, x).flatten(1).sum(1).mean().sqrt(),
                        "Bạn cộng trên các điểm ảnh. σ là của một điểm ảnh: cần trung bình.",
                        "You sum over the pixels. σ belongs to one pixel: the mean is needed."),
                Mistake("all_summed", lambda r, x: error(r, x).sum().sqrt(),
                        "Bạn cộng mọi thứ. Cần trung bình của bình phương sai số.",
                        "You sum everything. The mean of the squared error is needed."),
                Mistake("absolute", lambda r, x: (x - r).abs().mean(),
                        "Đó là trung bình của giá trị tuyệt đối. Cho đạo hàm bằng 0 thì được trung bình của bình phương sai số.",
                        "That is the mean absolute error. Setting the derivative to 0 gives the mean of squares."),
                Mistake("std", lambda r, x: (x - r).std(),
                        "std trừ đi trung bình của sai số trước khi bình phương. Sai số lệch về một phía cũng là sai số.",
                        "std subtracts the mean of the errors before it squares. An error to one side is an error too."),
                Mistake("std", lambda r, x: (x - r).std(unbiased=False),
                        "std trừ đi trung bình của sai số trước khi bình phương. Sai số lệch về một phía cũng là sai số.",
                        "std subtracts the mean of the errors before it squares. An error to one side is an error too."),
                Mistake("two", lambda r, x: (error(r, x).mean() / 2).sqrt(),
                        "Thừa một số 2: đó là nghiệm nếu số hạng log là log σ², nhưng ½·log σ² bằng log σ.",
                        "A 2 too many: that solves it for a term log σ², but ½ · log σ² is log σ."),
                Mistake("B", lambda r, x: 1 / (2 * error(r, x).mean()),
                        "Đó là B = 1/(2σ²). Câu hỏi là σ.",
                        "That is B = 1/(2σ²). The question is σ."),
                Mistake("not_squared", lambda r, x: (x - r).mean(),
                        "Sai số chưa được bình phương, nên số dương và số âm triệt tiêu nhau.",
                        "The errors are not squared, so positive and negative ones cancel."),
            ],
        ),
    )


def check_free_bits(function: Callable) -> Result:
    """function(mu, logvar, minimum), mu and logvar (N, d) → Σ_j max(minimum, KL_j), KL_j averaged over the batch."""

    def kl(m, v):
        return -0.5 * (1 + v - m**2 - v.exp())

    def cases():
        for n, d, minimum in ((6, 5, 0.5), (9, 4, 0.2), (4, 7, 1.0)):
            scale = torch.linspace(0.05, 2, d)  # some dimensions below the minimum, some above
            yield scale * torch.randn(n, d), 0.5 * scale * torch.randn(n, d), minimum
        # even the sum lies below the minimum, so that the answer depends on neither and a plain number will do
        yield 0.1 * torch.randn(5, 3), 0.1 * torch.randn(5, 3), 1.0

    return _run(
        function,
        lambda: Task(
            cases=list(cases()),
            right=losses.free_bits,
            gradients=(0, 1),
            gradient_cases=3,
            mistakes=[
                Mistake("plain", lambda m, v, f: kl(m, v).mean(0).sum(),
                        "Đây mới là KL ban đầu: ngưỡng chưa được dùng.",
                        "This is the plain KL: the minimum is not used."),
                Mistake("per_image", lambda m, v, f: kl(m, v).clamp(min=f).mean(0).sum(),
                        "Bạn áp ngưỡng cho từng ảnh. Hãy lấy trung bình trên batch trước: một chiều có thể bằng 0 ở ảnh này và lớn ở ảnh kia.",
                        "You apply the minimum to each image. Average over the batch first: a dimension may be 0 for one image and large for another."),
                Mistake("on_the_total", lambda m, v, f: kl(m, v).mean(0).sum().clamp(min=f),
                        "Bạn áp ngưỡng cho tổng. Mỗi chiều có ngưỡng của riêng nó.",
                        "You apply the minimum to the sum. Each dimension has its own."),
                Mistake("on_the_total", lambda m, v, f: kl(m, v).mean(0).sum().clamp(min=f * m.shape[1]),
                        "Bạn áp ngưỡng cho tổng. Mỗi chiều có ngưỡng của riêng nó.",
                        "You apply the minimum to the sum. Each dimension has its own."),
                Mistake("total_per_image", lambda m, v, f: kl(m, v).sum(1).clamp(min=f).mean(),
                        "Bạn cộng các chiều rồi mới áp ngưỡng. Mỗi chiều có ngưỡng của riêng nó.",
                        "You sum the dimensions before applying the minimum. Each dimension has its own."),
                Mistake("dropped", lambda m, v, f: torch.where(kl(m, v).mean(0) > f, kl(m, v).mean(0), 0.0).sum(),
                        "Bạn bỏ hẳn những chiều dưới ngưỡng. max(λ, KL) thay chúng bằng λ.",
                        "You drop the dimensions below the minimum. max(λ, KL) puts λ in their place."),
                Mistake("excess", lambda m, v, f: (kl(m, v).mean(0) - f).clamp(min=0).sum(),
                        "Bạn chỉ tính phần vượt ngưỡng. Gradient thì đúng, nhưng giá trị khác max(λ, KL).",
                        "You count only what exceeds the minimum. The gradient is right, but the value is not max(λ, KL)."),
                Mistake("maximum", lambda m, v, f: kl(m, v).mean(0).clamp(max=f).sum(),
                        "Bạn chặn phía trên. Ngưỡng này là cái sàn: nó chặn phía dưới.",
                        "You cut off above. This minimum is a floor."),
                Mistake("not_summed", lambda m, v, f: kl(m, v).mean(0).clamp(min=f),
                        "Bạn có giá trị của từng chiều. Còn thiếu phép cộng theo j.",
                        "You have the value of each dimension. The sum over j is missing."),
                Mistake("mean_over_dimensions", lambda m, v, f: kl(m, v).mean(0).clamp(min=f).mean(),
                        "Bạn lấy trung bình theo các chiều. Công thức lấy tổng.",
                        "You average over the dimensions. The formula takes the sum."),
                Mistake("half_forgotten", lambda m, v, f: (2 * kl(m, v)).mean(0).clamp(min=f).sum(),
                        "KL lớn gấp đôi: hệ số ½ bị quên.",
                        "The KL is twice too large: the ½ is forgotten."),
                Mistake("sum_over_batch", lambda m, v, f: kl(m, v).sum(0).clamp(min=f).sum(),
                        "Bạn cộng trên batch. Cần trung bình trên các ảnh, rồi mới áp ngưỡng.",
                        "You sum over the batch. Average over the images, then apply the minimum."),
                Mistake("wrong_axis", lambda m, v, f: kl(m, v).mean(1).clamp(min=f).sum(),
                        "Bạn lấy trung bình trên các chiều của một ảnh. Cần trung bình của một chiều trên các ảnh (dim=0).",
                        "You average over the dimensions of an image. Average one dimension over the images (dim=0)."),
            ],
            failures=[
                Failure("python_max", r"ambiguous|invalid combination of arguments|maximum\(\): argument",
                        "max của Python, torch.max và torch.maximum không so từng phần tử với một con số. Hãy dùng .clamp(min=…).",
                        "Python's max, torch.max and torch.maximum do not compare each entry with a number. Use .clamp(min=…)."),
            ],
        ),
    )


# fmt: on
def check_straight_through(function: Callable) -> Result:
    """function(z_e, codebook), z_e (N, dim), codebook (K, dim) → (N, dim): the nearest vectors, with z_e's gradient."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20240)
        try:
            _callable(function)
            for n, codes, dim in ((12, 5, 3), (6, 6, 2), (4, 9, 8)):
                _check_quantised(function, torch.randn(n, dim), torch.randn(codes, dim))
        except _Problem as problem:
            return _say(problem.result)
    return _say(_right())


def _check_quantised(function: Callable, z_e: Tensor, codebook: Tensor) -> None:
    z, (z_e, codebook) = _call(function, (z_e.requires_grad_(), codebook.requires_grad_()))
    if not isinstance(z, Tensor):
        name = type(z).__name__
        raise _wrong(
            "type",
            f"Hàm của bạn trả về kiểu {name}; cần một tensor.",
            f"Your function returns the type {name}; a tensor is needed.",
        )
    distance = torch.cdist(z_e, codebook).detach()
    if not z.is_floating_point():
        raise _wrong(
            "indices",
            "Bạn trả về chỉ số trong bảng mã. Decoder cần chính các vector ấy: codebook[…].",
            "You return positions in the codebook. The decoder needs the vectors themselves: codebook[…].",
        )
    if z.shape != z_e.shape:
        raise _wrong(
            "shape",
            f"Kích thước chưa đúng: hàm trả về {tuple(z.shape)}, cần {tuple(z_e.shape)}, một vector cho mỗi hàng của z_e.",
            f"The shape is not right: the function returns {tuple(z.shape)}, expected {tuple(z_e.shape)}, a vector for each row of z_e.",
        )
    if torch.allclose(z, z_e, atol=1e-5):
        raise _wrong(
            "unquantised",
            "Giá trị trả về vẫn là z_e. Giá trị phải là z_q, còn gradient phải về z_e: hiệu nào cần nằm trong detach()?",
            "The value returned is still z_e. The value must be z_q, and the gradient z_e's: which difference belongs into detach()?",
        )
    if torch.allclose(z, codebook[distance.argmax(dim=1)], atol=1e-5):
        raise _wrong(
            "farthest",
            "Đó là những vector xa nhất. cdist cho khoảng cách: gần nhất là nhỏ nhất.",
            "Those are the vectors farthest away. cdist gives distances: the nearest has the smallest.",
        )
    if not torch.allclose(z, codebook[distance.argmin(dim=1)], atol=1e-5):
        raise _wrong(
            None,
            "Giá trị trả về không phải là vector gần z_e nhất trong bảng mã (khoảng cách Euclid).",
            "The value returned is not the vector of the codebook that is nearest to z_e (Euclidean distance).",
        )
    weight = torch.randn_like(z)
    to_z_e = to_codebook = None
    if z.requires_grad:
        to_z_e, to_codebook = torch.autograd.grad((z * weight).sum(), (z_e, codebook), allow_unused=True)
    if to_z_e is None or to_z_e.abs().max() < 1e-6:
        raise _wrong(
            "no_gradient",
            "Giá trị đúng, nhưng không có gradient nào về tới z_e, nên encoder sẽ không học được gì từ ảnh tái tạo.",
            "The value is right, but no gradient reaches z_e, so the encoder would learn nothing from the reconstruction.",
        )
    if not torch.allclose(to_z_e, weight, atol=1e-5):
        raise _wrong(
            "gradient",
            "Giá trị đúng, và z_e có gradient, nhưng đó không phải là gradient của z được chép nguyên sang: đạo hàm của z theo z_e phải là 1.",
            "The value is right and z_e gets a gradient, but not z's own copied over: the derivative of z by z_e must be 1.",
        )
    if to_codebook is not None and to_codebook.abs().max() > 1e-6:
        raise _wrong(
            "codebook_gradient",
            "Giá trị và gradient của z_e đều đúng, nhưng gradient cũng chảy vào bảng mã. Bảng mã học bằng số hạng riêng trong hàm mất mát: z_q phải nằm trong detach().",
            "The value and z_e's gradient are right, but gradient flows into the codebook as well. It learns by a term of its own in the loss: z_q must be inside the detach().",
        )
