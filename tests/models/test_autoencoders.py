"""The plain, the fully connected and the tied autoencoder."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import models


def test_autoencoder_is_deterministic_and_has_one_code():
    model, x = models.Autoencoder(latent_dim=5), torch.rand(3, 1, 28, 28)
    recon, z = model(x)
    assert recon.shape == x.shape and z.shape == (3, 5)
    close(model(x)[0], recon)
    close(model.decode(model.encode(x)), recon)


@pytest.mark.parametrize(
    "model, latent_dim",
    [(models.MLPAutoencoder(5, hidden=32), 5), (models.TiedAutoencoder(900, torch.relu), 900)],
    ids=["mlp", "tied"],
)
def test_other_kinds_have_the_same_interface(model, latent_dim):
    x = torch.rand(3, 1, 28, 28)
    recon, z = model(x)
    assert recon.shape == x.shape and z.shape == (3, latent_dim) and model.latent_dim == latent_dim
    assert recon.min() >= 0 and recon.max() <= 1
    close(model.decode(model.encode(x)), recon)


def test_tied_autoencoder_is_its_formula():
    """z = s(W x + b), recon = sigmoid(Wᵀ z + c), with one W."""
    model, x = models.TiedAutoencoder(7), torch.rand(2, 1, 28, 28)
    torch.nn.init.normal_(model.code_bias), torch.nn.init.normal_(model.pixel_bias)
    z = torch.sigmoid(x.view(2, 784) @ model.weight.T + model.code_bias)
    recon = torch.sigmoid(z @ model.weight + model.pixel_bias)
    close(model(x), (recon.view(2, 1, 28, 28), z))
    assert sum(p.numel() for p in model.parameters()) == 7 * 784 + 7 + 784


def test_tied_autoencoder_may_start_at_the_mean_image():
    """A code that adds nothing draws the mean image, but for pixels nearer than 0.001 to black or white."""
    mean = torch.rand(3, 12, 12)
    mean[0, 0, 0], mean[0, 0, 1] = 0, 1
    for given in (mean, mean[None], mean.flatten()):
        model = models.TiedAutoencoder(5, img_size=12, channels=3, mean_image=given)
        close(model.decode(torch.zeros(1, 5))[0], mean.clamp(0.001, 0.999))
        assert model.pixel_bias.requires_grad


@pytest.mark.parametrize("mean", [torch.rand(1, 27, 28), torch.full((1, 28, 28), 1.5), torch.full((784,), float("nan"))])
def test_a_mean_image_of_another_size_or_range_is_refused(mean):
    with pytest.raises(ValueError, match=r"TiedAutoencoder\(mean_image\)"):
        models.TiedAutoencoder(5, mean_image=mean)


@pytest.mark.parametrize("kind", [models.MLPAutoencoder, models.TiedAutoencoder])
def test_other_sizes_and_colours(kind):
    model, x = kind(5, img_size=12, channels=3), torch.rand(2, 3, 12, 12)
    recon, z = model(x)
    assert recon.shape == x.shape and z.shape == (2, 5) and model.decode(torch.rand(4, 5)).shape == (4, 3, 12, 12)


@pytest.mark.parametrize("kind", [models.MLPAutoencoder, models.TiedAutoencoder, models.MLPVAE, models.VQVAE])
@pytest.mark.parametrize("arguments", [{"img_size": 0}, {"channels": 1.5}])
def test_bad_sizes_are_refused(kind, arguments):
    with pytest.raises(ValueError, match=rf"{kind.__name__}\({next(iter(arguments))}\)"):
        kind(**arguments)
