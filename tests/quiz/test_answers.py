"""The file of answers: kept over restarts, shared by notebooks, and never the reason why an answer is lost."""

import errno
import json
import os
import time
from pathlib import Path

import pytest

from vae_helpers.quiz import Quiz


def test_answers_survive_and_are_shared_by_languages_and_sets(bank):
    Quiz("vi").answer(1, "C")
    Quiz("en", "more").answer(1, "A")
    assert Quiz("en").score() == (1, 1, 3)
    assert Quiz("vi", "all").score() == (1, 2, 4)


def test_nothing_is_written_before_an_answer(bank):
    some = Quiz()
    some.show(), str(some), some.score(), some.again(), some.wrong_only()
    assert os.listdir() == []


def test_two_notebooks_do_not_overwrite_each_other(bank):
    one, other = Quiz(), Quiz(questions="more")
    one.answer(1, "C")
    other.answer(1, "D")
    one.answer(2, "A")
    assert Quiz(questions="all").score() == (3, 3, 4)


def test_records_of_unknown_questions_are_kept(bank):
    Quiz().answer(1, "C")
    content = json.loads(Path("quiz_answers.json").read_text())
    content["answers"]["more-77"] = content["answers"]["handout-01"]
    Path("quiz_answers.json").write_text(json.dumps(content))
    Quiz().answer(2, "A")
    assert set(json.loads(Path("quiz_answers.json").read_text())["answers"]) == {"more-77", "handout-01", "handout-02"}


HALF = (
    b'{"answers": {"\\ud800": {"chosen": "A", "first": "A", "attempts": 1, "time": ""}}}'  # half a character for a name
)


@pytest.mark.parametrize(
    "content", [b"", b'{"version": 1, "answ', b"\xff\xfe\x00", b"[]", b'{"answers": 3}', b"null", b"[" * 100_000, HALF]
)
def test_damaged_file_is_set_aside(bank, capsys, content):
    path = Path("quiz_answers.json")
    for number in (1, 2):
        path.write_bytes(content)
        some = Quiz("vi")
        assert f"quiz_answers.damaged-{number}.json" in capsys.readouterr().out
        some.answer(1, "C")
        assert Path(f"quiz_answers.damaged-{number}.json").read_bytes() == content
    assert Quiz().score() == (1, 1, 3)


def test_whole_records_of_a_damaged_file_are_kept(bank, capsys):
    Quiz().answer(1, "C")
    content = json.loads(Path("quiz_answers.json").read_text())
    content["answers"]["handout-02"] = {"chosen": "Z", "first": "Z", "attempts": 1, "time": "2026"}
    Path("quiz_answers.json").write_text(json.dumps(content))
    assert Quiz().score() == (1, 1, 3)
    assert "1 whole answers were kept" in capsys.readouterr().out
    assert Quiz().score() == (1, 1, 3) and "damaged" not in capsys.readouterr().out


def test_file_damaged_while_the_quiz_runs_costs_no_answer(bank, capsys):
    some = Quiz()
    some.answer(1, "C")
    Path("quiz_answers.json").write_text("{")
    some.answer(2, "A")
    assert "damaged-1" in capsys.readouterr().out
    assert Quiz().score() == (2, 2, 3)


def no_space(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_is_told_once_and_loses_nothing(bank, capsys, monkeypatch):
    Quiz().answer(1, "C")
    before = Path("quiz_answers.json").read_bytes()
    some = Quiz()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        some.answer(2, "A")
        some.answer(3, "B")
    assert capsys.readouterr().out.count("No space left on device") == 1
    assert some.score() == (3, 3, 3)
    assert Path("quiz_answers.json").read_bytes() == before and os.listdir() == ["quiz_answers.json"]
    some.answer(3, "B")  # there is space again
    assert Quiz().score() == (3, 3, 3)


def test_folder_that_cannot_be_written_is_told_once(bank, capsys):
    some = Quiz(answers="no/such/folder/quiz_answers.json")
    some.answer(1, "C")
    some.answer(2, "A")
    assert capsys.readouterr().out.count("cannot be read or written") == 1
    assert some.score() == (2, 2, 3)


def test_what_cannot_be_read_is_not_overwritten(bank, capsys, monkeypatch):
    Quiz().answer(1, "A")
    before = Path("quiz_answers.json").read_bytes()
    with monkeypatch.context() as locked:

        def refuse(path):
            raise PermissionError(errno.EACCES, "Permission denied")

        locked.setattr(Path, "read_bytes", refuse)
        some = Quiz("vi")
        some.answer(1, "C")
        some.answer(2, "A")
    assert capsys.readouterr().out.count("Permission denied") == 1
    assert some.score() == (2, 2, 3) and Path("quiz_answers.json").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_in_place_of_the_file_is_told_and_not_waited_for(bank, capsys):
    os.mkfifo("quiz_answers.json")
    Quiz().answer(1, "B")
    assert "quiz_answers.json" in capsys.readouterr().out


def test_mark_that_an_editor_put_in_front_is_no_damage(bank, capsys):
    Quiz().answer(1, "B")
    Path("quiz_answers.json").write_bytes(b"\xef\xbb\xbf" + Path("quiz_answers.json").read_bytes())
    assert Quiz().score()[1] == 1 and "damaged" not in capsys.readouterr().out


def test_folder_in_place_of_the_file_is_told(bank, capsys):
    Path("quiz_answers.json").mkdir()
    some = Quiz("vi")
    some.answer(1, "C")
    assert capsys.readouterr().out.count("⚠️") == 1 and some.score() == (1, 1, 3)


def test_link_to_the_file_stays_a_link(bank, tmp_path):
    (tmp_path / "drive").mkdir()
    Path("quiz_answers.json").symlink_to(tmp_path / "drive" / "answers.json")
    Quiz().answer(1, "C")
    assert Path("quiz_answers.json").is_symlink() and (tmp_path / "drive" / "answers.json").exists()


def saved(question_id):
    return json.loads(Path("quiz_answers.json").read_text())["answers"][question_id]


@pytest.mark.parametrize("first, second", [("C", "A"), ("A", "C")])
def test_first_answer_stays_the_first_whichever_quiz_gave_it(bank, first, second):
    """Both quizzes were there before the first answer was given."""
    one, other = Quiz(), Quiz("vi", "all")
    one.answer(1, first)
    other.answer(1, second)
    one.answer(1, "D")
    record = saved("handout-01")
    assert (record["first"], record["attempts"], record["chosen"]) == (first, 3, "D")


def test_first_answer_handed_in_at_the_end_does_not_replace_an_earlier_one(bank):
    exam, at_once = Quiz(feedback="at the end"), Quiz()
    exam.answer(1, "A")
    at_once.answer(1, "C")
    exam.answer(1, "B")
    exam.finish()
    record = saved("handout-01")
    assert (record["first"], record["attempts"], record["chosen"]) == ("C", 2, "B") and "draft" not in record


def test_newer_answers_of_another_notebook_are_kept(bank):
    """one knows question 1 already; what other answers to it later must survive that one saves again."""
    one = Quiz()
    one.answer(1, "A")
    other = Quiz()
    other.answer(1, "C")
    assert one.score() == (1, 1, 3)  # seen at once
    one.answer(2, "A")
    assert (saved("handout-01")["chosen"], saved("handout-01")["attempts"]) == ("C", 2)
    assert Quiz().score() == (2, 2, 3)


def test_newer_draft_of_another_notebook_is_kept(bank):
    one = Quiz(feedback="at the end")
    one.answer(1, "A")
    time.sleep(0.002)  # records tell milliseconds apart
    Quiz(feedback="at the end").answer(1, "C")
    one.answer(2, "A")
    assert saved("handout-01")["draft"] == "C"
    assert one.finish() == (2, 2, 3)


def test_more_attempts_win_over_a_clock_that_was_put_back(bank):
    Quiz().answer(1, "A")
    one = Quiz()
    content = json.loads(Path("quiz_answers.json").read_text())
    content["answers"]["handout-01"].update(chosen="C", attempts=2, time="2001-01-01T00:00:00.000+00:00")
    Path("quiz_answers.json").write_text(json.dumps(content))
    one.answer(2, "A")
    assert saved("handout-01")["chosen"] == "C"


def test_older_file_does_not_take_an_answer_back(bank):
    """A copy from yesterday is put in the file's place while a quiz runs."""
    some = Quiz()
    some.answer(1, "A")
    yesterday = Path("quiz_answers.json").read_bytes()
    some.answer(1, "C")
    Path("quiz_answers.json").write_bytes(yesterday)
    assert some.score() == (1, 1, 3)
    some.answer(2, "A")
    assert saved("handout-01")["chosen"] == "C"
