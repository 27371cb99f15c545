"""The conditional VAE: the label counts on both sides."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import models


def test_cvae_uses_the_label_on_both_sides():
    model, x = models.CVAE(3, 32), torch.rand(2, 1, 28, 28)
    y, other = torch.tensor([7, 0]), torch.tensor([1, 2])
    logits, mu, logvar = model(x, y)
    assert logits.shape == x.shape and mu.shape == logvar.shape == (2, 3)
    assert not torch.allclose(model.encode(x, y)[0], model.encode(x, other)[0])
    z = torch.randn(2, 3)
    assert not torch.allclose(model.decode(z, y), model.decode(z, other))
    close(model.decode(z, y), torch.sigmoid(model.pixel_logits(z, y)))


def test_cvae_draws_its_code_and_knows_other_sizes():
    model, x, y = models.CVAE(3, 16, classes=4, img_size=12, channels=3), torch.rand(2, 3, 12, 12), torch.tensor([3, 0])
    torch.manual_seed(4)
    logits, mu, logvar = model(x, y)
    torch.manual_seed(4)
    close(logits, model.pixel_logits(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu), y))
    assert logits.shape == x.shape and model.decode(torch.randn(2, 3), y).shape == x.shape


@pytest.mark.parametrize("y", [torch.tensor([1]), torch.tensor([[1], [2]])], ids=["one label", "a column"])
def test_labels_must_fit_the_images(y):
    with pytest.raises(ValueError, match=r"y has shape .*, expected one label for each image, \(2,\)"):
        models.CVAE()(torch.rand(2, 1, 28, 28), y)
