"""Random states are kept, on the CPU and on every accelerator. There is no GPU here: CUDA and MPS are mocked."""

import pytest
import torch

from vae_helpers._random import kept_random_state, random_state, set_random_state


class Generators:
    """Stands in for CUDA with some GPUs, or for Apple's MPS: what was seeded and put back is written down."""

    def __init__(self, monkeypatch, gpus=0, mps=False, initialised=True):
        self.cuda = {device: f"cuda {device}" for device in range(gpus)}
        self.mps, self.seeds = "mps", []
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: initialised)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: list(self.cuda.values()))
        monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: self.cuda.__setitem__(device, state))
        monkeypatch.setattr(torch.cuda, "manual_seed_all", self.seeds.append)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.mps, "get_rng_state", lambda: self.mps)
        monkeypatch.setattr(torch.mps, "set_rng_state", lambda state: setattr(self, "mps", state))


def test_cpu_draws_go_on_as_if_nothing_had_been_drawn():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with kept_random_state():
        torch.manual_seed(99)
        torch.rand(10)
    assert torch.equal(torch.rand(4), expected)


def test_the_state_is_put_back_after_an_error_too():
    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt), kept_random_state():
        torch.rand(5)
        raise KeyboardInterrupt
    assert torch.equal(torch.get_rng_state(), state)


def test_every_gpu_and_mps_are_put_back(monkeypatch):
    generators = Generators(monkeypatch, gpus=2, mps=True)
    with kept_random_state():
        generators.cuda, generators.mps = {0: "drawn", 1: "drawn"}, "drawn"
    assert generators.cuda == {0: "cuda 0", 1: "cuda 1"} and generators.mps == "mps"


def test_a_cuda_that_sleeps_is_neither_woken_nor_left_with_another_seed(monkeypatch):
    """torch.manual_seed is remembered for a CUDA that starts later: after the block that must be the seed of before."""
    torch.manual_seed(5)
    generators = Generators(monkeypatch, gpus=1, initialised=False)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: pytest.fail("this starts CUDA on every GPU"))
    with kept_random_state():
        torch.manual_seed(20240)
    assert generators.seeds[-1] == 5


@pytest.mark.parametrize("gpus, expected", [(1, {0: "a"}), (3, {0: "a", 1: "b", 2: "cuda 2"}), (0, {})])
def test_a_state_of_two_gpus_goes_to_as_many_as_there_are(monkeypatch, gpus, expected):
    generators = Generators(monkeypatch, gpus=gpus)
    set_random_state({"cpu": torch.get_rng_state(), "cuda": ["a", "b"], "mps": "there"})
    assert generators.cuda == expected and generators.mps == "mps"


def test_a_state_from_a_machine_without_gpu_leaves_the_gpu_alone(monkeypatch):
    generators = Generators(monkeypatch, gpus=1, mps=True)
    set_random_state({"cpu": torch.get_rng_state()})
    assert generators.cuda == {0: "cuda 0"} and generators.mps == "mps"
    assert set(random_state()) == {"cpu", "cuda", "mps"}
