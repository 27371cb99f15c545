"""Diffusion on codes: how noise is mixed in, what training asks for, how codes are drawn."""

import math

import pytest
import torch
import torch.nn.functional as F

from tests.models.support import close
from vae_helpers import data, models, training


def small(**changes):
    return models.LatentDiffusion(**{"maps": 2, "side": 3, "width": 8, **changes})


def test_noise_is_mixed_in_on_a_quarter_circle():
    z, epsilon = torch.randn(3, 2, 3, 3), torch.randn(3, 2, 3, 3)
    z_t = models.q_sample(z, torch.tensor([0, 0.7, math.pi / 2]), epsilon)
    close(z_t[0], z[0])
    close(z_t[1], math.cos(0.7) * z[1] + math.sin(0.7) * epsilon[1])
    close(z_t[2], epsilon[2])


def test_training_mixes_scaled_codes_at_every_angle_and_withholds_one_label_in_ten(monkeypatch):
    model, seen = small(), []
    model.scale.fill_(0.5)
    monkeypatch.setattr(model, "noise", lambda z_t, theta, y: seen.append((z_t, theta, y)) or torch.zeros_like(z_t))
    x = torch.full((20_000, 2, 3, 3), 4.0)
    for _ in (model.train(), model.eval()):
        guess, epsilon = model(x, torch.full((20_000,), 7))
        z_t, theta, y = seen.pop()
        close(z_t, models.q_sample(0.5 * x, theta, epsilon))
        spread = torch.histc(theta.rad2deg(), 43, 0, 86)
        assert spread.sum() == 20_000 and spread.min() > 350 and guess.shape == x.shape
        assert abs(epsilon.mean()) < 0.01 and abs(epsilon.std() - 1) < 0.01
        assert ((y == 7) | (y == 10)).all()
        assert abs((y == 10).float().mean() - 0.1 * model.training) < 0.01


def test_angle_and_label_count():
    torch.manual_seed(0)
    model, z = small().eval(), torch.randn(1, 2, 3, 3)

    def guess(theta, y):
        return model.noise(z, torch.tensor([theta]), torch.tensor([y]))

    assert guess(0.3, 1).shape == z.shape
    assert not torch.allclose(guess(0.3, 1), guess(0.4, 1)) and not torch.allclose(guess(0.3, 1), guess(0.3, 10))


def test_guidance_goes_from_the_guess_without_label_past_that_with_it():
    without, labelled = torch.randn(2, 3), torch.randn(2, 3)
    towards = models.LatentDiffusion.towards
    close(towards(without, labelled, 0), without)
    close(towards(without, labelled, 1), labelled)
    close(towards(without, labelled, 3.0), labelled + 2 * (labelled - without))


@pytest.mark.parametrize("w, label", [(0.0, 10), (1.0, 4)])
def test_drawing_without_guidance_asks_without_a_label_and_with_one_with_it(monkeypatch, w, label):
    """Two networks in one: where the label is withheld it says that all is 1, else that all is the label."""
    model = small()
    monkeypatch.setattr(model, "noise", lambda z_t, theta, y: torch.where(y == 10, 1.0, y.float())[:, None, None, None])
    z = torch.zeros(1, 2, 3, 3)
    steps = model.sample(torch.tensor([4]), steps=1, w=w, z=z)
    close(steps, -torch.full_like(z, 1.0 if label == 10 else 4.0) * math.tan(math.radians(86)))


@pytest.mark.parametrize("steps", [1, 7, 20])
def test_with_the_right_noise_the_steps_lead_back_to_the_code(monkeypatch, steps):
    model, z_0, epsilon = small(), torch.randn(2, 2, 3, 3), torch.randn(2, 2, 3, 3)
    model.scale.fill_(0.25)
    monkeypatch.setattr(model, "noise", lambda z_t, theta, y: epsilon)
    z = models.q_sample(z_0, torch.full((2,), math.radians(86)), epsilon)
    close(model.sample(torch.tensor([0, 1]), steps=steps, z=z), z_0 / 0.25, atol=1e-3)


def test_it_learns_two_codes_and_which_label_each_has():
    torch.manual_seed(0)
    codes = torch.stack([torch.full((2, 3, 3), 3.0), torch.full((2, 3, 3), -3.0)]).repeat(128, 1, 1, 1)
    labels = torch.arange(2).repeat(128)
    model = small(classes=2, width=16)
    model.scale.fill_(1 / 3)
    training.fit(
        model, data.ImageDataset(codes, labels, "codes"), epochs=150, batch_size=128, lr=4e-3, schedule="one-cycle",
        loss=lambda guess, x, epsilon: F.mse_loss(guess, epsilon), log_dir=None, progress=False, device="cpu", seed=0,
    )  # fmt: skip
    drawn = model.eval().sample(labels[:40], w=1.0)
    assert (drawn - codes[:40]).abs().mean() < 0.6
    signs = model.sample(torch.full((60,), 2), w=0.0).mean(dim=(1, 2, 3)).sign()
    assert 5 < (signs > 0).sum() < 55  # without a label, both come


def test_epsilon_loss_is_the_mean_over_all_numbers_of_what_the_network_is_off():
    z, theta, epsilon, given = torch.randn(4, 2, 3, 3), torch.rand(4), torch.randn(4, 2, 3, 3), []

    def network(*arguments):
        given.extend(arguments)
        return epsilon + 2

    close(models.epsilon_loss(network, z, theta, epsilon), torch.tensor(4.0))
    close(given, [models.q_sample(z, theta, epsilon), theta])
