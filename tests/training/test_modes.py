"""Train mode in training, eval mode in validation, and afterwards each layer in the mode that it came in."""

import contextlib

import pytest
import torch
from torch import nn

from tests.training.support import QUIET, Tiny, stopped_at
from vae_helpers.training import fit


class Watched(Tiny):
    """Writes down in which mode it was called, and has a batch norm and a dropout."""

    def __init__(self):
        super().__init__()
        self.norm, self.dropout, self.calls = nn.BatchNorm2d(1), nn.Dropout(0.2), []

    def forward(self, x):
        self.calls.append((self.training, self.norm.training, self.dropout.training))
        return super().forward(self.dropout(torch.sigmoid(self.norm(x))))

    def modes(self):
        return [layer.training for layer in self.modules()]


ON, OFF = (True, True, True), (False, False, False)


@pytest.mark.parametrize("start", [True, False])
def test_dropout_works_in_training_and_rests_in_validation(small, start):
    model = Watched().train(start)
    fit(model, small, small, epochs=2, batch_size=100, **QUIET)
    look, epoch = [ON], [ON, ON, OFF, OFF]
    assert [*model.calls[:3], *model.calls[4:]] == [*look, *epoch, *epoch]  # the fourth: the first look in eval mode
    assert model.calls[3] == OFF


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("start", [True, False])
def test_the_model_leaves_in_the_mode_it_came_in(small, start, validated):
    model = Watched().train(start)
    before = model.modes()
    fit(model, small, small if validated else None, epochs=1, **QUIET)
    assert model.modes() == before


def test_a_frozen_batch_norm_stays_frozen_within_and_after(small):
    model = Watched()
    model.norm.eval()
    model.norm.running_mean.fill_(0.25)
    fit(model, small, small, epochs=2, batch_size=100, **QUIET)
    assert {norm for _, norm, _ in model.calls} == {False} and {whole for whole, _, _ in model.calls} == {True, False}
    assert model.norm.running_mean.item() == 0.25 and model.norm.num_batches_tracked == 0
    assert model.training and not model.norm.training and model.dropout.training


def test_within_a_model_in_eval_mode_nothing_counts_as_frozen(small):
    """As models come from load_pretrained, or after a plot of one's own: all of it trains."""
    model = Watched().eval()
    fit(model, small, epochs=1, batch_size=100, **QUIET)
    assert set(model.calls) == {ON} and model.norm.num_batches_tracked == 2 and not any(model.modes())


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), ZeroDivisionError()])
def test_modes_are_put_back_after_an_error(small, problem):
    model = Watched().eval()
    with stopped_at(1, problem), contextlib.suppress(ZeroDivisionError):
        fit(model, small, epochs=1, **QUIET)
    assert not any(model.modes())


def test_a_models_own_train_method_is_called_in_each_epoch(small):
    class Freezes(Watched):
        switched = 0

        def train(self, mode=True):
            super().train(mode)
            self.norm.eval()
            Freezes.switched += mode
            return self

    model = Freezes()
    fit(model, small, epochs=3, **QUIET)
    assert Freezes.switched == 3 and {norm for _, norm, _ in model.calls} == {False}
