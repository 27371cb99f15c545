"""Answers to the exercises of lesson 01, the autoencoder: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F

from .answers import Answers, no_grad, sse

BCE = F.binary_cross_entropy


CASES = {
    "mse": (
        [lambda r, x: ((r - x) ** 2).mean(), F.mse_loss, lambda r, x: torch.square(x - r).sum() / x.numel()],
        {
            "sum": lambda r, x: F.mse_loss(r, x, reduction="sum"),
            "sum_over_pixels": sse,
            "per_image": lambda r, x: ((r - x) ** 2).flatten(1).mean(1),
            "per_pixel": lambda r, x: (r - x) ** 2,
            "absolute": F.l1_loss,
            "root": lambda r, x: ((r - x) ** 2).mean() ** 0.5,
            "not_squared": lambda r, x: (r - x).mean(),
            "half": lambda r, x: 0.5 * F.mse_loss(r, x),
            "detached": lambda r, x: F.mse_loss(r, x).item(),
            "constant": lambda r, x: torch.tensor(0.25),
        },
    ),
    "bce": (
        [
            BCE,
            lambda r, x: -(x * r.log() + (1 - x) * (1 - r).log()).mean(),
            lambda r, x: F.binary_cross_entropy_with_logits(torch.logit(r), x),
        ],
        {
            "sign": lambda r, x: -BCE(r, x),
            "half_forgotten": lambda r, x: -(x * r.log()).mean(),
            "logits": F.binary_cross_entropy_with_logits,
            "swapped": lambda r, x: BCE(x, r),
            "sum": lambda r, x: BCE(r, x, reduction="sum"),
            "sum_over_pixels": lambda r, x: BCE(r, x, reduction="sum") / len(x),
            "per_pixel": lambda r, x: BCE(r, x, reduction="none"),
            "log2": lambda r, x: -(x * r.log2() + (1 - x) * (1 - r).log2()).mean(),
            "log10": lambda r, x: -(x * r.log10() + (1 - x) * (1 - r).log10()).mean(),
            "nan": lambda r, x: -(r * x.log() + (1 - r) * (1 - x).log()).mean(),
            "detached": no_grad(BCE),
        },
    ),
    "interpolate": (
        [lambda a, b, t: (1 - t) * a + t * b, torch.lerp, lambda a, b, t: a + t * (b - a)],
        {
            "swapped": lambda a, b, t: t * a + (1 - t) * b,
            "midpoint": lambda a, b, t: (a + b) / 2,
            "no_weight_on_a": lambda a, b, t: a + t * b,
            "away": lambda a, b, t: a + t * (a - b),
            "stays": lambda a, b, t: a.clone(),
            "jumps": lambda a, b, t: b.clone(),
            "difference": lambda a, b, t: t * (b - a),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
