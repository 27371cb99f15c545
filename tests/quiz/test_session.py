"""A quiz: choosing questions, answering, scores, rounds, and what a student hands in."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from instructor import class_table
from tests.quiz.support import ROOT, ids
from vae_helpers.quiz import Quiz, load_questions
from vae_helpers.quiz.bank import LETTERS


def test_questions_can_be_chosen(bank):
    assert ids(Quiz()) == ["handout-01", "handout-02", "handout-03"]
    assert ids(Quiz(questions="more")) == ["more-01"]
    assert len(Quiz(questions="all")) == 4
    for lesson in ("02", "2", 2, "02_vae"):
        assert ids(Quiz(questions="all", lesson=lesson)) == ["more-01"]
    assert ids(Quiz(difficulty=3)) == ["handout-03"]
    assert len(Quiz(difficulty=[1, 3])) == 3
    assert ids(Quiz(questions=["more-01", "handout-02"])) == ["more-01", "handout-02"]
    assert ids(Quiz(questions=load_questions("vi")[:2])) == ["handout-01", "handout-02"]


@pytest.mark.parametrize(
    "arguments, told",
    [
        ({"questions": "easy"}, "got 'easy'"),
        ({"questions": ["handout-99"]}, "no question 'handout-99'"),
        ({"lesson": "99"}, "no question is left"),
        ({"lesson": 20}, "no question is left"),
        ({"lesson": True}, "no question is left"),
        ({"feedback": "never"}, "got 'never'"),
        ({"language": "fr"}, "got 'fr'"),
    ],
)
def test_wrong_arguments_are_refused(bank, arguments, told):
    with pytest.raises(ValueError, match=told):
        Quiz(**arguments)


def test_language_is_the_lessons(bank, language):
    some = Quiz()
    assert some.language == language and some.questions[2].question == f"{language}: σ²?"
    assert some.questions[0].link == f"notebooks/{language}/04_loss.ipynb#1-·-" + (
        "Một-mục" if language == "vi" else "A-heading"
    )


def test_language_follows_the_quizs_folder(monkeypatch, tmp_path):
    from vae_helpers import _language

    monkeypatch.setattr(_language, "_chosen", None)
    monkeypatch.delenv("VAE_LANGUAGE", raising=False)
    for code in ("en", "vi"):
        (tmp_path / "quiz" / code).mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "quiz" / code)
        assert Quiz().language == code


# -------------------------------------------------------------------------------------------------- answering


def test_right_answer_is_explained(bank, capsys):
    some = Quiz()
    result = some.answer(1, "c")
    said = capsys.readouterr().out
    assert result and "✅ Question 1" in said
    for part in ("why handout-01C", "To be precise: precisely μ", "notebooks/en/04_loss.ipynb, «1 · A heading»"):
        assert part in said
    assert some.score() == (1, 1, 3)


def test_wrong_answer_is_explained_and_can_be_mended(bank, capsys):
    some = Quiz("vi")
    assert not some.answer(2, "B")
    said = capsys.readouterr().out
    assert "❌ Câu 2" in said and "vì handout-02B" in said and "vì handout-02A" not in said
    assert some.score() == (0, 1, 3)
    assert some.answer(2, "A")
    assert some.score() == (1, 1, 3)


@pytest.mark.parametrize("number", [0, 4, -1, 1.0, "1", True, None])
def test_number_that_is_not_there_is_refused(bank, number):
    with pytest.raises(
        ValueError, match=rf"number: got {re.escape(repr(number))}, expected a whole number from 1 to 3"
    ):
        Quiz().answer(number, "A")
    assert not Path("quiz_answers.json").exists()


@pytest.mark.parametrize("letter", ["E", "", "AB", 1, None])
def test_letter_that_is_not_there_is_refused(bank, letter):
    with pytest.raises(ValueError, match=rf"letter: got {re.escape(repr(letter))}, expected one of 'A'"):
        Quiz().answer(1, letter)


def test_plain_text_is_readable_and_tells_no_answer(bank, capsys):
    some = Quiz("en")
    text = str(some)
    assert "Question 1\nen: What is x < 1?\n  A. one\n" in text
    assert "    x = '<b>' & 1  # [0](1)" in text and "σ²?" in text and "1/2" in text
    assert "why" not in text and "precisely" not in text
    some.print(3)
    assert capsys.readouterr().out.startswith("Question 3\nen: σ²?\n  A. i\n")
    assert '[Figure: a "dot"]' in str(Quiz("en", "more"))


def test_at_the_end_nothing_is_told_before(bank, capsys):
    some = Quiz(feedback="at the end")
    results = [some.answer(1, "C"), some.answer(2, "B"), some.answer(2, "D")]
    said = capsys.readouterr().out
    assert "why" not in said and "✅" not in said and "❌" not in said
    assert {repr(result) for result in results} == {"<Answer: noted>"}
    assert {result.right for result in results} == {None} and not any(results)
    assert ids(some.wrong_only()) == []
    assert some.finish() == (1, 2, 3)
    said = capsys.readouterr().out
    assert "why handout-01C" in said and "why handout-02D" in said and "The right answer is A: why handout-02A" in said
    assert "handout-03" not in said and "1 of 3 right" in said
    assert ids(some.wrong_only()) == ["handout-02"]
    assert json.loads(Path("quiz_answers.json").read_text())["answers"]["handout-02"]["attempts"] == 1


def test_draft_survives_a_restart_untold(bank):
    Quiz(feedback="at the end").answer(1, "B")
    later = Quiz(feedback="at the end")
    assert later.score() == (0, 1, 3) and ids(later.wrong_only()) == []
    assert Quiz().score() == (0, 0, 3)  # in a quiz with answers at once it is not given yet


def test_wrong_only(bank):
    some = Quiz()
    for number, letter in ((1, "C"), (2, "B"), (3, "A")):
        some.answer(number, letter)
    wrong = some.wrong_only()
    assert ids(wrong) == ["handout-02", "handout-03"] and wrong.score() == (0, 0, 2)
    assert wrong.answer(2, "B") and wrong.score() == (1, 1, 2)
    assert some.score() == (2, 3, 3)  # the last answer counts
    assert len(some.wrong_only().wrong_only()) == 0 and str(some.wrong_only().wrong_only()) == ""


def test_again_shuffles_and_the_score_stays_right(bank, capsys):
    some = Quiz(seed=1)
    for number in (1, 2, 3):
        some.answer(number, "A")
    assert some.score() == (1, 3, 3)
    once_more = some.again()
    assert once_more.score() == (0, 0, 3) and ids(once_more) == ids(some)
    for number, (new, old) in enumerate(zip(once_more.questions, some.questions, strict=True), start=1):
        assert list(new.options) == list(LETTERS) and new.options != old.options
        assert new.options[new.key] == old.options[old.key] and new.why[new.key] == old.why[old.key]
        assert {(new.options[letter], new.why[letter]) for letter in LETTERS} == {
            (old.options[letter], old.why[letter]) for letter in LETTERS
        }
        capsys.readouterr()
        assert once_more.answer(number, new.key)
        assert f"why {new.id}{old.key}" in capsys.readouterr().out
    assert once_more.score() == (3, 3, 3)
    records = json.loads(Path("quiz_answers.json").read_text())["answers"]
    assert {name: record["chosen"] for name, record in records.items()} == {q.id: q.key for q in some.questions}
    assert Quiz().score() == (3, 3, 3)


def test_shuffling_twice_still_knows_the_banks_letters(bank):
    some = Quiz(seed=3).again().again().again()
    for number, question in enumerate(some.questions, start=1):
        some.answer(
            number, next(letter for letter, text in question.options.items() if text in ("two", "d ~ e: {f}", "i"))
        )
    records = json.loads(Path("quiz_answers.json").read_text())["answers"]
    assert [records[f"handout-0{n}"]["chosen"] for n in (1, 2, 3)] == ["B", "D", "A"]


def test_seed_makes_shuffling_repeatable(bank):
    orders = [[q.options for q in Quiz(seed=seed).again().questions] for seed in (5, 5, 6)]
    assert orders[0] == orders[1] != orders[2]
    assert [q.options for q in Quiz().again(shuffle=False).questions] == [q.options for q in Quiz().questions]


# -------------------------------------------------------------------------------------------------- a student's export


KEYS = {"handout-01": "C", "handout-02": "A", "handout-03": "B", "more-01": "D"}


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_export_can_be_read_back(bank, ending):
    some = Quiz(seed=4).again()
    wrong = next(letter for letter in LETTERS if letter != some.questions[0].key)
    original = some.questions[0].original[wrong]
    some.answer(1, wrong)
    some.answer(1, some.questions[0].key)
    some.answer(3, some.questions[2].key)
    some.export(f"answers.{ending}", name=" Nguyễn  Thị Ánh, 'K68' ")
    student = class_table.read_answers(Path(f"answers.{ending}"), KEYS)
    assert student.name == "Nguyễn Thị Ánh, 'K68'"
    assert student.last == {"handout-01": "C", "handout-03": "B"}
    assert student.first == {"handout-01": original, "handout-03": "B"}
    rows = {"json": class_table._json_rows, "csv": class_table._csv_rows}[ending](Path(f"answers.{ending}"))
    assert [int(row["attempts"]) for row in rows] == [2, 1] and [int(row["right"]) for row in rows] == [1, 1]


def test_export_holds_no_key(bank):
    some = Quiz(questions="all")
    some.answer(2, "D")
    some.export("answers.json")
    content = json.loads(Path("answers.json").read_text())
    assert content["name"] == "answers"
    (row,) = content["answers"]
    assert set(row) == {"question", "chosen", "right", "attempts", "first", "time"}
    assert (row["chosen"], row["right"]) == ("D", False)


def test_export_leaves_out_what_is_not_handed_in(bank, capsys):
    some = Quiz("en", feedback="at the end")
    some.answer(1, "C")
    some.export("answers.json")
    assert json.loads(Path("answers.json").read_text())["answers"] == []
    assert "1 answers are not handed in" in capsys.readouterr().out


def test_other_endings_are_refused(bank):
    with pytest.raises(ValueError, match=r"ends in .json or .csv"):
        Quiz().export("answers.xlsx")


def test_letters_cannot_be_tried_out_before_handing_in(bank):
    """Neither the score nor what answer() gives differs between a right and a wrong letter."""
    some = Quiz(feedback="at the end")
    told = [(repr(some.answer(1, letter)), bool(some.answer(1, letter)), some.score()) for letter in LETTERS]
    assert told == [("<Answer: noted>", False, (0, 1, 3))] * 4
    some.answer(1, "C")
    assert some.finish() == (1, 1, 3)
    some.answer(1, "A")
    assert some.score() == (0, 1, 3)  # noted again, and so neither right nor wrong
    assert some.finish() == (0, 1, 3)


def test_score_of_a_new_round_counts_only_what_is_handed_in_in_it(bank):
    some = Quiz(feedback="at the end")
    some.answer(1, "C")
    some.finish()
    once_more = some.again(shuffle=False)
    assert once_more.score() == (0, 0, 3)
    once_more.answer(1, "A")
    assert once_more.score() == (0, 1, 3)
    once_more.answer(1, "C")
    assert once_more.finish() == (1, 1, 3)


def test_export_has_what_another_quiz_answered_meanwhile(bank):
    one, other = Quiz(), Quiz()
    other.answer(2, "A")
    one.export("answers.json")
    assert [row["question"] for row in json.loads(Path("answers.json").read_text())["answers"]] == ["handout-02"]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("encoding", ["cp1258", "cp1252", "ascii", "utf-8"])
def test_prints_on_every_code_page(language, encoding, tmp_path):
    """In a process of its own, whose console knows as little as a Windows one."""
    code = f"from vae_helpers.quiz import Quiz; q = Quiz({language!r}, 'all'); print(q); q.print(2); q.answer(1, 'A'); q.finish()"
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    said = unicodedata.normalize("NFC", result.stdout.decode(encoding))
    expected = {"vi": "Câu 2", "en": "Question 2"}[language]
    assert (expected if encoding != "ascii" else expected.replace("â", "a")) in said
    if language == "vi" and encoding in ("cp1258", "utf-8"):
        assert "chưa đúng" in said  # cp1258 has the letters, in two pieces
