"""What every lesson's answers are put through, and parts of answers that several lessons need."""

import re

import pytest
import torch
from torch.distributions import Laplace

from vae_helpers import checks


def check(name):
    return getattr(checks, f"check_{name}")


class Answers:
    """A lesson's CASES: check → (right answers, {recognised mistake: wrong answer}).

    What follows a colon in a mistake's name tells several answers apart; before it, "" is none that is recognised.
    """

    CASES = {}

    def pytest_generate_tests(self, metafunc):
        cases, asked = type(self).CASES, set(metafunc.fixturenames)
        if "i" in asked:
            metafunc.parametrize(
                "name, i", [(name, i) for name, (right, _) in cases.items() for i in range(len(right))]
            )
        elif "mistake" in asked:
            metafunc.parametrize("name, mistake", [(name, key) for name, (_, wrong) in cases.items() for key in wrong])
        elif "name" in asked:
            metafunc.parametrize("name", list(cases))

    def test_there_are_enough(self, name):
        right, wrong = self.CASES[name]
        assert len(right) >= 2 and len(wrong) >= 5

    def test_right_answer_is_accepted(self, name, i, capsys):
        result = check(name)(self.CASES[name][0][i])
        assert result and result.status == "right", result
        assert re.fullmatch(r"✅ That is right! \(\d+ of \d+ in this lesson\)\n", capsys.readouterr().out)

    def test_wrong_answer_is_refused_with_its_hint(self, name, mistake, language, capsys):
        result = check(name)(self.CASES[name][1][mistake])
        assert not result and result.status == "wrong"
        assert result.mistake == ((mistake or "").split(":")[0] or None), result
        assert capsys.readouterr().out == result.message + "\n"
        assert result.message.startswith("❌ ") and len(result.message) > 15

    def test_hints_differ_from_each_other(self, name, language, capsys):
        wrong = {(key or "").split(":")[0]: answer for key, answer in self.CASES[name][1].items()}  # one of each
        assert len({check(name)(answer).message for answer in wrong.values()}) == len(wrong)

    @pytest.mark.parametrize("stub", [None, lambda *a: None, lambda *a: ..., "raises"])
    def test_unattempted_is_not_yet_done(self, name, stub, language, capsys):
        def raises(*arguments):
            raise NotImplementedError

        result = check(name)(raises if stub == "raises" else stub)
        assert not result and result.status == "todo"
        assert {"vi": "chưa làm", "en": "Not done yet"}[language] in capsys.readouterr().out

    def test_a_function_that_fails_is_told_how(self, name, capsys):
        def broken(*arguments):
            return {}["key"]

        result = check(name)(broken)
        assert result.mistake == "raised" and "KeyError: 'key'" in result.message

    def test_a_result_in_place_of_the_function(self, name, capsys):
        assert check(name)(torch.zeros(3)).mistake == "not_callable"
        assert check(name)(3.5).mistake == "not_callable"

    def test_the_callers_random_state_stays(self, name, capsys):
        torch.manual_seed(7)
        state = torch.get_rng_state()
        check(name)(self.CASES[name][0][0])
        assert torch.equal(torch.get_rng_state(), state)


# ------------------------------------------------------------------------------------------------ parts


def no_grad(function):
    def wrapped(*arguments):
        with torch.no_grad():
            return function(*arguments)

    return wrapped


def kl(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)


def sse(recon, x):
    return ((recon - x) ** 2).sum() / len(x)


def held_back(x):
    """x itself, whose gradient is cut off on the way back."""
    return Held.apply(x)


class Held(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(-1e-4, 1e-4)


def antithetic(n, d):
    """Each row again, with the sign flipped."""
    half = torch.randn((n + 1) // 2, d)
    return torch.cat([half, -half])[:n]


def rolled(n, d):
    """N(0, 1) entry by entry, but each row shares a part with the next."""
    noise = torch.randn(n, d)
    return 0.8 * noise + 0.6 * noise.roll(1, 0) if n > 1 else noise


def tied(n, d):
    """N(0, 1) entry by entry, but the second column goes with the first."""
    noise = torch.randn(n, d)
    noise[:, 1] = 0.3 * noise[:, 0] + 0.91**0.5 * noise[:, 1]
    return noise


def standardised(n, d):
    """Exactly mean 0 and standard deviation 1 over the batch."""
    noise = torch.randn(n, d)
    return (noise - noise.mean(0)) / noise.std(0) if n > 10 else noise


def laplace(shape):
    """Mean 0 and standard deviation 1, with tails that are too heavy."""
    return Laplace(0.0, 0.5**0.5).sample(shape)
