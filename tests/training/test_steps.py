"""Compiled steps against plain ones."""

import functools
import shutil

import pytest
import torch
from torch import nn

from tests.training.support import QUIET, Tiny, numbers, same_weights, tiny
from vae_helpers import data, losses, models
from vae_helpers.training import fit, training_step

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler here")


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


@needs_compiler
@pytest.mark.parametrize("device", DEVICES)
def test_compiled_steps_agree_with_the_plain_ones(small, device, capsys):
    """Each epoch is one full batch of 150 images, compiled, and an incomplete one of 50, which is not."""
    torch.manual_seed(0)
    plain, compiled = models.VAE(), models.VAE()
    compiled.load_state_dict(plain.state_dict())
    recipe = {"epochs": 6, "batch_size": 150, "seed": 5, "device": device, "schedule": "one-cycle", **QUIET}
    expected = fit(plain, small, **recipe)
    calls = []

    def counting_loss(recon, x, mu, logvar):
        if not torch.compiler.is_compiling():
            calls.append(len(x))
        return losses.vae_loss(recon, x, mu, logvar)

    history = fit(compiled, small, loss=counting_loss, compile=True, **recipe)
    assert calls == [50] * 6  # the rest ran compiled
    for column in ("loss", "recon", "kl"):
        assert history[column] == pytest.approx(expected[column], rel=1e-4)
    for a, b in zip(plain.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)
    assert "compile" not in capsys.readouterr().out


@needs_compiler
def test_compiled_loss_may_change_from_epoch_to_epoch(small):
    """What was compiled for one B must not stay in force for the next (a warm-up of the KL, say)."""

    class WarmUp:
        B = 1000.0

        def __call__(self, recon, x, mu, logvar):
            return losses.vae_loss(recon, x, mu, logvar, B=self.B)

    class Model(nn.Module):
        def __init__(self, warm_up):
            super().__init__()
            self.weight, self.warm_up = nn.Parameter(torch.zeros(784)), warm_up

        def train(self, mode=True):  # fit calls it at the start of every epoch
            self.warm_up.B /= 10
            return super().train(mode)

        def forward(self, x):
            mu = x.flatten(1).mean(1, keepdim=True)
            return torch.sigmoid(self.weight).expand(len(x), -1).view_as(x), mu, torch.zeros_like(mu)

    histories = []
    for compile in (False, True):
        warm_up = WarmUp()
        model = Model(warm_up)
        histories.append(fit(model, small, epochs=3, batch_size=100, seed=0, loss=warm_up, compile=compile, **QUIET))
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-4)
    assert histories[0]["loss"][0] > 5 * histories[0]["loss"][1] > 25 * histories[0]["loss"][2]


def test_fit_compiles_any_number_of_models_in_one_session(small, monkeypatch):
    """PyTorch gives up on a function after eight versions; a session with ten models must not run into that."""
    eagerly = functools.partial(torch.compile, backend="eager")  # limits as ever, but nothing to wait for
    monkeypatch.setattr(torch, "compile", lambda function, **_: eagerly(function))
    plain_steps = []

    class Watched(Tiny):
        def forward(self, x):
            if not torch.compiler.is_compiling():
                plain_steps.append(self.latent_dim)
            return super().forward(x)

    for latent_dim in range(1, 11):
        fit(Watched(latent_dim), small, epochs=2, batch_size=200, compile=True, **QUIET)
    assert plain_steps == list(range(1, 11))  # one look each at the first batch; every step ran compiled


def test_without_a_compiler_fit_trains_the_plain_way_and_says_so(small, language, capsys):
    import torch._inductor.config

    plain, compiled = tiny(), tiny()
    recipe = {"epochs": 2, "batch_size": 64, "seed": 1, "device": "cpu", **QUIET}
    # nothing compiled before may help out
    with torch._inductor.config.patch({"cpp.cxx": ("no-such-compiler",), "force_disable_caches": True}):
        history = fit(compiled, small, compile=True, **recipe)
    assert "fit(compile)" in capsys.readouterr().out
    assert numbers(history) == numbers(fit(plain, small, **recipe))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_fails_while_compiling_is_done_again_the_plain_way(small, step, monkeypatch, capsys):
    """A CUDA graph is recorded in the second step, so that one may fail where the first did not."""

    def compile(function, **_):
        def compiled(*arguments):
            calls.append(1)
            if len(calls) == step:
                torch.randn(3)  # random numbers that the failed step has used up
                raise RuntimeError("no graph")
            return function(*arguments)

        calls = []
        return compiled

    plain, compiled = tiny(), tiny()
    recipe = {"epochs": 3, "batch_size": 64, "seed": 1, "device": "cpu", **QUIET}
    expected = fit(plain, small, **recipe)
    monkeypatch.setattr(torch, "compile", compile)
    assert numbers(fit(compiled, small, compile=True, **recipe)) == numbers(expected)
    assert same_weights(plain, compiled)
    assert capsys.readouterr().out.count("fit(compile)") == 1


def test_a_mistake_in_the_model_looks_the_same_with_compile(small):
    def wrong(recon, x, mu, logvar):
        return losses.vae_loss(recon, x[:, :, :14], mu, logvar)

    messages = []
    for compile in (False, True):
        with pytest.raises(ValueError) as caught:
            fit(tiny(), small, epochs=1, loss=wrong, compile=compile, **QUIET)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("device", DEVICES)
def test_the_written_out_step_is_a_step_of_fit(small, device):
    """The same weights after one batch: lesson 05's five lines, and fit."""
    torch.manual_seed(0)
    mine, fits = models.VAE(), models.VAE()
    fits.load_state_dict(mine.state_dict())
    x = small.images[:64]
    optimizer = torch.optim.Adam(mine.to(device).parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    total, recon, kl = training_step(mine, optimizer, x)
    assert not total.requires_grad and total.item() == pytest.approx(1000 * recon.item() + kl.item(), rel=1e-5)
    one = fit(fits, data.ImageDataset(x), epochs=1, batch_size=64, device=device, **QUIET)[0]
    assert one["recon"] == pytest.approx(recon.item(), rel=0.05)  # other noise
    moved = [(a - b).abs().max().item() for a, b in zip(mine.parameters(), fits.parameters(), strict=True)]
    assert max(moved) <= 2.1e-3  # Adam's first step is lr for each weight, this way or that
