"""One step: a batch through model and loss, and back. The plain way, and compiled."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from .._inference import device_of, looking_at
from .._language import tr
from .._random import kept_random_state, random_state, set_random_state
from ..losses import vae_loss
from .batches import Batches
from .contract import Objective
from .layout import FastLayout
from .look import first_look
from .means import Means


def training_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, loss: Callable = vae_loss
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of lesson 05's training, written out: x, (N, C, H, W), goes to the model's device, then the five steps.

    Returns (total, recon, kl) of the batch, detached.

    Lesson 05: Your turn: one step
    """
    x = x.to(device_of(model))
    optimizer.zero_grad()
    recon_x, mu, logvar = model(x)
    total, recon, kl = loss(recon_x, x, mu, logvar)
    total.backward()
    optimizer.step()
    return total.detach(), recon.detach(), kl.detach()


class Step:
    """step(x, y) gives (total, recon, kl) of one batch; afterwards the gradient of total lies in the weights' .grad."""

    def __init__(self, objective: Objective, layout: FastLayout):
        self.objective, self.layout = objective, layout
        self.trained = self.evaluated = False

    def __call__(self, x: Tensor, y: Tensor | None) -> Tensor:
        if not self.trained:
            first_look(self.objective, self.layout, x, y)
            self.trained = True
        return self.gradients(x, y)

    def evaluate(self, batches: Batches | None) -> list[float]:
        """Means of (total, recon, kl) in eval mode; [] without batches. The same noise each time, none of the training's.

        Raises NotFinite when the total is no number.
        """
        if batches is None:
            return []
        means = Means(batches.device)
        with looking_at(self.objective.model):
            torch.manual_seed(0)
            for x, y in batches:
                if not self.evaluated:  # in eval mode a model may go another way
                    with kept_random_state():
                        self.layout.settle(partial(self.objective.outputs, x, y))
                    self.evaluated = True
                means.add(self.objective(x, y), len(x))
        return means.read_finite(batches.name)

    def gradients(self, x: Tensor, y: Tensor | None) -> Tensor:
        return self.plain(x, y, self.objective)

    def plain(self, x: Tensor, y: Tensor | None, objective: Callable) -> Tensor:
        self.objective.model.zero_grad()
        parts = objective(x, y)
        if not parts.requires_grad:
            raise ValueError(
                tr(
                    "fit(loss): tổng mà hàm loss trả về không có gradient. Hãy trả về chính tensor tính từ recon, không qua "
                    ".item(), .detach() hay torch.tensor(...).",
                    "fit(loss): the total that the loss gives has no gradient. Return the tensor computed from recon itself, not "
                    "through .item(), .detach() or torch.tensor(...).",
                )
            )
        parts[0].backward()
        return parts.detach()


class CompiledStep(Step):
    """A Step with compiled forward and backward passes; where the compiling fails, the plain ones.

    Compiled code is made for one shape, that of the first batch: an incomplete last batch goes the plain way.
    """

    CAREFUL_STEPS = 3  # a CUDA graph is warmed up in the first step, recorded in the second, replayed from the third on

    def __init__(self, objective: Objective, layout: FastLayout):
        super().__init__(objective, layout)
        # the plain path's random numbers, so that a seed gives the same history
        self.options = {"fallback_random": True, "triton.cudagraphs": layout.device.type == "cuda"}
        self.compiled: Callable | None = None
        self.shape: torch.Size | None = None
        self.steps, self.failed = 0, False

    def gradients(self, x: Tensor, y: Tensor | None) -> Tensor:
        self.shape = self.shape or x.shape
        if self.failed or x.shape != self.shape:
            return self.plain(x, y, self.objective)
        self.steps += 1
        if self.steps > self.CAREFUL_STEPS:
            return self._compiled(x, y)
        random = random_state()
        try:
            return self._compiled(x, y)
        except Exception as problem:  # no compiler, too old a card, a Python too new: each has an error of its own
            self.failed = True
            set_random_state(random)
            parts = self.plain(x, y, self.objective)  # an error of the model or the loss itself comes up here, as it is
            print(
                tr(
                    f"fit(compile): ở đây torch.compile không chạy được ({type(problem).__name__}), nên fit huấn luyện theo cách "
                    "thường; kết quả vẫn như vậy.",
                    f"fit(compile): torch.compile does not work here ({type(problem).__name__}), so fit trains the plain way; "
                    "the result is the same.",
                )
            )
            return parts

    def _compiled(self, x: Tensor, y: Tensor | None) -> Tensor:
        if self.compiled is None:
            torch.compiler.reset()  # PyTorch keeps at most eight versions of a function: forget those of earlier models
            self.compiled = torch.compile(self.objective.__call__, dynamic=False, options=self.options)
        return self.plain(x, y, self.compiled).clone()  # the next step writes over a CUDA graph's results
