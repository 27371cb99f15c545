"""A quiz: some questions of the bank and a student's answers to them.

    quiz = Quiz()            # the handout's questions, in the lesson's language
    quiz.show()              # in a notebook
    print(quiz)              # in a terminal
    quiz.answer(3, "A")
    quiz.score()             # (right, answered, total)

Answers are kept in quiz_answers.json in the working folder, so they are still there after a restart.
"""

import csv
import json
import operator
import random
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from io import StringIO
from pathlib import Path

from .._console import make_safe, say
from .._files import write_whole
from .._language import tr
from .answers import AnswerFile
from .bank import LETTERS, SETS, Question, checked_language, load_questions

EXPORTED = ("name", "question", "chosen", "right", "attempts", "first", "time")


class Answer:
    """What Quiz.answer gives: true if the answer is right.

    right: True or False; None for an answer that is only noted, which is not true either, until the quiz is handed in.
    """

    def __init__(self, right: bool | None):
        self.right = right

    def __bool__(self) -> bool:
        return bool(self.right)

    def __repr__(self) -> str:
        return f"<Answer: {'noted' if self.right is None else 'right' if self.right else 'wrong'}>"

    def _ipython_display_(self) -> None:
        """Nothing: the message has been printed already."""


class Quiz:
    """Some questions and a student's answers to them.

    language: "vi" or "en"; None: the lesson's. questions: "handout", "more", "all", or a list of Question or ids.
    lesson: only questions of this lesson (3, "03" or "03_reparameterization"). difficulty: only 1, 2 or 3, or several of
    them. feedback: "at once" after each answer, or "at the end" when finish() is called: until then nothing tells right
    from wrong. answers: the file that keeps the answers; None: quiz_answers.json in the working folder; several quizzes
    may share it. seed: makes the shuffling of again() repeatable.
    Raises ValueError for an argument that is none of these, and when no question is left.

    Lesson 00: The map of the course
    """

    def __init__(
        self,
        language: str | None = None,
        questions: str | Iterable = "handout",
        lesson: str | int | None = None,
        difficulty: int | Iterable[int] | None = None,
        feedback: str = "at once",
        answers: str | Path | None = None,
        seed: int | None = None,
    ):
        self.language = checked_language(language)
        if feedback not in ("at once", "at the end"):
            raise ValueError(
                self._tr(
                    f"Quiz(feedback): nhận được {feedback!r}, cần 'at once' hoặc 'at the end'.",
                    f"Quiz(feedback): got {feedback!r}, expected 'at once' or 'at the end'.",
                )
            )
        self.feedback = feedback
        self.questions = _chosen_questions(self.language, questions, lesson, difficulty)
        self._random = random.Random(seed)
        self._fresh: set[str] = set()  # ids whose earlier answers do not count in this round
        self._file = AnswerFile(Path(answers or "quiz_answers.json").absolute(), self._tr)
        self._print_notices()

    def __len__(self) -> int:
        return len(self.questions)

    def __repr__(self) -> str:
        _, answered, total = self.score()
        return f"<Quiz: {total} questions in {self.language!r}, {answered} answered>"

    def __str__(self) -> str:
        make_safe()  # print(quiz) comes next
        return "\n\n".join(self._text(number) for number in range(1, len(self) + 1))

    def print(self, number: int) -> None:
        """Print one question and its options. Raises ValueError for a number that the quiz does not have."""
        self._question(number)
        say(self._text(number))

    def answer(self, number: int, letter: str) -> Answer:
        """Answer question number (from 1) with "A", "B", "C" or "D", and print the explanation (at once, or at the end).

        The result is true if the answer is right; at the end of the quiz it tells nothing before finish(). A question may
        be answered again: the last answer counts.
        Raises ValueError for a number or letter that there is not.
        """
        question = self._question(number)
        right = self._give(question, self._letter(letter))
        if self.feedback == "at once":
            say(self._feedback_text(number))
        else:
            say(self._tr(f"Đã ghi: câu {number}, {self._given(question)}.", f"Noted: question {number}, {self._given(question)}."))  # fmt: skip
        self._print_notices()
        return Answer(right)

    def score(self) -> tuple[int, int, int]:
        """(right, answered, total), with the last answer to each question.

        answered counts the answers that are only noted too; right counts those that were handed in, so it cannot be used
        to try out letters. Answers that another quiz has put into the same file count at once.
        """
        self._file.refresh()
        given = {question.id: self._given(question) for question in self.questions}
        right = sum(given[question.id] == question.key for question in self.questions if self._is_told(question))
        return right, sum(letter is not None for letter in given.values()), len(self)

    def finish(self) -> tuple[int, int, int]:
        """Hand the answers in, print the explanations of all that were given, and return the score."""
        self._hand_in()
        for number, question in enumerate(self.questions, start=1):
            if self._is_told(question):
                say(self._feedback_text(number) + "\n")
        right, answered, total = self.score()
        say(
            self._tr(
                f"Bạn trả lời đúng {right} trên {total} câu; đã trả lời {answered} câu.",
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
        self._file.refresh()
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
        say(self._tr(f"Đã lưu {len(rows)} câu trả lời vào {path}.", f"{len(rows)} answers saved in {path}."))
        waiting = sum("draft" in self._file.records.get(question.id, {}) for question in self.questions)
        if waiting:
            say(
                self._tr(
                    f"{waiting} câu chưa nộp nên không có trong tệp: hãy nộp bài trước (finish).",
                    f"{waiting} answers are not handed in and so not in the file: call finish() first.",
                )
            )

    # ---------------------------------------------------------------- for the widget as well

    def _tr(self, vi: str, en: str) -> str:
        return vi if self.language == "vi" else en

    def _give(self, question: Question, letter: str) -> bool | None:
        """Take an answer, a letter on the page; is it right? None: that is told when it is handed in."""
        at_once = self.feedback == "at once"
        (self._file.enter if at_once else self._file.note)(question.id, question.original[letter])
        self._fresh.discard(question.id)
        return letter == question.key if at_once else None

    def _hand_in(self) -> None:
        for question in self.questions:
            record = self._record(question)
            if "draft" in record:
                self._file.enter(question.id, record["draft"])

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
        lines = [self._tr(f"Câu {number}", f"Question {number}"), wrapped(question.question)]
        if question.alt:
            lines.append(wrapped(self._tr("[Hình: ", "[Figure: ") + question.alt + "]"))
        for letter, option in question.options.items():
            mark = "•" if letter == self._given(question) else " "
            lines.append(f" {mark}{letter}. " + wrapped(option, indent="     ").lstrip())
        return "\n".join(lines)

    def _feedback_text(self, number: int) -> str:
        question = self.questions[number - 1]
        letter = self._given(question)
        right = letter == question.key
        lines = [f"{'✅' if right else '❌'} {self._verdict(number, right)}"]
        lines += [wrapped(f"{heading}: {text}" if heading else text) for heading, text in self._explanation(question, letter)]  # fmt: skip
        page = question.link.split("#")[0]
        return "\n".join([*lines, f"{self._read_again()}: {page}, «{question.heading}»"])

    def _print_notices(self) -> None:
        while self._file.notices:
            say(self._file.notices.pop(0))


def wrapped(text: str, indent: str = "", width: int = 88) -> str:
    """text as lines of at most width characters, each after indent; code, which stands after four spaces, as it is."""
    return "\n".join(
        indent + line
        if line.startswith("    ")
        else textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent)
        for line in text.splitlines()
    )


def _chosen_questions(language: str, questions, lesson: str | int | None, difficulty) -> list[Question]:
    if isinstance(questions, str):
        if questions not in (*SETS, "all"):
            raise ValueError(
                tr(
                    f"Quiz(questions): nhận được {questions!r}, cần 'handout', 'more', 'all' hoặc một danh sách câu hỏi.",
                    f"Quiz(questions): got {questions!r}, expected 'handout', 'more', 'all' or a list of questions.",
                )
            )
        chosen = [question for question in load_questions(language) if questions in (question.set, "all")]
    else:
        questions = list(questions)
        bank = {q.id: q for q in load_questions(language)} if any(isinstance(q, str) for q in questions) else {}
        unknown = [q for q in questions if not isinstance(q, Question) and q not in bank]
        if unknown:
            raise ValueError(
                tr(
                    f"Quiz(questions): không có câu hỏi {unknown[0]!r}.",
                    f"Quiz(questions): there is no question {unknown[0]!r}.",
                )
            )
        chosen = [bank[q] if isinstance(q, str) else q for q in questions]
    if lesson is not None:
        chosen = [question for question in chosen if question.lesson.startswith(str(lesson).zfill(2))]
    if difficulty is not None:
        wanted = {difficulty} if isinstance(difficulty, int) else set(difficulty)
        chosen = [question for question in chosen if question.difficulty in wanted]
    if not chosen:
        raise ValueError(
            tr(
                f"Quiz(questions, lesson, difficulty): không còn câu hỏi nào với {questions!r}, {lesson!r}, {difficulty!r}.",
                f"Quiz(questions, lesson, difficulty): no question is left for {questions!r}, {lesson!r}, {difficulty!r}.",
            )
        )
    return chosen
