"""Answers to the exercises of lesson 06, samples: right ones, and wrong ones with the mistake that is seen in them."""

import torch
from torch.distributions import Normal

from .answers import Answers, no_grad


def decode(model, z):
    return model.decode(z)


CASES = {
    "sample_prior": (
        [
            lambda model, n: model.decode(torch.randn(n, model.latent_dim)),
            no_grad(lambda model, n: model.decode(Normal(0.0, 1.0).sample((n, model.latent_dim)))),
            lambda model, n: torch.cat([model.decode(torch.randn(1, model.latent_dim)) for _ in range(n)]),
        ],
        {
            "uniform": lambda model, n: model.decode(torch.rand(n, model.latent_dim)),
            "same_z": lambda model, n: model.decode(torch.randn(1, model.latent_dim).repeat(n, 1)),
            "shape": lambda model, n: model.decode(torch.randn(1, model.latent_dim)),
            "raised": lambda model, n: model.decode(torch.randn(n, 2)),
            "encoder": lambda model, n: model(torch.rand(n, 1, 28, 28))[0],
            "not_standard": lambda model, n: model.decode(3 * torch.randn(n, model.latent_dim)),
            "no_decoder": lambda model, n: torch.rand(n, 1, 28, 28),
            "changed": lambda model, n: 1 - decode(model, torch.randn(n, model.latent_dim)),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
