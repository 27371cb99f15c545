"""The exercise's VAE: its number of parameters, its shapes, its samples."""

import pytest
import torch

from vae_helpers import models


def test_parameter_count_of_the_exercise():
    assert sum(p.numel() for p in models.VAE().parameters()) == 68_485


@pytest.mark.parametrize("n, latent_dim", [(1, 2), (3, 10)])
def test_vae_shapes(n, latent_dim):
    model = models.VAE(latent_dim=latent_dim)
    recon, mu, logvar = model(torch.rand(n, 1, 28, 28))
    assert recon.shape == (n, 1, 28, 28)
    assert mu.shape == logvar.shape == model.reparameterize(mu, logvar).shape == (n, latent_dim)
    assert recon.min() >= 0 and recon.max() <= 1


def test_reparameterize_samples_q_and_lets_gradients_pass():
    mu = torch.tensor([[1.0, -2.0]]).repeat(50_000, 1).requires_grad_()
    logvar = torch.tensor([[-1.0, 0.5]]).repeat(50_000, 1).requires_grad_()
    z = models.VAE().reparameterize(mu, logvar)
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(0), torch.exp(0.5 * logvar[0]), atol=0.02, rtol=0)
    z.sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))
    torch.testing.assert_close(logvar.grad, 0.5 * (z - mu).detach())
