"""What the tests of the training share: a quick VAE, and ways to compare and to disturb trainings."""

import math
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from vae_helpers import data, losses

QUIET = {"log_dir": None, "progress": False}


class Tiny(nn.Module):
    """A quick VAE: linear encoder and decoder."""

    def __init__(self, latent_dim=2):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder, self.decoder = nn.Linear(784, 2 * latent_dim), nn.Linear(latent_dim, 784)

    def forward(self, x):
        mu, logvar = self.encoder(x.flatten(1)).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.decoder(z)).view_as(x), mu, logvar


def unchecked(images, labels, name):
    """A data set of images that ImageDataset itself would refuse or mend: they are put in when it has looked."""
    dataset = data.ImageDataset(torch.zeros(images.shape), labels, name)
    dataset.images = images
    return dataset


def tiny(seed=0, **arguments):
    torch.manual_seed(seed)
    return Tiny(**arguments)


class Items(Dataset):
    """A data set as torchvision makes them: pairs by index, no .images."""

    def __init__(self, source):
        self.source = source

    def __len__(self):
        return len(self.source)

    def __getitem__(self, index):
        return self.source[index]


def numbers(history):
    """The history without what legitimately differs between runs."""
    return [{k: v for k, v in row.items() if k != "seconds" and not math.isnan(v)} for row in history.rows]


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


@contextmanager
def stopped_at(step, problem):
    """Inside, the step-th update of the weights (from 1) raises problem instead: Ctrl-C, say, at a known moment."""
    counted, update = iter(range(1, 10**6)), torch.optim.Adam.step

    def stopping(self, *arguments, **keywords):
        if next(counted) == step:
            raise problem
        return update(self, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", stopping)
        yield


def failing_loss(at, action):
    """vae_loss that does something else at its at-th call (from 1)."""
    calls = iter(range(1, 10**6))

    def loss(recon, x, mu, logvar):
        value = losses.vae_loss(recon, x, mu, logvar)
        return action(value) if next(calls) == at else value

    return loss
