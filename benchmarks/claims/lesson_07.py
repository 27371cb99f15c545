"""What lesson 07 says beyond its own cells, of the networks that it shows: vae-16d, and ae-16d as the rival.

The seeds draw the pairs of images, the images and the rotations.
"""

from itertools import permutations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from vae_helpers import models
from vae_helpers.widgets import slerp

from .judge import agreement, brightness, correlation, distance, read, slant
from .ledger import claim
from .networks import images_of

PAIRS, IMAGES, EACH = 200, 2000, 20  # EACH: images of one digit
STEP = 0.05  # how far a code is moved to see what the decoder changes


def drawn(n: int) -> tuple[Tensor, Tensor]:
    """n test images drawn at random, and their digits."""
    test = images_of("test")
    chosen = torch.randperm(len(test))[:n]
    return test.images[chosen], test.labels[chosen]


def codes(net: nn.Module, x: Tensor) -> Tensor:
    found = net.encode(x)
    return found[0] if isinstance(found, tuple) else found


@claim(
    lesson="07",
    en="Half way between two codes of vae-16d, mean over 200 random pairs: on the arc the strokes are bolder than on the "
    "straight way in more than nine pairs of ten, but the picture is farther from the nearest real image in more than six of "
    "ten; the nearest real images agree about its digit as often, to within a tenth.",
    vi="Đo ở giữa đường nối hai mã của vae-16d, trung bình trên 200 cặp ngẫu nhiên. Ở hơn chín phần mười số cặp, nét trên cung tròn "
    "đậm hơn trên đường thẳng, nhưng ở hơn sáu phần mười số cặp, ảnh lại cách xa ảnh thật gần nhất hơn. Mức nhất trí của các ảnh "
    "thật gần nhất về chữ số chênh nhau không quá một phần mười.",
    holds=lambda rows: all(
        row["arc_bolder"] > 0.9 and row["arc_farther"] > 0.6 and abs(row["agree_arc"] - row["agree_straight"]) < 0.1
        for row in rows
    ),
)
def arc_and_straight(seed):
    """Shares of the pairs; bolder: the mean of the brightest tenth of the pixels; agreement: of the ten nearest images."""
    vae = models.load_pretrained("vae-16d")
    x, _ = drawn(2 * PAIRS)
    with torch.no_grad():
        a, b = codes(vae, x).split(PAIRS)
        straight = vae.decode((a + b) / 2)
        arc = vae.decode(torch.stack([slerp(z_a, z_b, 0.5) for z_a, z_b in zip(a, b, strict=True)]))
    return {
        "arc_bolder": (brightness(arc) > brightness(straight)).float().mean(),
        "arc_farther": (distance(arc) > distance(straight)).float().mean(),
        "agree_straight": agreement(straight).mean(),
        "agree_arc": agreement(arc).mean(),
    }


@claim(
    lesson="07",
    en="Of the 720 sums a − b + c of the mean codes of three different digits (vae-16d) at least three quarters are read as a "
    "or c, one of their own terms.",
    vi="Trong 720 phép tính a − b + c với mã trung bình của ba chữ số khác nhau (vae-16d), ít nhất ba phần tư được đọc là chính a hoặc c.",
    holds=lambda rows: all(row["a_or_c"] > 0.75 for row in rows),
)
def sums_give_their_terms(seed):
    """Mean codes of 2,000 test images; a picture is read as the digit of the nearest training image."""
    vae = models.load_pretrained("vae-16d")
    x, y = drawn(IMAGES)
    terms = torch.tensor(list(permutations(range(10), 3)))
    with torch.no_grad():
        mu = codes(vae, x)
        means = torch.stack([mu[y == digit].mean(dim=0) for digit in range(10)])
        a, b, c = terms.T
        digits = read(vae.decode(means[a] - means[b] + means[c]))
    return {
        "a_or_c": ((digits == a) | (digits == c)).float().mean(),
        "b": (digits == b).float().mean(),
        "another": ((digits != a) & (digits != b) & (digits != c)).float().mean(),
    }


@claim(
    lesson="07",
    en="z − (mean code of its digit) + (mean code of another) gives the other digit in 70 to 95% of the cases and keeps the slant "
    "(correlation above 0.9 within a digit), with the codes of ae-16d as well as with those of vae-16d.",
    vi="Phép tính z − (mã trung bình của chữ số ấy) + (mã trung bình của chữ số khác) ra chữ số kia trong 70 đến 95% trường hợp. Nó "
    "cũng giữ độ nghiêng (tương quan trên 0,9 trong cùng một chữ số), với mã của ae-16d cũng như của vae-16d.",
    holds=lambda rows: all(
        0.7 < row[f"{name}_other_digit"] < 0.95 and row[f"{name}_slant"] > 0.9 for row in rows for name in ("vae", "ae")
    ),
)
def style_is_kept(seed):
    """20 test images of each digit, turned into each of the nine others; read as the digit of the nearest training image."""
    x, y = drawn(IMAGES)
    return {
        f"{name}_{what}": value
        for name in ("vae", "ae")
        for what, value in change_digits(models.load_pretrained(f"{name}-16d"), x, y).items()
    }


def change_digits(net: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    right, slants = [], []
    with torch.no_grad():
        z = codes(net, x)
        means = torch.stack([z[y == digit].mean(dim=0) for digit in range(10)])
        for old, new in permutations(range(10), 2):
            some = (y == old).nonzero()[:EACH, 0]
            pictures = net.decode(z[some] - means[old] + means[new])
            right.append((read(pictures) == new).float().mean())
            slants.append(correlation(slant(pictures), slant(x[some])))
    return {"other_digit": torch.stack(right).mean().item(), "slant": sum(slants) / len(slants)}


@claim(
    lesson="07",
    en="No axis of vae-16d means slant: a single one correlates with it by less than 0.8, all 16 together predict it with a "
    "correlation above 0.9.",
    vi="Không trục nào của vae-16d mang nghĩa độ nghiêng: tương quan của từng trục với nó dưới 0,8, còn dùng cả 16 trục thì đoán "
    "được nó với tương quan trên 0,9.",
    holds=lambda rows: all(row["best_axis"] < 0.8 and row["all_axes"] > 0.9 for row in rows),
)
def no_axis_is_slant(seed):
    """4,000 test images; the prediction is linear, fitted to one half and tried on the other."""
    x, _ = drawn(2 * IMAGES)
    with torch.no_grad():
        mu = codes(models.load_pretrained("vae-16d"), x)
    lean = slant(x)
    with_constant = torch.cat([mu, torch.ones(len(mu), 1)], dim=1)
    weights = torch.linalg.lstsq(with_constant[:IMAGES], lean[:IMAGES, None]).solution
    return {
        "best_axis": max(abs(correlation(axis, lean)) for axis in mu.T),
        "all_axes": correlation((with_constant[IMAGES:] @ weights)[:, 0], lean[IMAGES:]),
    }


@claim(
    lesson="07",
    en="What two axes of vae-16d change in the picture is about as far from perpendicular as for axes rotated at random: mean "
    "|cosine| 0.1 to 0.25, the two within 0.02 of each other.",
    vi="Những thay đổi mà hai trục của vae-16d gây ra trên ảnh lệch khỏi vuông góc cũng nhiều như với các trục quay ngẫu nhiên: trung bình "
    "|cosin| từ 0,1 đến 0,25, hai bên chênh nhau không quá 0,02.",
    holds=lambda rows: all(0.1 < row["axes"] < 0.25 and abs(row["axes"] - row["rotated"]) < 0.02 for row in rows),
)
def axes_like_any_others(seed):
    """The decoder's differences along each axis at the codes of 100 test images; the mean over all pairs of axes."""
    vae = models.load_pretrained("vae-16d")
    x, _ = drawn(100)
    rotation = torch.linalg.qr(torch.randn(16, 16))[0]
    with torch.no_grad():
        mu = codes(vae, x)
        return {"axes": mean_cosine(vae, mu, torch.eye(16)), "rotated": mean_cosine(vae, mu, rotation)}


def mean_cosine(net: nn.Module, z: Tensor, axes: Tensor) -> float:
    """axes (d, d), one in each column → the mean |cosine| between the changes along two of them."""
    changes = [(net.decode(z + STEP * axis) - net.decode(z - STEP * axis)).flatten(1) for axis in axes.T]
    unit = normalize(torch.stack(changes, dim=1), dim=2)
    cosines = (unit @ unit.transpose(1, 2)).abs()
    d = len(axes)
    return ((cosines.sum(dim=(1, 2)) - d) / (d * (d - 1))).mean().item()


@claim(
    lesson="07",
    en="On the map of vae-2d 10 to 15% of the test images lie outside the third circle, more than three quarters of them 1s and "
    "7s.",
    vi="Trên bản đồ của vae-2d, 10 đến 15% số ảnh kiểm tra nằm ngoài vòng tròn thứ ba, hơn ba phần tư trong đó là số 1 và số 7.",
    holds=lambda rows: all(0.1 < row["outside"] < 0.15 and row["ones_and_sevens"] > 0.75 for row in rows),
    seeds=(0,),
    quick=True,
)
def beyond_the_third_circle(seed):
    """All test images. Only one seed: the weights are stored and nothing is drawn at random."""
    test = images_of("test")
    with torch.no_grad():
        outside = codes(models.load_pretrained("vae-2d"), test.images).norm(dim=1) > 3
    there = test.labels[outside]
    return {"outside": outside.float().mean(), "ones_and_sevens": ((there == 1) | (there == 7)).float().mean()}
