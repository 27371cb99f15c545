"""Lesson 07, the latent space: the KL of each dimension, walking along the arc."""

from collections.abc import Callable

import torch

from .. import metrics
from .engine import Mistake, Result, Task, run
from .examples import drawn


def kl_of_each(m, v):
    return 0.5 * (m**2 + v.exp() - v - 1)


VARIANCE = ("logvar là log σ², nên σ² = exp(logvar).", "logvar is log σ², so σ² = exp(logvar).")


# fmt: off
KL_PER_DIMENSION = Task(
    cases=lambda: [(torch.randn(n, d), s * torch.randn(n, d)) for n, d, s in ((7, 5, 1), (6, 2, 1), (40, 16, 2), (5, 5, 1))],
    right=metrics.kl_per_dimension,
    arguments="mu, logvar",
    small=lambda: [drawn(shape, shape) for shape in ((1, 1), (1, 2), (2, 2))],
    mistakes=[
        Mistake("per_image", lambda m, v: kl_of_each(m, v).sum(1),
                "Bạn cộng theo chiều tiềm ẩn: đó là KL của từng ảnh. Ở đây giữ các chiều lại, và lấy trung bình trên các ảnh (dim=0).",
                "You sum over the latent dimensions: that is the KL of each image. Here the dimensions stay, and the mean is over the images (dim=0)."),
        Mistake("mean_per_image", lambda m, v: kl_of_each(m, v).mean(1),
                "Bạn lấy trung bình theo chiều tiềm ẩn (dim=1). Ở đây lấy trung bình trên các ảnh (dim=0).",
                "You average over the latent dimensions (dim=1). Here the mean is over the images (dim=0)."),
        Mistake("sum_over_images", lambda m, v: kl_of_each(m, v).sum(0),
                "Bạn cộng trên các ảnh, nên kết quả tăng theo số ảnh. Ở đây cần trung bình.",
                "You sum over the images, so the result grows with their number. The mean is needed."),
        Mistake("one_number", lambda m, v: kl_of_each(m, v).sum(1).mean(),
                "Đó là KL của cả z, một số duy nhất. Hàm này trả về một số cho mỗi chiều.",
                "That is the KL of the whole z, one single number. This function returns one number per dimension."),
        Mistake("mean_of_all", lambda m, v: kl_of_each(m, v).mean(),
                "Bạn lấy trung bình của tất cả thành một số. Hàm này trả về một số cho mỗi chiều.",
                "You average everything into one number. This function returns one number per dimension."),
        Mistake("not_averaged", kl_of_each,
                "Bạn có KL của từng ảnh và từng chiều. Còn thiếu phép lấy trung bình trên các ảnh.",
                "You have the KL of each image and dimension. The mean over the images is missing."),
        Mistake("half_forgotten", lambda m, v: 2 * kl_of_each(m, v).mean(0),
                "Kết quả lớn gấp đôi: bạn quên hệ số ½.",
                "The result is twice too large: the ½ is forgotten."),
        Mistake("sign", lambda m, v: -kl_of_each(m, v).mean(0),
                "KL không bao giờ âm: dấu bị ngược.",
                "A KL is never negative: the sign is flipped."),
        Mistake("of_the_means", lambda m, v: kl_of_each(m.mean(0), v.mean(0)),
                "Bạn lấy trung bình μ và log σ² trước rồi mới tính KL. Hãy tính KL của từng ảnh trước.",
                "You average μ and log σ² first and take the KL afterwards. Take the KL of each image first."),
        Mistake("sigma_not_variance", lambda m, v: (0.5 * (m**2 + (0.5 * v).exp() - v - 1)).mean(0),
                "Số hạng giữa là phương sai σ² = exp(log σ²); bạn dùng σ.",
                "The middle term is the variance σ² = exp(log σ²); you use σ."),
        Mistake("no_exp", lambda m, v: (0.5 * (m**2 - 1)).mean(0),
                "Số hạng phương sai thiếu phép exp, nên nó triệt tiêu với log σ².",
                "The variance term lacks its exp, so it cancels against log σ²."),
        Mistake("variance", lambda m, v: (0.5 * (m**2 + v**2 - v - 1)).mean(0), *VARIANCE),
        Mistake("variance", lambda m, v: (0.5 * (m**2 + (2 * v).exp() - v - 1)).mean(0), *VARIANCE),
        Mistake("mu_not_squared", lambda m, v: (0.5 * (m + v.exp() - v - 1)).mean(0),
                "μ chưa được bình phương.",
                "μ is not squared."),
        Mistake("one_forgotten", lambda m, v: (0.5 * (m**2 + v.exp() - v)).mean(0),
                "Thiếu số 1: khi μ = 0 và log σ² = 0, KL phải bằng 0.",
                "The 1 is missing: with μ = 0 and log σ² = 0 the KL must be 0."),
    ],
)
# fmt: on


def check_kl_per_dimension(function: Callable) -> Result:
    """function(mu, logvar), each (N, d) → (d,): the KL of each dimension from N(0, 1) in nats, the mean over the images.

    Lesson 07: 3 · More dimensions: 16 sliders
    """
    return run(function, KL_PER_DIMENSION)


# ----------------------------------------------------------------------------------------------- the arc


def on_the_arc(a, b, t, angle):
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def slerp(a, b, t):
    return on_the_arc(a, b, t, torch.acos(torch.dot(a, b) / (a.norm() * b.norm())))


def cosine_as_angle(a, b, t):
    return on_the_arc(a, b, t, torch.dot(a, b) / (a.norm() * b.norm()))


LENGTHS = (  # what a cosine that is not one is multiplied with in place of 1 / (‖a‖ ‖b‖)
    lambda a, b: 1,
    lambda a, b: 1 / a.norm(),
    lambda a, b: 1 / b.norm(),
    lambda a, b: b.norm() / a.norm(),
    lambda a, b: a.norm() / b.norm(),
)


def no_cosine(lengths, clamped):
    """A wrong slerp, which is NaN where acos gets a number beyond ±1."""

    def wrong(a, b, t):
        cosine = torch.dot(a, b) * lengths(a, b)
        return on_the_arc(a, b, t, torch.acos(cosine.clamp(-1, 1) if clamped else cosine))

    return wrong


NO_COSINE = (
    "acos chỉ nhận số từ −1 đến 1: hãy chia cho *cả hai* độ dài, nhớ dấu ngoặc.",
    "acos takes only −1 … 1: divide by *both* lengths, in brackets.",
)


def not_divided(a, b, t):
    angle = torch.acos(torch.dot(a, b) / (a.norm() * b.norm()))
    return torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b


def walks():
    """Both acute and obtuse angles: there the sine is the same, and the angle is not."""
    for d, t in ((2, 0.3), (16, 0.5), (5, 0.8), (3, torch.rand(()).item())):
        a, b = torch.randn(d), torch.randn(d)
        obtuse = torch.dot(a, b) < 0
        yield a, (-b if obtuse == (d == 2) else b), t


# fmt: off
SLERP = Task(
    cases=walks,
    right=slerp,
    arguments="z_a, z_b, alpha",
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
        *(Mistake("lengths", no_cosine(by, clamped), *NO_COSINE) for by in LENGTHS for clamped in (False, True)),
    ],
)
# fmt: on


def check_slerp(function: Callable) -> Result:
    """function(z_a, z_b, alpha), each z (d,) → the point the share alpha along the arc from z_a to z_b (spherical).

    Lesson 07: Walking from one image to another
    """
    return run(function, SLERP)
