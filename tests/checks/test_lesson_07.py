"""Answers to the exercises of lesson 07, walking: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F

from vae_helpers import widgets

from .answers import Answers


def slerp_by_angle(a, b, t, inverse=torch.acos):
    angle = inverse(F.cosine_similarity(a, b, dim=0))
    return a * torch.sin((1 - t) * angle) / torch.sin(angle) + b * torch.sin(t * angle) / torch.sin(angle)


CASES = {
    "slerp": (
        [
            lambda a, b, t: slerp_by_angle(a, b, t),
            widgets.slerp,
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
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
