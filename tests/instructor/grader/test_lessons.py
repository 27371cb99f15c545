"""The exercises that the lessons hold, and the version of the judgement."""

import shutil
from pathlib import Path

from instructor.grader import lessons as lessons_file
from instructor.grader.lessons import lessons
from vae_helpers import checks

ROOT = Path(__file__).resolve().parents[3]


def test_every_check_of_the_course_is_some_lessons_exercise():
    used = {exercise.check for exercises in lessons().values() for exercise in exercises}
    assert used <= set(checks.__all__) and len(used) >= 20


def test_another_check_loss_or_exercise_is_another_judgement(tmp_path, monkeypatch):
    for part in ("vae_helpers/checks", "vae_helpers/losses.py", "vae_helpers/_language.py", "notebooks/en"):
        place = tmp_path / part
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, place)

    def judgement():
        lessons_file.lessons.cache_clear()
        lessons_file.version.cache_clear()
        return lessons_file.version()

    before = judgement()
    monkeypatch.setattr(lessons_file, "ROOT", tmp_path)
    assert judgement() == before
    changed = [*(tmp_path / "vae_helpers" / "checks").glob("*.py"), tmp_path / "vae_helpers" / "losses.py"]
    for path in changed:
        path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        assert judgement() != before, path.name
        before = judgement()
    (tmp_path / "notebooks" / "en" / "04_loss.ipynb").unlink()
    assert judgement() != before
    monkeypatch.undo()
    judgement()  # the caches are the course's own again
