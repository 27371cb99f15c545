"""What can end a training before its last epoch: Ctrl-C, a number that is none, a GPU whose memory is full."""

from pathlib import Path

import torch
from torch import nn

from .batches import Batches
from .history import History
from .means import NotFinite
from .messages import diverged, out_of_memory, stopped
from .progress import Progress


class Stops:
    """with Stops(…) as stops: the training, with stops.epoch_done() after each epoch; then stops.explain(), after the block.

    An error that is raised while another is handled holds on to that one, and so to the failed step's tensors, in the
    GPU's memory. Raised outside of the block, it holds on to nothing.
    """

    def __init__(self, model: nn.Module, history: History, progress: Progress):
        self.model, self.history, self.progress = model, history, progress
        self.not_finite: NotFinite | None = None
        self.memory_full = False
        self.epoch_done()

    def __enter__(self) -> "Stops":
        return self

    def __exit__(self, kind: type | None, problem: BaseException | None, traceback: object) -> bool:
        self.progress.close()
        if isinstance(problem, KeyboardInterrupt):
            self.history.interrupted = True
            print(stopped(self.progress.epoch, self.progress.batch, len(self.history)))
            return True
        self.not_finite = problem.with_traceback(None) if isinstance(problem, NotFinite) else None
        self.memory_full = memory_is_full(problem)
        if self.not_finite:
            self.model.load_state_dict(self.good)
        return bool(self.not_finite or self.memory_full)

    def epoch_done(self) -> None:
        """From now on, these are the weights to go back to."""
        self.good = {
            name: value.detach().clone() if isinstance(value, torch.Tensor) else value
            for name, value in self.model.state_dict().items()
        }

    def explain(self, train: Batches, validation: Batches | None, checkpoint: Path | None) -> None:
        """Raise what ended the training, if something did. checkpoint: the file that holds the epochs before."""
        epoch, batch = self.progress.epoch, max(self.progress.batch, 1)
        if self.not_finite:
            batches = train if self.not_finite.where == train.name else validation
            raise diverged(self.not_finite, batches, self.history, epoch, checkpoint, sound=weights_finite(self.model))
        if self.memory_full:
            raise out_of_memory(train, epoch, batch, checkpoint if len(self.history) else None)


def memory_is_full(problem: BaseException | None) -> bool:
    """Whether a GPU says so; Apple's says it in words alone."""
    return isinstance(problem, torch.cuda.OutOfMemoryError) or (
        isinstance(problem, RuntimeError) and "MPS backend out of memory" in str(problem)
    )


def check_weights(model: nn.Module, batch: int) -> None:
    """Raise NotFinite when the last step of an epoch, its batch-th, has spoilt the weights: no loss has seen that yet."""
    if not weights_finite(model):
        raise NotFinite(batch)


def weights_finite(model: nn.Module) -> bool:
    """Whether every weight is a finite number."""
    weights = [weight for weight in model.parameters() if weight.is_floating_point()]
    return all(torch.stack([weight.isfinite().all() for weight in weights]).tolist())
