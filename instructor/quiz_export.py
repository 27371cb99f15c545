"""The quiz for the instructor: export it to other systems, and read a class's answers into tables.

    python -m instructor.quiz_export export --format moodle --language vi --out quiz.xml
    python -m instructor.quiz_export export --format gift --language en --questions handout --out quiz.gift
    python -m instructor.quiz_export export --format jupyterquiz --language en --out quiz.json
    python -m instructor.quiz_export class ANSWERS_FOLDER --out table.csv

class reads the files that students write with Quiz.export (JSON or CSV). It writes table.csv, one row per student, and
table-questions.csv, one row per question with its difficulty and discrimination (see item_statistics).
"""

import argparse
import base64
import csv
import html
import json
import re
import statistics
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tools.markup import inline_html, to_html
from vae_helpers._files import write_whole
from vae_helpers.quiz import Question, load_questions
from vae_helpers.quiz.session import EXPORTED, LETTERS

# ------------------------------------------------------------------------------------------------ to other systems


def mathjax(latex: str) -> str:
    """A formula as Moodle's MathJax filter and jupyterquiz expect it."""
    return html.escape(rf"\({latex}\)")


def as_html(text: str) -> str:
    return to_html(text, mathjax)


def general_feedback(question: Question) -> str:
    page = question.link.split("#")[0]
    return (as_html(question.precise) if question.precise else "") + f"<p>→ {page}, «{inline_html(question.heading, mathjax)}»</p>"  # fmt: skip


def moodle(questions: list[Question]) -> str:
    """Moodle XML: multiple choice with one right answer, feedback for each option, figures embedded."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for name in dict.fromkeys(question.set for question in questions):
        category = f"$course$/top/VAE/{name}"
        parts.append(f'<question type="category"><category><text>{category}</text></category></question>')
        parts += [_moodle_question(question) for question in questions if question.set == name]
    return "\n".join([*parts, "</quiz>"]) + "\n"


def _moodle_question(question: Question) -> str:
    text, file = as_html(question.question), ""
    if question.figure:
        name = question.figure.name
        data = base64.b64encode(question.figure.read_bytes()).decode()
        text += f'<p><img src="@@PLUGINFILE@@/{name}" alt={quoteattr(question.alt)}></p>'
        file = f'<file name={quoteattr(name)} path="/" encoding="base64">{data}</file>'
    answers = "".join(
        f'<answer fraction="{100 if letter == question.key else 0}" format="html"><text>{escape(as_html(option))}</text>'
        f'<feedback format="html"><text>{escape(as_html(question.why[letter]))}</text></feedback></answer>\n'
        for letter, option in question.options.items()
    )
    return (
        f'<question type="multichoice">\n<name><text>{question.id}</text></name>\n'
        f'<questiontext format="html"><text>{escape(text)}</text>{file}</questiontext>\n'
        f'<generalfeedback format="html"><text>{escape(general_feedback(question))}</text></generalfeedback>\n'
        f"<defaultgrade>1</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden><idnumber>{question.id}</idnumber>\n"
        "<single>true</single><shuffleanswers>true</shuffleanswers><answernumbering>ABCD</answernumbering>\n"
        f"{answers}</question>"
    )


def gift(questions: list[Question]) -> str:
    """GIFT: one question a line, each with its feedback; figures as data addresses in the text."""
    parts, name = [], None
    for question in questions:
        if question.set != name:
            name = question.set
            parts.append(f"$CATEGORY: $course$/top/VAE/{name}")
        text = as_html(question.question)
        if question.figure:
            data = base64.b64encode(question.figure.read_bytes()).decode()
            text += f'<p><img src="data:image/png;base64,{data}" alt={quoteattr(question.alt)}></p>'
        answers = " ".join(
            f"{'=' if letter == question.key else '~'}{gift_text(as_html(option))}#{gift_text(as_html(question.why[letter]))}"
            for letter, option in question.options.items()
        )
        general = gift_text(general_feedback(question))
        parts.append(f"::{gift_text(question.id)}::[html]{gift_text(text)} {{{answers} ####{general}}}")
    return "\n\n".join(parts) + "\n"


def gift_text(text: str) -> str:
    """HTML with GIFT's own characters escaped: a backslash before \\ ~ = # : and \\n for the end of a line.

    Braces become entities instead: some readers end the answers at the first brace, escaped or not.
    """
    text = text.replace("{", "&lbrace;").replace("}", "&rbrace;")
    return re.sub(r"([\\~=#:])", r"\\\1", text).replace("\n", r"\n")


def jupyterquiz(questions: list[Question]) -> str:
    """The JSON that jupyterquiz.display_quiz shows (schema/mc_schema.json of its repository)."""
    return json.dumps([_jupyterquiz_question(question) for question in questions], ensure_ascii=False, indent=1) + "\n"


def _jupyterquiz_question(question: Question) -> dict:
    text = _no_links(as_html(question.question))
    if question.figure:
        data = base64.b64encode(question.figure.read_bytes()).decode()
        text += f'<p><img src="data:image/png;base64,{data}" alt={quoteattr(question.alt)} style="max-width:100%"></p>'
    answers = [
        {
            "answer": _no_links(as_html(option)),
            "correct": letter == question.key,
            "feedback": _no_links(
                as_html(question.why[letter]) + (general_feedback(question) if letter == question.key else "")
            ),  # fmt: skip
        }
        for letter, option in question.options.items()
    ]
    return {"type": "multiple_choice", "question": text, "answers": answers}


def _no_links(text: str) -> str:
    """jupyterquiz takes [x](y) for a link and $ for a formula, wherever they stand: x[0](y) in code among them."""
    return text.replace("](", "]&#40;").replace("$", "&#36;")


FORMATS: dict[str, Callable[[list[Question]], str]] = {"moodle": moodle, "gift": gift, "jupyterquiz": jupyterquiz}


# ------------------------------------------------------------------------------------------------ a class's answers


@dataclass
class Student:
    """A student's answers: question id → the bank's letter of the first and of the last answer."""

    name: str
    file: str
    first: dict[str, str]
    last: dict[str, str]
    time: str


def read_answers(path: Path, keys: dict[str, str]) -> Student:
    """One file of Quiz.export. keys: question id → letter. Raises ValueError that says what is wrong with the file.

    Whether an answer is right is worked out from its letter, so that a file which claims otherwise changes nothing.
    """
    try:
        rows = _json_rows(path) if path.suffix == ".json" else _csv_rows(path)
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
    student = Student("", path.name, {}, {}, "")
    for row in rows:
        question, chosen = row["question"], row["chosen"]
        first = row.get("first") or chosen
        if question not in keys:
            raise ValueError(f"knows a question {question!r} that this bank does not have")
        if chosen not in LETTERS or first not in LETTERS:
            raise ValueError(f"has the answer {chosen!r} to {question}, expected A, B, C or D")
        if question in student.last:
            raise ValueError(f"answers {question} twice")
        if student.name and row["name"] != student.name:
            raise ValueError("holds the answers of more than one student")
        student.name = row["name"]
        student.first[question], student.last[question] = first, chosen
        student.time = max(student.time, str(row["time"]))
    student.name = " ".join(unicodedata.normalize("NFC", student.name).split())
    if not student.name:
        raise ValueError("has no name or no answers in it")
    return student


def _json_rows(path: Path) -> list[dict]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"is damaged: not JSON ({error})") from None
    if isinstance(content, dict) and isinstance(content.get("answers"), dict):
        raise ValueError("is a student's own quiz_answers.json, which has no name: ask for the file of Quiz.export")
    if not isinstance(content, dict) or not isinstance(content.get("answers"), list) or not isinstance(content.get("name"), str):  # fmt: skip
        raise ValueError("was not written by Quiz.export")
    rows = content["answers"]
    if not all(isinstance(row, dict) and {"question", "chosen", "time"} <= row.keys() for row in rows):
        raise ValueError("is damaged: an answer lacks its question, letter or time")
    return [{**row, "name": content["name"]} for row in rows]


def _csv_rows(path: Path) -> list[dict]:
    reader = csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")))
    if not set(EXPORTED) <= set(reader.fieldnames or []):
        raise ValueError("was not written by Quiz.export")
    rows = list(reader)
    if any(value is None or name is None for row in rows for name, value in row.items()):
        raise ValueError("is damaged: a row is cut off")
    return rows


def read_class(folder: Path, keys: dict[str, str]) -> tuple[list[Student], list[str]]:
    """The students of a folder, by name, and one line for each file that is left out."""
    latest: dict[str, Student] = {}
    told = []
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".json", ".csv"):
            if not path.name.startswith("."):
                told.append(f"{path.name}: left out, it is neither .json nor .csv")
            continue
        try:
            student = read_answers(path, keys)
        except (ValueError, OSError, csv.Error) as error:
            told.append(f"{path.name}: left out, it {error}")
            continue
        other = latest.get(student.name.casefold())
        if other:
            student, older = (student, other) if student.time > other.time else (other, student)
            told.append(f"{older.file}: left out, {student.file} of {student.name} is later")
        latest[student.name.casefold()] = student
    return sorted(latest.values(), key=lambda student: student.name.casefold()), told


def item_statistics(answers: list[dict[str, str]], keys: dict[str, str]) -> list[dict]:
    """Difficulty and discrimination of each question. answers: question id → letter, one dictionary per student.

    difficulty: the share of right answers among those who answered, so a hard question has a low one.
    discrimination: the corrected item-total correlation, that is the point-biserial correlation, over the students who
    answered the question, between being right (0 or 1) and the number right among the other questions. The question
    itself is left out of the total because it would correlate with itself (S. Henrysson, Correction of item-total
    correlations in item analysis, Psychometrika 28, 1963). None where it is not defined: fewer than three students, or
    no spread in one of the two. Below about 0.2 a question tells little; below 0 the better students get it wrong.
    """
    table = []
    for question, key in keys.items():
        those = [student for student in answers if question in student]
        right = [int(student[question] == key) for student in those]
        rest = [sum(s[q] == k for q, k in keys.items() if q != question and q in s) for s in those]
        spread = len(those) >= 3 and len(set(right)) > 1 and len(set(rest)) > 1
        table.append(
            {
                "question": question,
                "answered": len(those),
                "difficulty": statistics.mean(right) if those else None,
                "discrimination": statistics.correlation(right, rest) if spread else None,
                **{letter: sum(student[question] == letter for student in those) for letter in LETTERS},
                "key": key,
            }
        )
    return table


def class_tables(students: list[Student], keys: dict[str, str], attempt: str) -> tuple[list[dict], list[dict]]:
    """(one row per student, one row per question). attempt: which answers count, the "first" or the "last" ones.

    In a student's row a question is 1 (right), 0 (wrong) or empty (not answered).
    """
    chosen = [getattr(student, attempt) for student in students]
    rows = []
    for student, answers in zip(students, chosen, strict=True):
        marks = {question: int(answers[question] == key) for question, key in keys.items() if question in answers}
        rows.append(
            {
                "name": harmless(student.name),
                "answered": len(answers),
                "right_first": sum(student.first[q] == keys[q] for q in student.first),
                "right_last": sum(student.last[q] == keys[q] for q in student.last),
                "time": harmless(student.time),
                **{question: marks.get(question) for question in keys},
            }
        )
    return rows, item_statistics(chosen, keys)


def harmless(text: str) -> str:
    """A student's text as a cell that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in tuple("=+-@\t\r") else text


def write_table(path: Path, rows: Iterable[dict], columns: list[str]) -> None:
    text = StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    write_whole(path, text.getvalue(), encoding="utf-8-sig")


# ------------------------------------------------------------------------------------------------ the commands


def export_command(arguments: argparse.Namespace) -> int:
    chosen = [q for q in load_questions(arguments.language) if arguments.questions in (q.set, "all")]
    write_whole(arguments.out, FORMATS[arguments.format](chosen))
    print(f"{arguments.out}: {len(chosen)} questions in {arguments.language}, {arguments.format}")
    return 0


def class_command(arguments: argparse.Namespace) -> int:
    if not arguments.folder.is_dir():
        print(f"There is no folder {arguments.folder}.", file=sys.stderr)
        return 2
    keys = {q.id: q.key for q in load_questions("en") if arguments.questions in (q.set, "all")}
    every_key = {q.id: q.key for q in load_questions("en")}
    students, told = read_class(arguments.folder, every_key)
    print("\n".join(told), end="\n" if told else "")
    if not students:
        print(f"{arguments.folder}: no answers of any student.", file=sys.stderr)
        return 1
    for student in students:
        student.first, student.last = (
            {question: letter for question, letter in answers.items() if question in keys}
            for answers in (student.first, student.last)
        )
    rows, items = class_tables(students, keys, arguments.attempt)
    questions_out = arguments.out.with_name(f"{arguments.out.stem}-questions.csv")
    write_table(arguments.out, rows, list(rows[0]))
    write_table(questions_out, items, list(items[0]))
    print(
        f"{arguments.out}: {len(rows)} students; {questions_out}: {len(items)} questions, {arguments.attempt} answers"
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="export | class")
    export = commands.add_parser("export", help="write the questions for another system")
    export.add_argument("--format", choices=FORMATS, required=True)
    export.add_argument("--language", choices=("vi", "en"), required=True)
    export.add_argument("--questions", choices=("handout", "more", "all"), default="all")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    export.set_defaults(command=export_command)
    room = commands.add_parser("class", help="read a class's answers into tables")
    room.add_argument("folder", type=Path)
    room.add_argument("--questions", choices=("handout", "more", "all"), default="all")
    room.add_argument(
        "--attempt", choices=("first", "last"), default="first",
        help="the answers that count: the first ones (default), given before any explanation was read, or the last ones",
    )  # fmt: skip
    room.add_argument("--out", type=Path, required=True, metavar="table.csv")
    room.set_defaults(command=class_command)
    arguments = parser.parse_args(argv)
    return arguments.command(arguments)


if __name__ == "__main__":
    sys.exit(main())
