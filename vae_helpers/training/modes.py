"""Train mode, and the modes that the model came with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn

from .._inference import kept_modes


@contextmanager
def train_modes(model: nn.Module) -> Iterator[Callable]:
    """with train_modes(model) as train_mode: then train_mode() is model.train(), but layers that were frozen stay so.

    Frozen is a layer in eval mode within a model in train mode. Afterwards each layer is in the mode it came in.
    """
    frozen = [layer for layer in model.modules() if not layer.training] if model.training else []

    def train_mode() -> None:
        model.train()
        for layer in frozen:
            layer.training = False

    with kept_modes(model):
        yield train_mode
