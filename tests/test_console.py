"""Output on consoles that know few letters."""

import io
import sys
import unicodedata

import pytest

from vae_helpers._console import make_safe, say


@pytest.fixture
def console(monkeypatch):
    """stdout in an encoding; gives what was written, decoded."""

    def start(encoding, errors="strict"):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="\n"))

        def written():
            sys.stdout.flush()
            return raw.getvalue().decode(encoding)

        return written

    return start


@pytest.mark.parametrize(
    "encoding, text, expected",
    [
        ("utf-8", "đúng rồi ✅ σ²", "đúng rồi ✅ σ²"),
        ("cp1258", "Đúng, chưa đúng: mất mát ộ ữ ặ", "Đúng, chưa đúng: mất mát ộ ữ ặ"),  # in pieces
        ("cp1252", "chưa đúng ✅ ❌ «x» ⚠️", "chua dúng [v] [x] «x» (!)"),
        ("ascii", "Câu hỏi đầu tiên ✅ → σ² ≈ 1·2", "Cau hoi dau tien [v] -> sigma2 ~ 1-2"),
        ("cp932", "đã ghi → α", "da ghi → α"),
    ],
)
def test_every_letter_has_a_stand_in(console, encoding, text, expected):
    written = console(encoding)
    say(text)
    assert unicodedata.normalize("NFC", written()) == expected + "\n"


def test_every_vietnamese_letter_is_whole_in_cp1258(console):
    letters = {
        unicodedata.normalize("NFC", base + mark)
        for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
        for mark in "\u0300\u0309\u0303\u0301\u0323"
    }
    text = "".join(sorted(letters)) + "đĐ"
    assert len(text) == 2 * 12 * 5 + 2
    written = console("cp1258")
    say(text)
    assert unicodedata.normalize("NFC", written()) == text + "\n"


def test_own_choice_of_errors_is_kept(console):
    written = console("ascii", "backslashreplace")
    say("ế")
    assert written() == "\\u1ebf\n"


def test_output_that_is_no_console_is_left_alone(monkeypatch):
    """A notebook's stdout, or a test's, has nothing to set."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    make_safe()
    say("ế ✅")
    assert sys.stdout.getvalue() == "ế ✅\n"
