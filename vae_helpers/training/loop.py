"""fit: lesson 05's training loop, with everything that a long training cannot do without around it."""

import os
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from ..losses import vae_loss
from .arguments import checked_numbers
from .batches import batches_of, number_type
from .checkpoint import Checkpoint
from .contract import Objective
from .device import checked_device, keep_freed_memory
from .history import History
from .layout import FastLayout
from .log import Log
from .means import Means
from .modes import train_modes
from .optimizer import adam, one_cycle
from .progress import Progress
from .steps import CompiledStep, Step
from .stops import Stops, check_weights


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

    model: any nn.Module. Called as model(x), it gives recon (one tensor) or a tuple or list (recon, …): (recon, mu, logvar)
        for a VAE. It is moved to device, and stays there.
    loss: called as loss(recon, x, …) with whatever else the model gave. It gives a scalar tensor, or a tuple (total, recon,
        kl) as vae_loss does, or a dict with "loss" (and "recon", "kl"): total is minimised, means of all three are recorded.
    Labels: a parameter named y or labels, of forward or of the loss, gets the labels of the batch, as a conditional VAE
        needs them: forward(x, y). It must be free after the values above: in loss(recon, y), y is the images.
    train, validation: a Dataset, or any DataLoader, whose own batch size then counts; of images (N, C, H, W) in [0, 1],
        alone or in pairs (images, labels). Images that cannot change are kept in memory on the device, the fast path:
        ImageDataset, TensorDataset, torchvision's data sets without random transforms, and Subsets of these. Any other
        Dataset is read anew in each epoch, so random transforms draw anew. Validation uses the same random draws every epoch.
    epochs: how many in all; with a checkpoint that holds some of them, only the rest is trained.
    schedule: None keeps lr as it is, the handout's way. "one-cycle" raises it to lr over the first 30 % of the steps
        and lowers it to almost 0 over the rest (L. Smith & N. Topin, "Super-Convergence", 2018): fewer epochs for the
        same quality, with a larger lr such as 4e-3. Adam's beta1 goes the other way meanwhile, from 0.95 to 0.85 and back.
    compile: True has torch.compile turn the forward and backward pass into code made for this model; on a GPU it also
        records them as a CUDA graph, so that a step starts with one command instead of a hundred. Same results up to
        rounding. The compiling takes about half a minute: for long trainings on a fast GPU. It needs Triton (a card
        of 2018 or later) there, a C++ compiler on the CPU; where it fails, fit says so and trains without.
    device: "cuda", "mps" (Apple's GPU) or "cpu"; None takes the first of these that is there.
    log_dir: folder for the log file, training_log_<date>_<time>.txt; None for no log.
    checkpoint: file that holds everything after each epoch (written beside, then renamed), such as
        checkpoint_folder() / "vae.pt". If it exists, training goes on from it, to the same result as without the break.
        It must be of the same recipe: model, loss and its settings, data, batch size, lr, schedule, weight decay, seed.
    seed: makes the order of the images and the noise repeatable. For the same history twice the model must also start
        from the same weights: call torch.manual_seed before you build it. None leaves the random state as it is, unless
        epochs are trained on from a checkpoint: then the random state goes on from there as well.

    Trains in train mode. A layer that was in eval mode within a model in train mode (a frozen batch norm) stays so; at the
    end each layer is in the mode that it was in before.
    Ctrl-C ends the training early: the model keeps what it has learnt and the epochs so far are returned.
    Raises TrainingDiverged when the loss or a weight is no longer finite (the model then has the weights of the last whole
    epoch), ValueError for bad arguments (a GPU that is not there among them), for a model, loss or data of another form,
    for logits where the loss takes pixels, and for a checkpoint of another recipe, which changes nothing; OSError where
    the log or the checkpoint cannot be written (before the first epoch; a checkpoint also later, when the disk fills up:
    its .history has the epochs so far), torch.cuda.OutOfMemoryError when the GPU's memory is full.

    Lesson 05: The same recipe in one line
    """
    epochs, batch_size, settings = checked_numbers(epochs, batch_size, lr, weight_decay, schedule, seed)
    device = checked_device(device)
    batches = partial(batches_of, batch_size=batch_size, device=device, dtype=number_type(model))
    train_batches = batches(train, "train", shuffle=True)
    val_batches = None if validation is None else batches(validation, "validation", shuffle=False)
    saved = Checkpoint(checkpoint, model, loss, train_batches, settings)

    keep_freed_memory(device)
    model.to(device)
    optimizer = adam(model, settings["lr"], settings["weight_decay"])
    scheduler = one_cycle(optimizer, settings["lr"], epochs, train_batches) if schedule else None
    if seed is not None:
        torch.manual_seed(settings["seed"])
    history = saved.resume(model, optimizer, scheduler, epochs, always=seed is not None)
    log = Log(log_dir, model, train_batches, epochs, history, validated=validation is not None)
    bars = Progress(epochs, len(history), saved.path, shown=progress)

    with train_modes(model) as train_mode, FastLayout(model, optimizer) as layout, Stops(model, history, bars) as stops:
        step = (CompiledStep if compile else Step)(Objective(model, loss), layout)
        for epoch in bars.epochs():
            started = time.perf_counter()
            train_mode()
            means = Means(device)
            for x, y in bars.batches(train_batches):
                parts = step(x, y)  # 1, 2, 3, 4: the output, the loss, zero_grad, backward
                optimizer.step()  # 5
                if scheduler:
                    scheduler.step()
                means.add(parts, len(x))
                if means.due():
                    bars.show(means.read_finite()[0])
            measured = means.read_finite()
            check_weights(model, bars.batch)
            history.add_epoch(epoch, measured, step.evaluate(val_batches), time.perf_counter() - started)
            stops.epoch_done()
            saved.save(model, optimizer, scheduler, history)
            log.write_if_possible(history.rows)
            bars.epoch_done(history.rows[-1])
    stops.explain(train_batches, val_batches, saved.path)
    log.write_if_possible(history.rows, completed=not history.interrupted)
    return history
