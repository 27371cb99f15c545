"""Lesson 02, the VAE: the forward pass of its class, and pictures decoded from the cloud of one image."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .engine import HINTS, Failure, Result, call, judged, refuse
from .random import flaw

N, D = 4000, 25  # images or samples, and latent dimensions, of the stand-in: enough for statistics


class Rehearsal(nn.Module):
    """Stands in for a VAE: its parts work at once, and it remembers what was encoded and every z that was decoded.

    side: pixels on a side of its images, few where the images are many. whole: whether the model may be called as a
    whole, as a finished VAE may.
    """

    def __init__(self, latent_dim: int, side: int, whole: bool):
        super().__init__()
        self.latent_dim, self.side, self.whole = latent_dim, side, whole
        self.fc_mu = nn.Parameter(7 * torch.randn(side**2, latent_dim) / side)  # mu with a deviation of 2, logvar of 1
        self.fc_logvar = nn.Parameter(3.5 * torch.randn(side**2, latent_dim) / side)
        self.fc_decode = nn.Parameter(torch.randn(latent_dim, side**2) / latent_dim**0.5)
        self.encoded, self.latents, self.reached = [], [], set()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.flatten(1) - 0.5
        mu, logvar = flat @ self.fc_mu, flat @ self.fc_logvar - 1
        self.encoded.append((mu.detach(), logvar.detach()))
        return self._watched("mu", mu), self._watched("logvar", logvar)

    def _watched(self, name: str, code: Tensor) -> Tensor:
        """The code itself; when a gradient comes back to it, that is noted. (The grader's model lies elsewhere.)"""
        if code.requires_grad:
            code.register_hook(lambda gradient: self.reached.add(name) if gradient.any() else None)
        return code * 1

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        sigma = torch.exp(0.5 * logvar)
        return mu + sigma * torch.randn_like(sigma)

    def decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"decode(z): z has shape {tuple(z.shape)}, expected (N, {self.latent_dim}).")
        self.latents.append(z.detach())
        return torch.sigmoid(z @ self.fc_decode).view(-1, 1, self.side, self.side)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if not self.whole:
            raise RecursionError("forward calls itself")
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def is_sample(z: Tensor, centre: Tensor, sigma: Tensor) -> bool:
    """Whether z may be centre + σ ⊙ ε: what is left for ε has mean 0 and deviation 1, for small and large centre and σ.

    All are (N, d). Both may be 0.06 off, nine standard errors or more of a quarter of 4000 × 25 numbers.
    """
    noise = (z - centre) / sigma.clamp_min(1e-6)
    for order in (centre, sigma):
        parts = noise.flatten()[order.flatten().argsort()].chunk(4)
        if any(abs(part.mean()) > 0.06 or abs(part.std() - 1) > 0.06 for part in parts):
            return False
    return True


def sigma_of(logvar: Tensor) -> Tensor:
    return torch.exp(0.5 * logvar)


def noise_in(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """ε, if z = mu + σ ⊙ ε."""
    return (z - mu) / sigma_of(logvar)


def decoded_from(images: Tensor, model: Rehearsal) -> Tensor | None:
    """The z whose pictures these are, of all that were decoded, in one call or in several; None for none."""
    for z in (*reversed(model.latents), torch.cat(model.latents)):
        if len(z) == len(images):
            pictures = torch.sigmoid(z @ model.fc_decode.detach())
            if torch.allclose(pictures, images.flatten(1), atol=1e-4):
                return z
    return None


# fmt: off
FORWARD = {  # name → hints
    "structure": ("Hàm của bạn trả về {got}; cần bộ ba (recon, mu, logvar), theo đúng thứ tự ấy.",
                  "Your function returns {got}; the three (recon, mu, logvar) are needed, in that order."),
    "order": ("Có ba phần, nhưng phần đầu có kích thước {got}. Ảnh tái tạo đứng trước, rồi mới đến mu và logvar.",
              "There are three parts, but the first has shape {got}. The reconstruction comes first, then mu and logvar."),
    "swapped": ("mu và logvar bị đổi chỗ trong kết quả.",
                "mu and logvar have changed places in the result."),
    "z_for_mu": ("Phần thứ hai là z. Hàm mất mát cần mu, tâm của phân phối, chứ không cần một mẫu.",
                 "The second part is z. The loss needs mu, the middle of the distribution, and not one sample."),
    "sigma": ("Phần thứ ba là σ hay σ². Hãy trả về chính logvar mà encoder đưa ra.",
              "The third part is σ or σ². Return the very logvar that the encoder gives."),
    "other_code": ("mu hay logvar trả về không phải là của self.encode(x).",
                   "The mu or logvar returned is not what self.encode(x) gave."),
    "no_decoder": ("Chưa có z nào đi qua self.decode, mà ảnh tái tạo từ đó mà ra.",
                   "No z has gone through self.decode, which is where the reconstruction comes from."),
    "changed": ("recon phải đúng là ảnh mà self.decode đưa ra, không sửa gì thêm.",
                "recon must be the picture that self.decode gives, and nothing done to it."),
    "no_noise": ("Bạn giải mã chính mu: không có nhiễu thì đây là một autoencoder. z phải là một mẫu của q(z|x).",
                 "You decode mu itself: without the noise this is an autoencoder. z must be a sample of q(z|x)."),
    "decoded_logvar": ("Bạn giải mã logvar. Thứ đi vào decoder là z, một mẫu của q(z|x).",
                       "You decode logvar. What goes into the decoder is z, a sample of q(z|x)."),
    "prior": ("z được lấy từ N(0, I) mà không nhìn đến ảnh. Lúc tái tạo, z phải đến từ mu và logvar của ảnh ấy.",
              "z is drawn from N(0, I) without a look at the image. To reconstruct, z must come from that image's mu and logvar."),
    "arguments": ("self.reparameterize nhận (mu, logvar); bạn đưa vào theo thứ tự ngược lại.",
                  "self.reparameterize takes (mu, logvar); you pass them the other way round."),
    "sigma_passed": ("Bạn đưa σ vào self.reparameterize, nhưng hàm ấy cần logvar: nó tự tính σ.",
                     "You pass σ to self.reparameterize, which needs logvar: it computes σ itself."),
    "noise": ("z không phải là một mẫu của N(mu, σ²). Hãy để self.reparameterize(mu, logvar) lấy mẫu.",
              "z is no sample of N(mu, σ²). Let self.reparameterize(mu, logvar) do the drawing."),
    "repeated": ("Gọi hai lần mà z y hệt nhau. Đừng đặt seed bên trong hàm.",
                 "Two calls give exactly the same z. Do not set a seed inside the function."),
    "detached": HINTS["detached"],
    "half_detached": ("Con số đúng, nhưng gradient từ recon không về được {missing}: z bị cắt giữa đường. Hãy tìm .detach(), .data, no_grad() hay .sample().",
                      "The numbers are right, but no gradient gets from recon back to {missing}: z is cut on the way. Look for .detach(), .data, no_grad() or .sample()."),
}
OTHER_LATENT_DIM = Failure(
    "latent_dim",
    r"tensor \w \((2|16|25)\) must match the size of tensor \w \((2|16|25)\)|z has shape \(\d+, (2|16)\)",
    "Ô chấm dùng latent_dim khác; hãy lấy nó từ mu.shape[1].",
    "This check uses another latent_dim; take it from mu.shape[1].",
)
OF_THE_CLASS = r"name '(encode|decode|reparameterize)' is not defined"
FAILURES = [
    OTHER_LATENT_DIM,
    Failure("no_self", OF_THE_CLASS,
            "encode, reparameterize và decode thuộc về lớp: phải có self. ở trước.",
            "encode, reparameterize and decode belong to the class: they need self. in front."),
    Failure("recursion", "forward calls itself",
            "self(x) lại gọi chính forward, mãi không dừng. Hãy gọi ba phần của lớp VAE: encode, reparameterize, decode.",
            "self(x) calls forward again, without end. Call the three parts of the class: encode, reparameterize, decode."),
    Failure("tuple_passed", "'tuple' object|must be Tensor, not tuple",
            "encode trả về hai tensor cùng lúc. Hãy nhận chúng bằng hai tên: mu, logvar = …",
            "encode returns two tensors at once. Take them under two names: mu, logvar = …"),
    Failure("missing_argument", "missing 1 required positional argument: 'logvar'",
            "reparameterize cần cả mu lẫn logvar.",
            "reparameterize needs both mu and logvar."),
]
SAMPLE_FAILURES = [
    OTHER_LATENT_DIM,
    Failure("no_model", OF_THE_CLASS,
            "encode, reparameterize và decode thuộc về mô hình: phải có model. ở trước.",
            "encode, reparameterize and decode belong to the model: they need model. in front."),
]
# fmt: on


def check_forward(function: Callable) -> Result:
    """function(self, x) → (recon, mu, logvar): encode x, draw z ~ q(z|x), decode z. Tried with a stand-in for self.

    x, recon: (N, 1, 28, 28); mu, logvar: (N, latent_dim). z is judged by its statistics over 100,000 entries.

    Lesson 02: Your turn: the way through
    """
    return judged(function, judge_forward)


def judge_forward(function: Callable) -> None:
    first, again = (noise_in(*forward(function, 3, 2, side=28)) for _ in range(2))
    refuse(torch.allclose(first, again, atol=1e-3), "repeated", FORWARD)
    z, mu, logvar = forward(function, N, D, side=4)
    refuse(is_sample(z, torch.zeros_like(z), torch.ones_like(z)), "prior", FORWARD)
    refuse(is_sample(z, logvar, sigma_of(mu)), "arguments", FORWARD)
    refuse(is_sample(z, mu, sigma_of(sigma_of(logvar))), "sigma_passed", FORWARD)
    refuse(flaw(noise_in(z, mu, logvar)), "noise", FORWARD)
    judge_way_back(function)


def judge_way_back(function: Callable) -> None:
    """The reconstruction's gradient must come back to both codes."""
    model, x = Rehearsal(2, 28, whole=False), torch.rand(3, 1, 28, 28).requires_grad_()
    answer, (_, x) = call(function, (model, x), FAILURES)
    torch.autograd.grad(answer[0].sum(), x, allow_unused=True)
    missing = [name for name in ("mu", "logvar") if name not in model.reached]
    refuse(missing, "half_detached", FORWARD, missing=", ".join(missing))


def forward(function: Callable, n: int, latent_dim: int, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """z, mu and logvar of the student's forward pass of n images."""
    model = Rehearsal(latent_dim, side, whole=False)
    answer, _ = call(function, (model, torch.rand(n, 1, side, side)), FAILURES)
    recon, mu, logvar = three_tensors(answer, n, model)
    refuse(not model.encoded, "other_code", FORWARD)
    right_mu, right_logvar = model.encoded[-1]
    refuse(not model.latents, "no_decoder", FORWARD)
    z = decoded_from(recon.detach(), model)
    refuse(z is None, "changed", FORWARD)
    judge_codes(mu.detach(), logvar.detach(), z, right_mu, right_logvar)
    refuse(torch.allclose(z, right_mu), "no_noise", FORWARD)
    refuse(torch.allclose(z, right_logvar), "decoded_logvar", FORWARD)
    refuse(not all(part.requires_grad for part in (recon, mu, logvar)), "detached", FORWARD)
    return z, right_mu, right_logvar


def three_tensors(answer, n: int, model: Rehearsal) -> tuple[Tensor, Tensor, Tensor]:
    """The answer, if it is made of three tensors of the right shapes."""
    code, picture = (n, model.latent_dim), (n, 1, model.side, model.side)
    got = type(answer).__name__ if not isinstance(answer, (tuple, list)) else f"{len(answer)} × tensor"
    right = isinstance(answer, (tuple, list)) and len(answer) == 3 and all(isinstance(a, Tensor) for a in answer)
    refuse(not right, "structure", FORWARD, got=got)
    shapes = [tuple(part.shape) for part in answer]
    refuse(shapes[0] == code, "order", FORWARD, got=code)
    refuse(shapes != [picture, code, code], "structure", FORWARD, got=shapes)
    return tuple(answer)


def judge_codes(mu: Tensor, logvar: Tensor, z: Tensor, right_mu: Tensor, right_logvar: Tensor) -> None:
    refuse(torch.allclose(mu, right_logvar) and torch.allclose(logvar, right_mu), "swapped", FORWARD)
    refuse(torch.allclose(mu, z) and not torch.allclose(mu, right_mu), "z_for_mu", FORWARD)
    wrong = (sigma_of(right_logvar), right_logvar.exp())
    refuse(any(torch.allclose(logvar, other) for other in wrong), "sigma", FORWARD)
    same = torch.allclose(mu, right_mu) and torch.allclose(logvar, right_logvar)
    refuse(not same, "other_code", FORWARD)


# fmt: off
SAMPLE_AND_DECODE = {  # name → hints
    "whole_answer": ("model(x) trả về ba phần (recon, mu, logvar). Ở đây chỉ cần ảnh.",
                     "model(x) gives three parts (recon, mu, logvar). Only the pictures are needed here."),
    "codes": ("Hàm của bạn trả về z. Còn một bước nữa: giải mã nó.",
              "Your function returns z. One step is left: decode it."),
    "shape": ("Kết quả có kích thước {got}; cần {n} ảnh, tức là {wanted}.",
              "The result has shape {got}; {n} pictures are needed, that is {wanted}."),
    "one_picture": ("Hàm của bạn trả về một ảnh; cần {n}. Hãy lặp lại mu và logvar {n} lần, chẳng hạn bằng .repeat(n, 1), rồi mới lấy mẫu.",
                    "Your function returns one picture; {n} are needed. Repeat mu and logvar {n} times, by .repeat(n, 1) say, and then draw."),
    "no_decoder": ("Decoder chưa được gọi.", "The decoder has not been called."),
    "changed": ("Ảnh trả về không phải là ảnh mà decoder đưa ra.",
                "The pictures returned are not those that the decoder gave."),
    "no_noise": ("Mọi ảnh đều được giải mã từ mu. Thứ cần xem là đám mây quanh mu: hãy lấy mẫu.",
                 "All pictures are decoded from mu. The cloud around mu is what we want to see: draw samples."),
    "one_sample": ("Mọi ảnh dùng chung một z. Hãy lặp lại mu và logvar trước, rồi mới lấy mẫu, để mỗi ảnh có một z riêng.",
                   "All pictures share one z. Repeat mu and logvar first and draw afterwards, so that each has a z of its own."),
    "prior": ("z chưa đến từ đám mây của ảnh này. Hãy lấy mu và logvar của x từ encoder, rồi lấy mẫu từ đó.",
              "z does not come from this image's cloud. Get mu and logvar of x from the encoder, and draw from there."),
    "no_mu": ("Nhiễu đã được co giãn theo σ, nhưng chưa dời đến mu.",
              "The noise is scaled by σ, but not yet moved to mu."),
    "no_scale": ("Nhiễu chưa được co giãn: logvar chưa được dùng.",
                 "The noise is not scaled: logvar is not used."),
    "variance": ("Bạn nhân nhiễu với phương sai σ². Cần độ lệch chuẩn σ.",
                 "You scale the noise by the variance σ². The standard deviation σ is needed."),
    "logvar_as_sigma": ("Bạn dùng logvar như thể nó là σ. logvar là log của phương sai.",
                        "You use logvar as if it were σ. It is the log of the variance."),
    "half_outside": ("Hệ số ½ đứng sai chỗ: căn bậc hai không phải là chia đôi.",
                     "The ½ stands in the wrong place: a square root is not half of a number."),
    "noise": ("Các z không phải là những mẫu độc lập của N(mu, σ²). Hãy lấy tất cả bằng một lần model.reparameterize.",
              "These z are no independent samples of N(mu, σ²). Draw them all by one call of model.reparameterize."),
    "repeated": ("Gọi hai lần mà z y hệt nhau. Đừng đặt seed bên trong hàm.",
                 "Two calls give exactly the same z. Do not set a seed inside the function."),
}
WRONG_SAMPLES = {  # name → centre and σ that the z of a wrong answer have
    "prior": lambda mu, logvar: (0 * mu, torch.ones_like(mu)),
    "no_mu": lambda mu, logvar: (0 * mu, sigma_of(logvar)),
    "no_scale": lambda mu, logvar: (mu, torch.ones_like(mu)),
    "variance": lambda mu, logvar: (mu, logvar.exp()),
    "logvar_as_sigma": lambda mu, logvar: (mu, logvar.abs()),
    "half_outside": lambda mu, logvar: (mu, 0.5 * logvar.exp()),
}
# fmt: on


def check_sample_and_decode(function: Callable) -> Result:
    """function(model, x, n) → n pictures (n, 1, 28, 28), each decoded from a z ~ q(z|x) of its own; x: (1, 1, 28, 28).

    Tried with a stand-in model that remembers its z, which are judged by their statistics over 100,000 entries.

    Lesson 02: Your turn: look at the cloud
    """
    return judged(function, judge_sample_and_decode)


def judge_sample_and_decode(function: Callable) -> None:
    first, again = (noise_in(*samples(function, 5, 2, side=28)) for _ in range(2))
    refuse(torch.allclose(first, again, atol=1e-3), "repeated", SAMPLE_AND_DECODE)
    z, mu, logvar = samples(function, N, D, side=4)
    for name, wrong in WRONG_SAMPLES.items():
        refuse(is_sample(z, *wrong(mu, logvar)), name, SAMPLE_AND_DECODE)
    refuse(flaw(noise_in(z, mu, logvar)), "noise", SAMPLE_AND_DECODE)


def samples(function: Callable, n: int, latent_dim: int, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """The z that the student's n pictures were decoded from, and the image's mu and logvar, all (n, latent_dim)."""
    model, x, wanted = Rehearsal(latent_dim, side, whole=True), torch.rand(1, 1, side, side), (n, 1, side, side)
    pictures, _ = call(function, (model, x, n), SAMPLE_FAILURES)
    refuse(isinstance(pictures, (tuple, list)) and len(pictures) == 3, "whole_answer", SAMPLE_AND_DECODE)
    got = tuple(pictures.shape) if isinstance(pictures, Tensor) else type(pictures).__name__
    refuse(got == (n, latent_dim), "codes", SAMPLE_AND_DECODE)
    refuse(got == (1, *wanted[1:]), "one_picture", SAMPLE_AND_DECODE, n=n)
    refuse(got not in (wanted, (n, side**2)), "shape", SAMPLE_AND_DECODE, got=got, n=n, wanted=wanted)
    refuse(not model.latents, "no_decoder", SAMPLE_AND_DECODE)
    z = decoded_from(pictures.detach(), model)
    if z is None and len(model.latents[-1]) == 1:  # one picture, repeated
        z = model.latents[-1].expand(n, -1)
    refuse(z is None, "changed", SAMPLE_AND_DECODE)
    refuse(not model.encoded, "prior", SAMPLE_AND_DECODE)
    mu, logvar = (code.detach().expand(n, -1) for code in model.encode(x))
    refuse(torch.allclose(z, mu), "no_noise", SAMPLE_AND_DECODE)
    refuse((z - z[0]).abs().max() < 1e-6, "one_sample", SAMPLE_AND_DECODE)  # type: ignore[index]
    return z, mu, logvar
