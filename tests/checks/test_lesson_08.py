"""Answers to the exercises of lesson 08, PCA and the autoencoder: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.linalg import subspace_angles

from .answers import Answers


def angles_of(A, B, basis=lambda A: torch.linalg.qr(A)[0]):
    return torch.rad2deg(torch.acos(torch.linalg.svd(basis(A).T @ basis(B))[1].clamp(max=1)))


CASES = {
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
            None: lambda A, B: 2 * angles_of(A, B),
            "tuple": lambda A, B: (angles_of(A, B),),
            ": of the complement": lambda A, B: 180 - angles_of(A, B),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
