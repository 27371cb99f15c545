"""The handout's log file: writing it, and reading it back."""

import os
from datetime import datetime
from pathlib import Path

from torch import nn

from .._files import write_whole
from .._inference import latent_dim_of

LOG_COLUMNS = "Epoch,Avg_Loss,Recon_Loss,KL_Loss"  # the handout's


class Log:
    """A log in folder, named after the moment. Each writing writes it whole, so it always agrees with the History."""

    def __init__(self, folder: Path, model: nn.Module, batch_size: int | None, image_size: str, epochs: int):
        started = datetime.now()
        stem, number = f"training_log_{started:%Y%m%d_%H%M%S}", 1
        self.path = folder / f"{stem}.txt"
        while self.path.exists():  # two trainings within one second
            number += 1
            self.path = folder / f"{stem}_{number}.txt"
        try:
            latent_dim = latent_dim_of(model)
        except ValueError:
            latent_dim = "?"
        self.header = (
            f"Training started at {started:%Y-%m-%d %H:%M:%S}\n"
            f"Model: {type(model).__name__} with latent_dim={latent_dim}\n"
            f"Batch size: {batch_size}, Image size: {image_size}\n"
            f"Total epochs: {epochs}\n\n"
            f"{LOG_COLUMNS}\n"
        )

    def write(self, rows: list[dict], completed: bool = False) -> None:
        """Write the whole file. Raises OSError."""
        text = self.header
        for row in rows:
            text += f"{row['epoch']},{row['loss']:.6f},{row['recon']:.6f},{row['kl']:.6f}\n"
        if completed:
            text += f"\nTraining completed at {datetime.now():%Y-%m-%d %H:%M:%S}\n"
        write_whole(self.path, text)


def read_rows(path: str | os.PathLike) -> list[dict]:
    """The rows of a log: epoch, loss, recon, kl. Raises ValueError for what is no log, naming the line."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    if LOG_COLUMNS not in lines:
        raise ValueError(f"{path}: no line {LOG_COLUMNS!r}, so this is not a training log.")
    rows = []
    for number, line in enumerate(lines[lines.index(LOG_COLUMNS) + 1 :], start=lines.index(LOG_COLUMNS) + 2):
        if not line or line.startswith("Training completed"):
            break
        try:
            epoch, loss, recon, kl = line.split(",")
            rows.append({"epoch": int(epoch), "loss": float(loss), "recon": float(recon), "kl": float(kl)})
        except ValueError:
            raise ValueError(f"{path}, line {number}: {line!r} is not {LOG_COLUMNS}.") from None
    return rows
