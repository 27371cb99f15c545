"""The convolutional network that VAE and Autoencoder share: sizes, weights that pass both ways, its table of layers."""

import pytest
import torch

from vae_helpers import models


def test_weights_pass_both_ways(handout_vae):
    x = torch.rand(4, 1, 28, 28)
    for source, target in ((handout_vae(), models.VAE()), (models.VAE(), handout_vae())):
        target.load_state_dict(source.state_dict(), strict=True)
        outputs = []
        for model in (source, target):
            torch.manual_seed(0)
            outputs.append(model(x))
        for a, b in zip(*outputs, strict=True):
            torch.testing.assert_close(a, b)


def test_same_seed_gives_the_handouts_first_weights(handout_vae):
    torch.manual_seed(3)
    ours = models.VAE().state_dict()
    torch.manual_seed(3)
    theirs = handout_vae().state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_colour_images():
    assert models.VAE(channels=3)(torch.rand(2, 3, 28, 28))[0].shape == (2, 3, 28, 28)


@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 3, 28, 28), (2, 1, 32, 32), (2, 784)])
def test_wrong_image_shape_is_named(shape):
    with pytest.raises(ValueError, match=r"x has shape .* expected \(N, 1, 28, 28\)"):
        models.VAE()(torch.zeros(shape))


def test_wrong_z_shape_is_named():
    with pytest.raises(ValueError, match=r"z has shape \(4, 3\), expected \(N, 2\)"):
        models.VAE().decode(torch.zeros(4, 3))


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"latent_dim": 2.0}, {"channels": -1}])
def test_bad_sizes_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        models.VAE(**arguments)


@pytest.mark.parametrize("training", [True, False])
def test_summary_prints_the_table_and_changes_nothing(capsys, training):
    model = models.VAE().train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    models.summary(model)
    assert "Total params: 68,485" in capsys.readouterr().out
    assert model.training == training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
