"""The optimizer and its schedule are those of the recipe."""

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
