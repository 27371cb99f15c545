"""What all models ask of their sizes and of the images they are given."""

import operator
from math import prod

from torch import Tensor, nn


def whole(owner: nn.Module, **values: int) -> list[int]:
    """The values as plain ints. Raises ValueError, naming the argument, for all but whole numbers from 1 up."""
    numbers = []
    for name, value in values.items():
        try:
            number = 0 if isinstance(value, bool) else operator.index(value)
        except TypeError:
            number = 0
        if number < 1:
            raise ValueError(f"{type(owner).__name__}({name}): got {value!r}, expected a whole number from 1 up.")
        numbers.append(number)
    return numbers


def check_images(model: nn.Module, x: Tensor, flat: bool = False) -> None:
    """Raise ValueError unless x is (N, channels, img_size, img_size) or, if flat, anything with as many pixels."""
    channels, size, name = model.channels, model.img_size, type(model).__name__
    if x.shape[1:] == (channels, size, size) or (flat and x.ndim > 1 and prod(x.shape[1:]) == channels * size**2):
        return
    message = f"{name}: x has shape {tuple(x.shape)}, expected (N, {channels}, {size}, {size})."
    if x.ndim == 3:
        message += " One image alone needs a batch dimension: x.unsqueeze(0)."
    elif x.ndim == 4 and x.shape[2] == x.shape[3]:
        message += (
            f" For such images make the model with {name}(channels={x.shape[1]}, img_size={x.shape[3]}, …), "
            f"or bring them to {size}×{size}: torch.nn.functional.interpolate(x, size={size})."
        )
    raise ValueError(message)
