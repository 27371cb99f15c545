"""Weights so small that they change nothing but the time: those that a network no longer uses."""

import torch
from torch import Tensor

TINY = 1e-30


@torch.no_grad()
def forget_tiny(weights: Tensor, *beside: Tensor) -> None:
    """Set to 0, in place, what is below 1e-30 in weights, and in tensors of the same shape beside it what belongs to it.

    Below 1.2e-38 a float32 is subnormal (IEEE 754): it still counts, but a processor computes with it by a slow way of its
    own. Weights that get no gradient but weight decay's shrink through these numbers.
    """
    small = weights.abs() < TINY
    for tensor in (weights, *beside):
        tensor.masked_fill_(small, 0)
