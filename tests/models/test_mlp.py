"""The fully connected VAEs: of logits, and with a sigma for each pixel."""

import pytest
import torch

from vae_helpers import models


@pytest.mark.parametrize("logits", [True, False])
def test_mlp_vae_of_the_article(logits):
    """784 → 512 → 20 and back; decode gives images, forward logits or images."""
    torch.manual_seed(0)
    model, x = models.MLPVAE(20, 512, logits=logits), torch.rand(3, 1, 28, 28)
    assert sum(p.numel() for p in model.parameters()) == (785 * 512 + 513 * 40) + (21 * 512 + 513 * 784)
    first, mu, logvar = model(x)
    assert first.shape == x.shape and mu.shape == logvar.shape == (3, 20)
    assert (first.min() < 0) == logits  # logits have both signs
    z = torch.randn(4, 20)
    torch.testing.assert_close(model.decode(z), torch.sigmoid(model.decoder(z)))


def test_gaussian_vae_gives_a_sigma_for_each_pixel():
    model, x = models.GaussianVAE(5, 32, min_sigma=0.05), torch.rand(3, 1, 28, 28)
    recon, mu, logvar, sigma = model(x)
    assert recon.shape == sigma.shape == x.shape and mu.shape == logvar.shape == (3, 5)
    assert recon.min() >= 0 and recon.max() <= 1 and sigma.min() >= 0.05
    z = torch.randn(2, 5)
    torch.testing.assert_close(model.decode(z), model.distribution(z)[0])
    assert [type(layer).__name__ for layer in model.encoder].count("Linear") == 3  # two hidden layers, one output
