"""Lesson 10, compress, clean, map: the entropy of a rounded code, PSNR."""

import math
from collections.abc import Callable

import torch

from .engine import Failure, Mistake, Result, Task, run
from .examples import drawn


def shares(symbols):
    counts = symbols.unique(return_counts=True)[1]
    return counts / counts.sum()


def entropy(symbols):
    return -(shares(symbols) * shares(symbols).log2()).sum()


# fmt: off
ENTROPY_BITS = Task(
    cases=lambda: [(torch.tensor([0, 0, 1, 1, 2, 2, 2, 5]),), (torch.tensor([-3, 7, -3, -3, 0, -3]),), (torch.randn(300).mul(2).round().long(),)],
    right=entropy,
    arguments="symbols",
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
)


def check_entropy_bits(function: Callable) -> Result:
    """function(symbols (N,) whole numbers) → −Σ p log₂ p in bits, p the share of each number that occurs, a scalar.

    Lesson 10: Compression
    """
    return run(function, ENTROPY_BITS)


def squared(r, x):
    return ((r - x) ** 2).flatten(1)


def decibels(ratio):
    return 10 * ratio.log10()


PER_PIXEL = (
    "Bạn tính PSNR cho từng điểm ảnh. Trước hết hãy lấy trung bình của bình phương sai số trên mỗi ảnh.",
    "You compute a PSNR for each pixel. First average the squared error over each image.",
)


# fmt: off
PSNR = Task(
    cases=lambda: [(torch.rand(n, c, h, w), torch.rand(n, c, h, w)) for n, c, h, w in ((4, 1, 5, 5), (3, 3, 4, 6), (7, 1, 28, 28))],
    right=lambda r, x: decibels(1 / squared(r, x).mean(1)),
    arguments="recon, x",
    small=lambda: [drawn(shape, shape, low=0.1, high=0.9) for shape in ((1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 1, 2))],
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
        Mistake("per_pixel", lambda r, x: decibels(1 / (r - x) ** 2), *PER_PIXEL),
        Mistake("per_pixel", lambda r, x: decibels(1 / squared(r, x)), *PER_PIXEL),
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
)


def check_psnr(function: Callable) -> Result:
    """function(recon, x), images (N, C, H, W) in [0, 1] → 10 log₁₀(1 / MSE) of each image, (N,) decibels.

    Lesson 10: Denoising
    """
    return run(function, PSNR)
