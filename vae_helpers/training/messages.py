"""What a student reads when a training goes on, stops, or cannot write."""

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from .._language import tr
from .batches import Batches
from .history import History


class TrainingDiverged(FloatingPointError):
    """The loss is no longer a finite number. history holds the epochs before; epoch and batch say where (from 1).

    Lesson 05: The same recipe in one line
    """

    def __init__(self, message: str, history: History, epoch: int, batch: int):
        super().__init__(message)
        self.history, self.epoch, self.batch = history, epoch, batch


def diverged(history: History, epoch: int, batch: int) -> TrainingDiverged:
    return TrainingDiverged(
        tr(
            f"Mất mát không còn là số hữu hạn ở epoch {epoch}, batch {batch}: huấn luyện đã phân kỳ. "
            "Hãy thử lr nhỏ hơn, và kiểm tra ảnh có nằm trong [0, 1] không. Các epoch trước vẫn còn trong log và checkpoint.",
            f"The loss is no longer finite in epoch {epoch}, batch {batch}: the training has diverged. "
            "Try a smaller lr, and check that the images lie in [0, 1]. The epochs before are safe in the log and checkpoint.",
        ),
        history,
        epoch,
        batch,
    )


def out_of_memory(batches: Batches, epoch: int, batch: int, checkpoint: Path | None) -> RuntimeError:
    """checkpoint: where the epochs before are, or None if there are none."""
    size, place = batches.batch_size, "DataLoader" if batches.loader is not None else "fit"
    half = max(1, (size or 2) // 2)
    message = tr(
        f"GPU hết bộ nhớ ở epoch {epoch}, batch {batch}, với batch_size={size}. Hãy thử {place}(..., batch_size={half}), và tắt kernel "
        "của các notebook khác đang dùng GPU.",
        f"The GPU's memory is full in epoch {epoch}, batch {batch}, with batch_size={size}. Try {place}(..., batch_size={half}), "
        "and shut down the kernels of other notebooks that use the GPU.",
    )
    if checkpoint:
        message += tr(
            f" Các epoch trước vẫn còn trong {checkpoint}; batch_size khác là công thức khác, nên cần một tệp checkpoint mới.",
            f" The epochs before are safe in {checkpoint}; another batch_size is another recipe, so it needs a new checkpoint file.",
        )
    return torch.cuda.OutOfMemoryError(message)


def going_on(checkpoint: Path, epochs: int) -> str:
    return tr(
        f"Tiếp tục từ {checkpoint}: đã xong {epochs} epoch.", f"Going on from {checkpoint}: {epochs} epochs are done."
    )


def stopped(epoch: int, batch: int, done: int) -> str:
    return tr(
        f"Đã dừng ở epoch {epoch}, batch {batch}. Mô hình giữ nguyên những gì đã học; {done} epoch trọn vẹn trong History.",
        f"Stopped in epoch {epoch}, batch {batch}. The model keeps what it has learnt; {done} whole epochs are in the History.",
    )


def epoch_line(row: dict, epochs: int) -> str:
    """An epoch's numbers, for the screen."""
    line = f"Epoch {row['epoch']}/{epochs}  loss {row['loss']:.4f}"
    if not math.isnan(row["recon"]):
        line += f"  recon {row['recon']:.4f}  kl {row['kl']:.4f}"
    if not math.isnan(row["val_loss"]):
        line += f"  |  val_loss {row['val_loss']:.4f}"
        if not math.isnan(row["val_recon"]):
            line += f"  val_recon {row['val_recon']:.4f}  val_kl {row['val_kl']:.4f}"
    return line


def try_out(folder: Path, argument: str) -> None:
    """Make the folder and write there once: better to find out now than after the first epoch."""
    with writing(folder, argument, epochs=0):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


@contextmanager
def writing(path: Path, argument: str, epochs: int) -> Iterator[None]:
    """Turn an OSError while writing into one that says what it means for the training: epochs are done by then."""
    try:
        yield
    except OSError as problem:
        message = tr(
            f"fit({argument}): không ghi được {path} ({problem.strerror or type(problem).__name__}).",
            f"fit({argument}): {path} cannot be written ({problem.strerror or type(problem).__name__}).",
        )
        if epochs:
            message += tr(
                f" Mô hình vẫn giữ những gì đã học trong {epochs} epoch, và những gì đã lưu trước đó còn nguyên vẹn. Hãy dọn bớt ổ đĩa "
                "hoặc chọn thư mục khác.",
                f" The model keeps what it has learnt in {epochs} epochs, and what was saved before is whole. Make room on the disk "
                "or choose another folder.",
            )
            if argument == "checkpoint":
                message += tr(
                    " Chạy lại với cùng checkpoint thì fit đi tiếp từ epoch đã lưu cuối cùng.",
                    " Run again with the same checkpoint, and fit goes on from the last epoch saved.",
                )
        else:
            message += tr(" Hãy chọn một thư mục bạn có quyền ghi.", " Choose a folder that you may write to.")
        raise OSError(problem.errno, message) from None
