"""What to run before a commit, in under two minutes: the tests of what has changed, and one lesson. (make check lints before.)

python -m tools.check             what has changed since main's copy on the server, committed or not
python -m tools.check --since X   since the commit X

A file's tests are those at its place in tests/ (vae_helpers/training/log.py: tests/training/test_log.py), else the whole room
there. The lesson is one that has changed, else 03. What needs a browser or the grader's sandbox is left to make unit.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from .edition import ROOT, SOURCES, built_path

PLACES = ("vae_helpers", "tools", "instructor", "benchmarks", "docs", "quiz")
ELSEWHERE = {"notebooks/src": "tests/docs/test_lessons.py", "vae_helpers/pretrained": "tests/models/test_pretrained.py"}
ALWAYS = ("tests/test_house.py",)
LESSON = SOURCES / "03_reparameterization.py"


def changed_files(since: str | None) -> list[str]:
    """The paths that differ from the commit, and the new ones, relative to the repository."""

    def git(*arguments: str) -> list[str]:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    if since is None:
        known = [name for name in ("origin/main", "origin/HEAD") if git("branch", "--remotes", "--list", name)]
        since = (git("merge-base", "HEAD", known[0]) if known else ["HEAD"])[0]
    return git("diff", "--name-only", since, "--") + git("ls-files", "--others", "--exclude-standard")


def tests_of(path: str, root: Path = ROOT) -> str | None:
    """Where the tests of a file are: a test module, a room, or None for what has none."""
    file = Path(path)
    if file.parts[0] == "tests":
        return path if file.name.startswith("test_") and (root / file).exists() else None
    if file.parent.as_posix() in ELSEWHERE:
        return ELSEWHERE[file.parent.as_posix()]
    place = next((place for place in PLACES if file.is_relative_to(place)), None)
    if place is None:
        return "tests/docs" if file.suffix == ".md" else None
    inner = file.relative_to(place).parent if place == "vae_helpers" else file.parent
    for room in (Path("tests", inner), *Path("tests", inner).parents):
        one = room / f"test_{file.stem.lstrip('_')}.py"
        if (root / one).exists():
            return one.as_posix()
        if len(room.parts) > 1 and (root / room).is_dir():
            return room.as_posix()
    return None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", metavar="COMMIT", help="what has changed since then")
    changed = changed_files(parser.parse_args(argv).since)
    tests = sorted({*ALWAYS, *filter(None, map(tests_of, changed))})
    lessons = [ROOT / path for path in changed if (ROOT / path).parent == SOURCES and (ROOT / path).suffix == ".py"]
    lesson = built_path(next((source for source in lessons if source.exists()), LESSON), "en")
    print("Tests:", *tests, "\nLesson:", lesson.name, flush=True)
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ways = (
        [*pytest, "-m", "not browser and not grader", *tests],
        [*pytest[:-2], "--nbval-lax", "--nbval-current-env", "-o", "timeout=0", lesson],
    )
    return max(subprocess.run(way, cwd=ROOT, env=environment).returncode for way in ways)


if __name__ == "__main__":
    sys.exit(main())
