"""The fully connected VAE: logits or images, other sizes, flat images."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import models


@pytest.mark.parametrize("logits", [True, False])
def test_mlp_vae_of_the_article(logits):
    """784 → 512 → 20 and back; decode gives images, forward logits or images."""
    torch.manual_seed(0)
    model, x = models.MLPVAE(20, 512, logits=logits), torch.rand(3, 1, 28, 28)
    assert sum(p.numel() for p in model.parameters()) == (785 * 512 + 513 * 40) + (21 * 512 + 513 * 784)
    first, mu, logvar = model(x)
    assert first.shape == x.shape and mu.shape == logvar.shape == (3, 20)
    assert (first.min() < 0) == logits == model.logits  # logits have both signs
    z = torch.randn(4, 20)
    close(model.decode(z), torch.sigmoid(model.decoder(z)))


def test_mlp_vae_draws_its_code():
    model, x = models.MLPVAE(5, 32), torch.rand(3, 1, 28, 28)
    torch.manual_seed(4)
    logits, mu, logvar = model(x)
    torch.manual_seed(4)
    close(logits, model.decoder(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)))


@pytest.mark.parametrize("kind", [models.MLPVAE, models.AVAE, models.AutoregressiveVAE])
def test_other_sizes_and_colours(kind):
    model, x = kind(3, 16, img_size=12, channels=3), torch.rand(2, 3, 12, 12)
    outputs = model(x)
    assert outputs[0].shape == x.shape and all(torch.isfinite(output).all() for output in outputs)
    drawn = model.sample if kind is models.AutoregressiveVAE else model.decode
    assert drawn(torch.randn(5, 3)).shape == (5, 3, 12, 12)


@pytest.mark.parametrize("kind", [models.MLPVAE, models.MLPAutoencoder, models.TiedAutoencoder])
def test_flat_images_are_images(kind):
    """As they come from a table or from scikit-learn, (N, 784)."""
    torch.manual_seed(0)
    model, x = kind(), torch.rand(2, 1, 28, 28)
    code, flat = model.encode(x), model.encode(x.flatten(1))
    close(code, flat)
