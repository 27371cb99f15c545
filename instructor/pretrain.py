"""Train the weights in vae_helpers/pretrained and write how they were made and how good they are.

python instructor/pretrain.py                all of them
python instructor/pretrain.py vae-2d         only this one
python instructor/pretrain.py --epochs 2     a short rehearsal (into a temporary folder, printed)
"""

import argparse
import json
import platform
import tempfile
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file

from vae_helpers import data, losses, models, training
from vae_helpers.models.pretrained import FOLDER

BATCH_SIZE, LR, SEED = 128, 4e-3, 0


RECIPES = {
    "vae-2d": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 10},
    "vae-16d": {"epochs": 20, "class": "VAE", "latent_dim": 16, "loss": "vae_loss", "B": 40},
}


def scores(model: torch.nn.Module, images: torch.Tensor) -> dict:
    """Per image: sse, the squared error of the reconstruction from mu, and kl in nats."""
    with torch.no_grad():
        mu, logvar = model.encode(images)
        sse = losses.reconstruction_loss(model.decode(mu), images).item()
        return {"sse": sse, "kl": losses.kl_divergence(mu, logvar).mean().item()}


def pretrain(name: str, folder: Path, epochs: int | None) -> None:
    recipe = RECIPES[name] | ({"epochs": epochs} if epochs else {})
    loss = partial(losses.vae_loss, B=recipe["B"])
    train, test = data.load_mnist(), data.load_mnist(train=False)
    if train.name != "MNIST":
        raise SystemExit("Pretraining needs the real MNIST.")
    torch.manual_seed(SEED)
    model = models.VAE(latent_dim=recipe["latent_dim"])
    history = training.fit(
        model,
        train,
        epochs=recipe["epochs"],
        batch_size=BATCH_SIZE,
        lr=LR,
        schedule="one-cycle",
        loss=loss,
        log_dir=None,
        seed=SEED,
    )
    model.cpu().eval()
    save_file(model.state_dict(), folder / f"{name}.safetensors")
    card = {
        **recipe,
        "trained_on": "MNIST, 60,000 training images",
        "data_md5": data.MNIST_FILES["train-images-idx3-ubyte"],
        "batch_size": BATCH_SIZE,
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
