"""Answers to the exercises of lesson 03, reparameterization: right ones, and wrong ones with the mistake that is seen in them."""

import torch
from torch.distributions import Normal

from .answers import Answers, no_grad


def in_place(mu, logvar):
    logvar *= 0.5
    return mu + logvar.exp() * torch.randn_like(mu)


def seeded(mu, logvar):
    torch.manual_seed(0)
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


CASES = {
    "reparameterize_fixed": (
        [lambda m, s, e: m + s * e, lambda m, s, e: torch.addcmul(m, s, e), lambda m, s, e: e.mul(s).add(m)],
        {
            "no_scale": lambda m, s, e: m + e,
            "no_noise": lambda m, s, e: m + s,
            "variance": lambda m, s, e: m + s**2 * e,
            "root": lambda m, s, e: m + e * torch.sqrt(s),
            "logvar": lambda m, s, e: m + torch.exp(s / 2) * e,
            "minus": lambda m, s, e: m - s * e,
            "mu_scaled": lambda m, s, e: s + m * e,
            "product": lambda m, s, e: (m + s) * e,
            "detached": no_grad(lambda m, s, e: m + s * e),
            None: lambda m, s, e: 2 * m + s * e,
        },
    ),
    "reparameterize": (
        [
            lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(v),
            lambda m, v: Normal(m, v.exp().sqrt()).rsample(),
            lambda m, v: torch.addcmul(m, v.div(2).exp(), torch.randn(m.shape)),
            lambda m, v: m + (0.5 * v).exp() * torch.normal(torch.zeros(m.shape), torch.ones(m.shape)),
        ],
        {
            "logvar_as_sigma": lambda m, v: m + v * torch.randn_like(v),
            "variance": lambda m, v: m + v.exp() * torch.randn_like(v),
            "no_noise": lambda m, v: m + 0 * v,
            "no_scale": lambda m, v: m + torch.randn_like(v),
            "not_gaussian": lambda m, v: m + (0.5 * v).exp() * torch.rand_like(v),
            "shared_by_batch": lambda m, v: m + (0.5 * v).exp() * torch.randn(m.shape[1]),
            "shared_by_dimensions": lambda m, v: m + (0.5 * v).exp() * torch.randn(len(m), 1),
            "repeated": seeded,
            "detached": lambda m, v: Normal(m, (0.5 * v).exp()).sample(),
            "half_detached": lambda m, v: m + (0.5 * v.detach()).exp() * torch.randn_like(v),
            "sign": lambda m, v: m + (-0.5 * v).exp() * torch.randn_like(v),
            "double": lambda m, v: m + (2 * v).exp() * torch.randn_like(v),
            "half_outside": lambda m, v: m + 0.5 * v.exp() * torch.randn_like(v),
            "modified": in_place,
            "shape": lambda m, v: torch.cat([m, v], dim=1),
            "nan": lambda m, v: m + v.sqrt() * torch.randn_like(v),
            "type": lambda m, v: 0.5,
            "scale": lambda m, v: m + 1.5 * (0.5 * v).exp() * torch.randn_like(v),
        },
    ),
    "score_gradient": (
        [
            lambda z, m, s, value: value * (z - m) / s**2,
            lambda z, m, s, value: (
                torch.stack([torch.autograd.functional.jacobian(lambda a, y=y: Normal(a, s).log_prob(y), m) for y in z])
                * value
            ),
        ],
        {
            "sigma": lambda z, m, s, value: value * (z - m) / s,
            "sign": lambda z, m, s, value: value * (m - z) / s**2,
            "no_value": lambda z, m, s, value: (z - m) / s**2,
            "no_sigma": lambda z, m, s, value: value * (z - m),
            "pathwise": lambda z, m, s, value: 2 * z,
            "averaged": lambda z, m, s, value: (value * (z - m) / s**2).mean(),
            "density": lambda z, m, s, value: value * Normal(m, s).log_prob(z),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
