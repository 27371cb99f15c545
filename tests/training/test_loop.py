"""fit: the handout's recipe, the same again for the same seed, and clear words for bad arguments."""

import copy
import math

import pytest
import torch
from torch.utils.data import DataLoader

from tests.training.support import QUIET, numbers, same_weights, tiny
from vae_helpers import data, losses, models
from vae_helpers.training import fit


def test_training_lowers_the_error_on_images_not_seen(small):
    train, validation = data.split(small)
    history = fit(tiny(), train, validation, epochs=15, batch_size=32, lr=1e-2, seed=0, **QUIET)
    assert history["val_recon"][-1] < 0.75 * history["val_recon"][0]


def test_recipe_is_adam_with_the_handouts_loss(small):
    """One epoch of fit equals the loop written out, batch by batch."""
    ours, by_hand = tiny(), tiny()
    history = fit(ours, small, epochs=1, batch_size=50, lr=1e-3, weight_decay=1e-5, seed=5, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    total = 0
    for indices in torch.randperm(200).split(50):
        x = small.images[indices]
        recon, mu, logvar = by_hand(x)
        loss, _, _ = losses.vae_loss(recon, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    assert same_weights(ours, by_hand)
    assert history["loss"][0] == pytest.approx(total / 200, rel=1e-4)


def test_fast_path_agrees_with_the_plain_loop_step_by_step(small):
    """The kit's own VAE: what makes fit fast changes no loss by more than rounding, at any step."""
    torch.manual_seed(0)
    ours = models.VAE()
    by_hand = copy.deepcopy(ours)
    steps = []

    def recording_loss(recon, x, mu, logvar):
        parts = losses.vae_loss(recon, x, mu, logvar)
        steps.append(parts[0].item())
        return parts

    fit(ours, small, epochs=3, batch_size=50, loss=recording_loss, seed=5, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    plain = []
    for _ in range(3):
        for indices in torch.randperm(200).split(50):
            x = torch.stack([small[i][0] for i in indices.tolist()])
            recon, mu, logvar = by_hand(x)
            loss, _, _ = losses.vae_loss(recon, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            plain.append(loss.item())
    assert steps == pytest.approx(plain, rel=1e-4) and len(steps) == 12
    for a, b in zip(ours.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)


def test_one_cycle_raises_and_lowers_the_learning_rate(small, monkeypatch):
    seen = []
    step = torch.optim.Adam.step

    def recording(self, *arguments, **keywords):
        seen.append(self.param_groups[0]["lr"])
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.Adam, "step", recording)
    fit(tiny(), small, epochs=10, batch_size=50, lr=4e-3, schedule="one-cycle", **QUIET)
    top = seen.index(max(seen))
    assert len(seen) == 40 and 10 <= top <= 13 and max(seen) == pytest.approx(4e-3, rel=0.01)
    assert seen == sorted(seen[: top + 1]) + sorted(seen[top + 1 :], reverse=True)
    assert seen[-1] < 1e-3 * max(seen)


def test_same_seed_same_history(small):
    runs = [fit(tiny(), small, small, epochs=3, batch_size=64, seed=1, **QUIET) for _ in range(2)]
    assert numbers(runs[0]) == numbers(runs[1])
    other = fit(tiny(), small, small, epochs=3, batch_size=64, seed=2, **QUIET)
    assert numbers(other) != numbers(runs[0])


def test_validation_does_not_disturb_training(small):
    a, b = tiny(), tiny()
    with_validation = fit(a, small, small, epochs=2, batch_size=64, seed=1, **QUIET)
    without = fit(b, small, epochs=2, batch_size=64, seed=1, **QUIET)
    assert with_validation["loss"] == without["loss"]
    assert same_weights(a, b)
    assert all(math.isnan(value) for value in without["val_loss"])


def test_handouts_class_and_autoencoder_train(small, handout_vae):
    history = fit(handout_vae(), small, epochs=1, batch_size=100, **QUIET)
    assert math.isfinite(history["kl"][0])
    history = fit(
        models.Autoencoder(),
        small,
        small,
        epochs=1,
        loss=lambda recon, x, z: losses.reconstruction_loss(recon, x, "bce"),
        **QUIET,
    )
    assert math.isfinite(history["val_loss"][0]) and math.isnan(history["kl"][0])


# --------------------------------------------------------------------------------------------------- policies


def test_validation_draws_the_same_noise_in_every_epoch(small):
    """With a learning rate of 0 nothing is learnt: then only the noise could change the validation's loss."""
    history = fit(tiny(), small, small, epochs=3, batch_size=64, lr=0.0, seed=0, **QUIET)
    assert len(set(history["val_loss"])) == 1
    assert len(set(history["loss"])) == 3  # the training's noise is another each time


def test_validation_is_the_same_each_time_from_a_loader_that_shuffles(small):
    loader = DataLoader(small, batch_size=64, shuffle=True)
    assert len(set(fit(tiny(), small, loader, epochs=3, lr=0.0, seed=0, **QUIET)["val_loss"])) == 1
    model = models.VAE()  # whose order of memory is settled once, before
    assert len(set(fit(model, small, loader, epochs=3, batch_size=100, lr=0.0, **QUIET)["val_loss"])) == 1


def test_validation_learns_nothing_and_comes_in_order(small):
    seen = []

    def loss(recon, x, mu, logvar):
        seen.append((torch.is_grad_enabled(), x.clone()))
        return losses.vae_loss(recon, x, mu, logvar)

    fit(tiny(), small, small, epochs=2, batch_size=200, loss=loss, **QUIET)
    assert [graded for graded, _ in seen] == [True, False, True, False]
    assert torch.equal(seen[1][1], small.images) and torch.equal(seen[3][1], small.images)
    assert not torch.equal(seen[0][1], small.images)  # the training is shuffled


def test_weights_that_take_no_part_stay_as_they_are(small):
    """Weight decay moves only what has a gradient."""
    model = tiny()
    model.spare = torch.nn.Linear(2, 2)
    before = model.spare.weight.clone()
    fit(model, small, epochs=1, **QUIET)
    assert torch.equal(model.spare.weight, before)


def test_one_cycle_moves_adams_beta1_against_the_learning_rate(small, monkeypatch):
    """As the docstring says."""
    seen, step = [], torch.optim.Adam.step

    def recording(self, *arguments, **keywords):
        seen.append((self.param_groups[0]["lr"], self.param_groups[0]["betas"][0]))
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.Adam, "step", recording)
    fit(tiny(), small, epochs=10, batch_size=50, lr=4e-3, schedule="one-cycle", **QUIET)
    assert min(seen)[1] == pytest.approx(0.95, abs=1e-4) and max(seen)[1] == pytest.approx(0.85, abs=1e-4)
    assert "0.95 to 0.85" in fit.__doc__


def test_fit_is_no_longer_than_a_page():
    import ast
    import inspect

    (function,) = ast.parse(inspect.getsource(fit)).body
    text = function.body[0]
    assert function.end_lineno - function.lineno + 1 - (text.end_lineno - text.lineno + 1) <= 60
