"""The networks: shapes, parameters, and weights that pass both ways to a class typed from the handout."""

import pytest
import torch

from vae_helpers import data, losses, models, training


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


@pytest.mark.parametrize("logits", [True, False])
def test_mlp_vae_of_the_article(logits):
    """784 → 512 → 20 and back; decode gives images, forward logits or images."""
    torch.manual_seed(0)
    model, x = models.MLPVAE(20, 512, logits=logits), torch.rand(3, 1, 28, 28)
    assert sum(p.numel() for p in model.parameters()) == (785 * 512 + 513 * 40) + (21 * 512 + 513 * 784)
    first, mu, logvar = model(x)
    assert first.shape == x.shape and mu.shape == logvar.shape == (3, 20)
    assert (first.min() < 0) == logits  # logits have both signs
    z = torch.randn(4, 20)
    torch.testing.assert_close(model.decode(z), torch.sigmoid(model.decoder(z)))


def test_gaussian_vae_gives_a_sigma_for_each_pixel():
    model, x = models.GaussianVAE(5, 32, min_sigma=0.05), torch.rand(3, 1, 28, 28)
    recon, mu, logvar, sigma = model(x)
    assert recon.shape == sigma.shape == x.shape and mu.shape == logvar.shape == (3, 5)
    assert recon.min() >= 0 and recon.max() <= 1 and sigma.min() >= 0.05
    z = torch.randn(2, 5)
    torch.testing.assert_close(model.decode(z), model.distribution(z)[0])
    assert [type(layer).__name__ for layer in model.encoder].count("Linear") == 3  # two hidden layers, one output


def ones_and_zeros(n):
    return torch.bernoulli(torch.full((n, 1, 28, 28), 0.3))


def test_autoregressive_pixels_see_only_the_pixels_before_them():
    model, x = models.AutoregressiveVAE(4, 16), ones_and_zeros(1)
    torch.nn.init.normal_(model.look_back)
    z = torch.randn(1, 4)
    before = model.pixel_logits(x, z).flatten()
    changed = x.clone()
    changed.view(-1)[300] = 1 - changed.view(-1)[300]
    after = model.pixel_logits(changed, z).flatten()
    assert torch.equal(before[:301], after[:301]) and (before[301:] != after[301:]).all()


def test_autoregressive_samples_follow_the_models_probabilities():
    """Two pixels that decide each other: the second copies the first."""
    model = models.AutoregressiveVAE(2, 8)
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    with torch.no_grad():
        model.look_back[1, 0] = 40.0
        model.decoder[2].bias[1] = -20.0
    torch.manual_seed(0)
    samples = model.sample(torch.zeros(400, 2)).flatten(1)
    assert samples[:, 0].mean().item() == pytest.approx(0.5, abs=0.08)
    assert torch.equal(samples[:, 1], samples[:, 0])


def test_autoregressive_decode_says_what_to_use_instead():
    with pytest.raises(NotImplementedError, match=r"sample\(z\).*pixel_logits\(x, z\)"):
        models.AutoregressiveVAE(2, 8).decode(torch.zeros(1, 2))


def test_cvae_uses_the_label_on_both_sides():
    model, x = models.CVAE(3, 32), torch.rand(2, 1, 28, 28)
    y, other = torch.tensor([7, 0]), torch.tensor([1, 2])
    logits, mu, logvar = model(x, y)
    assert logits.shape == x.shape and mu.shape == logvar.shape == (2, 3)
    assert not torch.allclose(model.encode(x, y)[0], model.encode(x, other)[0])
    z = torch.randn(2, 3)
    assert not torch.allclose(model.decode(z, y), model.decode(z, other))
    torch.testing.assert_close(model.decode(z, y), torch.sigmoid(model.pixel_logits(z, y)))


def test_vqvae_quantises_to_the_nearest_and_copies_the_gradient():
    model, x = models.VQVAE(positions=4, codes=6, dim=3, hidden=16), torch.rand(5, 1, 28, 28)
    logits, z_e, z_q = model(x)
    index = model.encode(x)
    assert logits.shape == x.shape and index.shape == (5, 4) and index.max() < 6
    distances = (z_e[:, :, None] - model.codebook).norm(dim=-1)
    torch.testing.assert_close(distances.min(dim=-1).values, (z_e - z_q).norm(dim=-1))
    torch.testing.assert_close(model.decode(index), torch.sigmoid(logits))
    logits.sum().backward()
    assert model.encoder[1].weight.grad.abs().max() > 0  # through the straight-through estimator
    assert model.codebook.grad is None  # only the loss's own term moves the codebook


def test_vqvae_trains_with_fit_and_its_loss(small):
    torch.manual_seed(0)
    model = models.VQVAE(positions=4, codes=8, dim=3, hidden=32)
    history = training.fit(
        model, small, epochs=8, batch_size=20, lr=3e-3, loss=losses.vq_loss, log_dir=None, progress=False, device="cpu"
    )
    assert history["recon"][-1] < 0.8 * history["recon"][0]


def test_code_prior_sees_only_the_letters_before():
    model = models.CodePrior(codes=5, hidden=8)
    word = torch.randint(5, (1, 6))
    changed = word.clone()
    changed[0, 3] = (changed[0, 3] + 1) % 5
    (a,), (b,) = model(word), model(changed)
    assert a.shape == (1, 6, 5)
    torch.testing.assert_close(a[:, :4], b[:, :4])
    assert not torch.allclose(a[:, 4:], b[:, 4:])


def test_code_prior_learns_and_samples_a_fixed_word():
    torch.manual_seed(0)
    model, word = models.CodePrior(codes=5, hidden=16), torch.tensor([3, 0, 4, 4])
    words = data.ImageDataset(word.repeat(64, 1), torch.zeros(64), "words")

    def loss(logits, index):
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), index.flatten())

    training.fit(model, words, epochs=60, batch_size=64, lr=2e-2, loss=loss, log_dir=None, progress=False, device="cpu")
    assert (model.sample(20, 4) == word).float().mean() > 0.95


def test_avae_draws_an_image_and_encodes_it_again():
    """The image drawn sends no gradient back, so the decoder learns from the reconstruction alone."""
    model, x = models.AVAE(3, 16), ones_and_zeros(4)
    logits, mu, logvar, z, mu_again, logvar_again = model(x)
    assert logits.shape == x.shape
    assert all(t.shape == (4, 3) for t in (mu, logvar, z, mu_again, logvar_again))
    torch.testing.assert_close(logits, model.decoder(z))
    (mu_again.sum() + logvar_again.sum()).backward()
    assert all(p.grad is None for p in model.decoder.parameters())
    assert all(p.grad is not None for p in model.encoder.parameters())
