"""The optimizer and its schedule."""

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from .._inference import device_of
from .._language import tr
from .._tiny import forget_tiny
from .batches import Batches, known_length

EVERY = 100  # steps


def adam(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.Adam:
    """Adam over the model's weights; on a CPU it forgets tiny ones. Raises ValueError for a model without any."""
    device = device_of(model).type
    fused = True if device == "cuda" else None  # the whole update as one command to the GPU
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay, fused=fused)
    if device == "cpu":
        optimizer.register_step_post_hook(forget_unused)
    return optimizer


def forget_unused(optimizer: torch.optim.Adam, *_: object) -> None:
    """After every hundredth step: set to 0 the weights below 1e-30, with their running mean of gradients.

    A weight that gets no gradient but weight decay's shrinks under Adam by some 5 % a step: from 0.01 to some 1e-38 in 1,600
    steps (1,000 with beta1 = 0.85). There it or its products are subnormal, and a CPU computes slowly with them. A hundred
    steps take 2 to 4 of its decimal places, so from 1e-30 on they do not lead there. Counted are Adam's own steps: a
    training that goes on from a checkpoint does the same.
    """
    steps = next((kept["step"] for kept in optimizer.state.values()), 1)
    if steps % EVERY == 0:
        for weight, kept in optimizer.state.items():
            forget_tiny(weight, kept["exp_avg"])


def one_cycle(optimizer: torch.optim.Optimizer, lr: float, epochs: int, batches: Batches) -> LRScheduler:
    """The one-cycle schedule over all steps of all epochs. Raises ValueError for a stream, whose steps nobody knows."""
    steps = known_length(batches)
    if steps is None:
        raise ValueError(
            tr(
                "fit(schedule='one-cycle'): cần biết trước mỗi epoch có bao nhiêu batch, mà IterableDataset này không cho biết. Hãy "
                "viết __len__ cho nó, hoặc dùng schedule=None.",
                "fit(schedule='one-cycle'): must know how many batches an epoch has, and this IterableDataset does not say. Write a "
                "__len__ for it, or use schedule=None.",
            )
        )
    return OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * steps)
