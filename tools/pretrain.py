"""Train the weights in vae_helpers/pretrained and write how they were made and how good they are.

python -m tools.pretrain                all of them
python -m tools.pretrain vae-2d         only this one
python -m tools.pretrain --epochs 2     a short rehearsal (into a temporary folder, printed)
"""

import argparse
import json
import platform
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file

from vae_helpers import data, losses, models, training
from vae_helpers.models.pretrained import FOLDER

BATCH_SIZE, LR, SEED = 128, 4e-3, 0
SHORT = {"epochs": 3, "batch_size": 64, "share": 0.8}  # of the training images: 2,250 steps


# An autoencoder with a sigmoid at its end often freezes at the black image under the squared error (lesson 01), so the
# autoencoders are trained with the binary cross-entropy; their score is the squared error all the same.
RECIPES = {
    "vae-2d": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 10},
    "vae-16d": {"epochs": 20, "class": "VAE", "latent_dim": 16, "loss": "vae_loss", "B": 40},
    "vae-2d-b1000": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 1000},
    "vae-16d-b1000": {"epochs": 20, "class": "VAE", "latent_dim": 16, "loss": "vae_loss", "B": 1000},
    "ae-2d": {"epochs": 30, "class": "Autoencoder", "latent_dim": 2, "loss": "reconstruction_loss", "kind": "bce"},
    "ae-16d": {"epochs": 20, "class": "Autoencoder", "latent_dim": 16, "loss": "reconstruction_loss", "kind": "bce"},
    # For lesson 02, three short epochs each: a decoder with a large σ, and noise on/off × KL on/off under one loss.
    "vae-2d-b0.3": {"class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 0.3} | SHORT,
    "vae-2d-bce": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 1, "noise": True} | SHORT,
    "vae-2d-no-kl": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 0, "noise": True} | SHORT,
    "vae-2d-no-noise": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 1, "noise": False} | SHORT,
    "vae-2d-neither": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 0, "noise": False} | SHORT,
}


class WithoutNoise(models.VAE):
    """A VAE whose decoder is given mu itself."""

    def reparameterize(self, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        return mu


def bce_loss(
    recon: torch.Tensor, x: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor, beta: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """BCE + beta · KL for a decoder that ends in a sigmoid; with beta = 0 the KL is measured and moves nothing."""
    recon_loss, kl = losses.reconstruction_loss(recon, x, kind="bce"), losses.kl_divergence(mu, logvar).mean()
    return (recon_loss + beta * kl if beta else recon_loss), recon_loss, kl


def build(recipe: dict) -> torch.nn.Module:
    """A new model of the recipe."""
    kind = WithoutNoise if recipe.get("noise") is False else getattr(models, recipe["class"])
    return kind(latent_dim=recipe["latent_dim"])


def scores(model: torch.nn.Module, images: torch.Tensor) -> dict:
    """Per image: sse, the squared error of the reconstruction (of a VAE, from mu); kl in nats, of a VAE."""
    with torch.no_grad():
        code = model.encode(images)
        mu = code[0] if isinstance(code, tuple) else code
        result = {"sse": losses.reconstruction_loss(model.decode(mu), images).item()}
        if isinstance(code, tuple):
            result["kl"] = losses.kl_divergence(*code).mean().item()
        return result


def loss_of(recipe: dict) -> Callable:
    """The loss that fit is given: called with the model's outputs and x."""
    if recipe["loss"] == "vae_loss":
        return partial(losses.vae_loss, B=recipe["B"])
    if recipe["loss"] == "bce_loss":
        return partial(bce_loss, beta=recipe["beta"])
    return lambda recon, x, z: losses.reconstruction_loss(recon, x, kind=recipe["kind"])


def pretrain(name: str, folder: Path, epochs: int | None) -> None:
    recipe = RECIPES[name] | ({"epochs": epochs} if epochs else {})
    train, test = (data.load_mnist(train=part, fallback=False) for part in (True, False))
    if "share" in recipe:
        train = data.split(train, (recipe["share"],), seed=0)[0]
    torch.manual_seed(SEED)
    model = build(recipe)
    history = training.fit(
        model,
        train,
        epochs=recipe["epochs"],
        batch_size=recipe.get("batch_size", BATCH_SIZE),
        lr=LR,
        schedule="one-cycle",
        loss=loss_of(recipe),
        log_dir=None,
        seed=SEED,
    )
    model.cpu().eval()
    save_file(model.state_dict(), folder / f"{name}.safetensors")
    card = {
        "batch_size": BATCH_SIZE,
        **recipe,
        "trained_on": f"MNIST, {len(train):,} training images",
        "data_md5": data.MNIST_FILES["train-images-idx3-ubyte"],
        "optimizer": "Adam, weight decay 1e-5",
        "lr": LR,
        "schedule": "one-cycle",
        "seed": SEED,
        "device": str(training.default_device()),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "seconds": round(sum(history["seconds"])),
        "scores_on_test_images": {key: round(value, 4) for key, value in scores(model, test.images).items()},
    }
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(name, card["scores_on_test_images"], f"{card['seconds']} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models to train: " + ", ".join(RECIPES))
    parser.add_argument("--epochs", type=int, help="instead of the recipe's: a rehearsal")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp()) if arguments.epochs else FOLDER
    for name in arguments.names or RECIPES:
        pretrain(name, folder, arguments.epochs)
    print(folder)


if __name__ == "__main__":
    main()
