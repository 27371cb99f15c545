"""The Vietnamese terms: one for each English one, the English in brackets where a lesson first uses it, one spelling.

The columns of notebooks/glossary.csv: vi, en; running, the form or forms of running text once a term has been introduced; gloss,
the last lesson in which the English must stand in brackets (nothing: in every lesson; never: in none); once, a name
that other books use, to be mentioned once at most; avoid, words that are not ours.
"""

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
        r"^#+ .*$|\[[^]]*\]\([^)]*\)|<!--.*?-->", "", text, flags=re.MULTILINE
    )  # headings and links name things in short
    return re.sub(r"\*{1,2}", "", re.sub(r"\s+", " ", text))


def problems(text, lesson="00"):
    others = text
    for term in sorted(TERMS, key=lambda term: -len(term["vi"])):
        others = re.sub(rf"\b{term['vi']}\b", "#", others, flags=re.IGNORECASE)  # «độ phân kỳ KL» contains «phân kỳ KL»
    for term in TERMS:
        for other in filter(None, term["avoid"].split(";")):
            if re.search(rf"\b{other}\b", others, re.IGNORECASE):
                yield f"«{other}»: write «{(term['running'] or term['vi']).split(';')[-1]}»"
        if term["once"] and len(re.findall(rf"\b{term['once']}\b", others, re.IGNORECASE)) > 1:
            yield f"«{term['once']}»: mention it once, then write «{term['vi']}»"
        yield from form_problems(term, text, lesson)
    for word in OLD_SPELLING.findall(text):
        yield f"«{word}»: put the tone mark on the first vowel, as in «hóa»"


def form_problems(term, text, lesson):
    """A first use without its English, and a long form where the running one belongs."""
    rest = text
    for other in TERMS:  # «tích chập chuyển vị» is no first use of «tích chập»
        if other is not term and re.search(rf"\b{term['vi']}\b", other["vi"]):
            rest = re.sub(other["vi"], lambda match: "#" * len(match.group()), rest, flags=re.IGNORECASE)
    long = list(re.finditer(rf"\b{term['vi']}\b", rest, re.IGNORECASE))
    if not long:
        return
    start, end = long[0].span()
    glossed = term["gloss"] != "never" and lesson <= (term["gloss"] or "99")
    if glossed and term["en"].lower() not in rest[: end + len(term["en"]) + 24].lower():
        yield f"«{term['vi']}» is first used without ({term['en']}): …{rest[max(0, start - 30) : end + 30]}…"
    running = term["running"] if term["vi"] not in term["running"].split(";") else ""
    if running and len(long) > 1 + len(re.findall(rf"\b{running}\b", rest, re.IGNORECASE)):
        yield f"«{term['vi']}» {len(long)} times: after its first use write «{running}»"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_keeps_to_the_glossary(source):
    assert not list(problems(vietnamese_text(source), source.stem[:2]))


def test_the_table_is_whole():
    assert len({term["vi"] for term in TERMS}) == len(TERMS)
    for term in TERMS:
        assert term["en"] and re.fullmatch(r"\d\d|never|", term["gloss"]), term
        assert None not in term and None not in term.values(), term  # as many fields as the head names


@pytest.mark.parametrize(
    "text, told",
    [
        ("Không gian tiềm tàng (latent space) là…", "không gian tiềm ẩn"),
        ("Không gian tiềm ẩn (latent space), hay không gian ẩn; không gian ẩn ấy", "mention it once"),
        ("Không gian tiềm ẩn là nơi mã nằm.", "without (latent space)"),
        ("Bộ mã hóa (encoder) nén. Bộ mã hóa nhỏ, bộ mã hóa lớn.", "after its first use write «encoder»"),
        ("Ô kiểm tra báo sai.", "ô chấm"),
        ("tái tham số hoá (reparameterization)", "hoá"),
        ("phương sai là gì", "without (variance)"),
    ],
)
def test_slips_are_noticed(text, told):
    assert any(told in problem for problem in problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "tổng bình phương sai số",
        "**Không gian tiềm ẩn** (latent space; nhiều tài liệu gọi là *không gian ẩn*): …",
        "Bộ mã hóa (encoder) nén, encoder nhỏ; bộ mã hóa và encoder.",
        "phép toán khoảng",
        "tích chập chuyển vị (transposed convolution)",
    ],
)
def test_good_text_is_left_alone(text):
    assert not list(problems(text.replace("*", "")))


def test_basic_statistics_need_no_gloss_after_lesson_02():
    text = "phương sai, độ lệch chuẩn, hàm mất mát, kiểm định, tích chập"
    assert not list(problems(text, "03"))
    assert len(list(problems(text, "02"))) == 5
