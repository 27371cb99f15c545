"""Answers to the exercises of lesson 02, the VAE: right ones, and wrong ones with the mistake that is seen in them."""

import math

import torch

from .answers import Answers

CASES = {
    "sigma": (
        [lambda v: torch.exp(v / 2), lambda v: v.exp().sqrt(), lambda v: v.exp() ** 0.5],
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
        },
    ),
    "conv_size": (
        [
            lambda n, k, s, p: (n + 2 * p - k) // s + 1,
            lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
            lambda n, k, s, p: torch.nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape[-1],
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
        },
    ),
    "parameter_count": (
        [
            lambda i, o: i * o + o,
            lambda i, o: (i + 1) * o,
            lambda i, o: sum(p.numel() for p in torch.nn.Linear(i, o).parameters()),
        ],
        {
            "no_bias": lambda i, o: i * o,
            "bias_per_input": lambda i, o: i * o + i,
            "one_bias": lambda i, o: i * o + 1,
            "both_biases": lambda i, o: i * o + i + o,
            "added": lambda i, o: i + o,
            "hard_coded": lambda i, o: 6274,
        },
    ),
    "latent_shapes": (
        [
            lambda n, d: ((n, d), (n, d), (n, d), (n, 1, 28, 28)),
            lambda n, d: [torch.Size([n, d])] * 3 + [torch.Size([n, 1, 28, 28])],
        ],
        {
            "no_batch": lambda n, d: ((d,), (d,), (d,), (1, 28, 28)),
            "z_doubled": lambda n, d: ((n, d), (n, d), (n, 2 * d), (n, 1, 28, 28)),
            "flat_recon": lambda n, d: ((n, d), (n, d), (n, d), (n, 784)),
            "no_channel": lambda n, d: ((n, d), (n, d), (n, d), (n, 28, 28)),
            "transposed": lambda n, d: ((d, n), (d, n), (d, n), (n, 1, 28, 28)),
            "scalar_variance": lambda n, d: ((n, d), (n, 1), (n, d), (n, 1, 28, 28)),
            "ten_classes": lambda n, d: ((n, 10), (n, 10), (n, 10), (n, 1, 28, 28)),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
