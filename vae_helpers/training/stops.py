"""What can end a training before its last epoch: Ctrl-C, a loss that is no number, a GPU whose memory is full."""

import torch

from .batches import Batches
from .checkpoint import Checkpoint
from .history import History
from .means import NotFinite
from .messages import diverged, out_of_memory, stopped
from .progress import Progress


class Stops:
    """with Stops(…) as stops: the training; then stops.explain(), outside of the block.

    An error that is raised while another is handled holds on to that one, and so to the failed step's tensors, in the
    GPU's memory. Raised after the block, it holds on to nothing.
    """

    def __init__(self, history: History, progress: Progress):
        self.history, self.progress = history, progress
        self.not_finite: NotFinite | None = None
        self.memory_full = False

    def __enter__(self) -> "Stops":
        return self

    def __exit__(self, kind: type | None, problem: BaseException | None, traceback: object) -> bool:
        self.progress.close()
        if isinstance(problem, KeyboardInterrupt):
            self.history.interrupted = True
            print(stopped(self.progress.epoch, self.progress.batch, len(self.history)))
            return True
        self.not_finite = problem if isinstance(problem, NotFinite) else None
        self.memory_full = isinstance(problem, torch.cuda.OutOfMemoryError)
        return bool(self.not_finite or self.memory_full)

    def explain(self, batches: Batches, checkpoint: Checkpoint | None) -> None:
        """Raise what ended the training, if something did."""
        if self.not_finite:
            raise diverged(self.history, self.progress.epoch, self.not_finite.batch)
        if self.memory_full:
            saved = checkpoint.path if checkpoint and len(self.history) else None
            raise out_of_memory(batches, self.progress.epoch, max(self.progress.batch, 1), saved)
