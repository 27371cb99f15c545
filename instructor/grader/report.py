"""Tables and feedback pages. Everything that a student wrote is escaped: in cells for spreadsheets, in pages for HTML."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import jinja2
from markupsafe import Markup

from instructor.class_table import harmless, printable, write_table
from vae_helpers._files import write_whole

STATUS = {
    "ok": ("đã chấm", "graded"),
    "timeout": ("quá thời gian cho phép", "it took too long"),
    "memory": ("dùng quá nhiều bộ nhớ", "it used too much memory"),
    "processes": ("mở quá nhiều tiến trình", "it started too many processes"),
    "output": ("in ra quá nhiều", "it printed too much"),
    "crashed": ("chương trình dừng đột ngột", "its process ended too early"),
    "not-json": ("tệp bị hỏng, không đọc được", "the file is damaged and cannot be read"),
    "not-notebook": ("tệp không phải là notebook", "the file is not a notebook"),
    "too-large": ("tệp quá lớn", "the file is too large"),
    "no-kernel": ("notebook không dùng kernel Python", "the notebook does not use a Python kernel"),
    "unknown-lesson": ("không nhận ra đây là bài nào", "it cannot be told which lesson this is"),
    "bad-quiz": ("không đọc được tệp câu trả lời", "the file of answers cannot be read"),
    "nothing-found": ("không có gì để chấm", "there is nothing to grade"),
    "unreadable": ("không mở được tệp", "the file cannot be opened"),
    "grader-error": ("chưa chấm được, lỗi không phải của bạn", "not graded yet, through no fault of yours"),
}
VERDICT = {
    "right": ("✅ đúng", "✅ right"),
    "wrong": ("❌ chưa đúng", "❌ not right yet"),
    "todo": ("⏳ chưa làm", "⏳ not done"),
    "missing": ("⏳ không tìm thấy hàm này", "⏳ there is no such function"),
    "stopped": ("⛔ không chạy xong", "⛔ it did not finish"),
}
TOLD = {  # the notes that a student reads too
    "cuda": ("Máy chấm không có GPU: code của bạn đã chạy trên CPU", "The grader has no GPU: your code ran on the CPU"),
    "overwritten": ("Về sau tên này không còn là hàm nữa, nên hàm trước đó được chấm", "Further down this name is no function any more; the function of before was graded"),
    "left out": ("Những tệp không được gửi kèm khi chấm, vì quá lớn hoặc quá nhiều", "Files that were not sent along, because they are too large or too many"),
}  # fmt: skip
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    finalize=lambda value: value if isinstance(value, Markup) else printable(str(value)),
)


def row(student: str, file: str, result: dict) -> dict:
    """One line of the table for a notebook or a quiz."""
    exercises = result.get("exercises", [])
    failed = "; ".join(f"cell {cell}: {name}" for cell, name, _ in result.get("errors", [])[:5])
    told = [f"{e['function']}: {e['status']}" + (f" ({e['mistake']})" if e["mistake"] else "") for e in exercises]
    return {
        "student": student,
        "file": file,
        **{name: result[name] for name in ("lesson", "language", "status")},
        "right": result.get("right", sum(e["status"] == "right" for e in exercises)),
        "total": result.get("total", len(exercises)),
        "exercises": "; ".join(told),
        "detail": result["detail"] or failed,
        "notes": "; ".join(result.get("notes", [])),
        "seconds": result.get("seconds", ""),
    }


def write_tables(path: Path, rows: list[dict], lessons: list[str], separator: str = ",") -> Path:
    """path: one row per notebook and quiz. Beside it one row per student, with the best result in each lesson."""
    totals: dict[str, dict] = {}
    for line in rows:
        total = totals.setdefault(line["student"], {"student": line["student"], "problems": 0})
        total["problems"] += line["status"] != "ok"
        if line["lesson"]:
            total[line["lesson"]] = max(total.get(line["lesson"], 0), line["right"])
    for total in totals.values():
        total["right"] = sum(total.get(lesson, 0) for lesson in lessons)
    students = path.with_name(f"{path.stem}-students.csv")
    columns = ["student", "right", "problems", *lessons, "quiz"]
    for place, lines, names in ((path, rows, list(rows[0])), (students, totals.values(), columns)):
        safe = [{n: harmless(printable(v)) if isinstance(v, str) else v for n, v in line.items()} for line in lines]
        write_table(place, safe, names, separator)
    return students


def write_summary(path: Path, results: list[dict], separator: str = ",") -> Path:
    """One row per exercise, those that fail most first: how many are right, wrong …, and the mistakes seen most often."""
    seen: dict[tuple, list[dict]] = {}
    for result in results:
        for exercise in result.get("exercises", []):
            seen.setdefault((result["lesson"], exercise["function"]), []).append(exercise)
    rows = []
    for (lesson, function), answers in seen.items():
        status = Counter(answer["status"] for answer in answers)
        mistakes = Counter(answer["mistake"] for answer in answers if answer["mistake"]).most_common(3)
        told = "; ".join(f"{name}: {n}" for name, n in mistakes)
        rows.append({"lesson": lesson, "exercise": function, **{s: status[s] for s in VERDICT}, "mistakes": told})
    rows.sort(key=lambda row: (row["right"] / sum(row[s] for s in VERDICT), row["lesson"], row["exercise"]))
    place = path.with_name(f"{path.stem}-exercises.csv")
    write_table(place, rows, ["lesson", "exercise", *VERDICT, "mistakes"], separator)
    return place


def flag_copies(results: list[tuple[str, str, dict]]) -> None:
    """Note it where two students' notebooks hold the same code. results: (student, file, result)."""
    owners: dict[str, list[str]] = {}
    for student, _, result in results:
        if any(e["status"] == "right" for e in result.get("exercises", [])):
            owners.setdefault(result.get("code", ""), []).append(student)
    for student, _, result in results:
        others = [o for o in dict.fromkeys(owners.get(result.get("code"), [])) if o != student]
        if others and student in owners[result["code"]]:
            result["notes"] = [*result["notes"], f"same code as {', '.join(others[:5])}"]


def write_pages(folder: Path, results: list[tuple[str, str, dict]]) -> None:
    """One page per student. results: (student, file, result)."""
    folder.mkdir(exist_ok=True)
    for student in dict.fromkeys(student for student, _, _ in results):
        own = [(file, result) for name, file, result in results if name == student]
        languages = [result["language"] for _, result in own if result["language"]]
        english = languages.count("en") > len(languages) / 2
        write_whole(folder / page_name(student), page(student, own, english))


def page_name(student: str) -> str:
    """A file name that keeps the letters of the name, and that no other student has."""
    readable = re.sub(r"[^\w-]+", "_", student)[:60].encode()[:150].decode(errors="ignore")
    return f"{readable}-{hashlib.sha256(student.encode()).hexdigest()[:20]}.html"


def page(student: str, results: list[tuple[str, dict]], english: bool) -> str:
    return PAGES.get_template("feedback.html.j2").render(
        student=student, results=[(file, row(student, file, result), result) for file, result in results],
        tr=lambda vi, en: en if english else vi, status=STATUS, verdict=VERDICT, told=TOLD,
    )  # fmt: skip
