"""The AVAE: what it draws and encodes again."""

import torch

from tests.models.support import close
from vae_helpers import models


def test_avae_draws_an_image_and_encodes_it_again():
    """The image drawn sends no gradient back, so the decoder learns from the reconstruction alone."""
    model, x = models.AVAE(3, 16), torch.bernoulli(torch.full((4, 1, 28, 28), 0.3))
    logits, mu, logvar, z, mu_again, logvar_again = model(x)
    assert logits.shape == x.shape
    assert all(t.shape == (4, 3) for t in (mu, logvar, z, mu_again, logvar_again))
    close(logits, model.decoder(z))
    (mu_again.sum() + logvar_again.sum()).backward()
    assert all(p.grad is None for p in model.decoder.parameters())
    assert all(p.grad is not None for p in model.encoder.parameters())
