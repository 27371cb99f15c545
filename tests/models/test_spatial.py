"""The VAE whose code is a map."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import losses, models


def test_its_code_is_a_map_and_its_kl_counts_every_number_of_it():
    model, x = models.SpatialVAE(), torch.rand(3, 1, 28, 28)
    mu, logvar = model.encode(x)
    assert mu.shape == logvar.shape == (3, *model.latent_shape) == (3, 4, 7, 7)
    recon, flat_mu, flat_logvar = model(x)
    assert recon.shape == x.shape == model.decode(mu).shape and 0 <= recon.min() <= recon.max() <= 1
    kl = 0.5 * (mu.pow(2) + logvar.exp() - logvar - 1).sum(dim=(1, 2, 3))
    close(losses.kl_divergence(flat_mu, flat_logvar), kl)


def test_forward_decodes_a_sample_of_its_own_code():
    model, x = models.SpatialVAE(maps=2, img_size=32, channels=3), torch.rand(2, 3, 32, 32)
    torch.manual_seed(4)
    recon, mu, logvar = model(x)
    torch.manual_seed(4)
    z = mu + torch.exp(0.5 * logvar) * torch.randn(2, 2, 8, 8).flatten(1)
    close(recon, model.decode(z.view(2, 2, 8, 8)))


def test_one_place_of_the_code_draws_one_part_of_the_picture():
    model, z = models.SpatialVAE().eval(), torch.zeros(1, 4, 7, 7)
    other = z.clone()
    other[:, :, 0, 0] = 3
    changed = (model.decode(z) - model.decode(other)).abs()[0, 0] > 0
    assert changed[:8, :8].any() and not changed[14:].any() and not changed[:, 14:].any()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: models.SpatialVAE(img_size=30), "expected a multiple of 4"),
        (lambda: models.SpatialVAE(maps=0), r"SpatialVAE\(maps\): got 0"),
        (lambda: models.SpatialVAE()(torch.rand(1, 1, 32, 32)), r"expected \(N, 1, 28, 28\)"),
        (lambda: models.SpatialVAE().decode(torch.rand(1, 196)), r"shape \(1, 196\), expected \(N, 4, 7, 7\)"),
    ],
)
def test_errors_say_what_is_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
