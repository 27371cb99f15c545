"""Lesson 02, the VAE: sizes, parameters, and σ from log σ²."""

from collections.abc import Callable

import torch

from .engine import Mistake, Result, Task, run


def drawn(*ranges: tuple[int, int]) -> tuple[int, ...]:
    """A whole number from each range, both ends included: what the answer is cannot be typed in beforehand."""
    return tuple(int(torch.randint(first, last + 1, ())) for first, last in ranges)


# fmt: off
SIGMA = Task(
    cases=lambda: [(torch.linspace(-8, 5, 7),), (torch.randn(4, 3),), (torch.rand(5) + 0.5,)],
    right=lambda logvar: torch.exp(0.5 * logvar),
    gradients={0: "logvar"},
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
)
# fmt: on


def check_sigma(function: Callable) -> Result:
    """function(logvar) → the standard deviation σ = exp(logvar / 2), where logvar = log σ².

    Lesson 02: One image through the VAE
    """
    return run(function, SIGMA)


# fmt: off
CONV_SIZE = Task(
    cases=lambda: [(28, 3, 1, 1), (28, 3, 2, 1), (14, 3, 2, 1), (32, 5, 3, 0), (15, 4, 2, 2)]
    + [drawn((16, 64), (2, 7), (1, 4), (0, 3)) for _ in range(3)],
    right=lambda n, k, s, p: (n + 2 * p - k) // s + 1,
    mistakes=[
        Mistake("one_forgotten", lambda n, k, s, p: (n + 2 * p - k) // s,
                "Thiếu đúng 1: vị trí xuất phát của bộ lọc cũng là một vị trí.",
                "Exactly 1 is missing: the place where the window starts counts as well."),
        Mistake("padding_once", lambda n, k, s, p: (n + p - k) // s + 1,
                "Phần đệm (padding) được thêm ở cả hai phía.",
                "The padding is added on both sides."),
        Mistake("no_padding", lambda n, k, s, p: (n - k) // s + 1,
                "Bạn chưa tính đến phần đệm (padding).",
                "The padding is not accounted for."),
        Mistake("no_kernel", lambda n, k, s, p: (n + 2 * p) // s + 1,
                "Bạn chưa tính đến kích thước bộ lọc (kernel): nó phải nằm trọn bên trong.",
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
)
# fmt: on


def check_conv_size(function: Callable) -> Result:
    """function(size, kernel, stride, padding) → side of a convolution's output, ⌊(size + 2·padding − kernel) / stride⌋ + 1.

    Lesson 02: Layer by layer
    """
    return run(function, CONV_SIZE)


# fmt: off
PARAMETER_COUNT = Task(
    cases=lambda: [(3136, 2), (2, 3136), (10, 7), (1, 5), drawn((2, 900), (2, 900))],
    right=lambda i, o: i * o + o,
    mistakes=[
        Mistake("no_bias", lambda i, o: i * o,
                "Đó là số trọng số. Lớp tuyến tính còn có bias.",
                "Those are the weights. A linear layer has biases as well."),
        Mistake("bias_per_input", lambda i, o: i * o + i,
                "Mỗi bias được cộng vào một đầu ra, chứ không phải vào một đầu vào.",
                "A bias is added to an output, not to an input."),
        Mistake("one_bias", lambda i, o: i * o + 1,
                "Lớp này có nhiều hơn một bias: mỗi đầu ra cần gì?",
                "The layer has more than one bias: what does each output need?"),
        Mistake("both_biases", lambda i, o: i * o + i + o,
                "Bạn thêm bias cho cả hai phía.",
                "You add biases on both sides."),
        Mistake("added", lambda i, o: i + o,
                "Bạn cộng hai phía lại. Mỗi đầu vào nối với mọi đầu ra.",
                "You add the two sides. Every input is connected to every output."),
        Mistake("hard_coded", lambda i, o: 6274,
                "Con số ấy đúng cho fc_mu, nhưng hàm phải đúng cho mọi lớp.",
                "That number is right for fc_mu, but the function must be right for every layer."),
    ],
)
# fmt: on


def check_parameter_count(function: Callable) -> Result:
    """function(inputs, outputs) → parameters of a linear layer with bias, inputs·outputs + outputs.

    Lesson 02: Layer by layer
    """
    return run(function, PARAMETER_COUNT)


# fmt: off
LATENT_SHAPES = Task(
    cases=lambda: [(3, 10), (256, 2), (1, 16), drawn((2, 99), (3, 99))],
    right=lambda n, d: ((n, d), (n, d), (n, d), (n, 1, 28, 28)),
    parts=("mu", "logvar", "z", "recon"),
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
)
# fmt: on


def check_latent_shapes(function: Callable) -> Result:
    """function(batch_size, latent_dim) → shapes of mu, logvar, z and recon for the exercise's VAE on 1×28×28 images.

    Lesson 02: A batch of three images, ten latent dimensions
    """
    return run(function, LATENT_SHAPES)
