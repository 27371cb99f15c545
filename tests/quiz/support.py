"""A small bank of questions, as its author writes it and compiled, for the tests of the quiz's rooms."""

import json
from pathlib import Path

from PIL import Image

from tools.quiz import compile_bank
from vae_helpers.quiz.bank import COMPILED, LETTERS

ROOT = Path(__file__).resolve().parents[2]
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


def write_source(folder, bank):
    """A bank as its author keeps it: questions.json, a dictionary or a text, and its figure."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2), "white").save(folder / "figures" / "dot.png")
    path = folder / "questions.json"
    path.write_text(bank if isinstance(bank, str) else json.dumps(bank), encoding="utf-8")
    return path


def write_bank(folder, bank):
    """The bank compiled, beside its source; gives the path of bank.json."""
    path = write_source(folder, bank).with_name(COMPILED.name)
    path.write_text(json.dumps(compile_bank(bank)), encoding="utf-8")
    return path


def use_small_bank(folder, monkeypatch):
    """A small bank in place of the course's, and an empty working folder; gives the path of bank.json."""
    path = write_bank(folder / "bank", small_bank())
    monkeypatch.setattr("vae_helpers.quiz.bank.COMPILED", path)
    (folder / "work").mkdir()
    monkeypatch.chdir(folder / "work")
    return path


def texts(question):
    return [question.question, question.precise, question.alt, *question.options.values(), *question.why.values()]


def ids(some_quiz):
    return [question.id for question in some_quiz.questions]
