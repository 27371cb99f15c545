"""Recipes tell trainings apart by what makes them different, and by nothing else."""

import functools
import math
import random
import subprocess
import sys
import types
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.training.support import Items, Tiny
from vae_helpers import data, losses
from vae_helpers.training.batches import batches_of
from vae_helpers.training.recipe import data_of, described

B = 1000
WEIGHTS = torch.ones(3)
SETTINGS = {"B": 1000}


def with_global(recon, x, mu, logvar):
    return losses.vae_loss(recon, x, mu, logvar, B=B)


def with_settings(recon, x, mu, logvar):
    return losses.vae_loss(recon, x, mu, logvar, B=SETTINGS["B"]) + WEIGHTS.sum()


def made(constant):
    """The same text in another cell of a notebook, with another number typed in."""
    code = f"def loss(recon, x, mu, logvar):\n    'A docstring'\n    return {constant} * (recon - x).pow(2).sum()"
    space = {"__name__": "__main__"}
    exec(code, space)
    return space["loss"]


def closed_over(value):
    def loss(recon, x, mu, logvar):
        return value * recon.sum()

    return loss


class Callable_:
    def __init__(self, B):
        self.B, self.steps = B, 0

    def __call__(self, recon, x, mu, logvar):
        self.steps += 1
        return self.B * recon.sum()


class Module_(nn.Module):
    def __init__(self, B):
        super().__init__()
        self.B, self.inner = B, nn.MSELoss()

    def forward(self, recon, x, *rest):
        return self.B * self.inner(recon, x)

    def method(self, recon, x, *rest):
        return self.B * recon.sum()


OTHERS = [
    (losses.vae_loss, partial(losses.vae_loss, B=1)),
    (partial(losses.vae_loss, B=1000), partial(losses.vae_loss, B=1)),
    (losses.vae_loss, losses.sigma_vae_loss),
    (partial(losses.bernoulli_vae_loss, beta=1.5), partial(losses.bernoulli_vae_loss, beta=1.25)),
    (made(1000), made(1)),
    (made("1000"), made("10 + 1000")),
    (closed_over(1000), closed_over(1)),
    (closed_over(torch.ones(3)), closed_over(torch.zeros(3))),
    (closed_over({"B": 1}), closed_over({"B": 2})),
    (Callable_(1000), Callable_(1)),
    (Module_(1000), Module_(1)),
    (Module_(1000).method, Module_(1).method),
    (nn.MSELoss(), nn.MSELoss(reduction="sum")),
    (nn.MSELoss(), nn.L1Loss()),
    (lambda recon, x: (recon - x).pow(2).sum(), lambda recon, x: (recon - x).abs().sum()),
    (lambda recon, x, B=1000: B * recon.sum(), lambda recon, x, B=1: B * recon.sum()),
    (partial(closed_over(1), B=np.float64(1.5)), partial(closed_over(1), B=np.float64(2.5))),
    (partial(closed_over(1), 1), partial(closed_over(1), 2)),
    (closed_over(math.sin), closed_over(math.cos)),
]

SAME = [
    (losses.vae_loss, partial(losses.vae_loss, B=1000)),
    (partial(losses.vae_loss, B=10), partial(losses.vae_loss, B=10.0)),
    (partial(losses.vae_loss, B=10), partial(losses.vae_loss, B=np.int64(10))),
    (partial(losses.vae_loss, B=10), partial(losses.vae_loss, B=torch.tensor(10))),
    (partial(losses.vae_loss, B=0.5), partial(losses.vae_loss, B=np.float32(0.5))),
    (made(1000), made(1000)),
    (closed_over(7), closed_over(7)),
    (closed_over([1]), closed_over([2, 3])),  # a list that a loss fills, as a record
    (Callable_(5), Callable_(5)),
    (Module_(5), Module_(5)),
    (Module_(5).method, Module_(5).method),
]


@pytest.mark.parametrize("a, b", OTHERS)
def test_other_losses_are_told_apart(a, b):
    assert described(a) != described(b)


@pytest.mark.parametrize("a, b", SAME)
def test_the_same_loss_is_the_same(a, b):
    assert described(a) == described(b)


def test_global_values_that_a_loss_uses_count(monkeypatch):
    before, deep = described(with_global), described(with_settings)
    monkeypatch.setitem(globals(), "B", 1)
    assert described(with_global) != before and described(with_settings) == deep
    monkeypatch.setitem(SETTINGS, "B", 1)
    assert described(with_settings) != deep
    monkeypatch.undo()
    assert described(with_global) == before
    monkeypatch.setitem(globals(), "WEIGHTS", torch.zeros(3))
    assert described(with_settings) != deep


def test_functions_that_a_loss_uses_count():
    def outer(inner):
        return lambda recon, x: inner(recon) + 1

    assert described(outer(closed_over(1))) != described(outer(closed_over(2)))


def test_what_a_loss_changes_while_it_runs_is_no_recipe():
    """A counter, a step, the weights of the model that is trained or of another that takes part."""
    loss = Callable_(3)
    before = described(loss)
    loss(torch.ones(1), 0, 0, 0)
    assert loss.steps == 1 and described(loss) == before

    def counting():
        calls = 0

        def inner(recon, x):
            nonlocal calls
            calls += 1
            return recon.sum()

        return inner

    counted = counting()
    before = described(counted)
    counted(torch.ones(1), 0)
    assert described(counted) == before
    model, other = Tiny(), Tiny()
    assert described(closed_over(model), of=model) == described(closed_over(other), of=other)
    assert described(closed_over(model.encoder.weight)) == described(closed_over(other.encoder.weight))
    assert described(closed_over(model)) != described(closed_over(Tiny(latent_dim=3)))


def test_a_loss_that_refers_to_itself_or_to_much_comes_to_an_end():
    def again(recon, x):
        return again(recon, x)

    ring = types.SimpleNamespace()
    ring.ring = ring
    assert described(again) == described(again)
    assert described(closed_over(ring)) == described(closed_over(ring))


def test_a_description_is_the_same_in_another_process():
    code = (
        "from tests.training import test_recipe as t; from functools import partial; import torch\n"
        "print([t.described(loss) for loss in (t.with_global, t.with_settings, t.closed_over({'a', 'b', 'c'}), t.made(5),"
        " t.Module_(3), t.Callable_(2), partial(t.losses.vae_loss, B=3), lambda r, x: r in {'one', 'two', 'three'})])"
    )
    shown = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    }
    assert len(shown) == 1 and "vae_loss(B=3)" in shown.pop()


def test_the_kits_losses_are_readable():
    assert described(partial(losses.vae_loss, B=1)) == "vae_helpers.losses.vae_loss(B=1)"
    assert (
        described(partial(losses.reconstruction_loss, kind="bce"))
        == "vae_helpers.losses.reconstruction_loss(kind='bce')"
    )


# ---------------------------------------------------------------------------------------------------- data


def data_text(source):
    return data_of(
        batches_of(source, "train", batch_size=64, device=torch.device("cpu"), dtype=torch.float32, shuffle=True)
    )


def test_other_images_of_the_same_number_are_told_apart(small):
    changed = small.images.clone()
    changed[100, 0, 14, 14] += 0.5
    flipped = data.ImageDataset(small.images.flip(-1), small.labels, "x")
    same = data.ImageDataset(small.images.clone(), small.labels.clone(), "another name")
    relabelled = data.ImageDataset(small.images, small.labels.flip(0), "x")
    assert data_text(small) == data_text(same)
    texts = {data_text(source) for source in (small, flipped, relabelled, TensorDataset(small.images[:150]))}
    assert len(texts) == 4
    for wrap in (Items, functools.partial(DataLoader, batch_size=64)):
        assert data_text(wrap(small)) == data_text(wrap(same)) != data_text(wrap(flipped))


def test_looking_at_random_items_draws_nothing_and_finds_them_the_same(small):
    class Random(Items):
        def __getitem__(self, index):
            noise = torch.rand(()) + np.random.rand() + random.random()
            return self.source[index][0] + noise.float()

    state = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first = data_text(Random(small))
    assert torch.equal(torch.get_rng_state(), state[0]) and (np.random.get_state()[1] == state[1]).all()
    assert random.getstate() == state[2]
    torch.manual_seed(77), np.random.seed(77), random.seed(77)
    assert data_text(Random(small)) == first


def test_items_of_any_form_are_described(small):
    import torchvision

    class Forms(Items):
        def __init__(self, source, form):
            super().__init__(source)
            self.form = form

        def __getitem__(self, index):
            return self.form(self.source[index][0], index)

    forms = [
        lambda x, index: {"image": x, "label": index},
        lambda x, index: f"{index}.png",
        lambda x, index: (torchvision.transforms.functional.to_pil_image(x), index),
        lambda x, index: [x.numpy(), np.int64(index)],
    ]
    flipped = data.ImageDataset(small.images.flip(-1), small.labels, "x")
    for number, form in enumerate(forms):
        texts = [data_text(DataLoader(Forms(source, form), batch_size=64)) for source in (small, small, flipped)]
        assert texts[0] == texts[1] and (texts[2] != texts[0]) == (number != 1)
