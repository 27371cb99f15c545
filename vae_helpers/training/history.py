"""History: what a training measured, one row per epoch."""

import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .log import read_rows

COLUMNS = ("epoch", "loss", "recon", "kl", "val_loss", "val_recon", "val_kl", "seconds")


class History:
    """One row per epoch: epoch (from 1), loss, recon, kl, val_loss, val_recon, val_kl, seconds.

    Every loss is a mean over the images of the epoch, whatever the batches. What was not measured is nan.
    history["loss"] is a column as a list; history[-1], or history.rows[-1], is the last epoch as a dict. Iterating gives
    the rows, one dict per epoch; "loss" in history asks for a column.
    log_file: the log's path, or None; interrupted: whether Ctrl-C ended the training early.

    Lesson 05: The same recipe in one line
    """

    def __init__(self, rows: Iterable[dict] = ()):
        self.rows: list[dict] = []
        for row in rows:
            self.add(row)
        self.log_file: Path | None = None
        self.interrupted = False

    def add(self, row: dict) -> None:
        """One more epoch; columns that row does not name are nan."""
        self.rows.append({column: row.get(column, math.nan) for column in COLUMNS})

    def add_epoch(self, epoch: int, train: list[float], validation: list[float], seconds: float) -> None:
        """One more epoch: its means of total, recon and kl, and those of the validation, or [] if there was none."""
        columns = zip(COLUMNS, [epoch, *train, *(validation or [math.nan] * 3), seconds], strict=True)
        self.add(dict(columns))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict]:
        return iter(self.rows)

    def __contains__(self, column: object) -> bool:
        return column in COLUMNS

    def __getitem__(self, column: str | int) -> list[float] | dict:
        if isinstance(column, int):
            return self.rows[column]
        if column not in COLUMNS:
            raise KeyError(f"History has no column {column!r}; it has {', '.join(COLUMNS)}.")
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        lines = ["".join(f"{column:>11}" for column in COLUMNS)]
        lines += [f"{row['epoch']:>11}" + "".join(f"{row[c]:>11.3f}" for c in COLUMNS[1:]) for row in self.rows]
        return "\n".join(lines)

    @classmethod
    def read(cls, log_file: str | os.PathLike) -> "History":
        """The history that a log file of fit holds, every column to the last digit; or that of the handout's listing.

        Raises ValueError for a file without the header line, or with a row that is no numbers, naming its line.
        """
        history = cls(read_rows(log_file))
        history.log_file = Path(log_file).expanduser()
        return history
