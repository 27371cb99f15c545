"""The last hint: one case in numbers, for an answer that looks like no known mistake."""

import re

import pytest
import torch

from vae_helpers import checks
from vae_helpers.checks import examples

from .answers import kl, sse
from .support import CASES, check


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (0.12789, 3, "0,128", "0.128"),
        (0.12789, 6, "0,12789", "0.12789"),
        (-2.0, 3, "-2", "-2"),
        (784, 3, "784", "784"),
        (12345.678, 3, "12346", "12345.678"),
        (1e-7, 3, "1e-07", "1e-07"),
        (float("nan"), 3, "nan", "nan"),
        (float("-inf"), 3, "-inf", "-inf"),
    ],
)
def test_numbers_as_they_are_written(value, digits, vi, en):
    assert examples.number(value, digits, "vi") == vi
    assert examples.number(value, 8 if value == 12345.678 else digits, "en") == en


def test_vectors_are_told_apart_from_decimal_commas():
    assert examples.text(torch.tensor([[0.5, 1.0]]), 3, "vi") == "[[0,5; 1]]"
    assert examples.text((torch.tensor(0.5), torch.tensor(2.0)), 3, "en") == "(0.5, 2)"


def test_a_case_is_rounded_and_whole_numbers_stay():
    case = examples.rounded((torch.tensor([0.1234]), 0.126, [0.999, 3], torch.tensor([7]), 5))
    assert case[0].item() == pytest.approx(0.12) and case[1:3] == (0.13, [1.0, 3])
    assert case[3].item() == 7 and case[4] == 5


def test_two_answers_that_differ_little_are_given_more_digits():
    got, wanted = ([torch.tensor(value, dtype=torch.float64)] for value in (0.12345, 0.12346))
    assert "gives 0.12345; right is 0.12346" in examples.counterexample(["B"], (3,), got, wanted)[1]


def test_one_small_case_is_shown(language, capsys):
    result = checks.check_kl_divergence(lambda m, v: 0.3 * kl(m, v))
    said = {
        "vi": r"Với mu = \[\[-?\d,\d+\]\], logvar = \[\[-?\d,\d+\]\], hàm của bạn cho \[\S+\]; kết quả đúng là \[\S+\]\.$",
        "en": r"For mu = \[\[-?\d\.\d+\]\], logvar = \[\[-?\d\.\d+\]\] your function gives \[\S+\]; right is \[\S+\]\.$",
    }
    assert result.mistake is None and re.search(said[language], result.message)


def test_what_is_shown_is_true(capsys):
    message = checks.check_sigma_of_B(lambda B: 2 / B).message
    B, yours, right = (float(x.rstrip(".")) for x in re.findall(r"[\d.]+", message))
    assert yours == pytest.approx(2 / B, rel=0.01) and right == pytest.approx((2 * B) ** -0.5, rel=0.01)


def test_large_tensors_are_told_by_their_shapes(language, capsys):
    shape = {"vi": "có kích thước", "en": "of shape"}[language]
    few = checks.check_pixel_count(lambda images: images[0].numel() + 1).message
    assert f"images {shape} (1, 2, 7, 9)" in few and "127" in few and "126" in few
    many = checks.check_image_errors(
        lambda r, x: ((r - x) ** 2).sum((1, 2, 3)) * (1 if r[0].numel() < 9 else 2)
    ).message
    assert f"recon {shape} (1, 1, 28, 28)" in many
    A = checks.check_kl_divergence(lambda m, v: kl(m, v) * (1 if len(m) < 6 else 2)).message
    assert {"vi": "lệch nhiều nhất", "en": "off by up to"}[language] in A


def test_a_mistake_that_round_numbers_hide_is_shown_all_the_same(capsys):
    message = checks.check_interpolate(lambda a, b, t: torch.lerp(a, b, round(t, 2))).message
    assert re.search(r"alpha = 0\.\d{4,}", message)


def test_the_parts_of_an_answer_are_shown_together(capsys):
    def loss(r, x, m, v, B):
        return B * sse(r, x) + 3 * kl(m, v).mean(), sse(r, x), kl(m, v).mean()

    assert re.search(r"gives \(\S+, \S+, \S+\); right is \(\S+, \S+, \S+\)\.", checks.check_vae_loss(loss).message)


def test_the_case_that_is_shown_is_none_of_those_that_are_judged(capsys):
    """An answer that looks up what it was told is as wrong as before."""
    seen = []

    def spying(m, v):
        seen.append((m.clone(), v.clone()))
        return 0.3 * kl(m, v)

    checks.check_kl_divergence(spying)
    judged, shown = seen[:4], seen[4:]
    assert shown and not any(m.shape == a.shape and torch.equal(m, a) for m, _ in shown for a, _ in judged)


def test_a_function_that_fails_on_the_small_case_keeps_the_plain_hint(capsys):
    calls = []

    def fragile(m, v):
        calls.append(1)
        if len(calls) > 4:
            raise ValueError
        return 0.3 * kl(m, v)

    assert "Try small numbers" in checks.check_kl_divergence(fragile).message


@pytest.mark.parametrize(
    "name", [name for name, (_, wrong) in CASES.items() if None in wrong or any(k and k[0] == ":" for k in wrong)]
)
def test_every_check_that_has_such_a_hint_shows_a_case(name, language, capsys):
    wrong = CASES[name][1]
    for key, answer in wrong.items():
        if key is None or key.startswith(":"):
            message = check(name)(answer).message
            if name not in ("training_step", "straight_through", "mask_noise"):
                assert {"vi": "Chưa đúng. Với ", "en": "Not right: For "}[language] in message, message
