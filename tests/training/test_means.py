"""The averages of an epoch, against numbers known beforehand."""

import math

import pytest
import torch
from torch import nn

from tests.training.support import QUIET
from vae_helpers.training import fit
from vae_helpers.training.means import Means, NotFinite


class Brightness(nn.Module):
    """Its loss is known: reconstructs black, so the squared error is Σ x²; its one weight does not matter."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return 0 * self.weight + torch.zeros_like(x), torch.ones(len(x), 2), torch.zeros(len(x), 2)


def test_means_are_weighted_by_images(small):
    """200 images in batches of 64 end with one of 8: a mean of batch means would be wrong."""
    history = fit(Brightness(), small, small, epochs=2, batch_size=64, **QUIET)
    recon = small.images.pow(2).sum() / 200
    for row in history.rows:
        assert row["recon"] == pytest.approx(recon.item(), rel=1e-4)
        assert row["kl"] == pytest.approx(1.0)  # μ = (1, 1), σ = 1
        assert row["loss"] == pytest.approx(1000 * recon.item() + 1, rel=1e-4)
        assert row["val_recon"] == pytest.approx(row["recon"], rel=1e-4)
        assert row["val_loss"] == pytest.approx(row["loss"], rel=1e-4)
        assert row["seconds"] > 0
    assert history["epoch"] == [1, 2]


def test_nan_between_two_reads_is_found_where_it_was():
    """On a GPU the loss is read only now and then: the first bad batch must still be named."""
    means = Means(torch.device("cpu"))
    for value in (1.0, 2.0, math.nan, 3.0):
        means.add(torch.tensor([value, 0, 0]), 10)
    assert math.isnan(means.read()[0])
    with pytest.raises(NotFinite) as caught:
        means.read_finite()
    assert caught.value.batch == 3
