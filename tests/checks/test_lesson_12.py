"""Answers to the exercises of lesson 12, limits: right ones, and wrong ones with the mistake that is seen in them."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

import vae_helpers
from vae_helpers import checks

from .answers import Answers, kl, no_grad, sse


def kl_by_dimension(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0)


def python_max_free_bits(mu, logvar, minimum):
    return sum(max(minimum, kl_by_dimension(mu, logvar)) for _ in "j")


CASES = {
    "iw_log_likelihood": (
        [
            vae_helpers.losses.iw_log_likelihood,
            lambda w: w.max(0).values + torch.log(torch.exp(w - w.max(0).values).mean(0)),
            lambda w: torch.stack([torch.logsumexp(column, 0) for column in w.T]) - math.log(w.shape[0]),
            lambda w: np.logaddexp.reduce(w.double().numpy(), axis=0) - np.log(len(w)),
            lambda w: torch.logsumexp(w - math.log(len(w)), dim=0),
            lambda w: -math.log(w.shape[0]) + torch.logcumsumexp(w, 0)[-1],
            lambda w: w.mean(0) + torch.log((w - w.mean(0)).double().exp().mean(0)),
        ],
        {
            "elbo": lambda w: w.sum(0) / len(w),
            "k_forgotten": lambda w: torch.logsumexp(w, dim=0),
            "underflow": lambda w: torch.log(torch.exp(w).sum(0) / len(w)),
            "log_forgotten": lambda w: torch.exp(w).mean(0),
            "log_of_k_forgotten": lambda w: torch.logsumexp(w, dim=0) - w.shape[0],
            "divided_outside": lambda w: torch.logsumexp(w, dim=0) / w.shape[0],
            "wrong_axis": lambda w: vae_helpers.losses.iw_log_likelihood(w.T),
            "wrong_count": lambda w: torch.logsumexp(w, dim=0) - math.log(w.shape[1]),
            "best_only": lambda w: w.amax(0),
            "averaged": lambda w: vae_helpers.losses.iw_log_likelihood(w).mean(),
            "sign": lambda w: -vae_helpers.losses.iw_log_likelihood(w),
            "plain_number": lambda w: torch.logsumexp(w, dim=0) - torch.log(len(w)),
            "shape": lambda w: vae_helpers.losses.iw_log_likelihood(w)[None],
            None: lambda w: vae_helpers.losses.iw_log_likelihood(w) - 0.1,
            "tuple": lambda w: (vae_helpers.losses.iw_log_likelihood(w),),
            "list": lambda w: vae_helpers.losses.iw_log_likelihood(w).tolist(),
            ": clamped": lambda w: torch.logsumexp(w.clamp(min=-80), dim=0) - math.log(len(w)),
        },
    ),
    "optimal_sigma": (
        [
            lambda r, x: ((x - r) ** 2).mean().sqrt(),
            lambda r, x: torch.sqrt(F.mse_loss(r, x)),
            lambda r, x: (x - r).norm() / x.numel() ** 0.5,
            lambda r, x: math.sqrt(F.mse_loss(r, x)),
            lambda r, x: torch.linalg.vector_norm(x - r) / math.sqrt(x.numel()),
            lambda r, x: np.sqrt(np.mean((x - r).numpy() ** 2)),
            lambda r, x: torch.hypot((x - r).mean(), (x - r).std(unbiased=False)),
        ],
        {
            "variance": F.mse_loss,
            "per_image": lambda r, x: ((x - r) ** 2).mean((1, 2, 3)).sqrt(),
            "mean_of_roots": lambda r, x: ((x - r) ** 2).mean((1, 2, 3)).sqrt().mean(),
            "pixels_summed": lambda r, x: sse(r, x).sqrt(),
            "all_summed": lambda r, x: (x - r).norm(),
            "absolute": F.l1_loss,
            "std": lambda r, x: torch.std(r - x),
            "two": lambda r, x: (0.5 * F.mse_loss(r, x)).sqrt(),
            "B": lambda r, x: 0.5 / F.mse_loss(r, x),
            "not_squared": lambda r, x: (x - r).mean(),
            "nan": lambda r, x: -((x - r).pow(2).mean().neg().sqrt()),
            "constant": lambda r, x: torch.tensor(0.15),
            None: lambda r, x: 2 * F.mse_loss(r, x).sqrt(),
            "tuple": lambda r, x: (F.mse_loss(r, x).sqrt(),),
            ": of the bright pixels": lambda r, x: (x - r)[x > 0.1].pow(2).mean().sqrt(),
            ": over N − 1": lambda r, x: ((x - r).pow(2).sum() / (x.numel() - 1)).sqrt(),
        },
    ),
    "free_bits": (
        [
            vae_helpers.losses.free_bits,
            lambda m, v, f: torch.maximum(kl_by_dimension(m, v), torch.tensor(f)).sum(),
            lambda m, v, f: sum(torch.clamp(k, min=f) for k in kl_by_dimension(m, v)),
            lambda m, v, f: (f + F.relu(kl_by_dimension(m, v) - f)).sum(),
            lambda m, v, f: sum(max(k, f) for k in kl_by_dimension(m, v)),  # no tensor where all lie below the minimum
            lambda m, v, f: torch.where(kl_by_dimension(m, v) > f, kl_by_dimension(m, v), f).sum(),
            lambda m, v, f: F.threshold(kl_by_dimension(m, v), f, f).sum(),
            lambda m, v, f: kl_divergence(Normal(m, (v / 2).exp()), Normal(0.0, 1.0)).mean(0).clamp_min(f).sum(),
        ],
        {
            "plain": lambda m, v, f: kl(m, v).mean(),
            "per_image": lambda m, v, f: (0.5 * (m**2 + v.exp() - 1 - v)).clamp(min=f).sum() / len(m),
            "on_the_total": lambda m, v, f: kl(m, v).mean().clamp(min=f),
            "total_per_image": lambda m, v, f: kl(m, v).clamp(min=f).mean(),
            "dropped": lambda m, v, f: (kl_by_dimension(m, v) * (kl_by_dimension(m, v) > f)).sum(),
            "excess": lambda m, v, f: F.relu(kl_by_dimension(m, v) - f).sum(),
            "maximum": lambda m, v, f: kl_by_dimension(m, v).clamp(max=f).sum(),
            "not_summed": lambda m, v, f: kl_by_dimension(m, v).clamp(min=f),
            "mean_over_dimensions": lambda m, v, f: kl_by_dimension(m, v).clamp(min=f).mean(),
            "half_forgotten": lambda m, v, f: (2 * kl_by_dimension(m, v)).clamp(min=f).sum(),
            "sum_over_batch": lambda m, v, f: (len(m) * kl_by_dimension(m, v)).clamp(min=f).sum(),
            "wrong_axis": lambda m, v, f: (0.5 * (m**2 + v.exp() - 1 - v)).mean(1).clamp(min=f).sum(),
            "python_max": python_max_free_bits,
            "detached": no_grad(vae_helpers.losses.free_bits),
            None: lambda m, v, f: 1.1 * vae_helpers.losses.free_bits(m, v, f),
            "tuple": lambda m, v, f: (vae_helpers.losses.free_bits(m, v, f),),
            "gradient: the floor lets it pass": lambda m, v, f: (
                kl_by_dimension(m, v) + (kl_by_dimension(m, v).clamp(min=f) - kl_by_dimension(m, v)).detach()
            ).sum(),
            "detached: but for a zero": lambda m, v, f: (
                vae_helpers.losses.free_bits(m, v, f).detach() + 0 * (m + v).sum()
            ),
            "half_detached: mu but for a zero": lambda m, v, f: (
                vae_helpers.losses.free_bits(m.detach(), v, f) + 0 * m.sum()
            ),
            "half_detached: logvar": lambda m, v, f: vae_helpers.losses.free_bits(m, v.detach(), f),
            "gradient: the variance is cut": lambda m, v, f: (
                (0.5 * (m**2 + v.exp().detach() - 1 - v)).mean(0).clamp(min=f).sum()
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


@pytest.mark.parametrize(
    "floor",
    [lambda k, f: torch.maximum(k, f), lambda k, f: torch.maximum(f, k), lambda k, f: torch.max(k, f)],
    ids=["maximum", "swapped", "max"],
)
def test_a_maximum_with_a_plain_number_is_told_to_clamp(floor, language, capsys):
    result = checks.check_free_bits(lambda m, v, f: floor(kl_by_dimension(m, v), f).sum())
    assert result.mistake == "python_max" and "clamp" in result.message
