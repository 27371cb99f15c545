"""Answers to the exercises of lesson 09, sparse, contractive, denoising, variational: right ones, and wrong ones with the mistake that is seen in them."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, kl_divergence

import vae_helpers
from vae_helpers import checks, data

from .answers import Answers, held_back, no_grad


def bernoulli_kl(p, q):
    return kl_divergence(Bernoulli(p), Bernoulli(q))


def jacobian_penalty(z, W):
    """From the Jacobian itself: diag(z (1 − z)) W of each image."""
    return torch.stack([torch.linalg.matrix_norm(torch.diag(a * (1 - a)) @ W) ** 2 for a in z]).mean()


def frobenius(z, W):
    return ((z - z**2) ** 2 @ (W**2).sum(1)).mean()


def mask(x, share):
    return x * (torch.rand_like(x) >= share)


def masked_in_place(x, share):
    x[torch.rand_like(x) < share] = 0
    return x


def fixed_number_mask(x, share):
    order = torch.rand(len(x), 784).argsort(dim=1).argsort(dim=1)
    return x * (order >= round(share * 784)).view_as(x)


def seeded_mask(x, share):
    torch.manual_seed(0)
    return mask(x, share)


def mirrored(noise):
    return torch.cat([noise[..., :14], noise[..., :14].flip(-1)], -1)


CASES = {
    "kl_to_rho": (
        [
            vae_helpers.losses.kl_to_rho,
            lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).sum(),
            lambda z, rho: sum(
                rho * math.log(rho) - rho * q.log() + (1 - rho) * math.log(1 - rho) - (1 - rho) * torch.log1p(-q)
                for q in z.mean(0)
            ),
            lambda z, rho: (
                torch.xlogy(torch.tensor(rho), rho / z.mean(0)) + (1 - rho) * torch.log((1 - rho) / (1 - z.mean(0)))
            ).sum(),
            lambda z, rho: sum(bernoulli_kl(torch.tensor(rho), z[:, j].mean()) for j in range(z.shape[1])),
            lambda z, rho: (
                F.binary_cross_entropy(z.mean(0), torch.full_like(z[0], rho), reduction="sum")
                - z.shape[1] * Bernoulli(torch.tensor(rho)).entropy()
            ),
        ],
        {
            "per_unit": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)),
            "mean_over_units": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).mean(),
            "reversed": lambda z, rho: bernoulli_kl(z.mean(0), torch.tensor(rho)).sum(),
            "half_forgotten": lambda z, rho: (rho * torch.log(rho / z.mean(0))).sum(),
            "sign": lambda z, rho: -bernoulli_kl(torch.tensor(rho), z.mean(0)).sum(),
            "per_image": lambda z, rho: bernoulli_kl(torch.tensor(rho), z).sum() / len(z),
            "wrong_axis": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(1)).sum(),
            "one_mean": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean()),
            "bits": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).sum() / math.log(2),
            "hard_coded": lambda z, rho: bernoulli_kl(torch.tensor(0.05), z.mean(0)).sum(),
            "plain_number": lambda z, rho: sum(rho * math.log(rho / z.mean(0)) for _ in "j"),
            "detached": no_grad(vae_helpers.losses.kl_to_rho),
            "numpy": lambda z, rho: (
                rho * np.log(rho / z.mean(0)) + (1 - rho) * np.log((1 - rho) / (1 - z.mean(0)))
            ).sum(),
            "constant": lambda z, rho: torch.tensor(0.0),
            "tuple": lambda z, rho: (vae_helpers.losses.kl_to_rho(z, rho),),
            "gradient: one term is cut": lambda z, rho: (
                rho * torch.log(rho / z.mean(0).detach()) + (1 - rho) * torch.log((1 - rho) / (1 - z.mean(0)))
            ).sum(),
            "detached: but for a zero": lambda z, rho: vae_helpers.losses.kl_to_rho(z.detach(), rho) + 0 * z.sum(),
            "gradient: of one image only": lambda z, rho: vae_helpers.losses.kl_to_rho(
                torch.cat([z[:1], z[1:].detach()]), rho
            ),
            "gradient: clipped": lambda z, rho: vae_helpers.losses.kl_to_rho(held_back(z), rho),
        },
    ),
    "contractive_penalty": (
        [
            vae_helpers.losses.sigmoid_contractive_penalty,
            jacobian_penalty,
            frobenius,
            lambda z, W: ((z * (1 - z))[:, :, None] * W).pow(2).sum((1, 2)).mean(),
            lambda z, W: torch.einsum("nj,ji->", (z * (1 - z)) ** 2, W**2) / len(z),
            lambda z, W: sum(torch.linalg.norm((a * (1 - a))[:, None] * W) ** 2 for a in z) / len(z),
        ],
        {
            "slope_not_squared": lambda z, W: (z * (1 - z) @ (W**2).sum(1)).mean(),
            "weights_not_squared": lambda z, W: ((z * (1 - z)) ** 2 @ W.sum(1)).mean(),
            "squared_after_the_sum": lambda z, W: ((z * (1 - z)) ** 2 @ W.sum(1) ** 2).mean(),
            "no_slope": lambda z, W: (W**2).sum(),
            "z_for_slope": lambda z, W: (z**2 @ (W**2).sum(1)).mean(),
            "sigmoid_twice": lambda z, W: frobenius(torch.sigmoid(z), W),
            "root": lambda z, W: ((z - z**2) ** 2 @ (W**2).sum(1)).sqrt().mean(),
            "batch_sum": lambda z, W: frobenius(z, W) * len(z),
            "per_image": lambda z, W: (z - z**2) ** 2 @ (W**2).sum(1),
            "mean_over_units": lambda z, W: frobenius(z, W) / len(W),
            "wrong_axis": lambda z, W: ((z - z**2) ** 2 * (W**2).sum(0)).sum(1).mean(),
            "detached": no_grad(frobenius),
            None: lambda z, W: frobenius(z, W) / 2,
            "tuple": lambda z, W: (frobenius(z, W),),
            "gradient: half of the weights": lambda z, W: ((z - z**2) ** 2 @ (W * W.detach()).sum(1)).mean(),
            "gradient: half of the slope": lambda z, W: (((z - z**2) * (z - z**2).detach()) @ (W**2).sum(1)).mean(),
            "half_detached: W": lambda z, W: frobenius(z, W.detach()),
            "half_detached: W but for a zero": lambda z, W: frobenius(z, W.detach()) + 0 * W.sum(),
            "half_detached: z but for a zero": lambda z, W: frobenius(z.detach(), W) + 0 * z.sum(),
        },
    ),
    "mask_noise": (
        [
            mask,
            lambda x, share: torch.where(torch.rand(x.shape) < share, 0.0, x),
            lambda x, share: x.masked_fill(torch.bernoulli(torch.full_like(x, share)).bool(), 0),
            lambda x, share: data.add_noise(x, "mask", share),
            lambda x, share: F.dropout(x, share) * (1 - share),
            lambda x, share: torch.stack([mask(image, share) for image in x]),
            lambda x, share: x * torch.bernoulli(torch.full_like(x, 1 - share)),
            lambda x, share: x * torch.from_numpy(np.random.default_rng().random(x.shape) >= share).float(),
            lambda x, share: x.where(torch.rand_like(x) >= share, torch.zeros(())),
            lambda x, share: Bernoulli(1 - share).sample(x.shape) * x,
            lambda x, share: x * (torch.rand_like(x) + 1 - share).floor(),
        ],
        {
            "modified": masked_in_place,
            "kept": lambda x, share: x * (torch.rand_like(x) < share),
            "scaled": lambda x, share: F.dropout(x, share),
            "shared_by_batch": lambda x, share: x * (torch.rand_like(x[:1]) >= share),
            "whole_images": lambda x, share: x * (torch.rand(len(x), 1, 1, 1) >= share),
            "repeated": seeded_mask,
            "white": lambda x, share: torch.where(torch.rand_like(x) < share, 1.0, x),
            "changed": lambda x, share: x + share * torch.randn_like(x),
            "share": lambda x, share: x * (torch.randn_like(x) >= share),
            "neighbours": lambda x, share: x * (torch.rand(len(x), 1, 28, 1) >= share),
            "fixed_number": fixed_number_mask,
            "dtype": lambda x, share: torch.from_numpy(
                x.numpy() * np.random.default_rng().binomial(1, 1 - share, x.shape)
            ),
            "by_value": lambda x, share: x * (torch.rand_like(x) >= share * (0.45 + x)),
            "by_image": lambda x, share: x * (torch.rand_like(x) >= share * (0.8 + 0.4 * torch.rand(len(x), 1, 1, 1))),
            "nothing": lambda x, share: x.clone(),
            "shape": lambda x, share: mask(x, share).flatten(1),
            "type": lambda x, share: 0.5,
            "reused: in both halves": lambda x, share: (
                x * (torch.rand_like(x)[: len(x) // 2].repeat(2, 1, 1, 1) >= share)
            ),
            "reused: mirrored": lambda x, share: x * (mirrored(torch.rand_like(x)) >= share),
            "reused: above as below": lambda x, share: x * (torch.rand_like(x)[:, :, :14].repeat(1, 1, 2, 1) >= share),
            "share: one and a half points more": lambda x, share: x * (torch.rand_like(x) >= share + 0.015),
            "share: one point less": lambda x, share: x * (torch.rand_like(x) >= share - 0.01),
            "uneven": lambda x, share: torch.cat(
                [x[:, :, :1], x[:, :, 1:] * (torch.rand_like(x[:, :, 1:]) >= share * 28 / 27)], 2
            ),
            "repeated: a generator of its own": lambda x, share: (
                x * (torch.rand(x.shape, generator=torch.Generator().manual_seed(3)) >= share)
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, share: x * (torch.rand(len(x), 1, 1, 28) >= share),
        lambda x, share: x * (torch.rand(len(x), 1, 14, 14) >= share).repeat_interleave(2, 2).repeat_interleave(2, 3),
        lambda x, share: x * (torch.rand(len(x), 1, 28, 14) >= share).repeat_interleave(2, 3),
    ],
    ids=["columns", "blocks", "pairs"],
)
def test_masks_of_several_pixels_are_told(wrong, language, capsys):
    assert checks.check_mask_noise(wrong).mistake == "neighbours"


@pytest.mark.parametrize("seed", range(10))
def test_a_right_mask_passes_whatever_the_random_numbers(seed, capsys):
    generator = torch.Generator().manual_seed(seed)
    assert checks.check_mask_noise(lambda x, share: x * (torch.rand(x.shape, generator=generator) >= share))
