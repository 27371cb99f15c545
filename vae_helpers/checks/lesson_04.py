"""Lesson 04, the loss: the KL divergence, the ELBO of a toy, the whole loss, and what B means."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from .. import losses
from .engine import Failure, Mistake, Result, Task, run
from .examples import drawn

kl = losses.kl_divergence
VARIANCE = ("logvar là log σ², nên σ² = exp(logvar).", "logvar is log σ², so σ² = exp(logvar).")


# fmt: off
KL_DIVERGENCE = Task(
    cases=lambda: [(torch.randn(n, d), s * torch.randn(n, d)) for n, d, s in ((7, 5, 1), (1, 2, 1), (4, 10, 3), (5, 5, 1))],
    right=kl,
    arguments="mu, logvar",
    small=lambda: [drawn(shape, shape) for shape in ((1, 1), (1, 2), (2, 2))],
    gradients={0: "mu", 1: "logvar"},
    mistakes=[
        Mistake("half_forgotten", lambda m, v: 2 * kl(m, v),
                "Kết quả lớn gấp đôi: bạn quên hệ số ½.",
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
        Mistake("variance", lambda m, v: -0.5 * (1 + v - m**2 - v**2).sum(1), *VARIANCE),
        Mistake("variance", lambda m, v: -0.5 * (1 + v - m**2 - (2 * v).exp()).sum(1), *VARIANCE),
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
)
# fmt: on


def check_kl_divergence(function: Callable) -> Result:
    """function(mu, logvar), each (N, latent_dim) → (N,): KL(N(mu, exp(logvar)) ‖ N(0, I)) in nats.

    Lesson 04: The KL part, in three ways
    """
    return run(function, KL_DIVERGENCE)


def elbo_cases():
    for theta, x in ((0.0, 1.0), (1.0, 2.5), (-0.7, -1.3)):
        yield 2 * torch.randn(6), 0.2 + 2 * torch.rand(6), theta, x


def toy(log_likelihood, kl):
    """A wrong ELBO of the toy with other parts."""
    return lambda m, v, theta, x: log_likelihood(m, v, theta, x) - kl(m, v)


def toy_log_p(m, v, theta, x):
    return -0.5 * math.log(2 * math.pi) - 0.5 * ((x - theta - m) ** 2 + v)


def toy_kl(m, v):
    return 0.5 * (m**2 + v - 1 - v.log())


ONE_DIMENSION = (
    "m và v chỉ có một chiều: ở đây hãy viết KL của một chiều với σ² = v.",
    "m and v have one dimension: write the KL of one dimension with σ² = v here.",
)


# fmt: off
ELBO = Task(
    cases=elbo_cases,
    right=losses.toy_elbo,
    arguments="m, v, theta, x",
    small=lambda: [(*drawn((1,)), *drawn((1,), low=0.2), theta, x) for theta, x in ((0.0, 1.0), (0.5, 1.0), (0.5, -1.5))],
    gradients={0: "m", 1: "v"},
    mistakes=[
        Mistake("kl_added", lambda m, v, t, x: toy_log_p(m, v, t, x) + toy_kl(m, v),
                "Bạn cộng KL vào. Trong ELBO, KL bị trừ đi.",
                "You add the KL. In the ELBO it is subtracted."),
        Mistake("loss", lambda *case: -losses.toy_elbo(*case),
                "Đó là −ELBO, tức là hàm mất mát. Ở đây cần chính ELBO.",
                "That is −ELBO, the loss. Here the ELBO itself is asked for."),
        Mistake("no_kl", toy_log_p,
                "Mới có kỳ vọng của log p(x|z). Còn thiếu KL giữa q và prior.",
                "That is the expectation of log p(x|z). The KL between q and the prior is missing."),
        Mistake("no_variance", toy(lambda m, v, t, x: toy_log_p(m, 0 * v, t, x), toy_kl),
                "Bạn chỉ thay z bằng m. Nhưng E(x − θ − z)² còn có thêm v, phương sai của z.",
                "You put m in the place of z. But E(x − θ − z)² has v, the variance of z, in it as well."),
        Mistake("v_squared", toy(lambda m, v, t, x: toy_log_p(m, v**2, t, x), toy_kl),
                "v đã là phương sai, không phải độ lệch chuẩn: đừng bình phương nó.",
                "v is the variance already, not the standard deviation: do not square it."),
        Mistake("v_is_sigma", lambda m, v, t, x: losses.toy_elbo(m, v**2, t, x),
                "Bạn coi v là độ lệch chuẩn. Ở đây v là phương sai.",
                "You treat v as a standard deviation. Here it is the variance."),
        Mistake("no_constant", toy(lambda m, v, t, x: -0.5 * ((x - t - m) ** 2 + v), toy_kl),
                "Thiếu hằng số −½ log 2π: không có nó thì ELBO không so được với log p(x).",
                "The constant −½ log 2π is missing: without it the ELBO cannot be compared with log p(x)."),
        Mistake("constant_sign", toy(lambda *case: toy_log_p(*case) + math.log(2 * math.pi), toy_kl),
                "Dấu của hằng số ½ log 2π bị ngược.",
                "The sign of the constant ½ log 2π is flipped."),
        Mistake("half_forgotten", toy(lambda m, v, t, x: -0.5 * math.log(2 * math.pi) - ((x - t - m) ** 2 + v), toy_kl),
                "Bạn quên hệ số ½ trước bình phương.",
                "You forgot the ½ in front of the square."),
        Mistake("kl_half_forgotten", toy(toy_log_p, lambda m, v: 2 * toy_kl(m, v)),
                "KL lớn gấp đôi: bạn quên hệ số ½.",
                "The KL is twice too large: the ½ is forgotten."),
        Mistake("theta_forgotten", lambda m, v, t, x: losses.toy_elbo(m, v, 0.0, x),
                "θ chưa được dùng: decoder là N(z + θ, 1).",
                "θ is not used: the decoder is N(z + θ, 1)."),
        Mistake("x_ignored", lambda m, v, t, x: losses.toy_elbo(m, v, t),
                "x chưa được dùng: 1 chỉ là giá trị mặc định của nó.",
                "x is not used: 1 is only its default value."),
        Mistake("one_dimension", lambda m, v, t, x: toy_log_p(m, v, t, x) - toy_kl(m, v).sum(), *ONE_DIMENSION),
        Mistake("theta_sign", lambda m, v, t, x: losses.toy_elbo(m, v, -t, x),
                "Dấu của θ bị ngược: x lệch khỏi trung bình z + θ một đoạn x − z − θ.",
                "The sign of θ is flipped: x is x − z − θ away from its mean z + θ."),
        Mistake("logvar", lambda m, v, t, x: toy_log_p(m, v, t, x) - 0.5 * (m**2 + v.exp() - 1 - v),
                "Trong KL bạn coi v là log của phương sai. Ở đây v đã là phương sai.",
                "In the KL you treat v as the log of the variance. Here v is the variance itself."),
    ],
    failures=[
        Failure("math_log", "only one element tensors|only tensors with one element|must be real number|can only be converted|a Tensor with \\d+ elements cannot be converted",
                "v là tensor nhiều phần tử, math.log không nhận nó. Hãy dùng torch.log.",
                "v is a tensor of many entries, which math.log does not take. Use torch.log."),
        Failure("torch_log", r"log\(\): argument 'input'.*must be Tensor",
                "torch.log chỉ nhận tensor; với con số thường như 2π, hãy dùng math.log.",
                "torch.log takes only tensors; for a plain number such as 2π use math.log."),
        Failure("one_dimension", "Dimension out of range", *ONE_DIMENSION),
        Failure("x_missing", "takes 3 positional arguments but 4 were given",
                "Ô chấm thử cả những x khác: hãy giữ tham số thứ tư, x=1.0.",
                "The check tries other x too: keep the fourth argument, x=1.0."),
    ],
)
# fmt: on


def check_elbo(function: Callable) -> Result:
    """function(m, v, theta, x) → the ELBO of z ~ N(0, 1), x given z ~ N(z + theta, 1), with q = N(m, v): losses.toy_elbo.

    m, v: (n,), v the variance; theta, x: numbers. Returns (n,).
    Lesson 04: Why make the ELBO large?
    """
    return run(function, ELBO)


sse, kl, loss = losses.reconstruction_loss, losses.kl_divergence, losses.vae_loss


def loss_cases():
    for image, d, B in (((4, 3, 6, 5), 2, 1000), ((1, 1, 4, 7), 3, 10), ((6, 2, 5, 5), 5, 0.5)):
        code = (image[0], d)
        yield torch.rand(image) * 0.9 + 0.05, torch.rand(image), torch.randn(code), torch.randn(code), B


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


ANY_SIZE = (
    "784 chỉ đúng cho ảnh 28×28, mà ảnh ở đây có thể có kích thước bất kỳ. Hãy cộng trên mọi chiều trừ chiều batch.",
    "784 is right only for 28×28 images, and these may have any size. Sum over every dimension but the batch.",
)


# fmt: off
VAE_LOSS = Task(
    cases=loss_cases,
    right=loss,
    arguments="recon, x, mu, logvar, B",
    small=lambda: [(*drawn(image, image, low=0.1), *drawn(code, code), 2.0) for image, code in (((1, 1, 1, 1), (1, 1)), ((1, 1, 1, 2), (1, 2)))],
    gradients={0: "recon", 2: "mu", 3: "logvar"},
    parts=("total", "recon", "kl"),
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
                "KL bị trừ đi: như vậy mạng được thưởng khi rời xa prior.",
                "The KL is subtracted: the network would be rewarded for leaving the prior."),
        Mistake("elbo", lambda *a: (-loss(*a)[0], *loss(*a)[1:]),
                "Tổng của bạn là ELBO. Hàm mất mát là số đối của nó.",
                "Your total is the ELBO. The loss is its negative."),
        Mistake("pixel_mean", with_parts(F.mse_loss, mean_kl),
                "Phần tái tạo là trung bình trên điểm ảnh. Cần tổng bình phương sai số của mỗi ảnh.",
                "The reconstruction part is a mean over the pixels. The squared error summed over each image is needed."),
        Mistake("typed_784", with_parts(lambda r, x: 784 * F.mse_loss(r, x), mean_kl), *ANY_SIZE),
        Mistake("batch_sum", with_parts(lambda r, x: ((r - x) ** 2).sum(), mean_kl),
                "Phần tái tạo cộng cả batch. Cần trung bình trên các ảnh.",
                "The reconstruction part is summed over the batch. The mean over the images is needed."),
        Mistake("both_batch_sum", with_parts(lambda r, x: ((r - x) ** 2).sum(), lambda m, v: kl(m, v).sum()),
                "Cả hai phần đều cộng cả batch: batch lớn gấp đôi thì loss cũng gấp đôi.",
                "Both parts are summed over the batch: twice the images would make twice the loss."),
        Mistake("channels_averaged", with_parts(lambda r, x: sse(r, x) / x.shape[1], mean_kl),
                "Bạn lấy trung bình theo kênh màu. Hãy cộng cả theo kênh.",
                "You average over the colour channels. Sum over them too."),
        Mistake("one_channel", with_parts(lambda r, x: sse(r[:, :1], x[:, :1]), mean_kl),
                "Bạn chỉ tính kênh đầu tiên. Ảnh màu có nhiều kênh.",
                "You use the first channel only. A colour image has several."),
        Mistake("kl_batch_sum", with_parts(sse, lambda m, v: kl(m, v).sum()),
                "KL cộng cả batch. Cần trung bình trên các ảnh.",
                "The KL is summed over the batch. The mean over the images is needed."),
        Mistake("kl_mean", with_parts(sse, lambda m, v: kl(m, v).mean() / m.shape[1]),
                "KL lấy trung bình theo chiều tiềm ẩn. KL của các chiều thì cộng lại.",
                "The KL is averaged over the latent dimensions. The KLs of the dimensions add up."),
        Mistake("kl_half_forgotten", with_parts(sse, lambda m, v: 2 * mean_kl(m, v)),
                "KL lớn gấp đôi: bạn quên hệ số ½.",
                "The KL is twice too large: the ½ is forgotten."),
        Mistake("kl_sign", with_parts(sse, lambda m, v: -mean_kl(m, v)),
                "KL của bạn âm. KL không bao giờ âm: dấu bị ngược.",
                "Your KL is negative. A KL never is: the sign is flipped."),
        Mistake("kl_variance", with_parts(sse, lambda m, v: (m**2 + v**2 - 1 - v).sum(1).mean() / 2), *VARIANCE),
        Mistake("kl_variance", with_parts(sse, lambda m, v: (m**2 + (2 * v).exp() - 1 - v).sum(1).mean() / 2), *VARIANCE),
        Mistake("bce", with_parts(bce, mean_kl),
                "Phần tái tạo là BCE. Bài này dùng bình phương sai số.",
                "The reconstruction part is a BCE. This loss uses the squared error."),
        Mistake("logits", with_parts(logits, mean_kl),
                "Phần tái tạo dùng BCE-with-logits trên đầu ra đã qua sigmoid, tức là sigmoid hai lần. Bài này dùng bình phương sai số.",
                "The reconstruction part applies BCE-with-logits to an output that has passed a sigmoid: sigmoid twice. This loss uses the squared error."),
    ],
    failures=[Failure("typed_784", r"(784|28, 28)\D.*invalid for input of size", *ANY_SIZE)],
)
# fmt: on


def check_vae_loss(function: Callable) -> Result:
    """function(recon, x, mu, logvar, B) → (total, recon, kl) as losses.vae_loss gives them: three means over the batch.

    Lesson 04: The reconstruction part
    """
    return run(function, VAE_LOSS)


BRACKET = (
    "Python đọc 1/2*B là (1/2)·B: hãy xem lại dấu ngoặc.",
    "Python reads 1/2*B as (1/2)·B: mind the brackets.",
)


# fmt: off
SIGMA_OF_B = Task(
    cases=lambda: [(1000,), (10,), (0.5,), (3.0,), (0.1 + 99 * torch.rand(()).item(),)],
    right=lambda B: 1 / math.sqrt(2 * B),
    arguments="B",
    mistakes=[
        Mistake("variance", lambda B: 1 / (2 * B),
                "Đó là phương sai σ². Câu hỏi là độ lệch chuẩn.",
                "That is the variance σ². The question is the standard deviation."),
        Mistake("two_forgotten", lambda B: 1 / math.sqrt(B),
                "Bạn quên số 2 trong B = 1/(2σ²).",
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
        Mistake("bracket", lambda B: math.sqrt(B / 2), *BRACKET),
        Mistake("bracket", lambda B: B / 2, *BRACKET),
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
)
# fmt: on


def check_sigma_of_B(function: Callable) -> Result:
    """function(B) → the decoder's standard deviation σ = 1/√(2B), from B = 1/(2σ²).

    Lesson 04: The reconstruction part
    """
    return run(function, SIGMA_OF_B)
