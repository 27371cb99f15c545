"""Functions that draw at random: what is seen in their noise."""

import pytest
import torch

from vae_helpers import checks
from vae_helpers.checks import lesson_06

ROOT_12 = 12**0.5


def centred_uniform(*shape):
    """Mean 0 and standard deviation 1, as N(0, 1) has, but no Gaussian."""
    return (torch.rand(*shape) - 0.5) * ROOT_12


def test_centred_uniform_noise_is_no_reparameterization(capsys):
    result = checks.check_reparameterize(lambda m, v: m + (0.5 * v).exp() * centred_uniform(*v.shape))
    assert result.mistake == "not_gaussian"


def test_centred_uniform_z_is_no_prior(capsys):
    result = checks.check_sample_prior(lambda model, n: model.decode(centred_uniform(n, model.latent_dim)))
    assert result.mistake == "not_standard"


@pytest.mark.parametrize("language", ["vi", "en"], indirect=True)
def test_z_on_another_device_is_told(language, monkeypatch, capsys):
    """Where there is no GPU, the device "meta" stands in for one: the answer's z stays on the CPU."""
    monkeypatch.setattr(lesson_06, "usual_device", lambda: "meta")
    result = checks.check_sample_prior(lambda model, n: model.decode(torch.randn(n, model.latent_dim)))
    assert result.mistake == "device"
    assert "cpu" in result.message and "meta" in result.message
