"""Pictures as (N, C, H, W) in [0, 1], out of whatever a student has: tensors, arrays, bytes, lists."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from .._language import tr

CHANNELS = (1, 3)


def as_images(images, name: str) -> Tensor:
    """images as a float32 tensor (N, C, H, W) on the CPU, C being 1 or 3.

    Takes a tensor (with gradients, on any device) or a NumPy array: (N, C, H, W), (N, H, W), one image (C, H, W) or
    (H, W), flat square ones (N, H·W); or a list or generator of these. Bytes 0 … 255 become 0 … 1; other values stay.
    Three axes are one image where the first is 1 or 3 long, and N grey ones otherwise.
    Raises ValueError, naming the argument, for no images, for colours last (N, H, W, C), and for 2 or 4 channels.
    """
    if isinstance(images, np.ndarray) or hasattr(images, "__array__") and not isinstance(images, Tensor):
        images = torch.as_tensor(np.array(images))
    if not isinstance(images, Tensor):
        images = stacked(images, name)
    images = images.detach().cpu()
    shape = tuple(images.shape)
    if images.numel() == 0:
        raise ValueError(f"{name}: got shape {shape}, so there are no images.")
    if images.ndim == 2:
        images = _from_flat(images) if shape[0] != shape[1] and _side(shape[1]) else images[None, None]
    elif images.ndim == 3:
        if shape[0] not in CHANNELS and shape[-1] in (3, 4):
            raise ValueError(_channels_message(name, shape))
        images = images[None] if shape[0] in CHANNELS else images[:, None]
    if images.ndim != 4:
        raise ValueError(f"{name}: got shape {shape}, expected images (N, C, H, W).")
    if images.shape[1] not in CHANNELS:
        raise ValueError(_channels_message(name, shape))
    return _as_float(images, name)


def _side(pixels: int) -> int:
    """The side of a square picture of that many pixels; 0 if it is none."""
    side = round(pixels**0.5)
    return side if side * side == pixels and side > 1 else 0


def _from_flat(images: Tensor) -> Tensor:
    side = _side(images.shape[1])
    return images.reshape(-1, 1, side, side)


def stacked(images, name: str) -> Tensor:
    """A list or generator of images, or of batches, as one tensor."""
    if not isinstance(images, Iterable) or isinstance(images, (str, bytes, dict)):
        raise ValueError(f"{name}: got {type(images).__name__}, expected images: a tensor or an array (N, C, H, W).")
    parts = [part if isinstance(part, Tensor) else torch.as_tensor(np.array(part)) for part in images]
    if not parts:
        raise ValueError(f"{name}: there are no images.")
    if all(part.ndim == 4 for part in parts) and len({part.shape[1:] for part in parts}) == 1:
        return torch.cat([part.detach().cpu() for part in parts])
    if len({part.shape for part in parts}) > 1:
        shapes = ", ".join(sorted({str(tuple(part.shape)) for part in parts}))
        raise ValueError(f"{name}: got images of different shapes ({shapes}), expected one shape; resize them first.")
    return torch.stack([part.detach().cpu() for part in parts])


def _channels_message(name: str, shape: tuple) -> str:
    if shape[-1] in (1, 3, 4) and shape[-1] < shape[-2]:
        order = "0, 3, 1, 2" if len(shape) == 4 else "2, 0, 1"
        return f"{name}: got shape {shape} with the colours last, expected (N, C, H, W): call .permute({order}) first."
    choice = "[:, :3] of red, green, blue and opacity" if shape[1] == 4 else "[:, :1]"
    return f"{name}: got {shape[1]} channels (shape {shape}), expected 1 (grey) or 3 (colour): choose some, such as {choice}."


def _as_float(images: Tensor, name: str) -> Tensor:
    if images.is_complex():
        raise ValueError(f"{name}: got complex numbers, expected values from 0 to 1.")
    if images.is_floating_point() or images.dtype == torch.bool:
        return images.float()
    if images.min() < 0 or images.max() > 255:
        raise ValueError(
            f"{name}: got whole numbers from {images.min()} to {images.max()}, expected bytes 0 … 255 or values from 0 to 1."
        )
    return images.float() / 255


def checked(images: Tensor, name: str, advice: str = "") -> Tensor:
    """The images, cut off at 0 and 1 where rounding went beyond.

    Raises ValueError for NaN and inf, and for values outside [0, 1], then with the advice at its end.
    """
    if not images.isfinite().all():
        raise ValueError(
            tr(
                f"{name}: có NaN hoặc vô cùng trong các giá trị, không vẽ được. Nếu chúng do mô hình đưa ra thì huấn luyện "
                "đã phân kỳ: hãy huấn luyện lại với lr nhỏ hơn.",
                f"{name}: NaN or infinity among the values, which cannot be drawn. If a model gave them, its training has "
                "diverged: train again with a smaller lr.",
            )
        )
    low, high = images.min().item(), images.max().item()
    if low < -1e-3 or high > 1 + 1e-3:
        raise ValueError(
            tr(
                f"{name}: các giá trị từ {low:.3g} đến {high:.3g}, cần nằm trong [0, 1].",
                f"{name}: got values from {low:.3g} to {high:.3g}, expected [0, 1].",
            )
            + (f" {advice}" if advice else "")
        )
    return images.clamp(0, 1)
