"""Answers to the exercises of lesson 08, PCA and the autoencoder: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.linalg import subspace_angles

from .answers import Answers


def angles_of(A, B, basis=lambda A: torch.linalg.qr(A)[0]):
    return torch.rad2deg(torch.acos(torch.linalg.svd(basis(A).T @ basis(B))[1].clamp(max=1)))


def redrawn(x, mean, V):
    flat = x.reshape(len(x), 784) - mean
    return (torch.einsum("nk,pk->np", flat @ V, V) + mean).reshape(x.shape)


def flat(x):
    return x.flatten(1)


CASES = {
    "pca_reconstruct": (
        [
            redrawn,
            lambda x, m, V: (m + (flat(x) - m) @ (V @ V.T)).view(-1, 1, 28, 28),
            lambda x, m, V: redrawn(x.double(), m.double(), V.double()),
            lambda x, m, V: x - ((flat(x) - m) @ (torch.eye(784) - V @ V.T)).unflatten(1, (1, 28, 28)),
            lambda x, m, V: torch.stack([(m + V @ (V.T @ (one.flatten() - m))).view(1, 28, 28) for one in x]),
        ],
        {
            "mean_not_added": lambda x, m, V: redrawn(x, m, V) - m.view(28, 28),
            "mean_not_subtracted": lambda x, m, V: redrawn(x, 0 * m, V) + m.view(28, 28),
            "no_mean": lambda x, m, V: redrawn(x, 0 * m, V),
            "mean_subtracted_twice": lambda x, m, V: redrawn(x, m, V) - 2 * m.view(28, 28),
            "batch_mean": lambda x, m, V: redrawn(x, flat(x).mean(dim=0), V),
            "code": lambda x, m, V: (x.flatten(1) - m).matmul(V),
            "flat": lambda x, m, V: flat(redrawn(x, m, V)),
            "cut_off": lambda x, m, V: redrawn(x, m, V).clip(0, 1),
            "residual": lambda x, m, V: x - redrawn(x, m, V),
            "order": lambda x, m, V: m + (flat(x) - m) @ V.T @ V,
            "order: not flat": lambda x, m, V: (x - m) @ V @ V.T + m,
            "shape": lambda x, m, V: redrawn(x, m, V).squeeze(1),
            "tuple": lambda x, m, V: (redrawn(x, m, V),),
            "type": lambda x, m, V: redrawn(x, m, V).numpy(),
            "no_axes": lambda x, m, V: redrawn(x, m, V) if V.shape[1] else x,
            None: lambda x, m, V: redrawn(x, m, 2 * V),
            ": one axis less": lambda x, m, V: redrawn(x, m, V[:, 1:]),
        },
    ),
    "principal_angles": (
        [
            angles_of,
            lambda A, B: np.rad2deg(subspace_angles(A.numpy(), B.numpy()))[::-1],
            lambda A, B: np.flip(np.rad2deg(subspace_angles(A.numpy(), B.numpy()))),
            lambda A, B: angles_of(A.double(), B.double()),
            lambda A, B: angles_of(A, B, lambda A: torch.linalg.svd(A, full_matrices=False)[0]),
            lambda A, B: np.rad2deg(np.arccos(np.linalg.svd(np.linalg.qr(A)[0].T @ np.linalg.qr(B)[0])[1].clip(max=1))),
            lambda A, B: angles_of(A, B, lambda A: A @ torch.linalg.inv(torch.linalg.cholesky(A.T @ A)).T),
        ],
        {
            "radians": lambda A, B: torch.deg2rad(angles_of(A, B)),
            "cosines": lambda A, B: torch.cos(torch.deg2rad(angles_of(A, B))),
            "no_qr": lambda A, B: angles_of(A, B, lambda A: A),
            "unit_columns": lambda A, B: angles_of(A, B, lambda A: A / A.norm(dim=0)),
            "column_by_column": lambda A, B: torch.rad2deg(torch.acos(F.cosine_similarity(A, B, dim=0))),
            "no_svd": lambda A, B: torch.rad2deg(
                torch.acos(torch.diag(torch.linalg.qr(A)[0].T @ torch.linalg.qr(B)[0]))
            ),
            "sines": lambda A, B: 90 - angles_of(A, B),
            "shape": lambda A, B: angles_of(A, B, lambda A: torch.linalg.qr(A)[0].T),
            "largest_first": lambda A, B: angles_of(A, B).sort(descending=True).values,
            "only_one": lambda A, B: angles_of(A, B)[-1],
            "list": lambda A, B: angles_of(A, B).tolist(),
            "not_clamped": lambda A, B: torch.rad2deg(
                torch.acos(torch.linalg.svdvals(torch.linalg.qr(A)[0].T @ torch.linalg.qr(B)[0]))
            ),
            "same_not_zero": lambda A, B: angles_of(A, B).clamp(min=4),
            None: lambda A, B: 2 * angles_of(A, B),
            "tuple": lambda A, B: (angles_of(A, B),),
            ": of the complement": lambda A, B: 180 - angles_of(A, B),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
