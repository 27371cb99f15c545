"""The optimizer and its schedule."""

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from .._inference import device_of
from .._language import tr
from .batches import Batches, known_length


def adam(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.Adam:
    """Adam over the model's weights. Raises ValueError for a model without any."""
    fused = True if device_of(model).type == "cuda" else None  # the whole update as one command to the GPU
    return torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay, fused=fused)


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
