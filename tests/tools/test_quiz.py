"""Compiling the question bank: what is refused, and that bank.json is what quiz/questions.json says."""

import copy
import json
import re

import jsonschema
import pytest

from tests.quiz.support import BANK, ROOT, both, small_bank, write_bank, write_source
from tools import markup, quiz
from vae_helpers.quiz import load_questions

# -------------------------------------------------------------------------------------------------- the course's bank


def test_bank_keeps_to_the_schema():
    jsonschema.Draft202012Validator.check_schema(quiz.SCHEMA)
    jsonschema.validate(BANK, quiz.SCHEMA, jsonschema.Draft202012Validator)


def test_compiled_bank_is_up_to_date(capsys):
    """What students have is what quiz/questions.json says: else run python -m tools.quiz."""
    files = quiz.outputs()
    assert quiz.stale(files) == []
    package = ROOT / "vae_helpers" / "quiz"
    assert set(files) == {package / "bank.json", *(package / "figures").iterdir()}
    assert quiz.main(["--check"]) == 0 and "up to date" in capsys.readouterr().out


def test_every_formula_can_be_drawn():
    found = [
        formula for entry in BANK["questions"] for _, text in quiz._texts(entry) for formula in markup.formulas(text)
    ]
    assert len(found) > 100 and all(quiz.drawn(formula) for formula in found)
    assert not [formula for formula in found if re.search(r"[\\{}]", markup.latex_to_text(formula))]


# -------------------------------------------------------------------------------------------------- compiling


def test_another_bank_can_be_compiled_and_loaded(tmp_path, capsys):
    source, out = write_source(tmp_path / "mine", small_bank()), tmp_path / "out"
    assert quiz.main(["--bank", str(source), "--out", str(out), "--check"]) == 1 and not out.exists()
    assert quiz.main(["--bank", str(source), "--out", str(out)]) == 0
    questions = load_questions("vi", out / "bank.json")
    assert [question.key for question in questions] == list("CABD") and questions[3].figure.is_file()
    assert questions[3].alt == "một 'chấm'" and questions[0].precise == "nói đúng μ"
    capsys.readouterr()
    assert quiz.main(["--bank", str(source), "--out", str(out)]) == 0 and capsys.readouterr().out == ""  # nothing to do
    (out / "figures" / "dot.png").write_bytes(b"")
    assert quiz.main(["--bank", str(source), "--out", str(out), "--check"]) == 1
    assert "dot.png: out of date" in capsys.readouterr().out


def test_broken_bank_compiles_to_nothing(tmp_path, capsys):
    broken = small_bank()
    first(broken)["key"] = "E"
    assert quiz.main(["--bank", str(write_source(tmp_path, broken)), "--out", str(tmp_path / "out")]) == 2
    assert "handout-01: key: 'E'" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_markdown_questions_are_the_compiled_ones_in_their_authors_words(tmp_path, language):
    path = write_source(tmp_path, small_bank())
    written = quiz.markdown_questions(language, path)
    compiled = load_questions(language, write_bank(tmp_path, small_bank()))
    for one, other in zip(written, compiled, strict=True):
        assert (one.id, one.number, one.key, one.link, one.figure, one.alt) == (other.id, other.number, other.key, other.link, other.figure, other.alt)  # fmt: skip
        for markdown, text in zip((one.question, one.heading, one.precise, *one.why.values()), (other.question, other.heading, other.precise, *other.why.values()), strict=True):  # fmt: skip
            assert markup.to_text(markdown) == text
    assert written[1].options["A"] == r"$\frac{1}{2}$" and written[2].question.endswith("$\\sigma^2$?")


# -------------------------------------------------------------------------------------------------- broken banks


def first(bank):
    return bank["questions"][0]


BROKEN = {  # what is done to the first question → what is said of it
    "no key": (lambda b: first(b).pop("key"), "'key' is a required property"),
    "key E": (lambda b: first(b).update(key="E"), "key: 'E' is not one of"),
    "two keys": (lambda b: first(b).update(key=["A", "C"]), "key: ['A', 'C'] is not one of"),
    "no English": (lambda b: first(b)["question"].pop("en"), "question: 'en' is a required property"),
    "empty Vietnamese": (lambda b: first(b)["options"]["B"]["why"].update(vi=" "), "options.B.why.vi: ' ' does not match"),
    "a third language": (lambda b: first(b)["question"].update(fr="Quoi"), "question: Additional properties are not allowed ('fr' was unexpected)"),
    "text without languages": (lambda b: first(b).update(precise="loose"), "precise: 'loose' is not of type"),
    "unknown lesson": (lambda b: first(b).update(lesson="99_nothing"), "there is no lesson '99_nothing'"),
    "unknown set": (lambda b: first(b).update(set="extra"), "set: 'extra' is not one of"),
    "id of another set": (lambda b: first(b).update(set="more"), "id: expected more- and two digits"),
    "difficulty 4": (lambda b: first(b).update(difficulty=4), "difficulty: 4 is not one of"),
    "difficulty true": (lambda b: first(b).update(difficulty=True), "difficulty: True is not one of"),
    "unknown kind": (lambda b: first(b).update(kind="poem"), "kind: 'poem' is not one of"),
    "three options": (lambda b: first(b)["options"].pop("D"), "options: 'D' is a required property"),
    "no explanation": (lambda b: first(b)["options"]["D"].pop("why"), "options.D: 'why' is a required property"),
    "misspelt field": (lambda b: first(b).update(precice=both("a", "b")), "('precice' was unexpected)"),
    "no options": (lambda b: first(b).pop("options"), "'options' is a required property"),
    "figure without file": (lambda b: first(b).update(figure={"file": "figures/no.png", "alt": both("a", "b")}), "there is no file 'figures/no.png'"),
    "figure elsewhere": (lambda b: first(b).update(figure={"file": "../secret.png", "alt": both("a", "b")}), "figure.file: '../secret.png' does not match"),
    "figure without alt": (lambda b: first(b).update(figure={"file": "figures/dot.png"}), "figure: 'alt' is a required property"),
    "twin options": (lambda b: first(b)["options"]["D"].update(text=both("three", "three")), "options C and D say the same"),
    "open formula": (lambda b: first(b)["question"].update(vi="bao nhiêu $x"), "question.vi: a $ lacks its other half"),
    "open code": (lambda b: first(b)["question"].update(en="```python\nx"), "question.en: a ``` lacks its other half"),
    "unknown formula": (lambda b: first(b)["options"]["B"]["why"].update(en=r"so $\nosuch{x}$"), r"options.B.why.en: the formula $\nosuch{x}$ cannot be drawn"),
    "half a formula": (lambda b: first(b)["question"].update(en=r"so $\frac{x$"), r"question.en: the formula $\frac{x$ cannot be drawn"),
    "a list": (lambda b: first(b)["question"].update(vi="- a\n- b"), "question.vi: small Markdown has no list"),
    "a link": (lambda b: first(b)["precise"].update(vi="[a](b)"), "precise.vi: small Markdown has no link"),
    "id twice": (lambda b: b["questions"].insert(1, copy.deepcopy(first(b))), "this id stands twice"),
}  # fmt: skip
ONLY_IN_PYTHON = {"unknown lesson", "id of another set", "figure without file", "twin options", "open formula", "open code", "unknown formula", "half a formula", "a list", "a link", "id twice"}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bank_is_refused_with_id_and_reason(tmp_path, name):
    break_it, reason = BROKEN[name]
    broken = small_bank()
    break_it(broken)
    with pytest.raises(ValueError) as refusal:
        quiz.read_source(write_source(tmp_path, broken))
    assert re.search(rf"^  handout-01: .*{re.escape(reason)}", str(refusal.value), re.MULTILINE), refusal.value
    assert "handout-02" not in str(refusal.value)
    validator = jsonschema.Draft202012Validator(quiz.SCHEMA)
    assert validator.is_valid(broken) == (name in ONLY_IN_PYTHON)


def test_small_bank_is_whole(tmp_path):
    assert quiz.read_source(write_source(tmp_path, small_bank())) == small_bank()


@pytest.mark.parametrize("name", ['"key"', '"B"'])
def test_name_that_stands_twice_is_refused(tmp_path, name):
    """JSON readers take the last of two keys without a word."""
    text = json.dumps(small_bank())
    value = '"A"' if name == '"key"' else json.dumps(small_bank()["questions"][0]["options"]["B"])
    text = text.replace(f"{name}: ", f"{name}: {value}, {name}: ", 1)
    with pytest.raises(ValueError, match=r"handout-01: .*\(twice\)"):
        quiz.read_source(write_source(tmp_path, text))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "questions": []}', '{"version": 1, "questions": [3]}'])
def test_something_else_is_no_bank(tmp_path, text):
    with pytest.raises(ValueError, match="questions.json is"):
        quiz.read_source(write_source(tmp_path, text))
