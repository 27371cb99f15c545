"""Answers to the exercises of lesson 14, towards Stable Diffusion: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F

from vae_helpers import models

from .answers import Answers, held_back


def wide(theta):
    return theta[:, None, None, None]


def mix(z, theta, epsilon):
    return models.q_sample(z, theta, epsilon)


def loop(z, theta, epsilon):
    """Code by code."""
    return torch.stack([a.cos() * one + a.sin() * e for one, a, e in zip(z, theta, epsilon, strict=True)])


def loss_to(target):
    """The loss of one who compares the guess with something else."""
    return lambda network, z, theta, e: F.mse_loss(network(mix(z, theta, e), theta), target(z, theta, e))


def half_felt(off):
    """The square, of which one factor is cut from the graph."""
    return off * off.detach()


CASES = {
    "q_sample": (
        [
            models.q_sample,
            lambda z, a, e: torch.cos(wide(a)) * z + torch.sin(wide(a)) * e,
            lambda z, a, e: a.cos().view(-1, 1, 1, 1) * z + (1 - a.cos() ** 2).sqrt().view(-1, 1, 1, 1) * e,
            loop,
        ],
        {
            "swapped": lambda z, a, e: wide(a).sin() * z + wide(a).cos() * e,
            "linear": lambda z, a, e: z + wide(a) * (e - z),
            "sides": lambda z, a, e: wide(a).cos() * z + (1 - wide(a).cos()) * e,
            "squares": lambda z, a, e: wide(a).cos().pow(2) * z + wide(a).sin().pow(2) * e,
            "minus": lambda z, a, e: wide(a).cos() * z - wide(a).sin() * e,
            "noise_unweighted": lambda z, a, e: wide(a).cos() * z + e,
            "code_unweighted": lambda z, a, e: z + wide(a).sin() * e,
            "degrees": lambda z, a, e: mix(z, a * torch.pi / 180, e),
            "columns": lambda z, a, e: a.cos() * z + a.sin() * e,
            "detached": lambda z, a, e: mix(z.detach(), a, e),
            "gradient": lambda z, a, e: mix(held_back(z), a, e),
            None: lambda z, a, e: mix(z, 0.9 * a, e),
        },
    ),
    "epsilon_loss": (
        [
            loss_to(lambda z, a, e: e),
            lambda network, z, a, e: (network(mix(z, a, e), a) - e).pow(2).mean(),
            lambda network, z, a, e: (e - network(loop(z, a, e), a)).pow(2).sum() / e.numel(),
            lambda network, z, a, e: (network(mix(z, a, e), a) - e).flatten(1).pow(2).mean(1).mean(),
            lambda network, z, a, e: F.mse_loss(network(z_t=mix(z, a, e), theta=a), e),
        ],
        {
            "network_uncalled": lambda network, z, a, e: (mix(z, a, e) - e).pow(2).mean(),
            "clean_input": lambda network, z, a, e: F.mse_loss(network(z, a), e),
            "wrong_input": lambda network, z, a, e: F.mse_loss(network(mix(e, a, z), a), e),
            "wrong_time": lambda network, z, a, e: F.mse_loss(network(mix(z, a, e), a.cos()), e),
            "wrong_time: none": lambda network, z, a, e: F.mse_loss(network(mix(z, a, e)), e),
            "code_target": loss_to(lambda z, a, e: z),
            "mixed_target": loss_to(mix),
            "summed": lambda network, z, a, e: (network(mix(z, a, e), a) - e).pow(2).sum(),
            "summed_by_code": lambda network, z, a, e: (network(mix(z, a, e), a) - e).pow(2).sum() / len(z),
            "absolute": lambda network, z, a, e: (network(mix(z, a, e), a) - e).abs().mean(),
            "root": lambda network, z, a, e: (network(mix(z, a, e), a) - e).pow(2).mean().sqrt(),
            "one_number": lambda network, z, a, e: (network(mix(z, a, e), a) - e).pow(2),
            "detached": lambda network, z, a, e: F.mse_loss(network(mix(z, a, e), a).detach(), e),
            "detached: a plain number": lambda network, z, a, e: F.mse_loss(network(mix(z, a, e), a), e).item(),
            "gradient": lambda network, z, a, e: F.mse_loss(held_back(network(mix(z, a, e), a)), e),
            "gradient: one factor": lambda network, z, a, e: half_felt(network(mix(z, a, e), a) - e).mean(),
            "type": lambda network, z, a, e: "0.3",
            None: lambda network, z, a, e: 0.5 * F.mse_loss(network(mix(z, a, e), a), e),
        },
    ),
    "scale_factor": (
        [
            lambda z: 1 / z.std(),
            lambda z: z.flatten().var() ** -0.5,
            lambda z: 1 / (z - z.mean()).pow(2).mean().sqrt(),
            lambda z: (1 / z.std()).item(),
        ],
        {
            "std": lambda z: z.std(),
            "variance": lambda z: 1 / z.var(),
            "by_map": lambda z: 1 / z.std(dim=(0, 2, 3)),
            "within_maps": lambda z: 1 / (z - z.mean(dim=(0, 2, 3), keepdim=True)).std(),
            "by_code": lambda z: 1 / z.std(dim=(1, 2, 3)),
            "by_place": lambda z: 1 / z.std(0),
            "largest": lambda z: 1 / z.abs().max(),
            "range": lambda z: 1 / (z.amax() - z.amin()),
            "around_zero": lambda z: 1 / (z**2).mean().sqrt(),
            "absolute": lambda z: 1 / z.abs().mean(),
            "scaled_codes": lambda z: z / z.std(),
            "constant": lambda z: 0.18215,
            None: lambda z: 2 / z.std(),
        },
    ),
    "guided": (
        [
            lambda u, c, w: u + w * (c - u),
            lambda u, c, w: (1 - w) * u + w * c,
            torch.lerp,
            lambda u, c, w: u - (u - c) * w,
        ],
        {
            "from_labelled": lambda u, c, w: (1 + w) * c - w * u,
            "swapped": lambda u, c, w: (1 - w) * c + w * u,
            "backwards": lambda u, c, w: u + w * (u - c),
            "difference_alone": lambda u, c, w: w * (c - u),
            "labelled_alone": lambda u, c, w: w * c,
            "sum": lambda u, c, w: u + w * c,
            "ignored": lambda u, c, w: c + 0 * u,
            "mean": lambda u, c, w: 0.5 * (u + c),
            "half_detached": lambda u, c, w: u.detach() + w * (c - u.detach()),
            None: lambda u, c, w: u + w**2 * (c - u),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
