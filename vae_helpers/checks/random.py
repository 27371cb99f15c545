"""For functions that draw at random: what all of them are judged by."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .engine import call, refuse


def refuse_repeated(function: Callable, arguments: Sequence, first: Tensor, hints: dict) -> None:
    """A second call with the same arguments must not give the same numbers. hints: "repeated"."""
    again, _ = call(function, arguments)
    refuse(torch.equal(again.detach(), first.detach()), "repeated", hints)


def kurtosis(noise: Tensor) -> Tensor:
    """3 for a Gaussian, 1.8 for a uniform distribution."""
    return ((noise - noise.mean()) / noise.std()).pow(4).mean()
