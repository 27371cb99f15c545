"""The convolutional network that VAE and Autoencoder share: sizes, weights that pass both ways, its table of layers."""

import numpy as np
import pytest
import torch

from tests.models.support import close
from vae_helpers import models

KINDS = [models.VAE, models.Autoencoder]


def test_weights_pass_both_ways(handout_vae):
    x = torch.rand(4, 1, 28, 28)
    for source, target in ((handout_vae(), models.VAE()), (models.VAE(), handout_vae())):
        target.load_state_dict(source.state_dict(), strict=True)
        outputs = []
        for model in (source, target):
            torch.manual_seed(0)
            outputs.append(model(x))
        for a, b in zip(*outputs, strict=True):
            close(a, b)


@pytest.mark.parametrize("latent_dim, channels", [(2, 1), (16, 1), (5, 3)])
def test_same_seed_gives_the_handouts_first_weights(handout_vae, latent_dim, channels):
    torch.manual_seed(3)
    ours = models.VAE(latent_dim=latent_dim, channels=channels).state_dict()
    torch.manual_seed(3)
    theirs = handout_vae(latent_dim=latent_dim, channels=channels).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_network_of_28_pixels_is_the_one_it_always_was():
    """Numbers noted before there was an img_size: a seed's first weights and what they make of one image."""
    torch.manual_seed(0)
    model, x = models.VAE().eval(), torch.linspace(0, 1, 784).view(1, 1, 28, 28)
    assert sum(p.numel() for p in model.parameters()) == 68_485
    with torch.no_grad():
        mu, logvar = model.encode(x)
        recon = model.decode(torch.tensor([[0.5, -1.0]]))
    close(model.conv1.weight.flatten()[:3], torch.tensor([-0.00249561, 0.17881453, -0.27434838]))
    close(torch.cat([mu, logvar], dim=1), torch.tensor([[0.01075718, 0.02752716, -0.02854496, -0.05596190]]))
    close(recon[0, 0, 14, 12:15], torch.tensor([0.48443621, 0.50328422, 0.48982924]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size, channels, latent_dim", [(28, 1, 2), (28, 3, 1), (32, 3, 16), (64, 1, 300), (64, 3, 8)])
def test_images_of_other_sizes_and_colours(kind, size, channels, latent_dim):
    model, x = kind(channels, latent_dim, img_size=size), torch.rand(2, channels, size, size)
    recon, *codes = model(x)
    assert recon.shape == x.shape and recon.min() >= 0 and recon.max() <= 1
    assert all(code.shape == (2, latent_dim) for code in codes)
    assert model.decode(torch.randn(3, latent_dim)).shape == (3, channels, size, size)
    (recon.sum() + sum(code.sum() for code in codes)).backward()
    assert all(p.grad.abs().max() > 0 for p in model.parameters())


def test_a_network_of_64_pixels_learns():
    """Bright squares in one of four corners: better than their mean, which has a squared error of 3/16."""
    torch.manual_seed(0)
    x = torch.zeros(4, 1, 64, 64)
    for i in range(4):
        x[i, 0, 32 * (i // 2) :, 32 * (i % 2) :][:32, :32] = 1
    assert x.mean() == 0.25
    model = models.Autoencoder(latent_dim=4, img_size=64)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(100):
        error = (model(x)[0] - x).pow(2).mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    assert error < 0.05


@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 3, 28, 28), (2, 1, 32, 32), (2, 784), (2, 1, 28, 14)])
def test_wrong_image_shape_is_named(shape):
    with pytest.raises(ValueError, match=r"x has shape .* expected \(N, 1, 28, 28\)"):
        models.VAE()(torch.zeros(shape))


@pytest.mark.parametrize("kind", [*KINDS, models.MLPVAE, models.MLPAutoencoder, models.VQVAE, models.TiedAutoencoder])
def test_images_of_another_size_are_told_the_argument(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__}.*\(2, 3, 32, 32\).*channels=3, img_size=32"):
        kind()(torch.zeros(2, 3, 32, 32))


def test_wrong_z_shape_is_named():
    with pytest.raises(ValueError, match=r"z has shape \(4, 3\), expected \(N, 2\)"):
        models.VAE().decode(torch.zeros(4, 3))


@pytest.mark.parametrize(
    "arguments",
    [
        {"latent_dim": 0},
        {"latent_dim": 2.0},
        {"latent_dim": True},
        {"channels": -1},
        {"img_size": 30},
        {"img_size": "32"},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bad_sizes_are_refused(kind, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        kind(**arguments)


def test_numpy_numbers_are_numbers():
    """For d in np.array([2, 16]): and the model still tells its latent_dim as a plain int."""
    model = models.VAE(latent_dim=np.int64(3), img_size=np.int32(32))
    assert type(model.latent_dim) is int and model(torch.rand(1, 1, 32, 32))[1].shape == (1, 3)


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
