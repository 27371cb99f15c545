"""Ctrl-C and numbers that are none: what was learnt is kept, and where and why it happened is said."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from tests.training.support import QUIET, Items, Tiny, failing_loss, same_weights, stopped_at, tiny, unchecked
from vae_helpers import losses, training
from vae_helpers.training import History, TrainingDiverged, fit


def test_ctrl_c_keeps_what_was_learnt(small, tmp_path, capsys):
    model = tiny()
    file = tmp_path / "vae.pt"
    recipe = {"epochs": 9, "batch_size": 64, "seed": 1, "progress": False}
    with stopped_at(10, KeyboardInterrupt()):
        history = fit(model, small, log_dir=tmp_path, checkpoint=file, **recipe)
    assert history.interrupted and len(history) == 2  # 4 batches an epoch: the 10th is in the third
    assert not same_weights(model, tiny())
    assert "epoch 3, batch 2" in capsys.readouterr().out
    assert len(History.read(history.log_file)) == 2
    assert "completed" not in history.log_file.read_text()
    resumed, whole = tiny(), tiny()
    fit(resumed, small, epochs=4, batch_size=64, seed=1, checkpoint=file, **QUIET)
    fit(whole, small, epochs=4, batch_size=64, seed=1, **QUIET)
    assert same_weights(resumed, whole)


def test_ctrl_c_in_the_first_epoch_gives_an_empty_history(small, capsys):
    with stopped_at(2, KeyboardInterrupt()):
        history = fit(tiny(), small, epochs=2, batch_size=64, **QUIET)
    assert history.interrupted and len(history) == 0 and list(history) == [] and history["loss"] == []
    assert "epoch 1, batch 2" in capsys.readouterr().out


# --------------------------------------------------------------------------------------------- divergence


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_stops_with_epoch_and_batch(small, language, bad):
    with pytest.raises(training.TrainingDiverged, match="epoch 2, batch 3") as caught:
        fit(tiny(), small, epochs=5, batch_size=64, loss=failing_loss(7, lambda v: (v[0] * bad, *v[1:])), **QUIET)
    assert (caught.value.epoch, caught.value.batch) == (2, 3)
    assert len(caught.value.history) == 1
    assert {"vi": "lr nhỏ hơn", "en": "smaller lr"}[language] in str(caught.value)


def test_the_model_is_given_back_with_the_weights_of_the_last_whole_epoch(small):
    model, two = tiny(), tiny()
    with pytest.raises(TrainingDiverged, match="weights of the end of epoch 2"):
        loss = failing_loss(11, lambda v: (v[0] * math.nan, *v[1:]))
        fit(model, small, epochs=5, batch_size=64, seed=1, loss=loss, **QUIET)
    fit(two, small, epochs=2, batch_size=64, seed=1, **QUIET)
    assert same_weights(model, two)


def test_in_the_first_epoch_the_model_has_its_first_weights_again(small, language):
    model = tiny()
    with pytest.raises(TrainingDiverged) as caught:
        fit(model, small, epochs=5, batch_size=64, loss=failing_loss(3, lambda v: (v[0] * math.nan, *v[1:])), **QUIET)
    assert same_weights(model, tiny())
    assert {"vi": "trọng số ban đầu", "en": "its first weights again"}[language] in str(caught.value)


def test_weights_that_the_last_step_of_an_epoch_spoils_are_not_saved(small, tmp_path):
    """No loss has seen them yet: epoch and file would count as good."""
    file, update, steps = tmp_path / "vae.pt", torch.optim.Adam.step, iter(range(1, 100))

    def spoiling(self, *arguments, **keywords):
        update(self, *arguments, **keywords)
        if next(steps) == 8:
            with torch.no_grad():
                self.param_groups[0]["params"][0][0, 0] = math.nan

    model, one = tiny(), tiny()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(TrainingDiverged, match="epoch 2, batch 4") as caught:
        patch.setattr(torch.optim.Adam, "step", spoiling)
        fit(model, small, small, epochs=5, batch_size=64, seed=1, checkpoint=file, **QUIET)
    fit(one, small, small, epochs=1, batch_size=64, seed=1, **QUIET)
    assert same_weights(model, one) and len(caught.value.history) == 1
    assert len(torch.load(file, weights_only=True)["history"]) == 1


def bce(recon, x, mu, logvar):
    return losses.reconstruction_loss(recon, x, "bce") + losses.kl_divergence(mu, logvar).mean()


def own_bce(recon, x, mu, logvar):
    return F.binary_cross_entropy(recon, x, reduction="sum") + losses.kl_divergence(mu, logvar).mean()


@pytest.mark.parametrize("loss", [bce, own_bce, losses.vae_loss])
def test_too_large_steps_diverge_in_words_with_every_loss(small, loss):
    """On a GPU, BCE of a NaN would be an assertion on the device, which takes the kernel's GPU along."""
    with pytest.raises(TrainingDiverged, match="smaller lr") as caught:
        fit(tiny(), small, epochs=30, batch_size=64, lr=1e20, loss=loss, **QUIET)
    assert caught.value.epoch >= 1


@pytest.mark.parametrize("loss", [bce, own_bce, losses.vae_loss])
@pytest.mark.parametrize("kind", ["memory", "loader", "items"])
def test_a_nan_in_the_data_is_named(small, loss, kind, language):
    images = small.images.clone()
    images[[70, 150], 0, 14, 14] = math.nan
    spoilt = unchecked(images, small.labels, "spoilt")
    source = {"memory": spoilt, "loader": DataLoader(spoilt, batch_size=64), "items": Items(spoilt)}[kind]
    model = tiny()
    with pytest.raises(TrainingDiverged, match="epoch 1, batch [1-4]") as caught:
        fit(model, source, epochs=2, batch_size=64, loss=loss, **QUIET)
    if kind == "memory":
        assert re.search(
            {"vi": "NaN hoặc vô hạn: 2,.*số thứ tự 70", "en": "NaN or infinite: 2,.*index 70"}[language],
            str(caught.value),
        )
    assert same_weights(model, tiny())


@pytest.mark.parametrize("loss", [bce, own_bce, losses.vae_loss])
def test_a_nan_in_the_model_is_named(small, loss, language):
    model = tiny()
    with torch.no_grad():
        model.decoder.weight[5] = math.nan
    with pytest.raises(TrainingDiverged, match="epoch 1, batch 1") as caught:
        fit(model, small, epochs=2, loss=loss, **QUIET)
    assert {"vi": "NaN từ trước bước đầu tiên", "en": "NaN before the first step"}[language] in str(caught.value)
    assert "again" not in str(caught.value) and "trở lại" not in str(caught.value)


def test_a_nan_in_the_validation_set_is_told_as_that(small, language):
    images = small.images.clone()
    images[130, 0, 3, 3] = math.nan
    with pytest.raises(TrainingDiverged, match="epoch 1, batch 3") as caught:
        fit(tiny(), small, unchecked(images, small.labels, "x"), epochs=2, batch_size=64, **QUIET)
    told = {
        "vi": "tập kiểm định.*vô hạn: 1,.*số thứ tự 130",
        "en": "validation set.*infinite: 1,.*index 130",
    }
    assert re.search(told[language], str(caught.value))


@pytest.mark.parametrize("log, checkpoint", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("at", [2, 7])
def test_the_message_promises_only_what_is_true(small, tmp_path, log, checkpoint, at):
    """Log and checkpoint are named only where they were asked for, and hold an epoch."""
    where = {"log_dir": tmp_path / "logs" if log else None, "checkpoint": tmp_path / "vae.pt" if checkpoint else None}
    with pytest.raises(TrainingDiverged) as caught:
        loss = failing_loss(at, lambda v: (v[0] * math.nan, *v[1:]))
        fit(tiny(), small, epochs=5, batch_size=64, loss=loss, progress=False, **where)
    told = str(caught.value)
    assert ("safe in" in told) == ((log or checkpoint) and at == 7)
    assert ("training_log_" in told) == (log and at == 7) and ("vae.pt" in told) == (checkpoint and at == 7)
    if checkpoint and at == 7:
        assert len(torch.load(tmp_path / "vae.pt", weights_only=True)["history"]) == 1


def test_the_error_holds_on_to_nothing_of_the_failed_step(small):
    with pytest.raises(TrainingDiverged) as caught:
        fit(tiny(), small, epochs=1, loss=failing_loss(1, lambda v: (v[0] * math.nan, *v[1:])), **QUIET)
    assert caught.value.__context__ is None


def test_apples_gpu_says_in_words_alone_that_its_memory_is_full(small):
    """There is no Apple GPU here: its error is raised by the model."""

    class Greedy(Tiny):
        def forward(self, x):
            raise RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB, max allowed: 9.1 GB).")

    with pytest.raises(torch.cuda.OutOfMemoryError, match="batch_size=128"):
        fit(Greedy(), small, epochs=1, batch_size=256, **QUIET)
