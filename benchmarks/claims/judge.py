"""What claims about pictures are judged by: real images that lie near, and the slant and the blackness of the strokes."""

from functools import lru_cache

import torch
from torch import Tensor

from .networks import images_of

KNOWN = 10_000  # training images that pictures are compared with; read as the nearest, 95% of the test images come out right
BRIGHTEST = 78  # pixels, a tenth of an image


@lru_cache(maxsize=1)
def known() -> tuple[Tensor, Tensor]:
    """(images (KNOWN, 784), their digits (KNOWN,))"""
    training = images_of("train")
    return training.images[:KNOWN].flatten(1), training.labels[:KNOWN]


def read(pictures: Tensor) -> Tensor:
    """The digit of the training image nearest to each picture, (N,)."""
    images, labels = known()
    return labels[torch.cdist(pictures.flatten(1), images).argmin(dim=1)]


def distance(pictures: Tensor) -> Tensor:
    """The squared error to the nearest training image, (N,)."""
    return torch.cdist(pictures.flatten(1), known()[0]).min(dim=1).values ** 2


def agreement(pictures: Tensor, k: int = 10) -> Tensor:
    """Of the k nearest training images of each picture, the share that show its commonest digit, (N,)."""
    images, labels = known()
    near = labels[torch.cdist(pictures.flatten(1), images).topk(k, largest=False).indices]
    return (near == near.mode(dim=1, keepdim=True).values).float().mean(dim=1)


def brightness(pictures: Tensor) -> Tensor:
    """The mean of the brightest tenth of the pixels, (N,): how firm the strokes are."""
    return pictures.flatten(1).topk(BRIGHTEST, dim=1).values.mean(dim=1)


def slant(pictures: Tensor) -> Tensor:
    """How far the strokes lean to the right, (N,): minus the covariance of x and y over the variance of y (y downwards)."""
    ink = pictures[:, 0]
    ink = ink / ink.sum(dim=(1, 2), keepdim=True)
    place = torch.arange(28.0)
    y = place - (ink.sum(dim=2) @ place)[:, None]
    x = place - (ink.sum(dim=1) @ place)[:, None]
    covariance = torch.einsum("nyx,ny,nx->n", ink, y, x)
    return -covariance / torch.einsum("nyx,ny->n", ink, y**2)


def correlation(a: Tensor, b: Tensor) -> float:
    return torch.corrcoef(torch.stack([a, b]))[0, 1].item()
