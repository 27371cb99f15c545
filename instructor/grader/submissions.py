"""Finds what a class has handed in, and who: by folders, by the names that Moodle, Canvas and Blackboard give, or STUDENT_NN.

Nobody is lost: whoever handed in nothing that can be graded gets a line that says so. Nobody is merged: two folders are two
students. Links are not followed.
"""

import hashlib
import json
import os
import re
import stat
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from instructor import class_table
from instructor.class_table import printable

from .lessons import lessons, version

LARGEST = 40 * 2**20  # bytes of a notebook or a file of answers
MOST_FILES, MOST_BYTES = 100, 20 * 2**20  # of a student's other files
DEEPEST, MOST_UNZIPPED = 12, 200 * 2**20  # folders within each other; bytes of one zip
NOTEBOOK = re.compile(r"\.ipynb(\.json|\.txt)?$", re.IGNORECASE)
QUIZ = re.compile(r"quiz.*\.(json|csv)$", re.IGNORECASE)
QUIZ_NOTEBOOK = re.compile(r"quiz\W*(copy)?\W*\d*\W*\.ipynb", re.IGNORECASE)
HANDED_IN = re.compile(r"\.(pdf|zip|rar|7z|py|html?|docx?|md)$", re.IGNORECASE)
HIDDEN = re.compile(r"\.|(__pycache__|__MACOSX)$")
COPY = re.compile(r"([ _-]*\(\d+\)|[ _-]+copy\d*)+$", re.IGNORECASE)
PEOPLE = {  # how a name is written by → the name, an id, and what follows
    "Moodle": re.compile(r"(?P<name>.+?)_(?P<id>\d+)_(?:assignsubmission|onlinetext)_?[a-z]*_?(?P<rest>.*)"),
    "Blackboard": re.compile(r".+?_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}_?(?P<rest>.*)"),
    "Canvas": re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<rest>.+)"),
    "STUDENT_NN": re.compile(r"(?P<name>.+)[ _-]+(?:lesson|lab|bài|bai)?[ _-]*(?:0\d|1[0-4])(?P<rest>(?:[ _-].*)?)"),
    "NN_STUDENT": re.compile(r"(?:lesson|lab|bài|bai)?[ _-]*(?:0\d|1[0-4])[ _-]+(?P<name>.+)(?P<rest>)", re.IGNORECASE),
}
CANVAS_NUMBERS = re.compile(r"[^_]+_(LATE_)?\d{3,}_\d{4,}_")
A_LESSON = re.compile(r"(?:lesson|lab|week|bài|bai|tuần|tuan|buổi|buoi)?[ _-]*\d{1,2}(?:[ _-].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Submission:
    """A notebook or a file of answers. folder: the student's own, or None. status: why there is nothing to grade, or ""."""

    student: str
    path: Path
    folder: Path | None
    shown: str = ""
    status: str = ""
    detail: str = ""

    @property
    def is_quiz(self) -> bool:
        return not self.status and not NOTEBOOK.search(self.path.name)

    def content(self) -> bytes:
        """Raises OSError; what is no plain file (a link that leads elsewhere), or too large, counts as one that cannot be read."""
        if not stat.S_ISREG((size := self.path.lstat()).st_mode):
            raise OSError(0, "not a plain file")
        if size.st_size > LARGEST:
            raise OSError(0, f"{size.st_size / 2**20:.0f} MB are too large")
        return self.path.read_bytes()

    def files(self) -> tuple[dict[str, bytes], list[str]]:
        """The student's other small files, which the notebook may read or import, code first; and those left out."""
        found, left_out, total = {}, [], 0
        paths = [(path, path.lstat()) for path in files_in(self.folder)] if self.folder else []
        paths = [(p, s.st_size) for p, s in paths if stat.S_ISREG(s.st_mode) and not NOTEBOOK.search(p.name)]
        for path, size in sorted(paths, key=lambda pair: (pair[0].suffix != ".py", pair[1])):
            name = os.path.relpath(path, self.path.parent if path.is_relative_to(self.path.parent) else self.folder)
            total += size
            try:
                if len(found) == MOST_FILES or total > MOST_BYTES:
                    raise OSError("too many, or too large")
                found[os.fsencode(name).decode("utf-8", "replace")] = path.read_bytes()
            except OSError:
                left_out.append(printable(name))
        return found, left_out

    def key(self, content: bytes, files: dict[str, bytes], settings: dict) -> str:
        """Names the work to do: the same key, the same result."""
        digest = hashlib.sha256(json.dumps([version(), settings, printable(self.path.name)], sort_keys=True).encode())
        for name, data in {"": content, **files}.items():
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()[:32]


def files_in(folder: Path) -> list[Path]:
    """All files and links below it but hidden ones. Raises OSError if the folder itself cannot be read."""
    os.scandir(folder).close()
    found = []
    for place, inner, names in os.walk(folder):
        deep = len(Path(place).relative_to(folder).parts) >= DEEPEST
        inner[:] = sorted(n for n in inner if not (deep or HIDDEN.match(n) or os.path.islink(os.path.join(place, n))))
        found += [Path(place, name) for name in sorted(names) if not HIDDEN.match(name)]
    return found


def find(folder: Path, listed: list | None = None, unzipped: Path | None = None) -> tuple[list[Submission], list[str]]:
    """Everything handed in, by student; and what the instructor should know of it before anything is graded.

    listed: the class's list (class_table.read_list). unzipped: a folder in which zips are opened. Raises OSError.
    """
    os.scandir(folder).close()
    told, top = [], _class_folder(folder)
    if top != folder:
        told.append(f"The students' folders are those in {printable(top.name)}.")
    entries = _entries(top)
    by_lesson = bool(entries) and all(e.is_dir() and A_LESSON.fullmatch(e.name) and _people_in(e) for e in entries)
    if by_lesson:
        told.append("The folders are lessons; the students are found in them.")
        entries = [inner for entry in entries for inner in _entries(entry)]
    flat = [e.name for e in entries if not e.is_dir()]
    found: dict[tuple, list[Submission]] = {}
    ways = Counter()
    for entry in entries:
        way, name, number, rest = _person(entry, flat)
        ways[way] += 1
        key = (name, number, str(entry) if entry.is_dir() and not by_lesson else "")  # one folder, one student
        found.setdefault(key, []).extend(_handed_in(entry, rest, folder, unzipped))
    by = ", ".join(f"{way} ({n})" for way, n in ways.items())
    told.insert(0, f"{sum(map(bool, found.values()))} students, told by: {by}")
    people = _labels(list(found), listed, told)
    result = [
        replace(s, student=people[key])
        for key, own in found.items()
        for s in own
        if s.status != "nothing-found" or all(o.status == s.status for o in own)
    ]
    graded = {submission.student for submission in result}
    for label in map(_listed_label, listed or []):
        if label not in graded:
            result.append(Submission(label, folder, None, "", "nothing-found", "nothing was handed in"))
    return sorted(result, key=lambda s: (s.student.casefold(), s.shown)), told


def _entries(folder: Path) -> list[Path]:
    """What is in a folder; nothing if it cannot be read."""
    try:
        return [e for e in sorted(folder.iterdir()) if not HIDDEN.match(e.name) and not (e.is_symlink() and e.is_dir())]
    except OSError:
        return []


def _class_folder(folder: Path) -> Path:
    """The folder itself, or the only one in it if that holds nothing but several folders: one too many was packed."""
    for _ in range(DEEPEST):
        inner = _entries(folder)
        if len(inner) != 1 or not inner[0].is_dir():
            break
        beneath = _entries(inner[0])
        folders = [e for e in beneath if e.is_dir() and not A_LESSON.fullmatch(e.name)]
        if folders not in ([], beneath) or len(_people_in(inner[0])) < 2:
            break
        folder = inner[0]
    return folder


def _people_in(folder: Path) -> set[tuple[str, str]]:
    """The students that can be told in a folder: by folders in it, or by the names of the files."""
    inner = _entries(folder)
    told = [(e, _person(e, [other.name for other in inner])) for e in inner]
    return {person[1:3] for e, person in told if e.is_dir() or person[0] != "file"}


def _person(entry: Path, names: list[str]) -> tuple[str, str, str, str]:
    """By what a student is told, the name, an id if there is one, and what else the file's name says."""
    is_folder = entry.is_dir()
    stem = printable(entry.name if is_folder else re.sub(r"(\.\w+){1,2}$", "", entry.name))
    for way, pattern in PEOPLE.items():
        match = pattern.fullmatch(COPY.sub("", stem) if way.isupper() else stem)
        if (
            match
            and (not is_folder or way in ("Moodle", "Blackboard"))
            and (way != "Canvas" or CANVAS_NUMBERS.match(stem) or all(map(pattern.match, names)))
            and (way != "NN_STUDENT" or not any(lesson.endswith(match["name"]) for lesson in lessons()))
        ):
            return way, match["name"].strip(" _-"), match.groupdict().get("id", ""), match["rest"]
    name = re.sub(r"^quiz[ _-]+|[ _-]+quiz[ _-]*$", "", stem) if QUIZ.search(entry.name) else COPY.sub("", stem)
    return "folder" if is_folder else "file", name or stem, "", stem


def _handed_in(entry: Path, rest: str, folder: Path, unzipped: Path | None) -> list[Submission]:
    """A student's notebooks and answers in a folder, a zip or a file; or one Submission that says that there is none."""

    def submission(path: Path, own: Path | None, status: str = "", detail: str = "") -> Submission:
        base = folder if path.is_relative_to(folder) else unzipped
        return Submission("", path, own, printable(path.relative_to(base).as_posix()), status, printable(detail))

    try:
        paths, own = (files_in(entry), entry) if entry.is_dir() else ([entry], None)
        found = []
        for path in paths:
            if path.suffix.lower() == ".zip" and unzipped and not path.is_symlink():
                inner = _unzip(path, unzipped)
                found += [submission(p, inner) for p in files_in(inner) if _counts(p.name)]
            elif _counts(path.name) or (own is None and QUIZ.search(rest + path.suffix)):
                found.append(submission(path, own))
    except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError) as error:
        return [submission(entry, None, "unreadable", getattr(error, "strerror", None) or str(error))]
    if not found and (own or HANDED_IN.search(entry.name)):
        held = ", ".join(sorted({path.name for path in paths})[:5]) if own else "this is no notebook"
        return [submission(entry, None, "nothing-found", held or "an empty folder")]
    return found


def _counts(name: str) -> bool:
    """The quiz's own notebook counts for nothing: its answers come in the export."""
    return bool(NOTEBOOK.search(name) and not QUIZ_NOTEBOOK.fullmatch(name) or QUIZ.search(name))


def _unzip(path: Path, place: Path) -> Path:
    """A zip's files in a folder of their own. Raises ValueErrors' kin for one that is damaged, locked or too large."""
    folder = place / hashlib.sha256(os.fsencode(path)).hexdigest()[:16] / printable(path.stem).replace("/", "_")[:60]
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if not part.is_dir() and part.filename.count("/") < DEEPEST]
        if len(parts) > 10 * MOST_FILES or sum(part.file_size for part in parts) > MOST_UNZIPPED:
            raise RuntimeError("the zip is too large")
        for part in parts:
            archive.extract(part, folder)  # leaves out "..", drives and links
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _labels(keys: list[tuple], listed: list | None, told: list[str]) -> dict[tuple, str]:
    """A name for each student that no other has."""
    labels: dict[tuple, str] = {}
    names = [name for name, _, _ in keys]
    for key in keys:
        name, number, entry = key
        label = f"{name} ({number})" if number and names.count(name) > 1 else name
        try:
            if listed is not None:
                student = class_table.Student(name, f"{name} {Path(entry).name} {number}")
                labels[key] = _listed_label(class_table.owner(student, listed))
                continue
        except ValueError as error:
            told.append(f"{label}: {error}")
        if label in labels.values():
            label = next(f"{label} [{n}]" for n in count(2) if f"{label} [{n}]" not in labels.values())
            told.append(f"Two students are called {name}: one is {label} in the tables.")
        labels[key] = label
    return labels


def _listed_label(student) -> str:
    return printable(f"{student.name} ({student.id})")
