"""Answers to the exercises of lesson 11, few labels, anomalies, new images: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
from scipy.linalg import sqrtm
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from vae_helpers import metrics

from .answers import Answers


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
