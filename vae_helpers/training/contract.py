"""What fit expects of a model and a loss, and how it reads what they give: both as one function of a batch."""

import inspect
import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from .._inference import outputs_of
from .._language import tr

LABELS = ("y", "labels")  # a parameter of forward or of the loss with one of these names gets the labels


class Objective:
    """objective(x, y) gives (total, recon, kl) of a batch: images x through the model, its outputs through the loss.

    The model is called as model(x), the loss as loss(recon, x, …) with whatever else the model gave. A parameter named y
    or labels that is still free after these gets the labels of the batch, in either.
    """

    def __init__(self, model: nn.Module, loss: Callable):
        self.model, self.loss = model, loss
        self.model_labels: tuple[
            str, ...
        ] = ()  # the names under which each gets the labels: the first batch settles it
        self.loss_labels: tuple[str, ...] = ()

    def outputs(self, x: Tensor, y: Tensor | None) -> list:
        """[recon, …] as forward gives them, in plain memory order."""
        outputs = outputs_of(self.model(x, **dict.fromkeys(self.model_labels, y)))
        return [output.contiguous() if isinstance(output, Tensor) else output for output in outputs]

    def value(self, x: Tensor, y: Tensor | None, recon: Tensor, *rest: object) -> list[Tensor]:
        """[total, recon, kl] of the loss for these outputs; nan for the parts that it does not tell."""
        return parts_of(self.loss(recon, x, *rest, **dict.fromkeys(self.loss_labels, y)))

    def __call__(self, x: Tensor, y: Tensor | None) -> Tensor:
        """(total, recon, kl) as a tensor of 3; total is nan where the images in or out are no numbers."""
        recon, *rest = self.outputs(x, y)
        # Given to BCE as it is, a NaN ends on a GPU as an assertion after which the kernel cannot use that GPU any more.
        sound = (recon.float().sum() + x.float().sum()).isfinite()  # one number, which stays on the device
        x = torch.where(sound, x, 0.5) if x.is_floating_point() else x
        total, *parts = self.value(x, y, torch.where(sound, recon, 0.5), *rest)
        return torch.stack([torch.where(sound, total, math.nan), *parts])

    def settle_model(self, y: Tensor | None) -> None:
        """Before the first batch goes in. Raises ValueError for a forward that wants more than images and labels."""
        self.model_labels = label_parameters(self.model.forward, "model.forward", 1, y)
        check_call(self.model.forward, "model.forward", ["x"], self.model_labels)

    def settle_loss(self, outputs: list, y: Tensor | None) -> None:
        """When it is known what the model gives. Raises ValueError for a loss that does not take it."""
        self.loss_labels = label_parameters(self.loss, "loss", 1 + len(outputs), y)
        names = ["recon", "x", *(f"outputs[{number}]" for number in range(1, len(outputs)))]
        check_call(self.loss, "loss", names, self.loss_labels)


def parts_of(result: object) -> list[Tensor]:
    """(total, recon, kl) of what a loss gave: a scalar, a tuple in this order, or a dict with "loss" ("recon", "kl").

    Raises ValueError for anything else.
    """
    if isinstance(result, dict):
        total, *parts = (result.get(name) for name in ("loss", "recon", "kl"))
    elif isinstance(result, (tuple, list)) and result:
        total, *parts = (*result, None, None)[:3]
    else:
        total, parts = result, [None, None]
    if not (isinstance(total, Tensor) and total.numel() == 1 and total.is_floating_point()):
        raise unexpected_loss(result)
    total = total.reshape(())
    return [total, *(part_of(part, total, result) for part in parts)]


def part_of(part: object, total: Tensor, result: object) -> Tensor:
    """A part of the loss as a scalar beside total: it is recorded, no gradient flows through it."""
    if isinstance(part, Tensor) and part.numel() == 1:
        return part.detach().reshape(()).to(total)
    try:
        number = math.nan if part is None else float(part)
    except (TypeError, ValueError, RuntimeError):
        raise unexpected_loss(result) from None
    return torch.full_like(total, number)


def unexpected_loss(result: object) -> ValueError:
    def shown(value: object) -> str:
        if isinstance(value, Tensor):
            return f"tensor{tuple(value.shape)}"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{key!r}: {shown(item)}' for key, item in value.items())}}}"
        if isinstance(value, (tuple, list)):
            return f"({', '.join(shown(item) for item in value)})"
        return type(value).__name__

    return ValueError(
        tr(
            f"fit(loss): hàm loss trả về {shown(result)}; cần một tensor vô hướng, một tuple (tổng, recon, kl) gồm các số, "
            'hoặc một dict có "loss". Tổng phải là chính tensor để lan truyền ngược: đừng dùng .item(), và lấy trung bình '
            "trên batch.",
            f"fit(loss): the loss gives {shown(result)}; expected a scalar tensor, a tuple (total, recon, kl) of numbers, or a "
            'dict with "loss". The total must be the tensor itself, to backpropagate from: no .item(), and the mean over the batch.',
        )
    )


def label_parameters(function: Callable, name: str, taken: int, y: Tensor | None) -> tuple[str, ...]:
    """The parameter of function that asks for the labels, beside those that the first values take; () if none does.

    Raises ValueError when it must have them and the data have none (y is None).
    """
    parameters = signature_of(function)
    if parameters is None:
        return ()
    by_place = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given = function.keywords if isinstance(function, partial) else {}
    for label in LABELS:
        if label not in parameters or label in by_place[:taken] or label in given:
            continue
        if y is not None:
            return (label,)
        if parameters[label].default is inspect.Parameter.empty:
            raise ValueError(
                tr(
                    f"fit: {name} cần nhãn ({label}), nhưng dữ liệu không có nhãn. Dữ liệu cần cho ra từng cặp (ảnh, nhãn).",
                    f"fit: {name} asks for the labels ({label}), but the data have none. They should come as pairs "
                    "(image, label).",
                )
            )
    return ()


def check_call(function: Callable, name: str, values: list[str], labels: tuple[str, ...]) -> None:
    """Raise ValueError when function cannot be called with these values and labels."""
    parameters = signature_of(function)
    try:
        if parameters is not None:
            inspect.Signature(list(parameters.values())).bind(*values, **dict.fromkeys(labels))
    except TypeError as problem:
        call = f"{name}({', '.join([*values, *(f'{label}=…' for label in labels)])})"
        raise ValueError(
            tr(
                f"fit gọi {call}, nhưng {name} nhận ({', '.join(parameters)}): {problem}. Nhãn được đưa vào tham số tên y "
                "hoặc labels; đầu ra nào của mô hình mà hàm loss không dùng thì có thể nhận bằng *rest.",
                f"fit calls {call}, but {name} takes ({', '.join(parameters)}): {problem}. The labels go to a parameter named "
                "y or labels; outputs of the model that the loss does not use can be taken as *rest.",
            )
        ) from None


def signature_of(function: Callable) -> dict[str, inspect.Parameter] | None:
    """The parameters by name, or None where Python cannot tell."""
    try:
        return dict(inspect.signature(function.forward if isinstance(function, nn.Module) else function).parameters)
    except (TypeError, ValueError):
        return None
