"""Lesson 07, walking in the latent space: along the arc."""

from collections.abc import Callable

import torch

from .engine import Mistake, Result, Task, run


def slerp(a, b, t):
    angle = torch.acos(torch.dot(a, b) / (a.norm() * b.norm()))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def cosine_as_angle(a, b, t):
    angle = torch.dot(a, b) / (a.norm() * b.norm())
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


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
    ],
)
# fmt: on


def check_slerp(function: Callable) -> Result:
    """function(z_a, z_b, alpha), each z (d,) → the point the share alpha along the arc from z_a to z_b (spherical).

    Lesson 07: Walking from one image to another
    """
    return run(function, SLERP)
