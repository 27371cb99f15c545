"""The file of answers: it outlives kernels, is shared by notebooks, and no mishap with it costs an answer."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from .._files import write_whole
from .bank import LETTERS


class AnswerFile:
    """Answers by question id, in memory and in a file.

    A record holds chosen and first (letters of the bank), attempts, time (of the last change, UTC), and draft: a letter
    that is not handed in yet. notices: what went wrong with the file, for whoever speaks with the student next.
    """

    def __init__(self, path: Path, tr: Callable[[str, str], str]):
        self.path, self.tr = path, tr
        self.notices: list[str] = []
        self.may_write, self._told = True, False
        self.records: dict[str, dict] = {}
        self.refresh()

    def enter(self, question_id: str, letter: str) -> None:
        """Hand an answer in. The first answer stays the first, whichever notebook gave it."""
        self.refresh()
        record = self.records.get(question_id, {})
        first, attempts = record.get("first", letter), record.get("attempts", 0) + 1
        self._change(question_id, {"chosen": letter, "first": first, "attempts": attempts})

    def note(self, question_id: str, letter: str) -> None:
        """Keep an answer that is not handed in yet; what was handed in before stays as it is."""
        self.refresh()
        record = self.records.get(question_id, {"attempts": 0})
        self._change(question_id, {**record, "draft": letter})

    def refresh(self) -> None:
        """Take in what other notebooks have saved meanwhile: of two records the one with more attempts, or the later."""
        was_there = self.path.exists()
        for question_id, other in (self._read() if self.may_write else {}).items():
            own = self.records.get(question_id)
            if own is None or (own["attempts"], own["time"]) < (other["attempts"], other["time"]):
                self.records[question_id] = other
        if was_there and self.records and not self.path.exists():  # it was damaged and is set aside
            self._write()

    def _change(self, question_id: str, record: dict) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        self.records[question_id] = {**record, "time": now}
        self._write()

    def _read(self) -> dict[str, dict]:
        try:
            if self.path.exists() and not self.path.is_file():  # a pipe: reading would wait for ever
                raise OSError(0, self.tr("không phải tệp thường", "not a plain file"))
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._cannot_save(error)
            self.may_write = False  # what cannot be read must not be overwritten either
            return {}
        try:
            records = json.loads(text.decode("utf-8-sig"))["answers"]  # an editor may have put a mark in front
            good = {name: record for name, record in records.items() if name.isprintable() and _is_record(record)}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            records, good = None, {}
        if records is None or len(good) < len(records):
            self._set_aside(good)
        return good

    def _set_aside(self, good: dict[str, dict]) -> None:
        """Rename a damaged file, so that no one's answers are overwritten; go on with the records that are whole."""
        number = 1
        while (target := self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")).exists():
            number += 1
        try:
            os.rename(self.path, target)
        except OSError as error:
            self._cannot_save(error)
            self.may_write = False
            return
        kept = self.tr(f" {len(good)} câu trả lời còn đọc được đã giữ lại.", f" {len(good)} whole answers were kept.")
        self.notices.append(
            self.tr(
                f"⚠️ Tệp {self.path.name} bị hỏng. Nó được đổi tên thành {target.name}; từ nay câu trả lời được ghi vào tệp mới.",
                f"⚠️ The file {self.path.name} is damaged. It is now called {target.name}; answers go into a new file from here on.",
            )
            + (kept if good else "")
        )

    def _write(self) -> None:
        if not self.may_write:
            return
        try:
            write_whole(self.path, json.dumps({"version": 1, "answers": self.records}, ensure_ascii=False, indent=1))
        except OSError as error:
            self._cannot_save(error)

    def _cannot_save(self, error: OSError) -> None:
        if not self._told:
            reason = error.strerror or type(error).__name__
            self.notices.append(
                self.tr(
                    f"⚠️ Không đọc hoặc ghi được {self.path.name} ({reason}). Bạn vẫn làm tiếp được, nhưng câu trả lời chỉ nằm trong bộ nhớ và sẽ mất khi kernel dừng.",
                    f"⚠️ {self.path.name} cannot be read or written ({reason}). You can go on, but your answers are only in memory and will be lost when the kernel stops.",
                )
            )
        self._told = True


def _is_record(record) -> bool:
    if not isinstance(record, dict) or not {"attempts", "time"} <= record.keys():
        return False
    letters = [record[name] for name in ("chosen", "first", "draft") if name in record]
    return (
        bool(letters)
        and all(letter in LETTERS for letter in letters)
        and ("chosen" in record) == ("first" in record)
        and isinstance(record["attempts"], int)
        and isinstance(record["time"], str)
        and record["time"].isprintable()
    )
