"""Which device is chosen, and what is said of one that is not there. CUDA and MPS are mocked where they are missing."""

import pytest
import torch

from tests.training.support import QUIET, same_weights, tiny
from vae_helpers import training
from vae_helpers.training import default_device, fit
from vae_helpers.training.device import checked_device
from vae_helpers.training.means import Means


@pytest.mark.parametrize(
    "cuda, mps, chosen", [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_gpu_that_is_there_is_chosen(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert default_device().type == checked_device(None).type == chosen


@pytest.mark.parametrize("device", ["mps", "meta", "xla", "mps:0"])
def test_a_device_that_is_not_there_is_told_before_anything_happens(small, device, language):
    if device.startswith("mps") and torch.backends.mps.is_available():
        pytest.skip("there is an Apple GPU here")
    model = tiny()
    with pytest.raises(ValueError, match=f"fit.device.*'{device}'") as caught:
        fit(model, small, epochs=1, device=device, **QUIET)
    assert {"vi": "Hãy bỏ device đi", "en": "Leave device out"}[language] in str(caught.value)
    assert same_weights(model, tiny())


@pytest.mark.parametrize("device", ["gpu", "tpu0", "", 3.5])
def test_a_word_that_is_no_device_is_told(device, language):
    with pytest.raises(ValueError, match="'cpu', 'cuda', 'mps'"):
        checked_device(device)


def test_the_means_are_narrow_enough_for_apples_gpu():
    assert Means(torch.device("meta")).sums.dtype == torch.float32


def test_a_device_object_will_do(small):
    assert len(fit(tiny(), small, epochs=1, device=torch.device("cpu"), **QUIET)) == 1


def test_the_c_library_is_asked_only_on_a_cpu(monkeypatch):
    asked = []
    monkeypatch.setattr(training.device.ctypes, "CDLL", lambda name: asked.append(name) or object())
    training.device.keep_freed_memory(torch.device("cuda"))
    assert asked == []
    training.device.keep_freed_memory(torch.device("cpu"))  # a C library without mallopt: nothing happens
    assert asked == [None]
