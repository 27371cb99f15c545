"""What plots and training both do with a trained model, whatever its class: look at it without changing anything."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def device_of(model: nn.Module) -> torch.device:
    """The device of the model's weights; the CPU for a model without any."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


@contextmanager
def looking_at(model: nn.Module) -> Iterator[None]:
    """Eval mode, no gradients, and the random state kept: drawing a figure must not change the training around it."""
    was_training = model.training
    device = device_of(model)
    model.eval()
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.no_grad():
            yield
    finally:
        model.train(was_training)


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


def codes_of(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """The code of each image, (N, latent_dim) on the CPU: mu of a VAE, z of an autoencoder.

    By the model's encode where it has one, or else the second output of its forward.
    """
    codes = []
    with looking_at(model):
        for batch in images.split(batch_size):
            batch = batch.to(device_of(model))
            if hasattr(model, "encode"):
                code = model.encode(batch)
                codes.append((code[0] if isinstance(code, tuple) else code).cpu())
            else:
                codes.append(model(batch)[1].cpu())
    return torch.cat(codes)


def as_images(decoded: Tensor) -> Tensor:
    """What a decoder gives as (N, C, H, W): flat outputs (N, H·W) are taken for square grey images.

    Raises ValueError for flat outputs that are no square.
    """
    if decoded.ndim != 2:
        return decoded
    side = round(decoded.shape[1] ** 0.5)
    if side * side != decoded.shape[1]:
        raise ValueError(f"decode(z) gives shape {tuple(decoded.shape)}, which is not a batch of square grey images.")
    return decoded.view(-1, 1, side, side)
