"""What a student reads promises only what is true."""

from pathlib import Path

import pytest
import torch

from vae_helpers.training.batches import batches_of
from vae_helpers.training.history import History
from vae_helpers.training.means import NotFinite
from vae_helpers.training.messages import diverged, epoch_line, going_on, out_of_memory, stopped

ROW = {"epoch": 1, "loss": 2.0, "recon": 1.5, "kl": 0.5, "seconds": 1.0}


def batches(small):
    return batches_of(small, "train", 64, torch.device("cpu"), torch.float32, shuffle=True)


def told(small, epochs=0, checkpoint=None, log_file=None, sound=True, where="training"):
    history = History([{**ROW, "epoch": epoch + 1} for epoch in range(epochs)])
    history.log_file = log_file
    problem = diverged(NotFinite(3, where), batches(small), history, epochs + 1, checkpoint, sound)
    assert (problem.epoch, problem.batch, problem.history) == (epochs + 1, 3, history)
    return str(problem)


def test_files_are_named_only_where_there_are_some_with_epochs_in_them(small):
    assert "safe" not in told(small, epochs=2)
    assert "safe" not in told(small, epochs=0, checkpoint=Path("vae.pt"))
    message = told(small, epochs=2, checkpoint=Path("vae.pt"), log_file=Path("log.txt"))
    assert "log.txt and vae.pt" in message or "vae.pt and log.txt" in message or "log.txt và vae.pt" in message


@pytest.mark.parametrize("epochs, said", [(0, "its first weights again"), (2, "end of epoch 2 again")])
def test_which_weights_the_model_has_is_said(small, epochs, said):
    assert said in told(small, epochs=epochs)


def test_a_model_of_nan_is_not_told_to_lower_its_lr(small):
    message = told(small, sound=False)
    assert "build the model anew" in message and "smaller lr" not in message and "again" not in message


def test_the_first_image_with_nan_is_named(small):
    spoilt = type(small)(small.images.clone(), small.labels, "digits")
    spoilt.images[7, 0, 3, 3] = float("nan")
    assert "index 7" in told(spoilt)


def test_validation_is_named_where_it_was_validation(small):
    assert "validation set" in told(small, where="validation")
    assert "validation set" not in told(small)


@pytest.mark.parametrize("checkpoint", [None, Path("vae.pt")])
def test_half_the_batch_size_is_advised(small, checkpoint):
    problem = out_of_memory(batches(small), 1, 2, checkpoint)
    assert isinstance(problem, torch.cuda.OutOfMemoryError) and "batch_size=32" in str(problem)
    assert ("vae.pt" in str(problem)) == (checkpoint is not None)


def test_going_on_says_when_nothing_is_left():
    assert "nothing left" in going_on(Path("vae.pt"), 3, 2) and "nothing left" not in going_on(Path("vae.pt"), 3, 5)


def test_numbers_of_epochs_and_batches_are_told():
    assert "epoch 3, batch 7" in stopped(3, 7, 2) and "2 whole epochs" in stopped(3, 7, 2)
    row = ROW | {"val_loss": 2.5, "val_recon": 2.0, "val_kl": 0.5}
    assert (
        epoch_line(row, 9)
        == "Epoch 1/9  loss 2.0000  recon 1.5000  kl 0.5000  |  val_loss 2.5000  val_recon 2.0000  val_kl 0.5000"
    )
