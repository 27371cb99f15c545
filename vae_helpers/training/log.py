"""The handout's log file: writing it, and reading it back."""

import os
from datetime import datetime
from pathlib import Path

from torch import nn

from .._files import write_whole
from .._inference import latent_dim_of
from .._language import tr
from .batches import Batches
from .writing import try_out, writing

# The handout's four columns; those of the validation follow on the same line where there is one.
LOG_COLUMNS = {"Epoch": "epoch", "Avg_Loss": "loss", "Recon_Loss": "recon", "KL_Loss": "kl"}
VALIDATION_COLUMNS = {"Val_Loss": "val_loss", "Val_Recon_Loss": "val_recon", "Val_KL_Loss": "val_kl"}
HEADER = ",".join(LOG_COLUMNS)
SECONDS = "Seconds per epoch: "


class Log:
    """A log in folder, named after the moment. Each writing writes it whole, so it always agrees with the History.

    folder: None for no log; then nothing is written, and path is None.
    """

    def __init__(
        self,
        folder: str | os.PathLike | None,
        model: nn.Module,
        batches: Batches,
        epochs: int,
        history,
        validated: bool,
    ):
        """Try out the folder and write what there is so far: the rows of a History. Raises OSError that says what to do."""
        self.path = history.log_file = None
        if folder is None:
            return
        self.started, self.model, self.batches, self.epochs = datetime.now(), model, batches, epochs
        self.columns = LOG_COLUMNS | (VALIDATION_COLUMNS if validated else {})
        self.told = False
        folder = Path(folder).expanduser()
        stem, number = f"training_log_{self.started:%Y%m%d_%H%M%S}", 1
        self.path = folder / f"{stem}.txt"
        while self.path.exists():  # two trainings within one second
            number += 1
            self.path = folder / f"{stem}_{number}.txt"
        try_out(folder, "log_dir")
        with writing(self.path, "log_dir", history):
            self.write(history.rows)
        history.log_file = self.path

    def write(self, rows: list[dict], completed: bool = False) -> None:
        """Write the whole file. Raises OSError."""
        if self.path is not None:
            write_whole(self.path, self.text(rows, completed))

    def write_if_possible(self, rows: list[dict], completed: bool = False) -> None:
        """Write the whole file; if that fails, say so once and go on: the next epoch writes it whole again."""
        try:
            self.write(rows, completed)
        except OSError as problem:
            if not self.told:
                reason = problem.strerror or type(problem).__name__
                print(
                    tr(
                        f"fit(log_dir): không ghi được {self.path} ({reason}). Việc huấn luyện vẫn tiếp tục; sau mỗi epoch fit thử "
                        "ghi lại toàn bộ log.",
                        f"fit(log_dir): {self.path} cannot be written ({reason}). The training goes on; after each epoch fit tries "
                        "again to write the whole log.",
                    )
                )
            self.told = True

    def text(self, rows: list[dict], completed: bool) -> str:
        try:
            latent_dim = latent_dim_of(self.model)
        except ValueError:
            latent_dim = "?"
        text = (
            f"Training started at {self.started:%Y-%m-%d %H:%M:%S}\n"
            f"Model: {type(self.model).__name__} with latent_dim={latent_dim}\n"
            f"Batch size: {self.batches.batch_size}, Image size: {self.batches.image_size}\n"
            f"Total epochs: {self.epochs}\n\n"
            f"{','.join(self.columns)}\n"
        )
        for row in rows:
            text += ",".join(repr(row[column]) for column in self.columns.values()) + "\n"
        if completed:
            text += f"\nTraining completed at {datetime.now():%Y-%m-%d %H:%M:%S}\n"
        return text + f"\n{SECONDS}{', '.join(repr(row['seconds']) for row in rows)}\n" if rows else text


def read_rows(path: str | os.PathLike) -> list[dict]:
    """The rows of a log, with every column that it holds. Raises ValueError for what is no log, naming the line."""
    lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    start = next((number for number, line in enumerate(lines) if line.split(",")[:4] == list(LOG_COLUMNS)), None)
    if start is None:
        raise ValueError(f"{path}: no line {HEADER!r}, so this is not a training log.")
    names, columns, rows = lines[start], LOG_COLUMNS | VALIDATION_COLUMNS, []
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if not line or line.startswith("Training completed"):
            break
        try:
            values = dict(zip(names.split(","), line.split(","), strict=True))
            row = {columns[name]: float(value) for name, value in values.items() if name in columns}
            rows.append(row | {"epoch": int(values["Epoch"])})
        except ValueError:
            raise ValueError(f"{path}, line {number}: {line!r} is not {names}.") from None
    times = [line.removeprefix(SECONDS).split(", ") for line in lines if line.startswith(SECONDS)]
    for row, seconds in zip(rows, times[-1] if times else (), strict=False):
        row["seconds"] = float(seconds)
    return rows
