"""Functions that draw at random: what is seen in their noise."""

import pytest
import torch

from vae_helpers import checks
from vae_helpers.checks import lesson_06
from vae_helpers.checks.random import SIGMAS, flaw

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


# ------------------------------------------------------------------------------------------------ how near is near


@pytest.mark.parametrize("seed", range(30))
def test_right_noise_has_no_flaw_whatever_the_random_numbers(seed):
    noise = torch.randn(4000, 25, generator=torch.Generator().manual_seed(seed))
    assert flaw(noise) is None
    assert flaw(noise.double()) is None


@pytest.mark.parametrize("share, found", [(0.9, False), (1.1, True)])
def test_the_limits_from_both_sides(share, found):
    noise = torch.randn(4000, 25, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    noise = (noise - noise.mean()) / noise.std()
    n, N = noise.numel(), len(noise)
    assert flaw(noise + share * SIGMAS / n**0.5) == ("mean" if found else None)
    assert flaw(noise * (1 + share * SIGMAS / (2 * n) ** 0.5)) == ("scale" if found else None)
    column = noise[:, 3] = (noise[:, 3] - noise[:, 3].mean()) / noise[:, 3].std()
    other = noise.clone()
    other[:, 3] = column + share * SIGMAS / N**0.5
    assert flaw(other) == ("mean" if found else None)
    other[:, 3] = column * (1 + share * SIGMAS / (2 * N) ** 0.5)
    assert flaw(other) == ("scale" if found else None)
    across = noise[:, 4] - (noise[:, 4] * column).mean() * column
    rho = share * SIGMAS / N**0.5
    other[:, 3], other[:, 4] = column, rho * column + (1 - rho**2) ** 0.5 * across
    assert flaw(other) == ("dependent" if found else None)


@pytest.mark.parametrize(
    "name, spoil",
    [
        ("shared_by_batch", lambda noise: noise[:1].expand(4000, 25)),
        ("shared_by_dimensions", lambda noise: noise[:, :1].expand(4000, 25)),
        ("reused", lambda noise: noise[:3400].repeat(2, 1)[:4000]),
        ("reused", lambda noise: torch.cat([noise[:2000], -noise[:2000]])),
        ("clipped", lambda noise: noise.clamp(-3.5, 3.5)),
        ("clipped", lambda noise: torch.where(noise.abs() > 2.5, 0.9 * noise / noise.abs(), noise)),
        ("not_gaussian", lambda noise: noise.sign()),
        ("not_gaussian", lambda noise: (torch.special.ndtr(noise) - 0.5) * 12**0.5),
        ("not_gaussian", lambda noise: (noise.pow(2) - 1) / 2**0.5),  # skew
        ("not_gaussian", lambda noise: 0.95 * noise + 0.05 * noise.pow(3) / 15**0.5),  # tails
        (
            "not_gaussian",
            lambda noise: (noise + 0.25 * (3 * noise).sin()).div(1.004),
        ),  # waves that the moments hardly see
        ("dependent", lambda noise: 0.995 * noise + 0.1 * noise.roll(1, 0)),
        (
            "dependent",
            lambda noise: torch.cat([noise[:, :1].abs() * noise[:, 1:2].sign(), noise[:, :1], noise[:, 2:]], 1),
        ),
        ("dependent", lambda noise: noise[noise.abs().sum(1).argsort()]),  # rows in order of their size
    ],
)
def test_each_flaw_is_called_by_its_name(name, spoil):
    noise = torch.randn(4000, 25, generator=torch.Generator().manual_seed(1))
    assert flaw(spoil(noise)) == name


def test_a_slight_skew_is_seen():
    """A gamma distribution of shape 400: kurtosis 3.015, and nowhere far from the bell, but its skewness is 0.1."""
    torch.manual_seed(0)
    noise = (torch.distributions.Gamma(400.0, 1.0).sample((4000, 25)) - 400) / 20
    assert flaw((noise - noise.mean()) / noise.std()) == "not_gaussian"


def test_a_wrong_shape_with_the_right_moments_is_seen():
    """0 in two cases of three, else ±√3, has mean 0, variance 1, skewness 0 and kurtosis 3, and so has its sum with a Gaussian."""
    torch.manual_seed(0)
    share = torch.rand(4000, 25)
    points = 3**0.5 * ((share > 5 / 6).float() - (share < 1 / 6).float())
    assert flaw((points + 0.7 * torch.randn(4000, 25)) / 1.49**0.5) == "not_gaussian"
