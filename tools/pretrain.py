"""Train the weights in vae_helpers/pretrained and write how they were made and how good they are.

python -m tools.pretrain                all of them
python -m tools.pretrain vae-2d         only this one
python -m tools.pretrain vae-2d --seed 1    the same from another seed, for the claims ledger (benchmarks/results/pretrained)
python -m tools.pretrain --epochs 2     a short rehearsal (into a temporary folder, printed)
"""

import argparse
import json
import platform
import random
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from vae_helpers import data, losses, metrics, models, training
from vae_helpers.models.pretrained import FOLDER, built, filled

STORED = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "pretrained"  # of other seeds
BATCH_SIZE, LR, SEED = 128, 4e-3, 0
SHORT = {"epochs": 3, "batch_size": 64, "share": 0.8}  # of the training images: 2,250 steps
CONV = {"epochs": 20, "latent_dim": 16}
BINARY = {"epochs": 20, "images": "binary", "latent_dim": 20, "options": {"hidden": 256}}
STRONG = {"epochs": 16, "images": "binary", "class": "AutoregressiveVAE", "latent_dim": 20, "options": {"hidden": 128}}
SPRITE_SETS = {"train": (40_000, 32, 1), "test": (2_000, 32, 2)}  # n, size, seed of data.sprites
SPRITES = {"epochs": 60, "images": "sprites", "latent_dim": 8, "options": {"channels": 3, "img_size": 32}}
PHOTOS = SPRITES | {"class": "VAE", "loss": "calibrated_loss", "beta": 1, "latent_dim": 16, "batch_size": 20}
DIFFUSION = {
    "images": "codes of spatial-vae",
    "class": "LatentDiffusion",
    "loss": "noise_loss",
    "lr": 2e-3,
}
GAN = {"schedule": "to 0 in a straight line", "optimizer": "Adam, β₁ = 0.5"}

# An autoencoder with a sigmoid at its end often freezes at the black image under the squared error (lesson 01), so the
# autoencoders are trained with the binary cross-entropy; their score is the squared error all the same.
AE = {"class": "Autoencoder", "loss": "reconstruction_loss", "kind": "bce"}
RECIPES = {
    "vae-2d": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 10},
    "vae-16d": CONV | {"class": "VAE", "loss": "vae_loss", "B": 40},
    "vae-2d-b1000": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 1000},
    "vae-16d-b1000": CONV | {"class": "VAE", "loss": "vae_loss", "B": 1000},
    "ae-2d": AE | {"epochs": 30, "latent_dim": 2},
    "ae-16d": AE | CONV,
    # For lesson 02, three short epochs each: a decoder with a large σ, and noise on/off × KL on/off under one loss.
    "vae-2d-b0.3": {"class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 0.3} | SHORT,
    "vae-2d-bce": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 1, "noise": True} | SHORT,
    "vae-2d-no-kl": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 0, "noise": True} | SHORT,
    "vae-2d-no-noise": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 1, "noise": False} | SHORT,
    "vae-2d-neither": {"class": "VAE", "latent_dim": 2, "loss": "bce_loss", "beta": 0, "noise": False} | SHORT,
    # For lesson 04's knob.
    "vae-2d-b1": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 1},
    "vae-2d-b100": {"epochs": 30, "class": "VAE", "latent_dim": 2, "loss": "vae_loss", "B": 100},
    # For lessons 10 to 13: other rates, a wider code, the judge of pictures, and the variants on binarised images.
    "vae-16d-b2": CONV | {"class": "VAE", "loss": "vae_loss", "B": 2},
    "vae-16d-b5": CONV | {"class": "VAE", "loss": "vae_loss", "B": 5},
    "vae-16d-b10": CONV | {"class": "VAE", "loss": "vae_loss", "B": 10},
    "ae-64d": AE | CONV | {"latent_dim": 64},
    "judge": {"epochs": 12, "class": "DigitJudge", "loss": "digit_loss"},
    "mlp-vae": BINARY | {"class": "MLPVAE", "loss": "bernoulli_vae_loss"},
    "beta-vae": BINARY | {"class": "MLPVAE", "loss": "bernoulli_vae_loss", "beta": 4},
    "cvae": BINARY | {"class": "CVAE", "loss": "bernoulli_vae_loss"},
    "avae": BINARY | {"class": "AVAE", "loss": "avae_loss"},
    "vq-vae": {"epochs": 20, "images": "binary", "class": "VQVAE", "options": {"hidden": 256}, "loss": "vq_loss"},
    "vq-prior": {"epochs": 20, "images": "words of vq-vae", "class": "CodePrior", "loss": "word_nats"},
    "ar-vae-half": STRONG | {"epochs": 8, "loss": "bernoulli_vae_loss"},
    "ar-vae": STRONG | {"loss": "bernoulli_vae_loss"},
    "ar-vae-warm-up": STRONG | {"loss": "warm_up_loss"},
    "ar-vae-free-bits": STRONG | {"loss": "free_bits_loss"},
    "ar-vae-half-then-elbo": STRONG | {"epochs": 8, "start": "ar-vae-half", "loss": "bernoulli_vae_loss"},
    "ar-vae-half-then-warm-up": STRONG | {"epochs": 8, "start": "ar-vae-half", "loss": "warm_up_loss"},
    "ar-vae-half-then-free-bits": STRONG | {"epochs": 8, "start": "ar-vae-half", "loss": "free_bits_loss"},
    # For lesson 15, on coloured shapes: B is the calibrated one of each batch.
    "sprites-vae": SPRITES | {"class": "VAE", "loss": "calibrated_loss", "beta": 1},
    "sprites-vae-beta4": SPRITES | {"class": "VAE", "loss": "calibrated_loss", "beta": 4},
    "sprites-ae": SPRITES | AE,
    # And on 20, 200, 2,000 cut-outs of photographs, 6,000 steps each.
    "photos-20": PHOTOS | {"images": "20 photos", "epochs": 6000},
    "photos-200": PHOTOS | {"images": "200 photos", "epochs": 600},
    "photos-2000": PHOTOS | {"images": "2000 photos", "epochs": 60},
    # For lesson 14: a GAN, a VAE whose code is a map, and diffusion on its codes, also for as long as a CPU does in three minutes.
    "gan": {"epochs": 25, "class": "Generator", "loss": "fit_gan", "lr": 2e-4} | GAN,
    "spatial-vae": {"epochs": 20, "class": "SpatialVAE", "loss": "bce_loss", "beta": 0.001},
    "latent-diffusion": DIFFUSION | {"epochs": 50, "batch_size": 256},
    "latent-diffusion-short": DIFFUSION | {"epochs": 3},
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


class WarmUp:
    """−ELBO of a Bernoulli decoder whose KL counts for more with each step, from 0 to 1 in `steps` steps, and fully after."""

    def __init__(self, steps: int):
        self.step, self.steps = 0, steps

    def __call__(self, logits, x, mu, logvar):
        beta = min(1, self.step / self.steps)
        self.step += 1
        return losses.bernoulli_vae_loss(logits, x, mu, logvar, beta=beta)


def free_bits_loss(logits, x, mu, logvar):
    """BCE + free bits: half a nat of each dimension's KL is free."""
    _, recon, kl = losses.bernoulli_vae_loss(logits, x, mu, logvar)
    return recon + losses.free_bits(mu, logvar, 0.5), recon, kl


def calibrated_loss(recon, x, mu, logvar, beta):
    """−ELBO of a Gaussian decoder whose σ² = 1/(2B) is the best for each batch, its KL counted beta times."""
    loss, error, kl = losses.sigma_vae_loss(recon, x, mu, logvar)
    return loss + (beta - 1) * kl, error, kl


def digit_loss(logits, x, labels):
    return F.cross_entropy(logits, labels)


def word_nats(logits, words):
    """−log p of each word, averaged over the words, in nats. logits (N, positions, codes), words (N, positions)."""
    return F.cross_entropy(logits.flatten(0, 1), words.flatten(), reduction="sum") / len(words)


def noise_loss(guess, x, epsilon):
    return F.mse_loss(guess, epsilon)


def build(recipe: dict) -> torch.nn.Module:
    """A new model of the recipe."""
    return WithoutNoise(latent_dim=recipe["latent_dim"]) if recipe.get("noise") is False else built(recipe)


def photos(n: int, seed: int) -> data.ImageDataset:
    """n square cut-outs, 100 to 240 pixels on a side, of the two photographs that scikit-learn carries, as 3×32×32."""
    from sklearn.datasets import load_sample_images

    draw, whole = random.Random(seed), [Image.fromarray(photo) for photo in load_sample_images().images]
    small = np.empty((n, 32, 32, 3), dtype=np.uint8)
    for i in range(n):
        photo, side = draw.choice(whole), draw.randint(100, 240)
        left, top = draw.randint(0, photo.width - side), draw.randint(0, photo.height - side)
        small[i] = photo.resize((32, 32), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
    return data.ImageDataset(small.transpose(0, 3, 1, 2), name="photos")


def images_for(recipe: dict, part: str, model_of: Callable[[str], torch.nn.Module]) -> data.ImageDataset:
    """part "train" or "test" of what the recipe names: sprites, photographs, or MNIST, grey, binarised or as a trained model's
    words or codes mu."""
    kind = recipe.get("images", "grey")
    if kind == "sprites":
        return data.sprites(*SPRITE_SETS[part])
    if kind.endswith("photos"):
        return photos(int(kind.split()[0]), seed=1) if part == "train" else photos(500, seed=2)
    images = data.load_mnist(train=part == "train", fallback=False)
    if "share" in recipe and part == "train":
        images = data.split(images, (recipe["share"],), seed=0)[0]
    if kind == "grey":
        return images
    if kind.startswith("codes of "):
        with torch.no_grad():
            codes = torch.cat([model_of(kind.split()[-1]).encode(x)[0] for x in images.images.split(5000)])
        return data.ImageDataset(codes, images.labels, "codes")
    binary = torch.bernoulli(images.images, generator=torch.Generator().manual_seed(SEED))
    if kind == "binary":
        return data.ImageDataset(binary, images.labels, "binary")
    with torch.no_grad():
        words = torch.cat([model_of(kind.split()[-1]).encode(x) for x in binary.split(5000)])
    return data.ImageDataset(words, images.labels, "words")


def scores(model: torch.nn.Module, test: data.ImageDataset, recipe: dict) -> dict:
    """What the card says of the model on test images, chosen to suit its class.

    right: the share of digits read rightly. nats: of a word. noise: the mean squared error of ε at times and with noise drawn
    once. frechet: of as many drawn pictures as test images, by the judge. Otherwise, per image: loss in nats where forward gives logits;
    sse, the squared error of the reconstruction (of a VAE, from mu), and kl in nats, of a VAE.
    """
    x, y = test.images, test.labels
    with torch.no_grad():
        if recipe["class"] == "DigitJudge":
            return {"right": (batched(model.read, x)[0] == y).float().mean().item()}
        if recipe["class"] == "CodePrior":
            return {"nats": word_nats(*model(x), x).item()}
        torch.manual_seed(SEED)
        if recipe["class"] == "LatentDiffusion":
            guess, epsilon = model(x, y)
            return {"noise": noise_loss(guess, x, epsilon).item()}
        if recipe["class"] == "Generator":
            drawn, judge = batched(model.decode, torch.randn(len(x), model.latent_dim)), models.load_pretrained("judge")
            return {"frechet": metrics.frechet_distance(*(batched(judge.features, part) for part in (drawn, x)))}
        if getattr(model, "logits", False):
            told = recipe["class"] == "CVAE"
            batches = zip(x.split(500), y.split(500), strict=True)
            parts = [(model(x, y) if told else model(x))[:3] for x, y in batches]
            logits, first, second = (torch.cat(part) for part in zip(*parts, strict=True))
            result = {"recon": losses.bernoulli_vae_loss(logits, x, first, first * 0)[1].item()}
            return (
                result
                if recipe["class"] == "VQVAE"
                else result | {"kl": losses.kl_divergence(first, second).mean().item()}
            )
        code = batched(model.encode, x)
        mu = code[0] if isinstance(code, tuple) else code
        result = {"sse": losses.reconstruction_loss(batched(model.decode, mu), x).item()}
        if not isinstance(code, tuple):
            return result
        return result | {"kl": losses.kl_divergence(*(part.flatten(1) for part in code)).mean().item()}


def batched(function: Callable, x: torch.Tensor):
    """function(x), five hundred images at a time: fetching memory for ten thousand takes longer than the arithmetic."""
    parts = [function(part) for part in x.split(500)]
    return tuple(map(torch.cat, zip(*parts, strict=True))) if isinstance(parts[0], tuple) else torch.cat(parts)


def source(recipe: dict, images: data.ImageDataset) -> dict:
    """What the card says of the training images."""
    if recipe.get("images") == "sprites":
        n, size, seed = SPRITE_SETS["train"]
        return {"trained_on": f"data.sprites({n:_}, size={size}, seed={seed})"}
    if recipe.get("images", "").endswith("photos"):
        return {"trained_on": f"tools.pretrain.photos({len(images)}, seed=1)"}
    md5 = data.MNIST_FILES["train-images-idx3-ubyte"]
    return {"trained_on": f"MNIST, {len(images):,} training images", "data_md5": md5}


def loss_of(recipe: dict, steps: int) -> Callable:
    """The loss that fit is given: called with the model's outputs and x. steps: of the whole training."""
    name = recipe["loss"]
    if name == "warm_up_loss":
        return WarmUp(steps // 2)
    if name == "reconstruction_loss":
        return lambda recon, x, z: losses.reconstruction_loss(recon, x, kind=recipe["kind"])
    settings = {key: recipe[key] for key in ("B", "beta") if key in recipe}
    return partial(globals().get(name) or getattr(losses, name), **settings)


def fitted(model: torch.nn.Module, images: data.ImageDataset, recipe: dict, seed: int) -> None:
    """Train the model in place by the recipe."""
    batch_size, lr, epochs = recipe.get("batch_size", BATCH_SIZE), recipe.get("lr", LR), recipe["epochs"]
    if recipe["class"] == "Generator":
        for _ in training.fit_gan(model, models.Discriminator(), images.images, epochs, batch_size, lr):
            pass
        return
    if recipe["class"] == "LatentDiffusion":
        model.scale.fill_(1 / images.images.std())
    training.fit(
        model, images, epochs=epochs, batch_size=batch_size, lr=lr, schedule="one-cycle",
        loss=loss_of(recipe, epochs * -(-len(images) // batch_size)), log_dir=None, seed=seed, progress=False,
    )  # fmt: skip


def train(recipe: dict, seed: int, model_of: Callable[[str], torch.nn.Module]) -> tuple[torch.nn.Module, dict]:
    """The trained model in eval mode on the CPU, and its card. model_of(name): a trained model that this one starts from."""
    images = images_for(recipe, "train", model_of)
    torch.manual_seed(seed)
    model = build(recipe)
    if "start" in recipe:
        model.load_state_dict(model_of(recipe["start"]).state_dict())
    started = time.perf_counter()
    fitted(model, images, recipe, seed)
    seconds = time.perf_counter() - started
    model.cpu().eval()
    device = training.default_device()
    card = {
        "batch_size": BATCH_SIZE,
        "lr": LR,
        "schedule": "one-cycle",
        "optimizer": "Adam, weight decay 1e-5",
        **recipe,
        **source(recipe, images),
        "seed": seed,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else str(device),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "seconds": round(seconds),
    }
    test = images_for(recipe, "test", model_of)
    return model, card | {"scores_on_test_images": {k: round(v, 4) for k, v in scores(model, test, recipe).items()}}


@lru_cache(maxsize=8)
def pretrained(name: str, seed: int) -> torch.nn.Module:
    """A trained network by the recipe of that name, in eval mode, on the CPU.

    seed 0: the one that load_pretrained gives. 1, 2, 3: trained alike, for verdicts that must hold for networks which no
    text was written from. Raises FileNotFoundError for one that is not there.
    """
    if seed == SEED:
        return models.load_pretrained(name)
    file = STORED / f"{name}-{seed}.safetensors"
    if not file.exists():
        raise FileNotFoundError(f"{file.name} is not there: python -m tools.pretrain {name} --seed {seed}")
    return filled(json.loads((STORED / "cards.json").read_text(encoding="utf-8"))[file.stem], file)


def pretrain(name: str, folder: Path, epochs: int | None, seed: int) -> None:
    """Train a model and store it: that of SEED in the package, those of other seeds for the claims ledger."""
    recipe = RECIPES[name] | ({"epochs": epochs} if epochs else {})
    model, card = train(recipe, seed, models.load_pretrained if seed == SEED else partial(pretrained, seed=seed))
    weights = {
        key: tensor.half().contiguous() for key, tensor in model.state_dict().items()
    }  # no picture shows the rounding
    if seed == SEED or epochs:
        save_file(weights, folder / f"{name}.safetensors")
        (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    else:
        save_file(weights, STORED / f"{name}-{seed}.safetensors")
        cards = STORED / "cards.json"
        stored = json.loads(cards.read_text(encoding="utf-8")) | {f"{name}-{seed}": card}
        cards.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n", encoding="utf-8")
    print(name, card["scores_on_test_images"], f"{card['seconds']} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models to train: " + ", ".join(RECIPES))
    parser.add_argument("--epochs", type=int, help="instead of the recipe's: a rehearsal")
    parser.add_argument("--seed", type=int, default=SEED, help="0: the package's own; others: for the claims ledger")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp()) if arguments.epochs else FOLDER
    for name in arguments.names or RECIPES:
        pretrain(name, folder, arguments.epochs, arguments.seed)
    print(folder)


if __name__ == "__main__":
    main()
