"""a − b + c on the mean codes of three classes."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset

from tests.plots.support import Codes, Halves
from tests.widgets.support import expected, strip_of
from vae_helpers import data, widgets


def test_it_decodes_a_minus_b_plus_c(vae, small):
    sums = widgets.latent_arithmetic(vae, small)
    for menu, digit in zip(sums.menus, (3, 5, 8), strict=True):
        menu.value = digit
    with torch.no_grad():
        codes = vae.encode(small.images)[0]
    a, b, c = (codes[small.labels == digit].mean(dim=0) for digit in (3, 5, 8))
    for index, z in enumerate((a, b, c, a - b + c)):
        np.testing.assert_allclose(strip_of(sums, index), expected(vae, z.tolist()), atol=1)
    assert "a = 3, b = 5, c = 8, a − b + c" in sums.caption.value


@pytest.mark.parametrize("source", ["Subset", "loader", "bytes", "gradients"])
def test_any_data_set(vae, small, source):
    given = {
        "Subset": Subset(small, range(60)),
        "loader": DataLoader(small, batch_size=7),
        "bytes": data.ImageDataset((small.images * 255).round().to(torch.uint8), small.labels, "bytes"),
        "gradients": (small.images.clone().requires_grad_(), small.labels),
    }[source]
    with torch.no_grad():
        codes = vae.encode(small.images)[0]
    sums = widgets.latent_arithmetic(vae, given)
    for digit in small.labels.unique().tolist():
        torch.testing.assert_close(sums.means[digit], codes[small.labels == digit].mean(dim=0), atol=1e-2, rtol=1e-2)


class Drawn(Codes):
    def decode(self, z):
        return torch.zeros(len(z), 1, 4, 4)


def test_two_classes_with_names_and_numbers_of_their_own():
    """Labels 17 and 40 of a data set that names no classes; then one that does."""
    images = torch.zeros(10, 1, 4, 4)
    images[5:, 0, 0, 0] = 1
    labels = torch.tensor([17] * 5 + [40] * 5)
    sums = widgets.latent_arithmetic(Drawn(), (images, labels))
    assert [name for name, _ in sums.menus[0].options] == ["17", "40"]
    assert [mean.tolist() for mean in sums.means.values()] == [[0, 0], [1, 0]]
    named = data.ImageDataset(images, (labels == 40).long(), "pets")
    named.classes = ["cat", "dog"]
    sums = widgets.latent_arithmetic(Drawn(), named)
    assert [name for name, _ in sums.menus[0].options] == ["cat", "dog"]
    assert "a = cat" in sums.caption.value


def test_of_many_images_a_random_sample():
    images = torch.zeros(30_000, 1, 4, 4)
    labels = torch.arange(3).repeat_interleave(10_000)
    images[:, 0, 0, 0] = labels / 2
    means = widgets.latent_arithmetic(Drawn(), (images, labels)).means
    assert [mean[0].item() for mean in means.values()] == [0, 0.5, 1]


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda x: widgets.latent_arithmetic(Halves(), x.images),
            r"latent_arithmetic\(dataset\): its images have no labels",
        ),
        (lambda x: widgets.latent_arithmetic(Halves(), None), r"latent_arithmetic\(dataset\): got NoneType"),
        (lambda x: widgets.latent_arithmetic(Halves(logits=True), x), "logits=True"),
        (lambda x: widgets.latent_arithmetic(Codes(), x), r"Codes has no method decode"),
    ],
)
def test_what_cannot_be_used_is_named(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)
