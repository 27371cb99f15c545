"""For functions that build a network: has it the right layers, and does it compute what it should with its own weights?

The weights of the student's network are put into the right network and into wrong ones. The student's output must be that
of the right one; if it is that of a wrong one, that one's hint is shown. So any way of writing the network will do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from .engine import HINTS, Failure, call, explain_error, refuse, wrong

Weights = Mapping[str, Tensor]
SIZES = (7, 2, 24)  # the numbers of latent dimensions that are tried; none is the size of another bias


@dataclass
class Network:
    """What to ask of a network with latent_dim = d: the shapes of its weights, its inputs, what it computes."""

    shapes: Callable[[int], dict[str, tuple]]  # name → shape, every shape only once
    inputs: Callable[[int], Tensor]
    right: Callable[[Weights, Tensor], Tensor]
    mistakes: Sequence[tuple[str, Callable[[Weights, Tensor], Tensor]]]  # name of the hint, what is computed then
    failures: Sequence[Failure]
    width: int | None = None  # numbers that the linear layer must be given


# fmt: off
NETWORK_HINTS = HINTS | {
    "module": ("Ô chấm cần hàm dựng ra mạng, không cần mạng đã dựng: viết check(f), đừng viết check(f(2)).",
               "The check needs the function that builds the network, not a network: write check(f), not check(f(2))."),
    "class": ("Hàm trả về một lớp (class), chưa phải một mạng: còn thiếu cặp ngoặc để tạo đối tượng.",
              "The function returns a class, not a network: the brackets that make an object of it are missing."),
    "not_module": ("Hàm trả về kiểu {got}; cần một nn.Module, chẳng hạn nn.Sequential(...).",
                   "The function returns the type {got}; an nn.Module is needed, such as nn.Sequential(...)."),
    "hard_coded": ("Với latent_dim = {wanted}, mạng của bạn vẫn dùng {got} chiều: hãy dùng tham số latent_dim thay cho con số gõ sẵn.",
                   "With latent_dim = {wanted} your network still has {got} dimensions: use the argument latent_dim instead of a number."),
    "two_heads": ("Mạng của bạn có số chiều tiềm ẩn gấp đôi: autoencoder chỉ có một mã z, chưa cần hai vector như VAE.",
                  "Your network has twice as many latent dimensions: an autoencoder has one code z, not a VAE's two vectors."),
    "output_shape": ("Với latent_dim = {d}, mạng cho ra kích thước {got}, cần {wanted}.",
                     "With latent_dim = {d} the network gives the shape {got}, expected {wanted}."),
    "output_padding": ("Mạng cho ra ảnh cạnh {got}, cần 28: mỗi lớp ConvTranspose2d với stride 2 cần output_padding=1.",
                       "The pictures have a side of {got}, expected 28: each ConvTranspose2d of stride 2 needs output_padding=1."),
    "stride": ("Lớp tuyến tính nhận {got} con số, cần 3136 = 64·7·7: hai lớp tích chập sau phải có stride=2.",
               "The linear layer is given {got} numbers, expected 3136 = 64·7·7: the last two convolutions need stride=2."),
    "bias": ("Mạng thiếu bias ở ít nhất một lớp: đừng đặt bias=False.",
             "At least one layer lacks its bias: leave out bias=False."),
    "layers": ("Các lớp có trọng số kích thước {got}; cần {wanted}. Hãy so lại số lớp, số kênh và kernel_size với bảng.",
               "The layers have weights of the shapes {got}; expected {wanted}. Compare the number of layers, the channels and kernel_size with the table."),
    "no_relu": ("Mạng chưa có ReLU nào: các lớp tuyến tính nối nhau vẫn chỉ là một hàm tuyến tính.",
                "There is no ReLU yet: linear layers in a row are still one linear function."),
    "relu_missing": ("Thiếu ReLU sau ít nhất một lớp: sau lớp nào trong bảng cũng có ReLU, trừ lớp cuối.",
                     "A ReLU is missing somewhere: every layer of the table but the last one is followed by one."),
    "relu_last": ("Có ReLU sau lớp cuối cùng: nó cắt mất một nửa các giá trị có thể nhận. Hãy bỏ ReLU ấy.",
                  "There is a ReLU after the last layer, which cuts off half of the possible values. Leave it out."),
    "sigmoid_last": ("Mã z có thể là số thực bất kỳ: đừng đặt sigmoid ở cuối encoder.",
                     "The code z may be any real numbers: no sigmoid at the end of the encoder."),
    "no_sigmoid": ("Điểm ảnh phải nằm trong [0, 1], còn đầu ra của bạn thì chưa: thiếu hàm gì ở cuối?",
                   "Pixels must lie in [0, 1], and those of your output do not: which function is missing at the end?"),
    "tanh_last": ("tanh cho giá trị từ -1 đến 1. Điểm ảnh nằm trong [0, 1], nên ở đây cần một hàm khác.",
                  "tanh gives values from -1 to 1. Pixels lie in [0, 1], so another function is needed here."),
    "other": ("Các lớp đã đủ, nhưng mạng tính ra giá trị khác: hãy so stride, padding và thứ tự các lớp với bảng.",
              "The layers are all there, but the network computes something else: compare stride, padding and order with the table."),
}

NO_FLATTEN = Failure("no_flatten", r"\(\d+x7 and|\(\d+x28 and|\(\d+x14 and",
                     "Lớp tuyến tính nhận một tensor còn nguyên kênh, hàng, cột. Trước nó cần nn.Flatten(), để mỗi ảnh thành một hàng số.",
                     "The linear layer is given maps. It needs an nn.Flatten() before it, which makes a row of numbers of each image.")
WIDTH = Failure("width", "shapes cannot be multiplied",
                "Hai lớp nối nhau không khớp: lớp tuyến tính chờ một số lượng giá trị khác. Hãy đếm kênh × chiều cao × chiều rộng; hai lớp tích chập sau có stride=2 không?",
                "Two layers do not fit: the linear layer expects another count of numbers. Count channels × height × width; have the last two convolutions stride=2?")
CHANNELS = Failure("channels", r"to have \d+ channels",
                   "Số kênh vào của một lớp tích chập khác số kênh ra của lớp trước nó.",
                   "A convolution expects another number of channels than the layer before it gives.")
NO_UNFLATTEN = Failure("no_unflatten", "Expected 3D|got input of size",
                       "Lớp tích chập nhận một hàng số thay vì tensor có kênh, chiều cao, chiều rộng: trước nó cần nn.Unflatten(1, (64, 7, 7)).",
                       "A convolution is given a row of numbers instead of maps with channels, height and width: it needs an nn.Unflatten(1, (64, 7, 7)) before it.")
UNFLATTEN = Failure("unflatten_size", "unflatten",
                    "nn.Unflatten chờ một số lượng giá trị khác: 64 kênh, mỗi kênh cạnh 7, thì cần bao nhiêu?",
                    "nn.Unflatten expects another count of numbers: how many do 64 channels of side 7 take?")
# fmt: on


def relu_if(wanted: bool, h: Tensor) -> Tensor:
    return F.relu(h) if wanted else h


def encoded(weights: Weights, x: Tensor, relus: Sequence[bool] = (True, True, True), last: Callable = torch.clone):
    h = relu_if(relus[0], F.conv2d(x, weights["conv1"], weights["bias1"], padding=1))
    h = relu_if(relus[1], F.conv2d(h, weights["conv2"], weights["bias2"], stride=2, padding=1))
    h = relu_if(relus[2], F.conv2d(h, weights["conv3"], weights["bias3"], stride=2, padding=1))
    return last(F.linear(h.flatten(1), weights["linear"], weights["bias"]))


def decoded(weights: Weights, z: Tensor, relus: Sequence[bool] = (True, True, True), last: Callable = torch.sigmoid):
    h = relu_if(relus[0], F.linear(z, weights["linear"], weights["bias"])).view(-1, 64, 7, 7)
    h = relu_if(relus[1], F.conv_transpose2d(h, weights["conv1"], weights["bias1"], 2, 1, 1))
    h = relu_if(relus[2], F.conv_transpose2d(h, weights["conv2"], weights["bias2"], 2, 1, 1))
    return last(F.conv2d(h, weights["conv3"], weights["bias3"], padding=1))


def wrong_versions(compute: Callable, ends: Mapping[str, Callable]) -> list[tuple[str, Callable]]:
    """A wrong end, missing ReLUs, or both; the first wrong thing is told."""
    found = [(name, lambda w, x, last=last: compute(w, x, last=last)) for name, last in ends.items()]
    for relus in product((False, True), repeat=3):
        if not all(relus):
            name = "relu_missing" if any(relus) else "no_relu"
            found.append((name, lambda w, x, relus=relus: compute(w, x, relus)))
            found += [(name, lambda w, x, relus=relus, last=last: compute(w, x, relus, last)) for last in ends.values()]
    return found


def sigmoid_of_relu(h: Tensor) -> Tensor:
    return torch.sigmoid(F.relu(h))


ENCODER = Network(
    shapes=lambda d: {
        "conv1": (16, 1, 3, 3), "bias1": (16,), "conv2": (32, 16, 3, 3), "bias2": (32,), "conv3": (64, 32, 3, 3),
        "bias3": (64,), "linear": (d, 3136), "bias": (d,),
    },
    inputs=lambda d: 20 * torch.rand(6, 1, 28, 28),  # brighter than images, so that a tanh at the end is seen
    right=encoded,
    mistakes=wrong_versions(encoded, {"relu_last": F.relu, "sigmoid_last": torch.sigmoid, "tanh_last": torch.tanh}),
    failures=(NO_FLATTEN, WIDTH, CHANNELS),
    width=3136,
)  # fmt: skip
DECODER = Network(
    shapes=lambda d: {
        "linear": (3136, d), "bias": (3136,), "conv1": (64, 32, 3, 3), "bias1": (32,), "conv2": (32, 16, 3, 3),
        "bias2": (16,), "conv3": (1, 16, 3, 3), "bias3": (1,),
    },
    inputs=lambda d: 20 * torch.randn(6, d),  # far out, so that a ReLU or a sigmoid more or less is seen
    right=decoded,
    mistakes=wrong_versions(
        decoded,
        {"no_sigmoid": nn.Identity(), "relu_last": sigmoid_of_relu, "relu_last ": F.relu, "tanh_last": torch.tanh},
    ),
    failures=(NO_UNFLATTEN, UNFLATTEN, WIDTH, CHANNELS),
)  # fmt: skip


def judge_network(function: Callable, network: Network) -> None:
    """Raises a Problem if function(latent_dim) does not build the network."""
    refuse(isinstance(function, nn.Module), "module", NETWORK_HINTS)
    for d in SIZES:
        model, _ = call(function, (d,), network.failures)
        refuse(type(model).__name__ == "type", "class", NETWORK_HINTS)  # by name: the grader has a stand-in here
        refuse(not isinstance(model, nn.Module), "not_module", NETWORK_HINTS, got=type(model).__name__)
        x = network.inputs(d)
        refuse_hard_coded(model, network, d)
        try:
            output = model(x)
        except Exception as error:  # whatever a student's network does, the lesson goes on
            raise explain_error(error, network.failures) from None
        refuse(not isinstance(output, Tensor), "type", NETWORK_HINTS, got=type(output).__name__)
        compare_network(model, network, d, x, output)


def refuse_hard_coded(model: nn.Module, network: Network, d: int) -> None:
    """For a network that would be right with another number of latent dimensions than it was asked for."""
    if any(map(is_lazy, model.parameters())):  # they take their size from the input
        return
    shapes = sorted(tuple(weight.shape) for weight in model.parameters())
    for other in range(1, 65):
        if other != d and shapes == sorted(network.shapes(other).values()):
            refuse(other == 2 * d, "two_heads", NETWORK_HINTS)
            refuse(True, "hard_coded", NETWORK_HINTS, got=other, wanted=d)


def compare_network(model: nn.Module, network: Network, d: int, x: Tensor, output: Tensor) -> None:
    shapes = network.shapes(d)
    found = [weight for weight in model.parameters() if weight.numel()]
    refuse_other_layers([tuple(weight.shape) for weight in found], list(shapes.values()), network.width)
    weights = {name: next(w for w in found if tuple(w.shape) == shape).detach() for name, shape in shapes.items()}
    output = output.detach()
    wanted = network.right(weights, x)
    if output.shape != wanted.shape:
        side = output.shape[-1]
        refuse(output.ndim == 4 and 25 <= side < 28, "output_padding", NETWORK_HINTS, got=side)
        values = {"d": d, "got": tuple(output.shape), "wanted": tuple(wanted.shape)}
        refuse(True, "output_shape", NETWORK_HINTS, **values)
    if not close(output, wanted):
        for name, version in network.mistakes:
            refuse(close(output, version(weights, x)), name.strip(), NETWORK_HINTS)
        raise wrong("other", *NETWORK_HINTS["other"])


def refuse_other_layers(found: list[tuple], wanted: list[tuple], width: int | None) -> None:
    if sorted(found) == sorted(wanted):
        return
    for shape in found:
        refuse(width and len(shape) == 2 and shape[-1] != width, "stride", NETWORK_HINTS, got=shape[-1])
    matrices = [shape for shape in found if len(shape) > 1]
    needed = [shape for shape in wanted if len(shape) > 1]
    refuse(sorted(matrices) == sorted(needed) and len(found) < len(wanted), "bias", NETWORK_HINTS)
    refuse(True, "layers", NETWORK_HINTS, got=", ".join(map(str, matrices)), wanted=", ".join(map(str, needed)))


def close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-5)
