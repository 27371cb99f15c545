"""One batch through model and loss, there and back: the plain way, and compiled."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .._language import tr
from .batches import Batches
from .means import Means


def loss_parts(model: nn.Module, x: Tensor, loss: Callable) -> Tensor:
    """(total, recon, kl) of one batch as a tensor of 3; nan for the parts that the loss does not tell."""
    recon, *rest = model(x)
    parts = loss(recon, x, *rest)
    if isinstance(parts, Tensor):
        parts = (parts, parts.new_tensor(math.nan), parts.new_tensor(math.nan))
    return torch.stack(tuple(parts))


def gradients(model: nn.Module, x: Tensor, loss: Callable, loss_parts: Callable = loss_parts) -> Tensor:
    """(total, recon, kl) of one batch; afterwards the gradient of total lies in the weights' .grad."""
    model.zero_grad()
    parts = loss_parts(model, x, loss)
    parts[0].backward()
    return parts.detach()


class CompiledGradients:
    """gradients with compiled forward and backward passes; where the compiling fails, the plain ones.

    Compiled code is made for one shape, that of the first batch: an incomplete last batch goes the plain way.
    """

    CAREFUL_STEPS = 3  # a CUDA graph is warmed up in the first step, recorded in the second, replayed from the third on

    def __init__(self, device: torch.device):
        # the plain path's random numbers, so that a seed gives the same history
        self.options = {"fallback_random": True, "triton.cudagraphs": device.type == "cuda"}
        self.loss_parts: Callable | None = None
        self.shape: torch.Size | None = None
        self.steps, self.failed = 0, False

    def __call__(self, model: nn.Module, x: Tensor, loss: Callable) -> Tensor:
        self.shape = self.shape or x.shape
        if self.failed or x.shape != self.shape:
            return gradients(model, x, loss)
        self.steps += 1
        if self.steps > self.CAREFUL_STEPS:
            return self._compiled(model, x, loss)
        random, random_cuda = torch.get_rng_state(), torch.cuda.get_rng_state_all()
        try:
            return self._compiled(model, x, loss)
        except Exception as problem:  # no compiler, too old a card, a Python too new: each has an error of its own
            self.failed = True
            torch.set_rng_state(random)
            torch.cuda.set_rng_state_all(random_cuda)
            parts = gradients(model, x, loss)  # an error of the model or the loss itself comes up here, as it is
            print(
                tr(
                    f"fit(compile): ở đây torch.compile không chạy được ({type(problem).__name__}), nên fit huấn luyện theo cách "
                    "thường; kết quả vẫn như vậy.",
                    f"fit(compile): torch.compile does not work here ({type(problem).__name__}), so fit trains the plain way; "
                    "the result is the same.",
                )
            )
            return parts

    def _compiled(self, model: nn.Module, x: Tensor, loss: Callable) -> Tensor:
        if self.loss_parts is None:
            torch.compiler.reset()  # PyTorch keeps at most eight versions of a function: forget those of earlier models
            self.loss_parts = torch.compile(loss_parts, dynamic=False, options=self.options)
        return gradients(model, x, loss, self.loss_parts).clone()  # the next step writes over a CUDA graph's results


def evaluate(model: nn.Module, batches: Batches, loss: Callable) -> list[float]:
    """Means of (total, recon, kl) in eval mode. The same noise each time, and none taken from the training's."""
    means = Means(batches.device)
    model.eval()
    with torch.random.fork_rng([batches.device] if batches.device.type == "cuda" else []), torch.no_grad():
        torch.manual_seed(0)
        for x in batches:
            means.add(loss_parts(model, x, loss), len(x))
    return means.read()
