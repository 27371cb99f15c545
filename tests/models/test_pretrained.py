"""The weights that come with the package are as good as their cards say."""

import pytest
import torch
from safetensors.torch import load_file

from tools.pretrain import RECIPES, images_for, pretrained, scores
from vae_helpers import data, models
from vae_helpers.models.pretrained import FOLDER

NAMES = models.pretrained_names()


def test_there_are_weights_and_each_has_a_recipe():
    assert {"ae-2d", "vae-2d", "vae-16d", "vae-2d-b1000"} <= set(NAMES) <= set(RECIPES)


@pytest.mark.parametrize("name", NAMES)
def test_card_tells_recipe_seed_and_data(name):
    card = models.pretrained_card(name)
    assert all(card[key] == value for key, value in RECIPES[name].items())
    if RECIPES[name].get("images") == "sprites":
        assert card["trained_on"] == "data.sprites(40_000, size=32, seed=1)"
    else:
        assert card["data_md5"] == data.MNIST_FILES["train-images-idx3-ubyte"]
    assert {"epochs", "batch_size", "lr", "schedule", "seed", "torch", "device"} <= card.keys()


@pytest.mark.torch_alone
@pytest.mark.parametrize("name", NAMES)
def test_scores_on_the_test_images_come_out_again(name, mnist_folder):
    model, recipe = models.load_pretrained(name), RECIPES[name]
    assert not model.training
    assert "latent_dim" not in recipe or model.latent_dim == recipe["latent_dim"]
    test = images_for(recipe, "test", models.load_pretrained)
    some = (
        recipe["class"] == "AutoregressiveVAE"
    )  # a thousand images stand for the ten thousand: these take ten times as long
    if some:
        test = data.ImageDataset(test.images[::10], test.labels[::10], "some")
    # Besides: weights were kept as float16 after they were scored, and each machine draws noise its own way.
    tolerance = 0.05 if some else 5e-3
    assert scores(model, test, recipe) == pytest.approx(
        models.pretrained_card(name)["scores_on_test_images"], rel=tolerance
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_weight_is_so_small_that_a_processor_is_slow_with_it(name):
    """Below 1.2e-38 a float32 is subnormal: with a few hundred of them a network took two to three times as long."""
    least = torch.finfo(torch.float32).tiny
    assert not any(((w.abs() > 0) & (w.abs() < least)).any() for w in models.load_pretrained(name).parameters())


@torch.no_grad()
def test_weights_that_are_forgotten_changed_no_picture():
    """As docs/why-fit-is-fast says: with them, every code and every picture is the same to the last bit."""
    x, compared = data.load_digits().images[:100], 0
    for name in NAMES:
        weights = load_file(FOLDER / f"{name}.safetensors")
        if not any(((weight.abs() < 1e-30) & (weight != 0)).any() for weight in weights.values()):
            continue
        model, drawn = models.load_pretrained(name), []
        for _ in range(2):
            code = model.encode(x)
            mu = code[0] if isinstance(code, tuple) else code
            drawn.append((mu, model.decode(mu)))
            model.load_state_dict(weights)  # as they lie in the file
        assert all(map(torch.equal, *drawn)), name
        compared += 1
    assert compared == 11


@pytest.mark.parametrize("name", ["vae-16d", "cvae", "vq-prior", "ar-vae"])
def test_networks_of_other_seeds_are_other_networks_of_the_same_recipe(name):
    first, second = (pretrained(name, seed).state_dict() for seed in (0, 2))
    assert first.keys() == second.keys() and any(not torch.equal(first[key], second[key]) for key in first)


def test_a_seed_that_was_not_trained_names_the_command():
    with pytest.raises(FileNotFoundError, match="python -m tools.pretrain vae-2d --seed 9"):
        pretrained("vae-2d", 9)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="got 'vae', expected one of .*vae-2d"):
        models.load_pretrained("vae")


@pytest.mark.parametrize("load", [models.load_pretrained, lambda name: pretrained(name, 1)])
def test_what_is_drawn_afterwards_does_not_depend_on_what_was_loaded(load):
    """In lesson 13, say, the pictures from one seed are the same with a network more or less loaded before."""
    pretrained.cache_clear()  # a network that is kept from another test would draw nothing
    torch.manual_seed(0)
    expected = torch.randn(5)
    torch.manual_seed(0)
    load("vae-2d")
    assert torch.equal(torch.randn(5), expected)
