"""Lesson 01, the autoencoder: the two reconstruction losses, its two halves, and the straight walk between two codes."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ._networks import DECODER, ENCODER, judge_network
from .engine import Failure, Mistake, Result, Task, judged, run
from .examples import drawn


def image_pairs() -> list[tuple]:
    """(recon, x) pairs: recon strictly inside (0, 1), x in [0, 1] with exact zeros and ones."""
    pairs = []
    for shape in ((4, 1, 5, 5), (1, 3, 2, 4), (7, 6)):
        x = torch.rand(shape)
        x[x < 0.2], x[x > 0.8] = 0, 1
        pairs.append((torch.rand(shape) * 0.9 + 0.05, x))
    return pairs


# fmt: off
OTHER_SIZES = Failure("unpacked", "values to unpack",
                      "Đầu vào có thể có nhiều hay ít chiều hơn số tên mà bạn tách x.shape ra.",
                      "The inputs may have more or fewer dimensions than the names that you unpack x.shape into.")
MSE = Task(
    cases=image_pairs,
    right=F.mse_loss,
    arguments="recon, x",
    small=lambda: [drawn(shape, shape, low=0.1, high=0.9) for shape in ((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 2))],
    gradients={0: "recon"},
    mistakes=[
        Mistake("sum", lambda r, x: ((r - x) ** 2).sum(),
                "Bạn lấy tổng trên tất cả. Công thức 1 chia cho cả số ảnh M lẫn số điểm ảnh N.",
                "You sum over everything. Eq. 1 divides by the number of images M and the number of pixels N."),
        Mistake("sum_over_pixels", lambda r, x: ((r - x) ** 2).sum() / len(x),
                "Bạn đã chia cho số ảnh, nhưng chưa chia cho số điểm ảnh N.",
                "You divide by the number of images, but not yet by the number of pixels N."),
        Mistake("two_sizes", lambda r, x: ((r - x) ** 2).sum() / (x.shape[0] * x.shape[1]),
                "Bạn mới chia cho hai kích thước đầu. Ảnh còn có hàng và cột.",
                "You divide by the first two sizes only. Images have rows and columns too."),
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
    failures=[OTHER_SIZES],
)
# fmt: on


def check_mse(function: Callable) -> Result:
    """function(recon, x) → the handout's eq. 1: squared error, mean over batch and pixels, a scalar.

    Lesson 01: Mean squared error
    """
    return run(function, MSE)


bce = F.binary_cross_entropy


def terms(r: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """What bright and what dark pixels are punished by."""
    return -x * r.log(), -(1 - x) * (1 - r).log()


# fmt: off
MINUS = ("Dấu trừ chỉ đứng trước một trong hai số hạng: hãy xem lại dấu ngoặc.",
         "The minus holds for one of the two terms only: mind the brackets.")
BRACKET = ("1 − x bị tách ra khi nhân: nó cần dấu ngoặc.",
           "1 − x falls apart in the product: it needs brackets.")
BCE = Task(
    cases=image_pairs,
    right=bce,
    arguments="recon, x",
    small=lambda: [drawn(shape, shape, low=0.1, high=0.9) for shape in ((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 2))],
    gradients={0: "recon"},
    mistakes=[
        Mistake("sign", lambda r, x: -bce(r, x),
                "Dấu bị ngược: log của một số nhỏ hơn 1 là số âm, còn loss phải không âm.",
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
        Mistake("log_of_x", lambda r, x: sum(terms(x, r)).mean(),
                "log phải lấy của x̂; x có thể bằng 0.",
                "The log belongs to x̂; x may be 0."),
        Mistake("minus", lambda r, x: (terms(r, x)[0] - terms(r, x)[1]).mean(), *MINUS),
        Mistake("minus", lambda r, x: (terms(r, x)[1] - terms(r, x)[0]).mean(), *MINUS),
        Mistake("bracket", lambda r, x: -(x * r.log() + 1 - x * (1 - r).log()).mean(), *BRACKET),
        Mistake("bracket", lambda r, x: (-x * r.log() + 1 - x * (1 - r).log()).mean(), *BRACKET),
        Mistake("same_log", lambda r, x: -r.log().mean(),
                "Hai số hạng dùng cùng một log. Với điểm ảnh tối, mô hình đưa ra xác suất nào?",
                "Both terms take the same log. Which probability does the model give to a dark pixel?"),
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
    failures=[OTHER_SIZES],
)
# fmt: on


def check_bce(function: Callable) -> Result:
    """function(recon, x) → the handout's eq. 2: binary cross-entropy, mean over batch and pixels, in nats, a scalar.

    Lesson 01: Binary cross-entropy
    """
    return run(function, BCE)


# fmt: off
INTERPOLATE = Task(
    cases=lambda: [(torch.randn(2), torch.randn(2), a) for a in (0.0, 0.25, 0.8, 1.0)]
    + [(torch.randn(3, 5), torch.randn(3, 5), torch.rand(()).item())],
    right=torch.lerp,
    arguments="z_a, z_b, alpha",
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
)
# fmt: on


def check_interpolate(function: Callable) -> Result:
    """function(z_a, z_b, alpha) → the point that lies the share alpha of the way from z_a to z_b.

    Lesson 01: A walk from one picture to another
    """
    return run(function, INTERPOLATE)


def check_encoder(function: Callable) -> Result:
    """function(latent_dim) → a new nn.Module, images (N, 1, 28, 28) → codes (N, latent_dim), with the exercise's layers.

    Lesson 01: Building the network
    """
    return judged(function, lambda function: judge_network(function, ENCODER))


def check_decoder(function: Callable) -> Result:
    """function(latent_dim) → a new nn.Module, codes (N, latent_dim) → images (N, 1, 28, 28), with the exercise's layers.

    Lesson 01: Building the network
    """
    return judged(function, lambda function: judge_network(function, DECODER))
