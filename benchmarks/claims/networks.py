"""The trained networks that claims are measured on: every kind from three seeds, all by one recipe.

Lessons show convolutional networks, trained once. Whether what they show is chance is asked of these: fully connected, which
train in half a minute on one core and reconstruct as well (784 → 64 → 64 → z → 64 → 64 → 784, ReLU, a sigmoid at the end).
48,000 of MNIST's training images (the other 12,000 were never seen), 8 epochs, batches of 128 (3,000 steps), Adam, learning
rate up to 4e-3 in one cycle. The weights lie in benchmarks/results/networks, as float16.

    python -m benchmarks.claims --train          those that are missing or of another recipe

Claims about the networks that lessons 08 to 13 load take pretrained(name, seed) of tools.pretrain: seeds 1, 2 and 3.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache, partial

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from tools.pretrain import bce_loss, pretrained
from vae_helpers import data, losses, training
from vae_helpers.data import ImageDataset

from ..common import RESULTS

FOLDER = RESULTS / "networks"
SEEDS = (0, 1, 2)
TRAINING = {"images": 48_000, "epochs": 8, "batch_size": 128, "lr": 4e-3, "hidden": 64}
RECIPES = {  # kind → latent_dim, and the loss: beta · KL + BCE, or KL + B · squared error; noise: is z sampled in training?
    "ae-2d": {"latent_dim": 2, "beta": 0, "noise": False},
    "vae-2d-bce": {"latent_dim": 2, "beta": 1, "noise": True},
    "vae-2d-no-kl": {"latent_dim": 2, "beta": 0, "noise": True},
    "vae-2d-no-noise": {"latent_dim": 2, "beta": 1, "noise": False},
    "vae-2d": {"latent_dim": 2, "B": 10, "noise": True},
    "vae-2d-b1000": {"latent_dim": 2, "B": 1000, "noise": True},
    "ae-16d": {"latent_dim": 16, "beta": 0, "noise": False},
    "vae-16d-bce": {"latent_dim": 16, "beta": 1, "noise": True},
}
KINDS = tuple(RECIPES)
__all__ = ["KINDS", "SmallVAE", "binary", "images_of", "network", "pretrained", "test_images"]


class SmallVAE(nn.Module):
    """Images (N, 1, 28, 28) → recon in [0, 1], mu, logvar. Without noise z is mu; without noise and KL it is an autoencoder."""

    def __init__(self, latent_dim: int, hidden: int, noise: bool):
        super().__init__()
        self.noise = noise
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.fc_mu, self.fc_logvar = nn.Linear(hidden, latent_dim), nn.Linear(hidden, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 784),
            nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)),
        )  # fmt: skip

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.noise else mu

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return self.decoder(z)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def recipe(kind: str, seed: int) -> dict:
    """How network(kind, seed) was trained."""
    return RECIPES[kind] | TRAINING | {"seed": seed}


def loss_of(how: dict) -> Callable:
    return partial(losses.vae_loss, B=how["B"]) if "B" in how else partial(bce_loss, beta=how["beta"])


@lru_cache(maxsize=2)
def images_of(part: str) -> ImageDataset:
    """part "train" (48,000), "validation" (12,000) or "test" (10,000) of real MNIST."""
    if part == "test":
        return data.load_mnist(train=False, fallback=False)
    train, validation = data.split(data.load_mnist(fallback=False), seed=0)
    return train if part == "train" else validation


def test_images(n: int | None = None) -> torch.Tensor:
    """n test images chosen at random, always the same ones; all 10,000 for None. (The file is ordered by source, so its
    first 2,000 are no random sample.)"""
    images = images_of("test").images
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images if n is None else images[order[:n]]


def network(kind: str, seed: int) -> SmallVAE:
    """A trained network of one of KINDS, in eval mode, on the CPU. encode gives (mu, logvar), of an autoencoder as well.

    Raises ValueError for an unknown kind or seed and for weights of another recipe, FileNotFoundError for missing ones.
    """
    if kind not in KINDS or seed not in SEEDS:
        raise ValueError(f"network({kind!r}, {seed}): expected one of {', '.join(KINDS)} and a seed of {SEEDS}.")
    file = FOLDER / f"{kind}-{seed}.safetensors"
    if not file.exists():
        raise FileNotFoundError(f"{file.name} is not there yet: python -m benchmarks.claims --train")
    how = recipe(kind, seed)
    model = SmallVAE(how["latent_dim"], how["hidden"], how["noise"])
    with safe_open(file, "pt") as weights:
        if json.loads(weights.metadata()["recipe"]) != how:
            raise ValueError(f"{file.name} is of another recipe: python -m benchmarks.claims --train")
        model.load_state_dict({name: weights.get_tensor(name).float() for name in weights.keys()})  # noqa: SIM118
    return model.eval()


def train(kind: str, seed: int) -> None:
    """Train network(kind, seed) and store its weights."""
    how = recipe(kind, seed)
    torch.manual_seed(seed)
    model = SmallVAE(how["latent_dim"], how["hidden"], how["noise"])
    training.fit(
        model, images_of("train"), epochs=how["epochs"], batch_size=how["batch_size"], lr=how["lr"], schedule="one-cycle",
        loss=loss_of(how), log_dir=None, seed=seed, progress=False,
    )  # fmt: skip
    FOLDER.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.cpu().half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, FOLDER / f"{kind}-{seed}.safetensors", metadata={"recipe": json.dumps(how)})


def missing(kinds: Iterable[str] = KINDS) -> list[tuple[str, int]]:
    """The networks whose weights are not there, or are of another recipe. First every kind from the first seed."""
    gone = []
    for seed in SEEDS:
        for kind in kinds:
            try:
                network(kind, seed)
            except (FileNotFoundError, ValueError):
                gone.append((kind, seed))
    return gone


def binary(images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """Each pixel a 1 with a probability of its grey, else 0; always the same draw for a seed."""
    return torch.bernoulli(images, generator=torch.Generator().manual_seed(seed))
