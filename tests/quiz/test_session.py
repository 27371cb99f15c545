"""The quiz: the bank, answers that persist, shuffling, what the page may know, and what the instructor gets."""

import copy
import csv
import errno
import html
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
import xml.etree.ElementTree as ElementTree
import zipfile
from base64 import b64decode
from pathlib import Path

import jsonschema
import jupytext
import nbformat
import pytest
from ipywidgets import Widget
from ipywidgets.embed import embed_data
from PIL import Image

from instructor import quiz_export
from tools import markup as _markup
from vae_helpers import quiz
from vae_helpers.quiz import Quiz, load_questions
from vae_helpers.quiz.session import LETTERS

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "quiz" / "schema.json").read_text(encoding="utf-8"))
BANK = json.loads((ROOT / "quiz" / "questions.json").read_text(encoding="utf-8"))


def both(vi, en):
    return {"vi": vi, "en": en}


def entry(question_id, key, text, options, **more):
    return {
        "id": question_id,
        "set": question_id.split("-")[0],
        "lesson": "04_loss",
        "difficulty": 1,
        "kind": "concept",
        "answer_in": both("1 · Một mục", "1 · A heading"),
        "key": key,
        "question": both(f"vi: {text}", f"en: {text}"),
        "options": {
            letter: {
                "text": both(option, option),
                "why": both(f"vì {question_id}{letter}", f"why {question_id}{letter}"),
            }
            for letter, option in zip(LETTERS, options, strict=True)
        },
        **more,
    }


def small_bank():
    return {
        "version": 1,
        "questions": [
            entry("handout-01", "C", "What is `x < 1`?", ["one", "two", "three", "four"],
                  precise=both("nói đúng $\\mu$", "precisely $\\mu$")),
            entry("handout-02", "A", "Read:\n\n```python\nx = '<b>' & 1  # [0](1)\n```", ["$\\frac{1}{2}$", "**b** & c", "`x[0](y)`", "d ~ e: {f}"]),
            entry("handout-03", "B", "$\\sigma^2$?", ["i", "j", "k", "l"], difficulty=3,
                  answer_in=both("Chọn $B$", "So which $B$?")),
            entry("more-01", "D", "Look", ["p", "q", "r", "s"], lesson="02_vae",
                  figure={"file": "figures/dot.png", "alt": both("một 'chấm'", 'a "dot"')}),
        ],
    }  # fmt: skip


def write_bank(folder, bank):
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2), "white").save(folder / "figures" / "dot.png")
    path = folder / "questions.json"
    path.write_text(bank if isinstance(bank, str) else json.dumps(bank), encoding="utf-8")
    return path


@pytest.fixture
def bank(tmp_path, monkeypatch):
    """A small bank in place of the course's, and an empty working folder."""
    path = write_bank(tmp_path / "bank", small_bank())
    monkeypatch.setattr(quiz, "_bank_path", lambda: path)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return path


# -------------------------------------------------------------------------------------------------- the course's bank


def test_bank_keeps_to_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(BANK, SCHEMA, jsonschema.Draft202012Validator)


def test_bank_has_the_handouts_keys(language):
    handout = [question for question in load_questions(language) if question.set == "handout"]
    assert [question.key for question in handout] == list("CBABBBABBC")
    assert [question.id for question in handout] == [f"handout-{number:02d}" for number in range(1, 11)]
    assert [question.number for question in handout] == list(range(1, 11))


def texts(question):
    return [question.question, question.precise, question.alt, *question.options.values(), *question.why.values()]


def test_every_formula_can_be_drawn(language):
    found = [formula for q in load_questions(language) for text in texts(q) for formula in _markup.formulas(text)]
    assert len(found) > 50
    assert not [formula for formula in found if not _markup.formula_svg(formula).startswith("<svg")]
    assert not [formula for formula in found if re.search(r"[\\{}]", _markup.latex_to_text(formula))]


def test_every_answer_stands_under_a_heading_of_its_lesson(language):
    for question in load_questions(language):
        cells = jupytext.read(ROOT / "notebooks" / "src" / f"{question.lesson}.py", fmt="py:percent").cells
        text = "\n".join(cell.source for cell in cells if cell.metadata.get("lang") == language)
        assert question.heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE), question.id
        assert (ROOT / question.link.split("#")[0]).exists()


def test_no_text_names_options_by_their_letters(language):
    """They would be wrong once the options change places."""
    named = re.compile(r"\b(?:đáp án|phương án|lựa chọn|câu trả lời|option|answer|choice)s? [A-D]\b|\b[A-D] (?:và|and) [A-D]\b", re.IGNORECASE)  # fmt: skip
    assert not [(q.id, text) for q in load_questions(language) for text in texts(q) if named.search(text)]


def test_bank_is_in_composed_unicode():
    text = (ROOT / "quiz" / "questions.json").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)


# -------------------------------------------------------------------------------------------------- broken banks


def first(bank):
    return bank["questions"][0]


BROKEN = {  # what is done to the first question → what is said of it
    "no key": (lambda b: first(b).pop("key"), "'key' is missing"),
    "key E": (lambda b: first(b).update(key="E"), "key: got 'E'"),
    "two keys": (lambda b: first(b).update(key=["A", "C"]), "expected exactly one of A, B, C, D"),
    "no English": (lambda b: first(b)["question"].pop("en"), "question: the text in 'en' is missing"),
    "empty Vietnamese": (lambda b: first(b)["options"]["B"]["why"].update(vi=" "), "option B, why: the text in 'vi' is missing"),
    "a third language": (lambda b: first(b)["question"].update(fr="Quoi"), "the language 'fr' is unknown"),
    "text without languages": (lambda b: first(b).update(precise="loose"), "precise: expected"),
    "unknown lesson": (lambda b: first(b).update(lesson="99_nothing"), "there is no lesson '99_nothing'"),
    "unknown set": (lambda b: first(b).update(set="extra"), "set: got 'extra'"),
    "id of another set": (lambda b: first(b).update(set="more"), "id: expected more- and two digits"),
    "difficulty 4": (lambda b: first(b).update(difficulty=4), "difficulty: got 4"),
    "difficulty true": (lambda b: first(b).update(difficulty=True), "difficulty: got True"),
    "unknown kind": (lambda b: first(b).update(kind="poem"), "kind: got 'poem'"),
    "three options": (lambda b: first(b)["options"].pop("D"), "options: got ['A', 'B', 'C']"),
    "no explanation": (lambda b: first(b)["options"]["D"].pop("why"), "option D: expected text and why"),
    "misspelt field": (lambda b: first(b).update(precice=both("a", "b")), "'precice' is unknown"),
    "no options": (lambda b: first(b).pop("options"), "'options' is missing"),
    "figure without file": (lambda b: first(b).update(figure={"file": "figures/no.png", "alt": both("a", "b")}), "there is no file 'figures/no.png'"),
    "figure elsewhere": (lambda b: first(b).update(figure={"file": "../secret.png", "alt": both("a", "b")}), "there is no file '../secret.png'"),
    "figure without alt": (lambda b: first(b).update(figure={"file": "figures/dot.png"}), "figure: expected"),
    "twin options": (lambda b: first(b)["options"]["D"].update(text=both("three", "three")), "options C and D say the same"),
    "open formula": (lambda b: first(b)["question"].update(vi="bao nhiêu $x"), "in 'vi' a $ lacks its other half"),
    "open code": (lambda b: first(b)["question"].update(en="```python\nx"), "in 'en' a ``` lacks its other half"),
    "id twice": (lambda b: b["questions"].insert(1, copy.deepcopy(first(b))), "this id stands twice"),
}  # fmt: skip
ONLY_IN_PYTHON = {"unknown lesson", "id of another set", "figure without file", "twin options", "open formula", "open code", "id twice"}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bank_is_refused_with_id_and_reason(tmp_path, name):
    break_it, reason = BROKEN[name]
    broken = small_bank()
    break_it(broken)
    with pytest.raises(ValueError) as refusal:
        load_questions("vi", write_bank(tmp_path, broken))
    assert re.search(rf"^  handout-01: .*{re.escape(reason)}", str(refusal.value), re.MULTILINE), refusal.value
    assert "handout-02" not in str(refusal.value)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(broken) == (name in ONLY_IN_PYTHON)


def test_small_bank_is_whole(tmp_path):
    assert len(load_questions("en", write_bank(tmp_path, small_bank()))) == 4
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(small_bank())


@pytest.mark.parametrize("name", ['"key"', '"B"'])
def test_name_that_stands_twice_is_refused(tmp_path, name):
    """JSON readers take the last of two keys without a word."""
    text = json.dumps(small_bank())
    value = '"A"' if name == '"key"' else json.dumps(small_bank()["questions"][0]["options"]["B"])
    text = text.replace(f"{name}: ", f"{name}: {value}, {name}: ", 1)
    with pytest.raises(ValueError, match=r"handout-01: .*\(twice\)"):
        load_questions("vi", write_bank(tmp_path, text))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "questions": []}', '{"version": 1, "questions": [3]}'])
def test_something_else_is_no_bank(tmp_path, text):
    with pytest.raises(ValueError, match="questions.json is"):
        load_questions("vi", write_bank(tmp_path, text))


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="got 'fr'"):
        load_questions("fr")


# -------------------------------------------------------------------------------------------------- choosing questions


def ids(some_quiz):
    return [question.id for question in some_quiz.questions]


def test_questions_can_be_chosen(bank):
    assert ids(Quiz()) == ["handout-01", "handout-02", "handout-03"]
    assert ids(Quiz(questions="more")) == ["more-01"]
    assert len(Quiz(questions="all")) == 4
    assert ids(Quiz(questions="all", lesson="02")) == ["more-01"]
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
        ({"feedback": "never"}, "got 'never'"),
        ({"language": "fr"}, "got 'fr'"),
    ],
)
def test_wrong_arguments_are_refused(bank, arguments, told):
    with pytest.raises(ValueError, match=told):
        Quiz(**arguments)


def test_language_is_the_lessons(bank, language):
    some = Quiz()
    assert some.language == language and some.questions[2].question == f"{language}: $\\sigma^2$?"
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


# -------------------------------------------------------------------------------------------------- persistence


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


@pytest.mark.parametrize("content", [b"", b'{"version": 1, "answ', b"\xff\xfe\x00", b"[]", b'{"answers": 3}', b"null"])
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


# -------------------------------------------------------------------------------------------------- the widget


def state(widget):
    """All that the page or a saved notebook may know: the states of every widget that there is, as JSON."""
    data = embed_data(views=[widget], drop_defaults=False)
    states = [
        json.dumps(model["state"], sort_keys=True, ensure_ascii=False)
        for model in data["manager_state"]["state"].values()
    ]
    return "\n".join(sorted(re.sub(r"IPY_MODEL_\w+", "", text) for text in states))


def choose(widget, place, letter):
    """Choose a letter as the page does, and press the button if there is one."""
    widget._go(place)
    card = widget.cards[place]
    card.field.value = letter
    if card.check.layout.display != "none":
        card.field.value = letter + "!"
    return card


def hand_in_by_page(widget, choices=""):
    """What the page sends when "hand in" is pressed: the choices in sight, and the time."""
    widget.hand_in_field.value = f"{choices}{time.monotonic_ns()}"


@pytest.mark.parametrize("feedback", ["at once", "at the end"])
def test_page_knows_no_key_before_the_answer(bank, tmp_path, feedback):
    """Two banks that differ in keys and explanations only: whatever is not answered looks the same on the page."""
    states, bundles = [], []
    for keys in ("CABD", "DDAA"):
        other = small_bank()
        for question, key in zip(other["questions"], keys, strict=True):
            question["key"] = key
            question.pop("precise", None)
            for letter in LETTERS:
                question["options"][letter]["why"] = both(f"bí mật {keys}", f"secret {keys}")
        write_bank(bank.parent, other)
        Widget.close_all()
        widget = Quiz("vi", "all", feedback=feedback, answers=tmp_path / f"{keys}.json").show()
        at_rest = state(widget)
        for place in range(4):
            widget._go(place)
        widget.all.value = True
        widget.cards[0].field.value = "B"  # chosen, but not checked or handed in
        states.append((at_rest, state(widget)))
        bundles.append(widget.at_rest())
        assert "bí mật" not in str(states) + str(bundles) and "secret" not in str(states) + str(bundles)
    assert states[0] == states[1] and bundles[0] == bundles[1]
    assert "Câu 4/4" in states[0][1]
    assert "chấm" in bundles[0]["text/html"] and "chấm" in bundles[0]["text/plain"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_at_rest_names_the_options_as_answer_does_and_draws_indices(language, tmp_path):
    shown = Quiz(language, "all", answers=tmp_path / "answers.json").show().at_rest()["text/html"]
    for letter in LETTERS:
        assert shown.count(f"<strong>{letter}.</strong>") == len(BANK["questions"])
    formulas = re.findall("<em>(.*?)</em>", shown)
    assert "log p<sub>θ</sub>(x)" in formulas and not any("_" in formula or "^" in formula for formula in formulas)


def test_saved_output_has_the_questions_for_pages_without_a_kernel():
    for code in ("vi", "en"):
        notebook = nbformat.read(ROOT / "quiz" / code / "quiz.ipynb", as_version=4)
        shown = [o.data for c in notebook.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
        assert [data["text/html"].count("<strong>A.</strong>") for data in shown] == [10, len(BANK["questions"]) - 10]
        assert all("application/vnd.jupyter.widget-view+json" in data for data in shown)


def test_page_knows_only_the_explanations_that_were_asked_for(bank):
    Widget.close_all()
    widget = Quiz("en").show()
    widget.all.value = True
    card = choose(widget, 1, "B")
    assert "wrong" in card.explanation.value and "why handout-02B" in state(widget)
    assert not re.search(r"why handout-0(?:1|3|2[ACD])", state(widget))
    choose(widget, 1, "A")
    assert "why handout-02C" in state(widget) and not re.search(r"why handout-0[13]", state(widget))


def test_widget_answers_and_scores(bank):
    some = Quiz("vi")
    widget = some.show()
    card = choose(widget, 0, "A")
    assert "Câu 1: chưa đúng" in card.explanation.value and "1/3" in widget.head.value and "đúng 0" in widget.head.value
    card = choose(widget, 0, "C")
    assert "Câu 1: đúng rồi" in card.explanation.value and card.check.layout.display == "none"
    assert card.options.value.count(" disabled") == 4 and ' value="C" checked disabled' in card.options.value
    choose(widget, 1, "D")
    assert some.score() == (1, 2, 3) and "2/3" in widget.head.value and "đúng 1" in widget.head.value
    assert [label for label, _ in widget.jump.options] == ["1 ✓", "2 ✗", "3 "]
    widget.only_wrong.click()
    assert ids(widget.quiz) == ["handout-02"] and "Câu 1/1" in widget.cards[0].text.value
    assert widget.cards[0].explanation.value == ""
    choose(widget, 0, "A")
    assert "1/1" in widget.head.value and widget.only_wrong.disabled
    widget.everything.click()
    assert (
        widget.quiz is some
        and some.score() == (2, 2, 3)
        and [x for x, _ in widget.jump.options] == ["1 ✓", "2 ✓", "3 "]
    )


def test_widget_shows_earlier_answers(bank):
    Quiz("en").answer(1, "B")
    widget = Quiz("en").show()
    assert (
        ' value="B" checked' in widget.cards[0].options.value and "why handout-01B" in widget.cards[0].explanation.value
    )
    assert "1 of 3 answered · 0 right" in widget.head.value
    assert "•" not in widget.at_rest()["text/plain"]  # what is saved for pages without a kernel is at rest


def test_check_without_a_choice_asks_for_one(bank):
    widget = Quiz("en").show()
    widget.cards[0].field.value = "!"
    assert "Choose an answer first" in widget.cards[0].explanation.value and not Path("quiz_answers.json").exists()


def test_widget_at_the_end(bank):
    widget = Quiz("en", feedback="at the end").show()
    assert " disabled " in widget.hand_in.value
    for place, letter in enumerate("CBD"):
        card = choose(widget, place, letter)
        assert card.explanation.value == "" and "right" not in widget.head.value
    assert [label for label, _ in widget.jump.options] == ["1 •", "2 •", "3 •"]
    assert " disabled " not in widget.hand_in.value
    hand_in_by_page(widget)
    assert "3 of 3 answered · 1 right" in widget.head.value and " disabled " in widget.hand_in.value
    assert "The right answer is A" in widget.cards[1].explanation.value
    widget.cards[1].field.value = "A"  # too late
    assert "1 right" in widget.head.value
    assert not widget.only_wrong.disabled


def test_choice_that_was_still_on_its_way_is_handed_in(bank):
    """The page sends along what it shows: a letter that has not reached the kernel counts all the same."""
    widget = Quiz("en", feedback="at the end").show()
    widget.all.value = True
    widget.cards[0].field.value = "B"
    hand_in_by_page(widget, "0C 1A 2 ")
    assert "2 of 3 answered · 2 right" in widget.head.value
    hand_in_by_page(widget, "0D 1A 2B ")  # what is handed in stays as it is
    assert "3 of 3 answered · 3 right" in widget.head.value


def test_shuffled_widget_marks_the_right_option(bank):
    widget = Quiz("en", seed=2).show()
    choose(widget, 0, "C")
    widget.once_more.click()
    question = widget.quiz.questions[0]
    assert "checked" not in widget.cards[0].options.value and "0 of 3" in widget.head.value
    card = choose(widget, 0, question.key)
    row = next(row for row in card.options.value.split("<label") if " checked" in row)
    assert "✓" in row and "three" in row and "1 right" in widget.head.value


def test_moving_about(bank):
    widget = Quiz("en").show()
    assert widget.back.disabled and len(widget.body.children) == 1
    widget.forward.click()
    widget.forward.click()
    assert widget.forward.disabled and "Question 3 of 3" in widget.body.children[0].text.value
    widget.jump.value = 1
    assert "Question 2 of 3" in widget.body.children[0].text.value
    widget.all.value = True
    assert len(widget.body.children) == 3 and widget.jump.layout.display == "none"
    widget.all.value = False
    assert len(widget.body.children) == 1 and "Question 2 of 3" in widget.body.children[0].text.value


def test_widget_tells_when_answers_cannot_be_kept(bank):
    widget = Quiz("en", answers="no/such/folder/a.json").show()
    choose(widget, 0, "A")
    choose(widget, 0, "C")
    assert widget.foot.value.count("cannot be read or written") == 1


def test_question_text_is_escaped_and_formulas_are_drawn(bank):
    widget = Quiz("en").show()
    widget.all.value = True
    assert "What is <code>x &lt; 1</code>?" in widget.cards[0].text.value
    code = widget.cards[1]
    assert "<pre><code>x = &#x27;&lt;b&gt;&#x27; &amp; 1  # [0](1)</code></pre>" in code.text.value
    assert "<strong>b</strong> &amp; c" in code.options.value
    assert '<svg role="img" aria-label="\\frac{1}{2}"' in code.options.value and "currentColor" in code.options.value
    figure = Quiz("en", "more").show().cards[0].text.value
    assert 'alt="a &quot;dot&quot;"' in figure
    data = re.search(r"base64,([^\"]+)", figure).group(1)
    assert b64decode(data) == (bank.parent / "figures" / "dot.png").read_bytes()


def test_lesson_is_linked_where_it_lies_beside(bank, tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "en").mkdir(parents=True)
    (tmp_path / "notebooks" / "en" / "04_loss.ipynb").write_text("{}")
    (tmp_path / "quiz" / "en").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "quiz" / "en")
    card = choose(Quiz("en").show(), 0, "C")
    assert 'href="../../notebooks/en/04_loss.ipynb#1-·-A-heading"' in card.explanation.value


def test_formula_in_a_heading(bank, capsys):
    some = Quiz("en")
    some.answer(3, "B")
    assert "«So which B?»" in capsys.readouterr().out
    assert some.questions[2].link.endswith("04_loss.ipynb#So-which-B?")
    widget = some.show()
    widget._go(2)
    assert '«So which <svg role="img" aria-label="B"' in widget.cards[2].explanation.value


@pytest.mark.parametrize("code", ["vi", "en"])
def test_saved_notebook_holds_no_explanation(code):
    notebook = nbformat.read(ROOT / "quiz" / code / "quiz.ipynb", as_version=4)
    text = html.unescape(json.dumps(notebook, ensure_ascii=False))
    text += html.unescape(json.dumps(notebook))
    questions = load_questions(code)
    handout = [question for question in questions if question.set == "handout"]
    assert sum(json.dumps(q.question.split("\n")[0].split("$")[0].split("`")[0], ensure_ascii=False)[1:-1] in text for q in handout) == 10  # fmt: skip
    for question in questions:
        for secret in filter(None, [question.precise, *question.why.values()]):
            longest = max(re.split(r"[$`*\n\"]", secret), key=len)
            assert longest not in text, question.id


# -------------------------------------------------------------------------------------------------- small Markdown


@pytest.mark.parametrize(
    "latex, text",
    [
        (r"\frac{\sigma^2}{2}", "σ²/2"),
        (r"B = \frac{1}{2\sigma^2}", "B = 1/(2σ²)"),
        (r"0{,}5 \times 12\,544", "0,5 × 12\u202f544"),
        (r"D_{KL}(q_\phi(z \mid x)\,\|\,p(z))", "D_KL(q_φ(z | x)‖p(z))"),
        (r"e^{\frac{1}{2}\log\sigma^2}", "e^(1/2 log σ²)"),
        (r"\hat{x} \in \{0, 1\}", "x̂ ∈ {0, 1}"),
        (r"\exp\left(-\frac{1}{2}x\right)", "exp(−1/2 x)"),
        (r"1/\sqrt{2B}", "1/√(2B)"),
    ],
)
def test_formula_in_plain_text(latex, text):
    assert _markup.latex_to_text(latex) == text


def test_formula_that_cannot_be_drawn_is_shown_as_it_is():
    assert _markup.formula_svg(r"\nosuch{<x>}") == r"<code>\nosuch{&lt;x&gt;}</code>"


@pytest.mark.parametrize(
    "text, mark",
    [("a $x$ `b` **c $d$**", None), ("`x**2` **b", "**"), ("a $x", "$"), ("`a", "`"), ("```\nx = 1\n", "```"), ("```\n$\n```", None)],
)  # fmt: skip
def test_half_a_mark_is_noticed(text, mark):
    assert _markup.unbalanced(text) == mark


# -------------------------------------------------------------------------------------------------- without the checkout


def test_quiz_needs_nothing_heavy():
    code = "import vae_helpers.quiz as q, sys; q.Quiz('vi').score(); "
    code += "print([m for m in ('torch', 'matplotlib', 'ipywidgets', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The package as pip installs it, far from the checkout."""
    # not by importlib's find_spec("pip"), after which setuptools, and so torch.compile, can no longer be imported here
    if not {"pip", "setuptools"} <= {package.name for package in importlib.metadata.distributions()}:
        pytest.skip("pip and setuptools are not in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    nothing = shutil.ignore_patterns("__pycache__", "*.ipynb")
    for name in ("vae_helpers", "quiz"):
        shutil.copytree(ROOT / name, source / name, ignore=nothing)
    for name in ("pyproject.toml", "README.md", "requirements.txt", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    command += ["--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PIP_DRY_RUN": "0"})
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def test_installed_package_has_every_module_and_the_bank(installed):
    modules = {path.relative_to(ROOT) for path in (ROOT / "vae_helpers").rglob("*.py")}
    assert modules == {path.relative_to(installed) for path in (installed / "vae_helpers").rglob("*.py")}
    inside = installed / "vae_helpers" / "_quiz_bank"
    assert (inside / "questions.json").read_bytes() == (ROOT / "quiz" / "questions.json").read_bytes()
    assert {f.name for f in (inside / "figures").iterdir()} == {
        f.name for f in (ROOT / "quiz" / "figures").glob("*.png")
    }


def test_installed_package_carries_both_licences(installed):
    (about,) = installed.glob("*.dist-info")
    for name in ("LICENSE", "LICENSE-text"):
        assert (about / "licenses" / name).read_bytes() == (ROOT / name).read_bytes()
    assert "License-Expression: MIT AND CC-BY-4.0\n" in (about / "METADATA").read_text(encoding="utf-8")


def test_installed_package_finds_its_bank(installed, tmp_path):
    code = "from vae_helpers import quiz; q = quiz.Quiz('vi', 'all'); q.show(); q.answer(1, 'C'); "
    code += "print(quiz._bank_path(), all(x.figure is None or x.figure.exists() for x in q.questions), q.score())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == (
        f"{installed / 'vae_helpers' / '_quiz_bank' / 'questions.json'} True (1, 1, {len(BANK['questions'])})"
    ), result.stderr


# -------------------------------------------------------------------------------------------------- a student's export


@pytest.fixture(scope="module")
def teacher():
    return quiz_export


KEYS = {"handout-01": "C", "handout-02": "A", "handout-03": "B", "more-01": "D"}


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_export_can_be_read_back(bank, teacher, ending):
    some = Quiz(seed=4).again()
    wrong = next(letter for letter in LETTERS if letter != some.questions[0].key)
    original = some.questions[0].original[wrong]
    some.answer(1, wrong)
    some.answer(1, some.questions[0].key)
    some.answer(3, some.questions[2].key)
    some.export(f"answers.{ending}", name=" Nguyễn  Thị Ánh, 'K68' ")
    student = teacher.read_answers(Path(f"answers.{ending}"), KEYS)
    assert student.name == "Nguyễn Thị Ánh, 'K68'"
    assert student.last == {"handout-01": "C", "handout-03": "B"}
    assert student.first == {"handout-01": original, "handout-03": "B"}
    rows = teacher._json_rows(Path("answers.json")) if ending == "json" else teacher._csv_rows(Path("answers.csv"))
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


# -------------------------------------------------------------------------------------------------- other systems


@pytest.fixture
def questions(bank, language):
    return load_questions(language)


def plain(text):
    """HTML without its tags and entities."""
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def test_moodle_xml_says_the_same(questions, teacher, bank):
    root = ElementTree.fromstring(teacher.moodle(questions).encode())
    assert root.tag == "quiz"
    categories = [q.find("category/text").text for q in root if q.get("type") == "category"]
    assert categories == ["$course$/top/VAE/handout", "$course$/top/VAE/more"]
    found = [q for q in root if q.get("type") == "multichoice"]
    assert len(found) == len(questions)
    for node, question in zip(found, questions, strict=True):
        assert node.findtext("name/text") == node.findtext("idnumber") == question.id
        assert node.findtext("questiontext/text").startswith(teacher.as_html(question.question))
        assert node.findtext("single") == "true" and node.findtext("answernumbering") == "ABCD"
        answers = node.findall("answer")
        assert [a.findtext("text") for a in answers] == [teacher.as_html(t) for t in question.options.values()]
        assert [a.findtext("feedback/text") for a in answers] == [teacher.as_html(t) for t in question.why.values()]
        assert "".join(LETTERS[i] for i, a in enumerate(answers) if a.get("fraction") == "100") == question.key
        assert {a.get("fraction") for a in answers} == {"0", "100"}
        assert {n.get("format") for n in node.iter() if n.find("text") is not None and n.tag != "name"} <= {
            "html",
            None,
        }
    figure = found[-1].find("questiontext/file")
    assert figure.attrib == {"name": "dot.png", "path": "/", "encoding": "base64"}
    assert b64decode(figure.text) == (bank.parent / "figures" / "dot.png").read_bytes()
    assert "@@PLUGINFILE@@/dot.png" in found[-1].findtext("questiontext/text")
    assert r"\(\frac{1}{2}\)" in found[1].findtext("answer/text")


def gift_questions(text):
    """GIFT by Moodle's rules: questions between empty lines; a backslash takes a character's meaning away."""

    def told(text):
        return html.unescape(re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text.strip()))

    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            continue
        name, stem, answers, general = re.fullmatch(
            r"::((?:\\.|[^:])*)::\[html\]((?:\\.|[^\\{}])*)\{((?:\\.|[^\\{}])*)####((?:\\.|[^\\{}#])*)\}", block
        ).groups()
        options = [
            (mark, told(option), told(why))
            for mark, option, why in re.findall(r"([=~])((?:\\.|[^\\=~#])*)#((?:\\.|[^\\=~#])*)", answers)
        ]
        yield told(name), told(stem), options, told(general)


def test_gift_says_the_same(questions, teacher):
    found = list(gift_questions(teacher.gift(questions)))
    assert len(found) == len(questions)
    for (name, stem, options, general), question in zip(found, questions, strict=True):
        assert name == question.id and stem.startswith(html.unescape(teacher.as_html(question.question)))
        assert [text for _, text, _ in options] == [
            html.unescape(teacher.as_html(t)) for t in question.options.values()
        ]
        assert [why for _, _, why in options] == [html.unescape(teacher.as_html(t)) for t in question.why.values()]
        assert "".join(LETTERS[i] for i, (mark, _, _) in enumerate(options) if mark == "=") == question.key
        assert html.unescape(teacher.inline_html(question.heading, teacher.mathjax)) in general


@pytest.mark.parametrize("code", ["vi", "en"])
def test_gift_of_the_whole_bank_keeps_its_shape(teacher, code):
    text = teacher.gift(load_questions(code))
    found = list(gift_questions(text))
    assert len(found) == len(BANK["questions"])
    assert all(len(options) == 4 and sum(mark == "=" for mark, *_ in options) == 1 for _, _, options, _ in found)
    parser = pytest.importorskip("pygiftparser.parser", reason="pygiftparser is not installed: own reader only")
    other = parser.parseFile(text.splitlines(keepends=True))
    assert all(q.valid and len(q.answers.answers) == 4 for q in other) and len(other) == len(found)


def test_jupyterquiz_says_the_same(questions, teacher):
    found = json.loads(teacher.jupyterquiz(questions))
    assert len(found) == len(questions)
    for item, question in zip(found, questions, strict=True):
        assert set(item) == {"type", "question", "answers"} and item["type"] == "multiple_choice"
        assert "".join(LETTERS[i] for i, a in enumerate(item["answers"]) if a["correct"]) == question.key
        for answer, letter in zip(item["answers"], LETTERS, strict=True):
            assert set(answer) == {"answer", "correct", "feedback"}
            assert plain(answer["answer"]) == plain(teacher.as_html(question.options[letter]))
            assert plain(answer["feedback"]).startswith(plain(teacher.as_html(question.why[letter])))
            assert "](" not in answer["answer"] and "$" not in answer["answer"]  # jupyterquiz would take them for marks
    assert "data:image/png;base64," in found[-1]["question"]


@pytest.mark.parametrize("form", ["moodle", "gift", "jupyterquiz"])
def test_export_command(tmp_path, form):
    out = tmp_path / f"quiz.{form}"
    command = [sys.executable, "-m", "instructor.quiz_export", "export", "--format", form, "--language", "vi"]
    result = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0 and f"{len(BANK['questions'])} questions in vi" in result.stdout, result.stderr
    assert "handout-01" in out.read_text(encoding="utf-8") or form == "jupyterquiz"


# -------------------------------------------------------------------------------------------------- a class


def hand_in(folder, file, name, letters, time="2026-11-21T10:00:00.000+00:00", first=None):
    """A file as Quiz.export writes it: letters for handout-01, 02, …; "-" is not answered."""
    rows = [
        {"question": f"handout-{n:02d}", "chosen": letter, "right": True, "attempts": 1, "first": (first or letters)[n - 1], "time": time}
        for n, letter in enumerate(letters, start=1)
        if letter != "-"
    ]  # fmt: skip
    path = folder / file
    path.write_text(json.dumps({"version": 1, "name": name, "answers": rows}), encoding="utf-8")
    return path


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def run_class(teacher, folder, *more):
    table = folder.parent / "table.csv"
    code = teacher.main(["class", str(folder), "--out", str(table), *more])
    return code, table


@pytest.fixture
def folder(bank, tmp_path):
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def test_statistics_agree_with_a_hand_calculation(folder, teacher):
    """Right (1) and wrong (0): An 111, Bình 110, Chi 010, Dũng 000.

    Question 1: right 1 1 0 0, of the others right 2 1 1 0; covariance sum 1, squares 1 and 2: r = 1/√2.
    Question 2: right 1 1 1 0, others 2 1 0 0; covariance sum 3 − 4·0.75·0.75 = 0.75, squares 0.75 and 2.75.
    Question 3: right 1 0 0 0, others 2 2 1 0; covariance sum 2 − 4·0.25·1.25 = 0.75, squares 0.75 and 2.75.
    """
    for name, letters in {"An": "CAB", "Bình": "CAD", "Chi": "DAD", "Dũng": "ABC"}.items():
        hand_in(folder, f"{name}.json", name, letters)
    code, table = run_class(teacher, folder)
    assert code == 0
    students = rows_of(table)
    assert [(s["name"], s["handout-01"], s["handout-02"], s["handout-03"], s["more-01"]) for s in students] == [
        ("An", "1", "1", "1", ""), ("Bình", "1", "1", "0", ""), ("Chi", "0", "1", "0", ""), ("Dũng", "0", "0", "0", "")
    ]  # fmt: skip
    assert [s["right_last"] for s in students] == ["3", "2", "1", "0"]
    items = {row["question"]: row for row in rows_of(table.with_name("table-questions.csv"))}
    assert [items[f"handout-0{n}"]["difficulty"] for n in (1, 2, 3)] == ["0.500", "0.750", "0.250"]
    expected = [1 / 2**0.5, 0.75 / (0.75 * 2.75) ** 0.5, 0.75 / (0.75 * 2.75) ** 0.5]
    assert [float(items[f"handout-0{n}"]["discrimination"]) for n in (1, 2, 3)] == pytest.approx(expected, abs=5e-4)
    assert [items["handout-01"][letter] for letter in LETTERS] == ["1", "0", "2", "1"]
    assert items["more-01"]["answered"] == "0" and items["more-01"]["discrimination"] == ""


def test_question_that_all_get_right_has_no_discrimination(teacher):
    table = teacher.item_statistics([{"a": "A", "b": "B"}, {"a": "A", "b": "C"}, {"a": "A"}], {"a": "A", "b": "B"})
    assert table[0]["discrimination"] is None and table[0]["difficulty"] == 1
    assert table[1]["answered"] == 2 and table[1]["difficulty"] == 0.5 and table[1]["discrimination"] is None


def test_first_or_last_answers_count(folder, teacher):
    hand_in(folder, "a.json", "An", "CAB", first="DAB")
    _, table = run_class(teacher, folder)
    assert (rows_of(table)[0]["handout-01"], rows_of(table)[0]["right_first"], rows_of(table)[0]["right_last"]) == ("0", "2", "3")  # fmt: skip
    _, table = run_class(teacher, folder, "--attempt", "last")
    assert rows_of(table)[0]["handout-01"] == "1"


def test_what_a_file_claims_to_be_right_is_not_believed(folder, teacher):
    hand_in(folder, "a.json", "An", "BBC")  # all wrong, though every "right" is true
    _, table = run_class(teacher, folder)
    assert rows_of(table)[0]["right_last"] == "0"


def test_damaged_and_foreign_files_are_named_and_left_out(folder, teacher, capsys):
    hand_in(folder, "good.json", "An", "CAB")
    whole = hand_in(folder, "half.json", "Bình", "CAB").read_text()
    bad = {
        "half.json": whole[: len(whole) // 2],
        "foreign.json": '{"cells": []}',
        "store.json": '{"version": 1, "answers": {"handout-01": {}}}',
        "nameless.json": '{"version": 1, "name": " ", "answers": []}',
        "other.csv": "a,b\n1,2\n",
        "cut.csv": "name,question,chosen,right,attempts,first,time\nAn,handout-01,C\n",
        "unknown.json": whole.replace("handout-03", "handout-88"),
        "letter.json": whole.replace('"chosen": "B"', '"chosen": "X"'),
        "twice.json": whole.replace("handout-02", "handout-01"),
        "notes.txt": "hello",
    }
    for name, text in bad.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    (folder / "folder.json").mkdir()
    code, table = run_class(teacher, folder)
    said = capsys.readouterr().out
    assert code == 0 and [row["name"] for row in rows_of(table)] == ["An"]
    for name in [*bad, "bytes.csv", "folder.json"]:
        assert re.search(rf"^{re.escape(name)}: left out, ", said, re.MULTILINE), (name, said)
    assert "good.json" not in said
    assert "store.json: left out, it is a student's own quiz_answers.json" in said
    assert "unknown.json: left out, it knows a question 'handout-88'" in said


def test_latest_of_a_students_files_counts(folder, teacher, capsys):
    hand_in(folder, "1.json", "Nguyễn Ánh", "CAB", time="2026-11-22T10:00:00.000+00:00")
    decomposed = unicodedata.normalize("NFD", "nguyễn  Ánh")  # as a Mac may write it
    hand_in(folder, "2.json", decomposed, "CBC", time="2026-11-21T10:00:00.000+00:00")
    hand_in(folder, "3.json", "Nguyễn Ánh", "DAD", time="2026-11-23T10:00:00.000+00:00")
    _, table = run_class(teacher, folder)
    said = capsys.readouterr().out
    assert "2.json: left out, 1.json of Nguyễn Ánh is later" in said
    assert "1.json: left out, 3.json of Nguyễn Ánh is later" in said
    (row,) = rows_of(table)
    assert (row["handout-01"], row["handout-02"], row["handout-03"]) == ("0", "1", "0")


def test_name_cannot_become_a_formula(folder, teacher):
    hand_in(folder, "a.json", '=HYPERLINK("http://x")', "CAB")
    _, table = run_class(teacher, folder)
    assert rows_of(table)[0]["name"] == '\'=HYPERLINK("http://x")'


def test_empty_class_writes_no_table(folder, teacher, capsys):
    code, table = run_class(teacher, folder)
    assert code == 1 and not table.exists() and "no answers" in capsys.readouterr().err
    assert teacher.main(["class", str(folder / "none"), "--out", str(table)]) == 2


def test_real_exports_of_a_class_become_a_table(bank, folder, teacher, tmp_path):
    """Three students, two file formats, with shuffled options: end to end."""
    for n, (name, letters) in enumerate({"An": "CAB", "Bình": "CAD", "Chi": "DBA"}.items()):
        some = Quiz("vi", answers=tmp_path / f"{n}.json", seed=n).again()
        for number, (question, letter) in enumerate(zip(some.questions, letters, strict=True), start=1):
            some.answer(number, next(shown for shown, original in question.original.items() if original == letter))
        some.export(folder / f"{n}.{'csv' if n % 2 else 'json'}", name=name)
    _, table = run_class(teacher, folder, "--questions", "handout")
    assert [[row[f"handout-0{n}"] for n in (1, 2, 3)] for row in rows_of(table)] == [
        list("111"),
        list("110"),
        list("000"),
    ]
    assert "more-01" not in rows_of(table)[0]
