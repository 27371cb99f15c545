"""The look at the first batch, before the first step: what the model gives, and whether the loss can mean it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import losses
from .._language import tr
from .._random import kept_random_state
from .batches import whole_numbers
from .contract import Objective
from .layout import FastLayout

# These compare pixel with pixel, so what the model gives must be pixels.
PIXEL_LOSSES = (losses.vae_loss, losses.sigma_vae_loss, losses.reconstruction_loss, F.mse_loss, F.binary_cross_entropy)
PIXEL_MODULES = (nn.MSELoss, nn.BCELoss)


def first_look(objective: Objective, layout: FastLayout, x: Tensor, y: Tensor | None) -> None:
    """One batch through the model, leaving no trace: settles memory order and labels. Raises ValueError for what cannot be."""
    model = objective.model
    objective.settle_model(y)
    with kept_random_state(), kept_buffers(model), torch.no_grad():
        try:
            outputs = layout.settle(lambda: objective.outputs(x, y))
        except RuntimeError as problem:
            if x.is_floating_point() or isinstance(problem, torch.cuda.OutOfMemoryError):
                raise
            raise ValueError(whole_numbers(x, "train")) from problem
        objective.settle_loss(outputs, y)
        if x.is_floating_point():
            check_pixels(objective, outputs, x, y)


@contextmanager
def kept_buffers(model: nn.Module) -> Iterator[None]:
    """What a forward pass in train mode changes in passing, such as the means of a batch norm, is put back."""
    kept = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                if name in kept and kept[name].shape == buffer.shape:
                    buffer.copy_(kept[name])


def check_pixels(objective: Objective, outputs: list, x: Tensor, y: Tensor | None) -> None:
    """Logits taken for pixels, or images in 0…255 for a decoder that ends at 1, train to nothing and never fail.

    Seen by where the values lie: one of recon and x within [0, 1], the other not. With a loss that is known to compare
    pixels that is a ValueError, with another that turns out to compare pixels a printed note.
    """
    (low, high), (x_low, x_high) = ((t.min().item(), t.max().item()) for t in (outputs[0], x))
    recon_within, x_within = low >= -1e-3 and high <= 1 + 1e-3, x_low >= -0.1 and x_high <= 1.1
    if recon_within == x_within or not all(map(torch.isfinite, (outputs[0].sum(), x.sum()))):
        return
    if x_within:
        told = tr(
            f"mô hình cho ra giá trị từ {low:.3g} đến {high:.3g}, trong khi ảnh nằm trong [0, 1]. Nếu đó là logit (chưa qua "
            "sigmoid), hãy dùng loss=losses.bernoulli_vae_loss, hoặc thêm sigmoid vào cuối decoder.",
            f"the model gives values from {low:.3g} to {high:.3g}, but the images lie in [0, 1]. If these are logits (no sigmoid "
            "yet), use loss=losses.bernoulli_vae_loss, or end the decoder with a sigmoid.",
        )
    else:
        told = tr(
            f"ảnh có giá trị từ {x_low:.3g} đến {x_high:.3g}, còn mô hình chỉ cho ra [0, 1]. Hãy đưa ảnh về [0, 1], chẳng hạn "
            "chia cho 255, và bỏ Normalize.",
            f"the images have values from {x_low:.3g} to {x_high:.3g}, but the model gives only [0, 1]. Bring the images to "
            "[0, 1], by dividing by 255 for example, and leave Normalize out.",
        )
    loss = objective.loss.func if isinstance(objective.loss, partial) else objective.loss
    if any(loss is known for known in PIXEL_LOSSES) or isinstance(loss, PIXEL_MODULES):
        raise ValueError(f"fit: {told}")
    if compares_pixels(objective, outputs, x, y):
        print(tr("Lưu ý · fit: ", "Note · fit: ") + told)


def compares_pixels(objective: Objective, outputs: list, x: Tensor, y: Tensor | None) -> bool:
    """Whether the loss is at rest where recon = x, as MSE and BCE are, and BCE-with-logits is not."""
    if x.numel() != outputs[0].numel():
        return False
    steepest = []
    for recon in (x.reshape(outputs[0].shape), outputs[0]):
        recon = recon.detach().clone().requires_grad_()
        try:
            with torch.enable_grad():
                total = objective.value(x, y, recon, *outputs[1:])[0]
            steepest.append(torch.autograd.grad(total, recon)[0].abs().max().item())
        except (
            RuntimeError,
            TypeError,
            ValueError,
        ):  # what it cannot do here it will say, or not, in the training itself
            return False
    return steepest[0] < 1e-6 * steepest[1]
