"""Lesson 15, your own pictures: weights by size, the calibrated B, R² of a factor on each latent, an attribute's direction."""

from collections.abc import Callable

import torch
from torch import Tensor

from .engine import Failure, Mistake, Result, Task, run
from .examples import drawn


def between(img_size: int, latent_dim: int, maps: int = 64, divisor: int = 4, heads: int = 2, bias: bool = True) -> int:
    """Parameters of so many heads and of the decoder's first layer."""
    flat = maps * (img_size // divisor) ** 2
    return heads * latent_dim * (flat + bias) + flat * (latent_dim + bias)


# fmt: off
FC_PARAMETERS = Task(
    cases=lambda: [(28, 2), (32, 8), (64, 8), (64, 16), (128, 3), (8, 12)],  # the last: small, so that each bias tells
    right=between,
    arguments="img_size, latent_dim",
    small=lambda: [(28, 2)],
    mistakes=[
        Mistake("one_head", lambda s, d: between(s, d, heads=1),
                "Bạn chỉ đếm một đầu ra. VAE có hai: fc_mu và fc_logvar.",
                "You count one head. A VAE has two: fc_mu and fc_logvar."),
        Mistake("no_bias", lambda s, d: between(s, d, bias=False),
                "Thiếu bias: nn.Linear(a, b) có a·b trọng số và b bias.",
                "The biases are missing: nn.Linear(a, b) has a·b weights and b biases."),
        Mistake("no_decoder", lambda s, d: 2 * d * (64 * (s // 4) ** 2 + 1),
                "Còn thiếu fc_decode, lớp đầu của decoder: từ d số đến F số.",
                "fc_decode is missing, the decoder's first layer: from d numbers to F."),
        Mistake("side", lambda s, d: 2 * d * (64 * s // 4 + 1) + 64 * s // 4 * (d + 1),
                "Bản đồ đặc trưng là hình vuông: F = 64 · (s/4)², không phải 64 · s/4.",
                "A feature map is square: F = 64 · (s/4)², not 64 · s/4."),
        Mistake("half", lambda s, d: between(s, d, divisor=2),
                "Có hai lớp tích chập với stride 2, nên cạnh còn s/4 chứ không phải s/2.",
                "Two layers have stride 2, so the side becomes s/4, not s/2."),
        Mistake("not_reduced", lambda s, d: between(s, d, divisor=1),
                "Hai lớp tích chập với stride 2 thu cạnh ảnh còn một phần tư.",
                "Two layers of stride 2 leave a quarter of the side."),
        Mistake("one_map", lambda s, d: between(s, d, maps=1),
                "Lớp tích chập cuối của encoder cho ra 64 bản đồ đặc trưng, không phải một.",
                "The encoder's last convolution gives 64 maps, not one."),
        Mistake("decoder_bias", lambda s, d: between(s, d) - 64 * (s // 4) ** 2,
                "Thiếu bias của fc_decode: lớp ấy cho ra F số nên có F bias.",
                "The biases of fc_decode are missing: the layer gives F numbers, so it has F of them."),
    ],
)
# fmt: on


def check_fc_parameters(function: Callable) -> Result:
    """function(img_size, latent_dim) → parameters of fc_mu, fc_logvar and fc_decode of models.VAE, a whole number.

    Lesson 15: 2 · What to change, in order
    """
    return run(function, FC_PARAMETERS)


def total_error(recon: Tensor, x: Tensor) -> Tensor:
    return (recon - x).pow(2).sum()


def calibrated_B(recon: Tensor, x: Tensor) -> Tensor:
    return x.numel() / (2 * total_error(recon, x))


# fmt: off
CALIBRATED_B = Task(
    cases=lambda: [(torch.rand(n, c, s, s), torch.rand(n, c, s, s)) for n, c, s in ((5, 3, 4), (2, 1, 6), (7, 3, 2), (3, 2, 8))],
    right=calibrated_B,
    arguments="recon, x",
    mistakes=[
        Mistake("channels", lambda r, x: x[:, 0].numel() / (2 * total_error(r, x)),
                "D đếm mọi con số của một ảnh: ảnh màu có C·H·W số, không chỉ H·W.",
                "D counts all numbers of an image: a colour image has C·H·W, not just H·W."),
        Mistake("two", lambda r, x: x.numel() / total_error(r, x),
                "Kết quả lớn gấp đôi: B = D/(2S), vì B = 1/(2σ²).",
                "The result is twice too large: B = D/(2S), for B = 1/(2σ²)."),
        Mistake("sum_over_batch", lambda r, x: x[0].numel() / (2 * total_error(r, x)),
                "S là sai số của một ảnh. Bạn đã cộng cả batch mà chưa chia cho số ảnh.",
                "S is the error of one image. You sum the whole batch without dividing by the number of images."),
        Mistake("mean_error", lambda r, x: x[0].numel() / (2 * (r - x).pow(2).mean()),
                "S là tổng bình phương sai số trên các điểm ảnh của một ảnh; bạn lại lấy trung bình trên cả các điểm ảnh.",
                "S sums the squared error over an image's pixels; you average over the pixels too."),
        Mistake("sigma_squared", lambda r, x: total_error(r, x) / x.numel(),
                "Đó là σ² = S/D. Ở đây cần B = 1/(2σ²).",
                "That is σ² = S/D. What is needed is B = 1/(2σ²)."),
        Mistake("upside_down", lambda r, x: 2 * total_error(r, x) / x.numel(),
                "Bạn đảo ngược phân số: B = D/(2S).",
                "The fraction is upside down: B = D/(2S)."),
        Mistake("per_image", lambda r, x: x[0].numel() / (2 * (r - x).pow(2).flatten(1).sum(1)),
                "Bạn có một B cho mỗi ảnh. Cần một B chung: S là trung bình trên các ảnh.",
                "You have a B for each image. One B for all is needed: S is the mean over the images."),
        Mistake("mean_of_each", lambda r, x: (x[0].numel() / (2 * (r - x).pow(2).flatten(1).sum(1))).mean(),
                "Bạn lấy trung bình các B. Hãy lấy trung bình sai số S trước, rồi mới chia.",
                "You average the images' values of B. Average the error S first, then divide."),
        Mistake("absolute", lambda r, x: x[0].numel() / (2 * (r - x).abs().flatten(1).sum(1).mean()),
                "S là tổng bình phương sai số, không phải tổng giá trị tuyệt đối.",
                "S is the sum of squared errors, not of absolute ones."),
        Mistake("sigma", lambda r, x: (total_error(r, x) / x.numel()).sqrt(),
                "Đó là σ. Ở đây cần B = 1/(2σ²).",
                "That is σ. What is needed is B = 1/(2σ²)."),
        Mistake("fixed_784", lambda r, x: 784 * len(x) / (2 * total_error(r, x)),
                "784 là số điểm ảnh của MNIST. D đếm các con số của ảnh được đưa vào: x[0].numel().",
                "784 is the number of MNIST's pixels. D counts the numbers of the images given: x[0].numel()."),
    ],
)
# fmt: on


def check_calibrated_B(function: Callable) -> Result:
    """function(recon, x), each (N, C, H, W) → D/(2S), D = C·H·W, S the squared error summed over an image, its mean over N.

    Lesson 15: 2 · What to change, in order
    """
    return run(function, CALIBRATED_B)


def standardised(v: Tensor) -> Tensor:
    return (v - v.mean(0)) / v.std(0, unbiased=False)


def correlations(codes: Tensor, factor: Tensor) -> Tensor:
    """r of the factor and each column."""
    return (standardised(codes) * standardised(factor)[:, None]).mean(0)


def some_codes():
    """Codes with means and spreads of their own, and a factor that depends on two of them."""
    for n, d in ((40, 3), (25, 8), (60, 1), (30, 30)):
        codes = torch.randn(n, d) * (0.5 + torch.rand(d)) + torch.randn(d)
        yield codes, 3 * codes[:, 0] - codes[:, -1] + torch.randn(n) + 5


def r_squared(codes: Tensor, factor: Tensor) -> Tensor:
    return correlations(codes, factor) ** 2


# fmt: off
R_SQUARED = Task(
    cases=some_codes,
    right=r_squared,
    arguments="codes, factor",
    small=lambda: [drawn((4, 1), (4,)), drawn((4, 2), (4,))],
    mistakes=[
        Mistake("r", correlations,
                "Đó là hệ số tương quan r, có thể âm. Cần r².",
                "That is the correlation r, which may be negative. R² is its square."),
        Mistake("absolute", lambda z, f: correlations(z, f).abs(),
                "Đó là |r|. Cần r².",
                "That is |r|. R² is r squared."),
        Mistake("not_centred", lambda z, f: (z * f[:, None]).mean(0) ** 2 / (z.pow(2).mean(0) * f.pow(2).mean()),
                "Hãy trừ trung bình của từng cột mã và của factor trước khi nhân.",
                "Subtract the mean of each column and of the factor before you multiply."),
        Mistake("factor_not_centred", lambda z, f: ((z - z.mean(0)) * f[:, None]).mean(0) ** 2 / (z.var(0, unbiased=False) * f.pow(2).mean()),
                "Ở mẫu số, factor cũng phải được trừ trung bình.",
                "In the denominator the factor needs its mean subtracted as well."),
        Mistake("covariance", lambda z, f: ((z - z.mean(0)) * (f - f.mean())[:, None]).mean(0) ** 2,
                "Đó là bình phương hiệp phương sai. Còn phải chia cho hai phương sai.",
                "That is the squared covariance. Divide it by both variances."),
        Mistake("covariance_not_squared", lambda z, f: ((z - z.mean(0)) * (f - f.mean())[:, None]).mean(0) / (z.var(0, unbiased=False) * f.var(unbiased=False)),
                "Tử số là bình phương của hiệp phương sai; bạn chưa bình phương.",
                "The numerator is the covariance squared; the square is missing."),
        Mistake("mixed", lambda z, f: correlations(z, f) ** 2 * ((len(z) / (len(z) - 1)) ** 2),
                "Bạn chia cho N − 1 ở chỗ này và cho N ở chỗ kia. Cả ba trung bình phải chia cho cùng một số (var và std của torch mặc định chia cho N − 1).",
                "You divide by N − 1 here and by N there. All three means need the same divisor (torch's var and std take N − 1 unless told otherwise)."),
        Mistake("mixed", lambda z, f: correlations(z, f) ** 2 * (((len(z) - 1) / len(z)) ** 2),
                "Bạn chia cho N − 1 ở chỗ này và cho N ở chỗ kia. Cả ba trung bình phải chia cho cùng một số (var và std của torch mặc định chia cho N − 1).",
                "You divide by N − 1 here and by N there. All three means need the same divisor (torch's var and std take N − 1 unless told otherwise)."),
        Mistake("summed", lambda z, f: (correlations(z, f) ** 2).sum(),
                "Bạn cộng các chiều lại. Cần một số cho mỗi chiều.",
                "You sum over the dimensions. One number for each is needed."),
        Mistake("largest", lambda z, f: (correlations(z, f) ** 2).max(),
                "Đó là chiều tốt nhất. Cần một số cho mỗi chiều.",
                "That is the best dimension. One number for each is needed."),
    ],
    failures=[
        Failure("rows", "concatenation axis|Sizes of tensors must match",
                "corrcoef coi mỗi hàng là một biến, còn ở đây mỗi chiều của mã là một cột: hãy đưa codes.T vào.",
                "corrcoef takes each row for a variable; here each dimension of the code is a column: give it codes.T."),
        Failure("alignment", "must match the size|size of tensor",
                "Kích thước (N, d) và (N,) không nhân được với nhau: factor[:, None] thành (N, 1).",
                "Shapes (N, d) and (N,) do not multiply: factor[:, None] makes it (N, 1)."),
    ],
)
# fmt: on


def check_r_squared(function: Callable) -> Result:
    """function(codes (N, d), factor (N,)) → (d,): the squared correlation of the factor with each dimension of the code.

    Lesson 15: 3 · Which slider means what
    """
    return run(function, R_SQUARED)


def with_and_without():
    for n, d in ((9, 3), (14, 8), (6, 2), (5, 5)):
        has = torch.arange(n) % 3 == 0  # not as many with as without
        yield torch.randn(n, d) + torch.randn(d), has[torch.randperm(n)]


def attribute_vector(codes: Tensor, has: Tensor) -> Tensor:
    return codes[has].mean(dim=0) - codes[~has].mean(dim=0)


# fmt: off
ATTRIBUTE_VECTOR = Task(
    cases=with_and_without,
    right=attribute_vector,
    arguments="codes, has",
    small=lambda: [(drawn((3, 1))[0], torch.tensor([True, False, False]))],
    mistakes=[
        Mistake("sign", lambda z, has: z[~has].mean(0) - z[has].mean(0),
                "Ngược chiều: vector phải đi từ những mã không có thuộc tính đến những mã có.",
                "The other way round: the vector leads from the codes without the attribute to those with it."),
        Mistake("from_all", lambda z, has: z[has].mean(0) - z.mean(0),
                "Bạn trừ trung bình của tất cả mã. Hãy trừ trung bình của những mã không có thuộc tính.",
                "You subtract the mean of all codes. Subtract that of the codes without the attribute."),
        Mistake("only_with", lambda z, has: z[has].mean(0),
                "Đó là một điểm, chưa phải một hướng. Còn phải trừ trung bình của những mã không có thuộc tính.",
                "That is a point, not yet a direction. The mean of the codes without the attribute must be subtracted."),
        Mistake("sums", lambda z, has: z[has].sum(0) - z[~has].sum(0),
                "Hai nhóm không đông bằng nhau, nên cần trung bình, không phải tổng.",
                "The groups differ in size, so means are needed, not sums."),
        Mistake("over_all", lambda z, has: (z[has].sum(0) - z[~has].sum(0)) / len(z),
                "Mỗi nhóm chia cho số mã của chính nó.",
                "Each group is divided by its own number of codes."),
        Mistake("one_number", lambda z, has: z[has].mean() - z[~has].mean(),
                "Bạn lấy trung bình cả trên các chiều. Cần một số cho mỗi chiều (dim=0).",
                "You average over the dimensions too. One number for each is needed (dim=0)."),
        Mistake("per_code", lambda z, has: z[has].mean(1).mean() - z[~has].mean(1).mean(),
                "Bạn lấy trung bình sai chiều: dim=0 là trên các mã.",
                "You average along the wrong axis: dim=0 is over the codes."),
        Mistake("unit", lambda z, has: torch.nn.functional.normalize(z[has].mean(0) - z[~has].mean(0), dim=0),
                "Hướng đúng, nhưng đừng đổi độ dài: khoảng cách giữa hai trung bình cho biết một bước là bao xa.",
                "The direction is right, but keep its length: how far apart the means lie says how long a step is."),
    ],
)
# fmt: on


def check_attribute_vector(function: Callable) -> Result:
    """function(codes (N, d), has (N,) of True and False) → (d,): the mean code with the attribute minus that without it.

    Lesson 15: 4 · Attribute vectors
    """
    return run(function, ATTRIBUTE_VECTOR)
