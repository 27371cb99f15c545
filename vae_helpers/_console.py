"""Output that never dies of the console's code page: what it cannot show is written as well as it can be.

A Windows console may know cp1252 or cp1258 only, where print() of "đúng ✅" raises UnicodeEncodeError.
"""

import codecs
import sys
import unicodedata
from functools import partial

_SIGNS = {
    "✅": "[v]", "❌": "[x]", "✓": "v", "✗": "x", "⚠": "(!)", "⏳": "...", "•": "*", "·": "-", "→": "->", "←": "<-", "−": "-",
    "–": "-", "—": "-", "«": '"', "»": '"', "≈": "~", "∼": "~", "≤": "<=", "≥": ">=", "×": "x", "…": "...", "đ": "d", "Đ": "D",
    "\ufe0f": "", "\u202f": " ",
}  # fmt: skip


def make_safe() -> None:
    """Let stdout and stderr write a stand-in for what they cannot encode, where they would raise an error now."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            name = f"vae_helpers.plainer.{stream.encoding}"  # a handler is not told the name of a code page
            codecs.register_error(name, partial(_plainer, stream.encoding))
            stream.reconfigure(errors=name)


def say(text: str) -> None:
    """print(text), on any console."""
    make_safe()
    print(text)


def _plainer(encoding: str, error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    return "".join(_plain(character, encoding) for character in part), error.end


def _plain(character: str, encoding: str) -> str:
    """The character in other ones that encoding has: taken apart (ế is ê and an accent in cp1258), else without its marks."""
    base, *marks = list(unicodedata.normalize("NFD", character))
    for mark in tuple(marks):
        whole = unicodedata.normalize("NFC", base + mark)
        if len(whole) == 1 and _has(encoding, whole):
            base = whole
            marks.remove(mark)
    if _has(encoding, base):
        return base + "".join(mark for mark in marks if _has(encoding, mark))
    name = unicodedata.name(base, "")
    greek = name.split()[-1].lower() if name.startswith("GREEK") else None
    for plainer in (_SIGNS.get(base), unicodedata.normalize("NFKD", base), greek):
        if plainer is not None and _has(encoding, plainer):
            return plainer
    return "?"


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
