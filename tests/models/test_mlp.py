"""The fully connected VAEs: of logits, and with a sigma for each pixel."""

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


@pytest.mark.parametrize("kind", [models.MLPVAE, models.GaussianVAE, models.AVAE, models.AutoregressiveVAE])
def test_other_sizes_and_colours(kind):
    model, x = kind(3, 16, img_size=12, channels=3), torch.rand(2, 3, 12, 12)
    outputs = model(x)
    assert outputs[0].shape == x.shape and all(torch.isfinite(output).all() for output in outputs)
    drawn = model.sample if kind is models.AutoregressiveVAE else model.decode
    assert drawn(torch.randn(5, 3)).shape == (5, 3, 12, 12)


@pytest.mark.parametrize("kind", [models.MLPVAE, models.GaussianVAE, models.MLPAutoencoder, models.TiedAutoencoder])
def test_flat_images_are_images(kind):
    """As they come from a table or from scikit-learn, (N, 784)."""
    torch.manual_seed(0)
    model, x = kind(), torch.rand(2, 1, 28, 28)
    code, flat = model.encode(x), model.encode(x.flatten(1))
    close(code, flat)


def test_gaussian_vae_gives_a_sigma_for_each_pixel():
    model, x = models.GaussianVAE(5, 32, min_sigma=0.05), torch.rand(3, 1, 28, 28)
    recon, mu, logvar, sigma = model(x)
    assert recon.shape == sigma.shape == x.shape and mu.shape == logvar.shape == (3, 5)
    assert recon.min() >= 0 and recon.max() <= 1 and sigma.min() >= 0.05
    z = torch.randn(2, 5)
    close(model.decode(z), model.distribution(z)[0])
    assert [type(layer).__name__ for layer in model.encoder].count("Linear") == 3  # two hidden layers, one output
    assert model.logits is False  # though it is an MLPVAE, whose forward gives logits


def test_gaussian_vae_has_a_floor_under_sigma():
    """Even where the network asks for σ = 0, as it does for pixels that are always black; and none of it above."""
    model = models.GaussianVAE(2, 16, min_sigma=0.07)
    with torch.no_grad():
        model.decoder[-1].weight.zero_()
        model.decoder[-1].bias[784:].fill_(-200.0)
        close(model.distribution(torch.randn(3, 2))[1], torch.full((3, 1, 28, 28), 0.07))
        model.decoder[-1].bias[784:].fill_(0.0)
        expected = 0.07 + torch.nn.functional.softplus(torch.tensor(-2.0))
        close(model.distribution(torch.randn(3, 2))[1], expected.expand(3, 1, 28, 28))
