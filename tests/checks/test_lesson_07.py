"""Answers to the exercises of lesson 07, the KL of each dimension and walking: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from vae_helpers import widgets

from .answers import Answers, kl


def slerp_by_angle(a, b, t, inverse=torch.acos):
    angle = inverse(F.cosine_similarity(a, b, dim=0))
    return a * torch.sin((1 - t) * angle) / torch.sin(angle) + b * torch.sin(t * angle) / torch.sin(angle)


def arc(cosine):
    """A slerp with something else for the cosine."""

    def answer(a, b, t):
        angle = torch.acos(cosine(a, b))
        return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)

    return answer


def numpy_slerp(a, b, t):
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def kl_of_each(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)


CASES = {
    "kl_per_dimension": (
        [
            lambda m, v: (-0.5 * (1 + v - m**2 - v.exp())).mean(dim=0),
            lambda m, v: 0.5 * (m.square() + torch.exp(v) - v - 1).sum(0) / len(m),
            lambda m, v: 0.5 * ((m**2).mean(0) + v.exp().mean(0) - v.mean(0) - 1),
            lambda m, v: torch.stack([kl(m[:, [i]], v[:, [i]]).mean() for i in range(m.shape[1])]),
            lambda m, v: kl_divergence(Normal(m, (v / 2).exp()), Normal(0.0, 1.0)).mean(0),
            lambda m, v: kl_of_each(m.double(), v.double()).mean(0),
        ],
        {
            "per_image": lambda m, v: kl(m, v),
            "mean_per_image": lambda m, v: kl_of_each(m, v).mean(dim=1),
            "sum_over_images": lambda m, v: kl_of_each(m, v).sum(dim=0),
            "one_number": lambda m, v: kl(m, v).mean(),
            "mean_of_all": lambda m, v: kl_of_each(m, v).mean(),
            "not_averaged": kl_of_each,
            "half_forgotten": lambda m, v: (m**2 + v.exp() - v - 1).mean(0),
            "sign": lambda m, v: 0.5 * (1 + v - m**2 - v.exp()).mean(0),
            "of_the_means": lambda m, v: kl_of_each(m.mean(0), v.mean(0)),
            "sigma_not_variance": lambda m, v: -0.5 * (1 + v - m**2 - torch.exp(v / 2)).mean(0),
            "no_exp": lambda m, v: -0.5 * (1 + v - m**2 - v).mean(0),
            "variance": lambda m, v: (0.5 * (m**2 + v**2 - v - 1)).mean(0),
            "variance: twice": lambda m, v: -0.5 * (1 + v - m**2 - v.exp() ** 2).mean(0),
            "mu_not_squared": lambda m, v: -0.5 * (1 + v - m - v.exp()).mean(0),
            "one_forgotten": lambda m, v: -0.5 * (v - m**2 - v.exp()).mean(0),
            None: lambda m, v: kl_of_each(m, v).median(0).values,
        },
    ),
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
            "lengths": arc(lambda a, b: torch.dot(a, b)),
            "lengths: of one": arc(lambda a, b: torch.dot(a, b) / a.norm()),
            "lengths: of the other": arc(lambda a, b: a @ b / b.norm()),
            "lengths: no brackets": arc(lambda a, b: torch.dot(a, b) / a.norm() * b.norm()),
            "lengths: held back": arc(lambda a, b: (torch.dot(a, b) / a.norm() * b.norm()).clamp(-1, 1)),
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
