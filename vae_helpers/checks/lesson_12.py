"""Lesson 12, limits: importance-weighted log p, the best σ, free bits."""

import math
from collections.abc import Callable

import torch

from .. import losses
from .engine import Failure, Mistake, Result, Task, run
from .examples import drawn

# fmt: off
IW_LOG_LIKELIHOOD = Task(
    cases=lambda: [(3 * torch.randn(6, 4) - 5,), (4 * torch.randn(50, 3) - 300,), (torch.randn(5, 5) - 2,)],
    right=losses.iw_log_likelihood,
    arguments="log_w",
    small=lambda: [drawn(shape, low=-6.0, high=-2.0) for shape in ((1, 1), (2, 1), (3, 2))],
    mistakes=[
        Mistake("elbo", lambda w: w.mean(0),
                "Đó là trung bình của các log, tức là ước lượng của ELBO. Ở đây trung bình nằm bên trong log.",
                "That is the mean of the logs, an estimate of the ELBO. Here the mean is inside the log."),
        Mistake("k_forgotten", lambda w: torch.logsumexp(w, 0),
                "Bạn có log của tổng. Chia cho k bên trong log thì bên ngoài thành phép tính gì?",
                "You have the log of the sum. Dividing by k inside the log is which operation outside?"),
        Mistake("underflow", lambda w: w.exp().mean(0).log(),
                "Đúng trên giấy, nhưng exp của −300 bằng 0 trong float32, và log của 0 là −∞. Hãy dùng torch.logsumexp.",
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
                "Dấu bị ngược: đây là log-likelihood, chưa phải hàm mất mát.",
                "The sign is flipped: this is a log-likelihood, not yet a loss."),
    ],
    failures=[
        Failure("plain_number", "must be Tensor",
                "k là một con số Python, không phải tensor: torch.log không nhận nó. Hãy dùng math.log.",
                "k is a plain number and not a tensor: torch.log does not take it. Use math.log."),
    ],
)


def check_iw_log_likelihood(function: Callable) -> Result:
    """function(log_w), log_w (k, N) → (N,): log of the mean over the k samples of w = exp(log_w), in nats.

    Lesson 12: From the ELBO to
    """
    return run(function, IW_LOG_LIKELIHOOD)


def error(r, x):
    return (x - r).pow(2)


def image_pairs():
    for shape in ((4, 1, 6, 5), (1, 1, 3, 3), (7, 1, 2, 8)):
        yield torch.rand(shape) * 0.8, torch.rand(shape)


# fmt: off
OPTIMAL_SIGMA = Task(
    cases=image_pairs,
    right=losses.optimal_sigma,
    arguments="recon, x",
    small=lambda: [drawn(shape, shape, low=0.1, high=0.9) for shape in ((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 2))],
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
)


def check_optimal_sigma(function: Callable) -> Result:
    """function(recon, x) → the σ under which x is most likely, N(x; recon, σ²): the root of the mean squared error.

    Lesson 12: 4 · Do not choose $B$ by hand
    """
    return run(function, OPTIMAL_SIGMA)


def kl(m, v):
    return -0.5 * (1 + v - m**2 - v.exp())


def posterior_cases():
    for n, d, minimum in ((6, 5, 0.5), (9, 4, 0.2), (4, 7, 1.0)):
        scale = torch.linspace(0.05, 2, d)  # some dimensions below the minimum, some above
        yield scale * torch.randn(n, d), 0.5 * scale * torch.randn(n, d), minimum
    # even the sum lies below the minimum, so that the answer depends on neither and a plain number will do
    yield 0.1 * torch.randn(5, 3), 0.1 * torch.randn(5, 3), 1.0


# fmt: off
FREE_BITS = Task(
    cases=posterior_cases,
    right=losses.free_bits,
    arguments="mu, logvar, minimum",
    small=lambda: [(*drawn(shape, shape), 0.2) for shape in ((1, 1), (2, 1), (2, 2))],
    gradients={0: "mu", 1: "logvar"},
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
                "Bạn đang chặn trên. Ngưỡng này phải chặn dưới.",
                "You cut off above. This minimum is a floor."),
        Mistake("not_summed", lambda m, v, f: kl(m, v).mean(0).clamp(min=f),
                "Bạn có giá trị của từng chiều. Còn thiếu phép cộng theo j.",
                "You have the value of each dimension. The sum over j is missing."),
        Mistake("mean_over_dimensions", lambda m, v, f: kl(m, v).mean(0).clamp(min=f).mean(),
                "Bạn lấy trung bình theo các chiều. Công thức lấy tổng.",
                "You average over the dimensions. The formula takes the sum."),
        Mistake("half_forgotten", lambda m, v, f: (2 * kl(m, v)).mean(0).clamp(min=f).sum(),
                "KL lớn gấp đôi: bạn quên hệ số ½.",
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
)


def check_free_bits(function: Callable) -> Result:
    """function(mu, logvar, minimum), mu and logvar (N, d) → Σ_j max(minimum, KL_j), KL_j averaged over the batch.

    Lesson 12: 5 · Posterior collapse
    """
    return run(function, FREE_BITS)
