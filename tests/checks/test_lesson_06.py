"""Answers to the exercises of lesson 06, reconstructions and samples: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from vae_helpers import checks, models
from vae_helpers.checks import lesson_06

from .answers import Answers, antithetic, laplace, no_grad, rolled, standardised, tied


def decode(model, z):
    return model.decode(z)


def seeded_prior(model, n):
    torch.manual_seed(0)
    return model.decode(torch.randn(n, model.latent_dim))


def one_by_one(recon, x):
    errors = []
    for r, image in zip(recon, x, strict=True):
        errors.append(((r - image) ** 2).sum())
    return torch.stack(errors)


CASES = {
    "image_errors": (
        [
            lambda r, x: ((r - x) ** 2).sum(dim=(1, 2, 3)),
            lambda r, x: (r - x).pow(2).flatten(1).sum(1),
            lambda r, x: (r - x).flatten(start_dim=1).norm(dim=1) ** 2,
            lambda r, x: torch.nn.functional.mse_loss(r, x, reduction="none").sum((1, 2, 3)),
            lambda r, x: ((r - x) ** 2).view(len(x), -1).mean(dim=1) * x[0].numel(),
            lambda r, x: torch.einsum("nchw,nchw->n", r - x, r - x),
            lambda r, x: torch.square(x - r).sum(-1).sum(-1).sum(-1),
            one_by_one,
        ],
        {
            "mean_over_pixels": lambda r, x: ((r - x) ** 2).mean((1, 2, 3)),
            "mse": lambda r, x: torch.nn.functional.mse_loss(r, x),
            "sum_over_batch": lambda r, x: torch.nn.functional.mse_loss(r, x, reduction="sum"),
            "mean_over_batch": lambda r, x: ((r - x) ** 2).flatten(1).sum(1).mean(),
            "wrong_axis": lambda r, x: ((r - x) ** 2).sum(dim=0),
            "one_axis": lambda r, x: ((r - x) ** 2).sum(dim=3),
            "channels_kept": lambda r, x: ((r - x) ** 2).sum(-1).sum(-1),
            "not_summed": lambda r, x: torch.nn.functional.mse_loss(r, x, reduction="none"),
            "no_square": lambda r, x: (r - x).sum((1, 2, 3)),
            "absolute": lambda r, x: (x - r).abs().sum((1, 2, 3)),
            "square_of_sum": lambda r, x: (x - r).sum((1, 2, 3)) ** 2,
            "root": lambda r, x: (r - x).flatten(1).norm(dim=1),
            "halved": lambda r, x: 0.5 * ((r - x) ** 2).sum((1, 2, 3)),
            None: lambda r, x: ((r + x) ** 2).sum((1, 2, 3)),
        },
    ),
    "sample_prior": (
        [
            lambda model, n: model.decode(torch.randn(n, model.latent_dim)),
            no_grad(lambda model, n: model.decode(Normal(0.0, 1.0).sample((n, model.latent_dim)))),
            lambda model, n: torch.cat([model.decode(torch.randn(1, model.latent_dim)) for _ in range(n)]),
            lambda model, n: model.decode(torch.normal(0.0, 1.0, (n, model.latent_dim))),
            no_grad(
                lambda model, n: model.eval().decode(
                    torch.randn(n, model.latent_dim, device=next(model.parameters()).device)
                )
            ),
            lambda model, n: torch.cat([model.decode(z) for z in torch.randn(n, model.latent_dim).split(100)]),
            lambda model, n: model.decode(
                torch.from_numpy(np.random.default_rng().normal(size=(n, model.latent_dim))).float()
            ),
            lambda model, n: model.decode(torch.empty(n, model.latent_dim).normal_()).clone(),
            lambda model, n: model.decode(torch.randn(n, model.latent_dim)).flatten(1),
        ],
        {
            "uniform": lambda model, n: model.decode(torch.rand(n, model.latent_dim)),
            "same_z": lambda model, n: model.decode(torch.randn(1, model.latent_dim).repeat(n, 1)),
            "shape": lambda model, n: model.decode(torch.randn(1, model.latent_dim)),
            "latent_dim": lambda model, n: model.decode(torch.randn(n, 2)),
            "latent_dim: of the lesson": lambda model, n: model.decode(torch.randn(n, 16)),
            "raised": lambda model, n: model.decode(torch.randn(n)),
            "dependent: standardised": lambda model, n: model.decode(standardised(n, model.latent_dim)),
            "encoder": lambda model, n: model(torch.rand(n, 1, 28, 28))[0],
            "not_standard": lambda model, n: model.decode(3 * torch.randn(n, model.latent_dim)),
            "no_decoder": lambda model, n: torch.rand(n, 1, 28, 28),
            "changed": lambda model, n: 1 - decode(model, torch.randn(n, model.latent_dim)),
            "shared_by_dimensions": lambda model, n: model.decode(torch.randn(n, 1).expand(n, model.latent_dim)),
            "repeated": seeded_prior,
            "repeated: a generator of its own": lambda model, n: model.decode(
                torch.randn(n, model.latent_dim, generator=torch.Generator().manual_seed(1))
            ),
            "not_standard: four percent up": lambda model, n: model.decode(1.04 * torch.randn(n, model.latent_dim)),
            "not_standard: two percent up": lambda model, n: model.decode(1.02 * torch.randn(n, model.latent_dim)),
            "not_standard: three percent down": lambda model, n: model.decode(0.97 * torch.randn(n, model.latent_dim)),
            "clipped": lambda model, n: model.decode(torch.randn(n, model.latent_dim).clamp(-2.5, 2.5)),
            "reused: with the sign flipped": lambda model, n: model.decode(antithetic(n, model.latent_dim)),
            "reused: twice": lambda model, n: model.decode(
                torch.randn((n + 1) // 2, model.latent_dim).repeat_interleave(2, 0)[:n]
            ),
            "dependent: on the image before": lambda model, n: model.decode(rolled(n, model.latent_dim)),
            "dependent: dimensions": lambda model, n: model.decode(tied(n, model.latent_dim)),
            "not_standard: Laplace": lambda model, n: model.decode(laplace((n, model.latent_dim))),
            "not_standard: twelve uniforms": lambda model, n: model.decode(
                torch.rand(12, n, model.latent_dim).sum(0) - 6
            ),
            "uniform: off the centre": lambda model, n: model.decode(torch.randn(n, model.latent_dim) + 0.04),
            "uniform: one dimension off the centre": lambda model, n: model.decode(
                torch.randn(n, model.latent_dim) + 0.3 * (torch.arange(model.latent_dim) == 1)
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


@pytest.mark.parametrize(
    "size",
    [
        lambda model: model.fc_mu.out_features,
        lambda model: model.fc_decode.in_features,
        lambda model: model.fc_logvar.bias.numel(),
        lambda model: model.fc_mu.weight.shape[0],
        lambda model: model.fc_decode.weight.size(1),
    ],
    ids=["fc_mu.out_features", "fc_decode.in_features", "fc_logvar.bias", "fc_mu.weight", "fc_decode.weight"],
)
def test_the_latent_size_may_be_read_off_the_layers(size, handout_vae, capsys):
    """As one must for the class as the handout has it, which has no latent_dim."""

    def sample_prior(model, n):
        device = next(model.parameters()).device
        return model.eval().decode(torch.randn(n, size(model), device=device))

    assert not hasattr(handout_vae(), "latent_dim")
    for model in (handout_vae(latent_dim=3), models.VAE(latent_dim=3)):
        assert sample_prior(model, 4).shape == (4, 1, 28, 28)
    assert checks.check_sample_prior(sample_prior)


def test_the_stand_in_stands_where_the_lessons_model_does(monkeypatch):
    assert lesson_06.usual_device() == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert lesson_06.usual_device() == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert lesson_06.usual_device() == "cuda"
