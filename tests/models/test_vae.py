"""The exercise's VAE: its number of parameters, its shapes, its samples."""

import pytest
import torch

from tests.models.support import close
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
    close(z.mean(0), mu[0], atol=0.03, rtol=0)
    close(z.std(0), torch.exp(0.5 * logvar[0]), atol=0.02, rtol=0)
    assert abs(torch.corrcoef(z.detach().T)[0, 1]) < 0.03  # each dimension has noise of its own
    z.sum().backward()
    close(mu.grad, torch.ones_like(mu))
    close(logvar.grad, 0.5 * (z - mu).detach())


def test_forward_decodes_a_sample_of_its_own_code():
    """recon = decode(mu + σ ε) with the ε that reparameterize draws; in eval mode too, so that lesson 06 can show it."""
    model, x = models.VAE().eval(), torch.rand(3, 1, 28, 28)
    torch.manual_seed(4)
    recon, mu, logvar = model(x)
    torch.manual_seed(4)
    close(recon, model.decode(model.reparameterize(mu, logvar)))
    assert not torch.allclose(recon, model.decode(mu), atol=1e-4)
    close((mu, logvar), model.encode(x))
