"""Answers to the exercises of lesson 03, reparameterization: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, StudentT

from .answers import Answers, antithetic, held_back, laplace, no_grad, rolled, standardised, tied


def in_place(mu, logvar):
    logvar *= 0.5
    return mu + logvar.exp() * torch.randn_like(mu)


def seeded(mu, logvar):
    torch.manual_seed(0)
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


def score_by_autograd(z, m, s, value):
    m = m.clone().requires_grad_()
    return torch.stack([v * torch.autograd.grad(Normal(m, s).log_prob(a), m)[0] for a, v in zip(z, value, strict=True)])


def box_muller(shape):
    return (-2 * (1 - torch.rand(shape)).log()).sqrt() * torch.cos(2 * torch.pi * torch.rand(shape))


CASES = {
    "reparameterize_fixed": (
        [
            lambda m, s, e: m + s * e,
            lambda m, s, e: torch.addcmul(m, s, e),
            lambda m, s, e: e.mul(s).add(m),
            lambda m, s, e: torch.add(m, s * e),
            lambda m, s, e: -(-m - s * e),
            lambda m, s, e: m + torch.mul(e.double(), s),
        ],
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
            "tuple": lambda m, s, e: (m + s * e,),
            "half_detached: sigma": lambda m, s, e: m + s.detach() * e,
            "half_detached: sigma but for a zero": lambda m, s, e: m + s.detach() * e + 0 * s,
            "half_detached: mu": lambda m, s, e: m.detach() + s * e,
            "gradient: mu twice": lambda m, s, e: 2 * m - m.detach() + s * e,
            "gradient: half of sigma": lambda m, s, e: m + (s + s.detach()) / 2 * e,
            "detached: but for a zero": lambda m, s, e: (m + s * e).detach() + 0 * m + 0 * s,
        },
    ),
    "reparameterize": (
        [
            lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(v),
            lambda m, v: Normal(m, v.exp().sqrt()).rsample(),
            lambda m, v: torch.addcmul(m, v.div(2).exp(), torch.randn(m.shape)),
            lambda m, v: m + (0.5 * v).exp() * torch.normal(torch.zeros(m.shape), torch.ones(m.shape)),
            lambda m, v: MultivariateNormal(m, torch.diag_embed(v.exp())).rsample(),
            lambda m, v: (
                m + (0.5 * v).exp() * torch.from_numpy(np.random.default_rng().standard_normal(m.shape)).float()
            ),
            lambda m, v: m + v.exp().sqrt() * torch.empty_like(m).normal_(),
            lambda m, v: m + (v / 2).exp() * box_muller(m.shape),
            lambda m, v: torch.stack(
                [a + (b / 2).exp() * torch.randn(len(a)) for a, b in zip(m.T, v.T, strict=True)], 1
            ),
        ],
        {
            "logvar_as_sigma": lambda m, v: m + v * torch.randn_like(v),
            "variance": lambda m, v: m + v.exp() * torch.randn_like(v),
            "no_noise": lambda m, v: m + 0 * v,
            "no_mu": lambda m, v: (v / 2).exp() * torch.randn_like(m),
            "no_mu: of the prior": lambda m, v: torch.randn_like(m),
            "no_mu: variance": lambda m, v: v.exp() * torch.randn_like(m),
            "dependent: standardised": lambda m, v: m + (v / 2).exp() * standardised(*m.shape),
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
            "reused: in both halves": lambda m, v: (
                m + (v / 2).exp() * torch.randn_like(m)[: (len(m) + 1) // 2].repeat(2, 1)[: len(m)]
            ),
            "reused: with the sign flipped": lambda m, v: m + (v / 2).exp() * antithetic(*m.shape),
            "reused: two by two": lambda m, v: (
                m + (v / 2).exp() * torch.randn_like(m)[: (len(m) + 1) // 2].repeat_interleave(2, 0)[: len(m)]
            ),
            "reused: in another order": lambda m, v: (
                m + (v / 2).exp() * torch.randn(100, m.shape[1])[torch.randint(100, (len(m),))]
            ),
            "scale: two percent up": lambda m, v: m + 1.02 * (v / 2).exp() * torch.randn_like(m),
            "scale: two percent down": lambda m, v: m + 0.98 * (v / 2).exp() * torch.randn_like(m),
            "scale: of one dimension": lambda m, v: (
                m + (v / 2).exp() * torch.randn_like(m) * (1 + 0.1 * (torch.arange(m.shape[1]) == 1))
            ),
            "scale: 0.52 in the exponent": lambda m, v: m + (0.52 * v).exp() * torch.randn_like(m),
            "clipped: at 2.5": lambda m, v: m + (v / 2).exp() * torch.randn_like(m).clamp(-2.5, 2.5),
            "clipped: at 3": lambda m, v: m + (v / 2).exp() * torch.randn_like(m).clamp(-3, 3),
            "not_gaussian: Laplace": lambda m, v: m + (v / 2).exp() * laplace(m.shape),
            "not_gaussian: twelve uniforms": lambda m, v: m + (v / 2).exp() * (torch.rand(12, *m.shape).sum(0) - 6),
            "not_gaussian: signs": lambda m, v: m + (v / 2).exp() * torch.randn_like(m).sign(),
            "not_gaussian: Student t": lambda m, v: m + (v / 2).exp() * 0.8**0.5 * StudentT(10.0).sample(m.shape),
            "dependent: on the image before": lambda m, v: m + (v / 2).exp() * rolled(*m.shape),
            "dependent: dimensions": lambda m, v: m + (v / 2).exp() * tied(*m.shape),
            "gradient: half of logvar": lambda m, v: m + (v / 4).exp() * (v.detach() / 4).exp() * torch.randn_like(m),
            "gradient: clipped": lambda m, v: held_back(m) + (v / 2).exp() * torch.randn_like(m),
            "half_detached: but for a zero": lambda m, v: m + (v.detach() / 2).exp() * torch.randn_like(m) + 0 * v,
            "half_detached: mu": lambda m, v: m.detach() + (v / 2).exp() * torch.randn_like(m),
            "gradient: mu twice": lambda m, v: 2 * m - m.detach() + (v / 2).exp() * torch.randn_like(m),
        },
    ),
    "score_gradient": (
        [
            lambda z, m, s, value: value * (z - m) / s**2,
            lambda z, m, s, value: (
                torch.stack([torch.autograd.functional.jacobian(lambda a, y=y: Normal(a, s).log_prob(y), m) for y in z])
                * value
            ),
            lambda z, m, s, value: -value * (m - z) / (s * s),
            lambda z, m, s, value: value * ((z - m) / s) / s,
            score_by_autograd,
        ],
        {
            "sigma": lambda z, m, s, value: value * (z - m) / s,
            "sign": lambda z, m, s, value: value * (m - z) / s**2,
            "two": lambda z, m, s, value: value * (z - m) / (2 * s**2),
            "z_squared": lambda z, m, s, value: z**2 * (z - m) / s**2,
            "no_value": lambda z, m, s, value: (z - m) / s**2,
            "no_sigma": lambda z, m, s, value: value * (z - m),
            "pathwise": lambda z, m, s, value: 2 * z,
            "averaged": lambda z, m, s, value: (value * (z - m) / s**2).mean(),
            "density": lambda z, m, s, value: value * Normal(m, s).log_prob(z),
            "tuple": lambda z, m, s, value: (value * (z - m) / s**2,),
            "shape": lambda z, m, s, value: (value * (z - m) / s**2)[:, None],
            ": one percent off": lambda z, m, s, value: 1.01 * value * (z - m) / s**2,
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
