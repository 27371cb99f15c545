"""The weights that come with the package are as good as their cards say."""

import pytest

from tools.pretrain import RECIPES, scores
from vae_helpers import data, models

NAMES = models.pretrained_names()


def test_there_are_weights_and_each_has_a_recipe():
    assert {"ae-2d", "vae-2d", "vae-16d", "vae-2d-b1000"} <= set(NAMES) <= set(RECIPES)


@pytest.mark.parametrize("name", NAMES)
def test_card_tells_recipe_seed_and_data(name):
    card = models.pretrained_card(name)
    assert RECIPES[name].items() <= card.items()
    assert card["data_md5"] == data.MNIST_FILES["train-images-idx3-ubyte"]
    assert {"epochs", "batch_size", "lr", "schedule", "seed", "torch", "device"} <= card.keys()


@pytest.mark.parametrize("name", NAMES)
def test_scores_on_the_test_images_come_out_again(name, mnist_folder):
    model = models.load_pretrained(name)
    assert not model.training and model.latent_dim == RECIPES[name]["latent_dim"]
    again = scores(model, data.load_mnist(mnist_folder, train=False).images)
    assert again == pytest.approx(models.pretrained_card(name)["scores_on_test_images"], rel=1e-3)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="got 'vae', expected one of .*vae-2d"):
        models.load_pretrained("vae")
