"""The Vietnamese terms: one for each English one, the English in brackets where a lesson first uses it, one spelling."""

import csv
import re
from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SOURCES = sorted((NOTEBOOKS / "src").glob("*.py"))
with open(NOTEBOOKS / "glossary.csv", encoding="utf-8", newline="") as file:
    TERMS = list(csv.DictReader(file))

OLD_SPELLING = re.compile(r"\b\w*(?:oá|oà|oả|oã|oạ|uý|uỳ|uỷ|uỹ|uỵ|oé|oè|oẻ|oẽ|oẹ)\b")  # hoá for hóa; not toán, hoàn


def vietnamese_text(source):
    cells = jupytext.read(source, fmt="py:percent").cells
    text = "\n".join(cell.source for cell in cells if cell.metadata.get("lang") == "vi")
    text = re.sub(
        r"^#+ .*$|\[[^]]*\]\([^)]*\)", "", text, flags=re.MULTILINE
    )  # headings and links name things in short
    return re.sub(r"\*{1,2}", "", re.sub(r"\s+", " ", text))


def problems(text):
    text = text.replace("bình phương sai số", "#" * 18)  # squared error; holds «phương sai» by chance
    others = text
    for term in TERMS:
        others = re.sub(term["vi"], "#", others, flags=re.IGNORECASE)  # «độ phân kỳ KL» contains «phân kỳ KL»
    for term in TERMS:
        for other in filter(None, term["avoid"].split(";")):
            if re.search(rf"\b{other}\b", others, re.IGNORECASE):
                yield f"«{other}»: write «{term['vi']}»"
        longer = [t["vi"] for t in TERMS if t["vi"] != term["vi"] and term["vi"] in t["vi"]]
        rest = text
        for phrase in longer:  # «tích chập chuyển vị» is no first use of «tích chập»
            rest = re.sub(phrase, lambda match: "#" * len(match.group()), rest, flags=re.IGNORECASE)
        first = re.search(rf"\b{term['vi']}\b", rest, re.IGNORECASE)
        if first and term["en"].lower() not in rest[: first.end() + len(term["en"]) + 24].lower():
            yield f"«{term['vi']}» is first used without ({term['en']}): …{rest[first.start() - 30 : first.end() + 30]}…"
    for word in OLD_SPELLING.findall(text):
        yield f"«{word}»: put the tone mark on the first vowel, as in «hóa»"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_keeps_to_the_glossary(source):
    assert not list(problems(vietnamese_text(source)))


@pytest.mark.parametrize(
    "text, told",
    [
        ("Không gian ẩn (latent space) là…", "không gian tiềm ẩn"),
        ("Không gian tiềm ẩn là nơi mã nằm.", "without (latent space)"),
        ("tái tham số hoá (reparameterization)", "hoá"),
    ],
)
def test_slips_are_noticed(text, told):
    assert any(told in problem for problem in problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "tổng bình phương sai số",
        "**Không gian tiềm ẩn** (latent space): …",
        "phép toán khoảng",
        "tích chập chuyển vị (transposed convolution)",
    ],
)
def test_good_text_is_left_alone(text):
    assert not list(problems(text.replace("*", "")))
