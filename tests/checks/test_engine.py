"""The checks: typical wrong answers are refused, each with its own hint; right answers are accepted however written."""

import pytest
import torch

from vae_helpers import checks
from vae_helpers.checks.engine import same

from .answers import kl
from .support import CASES, check

DRAWN = {"reparameterize", "mask_noise", "sample_prior"}  # judged by their statistics, see test_random


def test_every_check_has_its_answers():
    assert sorted(checks.__all__) == sorted(["Result", *(f"check_{name}" for name in CASES)])


def test_result_shows_nothing_more_in_a_notebook():
    assert checks.Result("right", "✅")._ipython_display_() is None


# ------------------------------------------------------------------------------------------------ how near is near


def scaled(function, factor):
    """The function with every number of its answer multiplied."""

    def times(answer):
        return type(answer)(map(times, answer)) if isinstance(answer, (tuple, list)) else answer * factor

    return lambda *arguments: times(function(*arguments))


@pytest.mark.parametrize("name", sorted(set(CASES) - DRAWN - {"latent_shapes", "straight_through"}))
def test_a_number_off_by_rounding_passes_and_one_in_two_thousand_does_not(name, capsys):
    right = CASES[name][0][0]
    assert check(name)(scaled(right, 1 + 2e-5))
    for factor in (1.0005, 0.9995):
        result = check(name)(scaled(right, factor))
        assert result.status == "wrong" and result.mistake is None


@pytest.mark.parametrize(
    ("expected", "near", "off"), [(0.0, 5e-7, 1e-5), (1.0, 1.00005, 1.0003), (1e4, 1e4 + 0.5, 1e4 + 3)]
)
def test_the_tolerance_from_both_sides(expected, near, off):
    expected, near, off = ([torch.tensor([value], dtype=torch.float64)] for value in (expected, near, off))
    assert same(near, expected)
    assert not same(off, expected)


@pytest.mark.parametrize("detached", ["mu", "logvar"])
def test_one_of_two_gradients_is_not_enough(detached, capsys):
    cut = {"mu": lambda m, v: kl(m.detach(), v), "logvar": lambda m, v: kl(m, v.detach())}[detached]
    assert checks.check_kl_divergence(cut).status == "wrong"
