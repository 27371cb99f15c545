"""Diffusion on codes: how noise is mixed in, what training asks for, how codes are drawn."""

import math

import pytest
import torch
import torch.nn.functional as F

from tests.models.support import close
from vae_helpers import data, models, training


def small(**changes):
    return models.LatentDiffusion(**{"maps": 2, "side": 3, "width": 8, "steps": 20, **changes})


def test_noise_is_mixed_in_on_a_quarter_circle():
    model, z, epsilon = small(), torch.randn(3, 2, 3, 3), torch.randn(3, 2, 3, 3)
    z_t = models.q_sample(z, model.theta[[0, 10, 20]], epsilon)
    close(z_t[0], z[0])
    half = math.radians(43)
    close(z_t[1], math.cos(half) * z[1] + math.sin(half) * epsilon[1])
    close(z_t[2], math.cos(2 * half) * z[2] + math.sin(2 * half) * epsilon[2])


def test_training_mixes_scaled_codes_at_every_time_and_withholds_one_label_in_ten(monkeypatch):
    model, seen = small(), []
    model.scale.fill_(0.5)
    monkeypatch.setattr(model, "noise", lambda z_t, t, y: seen.append((z_t, t, y)) or torch.zeros_like(z_t))
    x = torch.full((20_000, 2, 3, 3), 4.0)
    for _ in (model.train(), model.eval()):
        guess, epsilon = model(x, torch.full((20_000,), 7))
        z_t, t, y = seen.pop()
        close(z_t, models.q_sample(0.5 * x, model.theta[t], epsilon))
        assert t.unique().tolist() == list(range(1, 21)) and guess.shape == x.shape
        assert abs(epsilon.mean()) < 0.01 and abs(epsilon.std() - 1) < 0.01
        assert ((y == 7) | (y == 10)).all()
        assert abs((y == 10).float().mean() - 0.1 * model.training) < 0.01


def test_time_and_label_count():
    torch.manual_seed(0)
    model, z = small().eval(), torch.randn(1, 2, 3, 3)

    def guess(t, y):
        return model.noise(z, torch.tensor([t]), torch.tensor([y]))

    assert guess(3, 1).shape == z.shape
    assert not torch.allclose(guess(3, 1), guess(4, 1)) and not torch.allclose(guess(3, 1), guess(3, 10))


def test_guidance_goes_from_the_guess_without_label_past_that_with_it():
    torch.manual_seed(0)
    model, z, t, y = small().eval(), torch.randn(2, 2, 3, 3), torch.tensor([5, 9]), torch.tensor([0, 4])
    without, told = model.noise(z, t, torch.tensor([10, 10])), model.noise(z, t, y)
    close(model.guided(z, t, y, 0.0), without)
    close(model.guided(z, t, y, 1.0), told)
    close(model.guided(z, t, y, 3.0), told + 2 * (told - without), atol=1e-4)


@pytest.mark.parametrize("steps", [1, 7, 20])
def test_with_the_right_noise_the_steps_lead_back_to_the_code(monkeypatch, steps):
    model, z_0, epsilon = small(), torch.randn(2, 2, 3, 3), torch.randn(2, 2, 3, 3)
    model.scale.fill_(0.25)
    monkeypatch.setattr(model, "guided", lambda z_t, t, y, guidance: epsilon)
    z_T = models.q_sample(z_0, model.theta[[20, 20]], epsilon)
    close(model.sample(torch.tensor([0, 1]), steps=steps, z_T=z_T), z_0 / 0.25, atol=1e-3)


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
    drawn = model.eval().sample(labels[:40], guidance=1.0)
    assert (drawn - codes[:40]).abs().mean() < 0.6
    signs = model.sample(torch.full((60,), 2), guidance=0.0).mean(dim=(1, 2, 3)).sign()
    assert 5 < (signs > 0).sum() < 55  # without a label, both come


def test_epsilon_loss_is_the_mean_over_all_numbers_of_what_the_network_is_off():
    z, theta, epsilon, given = torch.randn(4, 2, 3, 3), torch.rand(4), torch.randn(4, 2, 3, 3), []

    def network(*arguments):
        given.extend(arguments)
        return epsilon + 2

    close(models.epsilon_loss(network, z, theta, epsilon), torch.tensor(4.0))
    close(given, [models.q_sample(z, theta, epsilon), theta])
