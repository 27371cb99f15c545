"""The optimizer and its schedule are those of the recipe."""

import copy

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from tests.training.support import tiny
from vae_helpers import training
from vae_helpers.training.batches import batches_of
from vae_helpers.training.optimizer import adam, one_cycle

CPU = torch.device("cpu")


class Stream(IterableDataset):
    def __iter__(self):
        return iter(torch.rand(8, 1, 28, 28))


def test_adam_has_the_recipes_numbers_and_all_weights():
    model = tiny()
    (group,) = adam(model, lr=0.02, weight_decay=0.003).param_groups
    assert (group["lr"], group["weight_decay"]) == (0.02, 0.003)
    assert [id(weight) for weight in group["params"]] == [id(weight) for weight in model.parameters()]


@pytest.mark.parametrize("beta1", [0.85, 0.9])  # the one-cycle schedule's lowest, and Adam's usual one
def test_no_unused_weight_becomes_slow(beta1):
    """PyTorch's Adam takes such a weight to where a float32 is subnormal and a CPU slow; the kit's takes it to 0 before."""
    slow = []
    for make in (adam, lambda model, lr, decay: torch.optim.Adam(model.parameters(), lr, weight_decay=decay)):
        model = torch.nn.Linear(100, 1, bias=False)
        optimizer = make(model, 1e-3, 1e-5)
        optimizer.param_groups[0]["betas"] = (beta1, 0.999)
        model.weight.data = torch.linspace(0.001, 0.1, 100)
        slow.append(0)
        for _ in range(2000):
            model.weight.grad = torch.zeros_like(model.weight)
            optimizer.step()
            size = model.weight.abs()
            slow[-1] += ((size > 0) & (size < torch.finfo(torch.float32).tiny)).sum().item()
    assert slow[0] == 0 and slow[1] > 1000


def test_weights_that_count_are_those_of_plain_adam():
    torch.manual_seed(0)
    own = tiny()
    plain = copy.deepcopy(own)
    optimizers = adam(own, 1e-3, 1e-5), torch.optim.Adam(plain.parameters(), 1e-3, weight_decay=1e-5)
    x = torch.rand(8, 1, 28, 28)
    for model, optimizer in zip((own, plain), optimizers, strict=True):
        torch.manual_seed(1)
        for _ in range(250):
            training.training_step(model, optimizer, x)
    assert all(map(torch.equal, own.state_dict().values(), plain.state_dict().values()))


def test_one_cycle_rises_to_lr_after_three_tenths_and_falls_to_almost_nothing(small):
    batches = batches_of(small, "train", 20, CPU, torch.float32, shuffle=True)  # 10 batches of 200 digits
    optimizer = adam(tiny(), lr=1e-3, weight_decay=0)
    schedule = one_cycle(optimizer, 0.01, epochs=10, batches=batches)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < 100:
            schedule.step()
    assert max(rates) == pytest.approx(0.01, rel=1e-3) and 28 <= rates.index(max(rates)) <= 30
    assert rates[0] < 0.001 and rates[-1] < 1e-5


@pytest.mark.parametrize(
    "language, told", [("vi", "IterableDataset này không cho biết"), ("en", "does not say")], indirect=["language"]
)
def test_one_cycle_over_a_stream_is_refused(language, told):
    with pytest.raises(ValueError, match=told):
        training.fit(
            tiny(), DataLoader(Stream(), batch_size=4), epochs=1, schedule="one-cycle", log_dir=None, progress=False
        )
