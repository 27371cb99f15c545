"""models.summary: the table, clear words where torchsummary has none, and a model that is left as it was."""

import pytest
import torch
from torch import nn

from vae_helpers import models


class Dicts(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 3)

    def forward(self, x):
        return {"z": self.layer(x.flatten(1))}


class Within(nn.Module):
    """A layer in it gives a dict, which torchsummary cannot show."""

    def __init__(self):
        super().__init__()
        self.dicts = Dicts()

    def forward(self, x):
        return self.dicts(x)["z"]


def test_a_model_that_gives_a_dict_has_a_table(capsys):
    models.summary(Dicts())
    assert "Total params: 2,355" in capsys.readouterr().out


def test_a_layer_that_gives_a_dict_is_told_and_no_hook_stays(language):
    model = Within()
    with pytest.raises(ValueError, match="summary.*Within.*dict"):
        models.summary(model)
    assert not any(layer._forward_hooks for layer in model.modules())
    model(torch.rand(2, 1, 28, 28))


@pytest.mark.parametrize("model", [nn.Flatten(), nn.Sequential(nn.ReLU()), models.TiedAutoencoder()])
def test_a_model_without_layers_to_count_is_told(model, language):
    with pytest.raises(ValueError, match=f"summary.*{type(model).__name__}.*__init__"):
        models.summary(model)


def test_a_students_own_hook_stays(capsys):
    model, calls = models.VAE(), []
    hook = model.conv1.register_forward_hook(lambda *_: calls.append(1))
    models.summary(model)
    before = len(calls)
    model(torch.rand(1, 1, 28, 28))
    assert len(calls) == before + 1
    hook.remove()
    assert not model.conv1._forward_hooks


def test_an_error_of_the_models_own_comes_up_as_it_is():
    with pytest.raises(ValueError, match=r"expected \(N, 1, 28, 28\)"):
        models.summary(models.VAE(), (1, 32, 32))


def test_each_layer_keeps_its_mode_and_batch_norm_its_means(capsys):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    model[1].eval()
    models.summary(model)
    assert [layer.training for layer in model] == [True, False, True]
    assert model[1].num_batches_tracked == 0 and torch.equal(model[1].running_mean, torch.zeros(2))
