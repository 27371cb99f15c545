"""A class's answers as tables: whose file it is, which answers count, and numbers that every spreadsheet reads."""

import csv
import json
import re
import unicodedata

import pytest

from instructor import class_table
from tests.quiz.support import use_small_bank
from vae_helpers.quiz import Quiz
from vae_helpers.quiz.bank import LETTERS


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
