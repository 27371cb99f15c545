"""The trained networks that claims are measured on: every kind from three seeds, all by one recipe.

48,000 of MNIST's training images (the other 12,000 were never seen), 3 epochs, batches of 64 (2,250 steps), Adam, learning
rate up to 4e-3 in one cycle. The losses are those of vae_helpers/pretrained. One or two minutes each on one core; the weights
lie in benchmarks/results/networks, as float16.

    python -m benchmarks.claims --train          those that are missing or of another recipe
"""

import json
from collections.abc import Iterable
from functools import lru_cache

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from tools.pretrain import LR, RECIPES, build, loss_of
from vae_helpers import data, training
from vae_helpers.data import ImageDataset

from ..common import RESULTS

FOLDER = RESULTS / "networks"
EPOCHS, BATCH_SIZE = 3, 64
SEEDS = (0, 1, 2)
KINDS = (
    "vae-2d-neither", "vae-2d-bce", "vae-2d-no-kl", "vae-2d-no-noise", "vae-2d", "vae-2d-b1000", "ae-16d", "vae-16d"
)  # fmt: skip


def recipe(kind: str, seed: int) -> dict:
    """How network(kind, seed) was trained."""
    return RECIPES[kind] | {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "lr": LR, "seed": seed}


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


def network(kind: str, seed: int) -> nn.Module:
    """A trained network of one of KINDS, in eval mode, on the CPU.

    Raises ValueError for an unknown kind or seed and for weights of another recipe, FileNotFoundError for missing ones.
    """
    if kind not in KINDS or seed not in SEEDS:
        raise ValueError(f"network({kind!r}, {seed}): expected one of {', '.join(KINDS)} and a seed of {SEEDS}.")
    file = FOLDER / f"{kind}-{seed}.safetensors"
    if not file.exists():
        raise FileNotFoundError(f"{file.name} is not there yet: python -m benchmarks.claims --train")
    model = build(recipe(kind, seed))
    with safe_open(file, "pt") as weights:
        if json.loads(weights.metadata()["recipe"]) != recipe(kind, seed):
            raise ValueError(f"{file.name} is of another recipe: python -m benchmarks.claims --train")
        model.load_state_dict({name: weights.get_tensor(name).float() for name in weights.keys()})  # noqa: SIM118
    return model.eval()


def train(kind: str, seed: int) -> None:
    """Train network(kind, seed) and store its weights."""
    how = recipe(kind, seed)
    torch.manual_seed(seed)
    model = build(how)
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
