"""Answers to the exercises of lesson 10, compress, clean, map: right ones, and wrong ones with the mistake that is seen in them."""

import math
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import entropy
from torch.distributions import Categorical

from vae_helpers import metrics

from .answers import Answers


def shares(symbols):
    counts = symbols.unique(return_counts=True)[1]
    return counts / counts.sum()


CASES = {
    "entropy_bits": (
        [
            lambda s: entropy(s.unique(return_counts=True)[1], base=2),
            lambda s: -sum((s == v).float().mean() * (s == v).float().mean().log2() for v in s.unique()),
            lambda s: Categorical(probs=torch.bincount(s - s.min()).double()).entropy() / math.log(2),
            lambda s: sum(-n / len(s) * math.log2(n / len(s)) for n in Counter(s.tolist()).values()),
            lambda s: torch.special.entr(shares(s)).sum() / math.log(2),
            lambda s: math.log2(len(s)) - sum(n * math.log2(n) for n in np.unique(s, return_counts=True)[1]) / len(s),
        ],
        {
            "nats": lambda s: entropy(shares(s)),
            "log10": lambda s: entropy(shares(s), base=10),
            "sign": lambda s: -entropy(shares(s), base=2),
            "distinct": lambda s: math.log2(len(set(s.tolist()))),
            "not_shares": lambda s: sum(-n * math.log2(n) for n in s.unique(return_counts=True)[1].tolist()),
            "not_weighted": lambda s: -shares(s).log2().sum(),
            "mean": lambda s: -(shares(s) * shares(s).log2()).mean(),
            "whole_message": lambda s: sum(-math.log2((s == v).float().mean()) for v in s),
            "per_value": lambda s: -shares(s) * shares(s).log2(),
            "symbols_as_shares": lambda s: -((s / s.sum()) * torch.log2(s / s.sum())).sum(),
            "bincount": lambda s: entropy(torch.bincount(s), base=2),
            "constant": lambda s: 3.0,
            None: lambda s: entropy(shares(s), base=2) + 0.01,
            "tuple": lambda s: (entropy(shares(s), base=2),),
            "several": lambda s: [n / len(s) for n in s.unique(return_counts=True)[1].tolist()],
            ": of the positive symbols": lambda s: entropy(shares(s[s >= 0]), base=2),
        },
    ),
    "psnr": (
        [
            metrics.psnr,
            lambda r, x: 20 * torch.log10(1 / ((r - x) ** 2).mean((1, 2, 3)).sqrt()),
            lambda r, x: torch.tensor([-10 * math.log10(F.mse_loss(a, b)) for a, b in zip(r, x, strict=True)]),
            lambda r, x: -10 * torch.log10(((x - r) ** 2).flatten(1).mean(1)),
            lambda r, x: 10 * np.log10(1 / ((r - x) ** 2).numpy().mean((1, 2, 3))),
            lambda r, x: -10 / math.log(10) * (r.double() - x).pow(2).mean((1, 2, 3)).log(),
        ],
        {
            "natural_log": lambda r, x: metrics.psnr(r, x) * math.log(10),
            "sign": lambda r, x: -metrics.psnr(r, x),
            "no_ten": lambda r, x: metrics.psnr(r, x) / 10,
            "twenty": lambda r, x: 2 * metrics.psnr(r, x),
            "root": lambda r, x: metrics.psnr(r, x) / 2,
            "pixel_sum": lambda r, x: -10 * ((r - x) ** 2).sum((1, 2, 3)).log10(),
            "fixed_784": lambda r, x: -10 * ((r - x).square().sum((1, 2, 3)) / 784).log10(),
            "whole_batch": lambda r, x: -10 * F.mse_loss(r, x).log10(),
            "averaged": lambda r, x: metrics.psnr(r, x).mean(),
            "per_pixel": lambda r, x: -10 * ((r - x) ** 2).flatten(1).log10(),
            "wrong_axis": lambda r, x: -10 * ((r - x) ** 2).mean(0).flatten().log10(),
            "peak_255": lambda r, x: metrics.psnr(r / 255, x / 255),
            "absolute": lambda r, x: -10 * (r - x).abs().mean((1, 2, 3)).log10(),
            "ratio": lambda r, x: 1 / ((r - x) ** 2).mean((1, 2, 3)),
            "nan": lambda r, x: -10 * (r - x).mean((1, 2, 3)).log10(),
            None: lambda r, x: metrics.psnr(r, x) + 1,
            "tuple": lambda r, x: (metrics.psnr(r, x),),
            "list": lambda r, x: metrics.psnr(r, x).tolist(),
            ": the peak of the batch": lambda r, x: 20 * x.max().log10() + metrics.psnr(r, x),
            "shape": lambda r, x: metrics.psnr(r, x)[:, None],
        },
    ),
    "neighbours_kept": (
        [
            lambda a, b: np.mean([len(set(p) & set(q)) / len(p) for p, q in zip(a.tolist(), b.tolist(), strict=True)]),
            lambda a, b: sum(n in row for near, row in zip(a, b, strict=True) for n in near) / a.numel(),
            lambda a, b: (a.unsqueeze(2) == b.unsqueeze(1)).sum() / a.numel(),
            lambda a, b: torch.stack([torch.isin(p, q).float().mean() for p, q in zip(a, b, strict=True)]).mean(),
            lambda a, b: (b[:, :, None] == a[:, None, :]).any(dim=2).double().mean(),
        ],
        {
            "in_order": lambda a, b: (a == b).double().mean(),
            "any_row": lambda a, b: np.isin(a, b).mean(),
            "counted": lambda a, b: (a[:, :, None] == b[:, None, :]).sum(),
            "per_image_count": lambda a, b: (a[:, :, None] == b[:, None, :]).sum() / len(a),
            "divided_by_10": lambda a, b: (a[:, :, None] == b[:, None, :]).sum() / (10 * len(a)),
            "pairs": lambda a, b: (a[:, :, None] == b[:, None]).double().mean(),
            "any_kept": lambda a, b: (a[:, :, None] == b[:, None, :]).any(2).any(1).double().mean(),
            "all_kept": lambda a, b: (a[:, :, None] == b[:, None, :]).any(2).all(1).double().mean(),
            "union": lambda a, b: np.mean(
                [len(set(p) & set(q)) / len(set(p) | set(q)) for p, q in zip(a.tolist(), b.tolist(), strict=True)]
            ),
            "lost": lambda a, b: 1 - (a[:, :, None] == b[:, None, :]).sum() / a.numel(),
            "percent": lambda a, b: 100 * (a[:, :, None] == b[:, None, :]).sum() / a.numel(),
            "per_image": lambda a, b: (a[:, :, None] == b[:, None, :]).sum((1, 2)) / a.shape[1],
            "not_float": lambda a, b: (a[:, :, None] == b[:, None, :]).any(dim=2).mean(),
            "constant": lambda a, b: 0.5,
            None: lambda a, b: (a[:, :, None] == b[:, None, :]).sum() / a.numel() + 0.01,
            "tuple": lambda a, b: ((a[:, :, None] == b[:, None, :]).sum() / a.numel(),),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
