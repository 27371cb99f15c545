"""What lesson 15 says beyond its own cells, on networks of seeds that the text was not written from.

1,000 sprites that no network has seen; cut-outs of scikit-learn's two photographs, as tools.pretrain makes them.
"""

from functools import lru_cache

import torch
from sklearn.decomposition import PCA

from tools.pretrain import photos
from vae_helpers import data, metrics

from .ledger import claim
from .networks import pretrained

OTHERS = (1, 2, 3)
DIMENSIONS = (2, 4, 8, 16)
NUMBERS = ("hue", "size", "angle", "x", "y")
TURNS = 50


@lru_cache(maxsize=1)
def sprites():
    return data.sprites(1000, seed=4)


def factors():
    """The five numbers, and "is it a heart" as 0 or 1."""
    dataset = sprites()
    return {name: dataset.factors[name] for name in NUMBERS} | {"heart": (dataset.labels == 2).float()}


@lru_cache(maxsize=1)
def axes():
    """PCA of 6,000 other sprites, 16 dimensions."""
    return PCA(16, random_state=0).fit(data.sprites(6000, seed=3).images.flatten(1).numpy())


def by_pca(pca, images, d):
    """The images as the first d axes rebuild them, cut off at 0 and 1."""
    z = torch.tensor(pca.transform(images.flatten(1).numpy())[:, :d])
    flat = torch.tensor(pca.mean_) + z @ torch.tensor(pca.components_[:d])
    return flat.float().clamp(0, 1).view_as(images)


def error(redrawn, images):
    return metrics.image_errors(redrawn, images).mean().item()


def codes_of(name, seed):
    """mu of the 1,000 sprites; of an autoencoder, z; of "pca", its first 8 coordinates."""
    x = sprites().images
    if name == "pca":
        return torch.tensor(axes().transform(x.flatten(1).numpy())[:, :8]).float()
    code = pretrained(name, seed).encode(x)
    return code[0] if isinstance(code, tuple) else code


def r_squared(codes, factor):
    z, f = codes - codes.mean(dim=0), factor - factor.mean()
    return (z * f[:, None]).mean(dim=0) ** 2 / (z.pow(2).mean(dim=0) * f.pow(2).mean())


def clearest(codes):
    """The R² of each factor's best dimension, the mean over the six factors."""
    return torch.stack([r_squared(codes, f).max() for f in factors().values()]).mean().item()


KINDS = {"beta1": "sprites-vae", "beta4": "sprites-vae-beta4", "beta32": "sprites-vae-beta32", "ae": "sprites-ae", "pca": "pca"}


def measured(images):
    """(N, 4) of each drawn shape: area in pixels, share of red in percent, centre's x and y in pixels."""
    cover, place = images.amax(dim=1), torch.arange(32) + 0.5
    area = cover.sum(dim=(1, 2))
    red = 100 * images[:, 0].sum(dim=(1, 2)) / images.sum(dim=(1, 2, 3))
    x, y = (cover.sum(dim=1) * place).sum(dim=1) / area, (cover.sum(dim=2) * place).sum(dim=1) / area
    return torch.stack([area, red, x, y], dim=1)




