"""The checks: typical wrong answers are refused, each with its own hint; right answers are accepted however written."""

import pytest
import torch

from vae_helpers import checks, losses
from vae_helpers.checks import lesson_05, lesson_06
from vae_helpers.checks.engine import same

from .answers import kl
from .support import CASES, check

DRAWN = {
    "forward",
    "mask_noise",
    "reparameterize",
    "sample_and_decode",
    "sample_prior",
}  # judged by their statistics, see test_random


def test_every_check_has_its_answers():
    assert sorted(checks.__all__) == sorted(["Result", "progress", *(f"check_{name}" for name in CASES)])


def test_result_shows_nothing_more_in_a_notebook():
    assert checks.Result("right", "✅")._ipython_display_() is None


# ------------------------------------------------------------------------------------------------ how near is near


def scaled(function, factor):
    """The function with every number of its answer multiplied."""

    def times(answer):
        return type(answer)(map(times, answer)) if isinstance(answer, (tuple, list)) else answer * factor

    return lambda *arguments: times(function(*arguments))


@pytest.mark.parametrize("name", sorted(set(CASES) - DRAWN - {"straight_through", "encoder", "decoder"}))
def test_a_number_off_by_rounding_passes_and_one_in_two_thousand_does_not(name, capsys):
    right = CASES[name][0][0]
    assert check(name)(scaled(right, 1 + 2e-5))
    for factor in (1.0005, 0.9995):
        result = check(name)(scaled(right, factor))
        assert result.status == "wrong" and result.mistake is None


@pytest.mark.parametrize(
    ("expected", "near", "off"), [(0.0, 5e-7, 1e-5), (1.0, 1.00005, 1.0003), (1e4, 1e4 + 0.5, 1e4 + 3)]
)
def test_the_tolerance_from_both_sides(expected, near, off):
    expected, near, off = ([torch.tensor([value], dtype=torch.float64)] for value in (expected, near, off))
    assert same(near, expected)
    assert not same(off, expected)


class Times(torch.autograd.Function):
    """x itself, with its gradient multiplied."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.factor, None


GRADIENTS = {
    "mse": [0], "bce": [0], "reparameterize_fixed": [0, 1], "reparameterize": [0, 1], "kl_divergence": [0, 1],
    "vae_loss": [0, 2, 3], "kl_to_rho": [0], "contractive_penalty": [0, 1], "free_bits": [0, 1], "straight_through": [0],
}  # fmt: skip


@pytest.mark.parametrize("name, place", [(name, place) for name, places in GRADIENTS.items() for place in places])
def test_a_gradient_off_by_rounding_passes_and_one_in_two_thousand_does_not(name, place, capsys):
    def with_gradient(factor):
        def answer(*arguments):
            changed = [Times.apply(a, factor) if i == place else a for i, a in enumerate(arguments)]
            return CASES[name][0][0](*changed)

        return answer

    assert check(name)(with_gradient(1 + 1e-5))
    for factor in (1.0005, 0.9995, -1.0):
        assert check(name)(with_gradient(factor)).mistake == "gradient"


def test_the_gradient_is_compared_on_every_input(capsys):
    assert checks.check_kl_divergence(lambda m, v: kl(m, v if len(m) > 1 else v.detach())).mistake == "half_detached"


@pytest.mark.parametrize("detached", ["mu", "logvar"])
def test_one_of_two_gradients_is_not_enough(detached, capsys):
    cut = {"mu": lambda m, v: kl(m.detach(), v), "logvar": lambda m, v: kl(m, v.detach())}[detached]
    assert checks.check_kl_divergence(cut).status == "wrong"


# ------------------------------------------------------------------------------------------------ what is said


@pytest.mark.parametrize("name", CASES)
def test_the_words_alone_tell_right_from_wrong_from_open(name, language, capsys):
    """On a screen without an emoji font the three signs are three equal boxes."""
    right, wrong = CASES[name]
    starts = {
        "vi": ("Đúng rồi!", "Chưa đúng. ", "Bạn chưa làm"),
        "en": ("That is right!", "Not right: ", "Not done yet"),
    }
    for answer, start in zip((right[0], next(iter(wrong.values())), ...), starts[language], strict=True):
        sign, said = check(name)(answer).message.split(" ", 1)
        assert sign in ("✅", "❌", "⏳") and said.startswith(start)


def test_a_tuple_where_several_values_belong_is_described(language, capsys):
    nested = checks.check_vae_loss(lambda *a: (losses.vae_loss(*a)[0], losses.vae_loss(*a)[1:]))
    assert "(•, (•, •))" in nested.message and "(•, •, •)" in nested.message and "(total, recon, kl)" in nested.message
    named = checks.check_vae_loss(lambda *a: dict(zip(("total", "recon", "kl"), losses.vae_loss(*a), strict=True)))
    assert "dict" in named.message and "(total, recon, kl)" in named.message


def test_the_argument_whose_gradient_is_cut_is_named(capsys):
    assert "reaches logvar" in checks.check_kl_divergence(lambda m, v: kl(m, v.detach())).message
    assert "respect to mu" in checks.check_kl_divergence(lambda m, v: kl(0.5 * (m + m.detach()), v)).message


# ------------------------------------------------------------------------------------------------ random numbers


class Generator:
    """Stands in for the generator of a device that is not here."""

    def __init__(self):
        self.state, self.seeds = torch.tensor([7]), []

    def manual_seed(self, seed):
        self.state = torch.tensor([seed])
        self.seeds.append(seed)

    def get(self):
        return self.state.clone()

    def set(self, state):
        self.state = state


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", ["right", "wrong", "seeds"])
def test_the_generators_of_the_devices_stay_as_they_were(name, kind, monkeypatch, capsys):
    """The accelerators are mocked: what is seen is that each generator is read, and written back after the seeding."""

    def seeds(*arguments):
        torch.manual_seed(3)
        return CASES[name][0][0](*arguments)

    cuda, mps = Generator(), Generator()
    monkeypatch.setattr(lesson_05, "lesson_device", lambda: "cpu")
    monkeypatch.setattr(lesson_06, "usual_device", lambda: "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", cuda.manual_seed)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [cuda.get()])
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: cuda.set(state))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "manual_seed", mps.manual_seed)
    monkeypatch.setattr(torch.mps, "get_rng_state", mps.get)
    monkeypatch.setattr(torch.mps, "set_rng_state", mps.set)
    answer = {"right": CASES[name][0][0], "wrong": next(iter(CASES[name][1].values())), "seeds": seeds}[kind]
    check(name)(answer)
    assert cuda.seeds and mps.seeds  # they were seeded
    assert cuda.state.item() == mps.state.item() == 7
