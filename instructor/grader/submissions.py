"""Finds what a class has handed in: a folder for each student, or files named STUDENT_NN.ipynb side by side."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .lessons import version

STUDENT_AND_LESSON = re.compile(r"(.+?)[ _-]+\d\d(?:[ _-].*)?")  # An_03.ipynb, An_03_reparameterization.ipynb
MOST_FILES, MOST_BYTES = 100, 20 * 2**20  # of a student's other files


@dataclass(frozen=True)
class Submission:
    """A notebook, or the file of Quiz.export. folder: the student's own, or None."""

    student: str
    path: Path
    folder: Path | None

    @property
    def is_quiz(self) -> bool:
        return self.path.suffix != ".ipynb"

    def content(self) -> bytes:
        """Raises OSError; what is no plain file (a link that leads elsewhere) counts as one that cannot be read."""
        if self.path.is_symlink() or not self.path.is_file():
            raise OSError("not a plain file")
        return self.path.read_bytes()

    def files(self) -> dict[str, bytes]:
        """The student's other small files, which the notebook may read or import."""
        found, total = {}, 0
        for path in _plain_files(self.folder) if self.folder else ():
            total += path.stat().st_size
            if path.suffix == ".ipynb":
                continue
            if len(found) == MOST_FILES or total > MOST_BYTES:
                break
            found[path.relative_to(self.path.parent if path.is_relative_to(self.path.parent) else self.folder).as_posix()] = path.read_bytes()  # fmt: skip
        return found

    def key(self, content: bytes, files: dict[str, bytes], settings: dict) -> str:
        """Names the work to do: the same key, the same result."""
        digest = hashlib.sha256(json.dumps([version(), settings, self.path.name], sort_keys=True).encode())
        for name, data in {"": content, **files}.items():
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()[:32]


def find(folder: Path) -> list[Submission]:
    """Everything handed in, by student."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or (entry.is_symlink() and entry.is_dir()):
            continue
        if entry.is_dir():
            student = clean(entry.name)
            found += [Submission(student, path, entry) for path in _handed_in(_plain_files(entry, links=True))]
        else:
            found += [Submission(_student_of(path), path, None) for path in _handed_in([entry])]
    return sorted(found, key=lambda submission: (submission.student.casefold(), str(submission.path)))


def _plain_files(folder: Path, links: bool = False) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
        if not hidden and (links and path.is_symlink() or path.is_file() and not path.is_symlink()):
            yield path


def _handed_in(paths) -> list[Path]:
    """Notebooks and exported answers. The quiz's own notebook is neither: its answers come in the export."""
    return [
        path
        for path in paths
        if (path.suffix == ".ipynb" and not path.name.startswith("quiz"))
        or (path.suffix in (".json", ".csv") and path.name.startswith("quiz_"))
    ]


def _student_of(path: Path) -> str:
    stem = clean(path.stem)
    if path.suffix != ".ipynb":
        return clean(stem.removeprefix("quiz_"))
    match = STUDENT_AND_LESSON.fullmatch(stem)
    return match[1] if match else stem


def clean(name: str) -> str:
    """One way to write a name: composed letters, single spaces, nothing that cannot be printed."""
    name = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    return " ".join(name.split()) or "?"
