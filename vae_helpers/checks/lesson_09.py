"""Lesson 09, sparse, contractive, denoising, variational: two penalties on the code, masking noise."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .. import losses
from .engine import Failure, Mistake, Result, Task, call, judged, refuse, refuse_other_shapes, run
from .examples import drawn
from .random import refuse_repeated


def kl(p, q):
    return p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()


def numbers(rho, like):
    return torch.full_like(like, rho)


# fmt: off
KL_TO_RHO = Task(
    cases=lambda: [(torch.rand(n, d) * 0.8 + 0.1, rho) for n, d, rho in ((6, 4, 0.1), (3, 7, 0.3), (5, 5, 0.05))],
    right=losses.kl_to_rho,
    arguments="z, rho",
    small=lambda: [(*drawn(shape, low=0.1, high=0.9), 0.1) for shape in ((1, 1), (2, 1), (2, 2))],
    gradients={0: "z"},
    mistakes=[
        Mistake("per_unit", lambda z, rho: kl(numbers(rho, z[0]), z.mean(0)),
                "Bạn có KL của từng nơ-ron. Còn thiếu phép cộng theo j.",
                "You have the KL of each unit. The sum over j is missing."),
        Mistake("mean_over_units", lambda z, rho: losses.kl_to_rho(z, rho) / z.shape[1],
                "Bạn lấy trung bình theo các nơ-ron. Công thức lấy tổng.",
                "You average over the units. The formula takes the sum."),
        Mistake("reversed", lambda z, rho: kl(z.mean(0), numbers(rho, z[0])).sum(),
                "Hai phân phối bị đổi chỗ: KL(ρ ‖ ρ̂) lấy kỳ vọng theo ρ, không phải theo ρ̂.",
                "The two distributions are swapped: KL(ρ ‖ ρ̂) takes its expectation under ρ, not under ρ̂."),
        Mistake("half_forgotten", lambda z, rho: (rho * (rho / z.mean(0)).log()).sum(),
                "Đó mới là số hạng ứng với lúc nơ-ron bật. Lúc tắt, với xác suất 1 − ρ, cũng có một số hạng.",
                "That is the part where the unit is on. Being off, with probability 1 − ρ, has a term of its own."),
        Mistake("sign", lambda z, rho: -losses.kl_to_rho(z, rho),
                "KL không bao giờ âm: dấu bị ngược.",
                "A KL is never negative: the sign is flipped."),
        Mistake("per_image", lambda z, rho: kl(numbers(rho, z), z).sum(1).mean(),
                "Bạn tính KL cho từng ảnh rồi mới lấy trung bình. Trước hết hãy lấy trung bình của mỗi nơ-ron trên batch: đó là ρ̂.",
                "You compute a KL for each image and average then. First average each unit over the batch: that is ρ̂."),
        Mistake("wrong_axis", lambda z, rho: kl(numbers(rho, z[:, 0]), z.mean(1)).sum(),
                "Bạn lấy trung bình trên các nơ-ron của một ảnh. ρ̂ là trung bình của một nơ-ron trên các ảnh.",
                "You average over the units of an image. ρ̂ is the mean of a unit over the images."),
        Mistake("one_mean", lambda z, rho: kl(numbers(rho, z.mean()), z.mean()),
                "Bạn gộp mọi nơ-ron vào một trung bình: như thế, một tỉ lệ ρ nơ-ron luôn bật còn những nơ-ron khác luôn tắt cũng không bị phạt. Mỗi nơ-ron có ρ̂ của riêng nó.",
                "You pool all units into one mean: a share ρ of them always on and the others always off would go unpunished. Each unit has a ρ̂ of its own."),
        Mistake("bits", lambda z, rho: losses.kl_to_rho(z, rho) / math.log(2),
                "Bạn dùng log cơ số 2 (bit). Công thức dùng log tự nhiên (nat).",
                "You use the logarithm to base 2 (bits). The formula uses the natural one (nats)."),
        Mistake("hard_coded", lambda z, rho: losses.kl_to_rho(z, 0.05),
                "rho là tham số của hàm: đừng gõ thẳng 0,05.",
                "rho is an argument of the function: do not type 0.05."),
    ],
    failures=[
        Failure("plain_number", "converted to|must be Tensor",
                "math.log chỉ nhận một con số, torch.log chỉ nhận tensor. ρ̂ là tensor, rho là một con số; tỉ số của chúng là tensor.",
                "math.log takes a single number only, torch.log a tensor only. ρ̂ is a tensor, rho a number; their ratio is a tensor."),
    ],
)


def check_kl_to_rho(function: Callable) -> Result:
    """function(z, rho), z (N, d) in (0, 1) → Σ_j KL(rho ‖ ρ̂_j) in nats, ρ̂_j the mean of z_j over the batch, a scalar.

    Lesson 09: Must it be narrow? The sparse autoencoder
    """
    return run(function, KL_TO_RHO)


def total(slope, weights):
    return (slope * weights).sum(1).mean()


def slope(z):
    return z * (1 - z)


def squares(W):
    return W.pow(2).sum(1)


# fmt: off
CONTRACTIVE_PENALTY = Task(
    cases=lambda: [(torch.rand(n, d) * 0.9 + 0.05, torch.randn(d, p)) for n, d, p in ((6, 4, 9), (3, 7, 5), (1, 2, 3))],
    right=losses.sigmoid_contractive_penalty,
    arguments="z, weight",
    small=lambda: [(*drawn((n, d), low=0.1, high=0.9), *drawn((d, p))) for n, d, p in ((1, 1, 1), (1, 1, 2), (2, 2, 2))],
    gradients={0: "z", 1: "weight"},
    mistakes=[
        Mistake("slope_not_squared", lambda z, W: total(slope(z), squares(W)),
                "Đạo hàm của sigmoid chưa được bình phương.",
                "The sigmoid's derivative is not squared."),
        Mistake("weights_not_squared", lambda z, W: total(slope(z).pow(2), W.sum(1)),
                "Các trọng số chưa được bình phương trước khi cộng.",
                "The weights are not squared before they are summed."),
        Mistake("squared_after_the_sum", lambda z, W: total(slope(z).pow(2), W.sum(1).pow(2)),
                "Bạn cộng các trọng số rồi mới bình phương: số dương và số âm triệt tiêu nhau.",
                "You sum the weights first and square then: positive and negative ones cancel."),
        Mistake("no_slope", lambda z, W: squares(W).sum(),
                "Đó mới là tổng bình phương các phần tử của W. Còn thiếu đạo hàm của sigmoid.",
                "That is the sum of the squares of W. The sigmoid's derivative is missing."),
        Mistake("z_for_slope", lambda z, W: total(z.pow(2), squares(W)),
                "Bạn dùng z thay cho đạo hàm. Đạo hàm của sigmoid, viết theo z, là z(1 − z).",
                "You use z for the derivative. The sigmoid's derivative, written with z, is z(1 − z)."),
        Mistake("sigmoid_twice", lambda z, W: total(slope(torch.sigmoid(z)).pow(2), squares(W)),
                "z đã qua sigmoid rồi: bạn áp sigmoid thêm một lần nữa.",
                "z has passed the sigmoid already: you apply another one."),
        Mistake("root", lambda z, W: (slope(z).pow(2) * squares(W)).sum(1).sqrt().mean(),
                "Bạn lấy căn bậc hai. Hàm phạt là bình phương của chuẩn Frobenius.",
                "You take the square root. The penalty is the square of the Frobenius norm."),
        Mistake("batch_sum", lambda z, W: (slope(z).pow(2) * squares(W)).sum(),
                "Bạn cộng cả batch. Cần trung bình trên các ảnh.",
                "You sum over the batch. The mean over the images is needed."),
        Mistake("per_image", lambda z, W: (slope(z).pow(2) * squares(W)).sum(1),
                "Bạn có giá trị của từng ảnh. Còn thiếu trung bình trên batch.",
                "You have the value of each image. The mean over the batch is missing."),
        Mistake("mean_over_units", lambda z, W: (slope(z).pow(2) * squares(W)).mean(),
                "Bạn lấy trung bình theo các nơ-ron. Bình phương của chuẩn Frobenius là tổng bình phương của mọi phần tử của ma trận Jacobi.",
                "You average over the units. The square of the Frobenius norm is the sum of the squares of all entries of the Jacobian."),
    ],
    failures=[
        Failure("wrong_axis", "size of tensor|shapes cannot be multiplied|size mismatch",
                "Hai kích thước không khớp. Mỗi hàng của W thuộc về một nơ-ron: cộng W² theo chiều nào để còn lại một số cho mỗi nơ-ron?",
                "The two shapes do not match. Each row of W belongs to one unit: along which dimension must W² be summed to leave one number per unit?"),
    ],
)


def check_contractive_penalty(function: Callable) -> Result:
    """function(z, weight), z = sigmoid(W x + b) (N, d), weight W (d, pixels) → mean over the batch of ‖∂z/∂x‖²_F.

    Lesson 09: The contractive autoencoder
    """
    return run(function, CONTRACTIVE_PENALTY)


# fmt: off
MASK_NOISE = {  # name → hints
    "type": ("Hàm của bạn trả về kiểu {got}; cần một tensor.",
             "Your function returns the type {got}; a tensor is needed."),
    "shape": ("Kích thước chưa đúng: hàm trả về {got}, cần {wanted}.",
              "The shape is not right: the function returns {got}, expected {wanted}."),
    "dtype": ("Ảnh trả về có kiểu {got}, còn ảnh đưa vào là {wanted}; mạng chỉ nhận đúng kiểu của nó. NumPy tạo ra float64: hãy dùng torch.rand_like(x), hoặc đổi lại bằng .to(x.dtype).",
              "The images come back as {got}, but went in as {wanted}, the only type that the network takes. NumPy makes float64: use torch.rand_like(x), or change it back by .to(x.dtype)."),
    "nothing": ("Ảnh trả về không có gì thay đổi.", "The images come back unchanged."),
    "white": ("Điểm ảnh bị đổi thành 1 (trắng). Nhiễu che đặt chúng về 0.",
              "Pixels are set to 1 (white). Masking noise sets them to 0."),
    "scaled": ("Những điểm ảnh còn lại bị chia cho 1 − share: đó là việc của dropout. Nhiễu che giữ chúng nguyên vẹn.",
               "The pixels that remain are divided by 1 − share: that is what dropout does. Masking noise leaves them alone."),
    "changed": ("Có điểm ảnh không bằng 0 mà cũng không bằng giá trị cũ. Nhiễu che chỉ giữ nguyên hoặc đặt về 0.",
                "Some pixels are neither 0 nor what they were. Masking noise keeps a pixel or sets it to 0, nothing else."),
    "whole_images": ("Bạn xóa hoặc giữ trọn cả ảnh. Mỗi điểm ảnh phải được quyết định riêng.",
                     "You erase or keep whole images. Each pixel is decided on its own."),
    "shared_by_batch": ("Mọi ảnh bị che ở cùng những điểm ảnh. Mỗi ảnh cần một mặt nạ của riêng nó.",
                        "All images are masked at the same pixels. Each image needs a mask of its own."),
    "neighbours": ("Những điểm ảnh cạnh nhau bị xóa cùng lúc: mỗi điểm ảnh cần một số ngẫu nhiên của riêng nó.",
                   "Neighbouring pixels fall together: each pixel needs a random number of its own."),
    "reused": ("Có hai ảnh, hay hai điểm ảnh, luôn bị xóa cùng nhau hoặc luôn trái ngược nhau: một mặt nạ được dùng lại. Mỗi điểm ảnh của mỗi ảnh cần một số ngẫu nhiên mới.",
               "Two images, or two pixels, always fall together or always the other way round: a mask is used again. Each pixel of each image needs a fresh random number."),
    "uneven": ("Có chỗ trong ảnh bị xóa nhiều hơn chỗ khác. Xác suất phải như nhau ở mọi điểm ảnh.",
               "Some places of the image fall more often than others. The probability must be the same for every pixel."),
    "by_value": ("Điểm ảnh sáng bị xóa nhiều hơn, hoặc ít hơn, điểm ảnh tối. Xác suất phải như nhau với mọi giá trị.",
                 "Bright pixels fall more often than dark ones, or less often. The probability must not depend on the value."),
    "by_image": ("Có ảnh bị xóa nhiều hơn hẳn ảnh khác. Xác suất phải bằng share ở mọi ảnh.",
                 "Some images lose far more than others. The probability must be share in every image."),
    "fixed_number": ("Ảnh nào cũng mất đúng bấy nhiêu điểm ảnh; nếu mỗi điểm được quyết định riêng thì con số ấy phải thay đổi.",
                     "Every image loses exactly the same number of pixels; if each pixel is decided on its own, that number varies."),
    "kept": ("share là tỉ lệ điểm ảnh bị xóa, nhưng hàm của bạn lại giữ đúng tỉ lệ ấy và xóa phần còn lại.",
             "share is the part to erase, but your function keeps that part and erases the other."),
    "share": ("Với share = {share}, hàm của bạn xóa {got} điểm ảnh. Số ngẫu nhiên nào phân bố đều trong [0, 1)?",
              "With share = {share} your function erases {got} of the pixels. Which random numbers are uniform in [0, 1)?"),
    "repeated": ("Gọi hai lần mà mặt nạ y hệt nhau. Đừng đặt seed bên trong hàm.",
                 "Two calls give exactly the same mask. Do not set a seed inside the function."),
}


def check_mask_noise(function: Callable) -> Result:
    """function(x, share) → a copy of the images in which each pixel is 0 with probability share, on its own.

    Lesson 09: The denoising autoencoder
    """
    return judged(function, judge_mask_noise)


def judge_mask_noise(function: Callable) -> None:
    for share in (0.25, 0.6):
        x = torch.rand(400, 1, 28, 28) * 0.9 + 0.1  # it holds no 0, so a 0 in the answer is the mask's doing
        noisy, _ = call(function, (x, share))
        refuse_other_shapes(noisy, x.shape, MASK_NOISE)
        refuse(noisy.dtype != x.dtype, "dtype", MASK_NOISE, got=noisy.dtype, wanted=x.dtype)
        noisy = noisy.detach()
        judge_pixels(noisy, x, share)
        judge_mask(noisy == 0, share)
        bright = x > x.median()
        uneven = (noisy[bright] == 0).float().mean() - (noisy[~bright] == 0).float().mean()
        refuse(abs(uneven) > 0.015, "by_value", MASK_NOISE)
        refuse_repeated(function, (x, share), noisy, MASK_NOISE)


def judge_pixels(noisy: Tensor, x: Tensor, share: float) -> None:
    """Each pixel is 0 or what it was."""
    hit, kept = noisy == 0, torch.isclose(noisy, x)
    refuse(kept.all(), "nothing", MASK_NOISE)
    refuse(((noisy == 1) & ~kept).float().mean() > 0.1, "white", MASK_NOISE)
    refuse(torch.allclose(noisy[~hit], x[~hit] / (1 - share)) and hit.any(), "scaled", MASK_NOISE)
    refuse(not (hit | kept).all(), "changed", MASK_NOISE)


def judge_mask(hit: Tensor, share: float) -> None:
    """Each pixel falls on its own, with probability share. hit: (N, 1, H, W), true where a pixel fell.

    The limits leave a right mask 7 standard errors or more, and the correlations 10 of them: with N = 400 images of 784
    pixels, a right answer is refused by bad luck in fewer than one of 10⁶ runs.
    """
    by_image, by_pixel, erased = (
        hit.flatten(1).float().mean(1),
        hit.flatten(1).float().mean(0),
        hit.float().mean().item(),
    )
    refuse(((by_image == 0) | (by_image == 1)).all(), "whole_images", MASK_NOISE)
    refuse((hit == hit[:1]).all(), "shared_by_batch", MASK_NOISE)
    for axis in (2, 3):  # two neighbours fall together with probability erased² if each is decided on its own
        both = hit.narrow(axis, 0, hit.shape[axis] - 1) & hit.narrow(axis, 1, hit.shape[axis] - 1)
        refuse(abs(both.float().mean() - erased**2) > 0.01, "neighbours", MASK_NOISE)
    usual = math.sqrt(erased * (1 - erased) / hit[0].numel())
    refuse(by_image.std() < 0.3 * usual, "fixed_number", MASK_NOISE)
    refuse(abs(erased - (1 - share)) < 0.02, "kept", MASK_NOISE)
    refuse(abs(erased - share) > 0.0065, "share", MASK_NOISE, share=share, got=f"{erased:.1%}")
    refuse((by_pixel - share).abs().max() > 0.18, "uneven", MASK_NOISE)
    for masks in (hit.flatten(1), hit.flatten(1).T):
        refuse(torch.corrcoef(masks.float()).fill_diagonal_(0).abs().max() > 0.5, "reused", MASK_NOISE)
    refuse(by_image.std() > 1.3 * usual, "by_image", MASK_NOISE)
