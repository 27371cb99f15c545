"""For functions that draw at random: what their noise is judged by.

A right answer may have bad luck, so each statistic may lie SIGMAS standard errors from what it should be. That happens by
chance in 2 of 10⁹ cases. A check looks at fewer than 700 such numbers (most of them correlations of two dimensions of z),
so it refuses a right answer about once in 700,000 runs; and a σ that is 2% off lies 9 standard errors away or more.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .engine import call, refuse

SIGMAS = 6.0
CUT = 3.7  # 10⁵ numbers from N(0, 1), the fewest that a check looks at, all lie within ±3.7 in 4 of 10¹⁰ cases
KOLMOGOROV = 3.2  # √n times the largest gap between two distribution functions is above it in 3 of 10⁹ cases


def flaw(noise: Tensor) -> str | None:
    """What keeps noise, (N, d), at least 10⁵ numbers, from being independent N(0, 1): the first flaw's name, or None."""
    if (noise - noise[:1]).abs().max() < 1e-3:
        return "shared_by_batch"
    if (noise - noise[:, :1]).abs().max() < 1e-3:
        return "shared_by_dimensions"
    distinct = len(noise.abs().unique())
    if 100 < distinct < 0.9 * noise.numel():  # a float32 normal meets its like now and then: 1 in 100 numbers
        return "reused"
    return flaw_of_shape(noise.double()) or flaw_of_dependence(noise.double())


def flaw_of_shape(noise: Tensor) -> str | None:
    n, N = noise.numel(), len(noise)
    error = {"mean": 1 / n, "std": 1 / (2 * n), "skewness": 6 / n, "kurtosis": 24 / n}  # squares of the standard errors
    error = {name: SIGMAS * math.sqrt(square) for name, square in error.items()}
    standard = (noise - noise.mean()) / noise.std()
    kurtosis = standard.pow(4).mean()  # 3 for a Gaussian, 1.8 for a uniform distribution
    if abs(noise.mean()) > error["mean"]:
        return "mean"
    if standard.abs().max() < CUT:
        return "clipped" if kurtosis > 2.2 else "not_gaussian"
    if abs(kurtosis - 3) > error["kurtosis"] or abs(standard.pow(3).mean()) > error["skewness"]:
        return "not_gaussian"
    if abs(noise.std() - 1) > error["std"] or (noise.std(dim=0) - 1).abs().max() > SIGMAS / math.sqrt(2 * N):
        return "scale"
    if noise.mean(dim=0).abs().max() > SIGMAS / math.sqrt(N):
        return "mean"
    steps = torch.arange(1, n + 1, dtype=noise.dtype) / n
    gap = (torch.special.ndtr(noise.flatten().sort().values) - steps).abs().max()
    return "not_gaussian" if gap * math.sqrt(n) > KOLMOGOROV else None


def flaw_of_dependence(noise: Tensor) -> str | None:
    """Correlations of the dimensions with each other and of each image with the next, of the numbers and of their size.

    And sums over the batch that come to 0 in every dimension: numbers drawn on their own never do that.
    """
    if noise.mean(dim=0).abs().max() < 1e-5:
        return "dependent"
    for numbers in (noise, noise.abs()):
        between = torch.corrcoef(numbers.T).fill_diagonal_(0)
        if between.abs().max() > SIGMAS / math.sqrt(len(noise)):
            return "dependent"
        centred = (numbers - numbers.mean()) / numbers.std()
        if (centred[1:] * centred[:-1]).mean().abs() > SIGMAS / math.sqrt(noise.numel()):
            return "dependent"
    return None


def refuse_repeated(function: Callable, arguments: Sequence, first: Tensor, hints: dict) -> None:
    """A second call with the same arguments must not give the same numbers. hints: "repeated"."""
    again, _ = call(function, arguments)
    refuse(torch.equal(again.detach(), first.detach()), "repeated", hints)
