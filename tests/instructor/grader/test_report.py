"""The tables that an instructor gets."""

import csv
from pathlib import Path

import pytest

from instructor.grader import report


def row(student, lesson, right, status="ok"):
    exercises = [
        {"function": f"f{n}", "status": "right" if n < right else "wrong", "mistake": None, "message": ""}
        for n in range(4)
    ]
    result = {"lesson": lesson, "language": "en", "status": status, "detail": "", "exercises": exercises}
    return report.row(student, f"{lesson}.ipynb", result)


def students(tmp_path, rows):
    path = report.write_tables(tmp_path / "grades.csv", rows, ["01_autoencoder", "02_vae"])
    with open(path, encoding="utf-8-sig", newline="") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


@pytest.mark.parametrize("order", [(1, 3, 2), (3, 1, 2), (1, 2, 3)])
def test_of_several_submissions_of_a_lesson_the_best_counts(tmp_path, order):
    rows = [row("An", "01_autoencoder", right) for right in order] + [row("An", "02_vae", 2), row("Bình", "02_vae", 0)]
    told = students(tmp_path, rows)
    assert (told["An"]["01_autoencoder"], told["An"]["02_vae"], told["An"]["right"]) == ("3", "2", "5")
    assert (told["Bình"]["02_vae"], told["Bình"]["right"]) == ("0", "0")


def test_what_could_not_be_graded_is_counted_as_a_problem(tmp_path):
    told = students(tmp_path, [row("An", "01_autoencoder", 1), row("An", "", 0, status="not-json")])
    assert (told["An"]["problems"], told["An"]["right"]) == ("1", "1")


def test_a_page_has_its_style_and_only_escaped_text():
    text = report.page(
        "<An>", [("a.ipynb", {"lesson": "", "language": "en", "status": "ok", "detail": ""})], english=True
    )
    style = Path(report.__file__).with_name("feedback.css").read_text(encoding="utf-8")
    assert style.strip() in text and "&lt;An&gt;" in text and "<An>" not in text
