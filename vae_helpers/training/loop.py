"""The training loop, its history, its log file and its checkpoints."""

import ctypes
import io
import math
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from .._files import write_whole
from .._inference import latent_dim_of
from .._language import tr
from ..losses import vae_loss

__all__ = ["History", "TrainingDiverged", "checkpoint_folder", "default_device", "fit"]

COLUMNS = ("epoch", "loss", "recon", "kl", "val_loss", "val_recon", "val_kl", "seconds")
LOG_COLUMNS = "Epoch,Avg_Loss,Recon_Loss,KL_Loss"  # the handout's
DRIVE = Path("/content/drive/MyDrive")  # a student's Google Drive, where Colab mounts it


class TrainingDiverged(FloatingPointError):
    """The loss is no longer a finite number. history holds the epochs before; epoch and batch say where (from 1)."""

    def __init__(self, message: str, history: "History", epoch: int, batch: int):
        super().__init__(message)
        self.history, self.epoch, self.batch = history, epoch, batch


class History:
    """One row per epoch: epoch (from 1), loss, recon, kl, val_loss, val_recon, val_kl, seconds.

    Every loss is a mean over the images of the epoch, whatever the batches. What was not measured is nan.
    history["loss"] is a column as a list, history.rows[-1] the last epoch as a dict.
    log_file: the log's path, or None; interrupted: whether Ctrl-C ended the training early.
    """

    def __init__(self, rows: Iterable[dict] = ()):
        self.rows = [{column: row.get(column, math.nan) for column in COLUMNS} for row in rows]
        self.log_file: Path | None = None
        self.interrupted = False

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if column not in COLUMNS:
            raise KeyError(f"History has no column {column!r}; it has {', '.join(COLUMNS)}.")
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        lines = ["".join(f"{column:>11}" for column in COLUMNS)]
        lines += [f"{row['epoch']:>11}" + "".join(f"{row[c]:>11.3f}" for c in COLUMNS[1:]) for row in self.rows]
        return "\n".join(lines)

    @classmethod
    def read(cls, log_file: str | os.PathLike) -> "History":
        """The history that a log file of fit (or of the handout's listing) holds: epoch, loss, recon and kl.

        Raises ValueError for a file without the header line, or with a row that is no numbers, naming its line.
        """
        lines = Path(log_file).read_text(encoding="utf-8").splitlines()
        if LOG_COLUMNS not in lines:
            raise ValueError(f"{log_file}: no line {LOG_COLUMNS!r}, so this is not a training log.")
        rows = []
        for number, line in enumerate(lines[lines.index(LOG_COLUMNS) + 1 :], start=lines.index(LOG_COLUMNS) + 2):
            if not line or line.startswith("Training completed"):
                break
            try:
                epoch, loss, recon, kl = line.split(",")
                rows.append({"epoch": int(epoch), "loss": float(loss), "recon": float(recon), "kl": float(kl)})
            except ValueError:
                raise ValueError(f"{log_file}, line {number}: {line!r} is not {LOG_COLUMNS}.") from None
        history = cls(rows)
        history.log_file = Path(log_file)
        return history


def default_device() -> torch.device:
    """The GPU if PyTorch sees one, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def checkpoint_folder() -> Path:
    """Where checkpoints outlive the machine: checkpoints in Google Drive where that is mounted, or else ./checkpoints.

    A Colab runtime takes its files along when it is lost; Drive stays. To mount it:
    from google.colab import drive; drive.mount("/content/drive"). The folder is made by fit when it needs it.
    """
    return (DRIVE if DRIVE.is_dir() else Path()) / "checkpoints"


def fit(
    model: nn.Module,
    train: Dataset | DataLoader,
    validation: Dataset | DataLoader | None = None,
    *,
    epochs: int,
    batch_size: int = 256,
    loss: Callable = vae_loss,
    lr: float = 1e-3,
    schedule: str | None = None,
    compile: bool = False,
    weight_decay: float = 1e-5,
    device: str | torch.device | None = None,
    log_dir: str | os.PathLike | None = "logs",
    checkpoint: str | os.PathLike | None = None,
    progress: bool = True,
    seed: int | None = None,
) -> History:
    """Train model by the handout's recipe (Adam, shuffled batches) and return its History.

    model: its forward gives (recon, …), and loss is called as loss(recon, x, …) with the same rest: (recon, x, mu,
        logvar) for a VAE. It is moved to device, and stays there.
    train, validation: a Dataset of images (kept in memory on the device: the fast path) or any DataLoader, whose own
        batch size then counts. Validation uses the same random draws every epoch.
    epochs: how many in all; with a checkpoint that holds some of them, only the rest is trained.
    loss: gives a scalar, or (total, recon, kl) as vae_loss does; total is minimised.
    schedule: None keeps lr as it is, the handout's way. "one-cycle" raises it to lr over the first 30 % of the steps
        and lowers it to almost 0 over the rest (L. Smith & N. Topin, "Super-Convergence", 2018): fewer epochs for the
        same quality, with a larger lr such as 4e-3.
    compile: True has torch.compile turn the forward and backward pass into code made for this model; on a GPU it also
        records them as a CUDA graph, so that a step starts with one command instead of a hundred. Same results up to
        rounding. The compiling takes about half a minute: for long trainings on a fast GPU. It needs Triton (a card
        of 2018 or later) there, a C++ compiler on the CPU; where it fails, fit says so and trains without.
    log_dir: folder for the log file, training_log_<date>_<time>.txt; None for no log.
    checkpoint: file that holds everything after each epoch (written beside, then renamed), such as
        checkpoint_folder() / "vae.pt". If it exists, training goes on from it, to the same result as without the break.
    seed: makes the order of the images and the noise repeatable. For the same history twice the model must also start
        from the same weights: call torch.manual_seed before you build it. None leaves the random state as it is.

    Ctrl-C ends the training early: the model keeps what it has learnt and the epochs so far are returned.
    Raises TrainingDiverged when the loss is no longer finite, ValueError for bad arguments (a GPU that is not there
    among them) and for a checkpoint of another recipe, OSError where the log or the checkpoint cannot be written
    (before the first epoch, unless the disk fills up later), torch.cuda.OutOfMemoryError when the GPU's memory is full.
    """
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"fit({name}): got {value!r}, expected a whole number from 1 up.")
    if schedule not in (None, "one-cycle"):
        raise ValueError(f"fit(schedule): got {schedule!r}, expected None or 'one-cycle'.")
    device = _checked_device(device)
    model.to(device)
    if device.type == "cpu":
        _keep_freed_memory()
    fused = True if device.type == "cuda" else None  # the whole update as one command to the GPU
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay, fused=fused)
    train_batches = _Batches(train, batch_size, device, shuffle=True, name="train")
    val_batches = (
        _Batches(validation, batch_size, device, shuffle=False, name="validation") if validation is not None else None
    )
    gradients = _CompiledGradients(device) if compile else _gradients
    scheduler = None
    if schedule == "one-cycle":
        steps = epochs * len(train_batches)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
    if seed is not None:
        torch.manual_seed(seed)

    recipe = {
        "model": type(model).__name__,
        "images": train_batches.images,
        "batch_size": train_batches.batch_size,
        "lr": lr,
        "weight_decay": weight_decay,
        "seed": seed,
    }
    if scheduler:  # its course depends on how many epochs there will be in all
        recipe |= {"schedule": schedule, "epochs": epochs}
    history = History()
    if checkpoint is not None:
        checkpoint = Path(checkpoint)
        if checkpoint.is_dir():
            raise ValueError(
                tr(
                    f"fit(checkpoint): {checkpoint} là một thư mục. Hãy ghi rõ một tệp trong đó, chẳng hạn {checkpoint / 'vae.pt'}.",
                    f"fit(checkpoint): {checkpoint} is a folder. Name a file in it, such as {checkpoint / 'vae.pt'}.",
                )
            )
        if checkpoint.exists():
            history = _load_checkpoint(checkpoint, model, optimizer, scheduler, recipe)
            if progress:
                print(
                    tr(
                        f"Tiếp tục từ {checkpoint}: đã xong {len(history)} epoch.",
                        f"Going on from {checkpoint}: {len(history)} epochs are done.",
                    )
                )
        if len(history) < epochs:
            _try_out(checkpoint.parent, "checkpoint")
    log = None
    if log_dir is not None:
        _try_out(Path(log_dir), "log_dir")
        log = _Log(log_dir, model, train_batches, epochs)
        history.log_file = log.path
        with _explained(log.path, "log_dir", len(history)):
            log.write(history)

    epoch = batch = 0
    out_of_memory = False
    bar = tqdm(total=epochs, initial=len(history), desc="Epoch", unit="epoch", disable=not progress)
    try:
        for epoch in range(len(history) + 1, epochs + 1):
            started = time.perf_counter()
            model.train()
            means = _Means(device)
            batch_bar = tqdm(
                train_batches, desc=f"Epoch {epoch}/{epochs}", unit="batch", leave=False, disable=not progress
            )
            for batch, x in enumerate(batch_bar, start=1):
                parts = gradients(model, x, loss)
                optimizer.step()
                if scheduler:
                    scheduler.step()
                means.add(parts, len(x))
                if means.due() or batch == len(train_batches):
                    average = means.read()
                    if not math.isfinite(average[0]):
                        raise _diverged(history, epoch, means.first_bad())
                    batch_bar.set_postfix(loss=f"{average[0]:.4g}", refresh=False)
            row = {"epoch": epoch, **dict(zip(COLUMNS[1:4], means.read(), strict=True))}
            if val_batches:
                row |= dict(zip(COLUMNS[4:7], _evaluate(model, val_batches, loss), strict=True))
            row["seconds"] = time.perf_counter() - started
            history.rows.append({column: row.get(column, math.nan) for column in COLUMNS})
            if checkpoint:
                with _explained(checkpoint, "checkpoint", epoch):
                    _save_checkpoint(checkpoint, model, optimizer, scheduler, recipe, history)
            if log:
                with _explained(log.path, "log_dir", epoch):
                    log.write(history)
            bar.update()
            if progress and (epoch % max(1, epochs // 20) == 0 or epoch == epochs):  # 500 epochs: 20 lines
                bar.write(_summary_line(history.rows[-1], epochs))
    except KeyboardInterrupt:
        history.interrupted = True
        done = len(history)
        print(
            tr(
                f"Đã dừng ở epoch {epoch}, batch {batch}. Mô hình giữ nguyên những gì đã học; {done} epoch trọn vẹn trong History.",
                f"Stopped in epoch {epoch}, batch {batch}. The model keeps what it has learnt; {done} whole epochs are in the History.",
            )
        )
    except torch.cuda.OutOfMemoryError:
        out_of_memory = True  # raised below: outside of this block nothing holds on to the failed step's memory
    finally:
        bar.close()
    if out_of_memory:
        raise _out_of_memory(train_batches, epoch, max(batch, 1), checkpoint if history.rows else None)
    if log:
        with _explained(log.path, "log_dir", len(history)):
            log.write(history, completed=not history.interrupted)
    return history


def _checked_device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return default_device()
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(
            tr(
                f"fit(device): nhận {device!r}, cần 'cpu', 'cuda', hoặc None để khóa học tự chọn.",
                f"fit(device): got {device!r}, expected 'cpu', 'cuda', or None to let the course choose.",
            )
        ) from None
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if chosen.type == "cuda" and (chosen.index or 0) >= gpus:
        raise ValueError(
            tr(
                f"fit(device): nhận {str(device)!r}, nhưng ở đây PyTorch thấy {gpus} GPU. Hãy bỏ device đi: có GPU thì fit dùng GPU, "
                "không thì dùng CPU. Trên Colab, chọn Runtime → Change runtime type → GPU để có GPU.",
                f"fit(device): got {str(device)!r}, but PyTorch sees {gpus} GPUs here. Leave device out: fit takes a GPU if there is "
                "one, or else the CPU. On Colab choose Runtime → Change runtime type → GPU to get one.",
            )
        )
    return chosen


def _out_of_memory(batches: "_Batches", epoch: int, batch: int, checkpoint: Path | None) -> RuntimeError:
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


def _keep_freed_memory() -> None:
    """Tell Linux's C library to keep freed blocks for the next batch, instead of giving them back to the system.

    Every batch frees and asks again for the same few hundred MB; fetching them anew costs about as long as the
    arithmetic. The limits are those of mallopt(3): blocks up to 32 MB, up to 512 MB kept. No number changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # Windows, macOS, another C library: they train as they are
        return
    M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
    for option, size in ((M_MMAP_THRESHOLD, 2**25), (M_TRIM_THRESHOLD, 2**29), (M_TOP_PAD, 2**26)):
        mallopt(option, size)


class _Batches:
    """Batches of images on the device, in a fresh random order each time if shuffle; what fit iterates over."""

    def __init__(self, source, batch_size: int, device: torch.device, shuffle: bool, name: str):
        self.device, self.shuffle, self.loader, self.batch_size = device, shuffle, None, batch_size
        if isinstance(source, DataLoader):
            self.loader, self.batch_size, self.images = source, source.batch_size, len(source.dataset)
        elif isinstance(getattr(source, "images", None), Tensor):
            self.tensor = source.images.to(device)
        elif isinstance(source, Dataset):
            self.tensor = torch.stack([item[0] for item in source]).to(device)  # read once, kept in memory
        else:
            raise ValueError(f"fit({name}): got {type(source).__name__}, expected a Dataset of images or a DataLoader.")
        if self.loader is None:
            self.images = len(self.tensor)
        if self.images == 0:
            raise ValueError(f"fit({name}): the data set is empty.")
        first = self.tensor[0] if self.loader is None else source.dataset[0][0]
        self.image_size = "x".join(str(side) for side in first.shape[-2:])

    def __len__(self) -> int:
        return len(self.loader) if self.loader is not None else math.ceil(self.images / self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        if self.loader is not None:
            for item in self.loader:
                yield (item[0] if isinstance(item, (tuple, list)) else item).to(self.device, non_blocking=True)
        elif self.shuffle:
            for indices in torch.randperm(self.images).to(self.device).split(self.batch_size):
                yield self.tensor[indices]
        else:
            yield from self.tensor.split(self.batch_size)


class _Means:
    """Means over all images so far of (total, recon, kl), summed on the device: reading them is what makes a GPU wait."""

    def __init__(self, device: torch.device):
        self.device, self.sums, self.images, self.totals, self.last_read = (
            device,
            torch.zeros(3, device=device),
            0,
            [],
            0.0,
        )

    def add(self, parts: Tensor, images: int) -> None:
        self.sums += parts * images
        self.totals.append(parts[0])
        self.images += images

    def due(self) -> bool:
        """On a GPU, whether 0.2 s have passed since the last read; on a CPU, where reading is free, always."""
        return self.device.type == "cpu" or time.perf_counter() - self.last_read > 0.2

    def read(self) -> list[float]:
        self.last_read = time.perf_counter()
        return (self.sums / self.images).tolist()

    def first_bad(self) -> int:
        """The first batch (from 1) whose loss is not finite."""
        return 1 + torch.stack(self.totals).isfinite().tolist().index(False)


def _loss_parts(model: nn.Module, x: Tensor, loss: Callable) -> Tensor:
    """(total, recon, kl) of one batch as a tensor of 3; nan for the parts that the loss does not tell."""
    recon, *rest = model(x)
    parts = loss(recon, x, *rest)
    if isinstance(parts, Tensor):
        parts = (parts, parts.new_tensor(math.nan), parts.new_tensor(math.nan))
    return torch.stack(tuple(parts))


def _gradients(model: nn.Module, x: Tensor, loss: Callable, loss_parts: Callable = _loss_parts) -> Tensor:
    """(total, recon, kl) of one batch; afterwards the gradient of total lies in the weights' .grad."""
    model.zero_grad()
    parts = loss_parts(model, x, loss)
    parts[0].backward()
    return parts.detach()


class _CompiledGradients:
    """_gradients with compiled forward and backward passes; where the compiling fails, the plain ones.

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
            return _gradients(model, x, loss)
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
            parts = _gradients(model, x, loss)  # an error of the model or the loss itself comes up here, as it is
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
            self.loss_parts = torch.compile(_loss_parts, dynamic=False, options=self.options)
        return _gradients(model, x, loss, self.loss_parts).clone()  # the next step writes over a CUDA graph's results


def _evaluate(model: nn.Module, batches: _Batches, loss: Callable) -> list[float]:
    """Means of (total, recon, kl) in eval mode. The same noise each time, and none taken from the training's."""
    means = _Means(batches.device)
    model.eval()
    with torch.random.fork_rng([batches.device] if batches.device.type == "cuda" else []), torch.no_grad():
        torch.manual_seed(0)
        for x in batches:
            means.add(_loss_parts(model, x, loss), len(x))
    return means.read()


def _diverged(history: History, epoch: int, batch: int) -> TrainingDiverged:
    return TrainingDiverged(
        tr(
            f"Hàm mất mát không còn là số hữu hạn (NaN hoặc vô cực) ở epoch {epoch}, batch {batch}. "
            "Hãy thử lr nhỏ hơn, và kiểm tra ảnh nằm trong [0, 1]. Các epoch trước vẫn còn trong log và checkpoint.",
            f"The loss is not a finite number (NaN or infinity) in epoch {epoch}, batch {batch}. "
            "Try a smaller lr, and check that the images lie in [0, 1]. The epochs before are safe in the log and checkpoint.",
        ),
        history,
        epoch,
        batch,
    )


def _summary_line(row: dict, epochs: int) -> str:
    line = f"Epoch {row['epoch']}/{epochs}  loss {row['loss']:.4f}"
    if not math.isnan(row["recon"]):
        line += f"  recon {row['recon']:.4f}  kl {row['kl']:.4f}"
    if not math.isnan(row["val_loss"]):
        line += f"  |  val_loss {row['val_loss']:.4f}"
        if not math.isnan(row["val_recon"]):
            line += f"  val_recon {row['val_recon']:.4f}  val_kl {row['val_kl']:.4f}"
    return line


class _Log:
    """The handout's log file. The whole file is written each time, so it always agrees with the History."""

    def __init__(self, folder: str | os.PathLike, model: nn.Module, batches: _Batches, epochs: int):
        started = datetime.now()
        stem, number = f"training_log_{started:%Y%m%d_%H%M%S}", 1
        self.path = Path(folder) / f"{stem}.txt"
        while self.path.exists():  # two trainings within one second
            number += 1
            self.path = Path(folder) / f"{stem}_{number}.txt"
        try:
            latent_dim = latent_dim_of(model)
        except ValueError:
            latent_dim = "?"
        self.header = (
            f"Training started at {started:%Y-%m-%d %H:%M:%S}\n"
            f"Model: {type(model).__name__} with latent_dim={latent_dim}\n"
            f"Batch size: {batches.batch_size}, Image size: {batches.image_size}\n"
            f"Total epochs: {epochs}\n\n"
            f"{LOG_COLUMNS}\n"
        )

    def write(self, history: History, completed: bool = False) -> None:
        text = self.header
        for row in history.rows:
            text += f"{row['epoch']},{row['loss']:.6f},{row['recon']:.6f},{row['kl']:.6f}\n"
        if completed:
            text += f"\nTraining completed at {datetime.now():%Y-%m-%d %H:%M:%S}\n"
        write_whole(self.path, text)


def _try_out(folder: Path, argument: str) -> None:
    """Make the folder and write there once: better to find out now than after the first epoch."""
    with _explained(folder, argument, epochs=0):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


@contextmanager
def _explained(path: Path, argument: str, epochs: int) -> Iterator[None]:
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


def _save_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None,
    recipe: dict,
    history: History,
) -> None:
    """Everything that the next epoch depends on: weights, optimizer, random states, and the history so far."""
    state = {
        "recipe": recipe,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict() if scheduler else None,
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "history": history.rows,
    }
    packed = io.BytesIO()  # torch's own writer does not survive a disk that fills up under it
    torch.save(state, packed)
    write_whole(path, packed.getvalue())


def _load_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None,
    recipe: dict,
) -> History:
    """Put the checkpoint's state into model, optimizer and random generators. Touches nothing if it does not fit."""
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load itself does not compare the checksums
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(damaged)
        state = torch.load(path, map_location="cpu", weights_only=True)
        saved_recipe, rows = state["recipe"], state["history"]
    except Exception as problem:  # damage shows in many ways, and not every one is an error of torch's own
        raise ValueError(
            tr(
                f"fit(checkpoint): không đọc được {path} ({type(problem).__name__}). Tệp được giữ nguyên; "
                "hãy đổi tên hoặc xóa nó để huấn luyện lại từ đầu.",
                f"fit(checkpoint): {path} cannot be read ({type(problem).__name__}). The file is left as it is; "
                "rename or delete it to train from the beginning.",
            )
        ) from problem
    recipe = dict.fromkeys(saved_recipe) | recipe  # what only the saved one names counts as well
    changed = [
        f"{key}: {saved_recipe.get(key)!r} → {value!r}"
        for key, value in recipe.items()
        if saved_recipe.get(key) != value
    ]
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    saved_shapes = {name: tuple(weight.shape) for name, weight in state["model"].items()}
    changed += [
        f"{name}: {saved_shapes.get(name)} → {shapes.get(name)}"
        for name in sorted(shapes.keys() | saved_shapes.keys())
        if shapes.get(name) != saved_shapes.get(name)
    ]
    if changed:
        raise ValueError(
            tr(
                f"fit(checkpoint): {path} thuộc về một công thức khác ({'; '.join(changed)}). "
                "Hãy dùng lại công thức cũ, hoặc chọn tệp checkpoint khác.",
                f"fit(checkpoint): {path} belongs to another recipe ({'; '.join(changed)}). "
                "Use the old recipe again, or name another checkpoint file.",
            )
        )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    if scheduler:
        scheduler.load_state_dict(state["scheduler"])
    torch.set_rng_state(state["random"])
    if torch.cuda.is_available() and state["random_cuda"]:
        torch.cuda.set_rng_state_all(state["random_cuda"])
    return History(rows)
