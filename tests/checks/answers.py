"""What every lesson's answers are put through, and parts of answers that several lessons need."""

import pytest
import torch

from vae_helpers import checks


def check(name):
    return getattr(checks, f"check_{name}")


class Answers:
    """A lesson's CASES: check → (right answers, {recognised mistake or None: wrong answer})."""

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
        assert capsys.readouterr().out == "✅ That is right!\n"

    def test_wrong_answer_is_refused_with_its_hint(self, name, mistake, language, capsys):
        result = check(name)(self.CASES[name][1][mistake])
        assert not result and result.status == "wrong"
        assert result.mistake == mistake, result
        assert capsys.readouterr().out == result.message + "\n"
        assert result.message.startswith("❌ ") and len(result.message) > 15

    def test_hints_differ_from_each_other(self, name, language, capsys):
        messages = [check(name)(function).message for function in self.CASES[name][1].values()]
        assert len(set(messages)) == len(messages)

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
