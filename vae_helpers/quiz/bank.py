"""The question bank as students have it: bank.json, compiled from quiz/questions.json by its authors (tools/quiz.py).

The texts come ready, as plain text and as HTML; nothing here reads Markdown or LaTeX.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from .._language import LANGUAGES, language, tr

LETTERS = ("A", "B", "C", "D")
SETS = ("handout", "more")
VERSION = 2  # of a compiled bank; 1 is what authors write
COMPILED = Path(__file__).resolve().parent / "bank.json"


class Text(str):
    """Plain text that knows its HTML: a line for each paragraph, code after four spaces, formulas in Unicode.

    html: with formulas in MathML. simple: for pages that drop MathML.
    """

    html: str
    simple: str

    @classmethod
    def of(cls, forms: dict[str, str]) -> "Text":
        text = cls(forms["text"])
        text.html = forms["html"]
        text.simple = forms.get("simple", text.html)
        return text


@dataclass(frozen=True)
class Question:
    """A question in one language; its texts are plain text, each with its HTML in .html.

    number: its place within its set, from 1. options, why: letter → text. precise: the precise statement where the
    handout is loose, or "". link: the lesson, and the heading in it, that answers the question. figure: the file of its
    picture, or None; alt: what the picture shows. original: the letter on the page → the letter in the bank, which differ
    once a quiz is shuffled.

    Lesson 00: The map of the course
    """

    id: str
    number: int
    set: str
    lesson: str
    difficulty: int
    kind: str
    question: str
    options: dict[str, str]
    key: str = field(repr=False)
    why: dict[str, str] = field(repr=False)
    precise: str = field(repr=False)
    link: str = field(repr=False)
    heading: str = field(repr=False)
    figure: Path | None = None
    alt: str = ""
    original: dict[str, str] = field(default_factory=lambda: {letter: letter for letter in LETTERS}, repr=False)


def load_questions(language: str | None = None, path: str | Path | None = None) -> list[Question]:
    """The questions of a bank in one language, "vi" or "en" (None: the lesson's), in the order of the quiz.

    path: another bank than the course's own, compiled by python -m tools.quiz, which is also where a bank is checked.
    Raises ValueError for another language and for a file that is not such a bank, OSError for one that cannot be read.

    Lesson 00: The map of the course
    """
    code = checked_language(language)
    path = Path(path) if path is not None else COMPILED
    try:
        return questions_of(json.loads(path.read_text(encoding="utf-8")), code, path.parent)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(
            tr(
                f"load_questions(path): {path.name} không phải là bộ câu hỏi đã biên dịch, hoặc đã hỏng. Người soạn tạo nó bằng: python -m tools.quiz --bank questions.json --out THƯ_MỤC",
                f"load_questions(path): {path.name} is not a compiled bank, or it is damaged. Its author makes one with: python -m tools.quiz --bank questions.json --out FOLDER",
            )
        ) from None


def checked_language(code: str | None) -> str:
    """A language's code, or the lesson's for None. Raises ValueError for a language that there is not."""
    code = code or language()
    if code not in LANGUAGES:
        raise ValueError(
            tr(
                f"language: nhận được {code!r}, cần một trong {', '.join(map(repr, LANGUAGES))}.",
                f"language: got {code!r}, expected one of {', '.join(map(repr, LANGUAGES))}.",
            )
        )
    return code


def questions_of(bank: dict, language: str, folder: Path) -> list[Question]:
    """The questions of a compiled bank. folder: where its figures lie."""
    if bank["version"] != VERSION:
        raise ValueError(f"version: got {bank['version']!r}, expected {VERSION}.")
    numbers = dict.fromkeys(SETS, 0)
    return [_question(entry, language, folder, numbers) for entry in bank["questions"]]


def _question(entry: dict, language: str, folder: Path, numbers: dict[str, int]) -> Question:
    numbers[entry["set"]] += 1
    heading, figure = entry["answer_in"][language], entry.get("figure")
    return Question(
        number=numbers[entry["set"]],
        **{name: entry[name] for name in ("id", "set", "lesson", "difficulty", "kind", "key")},
        question=Text.of(entry["question"][language]),
        options={letter: Text.of(entry["options"][letter]["text"][language]) for letter in LETTERS},
        why={letter: Text.of(entry["options"][letter]["why"][language]) for letter in LETTERS},
        precise=Text.of(entry["precise"][language]) if "precise" in entry else "",
        link=f"notebooks/{language}/{entry['lesson']}.ipynb#{heading['anchor']}",
        heading=Text.of(heading),
        figure=folder / figure["file"] if figure else None,
        alt=figure["alt"][language] if figure else "",
    )
