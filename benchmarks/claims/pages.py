"""docs/CLAIMS.md and docs/CLAIMS.vi.md: every claim of the lessons with its figures, written from the ledger."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tools.edition import CLAIM, ROOT, make_notebook, sources

from .ledger import CLAIMS, Claim, results

TEXTS = {
    "en": {
        "title": "The claims of the lessons, measured",
        "about": "What a lesson says beyond its own cells (a cause, a ranking, a general statement) is measured by a function in "
        "[benchmarks/claims](../benchmarks/claims), for three seeds or more, and stands here with its figures. The networks "
        "are trained on 48,000 images by [one recipe](../benchmarks/claims/networks.py), so their numbers differ a little "
        "from those of the weights that lessons load. To measure one anew: `python -m benchmarks.claims NAME`. "
        "This page is written by `python -m benchmarks.claims --pages`.",
        "figures": "seed",
        "measured": "Measured on {date} with PyTorch {torch}, in {seconds} s: `python -m benchmarks.claims {name}`",
        "other": "[Tiếng Việt](CLAIMS.vi.md) · **English**",
    },
    "vi": {
        "title": "Các nhận định trong bài học, đo lại bằng code",
        "about": "Điều bài học nói mà các ô của chính nó chưa cho thấy (một nguyên nhân, một so sánh hơn kém, một nhận định chung) "
        "được một hàm trong [benchmarks/claims](../benchmarks/claims) đo với ít nhất ba seed, và được ghi ở đây cùng các con "
        "số. Các mạng được huấn luyện trên 48.000 ảnh theo [cùng một cách](../benchmarks/claims/networks.py), nên con số "
        "hơi khác so với các trọng số mà bài học nạp sẵn. Để đo lại một nhận định: `python -m benchmarks.claims NAME`. "
        "Trang này do `python -m benchmarks.claims --pages` viết ra.",
        "figures": "seed",
        "measured": "Đo ngày {date} với PyTorch {torch}, hết {seconds} giây: `python -m benchmarks.claims {name}`",
        "other": "**Tiếng Việt** · [English](CLAIMS.md)",
    },
}  # fmt: skip


def path_of(language: str) -> Path:
    return ROOT / "docs" / ("CLAIMS.md" if language == "en" else f"CLAIMS.{language}.md")


def named(language: str = "en") -> dict[str, list[str]]:
    """The claims that each lesson's source names in one language, in order: {"01": ["ae_mismatch"], …}."""
    found = {}
    for source in sources():
        text = source.read_text(encoding="utf-8")
        cells = text.split("# %%")
        own = [cell for cell in cells if f'lang="{language}"' in cell.partition("\n")[0]]
        found[source.stem[:2]] = [match["name"] for cell in own for match in CLAIM.finditer(cell)]
    return {lesson: names for lesson, names in found.items() if names}


def page(language: str, on_file: Mapping[str, dict] | None = None) -> str:
    """One language's page, in the order of the lessons."""
    on_file = results() if on_file is None else on_file
    texts, lessons = TEXTS[language], {source.stem[:2]: source for source in sources()}
    parts = [texts["other"], f"# {texts['title']}", texts["about"]]
    for number, source in lessons.items():
        entries = [entry for entry in CLAIMS.values() if entry.lesson == number and entry.name in on_file]
        if entries:
            title = make_notebook(source, language).cells[0].source.partition("\n")[0].removeprefix("# ")
            parts.append(f"## {title}")
            parts += [part for entry in entries for part in entry_parts(entry, on_file[entry.name], language)]
    return "\n\n".join(map(wrapped, parts)) + "\n"


def wrapped(part: str) -> str:
    """A paragraph in short lines; tables, headings and what already has lines stay."""
    if part.startswith("#") or "\n" in part:
        return part
    whole = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), part)  # code does not break
    return textwrap.fill(whole, 100, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def entry_parts(entry: Claim, result: dict, language: str) -> list[str]:
    """A claim under its name: the sentence, a table with a row for each seed, when and how it was measured."""
    names = list(result["rows"][0])
    rows = [
        f"| {seed} | " + " | ".join(number(row[name], language) for name in names) + " |"
        for seed, row in zip(result["seeds"], result["rows"], strict=True)
    ]
    head = [
        f"| {TEXTS[language]['figures']} | " + " | ".join(name.replace("_", " ") for name in names) + " |",
        "|" + " --- |" * (len(names) + 1),
    ]
    seconds = number(result["seconds"], language)
    note = TEXTS[language]["measured"].format(name=entry.name, **result | {"seconds": seconds})
    return [f"### {entry.name}", entry.text[language], "\n".join(head + rows), note]


def number(value: float, language: str) -> str:
    """A figure of the ledger, with the language's decimal mark."""
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "vi" else text


def write() -> None:
    """Write both pages."""
    for language in TEXTS:
        path_of(language).write_text(page(language), encoding="utf-8")
