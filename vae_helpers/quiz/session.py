"""The quiz: the handout's ten questions and more, in Vietnamese and English, with an explanation for every option.

    quiz = Quiz()            # the handout's questions, in the lesson's language
    quiz.show()              # in a notebook
    print(quiz)              # in a terminal
    quiz.answer(3, "A")
    quiz.score()             # (right, answered, total)

Answers are kept in quiz_answers.json in the working folder, so they are still there after a restart. The questions lie
in quiz/questions.json; what a bank must look like stands in quiz/schema.json and is checked by load_questions.
"""

import csv
import json
import operator
import os
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path

from tools.markup import to_text, unbalanced

from .._files import write_whole
from .._language import LANGUAGES, language

__all__ = ["Question", "Quiz", "load_questions"]

LETTERS = ("A", "B", "C", "D")
SETS = ("handout", "more")
KINDS = ("concept", "number", "shape", "figure", "bug")
FIELDS = {"id", "set", "lesson", "difficulty", "kind", "answer_in", "key", "question", "options"}
OPTIONAL_FIELDS = {"figure", "precise"}
EXPORTED = ("name", "question", "chosen", "right", "attempts", "first", "time")
_HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Question:
    """A question in one language; its texts are small Markdown.

    number: its place within its set, from 1. options, why: letter → text. precise: the precise statement where the
    handout is loose, or "". link: the lesson, and the heading in it, that answers the question. original: the letter on
    the page → the letter in the bank, which differ once a quiz is shuffled.
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


# -------------------------------------------------------------------------------------------------- the bank


def load_questions(language: str | None = None, path: str | Path | None = None) -> list[Question]:
    """The questions of a bank in one language, "vi" or "en" (None: the lesson's), in the order of the quiz.

    path: another bank than the course's own. Raises ValueError for a broken bank, with the id of each broken question
    and what is wrong with it. That a lesson exists can only be checked where the lessons lie beside the package.
    """
    language = _checked_language(language)
    path = Path(path) if path is not None else _bank_path()
    try:
        bank = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None
    problems = list(_problems(bank, path.parent))
    if problems:
        raise ValueError(f"{path.name} is broken:\n  " + "\n  ".join(problems))
    numbers = dict.fromkeys(SETS, 0)
    return [_question(entry, language, path.parent, numbers) for entry in bank["questions"]]


def _bank_path() -> Path:
    """In the installed package, or else in the checkout around it."""
    for folder in (_HERE / "_quiz_bank", _HERE.parent / "quiz"):
        if (folder / "questions.json").exists():
            return folder / "questions.json"
    raise FileNotFoundError("The question bank quiz/questions.json is missing: install vae-helpers again.")


def _checked_language(code: str | None) -> str:
    code = code or language()
    if code not in LANGUAGES:
        raise ValueError(f"language: got {code!r}, expected one of {', '.join(map(repr, LANGUAGES))}.")
    return code


def _question(entry: dict, language: str, folder: Path, numbers: dict[str, int]) -> Question:
    numbers[entry["set"]] += 1
    heading = entry["answer_in"][language]
    anchor = re.sub(r"[$`]", "", heading).replace(" ", "-")  # as JupyterLab names its headings
    figure = entry.get("figure")
    return Question(
        number=numbers[entry["set"]],
        **{name: entry[name] for name in ("id", "set", "lesson", "difficulty", "kind", "key")},
        question=entry["question"][language],
        options={letter: entry["options"][letter]["text"][language] for letter in LETTERS},
        why={letter: entry["options"][letter]["why"][language] for letter in LETTERS},
        precise=entry["precise"][language] if "precise" in entry else "",
        link=f"notebooks/{language}/{entry['lesson']}.ipynb#{anchor}",
        heading=heading,
        figure=folder / figure["file"] if figure else None,
        alt=figure["alt"][language] if figure else "",
    )


def _unique(pairs: list[tuple]) -> dict:
    """A JSON object in which a name that stands twice does not silently win over itself: it is told as unknown."""
    names = [name for name, _ in pairs]
    return {**dict(pairs), **{f"{name} (twice)": None for name in names if names.count(name) > 1}}


def _problems(bank, folder: Path) -> Iterator[str]:
    """What is wrong with a bank, one line each: the question's id and the reason."""
    if not isinstance(bank, dict) or bank.get("version") != 1 or not isinstance(bank.get("questions"), list):
        yield 'expected {"version": 1, "questions": […]}'
        return
    lessons = {file.stem for file in (_HERE.parent / "notebooks" / "src").glob("*.py")}
    seen = set()
    for place, entry in enumerate(bank["questions"], start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            yield f"question {place} of the file: it has no id"
            continue
        yield from (f"{entry['id']}: {problem}" for problem in _entry_problems(entry, folder, lessons))
        if entry["id"] in seen:
            yield f"{entry['id']}: this id stands twice"
        seen.add(entry["id"])


def _entry_problems(entry: dict, folder: Path, lessons: set[str]) -> Iterator[str]:
    missing, unknown = FIELDS - entry.keys(), entry.keys() - FIELDS - OPTIONAL_FIELDS
    yield from (f"the field {name!r} is missing" for name in sorted(missing))
    yield from (f"the field {name!r} is unknown" for name in sorted(unknown))
    if missing:
        return
    if entry["set"] not in SETS:
        yield f"set: got {entry['set']!r}, expected one of {SETS}"
    elif not re.fullmatch(rf"{entry['set']}-\d\d", entry["id"]):
        yield f"id: expected {entry['set']}- and two digits"
    if not re.fullmatch(r"\d\d_\w+", str(entry["lesson"])) or (lessons and entry["lesson"] not in lessons):
        yield f"lesson: there is no lesson {entry['lesson']!r}"
    if entry["difficulty"] not in (1, 2, 3) or isinstance(entry["difficulty"], bool):
        yield f"difficulty: got {entry['difficulty']!r}, expected 1, 2 or 3"
    if entry["kind"] not in KINDS:
        yield f"kind: got {entry['kind']!r}, expected one of {KINDS}"
    if entry["key"] not in LETTERS:
        yield f"key: got {entry['key']!r}, expected exactly one of A, B, C, D"
    for name in ("question", "answer_in", *OPTIONAL_FIELDS & {"precise"} & entry.keys()):
        yield from _text_problems(name, entry[name])
    yield from _option_problems(entry["options"])
    if "figure" in entry:
        figure = entry["figure"]
        if not isinstance(figure, dict) or figure.keys() != {"file", "alt"}:
            yield 'figure: expected {"file": …, "alt": {"vi": …, "en": …}}'
            return
        yield from _text_problems("figure alt", figure["alt"])
        if not re.fullmatch(r"figures/[\w-]+\.png", str(figure["file"])) or not (folder / figure["file"]).is_file():
            yield f"figure: there is no file {figure['file']!r}"


def _option_problems(options) -> Iterator[str]:
    if not isinstance(options, dict) or tuple(options) != LETTERS:
        names = list(options) if isinstance(options, dict) else options
        yield f"options: got {names!r}, expected A, B, C, D in this order"
        return
    sound = True
    for letter, option in options.items():
        if not isinstance(option, dict) or option.keys() != {"text", "why"}:
            yield f"option {letter}: expected text and why, nothing else"
            sound = False
            continue
        problems = [p for name in ("text", "why") for p in _text_problems(f"option {letter}, {name}", option[name])]
        yield from problems
        sound = sound and not problems
    for code in LANGUAGES if sound else ():
        texts = {}
        for letter, option in options.items():
            text = " ".join(option["text"][code].split())
            if text in texts:
                yield f"options {texts[text]} and {letter} say the same in {code!r}, so the right one is not alone"
            texts[text] = letter


def _text_problems(name: str, text) -> Iterator[str]:
    if not isinstance(text, dict):
        yield f'{name}: expected {{"vi": …, "en": …}}'
        return
    yield from (f"{name}: the language {code!r} is unknown" for code in sorted(text.keys() - set(LANGUAGES)))
    for code in LANGUAGES:
        if not isinstance(text.get(code), str) or not text[code].strip():
            yield f"{name}: the text in {code!r} is missing"
        elif mark := unbalanced(text[code]):
            yield f"{name}: in {code!r} a {mark} lacks its other half"


# -------------------------------------------------------------------------------------------------- the answers


class _AnswerFile:
    """Answers by question id, in memory and in a file.

    A record holds chosen and first (letters of the bank), attempts, time (of the last change, UTC), and draft: a letter
    that is not handed in yet. notices: what went wrong with the file, for whoever speaks with the student next.
    """

    def __init__(self, path: Path, tr: Callable[[str, str], str]):
        self.path, self.tr = path, tr
        self.notices: list[str] = []
        self.may_write, self._told = True, False
        self.records = self._read()
        if self.records and not self.path.exists():  # what was whole in a damaged file
            self._write()

    def change(self, question_id: str, **fields) -> None:
        """Set fields of a record (None removes one) and save. What another notebook has saved meanwhile is kept."""
        for other_id, other in (self._read() if self.may_write else {}).items():
            own = self.records.get(other_id)
            if own is None or own["time"] < other["time"]:
                self.records[other_id] = other
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        record = {**self.records.get(question_id, {"attempts": 0}), **fields, "time": now}
        self.records[question_id] = {name: value for name, value in record.items() if value is not None}
        self._write()

    def _read(self) -> dict[str, dict]:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._cannot_save(error)
            self.may_write = False  # what cannot be read must not be overwritten either
            return {}
        try:
            records = json.loads(text.decode("utf-8"))["answers"]
            good = {name: record for name, record in records.items() if _is_record(record)}
        except (ValueError, KeyError, TypeError, AttributeError):
            records, good = None, {}
        if records is None or len(good) < len(records):
            self._set_aside(good)
        return good

    def _set_aside(self, good: dict[str, dict]) -> None:
        """Rename a damaged file, so that no one's answers are overwritten; go on with the records that are whole."""
        number = 1
        while (target := self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")).exists():
            number += 1
        try:
            os.rename(self.path, target)
        except OSError as error:
            self._cannot_save(error)
            self.may_write = False
            return
        kept = self.tr(f" {len(good)} câu trả lời còn đọc được đã giữ lại.", f" {len(good)} whole answers were kept.")
        self.notices.append(
            self.tr(
                f"⚠️ Tệp {self.path.name} bị hỏng. Nó được đổi tên thành {target.name}; từ nay câu trả lời được ghi vào tệp mới.",
                f"⚠️ The file {self.path.name} is damaged. It is now called {target.name}; answers go into a new file from here on.",
            )
            + (kept if good else "")
        )

    def _write(self) -> None:
        if not self.may_write:
            return
        try:
            write_whole(self.path, json.dumps({"version": 1, "answers": self.records}, ensure_ascii=False, indent=1))
        except OSError as error:
            self._cannot_save(error)

    def _cannot_save(self, error: OSError) -> None:
        if not self._told:
            reason = error.strerror or type(error).__name__
            self.notices.append(
                self.tr(
                    f"⚠️ Không đọc hoặc ghi được {self.path.name} ({reason}). Bạn vẫn làm tiếp được, nhưng câu trả lời chỉ nằm trong bộ nhớ và sẽ mất khi kernel dừng.",
                    f"⚠️ {self.path.name} cannot be read or written ({reason}). You can go on, but your answers are only in memory and will be lost when the kernel stops.",
                )
            )
        self._told = True


def _is_record(record) -> bool:
    if not isinstance(record, dict) or not {"attempts", "time"} <= record.keys():
        return False
    letters = [record[name] for name in ("chosen", "first", "draft") if name in record]
    return (
        bool(letters)
        and all(letter in LETTERS for letter in letters)
        and ("chosen" in record) == ("first" in record)
        and isinstance(record["attempts"], int)
        and isinstance(record["time"], str)
    )


# -------------------------------------------------------------------------------------------------- the quiz


class Answer:
    """What Quiz.answer gives: true if the answer is right."""

    def __init__(self, right: bool, told: bool):
        self.right, self._told = right, told

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"<Answer: {('right' if self.right else 'wrong') if self._told else 'noted'}>"

    def _ipython_display_(self) -> None:
        """Nothing: the message has been printed already."""


class Quiz:
    """Some questions and a student's answers to them.

    language: "vi" or "en"; None: the lesson's. questions: "handout", "more", "all", or a list of Question or ids.
    lesson: only questions of this lesson ("03" or "03_reparameterization"). difficulty: only 1, 2 or 3, or several of
    them. feedback: "at once" after each answer, or "at the end" when finish() is called. answers: the file that keeps the
    answers; None: quiz_answers.json in the working folder. seed: makes the shuffling of again() repeatable.
    Raises ValueError for an argument that is none of these, and when no question is left.
    """

    def __init__(
        self,
        language: str | None = None,
        questions: str | Iterable = "handout",
        lesson: str | None = None,
        difficulty: int | Iterable[int] | None = None,
        feedback: str = "at once",
        answers: str | Path | None = None,
        seed: int | None = None,
    ):
        self.language = _checked_language(language)
        if feedback not in ("at once", "at the end"):
            raise ValueError(f"Quiz(feedback): got {feedback!r}, expected 'at once' or 'at the end'.")
        self.feedback = feedback
        self.questions = _chosen_questions(self.language, questions, lesson, difficulty)
        self._random = random.Random(seed)
        self._fresh: set[str] = set()  # ids whose earlier answers do not count in this round
        self._file = _AnswerFile(Path(answers or "quiz_answers.json").absolute(), self._tr)
        self._print_notices()

    def __len__(self) -> int:
        return len(self.questions)

    def __repr__(self) -> str:
        right, answered, total = self.score()
        return f"<Quiz: {total} questions in {self.language!r}, {answered} answered>"

    def __str__(self) -> str:
        return "\n\n".join(self._text(number) for number in range(1, len(self) + 1))

    def print(self, number: int) -> None:
        """Print one question and its options. Raises ValueError for a number that the quiz does not have."""
        self._question(number)
        print(self._text(number))

    def answer(self, number: int, letter: str) -> Answer:
        """Answer question number (from 1) with "A", "B", "C" or "D", and print the explanation (at once, or at the end).

        The result is true if the answer is right. A question may be answered again: the last answer counts.
        Raises ValueError for a number or letter that there is not.
        """
        question = self._question(number)
        right = self._give(question, self._letter(letter))
        at_once = self.feedback == "at once"
        if at_once:
            print(self._feedback_text(number))
        else:
            print(self._tr(f"Đã ghi: câu {number}, {self._given(question)}.", f"Noted: question {number}, {self._given(question)}."))  # fmt: skip
        self._print_notices()
        return Answer(right, told=at_once)

    def score(self) -> tuple[int, int, int]:
        """(right, answered, total), with the last answer to each question."""
        given = [(question, self._given(question)) for question in self.questions]
        return (
            sum(letter == question.key for question, letter in given),
            sum(letter is not None for _, letter in given),
            len(self),
        )

    def finish(self) -> tuple[int, int, int]:
        """Hand the answers in, print the explanations of all that were given, and return the score."""
        self._hand_in()
        for number, question in enumerate(self.questions, start=1):
            if self._is_told(question):
                print(self._feedback_text(number) + "\n")
        right, answered, total = self.score()
        print(
            self._tr(
                f"Bạn đúng {right} trên {total} câu; đã trả lời {answered} câu.",
                f"You have {right} of {total} right, and answered {answered}.",
            )
        )
        self._print_notices()
        return right, answered, total

    def show(self):
        """The quiz as an ipywidgets.Widget; make it the last line of a cell."""
        from .widget import QuizWidget

        return QuizWidget(self)

    def wrong_only(self) -> "Quiz":
        """A quiz of the questions answered wrongly, to try again. It has no question if there is none."""
        return self._round([q for q in self.questions if self._is_told(q) and self._given(q) != q.key])

    def again(self, shuffle: bool = True) -> "Quiz":
        """The same questions once more, unanswered; with shuffle the options change places and letters.

        Earlier answers stay in the file until a question is answered again.
        """
        return self._round([self._shuffled(question) if shuffle else question for question in self.questions])

    def export(self, path: str | Path, name: str | None = None) -> None:
        """Write the answers for the instructor, as JSON or CSV by the ending of path; the file holds no keys.

        name: the student's; None: the file's name. One row per answered question: its id, the bank's letter of the last
        answer (whatever the shuffled letter was), whether it is right, the number of attempts, the first answer's letter,
        and the time (UTC) of the last one. Raises ValueError for another ending, OSError if the file cannot be written.
        """
        path = Path(path)
        name = " ".join((name or path.stem).split())
        rows = []
        for question in self.questions:
            record = self._file.records.get(question.id, {})
            if "chosen" in record:
                right = record["chosen"] == question.original[question.key]
                rows.append({"question": question.id, "right": right, **{k: record[k] for k in ("chosen", "attempts", "first", "time")}})  # fmt: skip
        if path.suffix == ".json":
            write_whole(
                path, json.dumps({"version": 1, "name": name, "answers": rows}, ensure_ascii=False, indent=1) + "\n"
            )
        elif path.suffix == ".csv":
            text = StringIO()
            writer = csv.DictWriter(text, EXPORTED)
            writer.writeheader()
            writer.writerows({**row, "name": name, "right": int(row["right"])} for row in rows)
            write_whole(path, text.getvalue(), encoding="utf-8-sig")  # with a mark, by which Excel reads Vietnamese
        else:
            raise ValueError(f"export(path): got {path.name!r}, expected a name that ends in .json or .csv.")
        print(self._tr(f"Đã lưu {len(rows)} câu trả lời vào {path}.", f"{len(rows)} answers saved in {path}."))
        waiting = sum("draft" in self._file.records.get(question.id, {}) for question in self.questions)
        if waiting:
            print(
                self._tr(
                    f"{waiting} câu chưa nộp nên không có trong tệp: hãy nộp bài trước (finish).",
                    f"{waiting} answers are not handed in and so not in the file: call finish() first.",
                )
            )

    # ---------------------------------------------------------------- for the widget as well

    def _tr(self, vi: str, en: str) -> str:
        return vi if self.language == "vi" else en

    def _give(self, question: Question, letter: str) -> bool:
        """Take an answer, a letter on the page; is it right?"""
        if self.feedback == "at once":
            self._enter(question, question.original[letter])
        else:
            self._file.change(question.id, draft=question.original[letter])
        self._fresh.discard(question.id)
        return letter == question.key

    def _enter(self, question: Question, chosen: str) -> None:
        record = self._file.records.get(question.id, {})
        attempts = record.get("attempts", 0) + 1
        self._file.change(question.id, chosen=chosen, first=record.get("first", chosen), attempts=attempts, draft=None)

    def _hand_in(self) -> None:
        for question in self.questions:
            record = self._file.records.get(question.id, {})
            if "draft" in record and question.id not in self._fresh:
                self._enter(question, record["draft"])

    def _record(self, question: Question) -> dict:
        return {} if question.id in self._fresh else self._file.records.get(question.id, {})

    def _given(self, question: Question) -> str | None:
        """The letter on the page of the answer to a question, or None."""
        record = self._record(question)
        chosen = record.get("chosen") if self.feedback == "at once" else record.get("draft", record.get("chosen"))
        return next((letter for letter, original in question.original.items() if original == chosen), None)

    def _is_told(self, question: Question) -> bool:
        """Has the student seen whether the answer is right?"""
        record = self._record(question)
        return "chosen" in record and (self.feedback == "at once" or "draft" not in record)

    def _explanation(self, question: Question, letter: str) -> list[tuple[str, str]]:
        """(heading or "", text) for each part of what is said about an answer."""
        parts = [("", question.why[letter])]
        if self.feedback == "at the end" and letter != question.key:
            parts.append((self._tr(f"Đáp án đúng là {question.key}", f"The right answer is {question.key}"), question.why[question.key]))  # fmt: skip
        if question.precise and (letter == question.key or self.feedback == "at the end"):  # it may tell the key
            parts.append((self._tr("Nói cho chính xác", "To be precise"), question.precise))
        return parts

    def _verdict(self, number: int, right: bool) -> str:
        if right:
            return self._tr(f"Câu {number}: đúng rồi!", f"Question {number}: that is right!")
        return self._tr(f"Câu {number}: chưa đúng.", f"Question {number}: not right.")

    def _read_again(self) -> str:
        return self._tr("Đọc lại", "Read again")

    # ---------------------------------------------------------------- inside

    def _question(self, number: int) -> Question:
        try:
            place = operator.index(number)
        except TypeError:
            place = 0
        if isinstance(number, bool) or not 1 <= place <= len(self):
            raise ValueError(
                self._tr(
                    f"Số câu (number): nhận được {number!r}, cần một số nguyên từ 1 đến {len(self)}.",
                    f"number: got {number!r}, expected a whole number from 1 to {len(self)}.",
                )
            )
        return self.questions[place - 1]

    def _letter(self, letter: str) -> str:
        if not isinstance(letter, str) or letter.strip().upper() not in LETTERS:
            raise ValueError(
                self._tr(
                    f"Đáp án (letter): nhận được {letter!r}, cần một trong 'A', 'B', 'C', 'D'.",
                    f"letter: got {letter!r}, expected one of 'A', 'B', 'C', 'D'.",
                )
            )
        return letter.strip().upper()

    def _round(self, questions: list[Question]) -> "Quiz":
        """Another quiz on the same file, in which the questions are still to be answered."""
        quiz = object.__new__(Quiz)
        quiz.__dict__.update(self.__dict__, questions=questions, _fresh={question.id for question in questions})
        return quiz

    def _shuffled(self, question: Question) -> Question:
        old = list(LETTERS)
        while tuple(old) == LETTERS:
            self._random.shuffle(old)
        moved = dict(zip(LETTERS, old, strict=True))  # the new letter → the letter whose text it now has
        return replace(
            question,
            options={new: question.options[letter] for new, letter in moved.items()},
            why={new: question.why[letter] for new, letter in moved.items()},
            original={new: question.original[letter] for new, letter in moved.items()},
            key=next(new for new, letter in moved.items() if letter == question.key),
        )

    def _text(self, number: int) -> str:
        """A question as text for a terminal, without its key."""
        question = self.questions[number - 1]
        lines = [self._tr(f"Câu {number}", f"Question {number}"), to_text(question.question)]
        if question.alt:
            lines.append(to_text(self._tr("[Hình: ", "[Figure: ") + question.alt + "]"))
        for letter, option in question.options.items():
            mark = "•" if letter == self._given(question) else " "
            lines.append(f" {mark}{letter}. " + to_text(option, indent="     ").lstrip())
        return "\n".join(lines)

    def _feedback_text(self, number: int) -> str:
        question = self.questions[number - 1]
        letter = self._given(question)
        right = letter == question.key
        lines = [f"{'✅' if right else '❌'} {self._verdict(number, right)}"]
        lines += [to_text(f"{heading}: {text}" if heading else text) for heading, text in self._explanation(question, letter)]  # fmt: skip
        page = question.link.split("#")[0]
        return "\n".join([*lines, f"{self._read_again()}: {page}, «{to_text(question.heading)}»"])

    def _print_notices(self) -> None:
        while self._file.notices:
            print(self._file.notices.pop(0))


def _chosen_questions(language: str, questions, lesson: str | None, difficulty) -> list[Question]:
    if isinstance(questions, str):
        if questions not in (*SETS, "all"):
            raise ValueError(
                f"Quiz(questions): got {questions!r}, expected 'handout', 'more', 'all' or a list of questions."
            )
        chosen = [question for question in load_questions(language) if questions in (question.set, "all")]
    else:
        questions = list(questions)
        bank = {q.id: q for q in load_questions(language)} if any(isinstance(q, str) for q in questions) else {}
        unknown = [q for q in questions if not isinstance(q, Question) and q not in bank]
        if unknown:
            raise ValueError(f"Quiz(questions): there is no question {unknown[0]!r}.")
        chosen = [bank[q] if isinstance(q, str) else q for q in questions]
    if lesson is not None:
        chosen = [question for question in chosen if question.lesson.startswith(str(lesson))]
    if difficulty is not None:
        wanted = {difficulty} if isinstance(difficulty, int) else set(difficulty)
        chosen = [question for question in chosen if question.difficulty in wanted]
    if not chosen:
        raise ValueError(
            f"Quiz(questions, lesson, difficulty): no question is left for {questions!r}, {lesson!r}, {difficulty!r}."
        )
    return chosen
