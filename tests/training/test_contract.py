"""One contract: which models and losses fit takes, what it makes of them, and what it says of all others."""

import math
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.training.support import QUIET, Tiny, numbers, same_weights, tiny
from vae_helpers import data, losses, models
from vae_helpers.training import fit
from vae_helpers.training.contract import Objective, parts_of


class Plain(nn.Module):
    """The commonest autoencoder: forward gives recon and nothing else; wrap says in what."""

    def __init__(self, wrap=lambda recon: recon):
        super().__init__()
        torch.manual_seed(0)
        self.layers, self.wrap = nn.Sequential(nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 784), nn.Sigmoid()), wrap

    def forward(self, x):
        return self.wrap(self.layers(x.flatten(1)).view_as(x))


def squared_error(recon, x):
    return (recon - x).pow(2).sum() / len(x)


# ------------------------------------------------------------------------------------------------- models


def test_a_model_may_give_one_tensor_a_tuple_or_a_list(small):
    wraps = (lambda recon: recon, lambda recon: (recon,), lambda recon: [recon])
    runs = [fit(Plain(wrap), small, small, epochs=2, loss=squared_error, seed=0, **QUIET) for wrap in wraps]
    assert numbers(runs[0]) == numbers(runs[1]) == numbers(runs[2])
    assert runs[0]["loss"][1] < runs[0]["loss"][0] and math.isfinite(runs[0]["val_loss"][0])


def test_a_vae_may_give_a_list(small):
    class Lists(Tiny):
        def forward(self, x):
            return list(super().forward(x))

    torch.manual_seed(0)
    assert numbers(fit(Lists(), small, epochs=1, seed=0, **QUIET)) == numbers(
        fit(tiny(), small, epochs=1, seed=0, **QUIET)
    )


@pytest.mark.parametrize("wrap", [lambda recon: {"recon": recon}, lambda recon: None, lambda recon: "images"])
def test_a_model_of_another_form_is_told_what_fit_expects(small, wrap, language):
    model = Plain(wrap)
    before = [weight.clone() for weight in model.parameters()]
    with pytest.raises(ValueError, match="forward.*recon.*(recon, mu, logvar)"):
        fit(model, small, epochs=1, loss=squared_error, **QUIET)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True))


def test_flat_reconstructions_train_as_the_handouts_own_loss_takes_them(small):
    """The handout's F.mse_loss on x.view(N, 784): fit hands flat outputs on as they are."""

    class Flat(Tiny):
        def forward(self, x):
            recon, *rest = super().forward(x)
            return recon.flatten(1), *rest

    def flat_loss(recon, x, mu, logvar):
        return losses.vae_loss(recon, x.view(len(x), -1), mu, logvar)

    torch.manual_seed(0)
    flat = fit(Flat(), small, small, epochs=2, seed=0, loss=flat_loss, **QUIET)
    assert flat["loss"] == pytest.approx(fit(tiny(), small, small, epochs=2, seed=0, **QUIET)["loss"], rel=1e-4)


# ------------------------------------------------------------------------------------------------- losses


def as_(form):
    def loss(recon, x, mu, logvar):
        return form(*losses.vae_loss(recon, x, mu, logvar))

    return loss


FORMS = {
    "tuple": lambda total, recon, kl: (total, recon, kl),
    "list": lambda total, recon, kl: [total, recon, kl],
    "items": lambda total, recon, kl: (total, recon.item(), kl.item()),
    "NumPy": lambda total, recon, kl: (total, recon.detach().numpy(), np.float32(kl.item())),
    "one element": lambda total, recon, kl: (total.reshape(1), recon.reshape(1, 1), kl),
    "dict": lambda total, recon, kl: {"kl": kl, "loss": total, "recon": recon.item()},
    "more": lambda total, recon, kl: (total, recon, kl, "a word", None),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_loss_may_give_numbers_and_tensors_in_a_tuple_or_a_dict(small, form):
    expected, got = tiny(), tiny()
    history = fit(expected, small, small, epochs=2, batch_size=64, seed=0, **QUIET)
    assert numbers(fit(got, small, small, epochs=2, batch_size=64, seed=0, loss=as_(FORMS[form]), **QUIET)) == numbers(
        history
    )
    assert same_weights(expected, got)


@pytest.mark.parametrize(
    "form, known",
    [
        (lambda total, recon, kl: total, []),
        (lambda total, recon, kl: (total,), []),
        (lambda total, recon, kl: (total, recon), ["recon"]),
        (lambda total, recon, kl: {"loss": total, "kl": kl}, ["kl"]),
        (lambda total, recon, kl: (total, None, kl), ["kl"]),
    ],
)
def test_what_a_loss_does_not_tell_is_nan(small, form, known):
    history = fit(tiny(), small, epochs=1, loss=as_(form), **QUIET)
    assert [column for column in ("recon", "kl") if math.isfinite(history[column][0])] == known
    assert math.isfinite(history["loss"][0])


@pytest.mark.parametrize(
    "form, named",
    [
        (lambda total, recon, kl: total.item(), "float"),
        (lambda total, recon, kl: (total.item(), recon, kl), r"\(float"),
        (lambda total, recon, kl: (total, (recon, kl)), r"\(tensor\(\), \(tensor"),
        (lambda total, recon, kl: (total, [recon.item()]), "float"),
        (lambda total, recon, kl: torch.stack([total, recon]), r"tensor\(2,\)"),
        (lambda total, recon, kl: {"total": total}, "'total'"),
        (lambda total, recon, kl: None, "NoneType"),
        (lambda total, recon, kl: (), r"\(\)"),
        (lambda total, recon, kl: "low", "str"),
        (lambda total, recon, kl: (total, torch.ones(3), kl), r"tensor\(3,\)"),
        (lambda total, recon, kl: (total, "low", kl), "str"),
    ],
)
def test_a_loss_of_another_form_is_told_what_fit_expects(small, form, named, language):
    model = tiny()
    with pytest.raises(ValueError, match=f"loss.*{named}.*recon, kl"):
        fit(model, small, epochs=1, loss=as_(form), **QUIET)
    assert same_weights(model, tiny())


@pytest.mark.parametrize("cut", [lambda total: total.detach(), lambda total: torch.tensor(total.item())])
def test_a_total_without_gradient_is_told(small, cut, language):
    with pytest.raises(ValueError, match="gradient.*item"):
        fit(tiny(), small, epochs=1, loss=as_(lambda total, recon, kl: (cut(total), recon, kl)), **QUIET)


def test_a_loss_that_takes_fewer_values_than_the_model_gives_is_told(small, language):
    with pytest.raises(ValueError, match=r"loss\(recon, x, outputs\[1\], outputs\[2\]\).*\(recon, x\).*\*rest"):
        fit(tiny(), small, epochs=1, loss=squared_error, **QUIET)
    with pytest.raises(ValueError, match=r"loss\(recon, x\).*logvar"):
        fit(Plain(), small, epochs=1, **QUIET)
    fit(tiny(), small, epochs=1, loss=lambda recon, x, *rest: squared_error(recon, x), **QUIET)
    fit(Plain(), small, epochs=1, loss=nn.MSELoss(), **QUIET)
    fit(Plain(), small, epochs=1, loss=F.mse_loss, **QUIET)


def test_parts_keep_the_totals_kind_and_send_no_gradient():
    total = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    parts = parts_of((total, torch.tensor(3.0, requires_grad=True), 4))
    assert [part.item() for part in parts] == [2, 3, 4]
    assert {part.dtype for part in parts} == {torch.float64} and [part.requires_grad for part in parts] == [
        True,
        False,
        False,
    ]


# ------------------------------------------------------------------------------------------------- labels


class Conditional(Tiny):
    """A CVAE: both sides are told the label, one-hot."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(794, 4), nn.Linear(12, 784)

    def forward(self, x, y):
        hot = F.one_hot(y, 10).float()
        mu, logvar = self.encoder(torch.cat([x.flatten(1), hot], 1)).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.decoder(torch.cat([z, hot], 1))).view_as(x), mu, logvar


def test_a_conditional_vae_trains_on_the_right_labels(small):
    """One epoch of fit equals the loop written out, labels in the images' order; from a loader as well."""
    torch.manual_seed(0)
    ours, by_hand, loaded = Conditional(), Conditional(), Conditional()
    by_hand.load_state_dict(ours.state_dict()), loaded.load_state_dict(ours.state_dict())
    history = fit(ours, small, small, epochs=1, batch_size=64, seed=5, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    for indices in torch.randperm(200).split(64):
        x, y = small.images[indices], small.labels[indices]
        recon, mu, logvar = by_hand(x, y)
        optimizer.zero_grad()
        losses.vae_loss(recon, x, mu, logvar)[0].backward()
        optimizer.step()
    assert same_weights(ours, by_hand) and math.isfinite(history["val_loss"][0])
    fit(loaded, DataLoader(small, batch_size=64, shuffle=True), epochs=1, seed=5, **QUIET)
    assert not same_weights(loaded, Conditional())


def test_the_kits_cvae_trains_through_fit(small):
    torch.manual_seed(0)
    model = models.CVAE(latent_dim=2, hidden=16)
    history = fit(model, small, epochs=3, batch_size=50, lr=1e-2, loss=losses.bernoulli_vae_loss, seed=0, **QUIET)
    assert history["loss"][2] < history["loss"][0]


@pytest.mark.parametrize("name", ["y", "labels"])
def test_a_loss_that_asks_for_labels_gets_those_of_its_images(small, name):
    seen = []

    def check(recon, x, mu, logvar, labels):
        matches = (x[:, None] == small.images[None]).flatten(2).all(2).float().argmax(1)  # which image each one is
        assert torch.equal(small.labels[matches], labels)
        seen.append(len(labels))
        return losses.vae_loss(recon, x, mu, logvar)

    def with_y(recon, x, mu, logvar, y):
        return check(recon, x, mu, logvar, y)

    def with_labels(recon, x, mu, logvar, *, labels=None):
        return check(recon, x, mu, logvar, labels)

    loss = {"y": with_y, "labels": with_labels}[name]
    fit(tiny(), small, small, epochs=1, batch_size=64, loss=loss, **QUIET)
    assert seen == [64, 64, 64, 8] * 2


def test_todays_names_keep_their_meaning(small):
    """loss(recon, y): y is the second value, the images, as ever; a y that is bound already stays bound."""

    def loss(recon, y):
        assert y.shape[1:] == (1, 28, 28)
        return squared_error(recon, y)

    fit(Plain(), small, epochs=1, loss=loss, **QUIET)

    def bound(recon, x, y):
        assert y == "mine"
        return squared_error(recon, x)

    fit(Plain(), small, epochs=1, loss=partial(bound, y="mine"), **QUIET)


def test_data_without_labels(small, language):
    unlabelled = TensorDataset(small.images)
    with pytest.raises(ValueError, match=r"model\.forward.*y"):
        fit(Conditional(), unlabelled, epochs=1, **QUIET)
    with pytest.raises(ValueError, match=r"loss.*labels"):
        fit(tiny(), unlabelled, epochs=1, loss=lambda recon, x, mu, logvar, labels: recon.sum(), **QUIET)
    fit(tiny(), unlabelled, epochs=1, loss=lambda recon, x, mu, logvar, y=None: recon.sum(), **QUIET)


def test_a_forward_that_wants_something_else_is_told(small, language):
    class Wants(Tiny):
        def forward(self, x, condition):
            return super().forward(x)

    with pytest.raises(ValueError, match=r"model\.forward\(x\).*condition.*y"):
        fit(Wants(), small, epochs=1, **QUIET)


def test_an_image_as_second_of_a_pair_reaches_the_loss(small):
    """Denoising by a loader of (noisy, clean): the loss asks for y and gets the clean image."""
    noisy = (small.images + 0.3).clamp(0, 1)
    pairs = TensorDataset(noisy, small.images)
    history = fit(Plain(), pairs, epochs=1, batch_size=200, loss=lambda recon, x, y: squared_error(recon, y), **QUIET)
    with torch.no_grad():
        assert history["loss"][0] == pytest.approx(squared_error(Plain()(noisy), small.images).item(), rel=1e-4)


def test_the_objective_is_nan_where_a_number_in_or_out_is_none():
    model = Plain()
    objective = Objective(model, lambda recon, x: F.binary_cross_entropy(recon, x))
    x = torch.rand(4, 1, 28, 28)
    assert objective(x, None)[0].isfinite()
    for bad in (math.nan, math.inf, -math.inf):
        assert objective(x.index_fill(0, torch.tensor([2]), bad), None)[0].isnan()
    with torch.no_grad():
        model.layers[2].weight[0] = math.nan
    assert objective(x, None)[0].isnan()


def test_a_double_model_gets_double_images(small):
    model = tiny().double()
    assert math.isfinite(fit(model, small, small, epochs=1, **QUIET)["val_loss"][0])
    assert model.encoder.weight.dtype == torch.float64


def test_labels_of_an_image_dataset_may_be_missing(small):
    images = data.ImageDataset(small.images, small.labels, "x")
    images.labels = None
    fit(tiny(), images, epochs=1, **QUIET)
