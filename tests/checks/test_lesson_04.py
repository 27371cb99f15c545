"""Answers to the exercises of lesson 04, the loss: right ones, and wrong ones with the mistake that is seen in them."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

import vae_helpers
from vae_helpers import checks

from .answers import Answers, held_back, kl, no_grad, sse


def in_place_kl(mu, logvar):
    mu.data.pow_(2)
    return -0.5 * (1 + logvar - mu - logvar.exp()).sum(1)


def loss_with(recon_part, kl_part):
    return lambda r, x, m, v, B: (B * recon_part(r, x) + kl_part(m, v), recon_part(r, x), kl_part(m, v))


def independent_kl(mu, logvar):
    q = Independent(Normal(mu, (0.5 * logvar).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(q, p)


def matrix_kl(mu, logvar):
    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    return kl_divergence(q, MultivariateNormal(torch.zeros_like(mu), torch.eye(mu.shape[1])))


def kl_by_loop(mu, logvar):
    return torch.stack([sum(0.5 * (v.exp() + m * m - 1 - v) for m, v in zip(a, b, strict=True)) for a, b in zip(mu, logvar, strict=True)])  # fmt: skip


LOG_2PI = math.log(2 * math.pi)


def expected_log_p(m, v, theta, x):
    return -0.5 * LOG_2PI - 0.5 * ((x - theta - m) ** 2 + v)


def elbo(m, v, theta, x=1.0):
    return -0.5 * LOG_2PI - 0.5 * ((x - theta - m) ** 2 + v) - 0.5 * (m**2 + v - 1 - torch.log(v))


def elbo_by_distributions(m, v, theta, x=1.0):
    q = Normal(m, v.sqrt())
    return Normal(m + theta, 1.0).log_prob(torch.tensor(x)) - v / 2 - kl_divergence(q, Normal(0.0, 1.0))


def elbo_from_the_gap(m, v, theta, x=1.0):
    """log p(x) less the KL to the true posterior."""
    gap = kl_divergence(Normal(m, v.sqrt()), Normal((x - theta) / 2, math.sqrt(0.5)))
    return Normal(theta, math.sqrt(2)).log_prob(torch.tensor(x)) - gap


BCE = F.binary_cross_entropy


sums = loss_with(sse, lambda m, v: kl(m, v).mean())


def parts_detached_for_the_log(*arguments):
    total, recon, kl = sums(*arguments)
    return total, recon.detach(), kl.detach()


CASES = {
    "kl_divergence": (
        [
            kl,
            independent_kl,
            matrix_kl,
            kl_by_loop,
            lambda m, v: kl(m.double(), v.double()),
            lambda m, v: kl_divergence(Normal(m, (v / 2).exp()), Normal(0.0, 1.0)).sum(1),
            lambda m, v: 0.5 * (m.pow(2) + torch.expm1(v) - v).sum(-1),
            lambda m, v: 0.5 * (m.norm(dim=1) ** 2 + v.exp().sum(1) - v.sum(1) - m.shape[1]),
            lambda m, v: torch.einsum("nd->n", m * m + v.exp() - v - 1) / 2,
        ],
        {
            "half_forgotten": lambda m, v: 2 * kl(m, v),
            "sign": lambda m, v: -kl(m, v),
            "logvar_as_sigma": lambda m, v: -0.5 * (1 + (v**2).log() - m**2 - v**2).sum(1),
            "logvar_as_variance": lambda m, v: -0.5 * (1 + v.log() - m**2 - v).sum(1),
            "logvar_as_log_sigma": lambda m, v: kl(m, 2 * v),
            "mean_over_dimensions": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).mean(1),
            "sum_over_batch": lambda m, v: kl(m, v).sum(),
            "mean_over_batch": lambda m, v: kl(m, v).mean(),
            "wrong_axis": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).sum(0),
            "not_summed": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()),
            "no_exp": lambda m, v: 0.5 * (m**2 - 1).sum(1),
            "variance": lambda m, v: -0.5 * (1 + v - m**2 - v**2).sum(1),
            "variance: twice": lambda m, v: 0.5 * (v.exp() ** 2 + m**2 - 1 - v).sum(1),
            "sigma_not_variance": lambda m, v: -0.5 * (1 + v - m**2 - (0.5 * v).exp()).sum(1),
            "mu_not_squared": lambda m, v: -0.5 * (1 + v - m - v.exp()).sum(1),
            "one_forgotten": lambda m, v: -0.5 * (v - m**2 - v.exp()).sum(1),
            "bits": lambda m, v: kl(m, v) / math.log(2),
            "reversed": lambda m, v: kl_divergence(Normal(0.0, 1.0), Normal(m, (0.5 * v).exp())).sum(1),
            "detached": no_grad(kl),
            "modified": in_place_kl,
            "shape": lambda m, v: kl(m, v)[:, None],
            None: lambda m, v: kl(m, v) + 0.01,
            "tuple": lambda m, v: (kl(m, v),),
            "gradient: the variance is cut": lambda m, v: -0.5 * (1 + v - m**2 - v.exp().detach()).sum(1),
            "gradient: the log-variance is cut": lambda m, v: -0.5 * (1 + v.detach() - m**2 - v.exp()).sum(1),
            "gradient: half of mu": lambda m, v: -0.5 * (1 + v - m * m.detach() - v.exp()).sum(1),
            "half_detached: mu": lambda m, v: kl(m.detach(), v),
            "half_detached: logvar but for a zero": lambda m, v: kl(m, v.detach()) + 0 * v.sum(1),
            "detached: but for a zero": lambda m, v: kl(m, v).detach() + 0 * (m + v).sum(1),
            ": clamped": lambda m, v: kl(m, v.clamp(-4, 4)),
            "list": lambda m, v: [k for k in kl(m, v)],
            "gradient: clipped": lambda m, v: kl(held_back(m), v),
        },
    ),
    "vae_loss": (
        [
            loss_with(sse, lambda m, v: kl(m, v).mean()),
            vae_helpers.losses.vae_loss,
            loss_with(lambda r, x: F.mse_loss(r, x) * x[0].numel(), lambda m, v: independent_kl(m, v).sum() / len(m)),
            lambda r, x, m, v, B: list(vae_helpers.losses.vae_loss(r, x, m, v, B)),
            parts_detached_for_the_log,
            loss_with(
                lambda r, x: F.mse_loss(r, x, reduction="none").sum(dim=(1, 2, 3)).mean(), lambda m, v: kl(m, v).mean()
            ),
            loss_with(lambda r, x: (r - x).flatten(1).norm(dim=1).pow(2).mean(), lambda m, v: kl(m, v).mean()),
            loss_with(
                lambda r, x: torch.nn.MSELoss(reduction="sum")(r, x) / r.shape[0], lambda m, v: kl(m, v).sum() / len(v)
            ),
        ],
        {
            "only_total": lambda r, x, m, v, B: B * sse(r, x) + kl(m, v).mean(),
            "order": lambda r, x, m, v, B: (sse(r, x), kl(m, v).mean(), B * sse(r, x) + kl(m, v).mean()),
            "B_ignored": lambda r, x, m, v, B: loss_with(sse, lambda m, v: kl(m, v).mean())(r, x, m, v, 1),
            "B_hard_coded": lambda r, x, m, v, B: loss_with(sse, lambda m, v: kl(m, v).mean())(r, x, m, v, 1000),
            "B_on_kl": lambda r, x, m, v, B: (sse(r, x) + B * kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "B_on_both": lambda r, x, m, v, B: (B * (sse(r, x) + kl(m, v).mean()), sse(r, x), kl(m, v).mean()),
            "recon_with_B": lambda r, x, m, v, B: (B * sse(r, x) + kl(m, v).mean(), B * sse(r, x), kl(m, v).mean()),
            "kl_subtracted": lambda r, x, m, v, B: (B * sse(r, x) - kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "elbo": lambda r, x, m, v, B: (-B * sse(r, x) - kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "pixel_mean": loss_with(F.mse_loss, lambda m, v: kl(m, v).mean()),
            "typed_784": loss_with(lambda r, x: 784 * F.mse_loss(r, x), lambda m, v: kl(m, v).mean()),
            "batch_sum": loss_with(lambda r, x: ((r - x) ** 2).sum(), lambda m, v: kl(m, v).mean()),
            "both_batch_sum": loss_with(lambda r, x: ((r - x) ** 2).sum(), lambda m, v: kl(m, v).sum()),
            "channels_averaged": loss_with(
                lambda r, x: F.mse_loss(r, x) * x.shape[2] * x.shape[3], lambda m, v: kl(m, v).mean()
            ),
            "channels_averaged: rows and columns": loss_with(
                lambda r, x: ((r - x) ** 2).sum(dim=(2, 3)).mean(), lambda m, v: kl(m, v).mean()
            ),
            "one_channel": loss_with(
                lambda r, x: ((r - x)[:, 0] ** 2).sum(dim=(1, 2)).mean(), lambda m, v: kl(m, v).mean()
            ),
            "kl_batch_sum": loss_with(sse, lambda m, v: kl(m, v).sum()),
            "kl_mean": loss_with(sse, lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).mean()),
            "kl_half_forgotten": loss_with(sse, lambda m, v: 2 * kl(m, v).mean()),
            "kl_variance": loss_with(sse, lambda m, v: -0.5 * (1 + v - m**2 - v**2).sum(1).mean()),
            "kl_variance: twice": loss_with(sse, lambda m, v: -0.5 * (1 + v - m**2 - v.exp() ** 2).sum(1).mean()),
            "kl_sign": loss_with(sse, lambda m, v: -kl(m, v).mean()),
            "bce": loss_with(lambda r, x: BCE(r, x, reduction="sum") / len(x), lambda m, v: kl(m, v).mean()),
            "logits": loss_with(
                lambda r, x: F.binary_cross_entropy_with_logits(r, x, reduction="sum") / len(x),
                lambda m, v: kl(m, v).mean(),
            ),
            "detached": no_grad(loss_with(sse, lambda m, v: kl(m, v).mean())),
            "not_tensor: floats": lambda *a: (sums(*a)[0], sums(*a)[1].item(), sums(*a)[2].item()),
            "not_tensor: one float": lambda *a: (*sums(*a)[:2], float(sums(*a)[2])),
            "structure: nested": lambda *a: (sums(*a)[0], sums(*a)[1:]),
            "structure: each alone": lambda *a: [[part] for part in sums(*a)],
            "type": lambda *a: dict(zip(("loss", "recon", "kl"), sums(*a), strict=True)),
            "gradient: the variance is cut": loss_with(
                sse, lambda m, v: (-0.5 * (1 + v - m**2 - v.exp().detach())).sum(1).mean()
            ),
            "gradient: half of the error": loss_with(
                lambda r, x: ((r - x).detach() * (r - x)).sum() / len(x), lambda m, v: kl(m, v).mean()
            ),
            "half_detached: the KL": loss_with(sse, lambda m, v: kl(m.detach(), v.detach()).mean()),
            "half_detached: the KL but for a zero": loss_with(
                sse, lambda m, v: kl(m, v).mean().detach() + 0 * (m + v).sum()
            ),
            "half_detached: recon": loss_with(lambda r, x: sse(r.detach(), x), lambda m, v: kl(m, v).mean()),
            "gradient: clipped": lambda r, x, m, v, B: sums(r, x, held_back(m), v, B),
        },
    ),
    "elbo": (
        [
            elbo,
            elbo_by_distributions,
            elbo_from_the_gap,
            vae_helpers.losses.toy_elbo,
            lambda m, v, t, x=1.0: -(LOG_2PI + (x - t - m) ** 2 + v + m**2 + v - 1 - v.log()) / 2,
        ],
        {
            "kl_added": lambda m, v, t, x=1.0: -0.5 * (LOG_2PI + (x - t - m) ** 2 + v) + 0.5 * (m**2 + v - 1 - v.log()),
            "loss": lambda m, v, t, x=1.0: -elbo(m, v, t, x),
            "no_kl": lambda m, v, t, x=1.0: -0.5 * (LOG_2PI + (x - t - m) ** 2 + v),
            "no_variance": lambda m, v, t, x=1.0: elbo(m, v, t, x) + v / 2,
            "v_squared": lambda m, v, t, x=1.0: elbo(m, v, t, x) + (v - v**2) / 2,
            "v_is_sigma": lambda m, v, t, x=1.0: elbo(m, v * v, t, x),
            "no_constant": lambda m, v, t, x=1.0: elbo(m, v, t, x) + 0.5 * LOG_2PI,
            "constant_sign": lambda m, v, t, x=1.0: elbo(m, v, t, x) + LOG_2PI,
            "half_forgotten": lambda m, v, t, x=1.0: elbo(m, v, t, x) - 0.5 * ((x - t - m) ** 2 + v),
            "kl_half_forgotten": lambda m, v, t, x=1.0: elbo(m, v, t, x) - 0.5 * (m**2 + v - 1 - v.log()),
            "theta_forgotten": lambda m, v, t, x=1.0: elbo(m, v, 0, x),
            "theta_sign": lambda m, v, t, x=1.0: elbo(m, v, -t, x),
            "logvar": lambda m, v, t, x=1.0: -0.5 * (LOG_2PI + (x - t - m) ** 2 + v + m**2 + v.exp() - 1 - v),
            "x_ignored": lambda m, v, t, x=1.0: elbo(m, v, t),
            "x_missing": lambda m, v, t: elbo(m, v, t),
            "one_dimension": lambda m, v, t, x=1.0: expected_log_p(m, v, t, x) - kl(m, v.log()),
            "one_dimension: added up": lambda m, v, t, x=1.0: (
                expected_log_p(m, v, t, x) - vae_helpers.losses.kl_divergence(m, v.log())
            ),
            ": x squared": lambda m, v, t, x=1.0: elbo(m, v, t, x**2),
            "math_log": lambda m, v, t, x=1.0: elbo(m, v, t, x) + math.log(v),
            "torch_log": lambda m, v, t, x=1.0: elbo(m, v, t, x) + torch.log(2 * math.pi),
            "detached": no_grad(elbo),
            "half_detached: v": lambda m, v, t, x=1.0: elbo(m, v.detach(), t, x),
            "shape": lambda m, v, t, x=1.0: elbo(m, v, t, x)[:, None],
            "tuple": lambda m, v, t, x=1.0: (elbo(m, v, t, x),),
            None: lambda m, v, t, x=1.0: elbo(m, v, t, x) + 0.01,
        },
    ),
    "sigma_of_B": (
        [
            lambda B: 1 / math.sqrt(2 * B),
            lambda B: (2 * B) ** -0.5,
            lambda B: torch.tensor(0.5 / B).sqrt(),
            lambda B: (0.5 / B) ** 0.5,
            lambda B: np.sqrt(1 / (2 * B)),
            lambda B: math.exp(-0.5 * math.log(2 * B)),
            lambda B: torch.rsqrt(torch.tensor(2.0 * B)),
        ],
        {
            "variance": lambda B: 0.5 / B,
            "two_forgotten": lambda B: B**-0.5,
            "inverse": lambda B: math.sqrt(2 * B),
            "beta": lambda B: 1 / B,
            "half_root": lambda B: 0.5 / math.sqrt(B),
            "forward": lambda B: 1 / (2 * B**2),
            "bracket": lambda B: math.sqrt(1 / 2 * B),
            "bracket: without the root": lambda B: 1 / 2 * B,
            "hard_coded": lambda B: 1 / math.sqrt(2000),
            "plain_number": lambda B: 1 / torch.sqrt(2 * B),
            "tuple": lambda B: (1 / math.sqrt(2 * B),),
            ": a table": lambda B: {1000: 0.0223607, 10: 0.2236068, 3.0: 0.4082483}.get(B, 1.0),
            ": three decimals": lambda B: round(1 / math.sqrt(2 * B), 3),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


@pytest.mark.parametrize(
    "flat",
    [lambda a: a.view(-1, 784), lambda a: a.reshape(len(a), 28 * 28), lambda a: a.view(-1, 1, 28, 28).flatten(1)],
)
def test_a_784_that_fails_gets_the_hint_of_a_784_that_computes(flat, language, capsys):
    def loss(r, x, m, v, B):
        recon = (flat(r) - flat(x)).pow(2).sum(1).mean()
        return B * recon + kl(m, v).mean(), recon, kl(m, v).mean()

    result = checks.check_vae_loss(loss)
    assert result.mistake == "typed_784"
    assert result.message == checks.check_vae_loss(CASES["vae_loss"][1]["typed_784"]).message
