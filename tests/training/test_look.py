"""The look at the first batch: logits and foreign images are seen, right models are let through, no trace is left."""

from functools import partial

import pytest
import torch
from torch import nn

from tests.training.support import QUIET, Tiny, same_weights, tiny, unchecked
from vae_helpers import data, losses, models
from vae_helpers.training import fit


class Linear(Tiny):
    """A decoder that ends without a sigmoid: logits, or the values themselves."""

    def forward(self, x):
        mu, logvar = self.encoder(x.flatten(1)).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decoder(z).view_as(x), mu, logvar


def linear():
    torch.manual_seed(0)
    return Linear()


@pytest.mark.parametrize("loss", [losses.vae_loss, partial(losses.vae_loss, B=10), losses.sigma_vae_loss])
def test_logits_with_a_loss_of_pixels_are_refused(small, loss, language):
    model = linear()
    with pytest.raises(ValueError, match="logit.*bernoulli_vae_loss.*sigmoid"):
        fit(model, small, epochs=1, loss=loss, **QUIET)
    assert same_weights(model, linear())


def test_the_kits_mlp_vae_is_not_trained_on_squared_errors_of_logits(small):
    with pytest.raises(ValueError, match="logits"):
        fit(models.MLPVAE(hidden=16), small, epochs=1, **QUIET)
    fit(models.MLPVAE(hidden=16, logits=False), small, epochs=1, **QUIET)
    fit(models.MLPVAE(hidden=16), small, epochs=1, loss=losses.bernoulli_vae_loss, **QUIET)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.BCELoss(), torch.nn.functional.mse_loss, losses.reconstruction_loss])
def test_pytorchs_own_losses_of_pixels_count_too(small, loss):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 784), nn.Unflatten(1, (1, 28, 28)))
    with pytest.raises(ValueError, match="logits"):
        fit(model, small, epochs=1, loss=loss, **QUIET)
    fit(nn.Sequential(model, nn.Sigmoid()), small, epochs=1, loss=loss, **QUIET)


def own_mse(recon, x, mu, logvar):
    return (recon - x).pow(2).sum(), 0.0, 0.0


def own_logits(recon, x, mu, logvar):
    return torch.nn.functional.binary_cross_entropy_with_logits(recon, x, reduction="sum") / len(x)


def own_mean_of_logits(recon, x, mu, logvar):
    return 1e-3 * torch.nn.functional.binary_cross_entropy_with_logits(recon, x)  # with very small gradients


def blind(recon, x, mu, logvar):
    return (0 * recon).sum() + mu.pow(2).sum()


def through_sigmoid(recon, x, mu, logvar):
    return losses.vae_loss(torch.sigmoid(recon), x, mu, logvar)


@pytest.mark.parametrize(
    "loss, told",
    [
        (own_mse, True),
        (lambda *v: own_mse(*v)[0].mean(), True),
        (own_logits, False),
        (own_mean_of_logits, False),
        (blind, False),
        (through_sigmoid, False),
    ],
)
def test_of_a_students_loss_fit_finds_out_whether_it_means_pixels(small, loss, told, language, capsys):
    """A linear decoder with a squared error of one's own is no mistake, but it is said; BCE-with-logits is left in peace."""
    fit(linear(), small, epochs=1, loss=loss, **QUIET)
    assert ("logit" in capsys.readouterr().out) == told


def test_finding_that_out_leaves_the_training_as_it_was(small, capsys):
    def unasked(recon, x, mu, logvar):
        if torch.equal(recon, x):  # how fit asks
            raise RuntimeError
        return own_mse(recon, x, mu, logvar)

    models_ = [linear(), linear()]
    for model, loss in zip(models_, (own_mse, unasked), strict=True):
        fit(model, small, epochs=2, batch_size=64, loss=loss, seed=0, **QUIET)
    assert capsys.readouterr().out.count("logit") == 1
    assert same_weights(*models_)


@pytest.mark.parametrize("scale", [lambda x: 255 * x, lambda x: 2 * x - 1, lambda x: (x - 0.1307) / 0.3081])
def test_images_that_a_sigmoid_cannot_reach_are_refused(small, scale, language):
    images = unchecked(scale(small.images), small.labels, "scaled")
    with pytest.raises(ValueError, match=r"\[0, 1\].*255"):
        fit(tiny(), images, epochs=1, **QUIET)


def test_centred_images_and_a_linear_decoder_suit_each_other(small, capsys):
    """Lesson 08's PCA: values around 0 in and out."""
    centred = data.ImageDataset(small.images - small.images.mean(0), small.labels, "centred")
    fit(linear(), centred, epochs=1, loss=own_mse, **QUIET)
    fit(linear(), centred, epochs=1, **QUIET)
    assert capsys.readouterr().out == ""


def test_slight_overshoots_of_a_resized_image_are_no_offence(small):
    images = data.ImageDataset(1.06 * small.images - 0.03, small.labels, "bicubic")
    fit(tiny(), images, epochs=1, **QUIET)


def test_the_look_leaves_no_trace(small):
    """Batch norm has seen each batch once, the loss was called once for each, and no random number is missing."""

    class Normed(Tiny):
        def __init__(self):
            super().__init__()
            self.norm, self.calls = nn.BatchNorm2d(1), 0

        def forward(self, x):
            return super().forward(torch.sigmoid(self.norm(x)))

    calls = []

    def loss(*values):
        calls.append(1)
        return losses.vae_loss(*values)

    torch.manual_seed(0)
    model, by_hand = Normed(), Normed()
    by_hand.load_state_dict(model.state_dict())
    fit(model, small, epochs=1, batch_size=64, seed=3, loss=loss, **QUIET)
    torch.manual_seed(3)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    for indices in torch.randperm(200).split(64):
        x = small.images[indices]
        recon, mu, logvar = by_hand(x)
        optimizer.zero_grad()
        losses.vae_loss(recon, x, mu, logvar)[0].backward()
        optimizer.step()
    assert same_weights(model, by_hand) and model.norm.num_batches_tracked == 4 and len(calls) == 4
