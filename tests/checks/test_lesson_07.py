"""Answers to the exercises of lesson 07, walking: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
import torch.nn.functional as F

from vae_helpers import widgets

from .answers import Answers


def slerp_by_angle(a, b, t, inverse=torch.acos):
    angle = inverse(F.cosine_similarity(a, b, dim=0))
    return a * torch.sin((1 - t) * angle) / torch.sin(angle) + b * torch.sin(t * angle) / torch.sin(angle)


def numpy_slerp(a, b, t):
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


CASES = {
    "slerp": (
        [
            lambda a, b, t: slerp_by_angle(a, b, t),
            widgets.slerp,
            lambda a, b, t: slerp_by_angle(a.double(), b.double(), t),
            lambda a, b, t: slerp_by_angle(a, b, t, lambda cosine: torch.atan2((1 - cosine**2).sqrt(), cosine)),
            lambda a, b, t: torch.tensor(numpy_slerp(a.numpy(), b.numpy(), t)),
        ],
        {
            "straight": lambda a, b, t: (1 - t) * a + t * b,
            "swapped": lambda a, b, t: widgets.slerp(b, a, t),
            "cosine_as_angle": lambda a, b, t: slerp_by_angle(a, b, t, lambda cosine: cosine),
            "not_divided": lambda a, b, t: (
                slerp_by_angle(a, b, t) * torch.sin(torch.acos(F.cosine_similarity(a, b, dim=0)))
            ),
            "unit_vectors": lambda a, b, t: slerp_by_angle(F.normalize(a, dim=0), F.normalize(b, dim=0), t),
            "cut_lerp": lambda a, b, t: F.normalize(torch.lerp(a, b, t), dim=0) * a.norm(),
            None: lambda a, b, t: slerp_by_angle(a, b, t**2),
            "tuple": lambda a, b, t: (widgets.slerp(a, b, t),),
            ": acute angles only": lambda a, b, t: slerp_by_angle(
                a, b, t, lambda cosine: torch.asin((1 - cosine**2).sqrt())
            ),
            ": two decimals of alpha": lambda a, b, t: slerp_by_angle(a, b, round(t, 2)),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
