"""Models that are trained already: small weights that come with the package."""

import json
from pathlib import Path

from torch import nn

from .._language import tr
from .._random import kept_random_state
from .._tiny import forget_tiny
from .adversarial import Generator
from .autoencoders import Autoencoder
from .autoregressive import AutoregressiveVAE
from .conditional import CVAE
from .consistent import AVAE
from .diffusion import LatentDiffusion
from .discrete import VQVAE, CodePrior
from .judge import DigitJudge
from .mlp import MLPVAE
from .spatial import SpatialVAE
from .vae import VAE

CLASSES = {
    kind.__name__: kind
    for kind in (
        AVAE,
        CVAE,
        MLPVAE,
        VAE,
        VQVAE,
        Autoencoder,
        AutoregressiveVAE,
        CodePrior,
        DigitJudge,
        Generator,
        LatentDiffusion,
        SpatialVAE,
    )  # fmt: skip
}

FOLDER = Path(__file__).resolve().parents[1] / "pretrained"


def pretrained_names() -> list[str]:
    """The names that load_pretrained takes.

    Lesson 07: A model that is trained already
    """
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def pretrained_card(name: str) -> dict:
    """How the model was made and how good it is: latent_dim, recipe, seed, data checksum, scores on the test images.

    Raises ValueError for an unknown name.
    Lesson 07: A model that is trained already
    """
    if name not in pretrained_names():
        raise ValueError(f"load_pretrained(name): got {name!r}, expected one of {', '.join(pretrained_names())}.")
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def load_pretrained(name: str) -> nn.Module:
    """The model of that name, trained on MNIST or on data.sprites, on the CPU and in eval mode. pretrained_card(name) says how, and how good it is.

    "vae-2d" and "vae-16d": VAEs with 2 and 16 latent dimensions, trained with B = 10 and B = 40. By D/(2S) of lesson 04
    a calibrated decoder has B = 13 and B = 76 with these errors: 10 is near, 40 about half.
    "vae-2d-b1000" and "vae-16d-b1000": the same with the exercise's B = 1000; "vae-16d-b2", "-b5" and "-b10": other rates.
    "ae-2d", "ae-16d" and "ae-64d": plain autoencoders, trained with the binary cross-entropy.
    "vae-2d-b0.3": B = 0.3, a decoder with a large σ. "vae-2d-bce", "vae-2d-no-kl", "vae-2d-no-noise", "vae-2d-neither": one
    network and one short training under BCE, with and without the noise, with and without the KL (without both it is an
    autoencoder). What "-no-noise" and "-neither" decode in training is mu.
    "judge": the classifier that reads drawn digits. On binarised images, with Bernoulli decoders: "mlp-vae", "beta-vae"
    (β = 4), "cvae", "avae", "vq-vae" with its "vq-prior", and "ar-vae", whose decoder also sees the pixels before each
    pixel, with its cures "ar-vae-warm-up" and "ar-vae-free-bits"; "ar-vae-half" and what was trained on from it.
    On sprites (3×32×32), 8 latent dimensions, B calibrated in training: "sprites-vae", with the KL counted four
    times "sprites-vae-beta4"; "sprites-ae", an autoencoder.
    For lesson 14: "gan", a generator; "spatial-vae", whose codes "latent-diffusion" draws; "latent-diffusion-short" had three
    epochs.
    Random numbers drawn afterwards are the same as without it.
    Raises ValueError for an unknown name and for damaged weights.
    Lesson 07: A model that is trained already
    """
    return filled(pretrained_card(name), FOLDER / f"{name}.safetensors")


def built(card: dict) -> nn.Module:
    """A new model of the class and the sizes that a card or a recipe names."""
    sizes = {"latent_dim": card["latent_dim"]} if "latent_dim" in card else {}
    return CLASSES[card["class"]](**sizes, **card.get("options", {}))


def filled(card: dict, file: Path) -> nn.Module:
    """The model that a card describes, with the weights in a file. Raises ValueError where they are missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with (
        kept_random_state()
    ):  # building draws first weights: nobody's next random numbers may depend on what was loaded
        model = built(card)
    try:
        model.load_state_dict(load_file(file))
    except (OSError, RuntimeError, SafetensorError) as problem:
        name = file.stem
        raise ValueError(
            tr(
                f"load_pretrained({name!r}): tệp {file} thiếu hoặc hỏng ({type(problem).__name__}). "
                "Hãy tải lại khóa học (git checkout, hoặc cài lại vae-helpers).",
                f"load_pretrained({name!r}): the file {file} is missing or damaged ({type(problem).__name__}). "
                "Get the course again (git checkout, or install vae-helpers again).",
            )
        ) from problem
    for weight in model.parameters():
        forget_tiny(weight)
    return model.eval()
