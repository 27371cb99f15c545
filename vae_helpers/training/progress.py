"""What is shown of a training: two bars, epochs and batches, and a line for an epoch. They also know where it is."""

from collections.abc import Iterator
from pathlib import Path

from torch import Tensor
from tqdm.auto import tqdm

from .batches import Batches
from .messages import epoch_line, going_on


class Progress:
    """Counts epochs and batches (both from 1) and shows them, unless shown is False.

    epochs: how many in all; done: how many of them were there before, in the file checkpoint.
    """

    def __init__(self, epochs: int, done: int, checkpoint: Path | None, shown: bool):
        self.total, self.done, self.shown = epochs, done, shown
        self.epoch = self.batch = 0
        if shown and done:
            print(going_on(checkpoint, done, epochs))
        self.bar = tqdm(total=epochs, initial=done, desc="Epoch", unit="epoch", disable=not shown)
        self.batch_bar: tqdm | None = None

    def epochs(self) -> Iterator[int]:
        """The numbers of the epochs still to train."""
        for epoch in range(self.done + 1, self.total + 1):
            self.epoch = epoch
            yield epoch

    def batches(self, batches: Batches) -> Iterator[tuple[Tensor, Tensor | None]]:
        """The batches of one epoch."""
        title = f"Epoch {self.epoch}/{self.total}"
        self.batch_bar = tqdm(batches, desc=title, unit="batch", leave=False, disable=not self.shown)
        for batch, pair in enumerate(self.batch_bar, start=1):
            self.batch = batch
            yield pair

    def show(self, loss: float) -> None:
        """The mean loss so far, beside the batches."""
        self.batch_bar.set_postfix(loss=f"{loss:.4g}", refresh=False)

    def epoch_done(self, row: dict) -> None:
        """One epoch further; of many epochs some twenty leave a line."""
        self.bar.update()
        if self.shown and (self.epoch % max(1, self.total // 20) == 0 or self.epoch == self.total):
            self.bar.write(epoch_line(row, self.total))

    def close(self) -> None:
        self.bar.close()
