"""Faults around the file of answers."""

import os

import pytest

from tests.faults.support import Table
from vae_helpers.quiz import Quiz

TABLE = Table()


@pytest.mark.parametrize("fault", TABLE)
def test_what_the_student_sees(fault, language, request):
    TABLE.check(fault, language, request)


@TABLE.row(
    "disk full while answers are saved",
    vi=("Không đọc hoặc ghi được quiz_answers.json (No space left on device)", "Bạn vẫn làm tiếp được"),
    en=("quiz_answers.json cannot be read or written (No space left on device)", "You can go on"),
)
def disk_full_quiz(full_disk, tmp_path, language, capsys):
    quiz = Quiz(language, answers=tmp_path / "quiz_answers.json")
    quiz.answer(1, "C")
    before = (tmp_path / "quiz_answers.json").read_bytes()
    (tmp_path / f"quiz_answers.json.{os.getpid()}.part").symlink_to(full_disk)
    quiz.answer(2, "B")
    assert quiz.score() == (2, 2, 10) and (tmp_path / "quiz_answers.json").read_bytes() == before
    quiz.answer(3, "A")  # there is room again
    assert Quiz(language, answers=tmp_path / "quiz_answers.json").score() == (3, 3, 10)
    return capsys.readouterr().out


@TABLE.row(
    "read-only folder for answers",
    vi=("Không đọc hoặc ghi được quiz_answers.json", "Bạn vẫn làm tiếp được"),
    en=("quiz_answers.json cannot be read or written", "You can go on"),
)
def read_only_quiz(read_only, language, capsys):
    quiz = Quiz(language, answers=read_only / "quiz_answers.json")
    quiz.answer(1, "C")
    assert quiz.score() == (1, 1, 10)
    return capsys.readouterr().out


@TABLE.row(
    "corrupt file of answers",
    vi=("Tệp quiz_answers.json bị hỏng", "quiz_answers.damaged-1.json"),
    en=("The file quiz_answers.json is damaged", "quiz_answers.damaged-1.json"),
)
def corrupt_answers(tmp_path, language, capsys):
    file = tmp_path / "quiz_answers.json"
    Quiz(language, answers=file).answer(1, "C")
    half = file.read_bytes()[:50]
    file.write_bytes(half)
    quiz = Quiz(language, answers=file)
    quiz.answer(2, "B")
    assert (tmp_path / "quiz_answers.damaged-1.json").read_bytes() == half
    assert Quiz(language, answers=file).score() == (1, 1, 10)
    return capsys.readouterr().out
