"""The conditional VAE: the label counts on both sides."""

import torch

from vae_helpers import models


def test_cvae_uses_the_label_on_both_sides():
    model, x = models.CVAE(3, 32), torch.rand(2, 1, 28, 28)
    y, other = torch.tensor([7, 0]), torch.tensor([1, 2])
    logits, mu, logvar = model(x, y)
    assert logits.shape == x.shape and mu.shape == logvar.shape == (2, 3)
    assert not torch.allclose(model.encode(x, y)[0], model.encode(x, other)[0])
    z = torch.randn(2, 3)
    assert not torch.allclose(model.decode(z, y), model.decode(z, other))
    torch.testing.assert_close(model.decode(z, y), torch.sigmoid(model.pixel_logits(z, y)))
