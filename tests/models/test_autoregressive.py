"""The autoregressive VAE: who sees whom, and what it draws."""

import pytest
import torch

from vae_helpers import models


def ones_and_zeros(n):
    return torch.bernoulli(torch.full((n, 1, 28, 28), 0.3))


def test_autoregressive_pixels_see_only_the_pixels_before_them():
    model, x = models.AutoregressiveVAE(4, 16), ones_and_zeros(1)
    torch.nn.init.normal_(model.look_back)
    z = torch.randn(1, 4)
    before = model.pixel_logits(x, z).flatten()
    changed = x.clone()
    changed.view(-1)[300] = 1 - changed.view(-1)[300]
    after = model.pixel_logits(changed, z).flatten()
    assert torch.equal(before[:301], after[:301]) and (before[301:] != after[301:]).all()


def test_autoregressive_samples_follow_the_models_probabilities():
    """Two pixels that decide each other: the second copies the first."""
    model = models.AutoregressiveVAE(2, 8)
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    with torch.no_grad():
        model.look_back[1, 0] = 40.0
        model.decoder[2].bias[1] = -20.0
    torch.manual_seed(0)
    samples = model.sample(torch.zeros(400, 2)).flatten(1)
    assert samples[:, 0].mean().item() == pytest.approx(0.5, abs=0.08)
    assert torch.equal(samples[:, 1], samples[:, 0])


def test_autoregressive_decode_says_what_to_use_instead():
    with pytest.raises(NotImplementedError, match=r"sample\(z\).*pixel_logits\(x, z\)"):
        models.AutoregressiveVAE(2, 8).decode(torch.zeros(1, 2))
