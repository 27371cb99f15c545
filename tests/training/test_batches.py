"""Any data set and any loader give the batches that they should."""

import pytest
from torch.utils.data import DataLoader

from tests.training.support import QUIET, Items, numbers, tiny
from vae_helpers import data, losses
from vae_helpers.training import fit


def test_any_dataset_gives_the_same_as_an_image_dataset(small):
    a = fit(tiny(), small, epochs=2, batch_size=64, seed=1, **QUIET)
    b = fit(tiny(), Items(small), epochs=2, batch_size=64, seed=1, **QUIET)
    assert numbers(a) == numbers(b)


def test_data_loader_uses_its_own_batches(small):
    loader = DataLoader(Items(small), batch_size=30, shuffle=True)
    seen = []

    def loss(recon, x, mu, logvar):
        seen.append(len(x))
        return losses.vae_loss(recon, x, mu, logvar)

    runs = [fit(tiny(), loader, epochs=1, seed=1, loss=loss, **QUIET) for _ in range(2)]
    assert seen == [30] * 6 + [20] + [30] * 6 + [20]
    assert numbers(runs[0]) == numbers(runs[1])


def test_empty_data_set_is_refused(small):
    empty = data.ImageDataset(small.images[:0], small.labels[:0], "none")
    with pytest.raises(ValueError, match="train.*empty"):
        fit(tiny(), empty, epochs=1, **QUIET)
