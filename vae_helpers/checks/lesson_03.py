"""Lesson 03, reparameterization: the trick with given noise and with its own, and the estimate without it."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal

from .engine import HINTS, Mistake, Result, Task, call, gradients, judged, refuse, refuse_other_shapes, run
from .random import SIGMAS, flaw, refuse_repeated

# fmt: off
REPARAMETERIZE_FIXED = Task(
    cases=lambda: [
        (torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.1]), torch.tensor([0.2, -1.5])),
        (torch.tensor(2.0), torch.tensor(1.0), torch.tensor(0.5)),
        (torch.randn(4, 3), torch.rand(4, 3) + 0.1, torch.randn(4, 3)),
    ],
    right=lambda mu, sigma, epsilon: mu + sigma * epsilon,
    arguments="mu, sigma, epsilon",
    gradients={0: "mu", 1: "sigma"},
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
)
# fmt: on


def check_reparameterize_fixed(function: Callable) -> Result:
    """function(mu, sigma, epsilon) → z = mu + sigma ⊙ epsilon: the handout's eq. 3, with the noise given.

    Lesson 03: Computing $z$ by hand
    """
    return run(function, REPARAMETERIZE_FIXED)


# fmt: off
REPARAMETERIZE = {  # name → hints
    "type": ("Hàm của bạn trả về kiểu {got}; cần tensor z.",
             "Your function returns the type {got}; the tensor z is needed."),
    "shape": ("Kích thước chưa đúng: z có kích thước {got}, cần {wanted} như mu.",
              "The shape is not right: z has shape {got}, expected {wanted}, as mu has."),
    "nan": ("z có NaN hoặc vô cực: hãy tìm phép căn hay phép log của số âm.",
            "z holds NaN or infinity: look for a root or a log of a negative number."),
    "no_mu": ("Thiếu μ: z phải nằm quanh μ.", "μ is missing: z must lie around μ."),
    "no_noise": ("z bằng đúng μ: nhiễu ε chưa có mặt.",
                 "z equals μ: the noise ε is missing."),
    "variance": ("Bạn nhân nhiễu với phương sai. Cần độ lệch chuẩn.",
                 "You scale the noise by the variance. The standard deviation is needed."),
    "logvar_as_sigma": ("Bạn dùng logvar như thể nó là σ. logvar là log của phương sai.",
                        "You use logvar as if it were σ. It is the log of the variance."),
    "no_scale": ("Nhiễu chưa được co giãn: logvar chưa được dùng.",
                 "The noise is not scaled: logvar is not used."),
    "sign": ("Dấu trong số mũ bị ngược: logvar càng lớn thì nhiễu phải càng lớn.",
             "The sign in the exponent is flipped: a larger logvar must mean more noise."),
    "double": ("Bạn nhân đôi số mũ. Từ σ² về σ là phép căn.",
               "You double the exponent. From σ² to σ one takes a root."),
    "half_outside": ("Hệ số ½ đứng sai chỗ: căn bậc hai không phải là chia đôi.",
                     "The ½ stands in the wrong place: a square root is not half of a number."),
    "shared_by_batch": ("Mọi ảnh trong batch nhận cùng một ε. Mỗi ảnh cần nhiễu của riêng nó.",
                        "All images of the batch get the same ε. Each image needs noise of its own."),
    "shared_by_dimensions": ("Mọi chiều tiềm ẩn dùng chung một ε. Mỗi chiều cần nhiễu của riêng nó.",
                             "All latent dimensions share one ε. Each dimension needs noise of its own."),
    "not_gaussian": ("Nhiễu không phải N(0, 1). Hãy xem lại: rand cho số phân bố đều trong [0, 1), khác với randn.",
                     "The noise is not N(0, 1). Look again: rand gives uniform numbers in [0, 1), which is not what randn gives."),
    "clipped": ("Nhiễu bị chặn lại: trong hàng trăm nghìn số từ N(0, 1) phải có những số vượt quá ±3,7, mà ở đây không có số nào. Hãy tìm clamp.",
                "The noise is cut off: among hundreds of thousands of numbers from N(0, 1) some lie beyond ±3.7, and here none does. Look for a clamp."),
    "reused": ("Có những số ngẫu nhiên được dùng lại, cho ảnh khác hay với dấu ngược lại. Mỗi phần tử của z cần một số mới.",
               "Some random numbers are used again, for another image or with the sign flipped. Every entry of z needs a fresh one."),
    "dependent": ("Các số ngẫu nhiên phụ thuộc nhau: biết số này là đoán được phần nào số kia. Hãy lấy tất cả bằng một lệnh randn, đừng trộn hay cộng dồn chúng.",
                  "The random numbers depend on each other: one tells something of the next. Draw them all with one randn, and neither mix nor add them up."),
    "scale": ("Nhiễu có độ lệch chuẩn chưa đúng. Hãy viết lại cách tính từ logvar ra σ, từng bước một.",
              "The noise does not have the right standard deviation. Write down again the way from logvar to σ, step by step."),
    "repeated": ("Gọi hai lần mà nhiễu y hệt nhau. Đừng đặt seed bên trong hàm.",
                 "Two calls give exactly the same noise. Do not set a seed inside the function."),
    "detached": HINTS["detached"],
    "gradient": ("z đúng phân phối, nhưng gradient theo {by} chưa đúng: có phần bị cắt hay bị chặn. Đạo hàm của z theo mu là 1, theo logvar là nửa quãng từ mu đến z.",
                 "z has the right distribution, but the gradient with respect to {by} is not right: a part of it is cut or held back. The derivative of z by mu is 1, by logvar half of the way from mu to z."),
    "half_detached": ("z đúng phân phối, nhưng gradient không đến được {missing}: đường từ {missing} đến z bị cắt.",
                      "z has the right distribution, but no gradient reaches {missing}: the way from {missing} to z is cut."),
}
WRONG_SIGMAS = {
    "variance": torch.exp,
    "logvar_as_sigma": torch.abs,
    "no_scale": torch.ones_like,
    "sign": lambda v: torch.exp(-0.5 * v),
    "double": lambda v: torch.exp(2 * v),
    "half_outside": lambda v: 0.5 * torch.exp(v),
}
# fmt: on


def check_reparameterize(function: Callable) -> Result:
    """function(mu, logvar) → z ~ N(mu, exp(logvar)), fresh noise for every entry, with gradients to mu and logvar.

    mu, logvar, z: (N, latent_dim). The noise is judged by its statistics over 200,000 entries.

    Lesson 03: The VAE's function
    """
    return judged(function, judge_reparameterize)


def judge_reparameterize(function: Callable) -> None:
    for shape in ((1, 2), (7, 5)):
        sampled(function, torch.randn(shape), torch.randn(shape))
    N, d = 40_000, 5
    mu, logvar = 2 * torch.randn(N, d), 6 * torch.rand(N, d) - 4
    z, mu, logvar = sampled(function, mu.requires_grad_(), logvar.requires_grad_())
    deviation = (z - mu).detach()
    refuse(not z.isfinite().all(), "nan", REPARAMETERIZE)
    refuse(deviation.abs().max() < 1e-3, "no_noise", REPARAMETERIZE)
    share = (z * mu).detach().mean() / mu.detach().pow(2).mean()  # how far z goes along with mu: 1, give or take 0.01
    refuse(abs(share) < 0.1, "no_mu", REPARAMETERIZE)
    for name, sigma in WRONG_SIGMAS.items():
        refuse(is_sigma(deviation, logvar, sigma(logvar.detach())), name, REPARAMETERIZE)
    noise, *_ = sampled(function, torch.zeros(N, d), torch.zeros(N, d))  # mu = 0 and σ = 1 leave ε as it was drawn
    name = flaw(noise.detach())
    refuse(name, "not_gaussian" if name == "mean" else name, REPARAMETERIZE)
    judge_scale(deviation / torch.exp(0.5 * logvar.detach()), logvar.detach())
    refuse_repeated(function, (mu.detach(), logvar.detach()), z, REPARAMETERIZE)
    judge_gradients(z, mu, logvar)


def sampled(function: Callable, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """z of the student's function and the very mu and logvar it was given."""
    z, (mu, logvar) = call(function, (mu, logvar))
    refuse_other_shapes(z, mu.shape, REPARAMETERIZE)
    return z, mu, logvar


def judge_scale(noise: Tensor, logvar: Tensor) -> None:
    """noise has standard deviation 1 in each quarter of the values of logvar."""
    for part in noise.flatten()[logvar.flatten().argsort()].chunk(4):
        refuse(abs(part.std() - 1) > SIGMAS / math.sqrt(2 * len(part)), "scale", REPARAMETERIZE)


def judge_gradients(z: Tensor, mu: Tensor, logvar: Tensor) -> None:
    refuse(not z.requires_grad, "detached", REPARAMETERIZE)
    weight = torch.randn_like(z)
    got = dict(zip(("mu", "logvar"), gradients(z, weight, [mu, logvar]), strict=True))
    refuse(not any(gradient.any() for gradient in got.values()), "detached", REPARAMETERIZE)
    right = {"mu": weight, "logvar": 0.5 * weight * (z - mu).detach()}
    for name, gradient in got.items():
        refuse(not gradient.any(), "half_detached", REPARAMETERIZE, missing=name)
        refuse(not torch.allclose(gradient, right[name], rtol=1e-4, atol=1e-4), "gradient", REPARAMETERIZE, by=name)


def is_sigma(deviation: Tensor, logvar: Tensor, sigma: Tensor) -> bool:
    """Whether the student used this σ: divided by it, the noise has standard deviation 1 everywhere."""
    noise = deviation / sigma.clamp_min(1e-6)
    parts = [noise[part].std() for part in (logvar < -1, (logvar >= -1) & (logvar < 0), logvar >= 0)]
    return all(abs(part - 1) < 0.05 for part in parts)


# fmt: off
SCORE_GRADIENT = Task(
    cases=lambda: [
        (torch.randn(6), torch.tensor(m), torch.tensor(s), torch.randn(6) ** 2)
        for m, s in ((2.0, 1.0), (-0.5, 0.3), (1.0, 2.5))
    ],
    right=lambda z, m, s, v: v * (z - m) / s**2,
    arguments="z, mu, sigma, value",
    small=lambda: [(torch.randn(n), torch.tensor(0.5), torch.tensor(1.5), torch.rand(n)) for n in (1, 2)],
    mistakes=[
        Mistake("sigma", lambda z, m, s, v: v * (z - m) / s,
                "Bạn chia cho σ. Đạo hàm của log mật độ Gauss theo μ chia cho đại lượng nào?",
                "You divide by σ. By what does the derivative of the Gaussian's log density with respect to μ divide?"),
        Mistake("two", lambda z, m, s, v: v * (z - m) / (2 * s**2),
                "Hãy lấy đạo hàm (z − μ)²/(2σ²) theo μ một lần nữa: số 2 đi đâu?",
                "Differentiate (z − μ)²/(2σ²) by μ once more: where does the 2 go?"),
        Mistake("z_squared", lambda z, m, s, v: z**2 * (z - m) / s**2,
                "Bạn gõ thẳng z². Hãy dùng value: hàm có thể là hàm khác.",
                "You type z². Use value: the function may be another one."),
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
)
# fmt: on


def check_score_gradient(function: Callable) -> Result:
    """function(z, mu, sigma, value) → score-function estimate of d/dmu E[value(z)], value · (z − mu) / sigma², for each z.

    Lesson 03: And without the trick?
    """
    return run(function, SCORE_GRADIENT)
