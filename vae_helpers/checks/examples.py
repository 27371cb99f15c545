"""One case in numbers, for a wrong answer that looks like no known mistake: what went in, what came out, what is right.

Texts come in pairs (Vietnamese, English); Vietnamese has decimal commas, and so semicolons between numbers.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

MOST_IN, MOST_OUT = 12, 6  # so many numbers are still read one by one


def rounded(case: Sequence) -> tuple:
    """The case with two decimals, as one would choose it by hand."""

    def near(value):
        if isinstance(value, (tuple, list)):
            return type(value)(map(near, value))
        if isinstance(value, Tensor):
            return value.round(decimals=2) if value.is_floating_point() else value
        return round(value, 2) if isinstance(value, float) else value

    return tuple(map(near, case))


def size(value) -> int:
    """How many numbers it holds."""
    if isinstance(value, (tuple, list)):
        return sum(map(size, value))
    return value.numel() if isinstance(value, Tensor) else 1


def counterexample(names: Sequence[str], case: Sequence, got: list[Tensor], wanted: list[Tensor]) -> tuple[str, str]:
    """The sentence, in both languages. got, wanted: the numbers of the two answers, part by part, of the same shapes."""
    vi, en = inputs(names, case)
    if size(wanted) > MOST_OUT:
        shapes = ", ".join(str(tuple(part.shape)) for part in got)
        off = max((a - b).abs().max().item() for a, b in zip(got, wanted, strict=True) if a.numel())
        return (
            f"Với {vi}, kết quả của bạn, kích thước {shapes}, lệch nhiều nhất {number(off, 3, 'vi')}.",
            f"For {en} your result, of shape {shapes}, is off by up to {number(off, 3, 'en')}.",
        )
    digits = next((d for d in range(3, 8) if said(got, d, "en") != said(wanted, d, "en")), 8)
    return (
        f"Với {vi}, hàm của bạn cho {said(got, digits, 'vi')}; kết quả đúng là {said(wanted, digits, 'vi')}.",
        f"For {en} your function gives {said(got, digits, 'en')}; right is {said(wanted, digits, 'en')}.",
    )


def inputs(names: Sequence[str], case: Sequence) -> tuple[str, str]:
    """The arguments by name, with their numbers if these are few, or else with their shapes."""
    few = size(list(case)) <= MOST_IN
    vi, en = [], []
    for name, value in zip(names, case, strict=False):
        if isinstance(value, Tensor) and not few:
            vi.append(f"{name} có kích thước {tuple(value.shape)}")
            en.append(f"{name} of shape {tuple(value.shape)}")
        else:
            vi.append(f"{name} = {text(value, 6, 'vi')}")
            en.append(f"{name} = {text(value, 6, 'en')}")
    return ", ".join(vi), ", ".join(en)


def said(parts: list[Tensor], digits: int, language: str) -> str:
    return text(parts[0] if len(parts) == 1 else tuple(parts), digits, language)


def text(value, digits: int, language: str) -> str:
    """Numbers as they are written in that language, with so many digits."""
    if callable(value):
        return str(value)
    if isinstance(value, tuple):
        return "(" + ("; " if language == "vi" else ", ").join(text(part, digits, language) for part in value) + ")"
    if isinstance(value, Tensor):
        value = value.tolist()
    if isinstance(value, list):
        return "[" + ("; " if language == "vi" else ", ").join(text(part, digits, language) for part in value) + "]"
    return number(value, digits, language)


def number(value: float, digits: int, language: str) -> str:
    if not math.isfinite(value) or value == int(value) and abs(value) < 1e6:
        written = str(value if not math.isfinite(value) else int(value))
    elif 1e-4 <= abs(value) < 1e6:
        decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        written = f"{value:.{decimals}f}"
        written = written.rstrip("0").rstrip(".") if "." in written else written
    else:
        written = f"{value:.{digits}g}"
    return written.replace(".", ",") if language == "vi" else written


def drawn(*shapes: tuple, low: float | None = None, high: float = 1.0) -> list[Tensor]:
    """Tensors of these shapes: from N(0, 1), or spread evenly from low to high."""
    return [torch.randn(shape) if low is None else low + (high - low) * torch.rand(shape) for shape in shapes]
