"""Answers to the exercises of lesson 01, the autoencoder: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli

from .answers import Answers, held_back, no_grad, sse

BCE = F.binary_cross_entropy


CASES = {
    "mse": (
        [
            lambda r, x: ((r - x) ** 2).mean(),
            F.mse_loss,
            lambda r, x: torch.square(x - r).sum() / x.numel(),
            lambda r, x: (r - x).norm() ** 2 / x.numel(),
            lambda r, x: ((r - x) ** 2).flatten(1).mean(1).mean(),
            torch.nn.MSELoss(),
            lambda r, x: torch.mean((x - r) * (x - r)),
            lambda r, x: F.mse_loss(r.double(), x.double()),
        ],
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
            "tuple": lambda r, x: (F.mse_loss(r, x),),
            "gradient: half of it is cut": lambda r, x: ((r - x).detach() * (r - x)).mean(),
            "detached: but for a zero": lambda r, x: F.mse_loss(r.detach(), x) + 0 * r.sum(),
            "gradient: of one image only": lambda r, x: F.mse_loss(torch.cat([r[:1], r[1:].detach()]), x) + 0 * r.sum(),
            "gradient: clipped": lambda r, x: F.mse_loss(held_back(r), x),
            "detached: data": lambda r, x: ((r.data - x) ** 2).mean(),
        },
    ),
    "bce": (
        [
            BCE,
            lambda r, x: -(x * r.log() + (1 - x) * (1 - r).log()).mean(),
            lambda r, x: F.binary_cross_entropy_with_logits(torch.logit(r), x),
            lambda r, x: -(torch.xlogy(x, r) + torch.xlogy(1 - x, 1 - r)).mean(),
            torch.nn.BCELoss(),
            lambda r, x: -torch.lerp((1 - r).log(), r.log(), x).mean(),
            lambda r, x: -Bernoulli(r, validate_args=False).log_prob(x).flatten(1).mean(1).mean(),
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
            "tuple": lambda r, x: [BCE(r, x)],
            "gradient: the dark term is cut": lambda r, x: -(x * r.log() + (1 - x) * (1 - r.detach()).log()).mean(),
            "gradient: the bright term is cut": lambda r, x: -(x * r.data.log() + (1 - x) * (1 - r).log()).mean(),
            "detached: but for a zero": lambda r, x: BCE(r.detach(), x) + 0 * r.sum(),
            "gradient: clipped": lambda r, x: BCE(held_back(r), x),
        },
    ),
    "interpolate": (
        [
            lambda a, b, t: (1 - t) * a + t * b,
            torch.lerp,
            lambda a, b, t: a + t * (b - a),
            lambda a, b, t: torch.add(a, b - a, alpha=t),
            lambda a, b, t: a - t * (a - b),
            lambda a, b, t: torch.stack([a, b], -1) @ torch.tensor([1 - t, t]),
        ],
        {
            "swapped": lambda a, b, t: t * a + (1 - t) * b,
            "midpoint": lambda a, b, t: (a + b) / 2,
            "no_weight_on_a": lambda a, b, t: a + t * b,
            "away": lambda a, b, t: a + t * (a - b),
            "stays": lambda a, b, t: a.clone(),
            "jumps": lambda a, b, t: b.clone(),
            "difference": lambda a, b, t: t * (b - a),
            "tuple": lambda a, b, t: (torch.lerp(a, b, t),),
            ": two decimals of alpha": lambda a, b, t: torch.lerp(a, b, round(t, 2)),
            ": a table of alphas": lambda a, b, t: torch.lerp(
                a, b, {0.0: 0.0, 0.25: 0.25, 0.8: 0.8, 1.0: 1.0}.get(t, 0.4)
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
