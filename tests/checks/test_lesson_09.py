"""Answers to the exercises of lesson 09, what latents are for: right ones, and wrong ones with the mistake that is seen in them."""

import math
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from scipy.linalg import sqrtm
from scipy.stats import entropy, mannwhitneyu
from sklearn.metrics import roc_auc_score
from torch.distributions import Categorical

from vae_helpers import metrics

from .answers import Answers


def shares(symbols):
    counts = symbols.unique(return_counts=True)[1]
    return counts / counts.sum()


def frechet(a, b, gap=lambda v: v @ v, weight=2, root=sqrtm, ddof=1, centred=True):
    """With SciPy's matrix square root; each argument is a way to get it wrong."""
    a, b = a.double().numpy(), b.double().numpy()
    C_a, C_b = (np.cov(x.T, ddof=ddof) if centred else x.T @ x / (len(x) - 1) for x in (a, b))
    return gap(torch.tensor(a.mean(0) - b.mean(0))).item() + np.trace(C_a + C_b - weight * root(C_a @ C_b))


def nuclear(a, b):
    """Tr (C_a C_b)^½ another way: the sum of the singular values of C_a^½ C_b^½, with any factors A Aᵀ = C_a."""
    A, B = (torch.linalg.cholesky(x.T.cov()) for x in (a, b))
    return torch.linalg.svdvals(A.T @ B).sum()


def spread(a):
    return torch.linalg.eigvalsh(a.T.cov())


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
    "auroc": (
        [
            lambda n, s: roc_auc_score([0] * len(n) + [1] * len(s), torch.cat([n, s])),
            lambda n, s: mannwhitneyu(s, n).statistic / (len(n) * len(s)),
            lambda n, s: sum((b > a) + 0.5 * (b == a) for a in n.tolist() for b in s.tolist()) / (len(n) * len(s)),
            lambda n, s: torch.heaviside(s[:, None] - n, torch.tensor(0.5)).mean(),
            lambda n, s: ((s[:, None] > n).float() + (s[:, None] >= n).float()).mean() / 2,
            lambda n, s: (
                (
                    torch.searchsorted(n.sort().values, s).sum()
                    + torch.searchsorted(n.sort().values, s, right=True).sum()
                )
                / (2 * len(n) * len(s))
            ),
        ],
        {
            "reversed": lambda n, s: (torch.sign(n[:, None] - s) / 2 + 0.5).mean(),
            "ties_lost": lambda n, s: (n[:, None] < s).double().mean(),
            "ties_won": lambda n, s: (n[:, None] <= s).double().mean(),
            "signs": lambda n, s: torch.sign(s[:, None] - n).mean(),
            "not_divided": lambda n, s: (torch.sign(s - n[:, None]) / 2 + 0.5).sum(),
            "per_image": lambda n, s: (torch.sign(s[:, None] - n) / 2 + 0.5).mean(1),
            "means": lambda n, s: s.mean() - n.mean(),
            "means_compared": lambda n, s: 1.0 if s.mean() > n.mean() else 0.0,
            "threshold": lambda n, s: (s > n.max()).double().mean(),
            "elementwise": lambda n, s: (s > n).float().mean(),
            "boolean": lambda n, s: (s[:, None] > n).mean(),
            None: lambda n, s: (s[:, None] > 2 * n).float().mean(),
            "tuple": lambda n, s: (torch.heaviside(s[:, None] - n, torch.tensor(0.5)).mean(),),
            ": from the first ten": lambda n, s: torch.heaviside(s[:10, None] - n[:10], torch.tensor(0.5)).mean(),
        },
    ),
    "frechet_distance": (
        [
            metrics.frechet_distance,
            lambda a, b: frechet(a, b).real,
            lambda a, b: (a.mean(0) - b.mean(0)).norm() ** 2 + torch.trace(a.T.cov() + b.T.cov()) - 2 * nuclear(a, b),
            lambda a, b: (
                (a.mean(0) - b.mean(0)).pow(2).sum()
                + a.T.cov().trace()
                + b.T.cov().trace()
                - 2 * torch.linalg.eigvals(a.T.double().cov() @ b.T.double().cov()).sqrt().real.sum()
            ),
            lambda a, b: float(frechet(a, b).real),
        ],
        {
            "no_means": lambda a, b: metrics.frechet_distance(a - a.mean(0), b - b.mean(0)),
            "only_means": lambda a, b: (a.mean(0) - b.mean(0)).norm() ** 2,
            "means_not_squared": lambda a, b: frechet(a, b, gap=lambda v: v.norm()).real,
            "means_averaged": lambda a, b: frechet(a, b, gap=lambda v: (v**2).mean()).real,
            "two_forgotten": lambda a, b: frechet(a, b, weight=1).real,
            "no_root": lambda a, b: frechet(a, b, root=lambda C: C),
            "root_of_the_trace": lambda a, b: frechet(a, b, root=lambda C: C.trace() ** 0.5 * np.eye(len(C)) / len(C)),
            "elementwise_root": lambda a, b: frechet(a, b, root=lambda C: np.diag(np.sqrt(np.diag(C)))),
            "root_by_root": lambda a, b: (
                (a.mean(0) - b.mean(0)).pow(2).sum() + (spread(a) ** 0.5 - spread(b) ** 0.5).pow(2).sum()
            ),
            "not_squared": lambda a, b: metrics.frechet_distance(a, b) ** 0.5,
            "over_N": lambda a, b: frechet(a, b, ddof=0).real,
            "second_moments": lambda a, b: frechet(a, b, centred=False).real,
            "wrong_axis": lambda a, b: (a.mean(0) - b.mean(0)).pow(2).sum() + (torch.cov(a) @ torch.cov(b)).trace(),
            "constant": lambda a, b: 0.0,
            None: lambda a, b: 2 * metrics.frechet_distance(a, b),
            "tuple": lambda a, b: (metrics.frechet_distance(a, b),),
            "several": lambda a, b: ((a.mean(0) - b.mean(0)).pow(2).sum(), frechet(a, b).real),
            ": of independent features": lambda a, b: (
                (a.mean(0) - b.mean(0)).pow(2).sum() + (a.std(0) - b.std(0)).pow(2).sum()
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
