"""Lesson 14, towards Stable Diffusion: noise mixed into a code, the loss, the scale factor, guidance."""

from collections.abc import Callable

import torch
from torch import Tensor

from .engine import HINTS, Failure, Mistake, Result, Task, call, example, judged, refuse, run, wrong
from .examples import drawn


def wide(theta: Tensor, z: Tensor) -> Tensor:
    """The angles (N,), with as many axes as z."""
    return theta.view(-1, *[1] * (z.ndim - 1))


def mixed(z_0: Tensor, theta: Tensor, epsilon: Tensor) -> Tensor:
    return wide(theta, z_0).cos() * z_0 + wide(theta, z_0).sin() * epsilon


def codes_with_angles():
    for shape in ((5, 4, 7, 7), (3, 2, 4, 4), (4, 4, 4, 4)):
        yield 2 * torch.randn(shape), 0.2 + 1.2 * torch.rand(shape[0]), torch.randn(shape)


# fmt: off
Q_SAMPLE = Task(
    cases=codes_with_angles,
    right=mixed,
    arguments="z_0, theta, epsilon",
    small=lambda: [(*drawn((1, 1, 1, 1)), *drawn((1,), low=0.2), *drawn((1, 1, 1, 1))) for _ in range(2)],
    gradients={0: "z_0"},
    mistakes=[
        Mistake("swapped", lambda z, a, e: wide(a, z).sin() * z + wide(a, z).cos() * e,
                "Bạn đổi chỗ cos và sin. Khi θ = 0 phải còn nguyên z₀, không có nhiễu.",
                "cos and sin are swapped. At θ = 0 the code z₀ must be left whole, without noise."),
        Mistake("linear", lambda z, a, e: (1 - wide(a, z)) * z + wide(a, z) * e,
                "Bạn trộn theo đường thẳng. Ở đây trộn theo cung tròn: hệ số là cos θ và sin θ.",
                "You mix along a straight line. Here it goes along a circle: the weights are cos θ and sin θ."),
        Mistake("sides", lambda z, a, e: wide(a, z).cos() * z + (1 - wide(a, z).cos()) * e,
                "Hệ số của ε là 1 − cos θ. Hai bình phương phải có tổng bằng 1 thì phương sai mới giữ nguyên bằng 1.",
                "The weight of ε is 1 − cos θ. The two squares must sum to 1, or the variance does not stay 1."),
        Mistake("squares", lambda z, a, e: wide(a, z).cos() ** 2 * z + wide(a, z).sin() ** 2 * e,
                "Bạn dùng cos² và sin². Đó là phần của phương sai; hệ số của chính z₀ và ε không bình phương.",
                "You use cos² and sin². Those are shares of the variance; z₀ and ε themselves are weighted without the square."),
        Mistake("minus", lambda z, a, e: wide(a, z).cos() * z - wide(a, z).sin() * e,
                "Dấu giữa hai số hạng là cộng: ε được trộn thêm vào.",
                "The sign between the two terms is plus: ε is mixed in."),
        Mistake("noise_unweighted", lambda z, a, e: wide(a, z).cos() * z + e,
                "ε chưa được nhân với sin θ: ngay ở θ = 0 đã có nhiễu.",
                "ε is not weighted by sin θ: there is noise at θ = 0 already."),
        Mistake("code_unweighted", lambda z, a, e: z + wide(a, z).sin() * e,
                "z₀ chưa được nhân với cos θ: ở cuối, mã vẫn còn nguyên dưới lớp nhiễu.",
                "z₀ is not weighted by cos θ: at the end the whole code is still there under the noise."),
        Mistake("degrees", lambda z, a, e: mixed(z, a.deg2rad(), e),
                "theta đã tính bằng radian rồi, đừng đổi đơn vị nữa.",
                "theta is in radians already: do not convert it."),
        Mistake("columns", lambda z, a, e: a.cos() * z + a.sin() * e,
                "Bạn nhân θ theo cột của bản đồ: (N,) khớp với trục cuối. Mỗi mã có một góc, nên cần theta[:, None, None, None].",
                "θ is multiplied along the map's columns: (N,) matches the last axis. There is an angle for each code: theta[:, None, None, None]."),
    ],
    failures=[
        Failure("columns", "must match the size of tensor",
                "theta có kích thước (N,), z_0 là (N, C, H, W). Mỗi mã có một góc, nên cần theta[:, None, None, None].",
                "theta has shape (N,), z_0 has (N, C, H, W). There is an angle for each code: theta[:, None, None, None]."),
    ],
)
# fmt: on


def check_q_sample(function: Callable) -> Result:
    """function(z_0 (N, C, H, W), theta (N,) in radians, epsilon as z_0) → z_t = cos θ · z_0 + sin θ · ε, as z_0.

    Lesson 14: 4 · Diffusion
    """
    return run(function, Q_SAMPLE)


# fmt: off
EPSILON_LOSS = {  # name → hints
    "network_uncalled": ("Bạn chưa đưa gì vào mạng: cần network(z_t, theta).",
                         "The network is given nothing: network(z_t, theta) is needed."),
    "clean_input": ("Bạn đưa mã sạch z_0 vào mạng. Mạng phải đoán nhiễu từ mã đã trộn nhiễu z_t.",
                    "You give the network the clean code z_0. It must guess the noise from the noisy code z_t."),
    "wrong_input": ("Đầu vào của mạng không phải z_t = mix(z_0, theta, epsilon).",
                    "The network is given something other than z_t = mix(z_0, theta, epsilon)."),
    "wrong_time": ("Tham số thứ hai của mạng phải là theta, mỗi mã một góc.",
                   "The network's second argument must be theta, an angle for each code."),
    "code_target": ("Bạn so với z_0. Mạng này đoán nhiễu: mục tiêu là ε.",
                    "You compare with z_0. This network guesses the noise: the target is ε."),
    "mixed_target": ("Bạn so với chính đầu vào z_t. Mục tiêu là ε, phần nhiễu đã trộn vào.",
                     "You compare with the input z_t itself. The target is ε, the noise that was mixed in."),
    "summed": ("Bạn lấy tổng. Hàm này lấy trung bình trên mọi con số.",
               "You take the sum. This function takes the mean over all numbers."),
    "summed_by_code": ("Bạn lấy tổng trong từng mã rồi mới lấy trung bình. Hàm này lấy trung bình trên mọi con số.",
                       "You sum within each code and then average. This function takes the mean over all numbers."),
    "absolute": ("Đó là giá trị tuyệt đối. Ở đây lấy bình phương.",
                 "That is the absolute value. Here it is the square."),
    "root": ("Bạn lấy thêm căn bậc hai. Hãy dừng ở trung bình của bình phương.",
             "You also take the root. Stop at the mean of the squares."),
    "one_number": ("Hàm mất mát là một con số, bạn trả về {got}.",
                   "A loss is one number; you return {got}."),
}
# fmt: on


def check_epsilon_loss(function: Callable) -> Result:
    """function(network, z_0 (N, C, H, W), theta (N,), epsilon as z_0) → the mean of (network(z_t, theta) − epsilon)².

    Lesson 14: 4 · Diffusion
    """
    return judged(function, judge_epsilon_loss)


class Line(torch.nn.Module):
    """A network that can be worked out by hand. It notes what it is given."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = torch.nn.Parameter(torch.tensor(2.0)), []

    def forward(self, z_t: Tensor, theta: Tensor | None = None) -> Tensor:
        self.seen.append((z_t, theta))
        return self.weight * z_t + 1

    def __str__(self) -> str:
        return "2·z_t + 1"


def right_epsilon_loss(network: Callable, z_0: Tensor, theta: Tensor, epsilon: Tensor) -> Tensor:
    return (network(mixed(z_0, theta, epsilon), theta) - epsilon).pow(2).mean()


EPSILON_TASK = Task(  # for a case in numbers
    cases=lambda: [(Line(), *case) for case in codes_with_angles()],
    right=right_epsilon_loss,
    arguments="network, z_0, theta, epsilon",
    small=lambda: [(Line(), *drawn((1, 1, 1, 2)), *drawn((1,), low=0.2), *drawn((1, 1, 1, 2)))],
    mistakes=[],
)


def judge_epsilon_loss(function: Callable) -> None:
    for network, z_0, theta, epsilon in EPSILON_TASK.cases():
        loss, _ = call(function, (network, z_0, theta, epsilon))
        refuse(not isinstance(loss, Tensor | float | int), "type", HINTS, got=type(loss).__name__)
        z_t = mixed(z_0, theta, epsilon)
        judge_input(network.seen, z_0, z_t, theta)
        loss = torch.as_tensor(loss)
        refuse(loss.numel() != 1, "one_number", EPSILON_LOSS, got=tuple(loss.shape))
        others = {"code_target": z_0, "mixed_target": z_t}
        if not judge_number(loss.detach().double(), network(z_t).detach(), others, epsilon):
            raise wrong(None, *example(function, EPSILON_TASK))
        refuse(not loss.requires_grad, "detached", HINTS)
        wanted = torch.autograd.grad(right_epsilon_loss(network, z_0, theta, epsilon), network.weight)[0]
        got = torch.autograd.grad(loss.sum(), network.weight, allow_unused=True)[0]
        refuse(got is None, "detached", HINTS)
        refuse(not torch.allclose(got, wanted, rtol=1e-4), "gradient", HINTS, by="network")


def judge_input(seen: list, z_0: Tensor, z_t: Tensor, theta: Tensor) -> None:
    """What the network was given."""
    refuse(not seen, "network_uncalled", EPSILON_LOSS)
    given, time = seen[0]
    near = isinstance(given, Tensor) and given.shape == z_t.shape
    refuse(near and torch.allclose(given, z_0), "clean_input", EPSILON_LOSS)
    refuse(not near or not torch.allclose(given, z_t, atol=1e-5), "wrong_input", EPSILON_LOSS)
    right = isinstance(time, Tensor) and torch.equal(time.flatten(), theta)
    refuse(not right, "wrong_time", EPSILON_LOSS)


def judge_number(loss: Tensor, guess: Tensor, others: dict[str, Tensor], epsilon: Tensor) -> bool:
    """Whether it is right. others: what the guess may have been compared with by mistake."""
    off = (guess - epsilon).double()

    def near(number: Tensor) -> bool:
        return torch.allclose(loss.reshape(()), number.double(), rtol=1e-4)

    if near(off.pow(2).mean()):
        return True
    for name, target in others.items():
        refuse(near((guess - target).double().pow(2).mean()), name, EPSILON_LOSS)
    refuse(near(off.pow(2).sum()), "summed", EPSILON_LOSS)
    refuse(near(off.pow(2).sum() / len(off)), "summed_by_code", EPSILON_LOSS)
    refuse(near(off.abs().mean()), "absolute", EPSILON_LOSS)
    refuse(near(off.pow(2).mean().sqrt()), "root", EPSILON_LOSS)
    return False


def codes_off_centre():
    for shape, wide, centre in (((200, 4, 7, 7), 5.0, 3.0), ((500, 2, 4, 4), 0.2, -1.0), ((1500, 1, 3, 3), 1.5, 0.5)):
        maps = (1 + torch.arange(shape[1]))[:, None, None]  # each map has a centre and a width of its own
        yield (maps * (wide * torch.randn(shape) + centre),)


# fmt: off
SCALE_FACTOR = Task(
    cases=codes_off_centre,
    right=lambda codes: 1 / codes.std(),
    arguments="codes",
    small=lambda: [drawn((2, 1, 1, 1), low=1.0, high=3.0), drawn((3, 1, 1, 1), low=1.0, high=3.0)],
    mistakes=[
        Mistake("std", lambda z: z.std(),
                "Đó là độ lệch chuẩn. Nhân với gì thì nó thành 1?",
                "That is the standard deviation. What must it be multiplied by to become 1?"),
        Mistake("variance", lambda z: 1 / z.var(),
                "Bạn chia cho phương sai. Nhân mã với s thì phương sai nhân với s², nên cần 1 chia cho độ lệch chuẩn.",
                "You divide by the variance. Codes times s have s² times the variance, so it is 1 over the standard deviation."),
        Mistake("by_map", lambda z: 1 / z.std(dim=(0, 2, 3)),
                "Bạn có một số cho mỗi bản đồ. Hệ số tỉ lệ ở đây là một số chung cho mọi con số của mã.",
                "You have a number for each map. Here one factor serves the whole code."),
        Mistake("within_maps", lambda z: 1 / z.var(dim=(0, 2, 3)).mean().sqrt(),
                "Bạn đo độ lệch quanh trung bình của từng bản đồ. Ở đây đo quanh trung bình chung của mọi con số.",
                "You measure the spread around each map's own mean. Here it is around the mean of all numbers together."),
        Mistake("by_code", lambda z: 1 / z.flatten(1).std(dim=1),
                "Bạn có một số cho mỗi mã. Hệ số phải chung cho mọi mã, nếu không thì decoder không biết chia lại cho số nào.",
                "You have a number for each code. It must be one for all, or the decoder cannot know what to divide by."),
        Mistake("by_place", lambda z: 1 / z.std(dim=0),
                "Bạn có một số cho mỗi vị trí. Hệ số tỉ lệ ở đây là một số chung.",
                "You have a number for each place. Here one number serves all."),
        Mistake("largest", lambda z: 1 / z.abs().max(),
                "Bạn chia cho số lớn nhất, tức là một giá trị ngoại lai. Cần đưa độ lệch chuẩn về 1.",
                "You divide by the largest number, an outlier. What must become 1 is the standard deviation."),
        Mistake("range", lambda z: 1 / (z.max() - z.min()),
                "Bạn chia cho khoảng từ nhỏ nhất đến lớn nhất. Cần đưa độ lệch chuẩn về 1.",
                "You divide by the range. What must become 1 is the standard deviation."),
        Mistake("around_zero", lambda z: 1 / z.pow(2).mean().sqrt(),
                "Bạn đo độ lớn quanh 0. Độ lệch chuẩn đo quanh trung bình của các mã.",
                "You measure the size around 0. The standard deviation is taken around the codes' mean."),
        Mistake("absolute", lambda z: 1 / z.abs().mean(),
                "Bạn chia cho trung bình của giá trị tuyệt đối. Cần độ lệch chuẩn.",
                "You divide by the mean absolute value. The standard deviation is needed."),
        Mistake("scaled_codes", lambda z: z / z.std(),
                "Đó là các mã đã nhân xong. Hàm này trả về chính hệ số.",
                "Those are the codes already scaled. This function returns the factor itself."),
    ],
)
# fmt: on


def check_scale_factor(function: Callable) -> Result:
    """function(codes (N, C, H, W)) → a number: one over the standard deviation of all numbers in the codes.

    Lesson 14: The scale factor
    """
    return run(function, SCALE_FACTOR)


def guesses():
    for shape, w in (((5, 4, 7, 7), 2.0), ((3, 2, 4, 4), 0.0), ((4, 3), 7.5)):
        yield torch.randn(shape), torch.randn(shape), w


# fmt: off
GUIDED = Task(
    cases=guesses,
    right=lambda without, labelled, w: without + w * (labelled - without),
    arguments="without, labelled, w",
    small=lambda: [(*drawn((1,), (1,)), 3.0), (*drawn((2,), (2,)), 2.0)],
    gradients={0: "without", 1: "labelled"},
    gradient_cases=1,
    mistakes=[
        Mistake("from_labelled", lambda u, c, w: c + w * (c - u),
                "Bạn bắt đầu từ lời đoán có nhãn, như công thức trong bài báo của Ho và Salimans. Ở đây w = 0 phải bỏ qua nhãn, w = 1 phải cho đúng lời đoán có nhãn.",
                "You start from the guess with the label, as the paper of Ho and Salimans does. Here w = 0 must ignore the label and w = 1 give the guess with it."),
        Mistake("swapped", lambda u, c, w: c + w * (u - c),
                "Hai lời đoán bị đổi chỗ: w = 0 phải cho lời đoán không nhãn.",
                "The two guesses are swapped: w = 0 must give the one without the label."),
        Mistake("backwards", lambda u, c, w: u + w * (u - c),
                "Bạn đi ngược hướng: hiệu phải đi từ lời đoán không nhãn đến lời đoán có nhãn.",
                "You go the wrong way: the difference must point from the guess without the label to the one with it."),
        Mistake("difference_alone", lambda u, c, w: w * (c - u),
                "Đó chỉ là đoạn đường. Còn thiếu điểm xuất phát, tức là lời đoán không nhãn.",
                "That is only the step. The starting point, the guess without the label, is missing."),
        Mistake("labelled_alone", lambda u, c, w: w * c,
                "Bạn nhân lời đoán có nhãn với w. Phải nhân hiệu của hai lời đoán.",
                "You multiply the guess with the label by w. It is the difference of the two that is multiplied."),
        Mistake("sum", lambda u, c, w: u + w * c,
                "Bạn nhân cả lời đoán có nhãn. Phải nhân hiệu của hai lời đoán.",
                "You multiply the whole guess with the label. It is the difference of the two that is multiplied."),
        Mistake("ignored", lambda u, c, w: c,
                "Đó là lời đoán có nhãn, tức là w = 1. Bạn chưa dùng w.",
                "That is the guess with the label, w = 1. w is not used."),
        Mistake("mean", lambda u, c, w: (u + c) / 2,
                "Đó là trung bình của hai lời đoán, tức là w = ½. Bạn chưa dùng w.",
                "That is the mean of the two guesses, w = ½. w is not used."),
    ],
)
# fmt: on


def check_guided(function: Callable) -> Result:
    """function(without, labelled, w): two guesses of ε of one shape, w a number → without + w · (labelled − without).

    Lesson 14: 5 · The prompt
    """
    return run(function, GUIDED)
