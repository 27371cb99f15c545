"""What plots and widgets ask of a model, whatever its class: codes, reconstructions, decoded pictures.

A model's forward may give one tensor (the reconstruction), a tuple or a list that begins with it; encode one tensor (the
code), or a tuple or list that begins with it. Pictures may be flat. Weights may be double or half precision.
"""

import torch
from torch import Tensor, nn

from .._inference import device_of, looking_at
from .._language import tr
from ._pictures import CHANNELS, as_images, checked


def dtype_of(model: nn.Module) -> torch.dtype:
    """The precision of the model's weights; float32 for a model without any."""
    return next((weight.dtype for weight in model.parameters() if weight.is_floating_point()), torch.float32)


def _to_model(model: nn.Module, values: Tensor) -> Tensor:
    return values.to(dtype_of(model)).to(device_of(model))  # in this order: Apple's GPU takes no float64


def first_of(output, source: str) -> Tensor:
    """The tensor that a model's output is or begins with. Raises ValueError, naming the source, for anything else."""
    first = output[0] if isinstance(output, (tuple, list)) and output else output
    if not isinstance(first, Tensor):
        raise ValueError(
            f"{source} gives {type(output).__name__}, expected a tensor, or a tuple or list that begins with one."
        )
    return first


def codes_of(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """The code of each image as float32 (N, …) on the CPU: mu of a VAE, z of an autoencoder.

    By the model's encode where it has one, or else the second output of its forward. images: (N, C, H, W).
    Raises ValueError for a model that gives no codes, and for codes that are NaN or infinite.
    """
    name = type(model).__name__
    parts = []
    with looking_at(model):
        for batch in images.split(batch_size):
            batch = _to_model(model, batch)
            if hasattr(model, "encode"):
                code = first_of(model.encode(batch), f"{name}.encode(x)")
            else:
                output = model(batch)
                if not isinstance(output, (tuple, list)) or len(output) < 2:
                    raise ValueError(
                        f"{name} gives no codes: it has no method encode(x), and forward(x) gives the reconstruction alone."
                    )
                code = first_of(output[1], f"forward(x)[1] of {name}")
            parts.append(code.float().cpu())
    codes = torch.cat(parts)
    if not codes.isfinite().all():
        raise ValueError(
            tr(
                f"{name}: mã của các ảnh có NaN hoặc vô cùng: huấn luyện đã phân kỳ. Hãy huấn luyện lại với lr nhỏ hơn.",
                f"{name}: there are NaN or infinite codes: its training has diverged. Train again with a smaller lr.",
            )
        )
    return codes


def reconstructions(model: nn.Module, images: Tensor, logits: bool = False) -> Tensor:
    """What the model makes of each image: (N, C, H, W) in [0, 1], in the shape of the images. Raises as pictures does."""
    name = f"forward(x) of {type(model).__name__}"
    with looking_at(model):
        recon = first_of(model(_to_model(model, images)), name).float().cpu()
    if recon.numel() != images.numel():
        raise ValueError(f"{name} gives shape {tuple(recon.shape)} for images of shape {tuple(images.shape)}.")
    return _in_range(recon.reshape(images.shape), logits, name)


def decoded(model: nn.Module, z: Tensor, logits: bool = False) -> Tensor:
    """The model's pictures for the codes z (N, latent_dim), as float32 (N, C, H, W) in [0, 1] on the CPU.

    logits: the decoder has no sigmoid of its own. Flat outputs are taken for square pictures, grey or in colour.
    Raises ValueError for a model without decode, for values outside [0, 1], NaN, and outputs that are no pictures.
    """
    if not hasattr(model, "decode"):
        raise ValueError(f"{type(model).__name__} has no method decode(z), which turns a code into its picture.")
    name = f"decode(z) of {type(model).__name__}"
    with looking_at(model):
        images = first_of(model.decode(_to_model(model, z)), name).float().cpu()
    if images.ndim < 2 or len(images) != len(z):
        raise ValueError(
            f"{name} gives shape {tuple(images.shape)} for z of shape {tuple(z.shape)}, expected one picture each."
        )
    if images.ndim == 2:
        images = _unflattened(images, name)
    elif images.ndim == 3:
        images = images[:, None]
    return _in_range(as_images(images, name), logits, name)


def _unflattened(flat: Tensor, name: str) -> Tensor:
    """(N, C·H·W) → (N, C, H, W), with H = W and one channel or three."""
    for channels in CHANNELS:
        side = round((flat.shape[1] / channels) ** 0.5)
        if channels * side * side == flat.shape[1]:
            return flat.view(-1, channels, side, side)
    raise ValueError(f"{name} gives shape {tuple(flat.shape)}, which is not a batch of square images.")


def _in_range(images: Tensor, logits: bool, name: str) -> Tensor:
    if logits:
        images = torch.sigmoid(images)
    advice = tr(
        "Nếu decoder không có sigmoid (mô hình cho ra logit), hãy gọi với logits=True.",
        "If the decoder has no sigmoid of its own (the model gives logits), call with logits=True.",
    )
    return checked(images, name, advice)
