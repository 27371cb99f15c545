"""The networks: shapes, parameters, and weights that pass both ways to a class typed from the handout."""

import pytest
import torch

from vae_helpers import models


def test_parameter_count_of_the_exercise():
    assert sum(p.numel() for p in models.VAE().parameters()) == 68_485


@pytest.mark.parametrize("n, latent_dim", [(1, 2), (3, 10)])
def test_vae_shapes(n, latent_dim):
    model = models.VAE(latent_dim=latent_dim)
    recon, mu, logvar = model(torch.rand(n, 1, 28, 28))
    assert recon.shape == (n, 1, 28, 28)
    assert mu.shape == logvar.shape == model.reparameterize(mu, logvar).shape == (n, latent_dim)
    assert recon.min() >= 0 and recon.max() <= 1


def test_autoencoder_is_deterministic_and_has_one_code():
    model, x = models.Autoencoder(latent_dim=5), torch.rand(3, 1, 28, 28)
    recon, z = model(x)
    assert recon.shape == x.shape and z.shape == (3, 5)
    torch.testing.assert_close(model(x)[0], recon)
    torch.testing.assert_close(model.decode(model.encode(x)), recon)


def test_colour_images():
    assert models.VAE(channels=3)(torch.rand(2, 3, 28, 28))[0].shape == (2, 3, 28, 28)


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


def test_reparameterize_samples_q_and_lets_gradients_pass():
    mu = torch.tensor([[1.0, -2.0]]).repeat(50_000, 1).requires_grad_()
    logvar = torch.tensor([[-1.0, 0.5]]).repeat(50_000, 1).requires_grad_()
    z = models.VAE().reparameterize(mu, logvar)
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(0), torch.exp(0.5 * logvar[0]), atol=0.02, rtol=0)
    z.sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))
    torch.testing.assert_close(logvar.grad, 0.5 * (z - mu).detach())


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
    torch.testing.assert_close(model.decode(model.encode(x)), recon)


def test_tied_autoencoder_is_its_formula():
    """z = s(W x + b), recon = sigmoid(Wᵀ z + c), with one W."""
    model, x = models.TiedAutoencoder(7), torch.rand(2, 1, 28, 28)
    torch.nn.init.normal_(model.code_bias), torch.nn.init.normal_(model.pixel_bias)
    z = torch.sigmoid(x.view(2, 784) @ model.weight.T + model.code_bias)
    recon = torch.sigmoid(z @ model.weight + model.pixel_bias)
    torch.testing.assert_close(model(x), (recon.view(2, 1, 28, 28), z))
    assert sum(p.numel() for p in model.parameters()) == 7 * 784 + 7 + 784
