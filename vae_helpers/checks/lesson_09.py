"""Lesson 09, what latents are for: bits, decibels, strange images, the distance between two sets of images."""

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
# fmt: on


def check_entropy_bits(function: Callable) -> Result:
    """function(symbols (N,) whole numbers) → −Σ p log₂ p in bits, p the share of each number that occurs, a scalar.

    Lesson 09: Compression
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
# fmt: on


def check_psnr(function: Callable) -> Result:
    """function(recon, x), images (N, C, H, W) in [0, 1] → 10 log₁₀(1 / MSE) of each image, (N,) decibels.

    Lesson 09: Denoising
    """
    return run(function, PSNR)


def higher(normal, strange):
    return (strange[:, None] > normal).float()


def ties(normal, strange):
    return (strange[:, None] == normal).float()


def auroc(normal, strange):
    return (higher(normal, strange) + 0.5 * ties(normal, strange)).mean()


# fmt: off
AUROC = Task(
    cases=lambda: [(torch.randint(0, 9, (n,)).float(), torch.randint(2, 12, (m,)).float()) for n, m in ((6, 4), (5, 9), (40, 30))],
    right=auroc,
    arguments="normal, strange",
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
)
# fmt: on


def check_auroc(function: Callable) -> Result:
    """function(normal (N,), strange (M,)) → share of the N·M pairs in which the strange score is higher, a tie half.

    Lesson 09: Anomaly detection
    """
    return run(function, AUROC)


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


# fmt: off
FRECHET_DISTANCE = Task(
    cases=lambda: [case(20, 30, 2), case(50, 40, 4), case(15, 12, 3)],
    right=lambda a, b: gap(a, b) + traces(a, b),
    arguments="a, b",
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
)
# fmt: on


def check_frechet_distance(function: Callable) -> Result:
    """function(a (N, d), b (M, d)) → ‖m_a − m_b‖² + Tr(C_a + C_b − 2 (C_a C_b)^½), covariances over N − 1, a scalar.

    Lesson 09: Generation
    """
    return run(function, FRECHET_DISTANCE)
