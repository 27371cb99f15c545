"""Read a class's answers to the quiz into tables.

    python -m instructor.class_table ANSWERS_FOLDER --out table.csv
    python -m instructor.class_table ANSWERS_FOLDER --out table.csv --students class.csv --separator semicolon

It reads the files that students write with Quiz.export (JSON or CSV), and writes table.csv, one row per student, and
table-questions.csv, one row per question with its difficulty and discrimination (see item_statistics).

--students: a CSV with the columns id and name. A file belongs to the student whose id stands in its name or in the name
that it gives, or else to the only one who is called so; every student of the list has a row. Without a list two files of one name
are taken for one student's only if the later one carries the earlier one on; otherwise both have a row.

All numbers in the tables are whole ones, shares and correlations in percent: 0.333 would be read as 333 by a spreadsheet whose
decimal sign is a comma. Such an Excel also expects --separator semicolon; other programs find the separator themselves.
"""

import argparse
import csv
import json
import re
import statistics
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from vae_helpers import _console
from vae_helpers._files import write_whole
from vae_helpers.quiz import load_questions
from vae_helpers.quiz.bank import LETTERS
from vae_helpers.quiz.session import EXPORTED

LARGEST = 40 * 2**20  # bytes of a file of answers
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


# ------------------------------------------------------------------------------------------------ the files


@dataclass
class Student:
    """A student's answers: question id → the bank's letter of the first and of the last answer.

    name: as the file gives it. id: the student's in the class's list, "" without one. file: "" if none was sent.
    records: question id → (first letter, attempts, time) as they stand in the file.
    """

    name: str
    file: str
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    time: str = ""
    id: str = ""
    records: dict[str, tuple[str, int, str]] = field(default_factory=dict, repr=False)

    def carries_on(self, earlier: "Student") -> bool:
        """Can this file have been written after the other one, from the same quiz_answers.json?

        There first answers never change, and what was answered again has more attempts.
        """
        for question, (first, attempts, time) in earlier.records.items():
            own = self.records.get(question)
            if own is None or own[0] != first or not (own[1] > attempts or own[1:] == (attempts, time)):
                return False
        return True


def read_answers(path: Path, keys: dict[str, str]) -> Student:
    """One file of Quiz.export. keys: question id → letter. Raises ValueError that says what is wrong with the file.

    Whether an answer is right is worked out from its letter, so that a file which claims otherwise changes nothing.
    """
    try:
        rows = _json_rows(path) if path.suffix == ".json" else _csv_rows(path)
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
    except RecursionError:
        raise ValueError("is damaged: nested too deeply") from None
    student = Student("", path.name)
    for row in rows:
        question, chosen = row["question"], row["chosen"]
        first = row.get("first") or chosen
        if not isinstance(question, str) or question not in keys:
            raise ValueError(f"knows a question {question!r} that this bank does not have")
        if chosen not in (*LETTERS,) or first not in (*LETTERS,):
            raise ValueError(f"has the answer {chosen!r} to {question}, expected A, B, C or D")
        if question in student.last:
            raise ValueError(f"answers {question} twice")
        if student.name and row["name"] != student.name:
            raise ValueError("holds the answers of more than one student")
        student.name = row["name"]
        student.first[question], student.last[question] = first, chosen
        student.records[question] = first, _whole(row.get("attempts")), str(row["time"])
        student.time = max(student.time, str(row["time"]))
    student.name = tidy(student.name)
    if not student.name:
        raise ValueError("has no name or no answers in it")
    return student


def tidy(name: str) -> str:
    """A name in one spelling: composed letters (a Mac may write ê as two), single spaces."""
    name = name.encode("utf-8", "replace").decode()  # half a character cannot be written anywhere
    return " ".join(unicodedata.normalize("NFC", name).split())


def printable(text: str) -> str:
    """Composed letters, single spaces; whatever cannot be seen (bytes that are no UTF-8, line breaks, marks) as an escape."""
    text = " ".join(unicodedata.normalize("NFC", text).split(" "))
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _whole(number) -> int:
    try:
        return int(number)
    except (TypeError, ValueError):
        return 0


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


# ------------------------------------------------------------------------------------------------ whose file it is


def read_list(path: Path) -> list[Student]:
    """A class's list: a CSV with the columns id and name, in any order, separated by comma, semicolon or tab.

    Raises ValueError for a list without them, and for an empty or repeated id.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not text in UTF-8: save it as CSV UTF-8.") from None
    header = text.splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS.values(), key=header.count)
    rows = [
        {str(k).strip().casefold(): v for k, v in row.items()}
        for row in csv.DictReader(StringIO(text), delimiter=separator)
    ]
    if not rows or not {"id", "name"} <= rows[0].keys():
        raise ValueError(
            f"{path.name}: got the columns {header!r}, expected at least id and name, and a row per student."
        )
    students = [Student(tidy(row["name"] or ""), "", id=tidy(row["id"] or "")) for row in rows]
    ids = [student.id.casefold() for student in students]
    for student, code in zip(students, ids, strict=True):
        if not code or ids.count(code) > 1:
            raise ValueError(f"{path.name}: the id {student.id!r} of {student.name} is empty or stands twice.")
    return students


def owner(student: Student, listed: list[Student]) -> Student:
    """The student of the list to whom a file belongs. Raises ValueError if that cannot be told."""
    told = f"{tidy(student.file)} {student.name}".casefold()
    by_id = [other for other in listed if re.search(rf"(?<![^\W_]){re.escape(other.id.casefold())}(?![^\W_])", told)]
    if len(by_id) == 1:
        return by_id[0]
    if by_id:
        raise ValueError(f"names the ids of {len(by_id)} students")
    by_name = [other for other in listed if other.name.casefold() == student.name.casefold()]
    if len(by_name) == 1:
        return by_name[0]
    if by_name:
        raise ValueError(
            f"is of {student.name}, and {len(by_name)} students are called so: put the id into the file's name"
        )
    raise ValueError(f"is of {student.name}, who is not in the list")


def read_class(
    folder: Path, keys: dict[str, str], listed: list[Student] | None = None
) -> tuple[list[Student], list[str]]:
    """The students of a folder, by name and id, and one line for each file that is left out or in doubt.

    listed: the class's list; each of its students comes back, without answers if there is no file of theirs.
    """
    found, told = [], []
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".json", ".csv"):
            if not path.name.startswith("."):
                told.append(f"{path.name}: left out, it is neither .json nor .csv")
            continue
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            told.append(f"{path.name}: left out, it is no plain file, or too large")
            continue
        try:
            student = read_answers(path, keys)
            if listed is not None:
                other = owner(student, listed)
                student.id, student.name = other.id, other.name
        except (ValueError, OSError, csv.Error) as error:
            told.append(f"{path.name}: left out, it {error}")
            continue
        found.append(student)
    students = _latest(found, told, by_id=listed is not None)
    missing = [other for other in listed or [] if other.id not in {student.id for student in students}]
    return sorted([*students, *missing], key=lambda student: (student.name.casefold(), student.id, student.file)), told


def _latest(found: list[Student], told: list[str], by_id: bool) -> list[Student]:
    """Of several files of one student the latest. Without ids a name alone does not make two files one student's."""
    kept: dict[str, list[Student]] = {}
    for student in sorted(found, key=lambda student: student.time):
        others = kept.setdefault(student.id if by_id else student.name.casefold(), [])
        older = next((other for other in others if by_id or student.carries_on(other)), None)
        if older:
            others.remove(older)
            told.append(f"{older.file}: left out, {student.file} of {student.name} is later")
        others.append(student)
    for others in kept.values():
        if len(others) > 1:
            files = ", ".join(sorted(student.file for student in others))
            told.append(
                f"{files}: {len(others)} students called {others[0].name}, or one who began anew; each has a row. A list (--students) tells."
            )
    return [student for others in kept.values() for student in others]


# ------------------------------------------------------------------------------------------------ the tables


def item_statistics(answers: list[dict[str, str]], keys: dict[str, str]) -> list[dict]:
    """Difficulty and discrimination of each question. answers: question id → letter, one dictionary per student.

    difficulty_percent: the share of right answers among those who answered, so a hard question has a low one.
    discrimination_percent: the corrected item-total correlation, that is the point-biserial correlation, over the students who
    answered the question, between being right (0 or 1) and the number right among the other questions. The question
    itself is left out of the total because it would correlate with itself (S. Henrysson, Correction of item-total
    correlations in item analysis, Psychometrika 28, 1963). None where it is not defined: fewer than three students, or
    no spread in one of the two. Below about 20 a question tells little; below 0 the better students get it wrong.
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
                "difficulty_percent": 100 * statistics.mean(right) if those else None,
                "discrimination_percent": 100 * statistics.correlation(right, rest) if spread else None,
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
                "id": harmless(student.id),
                "name": harmless(student.name),
                "file": harmless(student.file),
                "answered": len(answers),
                "right_first": sum(student.first[q] == keys[q] for q in student.first),
                "right_last": sum(student.last[q] == keys[q] for q in student.last),
                "time": harmless(student.time),
                **{question: marks.get(question) for question in keys},
            }
        )
    return rows, item_statistics(chosen, keys)


def harmless(text: str) -> str:
    """A student's text as a cell that no spreadsheet takes for a formula, not even one that splits it at another sign."""
    return re.sub(r"(^|[;,\t\r\n])(\s*[=+\-@\t\r＝＋－＠])", r"\1'\2", text)


def write_table(path: Path, rows: Iterable[dict], columns: list[str], separator: str = ",") -> None:
    """Rows as a CSV in UTF-8 with a mark, by which Excel reads Vietnamese. Numbers are rounded to whole ones."""
    text = StringIO()
    writer = csv.DictWriter(text, columns, delimiter=separator)
    writer.writeheader()
    writer.writerows({k: round(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    write_whole(path, text.getvalue(), encoding="utf-8-sig")


# ------------------------------------------------------------------------------------------------ the command


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", choices=("handout", "more", "all"), default="all")
    parser.add_argument(
        "--attempt", choices=("first", "last"), default="first",
        help="the answers that count: the first ones (default), given before any explanation was read, or the last ones",
    )  # fmt: skip
    parser.add_argument("--students", type=Path, metavar="class.csv", help="the class's list: columns id and name")
    parser.add_argument("--separator", choices=SEPARATORS, default="comma", help="between the cells (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="table.csv")
    arguments = parser.parse_args(argv)
    _console.make_safe()
    if not arguments.folder.is_dir():
        print(f"There is no folder {arguments.folder}.", file=sys.stderr)
        return 2
    try:
        return make_tables(arguments)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def make_tables(arguments: argparse.Namespace) -> int:
    """Both tables of a folder. Raises ValueError for a bad list, OSError for what cannot be read or written."""
    every_key = {question.id: question.key for question in load_questions("en")}
    keys = {q.id: q.key for q in load_questions("en") if arguments.questions in (q.set, "all")}
    listed = read_list(arguments.students) if arguments.students else None
    students, told = read_class(arguments.folder, every_key, listed)
    print("\n".join(map(printable, told)), end="\n" if told else "")
    if not any(student.file for student in students):
        print(f"{arguments.folder}: no answers of any student.", file=sys.stderr)
        return 1
    for student in students:
        student.first = {question: letter for question, letter in student.first.items() if question in keys}
        student.last = {question: letter for question, letter in student.last.items() if question in keys}
    rows, items = class_tables(students, keys, arguments.attempt)
    questions_out = arguments.out.with_name(f"{arguments.out.stem}-questions.csv")
    separator = SEPARATORS[arguments.separator]
    write_table(arguments.out, rows, list(rows[0]), separator)
    write_table(questions_out, items, list(items[0]), separator)
    print(
        f"{arguments.out}: {len(rows)} students; {questions_out}: {len(items)} questions, {arguments.attempt} answers"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
