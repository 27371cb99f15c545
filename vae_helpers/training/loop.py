"""fit: lesson 05's training loop, with everything that a long training cannot do without around it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from ..losses import vae_loss
from .batches import Batches
from .checkpoint import Checkpoint, checked_path
from .device import checked_device, keep_freed_memory
from .history import COLUMNS, History
from .log import Log
from .means import Means
from .messages import going_on, try_out, writing
from .progress import Progress
from .steps import CompiledGradients, evaluate, gradients
from .stops import Stops


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

    Lesson 05: The same recipe in one line
    """
    check_arguments(epochs, batch_size, schedule)
    device = checked_device(device)
    model.to(device)
    if device.type == "cpu":
        keep_freed_memory()
    fused = True if device.type == "cuda" else None  # the whole update as one command to the GPU
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay, fused=fused)
    train_batches = Batches(train, batch_size, device, shuffle=True, name="train")
    val_batches = (
        Batches(validation, batch_size, device, shuffle=False, name="validation") if validation is not None else None
    )
    step = CompiledGradients(device) if compile else gradients
    scheduler = one_cycle(optimizer, lr, epochs * len(train_batches)) if schedule else None
    if seed is not None:
        torch.manual_seed(seed)
    recipe = recipe_of(model, train_batches, lr, weight_decay, seed, schedule, epochs)
    saved = (
        Checkpoint(checked_path(checkpoint), model, optimizer, scheduler, recipe) if checkpoint is not None else None
    )
    history = resume(saved, epochs, progress)
    log = start_log(log_dir, model, train_batches, epochs, history)

    bars = Progress(epochs, len(history), shown=progress)
    with Stops(history, bars) as stops:
        for epoch in bars.epochs():
            started = time.perf_counter()
            model.train()
            means = Means(device)
            for x in bars.batches(train_batches):
                parts = step(model, x, loss)  # forward, loss, backward
                optimizer.step()
                if scheduler:
                    scheduler.step()
                means.add(parts, len(x))
                if means.due():
                    bars.show(means.read_finite()[0])
            row = {"epoch": epoch, **dict(zip(COLUMNS[1:4], means.read_finite(), strict=True))}
            if val_batches:
                row |= dict(zip(COLUMNS[4:7], evaluate(model, val_batches, loss), strict=True))
            history.add(row | {"seconds": time.perf_counter() - started})
            if saved:
                with writing(saved.path, "checkpoint", epoch):
                    saved.save(history)
            if log:
                with writing(log.path, "log_dir", epoch):
                    log.write(history.rows)
            bars.epoch_done(history.rows[-1])
    stops.explain(train_batches, saved)
    if log:
        with writing(log.path, "log_dir", len(history)):
            log.write(history.rows, completed=not history.interrupted)
    return history


def check_arguments(epochs: int, batch_size: int, schedule: str | None) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"fit({name}): got {value!r}, expected a whole number from 1 up.")
    if schedule not in (None, "one-cycle"):
        raise ValueError(f"fit(schedule): got {schedule!r}, expected None or 'one-cycle'.")


def one_cycle(optimizer: torch.optim.Optimizer, lr: float, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)


def recipe_of(model, batches: Batches, lr: float, weight_decay: float, seed: int | None, schedule, epochs: int) -> dict:
    """What must be the same for a training to go on from a checkpoint."""
    recipe = {
        "model": type(model).__name__,
        "images": batches.images,
        "batch_size": batches.batch_size,
        "lr": lr,
        "weight_decay": weight_decay,
        "seed": seed,
    }
    if schedule:  # its course depends on how many epochs there will be in all
        recipe |= {"schedule": schedule, "epochs": epochs}
    return recipe


def resume(saved: Checkpoint | None, epochs: int, shown: bool) -> History:
    """The history to go on from: the checkpoint's, if there is one, put into model, optimizer and random state."""
    history = History()
    if saved and saved.path.exists():
        history = saved.load()
        if shown:
            print(going_on(saved.path, len(history)))
    if saved and len(history) < epochs:
        try_out(saved.path.parent, "checkpoint")
    return history


def start_log(log_dir: str | os.PathLike | None, model, batches: Batches, epochs: int, history: History) -> Log | None:
    if log_dir is None:
        return None
    try_out(Path(log_dir), "log_dir")
    log = Log(Path(log_dir), model, batches.batch_size, batches.image_size, epochs)
    history.log_file = log.path
    with writing(log.path, "log_dir", len(history)):
        log.write(history.rows)
    return log
