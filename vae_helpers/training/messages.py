"""What a student reads when a training goes on, or stops."""

import math
from pathlib import Path

import torch

from .._language import tr
from .batches import Batches, FromLoader, InMemory
from .history import History
from .means import NotFinite


class TrainingDiverged(FloatingPointError):
    """The loss, or a weight, is no longer a finite number. The model has the weights of the last whole epoch again.

    history holds the epochs before; epoch and batch say where it was (from 1).

    Lesson 05: The same recipe in one line
    """

    def __init__(self, message: str, history: History, epoch: int, batch: int):
        super().__init__(message)
        self.history, self.epoch, self.batch = history, epoch, batch


def diverged(problem: NotFinite, batches: Batches, history: History, epoch: int, checkpoint: Path | None, sound: bool):
    """TrainingDiverged for what was found in that epoch, in these batches. sound: whether the weights that the model has again are finite."""
    batch, done = problem.batch, len(history)
    if problem.where == "validation":
        told = tr(
            f"Loss trên tập kiểm định không phải số hữu hạn ở epoch {epoch}, batch {batch}.",
            f"The loss on the validation set is not finite in epoch {epoch}, batch {batch}.",
        )
    else:
        told = tr(
            f"Loss không còn là số hữu hạn ở epoch {epoch}, batch {batch}: huấn luyện đã phân kỳ.",
            f"The loss is no longer finite in epoch {epoch}, batch {batch}: the training has diverged.",
        )
    spoilt = (
        [] if not isinstance(batches, InMemory) else (~batches.x.flatten(1).isfinite().all(dim=1)).nonzero().flatten()
    )
    if len(spoilt):
        told += tr(
            f" Số ảnh có điểm ảnh NaN hoặc vô hạn: {len(spoilt)}, ảnh đầu tiên có số thứ tự {int(spoilt[0])}. Hãy bỏ chúng ra.",
            f" Images with pixels that are NaN or infinite: {len(spoilt)}, the first has the index {int(spoilt[0])}. Leave them out.",
        )
    elif not sound:
        told += tr(
            " Trọng số của mô hình đã là NaN từ trước bước đầu tiên: hãy tạo lại mô hình.",
            " The model's weights were NaN before the first step: build the model anew.",
        )
    else:
        told += tr(
            " Hãy thử lr nhỏ hơn, và kiểm tra ảnh có nằm trong [0, 1] không.",
            " Try a smaller lr, and check that the images lie in [0, 1].",
        )
    if sound and done:
        told += tr(
            f" Mô hình đã trở lại trọng số cuối epoch {done}.",
            f" The model has its weights of the end of epoch {done} again.",
        )
    elif sound:
        told += tr(" Mô hình đã trở lại trọng số ban đầu.", " The model has its first weights again.")
    kept = [str(path) for path in (history.log_file, checkpoint) if path and done]
    if kept:
        told += tr(
            f" Các epoch trước vẫn còn trong {' và '.join(kept)}.",
            f" The epochs before are safe in {' and '.join(kept)}.",
        )
    return TrainingDiverged(told, history, epoch, batch)


def out_of_memory(batches: Batches, epoch: int, batch: int, checkpoint: Path | None) -> RuntimeError:
    """checkpoint: where the epochs before are, or None if there are none."""
    size, place = batches.batch_size, "DataLoader" if isinstance(batches, FromLoader) else "fit"
    half = max(1, (size or 2) // 2)
    message = tr(
        f"GPU hết bộ nhớ ở epoch {epoch}, batch {batch}, với batch_size={size}. Hãy thử {place}(..., batch_size={half}), và tắt kernel "
        "của các notebook khác đang dùng GPU.",
        f"The GPU's memory is full in epoch {epoch}, batch {batch}, with batch_size={size}. Try {place}(..., batch_size={half}), "
        "and shut down the kernels of other notebooks that use the GPU.",
    )
    if checkpoint:
        message += tr(
            f" Các epoch trước vẫn còn trong {checkpoint}; đổi batch_size là đổi cách huấn luyện, nên cần một tệp checkpoint mới.",
            f" The epochs before are safe in {checkpoint}; another batch_size is another recipe, so it needs a new checkpoint file.",
        )
    return torch.cuda.OutOfMemoryError(message)


def going_on(checkpoint: Path, done: int, epochs: int) -> str:
    told = tr(
        f"Tiếp tục từ {checkpoint}: đã xong {done} epoch.", f"Going on from {checkpoint}: {done} epochs are done."
    )
    if done >= epochs:
        told += tr(
            f" Bạn yêu cầu {epochs}, nên không cần huấn luyện thêm.",
            f" You asked for {epochs}, so there is nothing left to train.",
        )
    return told


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
