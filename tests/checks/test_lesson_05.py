"""Answers to the exercises of lesson 05, training: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import pytest
import torch

from vae_helpers import checks, models, training
from vae_helpers.losses import vae_loss as loss_function

from .answers import Answers

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # as in the lesson


def by_emptying(means, sizes):
    """The lists are the function's own copies: the next one gets them whole."""
    total, images = 0, sum(sizes)
    while means:
        total += means.pop() * sizes.pop()
    return total / images


def as_the_handout(model, optimizer, data):
    data = data.to(device)
    optimizer.zero_grad()
    recon_batch, mu, logvar = model(data)
    loss, recon_loss, kl_loss = loss_function(recon_batch, data, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss, recon_loss, kl_loss


def cleared_late(model, optimizer, x):
    x = x.to(device, non_blocking=True)
    parts = loss_function(model(x)[0], x, *model(x)[1:])
    optimizer.zero_grad(set_to_none=True)
    parts[0].backward()
    optimizer.step()
    return [part.detach() for part in parts]


def cleared_at_the_end(model, optimizer, x):
    x = x.to(device)
    recon, mu, logvar = model(x)
    parts = loss_function(recon, x, mu, logvar)
    parts[0].backward()
    optimizer.step()
    model.zero_grad()
    return parts


def step(*lines, of=lambda parts: parts[0], back=lambda parts: parts, move=True):
    """A step that does only these lines, in this order, with backward of something and something given back."""

    def answer(model, optimizer, x):
        x = x.to(device) if move else x
        for line in lines:
            if line == "forward":
                recon, mu, logvar = model(x)
                parts = loss_function(recon, x, mu, logvar)
            elif line == "backward":
                of(parts).backward()
            elif line == "no grad":
                with torch.no_grad():
                    recon, mu, logvar = model(x)
                parts = loss_function(recon, x.detach(), mu, logvar)
            else:
                getattr(optimizer, line)()
        return back(parts) if "forward" in lines else (x.sum(),) * 3

    return answer


ALL = ("zero_grad", "forward", "backward", "step")
CASES = {
    "training_step": (
        [
            as_the_handout,
            cleared_late,
            cleared_at_the_end,
            step(*ALL),
            step("forward", "zero_grad", "backward", "step"),
        ],
        {
            "no_zero_grad": step("forward", "backward", "step"),
            "step_before_backward": step("zero_grad", "forward", "step", "backward"),
            "zero_after_backward": step("forward", "backward", "zero_grad", "step"),
            "no_step": step("zero_grad", "forward", "backward"),
            "no_backward": step("zero_grad", "forward", "step"),
            "no_forward": step("zero_grad", "step"),
            "two_steps": step(*ALL, "step"),
            "no_device": step(*ALL, move=False),
            "no_grad": step("zero_grad", "no grad", "backward"),
            "no_B": step(*ALL, of=lambda parts: parts[1] + parts[2]),
            "no_kl": step(*ALL, of=lambda parts: parts[1]),
            "no_kl: with B": step(*ALL, of=lambda parts: 1000 * parts[1]),
            "no_reconstruction": step(*ALL, of=lambda parts: parts[2]),
            "another_loss": step(*ALL, of=lambda parts: 10 * parts[1] + parts[2]),
            "another_loss: a KL too large": step(*ALL, of=lambda parts: parts[0] + parts[2]),
            "only_loss": step(*ALL, back=lambda parts: parts[0]),
            "order": step(*ALL, back=lambda parts: (parts[1], parts[2], parts[0])),
            "numbers": step(*ALL, back=lambda parts: tuple(part.item() for part in parts)),
            "type": step(*ALL, back=str),
            None: step(*ALL, back=lambda parts: (parts[0], parts[0], parts[0])),
        },
    ),
    "epoch_mean": (
        [
            lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes),
            lambda means, sizes: np.average(means, weights=sizes),
            lambda means, sizes: (torch.tensor(means) * torch.tensor(sizes)).sum() / sum(sizes),
            lambda means, sizes: np.dot(means, sizes) / np.sum(sizes),
            lambda means, sizes: sum(n / sum(sizes) * m for m, n in zip(means, sizes, strict=True)),
            lambda means, sizes: torch.repeat_interleave(torch.tensor(means), torch.tensor(sizes)).mean(),
            by_emptying,
        ],
        {
            "handout": lambda means, sizes: sum(means) / sum(sizes),
            "unweighted": lambda means, sizes: np.mean(means),
            "last": lambda means, sizes: means[-1],
            "not_divided": lambda means, sizes: float(np.dot(means, sizes)),
            "divided_by_batches": lambda means, sizes: np.dot(means, sizes) / len(sizes),
            "sum": lambda means, sizes: sum(means),
            "tuple": lambda means, sizes: (float(np.average(means, weights=sizes)),),
            ": all but the last of one size": lambda means, sizes: (
                (sum(means[:-1]) * sizes[0] + means[-1] * sizes[-1]) / sum(sizes)
            ),
            ": a table": lambda means, sizes: {3: 4.65, 2: 13 / 11}.get(
                len(means), 5.409091 if len(means) == 4 else 4.5
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


def test_the_step_that_stands_in_is_right_and_trains(capsys):
    assert checks.check_training_step(training.training_step)
    torch.manual_seed(0)
    model, x = models.VAE().to(device), torch.rand(8, 1, 28, 28)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seen = [[part.item() for part in training.training_step(model, optimizer, x)] for _ in range(20)]
    assert seen[-1][1] < seen[0][1] and all(total == pytest.approx(1000 * r + k, rel=1e-4) for total, r, k in seen)


def test_a_step_without_its_brackets(capsys):
    def forgetful(model, optimizer, x):
        optimizer.zero_grad()
        x = x.to(device)
        recon, mu, logvar = model(x)
        parts = loss_function(recon, x, mu, logvar)
        parts[0].backward  # noqa: B018
        optimizer.step  # noqa: B018
        return parts

    assert checks.check_training_step(forgetful).mistake == "no_backward"
