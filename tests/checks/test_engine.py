"""The checks: typical wrong answers are refused, each with its own hint; right answers are accepted however written."""

from vae_helpers import checks

from .support import CASES


def test_every_check_has_its_answers():
    assert sorted(checks.__all__) == sorted(["Result", *(f"check_{name}" for name in CASES)])


def test_result_shows_nothing_more_in_a_notebook():
    assert checks.Result("right", "✅")._ipython_display_() is None
