"""Ctrl-C and NaN: what was learnt is kept, and where it happened is said."""

import math

import pytest

from tests.training.support import QUIET, failing_loss, same_weights, stopped_at, tiny
from vae_helpers import training
from vae_helpers.training import History, fit


def test_ctrl_c_keeps_what_was_learnt(small, tmp_path, capsys):
    model = tiny()
    file = tmp_path / "vae.pt"
    recipe = {"epochs": 9, "batch_size": 64, "seed": 1, "progress": False}
    with stopped_at(10, KeyboardInterrupt()):
        history = fit(model, small, log_dir=tmp_path, checkpoint=file, **recipe)
    assert history.interrupted and len(history) == 2  # 4 batches an epoch: the 10th is in the third
    assert not same_weights(model, tiny())
    assert "epoch 3" in capsys.readouterr().out
    assert len(History.read(history.log_file)) == 2
    assert "completed" not in history.log_file.read_text()
    resumed, whole = tiny(), tiny()
    fit(resumed, small, epochs=4, batch_size=64, seed=1, checkpoint=file, **QUIET)
    fit(whole, small, epochs=4, batch_size=64, seed=1, **QUIET)
    assert same_weights(resumed, whole)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_stops_with_epoch_and_batch(small, language, bad):
    with pytest.raises(training.TrainingDiverged, match="epoch 2, batch 3") as caught:
        fit(tiny(), small, epochs=5, batch_size=64, loss=failing_loss(7, lambda v: (v[0] * bad, *v[1:])), **QUIET)
    assert (caught.value.epoch, caught.value.batch) == (2, 3)
    assert len(caught.value.history) == 1
    assert {"vi": "lr nhỏ hơn", "en": "smaller lr"}[language] in str(caught.value)
