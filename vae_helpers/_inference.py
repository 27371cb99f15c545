"""What plots and training both do with a trained model, whatever its class: look at it without changing anything."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ._language import tr
from ._random import kept_random_state


def device_of(model: nn.Module) -> torch.device:
    """The device of the model's weights; the CPU for a model without any."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


@contextmanager
def kept_modes(model: nn.Module) -> Iterator[None]:
    """Switch between train and eval mode as you like inside: afterwards each layer is in the mode it was in before."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:  # each on its own: a frozen batch norm stays frozen
            module.training = training


@contextmanager
def looking_at(model: nn.Module) -> Iterator[None]:
    """Eval mode, no gradients, and the random state kept: drawing a figure must not change the training around it."""
    with kept_modes(model), kept_random_state(), torch.no_grad():
        model.eval()
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one CPU core: for a single small picture a second core saves nothing, and on a machine that is busy
    with something else waiting for it costs far more than the picture."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def latent_dim_of(model: nn.Module) -> int:
    """The number of latent dimensions: the model's latent_dim, or the width of the handout's layer fc_mu (or fc_z).

    Raises ValueError when the model shows neither.
    """
    if isinstance(getattr(model, "latent_dim", None), int):
        return model.latent_dim
    for name in ("fc_mu", "fc_z"):
        if hasattr(getattr(model, name, None), "out_features"):
            return getattr(model, name).out_features
    raise ValueError(
        f"{type(model).__name__} does not say how many latent dimensions it has: "
        "set model.latent_dim = … to that number and call again."
    )


def outputs_of(result: Tensor | Sequence) -> list:
    """What a model's forward gave, as a list [recon, …]: one tensor, or a tuple or list that starts with one.

    Raises ValueError for anything else.
    """
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, (tuple, list)) and result and isinstance(result[0], Tensor):
        return list(result)
    got = type(result).__name__
    if isinstance(result, (tuple, list)):
        got = f"{got}[{', '.join(type(item).__name__ for item in result)}]"
    raise ValueError(
        tr(
            f"forward của mô hình trả về {got}; cần một tensor recon, hoặc một tuple hay list bắt đầu bằng nó, chẳng hạn "
            "(recon, mu, logvar).",
            f"The model's forward gives {got}; expected one tensor, recon, or a tuple or list that starts with it, such as "
            "(recon, mu, logvar).",
        )
    )


def codes_of(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """The code of each image, (N, latent_dim) on the CPU: mu of a VAE, z of an autoencoder.

    By the model's encode where it has one, or else the second output of its forward.
    Raises ValueError for a model that gives neither.
    """
    codes = []
    with looking_at(model):
        for batch in images.split(batch_size):
            batch = batch.to(device_of(model))
            if hasattr(model, "encode"):
                code = model.encode(batch)
                code = code[0] if isinstance(code, (tuple, list)) else code
            else:
                outputs = outputs_of(model(batch))
                if len(outputs) < 2:
                    raise ValueError(
                        tr(
                            f"{type(model).__name__} không có encode, và forward chỉ trả về recon: không có mã z để xem. "
                            "Hãy viết encode(x), hoặc trả về (recon, z).",
                            f"{type(model).__name__} has no encode, and its forward gives recon alone: there is no code z to "
                            "look at. Write encode(x), or return (recon, z).",
                        )
                    )
                code = outputs[1]
            codes.append(code.cpu())
    return torch.cat(codes)


def as_images(decoded: Tensor, shape: tuple[int, ...] | None = None) -> Tensor:
    """What a decoder gives as (N, C, H, W).

    shape: (C, H, W) of the images it stands for, where that is known: anything with as many pixels is taken for such
    images. Without it, flat outputs (N, H·W) are taken for square grey images.
    Raises ValueError for outputs with another number of pixels, or flat ones that are no square.
    """
    if shape is not None and decoded.ndim > 1:
        if math.prod(decoded.shape[1:]) != math.prod(shape):
            raise ValueError(
                tr(
                    f"Mô hình cho ra shape {tuple(decoded.shape)}, không cùng số điểm ảnh với ảnh {tuple(shape)}.",
                    f"The model gives shape {tuple(decoded.shape)}: not as many pixels as images of {tuple(shape)} have.",
                )
            )
        return decoded.reshape(len(decoded), *shape)
    if decoded.ndim != 2:
        return decoded
    side = round(decoded.shape[1] ** 0.5)
    if side * side != decoded.shape[1]:
        raise ValueError(f"decode(z) gives shape {tuple(decoded.shape)}, which is not a batch of square grey images.")
    return decoded.view(-1, 1, side, side)


def checked_images(images: Tensor, name: str = "images", tolerance: float = 1e-3) -> Tensor:
    """The same images, if a screen can show them: finite, and within [0, 1] up to tolerance.

    For what a model gives, before it is drawn: NaN would be drawn black, and logits as if they were pixels.
    Raises ValueError that names NaN, or the values and logits.
    """
    if not images.isfinite().all():
        raise ValueError(
            tr(
                f"{name}: có giá trị NaN hoặc vô hạn. Thường là vì trọng số của mô hình đã hỏng (NaN): hãy tạo lại mô hình "
                "và huấn luyện lại với lr nhỏ hơn.",
                f"{name}: there are NaN or infinite values. Usually the model's weights are spoilt (NaN): build the model "
                "anew and train it with a smaller lr.",
            )
        )
    low, high = images.min().item(), images.max().item()
    if low < -tolerance or high > 1 + tolerance:
        raise ValueError(
            tr(
                f"{name}: giá trị từ {low:.3g} đến {high:.3g}, cần trong [0, 1]. Nếu đó là logit thì hãy vẽ torch.sigmoid(...).",
                f"{name}: values from {low:.3g} to {high:.3g}, expected [0, 1]. If they are logits, draw torch.sigmoid(...).",
            )
        )
    return images
