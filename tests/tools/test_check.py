"""make check: which tests belong to a changed file."""

import subprocess

import pytest

from tools import check


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("vae_helpers/training/log.py", "tests/training/test_log.py"),
        ("vae_helpers/_random.py", "tests/test_random.py"),
        ("vae_helpers/checks/lesson_04.py", "tests/checks/test_lesson_04.py"),
        ("vae_helpers/page/engine.js", "tests/page"),  # no module of its own: the room
        ("vae_helpers/pretrained/judge.json", "tests/models/test_pretrained.py"),
        ("tools/site/build.py", "tests/tools/test_build.py"),
        ("instructor/grader/wire.py", "tests/instructor/grader/test_wire.py"),
        ("benchmarks/claims/lesson_01.py", "tests/benchmarks"),
        ("notebooks/src/04_loss.py", "tests/docs/test_lessons.py"),
        ("README.md", "tests/docs"),
        ("tests/test_data.py", "tests/test_data.py"),
        ("tests/test_gone.py", None),
        ("Makefile", None),
    ],
)
def test_a_files_tests_are_at_its_place(path, tests):
    assert check.tests_of(path) == tests


def test_it_sees_what_is_committed_changed_and_new(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=tmp_path, check=True
        )

    git("init", "--quiet")
    for name in ("old.py", "changed.py", "committed.py"):
        (tmp_path / name).write_text("1")
    git("add", "old.py", "changed.py")
    git("commit", "--quiet", "-m", "first")
    git("add", "committed.py")
    git("commit", "--quiet", "-m", "second")
    (tmp_path / "changed.py").write_text("2")
    (tmp_path / "new.py").write_text("1")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert sorted(check.changed_files("HEAD~1")) == ["changed.py", "committed.py", "new.py"]
    assert sorted(check.changed_files(None)) == ["changed.py", "new.py"]  # no server: since the last commit


def test_a_failing_test_fails_the_check(monkeypatch, capfd):
    monkeypatch.setattr(check, "changed_files", lambda since: [])
    codes = iter([1, 0])
    ran = []

    def run(command, **options):
        ran.append(command)
        return subprocess.CompletedProcess(command, next(codes))

    monkeypatch.setattr(check.subprocess, "run", run)
    assert check.main([]) == 1 and len(ran) == 2 and "03_reparameterization" in str(ran[1][-1])
