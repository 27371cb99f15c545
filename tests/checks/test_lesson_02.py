"""Answers to the exercises of lesson 02, the VAE: right ones, and wrong ones with the mistake that is seen in them."""

import math

import torch

from vae_helpers import models

from .answers import Answers


def shapes_of_the_kit(n, d):
    with torch.no_grad():
        recon, mu, logvar = models.VAE(latent_dim=d)(torch.zeros(n, 1, 28, 28))
    return mu.shape, logvar.shape, mu.shape, recon.shape


CASES = {
    "sigma": (
        [
            lambda v: torch.exp(v / 2),
            lambda v: v.exp().sqrt(),
            lambda v: v.exp() ** 0.5,
            lambda v: torch.sqrt(torch.exp(v)),
            lambda v: math.e ** (v / 2),
            lambda v: torch.exp(v.double()) ** 0.5,
            lambda v: torch.exp2(v / (2 * math.log(2))),
        ],
        {
            "identity": lambda v: v,
            "variance": lambda v: v.exp(),
            "negative": lambda v: torch.exp(-v / 2),
            "double": lambda v: torch.exp(2 * v),
            "half": lambda v: v / 2,
            "half_outside": lambda v: v.exp() / 2,
            "root": lambda v: v.sqrt(),
            "nan": lambda v: v.log(),
            "detached": lambda v: torch.exp(v.detach() / 2),
            "tuple": lambda v: (torch.exp(v / 2),),
            "gradient: doubled": lambda v: (v / 2).exp().detach() * (1 + v - v.detach()),
            "gradient: half of it is cut": lambda v: (v / 4).exp() * (v.detach() / 4).exp(),
            "detached: but for a zero": lambda v: (v.detach() / 2).exp() + 0 * v,
            ": clamped": lambda v: torch.exp(v.clamp(-3, 2) / 2),
            ": one percent off": lambda v: 1.01 * torch.exp(v / 2),
        },
    ),
    "conv_size": (
        [
            lambda n, k, s, p: (n + 2 * p - k) // s + 1,
            lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
            lambda n, k, s, p: torch.nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape[-1],
            lambda n, k, s, p: 1 + (n + 2 * p - k) // s,
            lambda n, k, s, p: len(range(0, n + 2 * p - k + 1, s)),
            lambda n, k, s, p: math.ceil((n + 2 * p - k + 1) / s),
            lambda n, k, s, p: torch.zeros(n + 2 * p).unfold(0, k, s).shape[0],
        ],
        {
            "one_forgotten": lambda n, k, s, p: (n + 2 * p - k) // s,
            "padding_once": lambda n, k, s, p: (n + p - k) // s + 1,
            "no_padding": lambda n, k, s, p: (n - k) // s + 1,
            "no_kernel": lambda n, k, s, p: (n + 2 * p) // s + 1,
            "ceil": lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1,
            "fraction": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            "no_stride": lambda n, k, s, p: n + 2 * p - k + 1,
            "divided": lambda n, k, s, p: n // s,
            "constant": lambda n, k, s, p: 14,
            "tuple": lambda n, k, s, p: ((n + 2 * p - k) // s + 1,),
            ": a table": lambda *a: {(28, 3, 2, 1): 14, (14, 3, 2, 1): 7, (32, 5, 3, 0): 10, (15, 4, 2, 2): 8}.get(
                a, 28
            ),
        },
    ),
    "parameter_count": (
        [
            lambda i, o: i * o + o,
            lambda i, o: (i + 1) * o,
            lambda i, o: sum(p.numel() for p in torch.nn.Linear(i, o).parameters()),
            lambda i, o: sum(i + 1 for _ in range(o)),
            lambda i, o: torch.nn.Linear(i, o).weight.numel() + o,
            lambda i, o: torch.tensor(o * (i + 1)),
        ],
        {
            "no_bias": lambda i, o: i * o,
            "bias_per_input": lambda i, o: i * o + i,
            "one_bias": lambda i, o: i * o + 1,
            "both_biases": lambda i, o: i * o + i + o,
            "added": lambda i, o: i + o,
            "hard_coded": lambda i, o: 6274,
            "tuple": lambda i, o: (i * o + o,),
            ": a table": lambda i, o: {(2, 3136): 9408, (10, 7): 77, (1, 5): 10}.get((i, o), 6274),
            ": one more": lambda i, o: i * o + o + 1,
        },
    ),
    "latent_shapes": (
        [
            lambda n, d: ((n, d), (n, d), (n, d), (n, 1, 28, 28)),
            lambda n, d: [torch.Size([n, d])] * 3 + [torch.Size([n, 1, 28, 28])],
            lambda n, d: [[n, d], [n, d], [n, d], [n, 1, 28, 28]],
            shapes_of_the_kit,
            lambda n, d: (*(torch.zeros(n, d).shape for _ in "123"), torch.zeros(n, 1, 28, 28).shape),
        ],
        {
            "no_batch": lambda n, d: ((d,), (d,), (d,), (1, 28, 28)),
            "z_doubled": lambda n, d: ((n, d), (n, d), (n, 2 * d), (n, 1, 28, 28)),
            "flat_recon": lambda n, d: ((n, d), (n, d), (n, d), (n, 784)),
            "no_channel": lambda n, d: ((n, d), (n, d), (n, d), (n, 28, 28)),
            "transposed": lambda n, d: ((d, n), (d, n), (d, n), (n, 1, 28, 28)),
            "scalar_variance": lambda n, d: ((n, d), (n, 1), (n, d), (n, 1, 28, 28)),
            "ten_classes": lambda n, d: ((n, 10), (n, 10), (n, 10), (n, 1, 28, 28)),
            "structure: flat": lambda n, d: [n, d, n, d, n, d, n, 1, 28, 28],
            "structure: in pairs": lambda n, d: (((n, d), (n, d)), ((n, d), (n, 1, 28, 28))),
            "structure: split": lambda n, d: ((n, d), (n, d), (n, d), (n, (1, 28, 28))),
            "structure: one inside the other": lambda n, d: ((n, d), ((n, d), ((n, d), ((n, 1, 28, 28))))),
            "type": lambda n, d: {"mu": (n, d), "logvar": (n, d), "z": (n, d), "recon": (n, 1, 28, 28)},
            ": a table": lambda n, d: 3 * ((n, d if d in (2, 10, 16) else 2),) + ((n, 1, 28, 28),),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
