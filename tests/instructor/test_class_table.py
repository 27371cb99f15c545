"""A class's answers as tables: whose file it is, which answers count, and numbers that every spreadsheet reads."""

import csv
import json
import os
import re
import subprocess
import sys
import unicodedata

import pytest

from instructor import class_table
from tests.quiz.support import ROOT, use_small_bank
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


def run_class(folder, *more):
    table = folder.parent / "table.csv"
    code = class_table.main([str(folder), "--out", str(table), *more])
    return code, table


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a class's files are, for the small bank."""
    use_small_bank(tmp_path, monkeypatch)
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def test_statistics_agree_with_a_hand_calculation(folder):
    """Right (1) and wrong (0): An 111, Bình 110, Chi 010, Dũng 000.

    Question 1: right 1 1 0 0, of the others right 2 1 1 0; covariance sum 1, squares 1 and 2: r = 1/√2.
    Question 2: right 1 1 1 0, others 2 1 0 0; covariance sum 3 − 4·0.75·0.75 = 0.75, squares 0.75 and 2.75.
    Question 3: right 1 0 0 0, others 2 2 1 0; covariance sum 2 − 4·0.25·1.25 = 0.75, squares 0.75 and 2.75.
    """
    for name, letters in {"An": "CAB", "Bình": "CAD", "Chi": "DAD", "Dũng": "ABC"}.items():
        hand_in(folder, f"{name}.json", name, letters)
    code, table = run_class(folder)
    assert code == 0
    students = rows_of(table)
    assert [(s["name"], s["handout-01"], s["handout-02"], s["handout-03"], s["more-01"]) for s in students] == [
        ("An", "1", "1", "1", ""), ("Bình", "1", "1", "0", ""), ("Chi", "0", "1", "0", ""), ("Dũng", "0", "0", "0", "")
    ]  # fmt: skip
    assert [s["right_last"] for s in students] == ["3", "2", "1", "0"]
    items = {row["question"]: row for row in rows_of(table.with_name("table-questions.csv"))}
    assert [items[f"handout-0{n}"]["difficulty_percent"] for n in (1, 2, 3)] == ["50", "75", "25"]
    expected = [1 / 2**0.5, 0.75 / (0.75 * 2.75) ** 0.5, 0.75 / (0.75 * 2.75) ** 0.5]
    assert [items[f"handout-0{n}"]["discrimination_percent"] for n in (1, 2, 3)] == [f"{100 * r:.0f}" for r in expected]
    assert [items["handout-01"][letter] for letter in LETTERS] == ["1", "0", "2", "1"]
    assert items["more-01"]["answered"] == "0" and items["more-01"]["discrimination_percent"] == ""


def test_question_that_all_get_right_has_no_discrimination():
    table = class_table.item_statistics([{"a": "A", "b": "B"}, {"a": "A", "b": "C"}, {"a": "A"}], {"a": "A", "b": "B"})
    assert table[0]["discrimination_percent"] is None and table[0]["difficulty_percent"] == 100
    assert (
        table[1]["answered"] == 2
        and table[1]["difficulty_percent"] == 50
        and table[1]["discrimination_percent"] is None
    )


def test_first_or_last_answers_count(folder):
    hand_in(folder, "a.json", "An", "CAB", first="DAB")
    _, table = run_class(folder)
    assert (rows_of(table)[0]["handout-01"], rows_of(table)[0]["right_first"], rows_of(table)[0]["right_last"]) == ("0", "2", "3")  # fmt: skip
    _, table = run_class(folder, "--attempt", "last")
    assert rows_of(table)[0]["handout-01"] == "1"


def test_what_a_file_claims_to_be_right_is_not_believed(folder):
    hand_in(folder, "a.json", "An", "BBC")  # all wrong, though every "right" is true
    _, table = run_class(folder)
    assert rows_of(table)[0]["right_last"] == "0"


def test_damaged_and_foreign_files_are_named_and_left_out(folder, capsys):
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
    code, table = run_class(folder)
    said = capsys.readouterr().out
    assert code == 0 and [row["name"] for row in rows_of(table)] == ["An"]
    for name in [*bad, "bytes.csv", "folder.json"]:
        assert re.search(rf"^{re.escape(name)}: left out, ", said, re.MULTILINE), (name, said)
    assert "good.json" not in said
    assert "store.json: left out, it is a student's own quiz_answers.json" in said
    assert "unknown.json: left out, it knows a question 'handout-88'" in said


def test_latest_of_a_students_files_counts(folder, capsys):
    """Whatever the order of the files' names: the list says that all three are hers."""
    hand_in(folder, "1.json", "Nguyễn Ánh", "CAB", time="2026-11-22T10:00:00.000+00:00")
    decomposed = unicodedata.normalize("NFD", "nguyễn  Ánh")  # as a Mac may write it
    hand_in(folder, "2.json", decomposed, "CBC", time="2026-11-21T10:00:00.000+00:00")
    hand_in(folder, "3.json", "Nguyễn Ánh", "DAD", time="2026-11-23T10:00:00.000+00:00")
    _, table = run_class(folder, "--students", class_list(folder, "id,name", "7,Nguyễn Ánh"))
    said = capsys.readouterr().out
    assert "2.json: left out, 1.json of Nguyễn Ánh is later" in said
    assert "1.json: left out, 3.json of Nguyễn Ánh is later" in said
    (row,) = rows_of(table)
    assert (row["file"], row["handout-01"], row["handout-02"], row["handout-03"]) == ("3.json", "0", "1", "0")


@pytest.mark.parametrize("names", [("1.json", "2.json"), ("2.json", "1.json")])
def test_latest_export_of_one_answer_file_counts_without_a_list(folder, tmp_path, names, capsys):
    """The student goes on and exports again: a later file that carries the earlier one on is the same student's."""
    some = Quiz("vi", answers=tmp_path / "answers.json")
    some.answer(1, "A")
    some.export(folder / names[0], name="An")
    some.answer(1, "C")
    some.answer(2, "A")
    some.export(folder / names[1], name="An")
    _, table = run_class(folder, "--attempt", "last")
    (row,) = rows_of(table)
    assert (row["file"], row["right_first"], row["right_last"], row["handout-01"]) == (names[1], "1", "2", "1")
    assert f"{names[0]}: left out, {names[1]} of An is later" in capsys.readouterr().out


# -------------------------------------------------------------------------------------------------- whose file it is


def class_list(folder, *lines):
    path = folder.parent / "class.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return str(path)


def marks(row):
    return "".join(row[f"handout-0{n}"] or "-" for n in (1, 2, 3))


def test_two_students_of_one_name_stay_two_without_a_list(folder, capsys):
    hand_in(folder, "a.json", "Nguyễn Văn An", "CAB", time="2026-11-22T10:00:00.000+00:00")
    hand_in(folder, "b.json", "Nguyễn Văn An", "CDD", time="2026-11-23T10:00:00.000+00:00")
    _, table = run_class(folder)
    assert [(row["name"], row["file"], marks(row)) for row in rows_of(table)] == [
        ("Nguyễn Văn An", "a.json", "111"), ("Nguyễn Văn An", "b.json", "100")
    ]  # fmt: skip
    assert "a.json, b.json: 2 students called Nguyễn Văn An" in capsys.readouterr().out


def test_same_letters_do_not_make_two_students_one(folder):
    """Two who get everything right at the first try differ in the times of their answers only."""
    hand_in(folder, "a.json", "An", "CAB", time="2026-11-22T10:00:00.000+00:00")
    hand_in(folder, "b.json", "An", "CAB", time="2026-11-22T10:00:00.001+00:00")
    _, table = run_class(folder)
    assert [row["file"] for row in rows_of(table)] == ["a.json", "b.json"]


def test_same_file_twice_is_one_student(folder):
    hand_in(folder, "a.json", "An", "CAB")
    hand_in(folder, "a (1).json", "An", "CAB")
    _, table = run_class(folder)
    assert len(rows_of(table)) == 1


@pytest.mark.parametrize("head, rows", [
    ("id,name", ("B7-01,Nguyễn Văn An", "B7-02,Nguyễn Văn An", "B7-03,Trần Bình", "B7-04,Lê Chi")),
    ("Name;group;ID", ("Nguyễn Văn An;1;B7-01", "Nguyễn Văn An;1;B7-02", "Trần Bình;1;B7-03", "Lê Chi;2;B7-04")),
])  # fmt: skip
def test_students_are_told_apart_by_the_list(folder, capsys, head, rows):
    """By an id in the file's name or in the name within, else by a name that only one of them has."""
    hand_in(folder, "quiz_b7-02_final.json", "Nguyễn Văn An", "CDD")
    hand_in(folder, "x.json", "Nguyễn Văn An (B7-01)", "CAB")
    hand_in(folder, "y.json", "trần  bình", "DAB")
    hand_in(folder, "z.json", "Nguyễn Văn An", "DDD")
    hand_in(folder, "w.json", "Ai Đó", "CAB")
    hand_in(folder, "v.json", "B7-01 B7-02", "CAB")
    _, table = run_class(folder, "--students", class_list(folder, head, *rows))
    assert [(row["id"], row["name"], row["file"], marks(row)) for row in rows_of(table)] == [
        ("B7-04", "Lê Chi", "", "---"),
        ("B7-01", "Nguyễn Văn An", "x.json", "111"),
        ("B7-02", "Nguyễn Văn An", "quiz_b7-02_final.json", "100"),
        ("B7-03", "Trần Bình", "y.json", "011"),
    ]
    said = capsys.readouterr().out
    assert "z.json: left out, it is of Nguyễn Văn An, and 2 students are called so: put the id into" in said
    assert "w.json: left out, it is of Ai Đó, who is not in the list" in said
    assert "v.json: left out, it names the ids of 2 students" in said


def test_id_is_not_found_inside_a_longer_one(folder):
    hand_in(folder, "120.json", "x", "CAB")
    _, table = run_class(folder, "--students", class_list(folder, "id,name", "12,An", "120,Bình", "20,Chi"))
    assert {row["id"]: row["file"] for row in rows_of(table)} == {"12": "", "120": "120.json", "20": ""}


@pytest.mark.parametrize("lines, told", [
    (["name,mail", "An,a@b"], "expected at least id and name"),
    (["id,name"], "expected at least id and name"),
    (["id,name", "7,An", "7,Bình"], "the id '7' of An is empty or stands twice"),
    (["id,name", ",An"], "the id '' of An is empty"),
])  # fmt: skip
def test_bad_list_is_refused(folder, capsys, lines, told):
    hand_in(folder, "a.json", "An", "CAB")
    code, table = run_class(folder, "--students", class_list(folder, *lines))
    assert code == 2 and told in capsys.readouterr().err and not table.exists()


def test_list_in_another_encoding_is_refused(folder, capsys):
    path = folder.parent / "class.csv"
    path.write_bytes("id,name\n7,Nguyễn".encode("utf-16"))
    hand_in(folder, "a.json", "An", "CAB")
    assert class_table.main([str(folder), "--students", str(path), "--out", str(folder.parent / "t.csv")]) == 2
    assert "class.csv is not text in UTF-8" in capsys.readouterr().err


# -------------------------------------------------------------------------------------------------- the tables


def test_numbers_are_read_alike_with_a_decimal_comma_and_a_decimal_point(folder):
    """As a spreadsheet of each country reads them: a number with three decimals would be read as thousands in vi and de."""
    numbers = pytest.importorskip(
        "babel.numbers", reason="Babel, which comes with JupyterLab, reads as each country does"
    )
    assert numbers.parse_decimal("0.333", locale="vi") == 333  # what is to be avoided
    for name, letters in {
        "An": "CAB",
        "Bình": "CAD",
        "Chi": "DAD",
        "Dũng": "ABC",
        "Em": "CAB",
        "Giang": "DDD",
        "Hà": "CDD",
    }.items():
        hand_in(folder, f"{name}.json", name, letters)
    _, table = run_class(folder)
    seen = 0
    for row in [*rows_of(table), *rows_of(table.with_name("table-questions.csv"))]:
        for name, cell in row.items():
            if name not in ("id", "name", "file", "time", "question", "key") and cell:
                assert len({numbers.parse_decimal(cell, locale=code) for code in ("en", "vi", "de", "fr")}) == 1, (
                    name,
                    cell,
                )
                seen += 1
    assert seen > 40
    (first, *_) = rows_of(table.with_name("table-questions.csv"))
    assert first["difficulty_percent"] == "57"  # C: 4 of 7


@pytest.mark.parametrize("name, mark", [("comma", ","), ("semicolon", ";"), ("tab", "\t")])
def test_separator_can_be_chosen(folder, name, mark):
    hand_in(folder, "a.json", "An, Nguyễn; Văn", "CAB")
    _, table = run_class(folder, "--separator", name)
    for path in (table, table.with_name("table-questions.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            header, first, *_ = rows = list(csv.reader(file, delimiter=mark))
        assert len({len(row) for row in rows}) == 1 and len(header) > 5
        assert path != table or first[header.index("name")] == "An, Nguyễn; Văn"


@pytest.mark.parametrize("encoding", ["cp1258", "cp1252", "ascii"])
def test_output_on_a_windows_code_page(tmp_path, encoding):
    """In a process of its own: the names and notices of a class do not end it, and the table is whole."""
    (tmp_path / "class").mkdir()
    hand_in(tmp_path / "class", "Nguyễn Ánh ✅.json", "Nguyễn Ánh", "CAB")
    (tmp_path / "class" / "ghi chú ế.txt").write_text("x")
    command = [
        sys.executable,
        "-m",
        "instructor.class_table",
        str(tmp_path / "class"),
        "--out",
        str(tmp_path / "bảng.csv"),
    ]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert b".txt: left out" in result.stdout and b"1 students" in result.stdout
    assert rows_of(tmp_path / "bảng.csv")[0]["name"] == "Nguyễn Ánh"


def test_name_cannot_become_a_formula(folder):
    hand_in(folder, "a.json", '=HYPERLINK("http://x")', "CAB")
    _, table = run_class(folder)
    assert rows_of(table)[0]["name"] == '\'=HYPERLINK("http://x")'


def test_empty_class_writes_no_table(folder, capsys):
    code, table = run_class(folder)
    assert code == 1 and not table.exists() and "no answers" in capsys.readouterr().err
    assert class_table.main([str(folder / "none"), "--out", str(table)]) == 2


def test_real_exports_of_a_class_become_a_table(folder, tmp_path):
    """Three students, two file formats, with shuffled options: end to end."""
    for n, (name, letters) in enumerate({"An": "CAB", "Bình": "CAD", "Chi": "DBA"}.items()):
        some = Quiz("vi", answers=tmp_path / f"{n}.json", seed=n).again()
        for number, (question, letter) in enumerate(zip(some.questions, letters, strict=True), start=1):
            some.answer(number, next(shown for shown, original in question.original.items() if original == letter))
        some.export(folder / f"{n}.{'csv' if n % 2 else 'json'}", name=name)
    _, table = run_class(folder, "--questions", "handout")
    assert [[row[f"handout-0{n}"] for n in (1, 2, 3)] for row in rows_of(table)] == [
        list("111"),
        list("110"),
        list("000"),
    ]
    assert "more-01" not in rows_of(table)[0]
