"""Lesson 10, compress, clean, map: the entropy of a rounded code, PSNR, the neighbours that a map keeps."""

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

    Lesson 10: 1 · Compression
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

    Lesson 10: 2 · Denoising
    """
    return run(function, PSNR)


def row_of(numbers, k):
    """k of the whole numbers below that, in random order: the neighbours of one image."""
    return torch.randperm(numbers)[:k]


def neighbours(n, k, numbers):
    """Two (n, k): the neighbours of n images, measured in two ways. About k / numbers of them are the same by chance, and more."""
    a = torch.stack([row_of(numbers, k) for _ in range(n)])
    b = torch.stack([row_of(numbers, k) for _ in range(n)])
    kept = torch.rand(n, k) < 0.4  # these stand in both, one place further on
    for row in range(n):
        for place in kept[row].nonzero().flatten().tolist():
            if a[row, place] not in b[row]:
                b[row, (place + 1) % k] = a[row, place]
    return a, b


def same_row(a, b):
    return (a[:, :, None] == b[:, None, :]).any(dim=2).float()


# fmt: off
NEIGHBOURS_KEPT = Task(
    cases=lambda: [neighbours(30, 10, 200), neighbours(1, 4, 9), neighbours(50, 3, 51)],
    right=lambda a, b: same_row(a, b).mean(),
    arguments="a, b",
    small=lambda: [(torch.tensor([[3, 7]]), torch.tensor([[7, 5]])), (torch.tensor([[1, 2], [0, 2]]), torch.tensor([[2, 1], [3, 0]]))],
    mistakes=[
        Mistake("in_order", lambda a, b: (a == b).float().mean(),
                "Bạn so từng vị trí một. Láng giềng thứ nhất ở cách đo này có thể là láng giềng thứ ba ở cách đo kia: thứ tự không quan trọng.",
                "You compare place by place. The first neighbour by one measure may be the third by the other: order does not count."),
        Mistake("any_row", lambda a, b: torch.isin(a, b).float().mean(),
                "Bạn tìm trong cả bảng b. Láng giềng của ảnh i chỉ được tìm ở hàng i của b.",
                "You search the whole of b. Neighbours of image i are looked for in row i of b only."),
        Mistake("counted", lambda a, b: same_row(a, b).sum(),
                "Đó là số láng giềng được giữ. Cần tỉ lệ: chia cho N · k.",
                "That is how many neighbours are kept. The share is needed: divide by N · k."),
        Mistake("per_image_count", lambda a, b: same_row(a, b).sum() / len(a),
                "Đó là số láng giềng được giữ, trung bình mỗi ảnh. Mỗi ảnh có k láng giềng, nên còn phải chia cho k.",
                "That is how many neighbours are kept for an image, on average. Each image has k of them: divide by k as well."),
        Mistake("divided_by_10", lambda a, b: same_row(a, b).sum() / len(a) / 10,
                "Bạn chia cho 10. Số láng giềng k lấy từ a.shape[1].",
                "You divide by 10. The number k of neighbours is a.shape[1]."),
        Mistake("pairs", lambda a, b: (a[:, :, None] == b[:, None, :]).float().mean(),
                "Bạn lấy trung bình trên mọi cặp (N · k · k). Trước đó hãy xét xem mỗi láng giềng có mặt trong hàng ấy không, bằng .any(dim=2).",
                "You average over all pairs (N · k · k). First ask whether a neighbour stands anywhere in the row: .any(dim=2)"),
        Mistake("any_kept", lambda a, b: same_row(a, b).any(dim=1).float().mean(),
                "Đó là tỉ lệ ảnh giữ được ít nhất một láng giềng. Hãy tính tỉ lệ láng giềng.",
                "That is the share of images that keep at least one neighbour. The share of neighbours is needed."),
        Mistake("all_kept", lambda a, b: same_row(a, b).all(dim=1).float().mean(),
                "Đó là tỉ lệ ảnh giữ được mọi láng giềng. Hãy tính tỉ lệ láng giềng.",
                "That is the share of images that keep all neighbours. The share of neighbours is needed."),
        Mistake("union", lambda a, b: (same_row(a, b).sum(1) / (2 * a.shape[1] - same_row(a, b).sum(1))).mean(),
                "Bạn chia cho số phần tử của hợp hai tập. Ở đây mẫu số là k.",
                "You divide by the size of the union. Here the denominator is k."),
        Mistake("lost", lambda a, b: 1 - same_row(a, b).mean(),
                "Đó là tỉ lệ láng giềng bị mất.",
                "That is the share of neighbours that are lost."),
        Mistake("percent", lambda a, b: 100 * same_row(a, b).mean(),
                "Kết quả tính bằng phần trăm. Cần một số từ 0 đến 1.",
                "The result is in percent. A number from 0 to 1 is needed."),
        Mistake("per_image", lambda a, b: same_row(a, b).mean(dim=1),
                "Bạn có tỉ lệ của từng ảnh. Còn thiếu trung bình trên các ảnh.",
                "You have the share of each image. The mean over the images is missing."),
    ],
    failures=[
        Failure("not_float", "could not infer output dtype|Input dtype must be either a floating point",
                "Không lấy trung bình của True và False được. Hãy đổi ra số trước: .float()",
                "True and False have no mean. Turn them into numbers first: .float()"),
    ],
)
# fmt: on


def check_neighbours_kept(function: Callable) -> Result:
    """function(a, b), the neighbours of N images by two measures, (N, k) whole numbers each → the share of a's that stand in
    the same row of b, a scalar from 0 to 1.

    Lesson 10: 3 · Dimension reduction
    """
    return run(function, NEIGHBOURS_KEPT)
