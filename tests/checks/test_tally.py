"""How many of a lesson's checks have passed: by their latest verdicts, each lesson for itself."""

import re
from pathlib import Path

import pytest

from vae_helpers import checks
from vae_helpers.checks import engine, source, tally

from .support import CASES, check

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "src").glob("*.py"))


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    monkeypatch.setattr(tally, "_passed", set())
    monkeypatch.setattr(tally, "_last", [])


def right(name):
    return CASES[name][0][0]


def wrong(name):
    return next(iter(CASES[name][1].values()))


# ------------------------------------------------------------------------------------------------ which checks count


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_calls_the_checks_of_its_module_each_once(path):
    """Else "2 of 3" would count cells that the student does not have."""
    called = re.findall(r"^(?:\w+ = )?checks\.(check_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(called) == sorted(tally._checks.get(path.stem[:2], []))


def test_every_check_counts_for_a_lesson():
    assert sorted(name for names in tally._checks.values() for name in names) == sorted(
        f"check_{name}" for name in CASES
    )


def test_a_counted_check_keeps_its_name_and_its_words():
    assert checks.check_kl_divergence.__name__ == "check_kl_divergence"
    assert checks.check_kl_divergence.__doc__ == checks.lesson_04.check_kl_divergence.__doc__


# ------------------------------------------------------------------------------------------------ counting


def test_a_success_says_how_many_are_done(language, capsys):
    for name in ("kl_divergence", "vae_loss", "kl_divergence", "sigma_of_B"):
        assert check(name)(right(name)).message in ("✅ Đúng rồi!", "✅ That is right!")
    total = len(tally._checks["04"])
    ends = {
        "vi": [f"✅ Đúng rồi! (đã xong {n}/{total} ô của bài này)" for n in (1, 2, 2, 3)],
        "en": [f"✅ That is right! ({n} of {total} in this lesson)" for n in (1, 2, 2, 3)],
    }
    assert capsys.readouterr().out.splitlines() == ends[language]


def test_lessons_are_counted_apart(capsys):
    check("mse")(right("mse"))
    check("kl_divergence")(right("kl_divergence"))
    assert capsys.readouterr().out.splitlines()[1].endswith(f"(1 of {len(tally._checks['04'])} in this lesson)")


def test_the_latest_verdict_counts(monkeypatch, capsys):
    check("mse")(right("mse"))
    with monkeypatch.context() as patch:
        patch.setattr(source, "is_old", lambda function: True)
        assert check("mse")(right("mse")).mistake == "old_function"
    assert checks.progress("01").done == 1  # no verdict on the cell that failed
    for answer in (wrong("mse"), lambda *arguments: ...):
        check("mse")(right("mse"))
        check("mse")(answer)
        assert checks.progress("01").done == 0
    assert not any("in this lesson" in line for line in capsys.readouterr().out.splitlines() if "✅" not in line)


def test_outside_a_counted_check_nothing_is_counted(capsys):
    assert engine.judged(len, lambda function: None)
    assert capsys.readouterr().out == "✅ That is right!\n" and not tally._passed


def test_a_check_that_raises_leaves_no_trace():
    def check_nothing(function):
        raise KeyboardInterrupt

    check_nothing.__module__ = "vae_helpers.checks.lesson_04"
    names = list(tally._checks["04"])
    try:
        with pytest.raises(KeyboardInterrupt):
            tally.counted(check_nothing)(len)
        assert not tally._running
    finally:
        tally._checks["04"] = names


# ------------------------------------------------------------------------------------------------ progress()


def test_progress_names_what_is_left(language, capsys):
    check("vae_loss")(right("vae_loss"))
    capsys.readouterr()
    found = checks.progress()
    assert (found.lesson, found.done, found.total) == ("04", 1, len(tally._checks["04"]))
    assert sorted(["check_vae_loss", *found.left]) == sorted(tally._checks["04"])
    left = ", ".join(found.left)
    lines = {
        "vi": f"Lượt của bạn, bài 04: đã xong 1/{found.total}. Còn lại: {left}.\n",
        "en": f"Your turn, lesson 04: 1 of {found.total} done. Still open: {left}.\n",
    }
    assert capsys.readouterr().out == lines[language]
    assert found._ipython_display_() is None


def test_progress_of_a_finished_lesson(capsys):
    check("pixel_count")(right("pixel_count"))
    assert str(checks.progress(0)) == "Your turn, lesson 00: 1 of 1 done."


@pytest.mark.parametrize("lesson", ["99", "four", 3.5])
def test_a_lesson_without_checks_is_refused(lesson, language):
    with pytest.raises(ValueError, match=r"progress\(lesson\).*00, 01"):
        checks.progress(lesson)


def test_before_any_check_the_lesson_is_needed(language):
    with pytest.raises(ValueError, match=r"progress\(4\)"):
        checks.progress()
