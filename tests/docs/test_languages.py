"""Each page has a file per language, and both say the same: sections, commands, pictures, figures, links."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.support import FENCE, HEADING, PAIRS, ROOT, anchors, name, read

IN_TWO_LANGUAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "instructor/README.md", "instructor/GRADING.md", "docs/why-fit-is-fast.md",
)  # fmt: skip
LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
NUMBER = re.compile(r"\d+(?:\.\d+)*")
THOUSANDS = {"en": re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), "vi": re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")}


def sections(path: Path, language: str) -> list[dict]:
    """What must be the same in the other language, for each section of a page from its first heading on."""
    text = read(path).split("\n", 1)[1]  # without the line that leads to the other language
    kept, held = [], FENCE.sub(lambda found: f"\n\x00{found[1]}\n{found[2]}\x00\n".replace("\n#", "\n\x01#"), text)
    starts = [match.start() for match in HEADING.finditer(held)] + [len(held)]
    for start, end in zip(starts, starts[1:], strict=False):
        heading, _, body = held[start:end].partition("\n")
        kept.append(section(heading, body.replace("\x01", ""), path, language))
    return kept


def section(heading: str, body: str, path: Path, language: str) -> dict:
    words = re.sub("\x00.*?\x00", "", body, flags=re.DOTALL)
    links = LINK.findall(words)
    plain = LINK.sub(r"\2", words)
    figures = THOUSANDS[language].sub("", CODE.sub("", f"{heading}\n{plain}"))
    if language == "vi":
        figures = re.sub(r"(?<=\d),(?=\d)", ".", figures)
    return {
        "level": len(heading) - len(heading.lstrip("#")),
        "commands": [neutral(without_comments(block)) for block in re.findall("\x00(.*?)\x00", body, re.DOTALL)],
        "pictures": [re.sub(r"\.(vi|en)(?=\.png$)", "", target) for mark, _, target in links if mark],
        "links": [goal(target, path) for mark, _, target in links if not mark],
        "code": Counter(neutral(code) for code in CODE.findall(plain)),
        "figures": Counter(NUMBER.findall(figures)),
        "rows": len(re.findall(r"^\|", words, re.MULTILINE)),
        "points": len(re.findall(r"^(?:-|\d+\.) ", words, re.MULTILINE)),
    }


def neutral(text: str) -> str:
    """Without the language: notebooks/vi/… is notebooks/en/…, README.vi.md is README.md."""
    return re.sub(r"(?:\b|(?<=%2F))(vi|en)\b", "‹language›", text.replace(".vi.md", ".md"))


def without_comments(code: str) -> str:
    return "\n".join(re.sub(r"(^|\s+)#.*", "", line) for line in code.splitlines())


def goal(target: str, path: Path) -> str:
    """Where a link leads, whatever the language; a heading by its number on the page."""
    place, _, anchor = target.partition("#")
    page = path.parent / place if place else path
    if anchor and page.suffix == ".md" and page.exists():
        anchor = str(anchors(page).index(anchor))
    return neutral(f"{name(page.resolve()) if '://' not in place else place}#{anchor}")


def differences(english: Path, vietnamese: Path) -> list[str]:
    """Where the two files of a page part, one line each."""
    one, other = sections(english, "en"), sections(vietnamese, "vi")
    if [s["level"] for s in one] != [s["level"] for s in other]:
        return [f"headings: {[s['level'] for s in one]} and {[s['level'] for s in other]}"]
    return [
        f"section {number}, {part}: {a[part]} and {b[part]}"
        for number, (a, b) in enumerate(zip(one, other, strict=True), start=1)
        for part in a
        if a[part] != b[part]
    ]


def test_these_pages_are_there_in_two_languages():
    assert {name(english) for english, _ in PAIRS} >= set(IN_TWO_LANGUAGES)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name(pair[0]))
def test_both_languages_say_the_same(pair):
    assert not differences(*pair)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name(pair[0]))
def test_the_first_line_leads_to_the_other_language(pair):
    english, vietnamese = pair
    assert read(english).startswith(f"[Tiếng Việt]({vietnamese.name}) · **English**\n\n# ")
    assert read(vietnamese).startswith(f"**Tiếng Việt** · [English]({english.name})\n\n# ")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name(pair[0]))
def test_a_page_keeps_to_its_language(pair):
    """It shows the lessons in its language, and links to the pages that are there in it."""
    for path, own in zip(pair, ("en", "vi"), strict=True):
        text = read(path).split("\n", 1)[1]
        other = {"en": "vi", "vi": "en"}[own]
        for target in (target for _, _, target in LINK.findall(text) if "://" not in target):
            assert f"/{other}/" not in target, target
            page = path.parent / target.partition("#")[0]
            translated = page.with_suffix(".vi.md").exists() or page.name.endswith(".vi.md")
            assert not translated or page.name.endswith(".vi.md") == (own == "vi"), target
        if own == "en":
            assert not re.search("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", vietnamese_free(text))


def vietnamese_free(text: str) -> str:
    """A page without what an English page may quote of Vietnamese: names of files and menus, code."""
    return CODE.sub("", LINK.sub("", FENCE.sub("", text))).lower()


CHANGES = {  # of one side alone: what is changed, and what the test says of it
    "a heading of another level": ("\n### Windows\n", "\n## Windows\n", "headings"),
    "a section taken out": ("\n### uv\n", "\n", "headings"),
    "a command": ("make lab COURSE=en", "make lab COURSE=fr", "commands"),
    "a file in a command": ("-c constraints.txt -e", "-c requirements.txt -e", "commands"),
    "a command in the text": ("`make bench`", "`make measure`", "code"),
    "a figure": ("30 epochs", "31 epochs", "figures"),
    "a decimal": ("30.6 an image", "30.7 an image", "figures"),
    "a thousand": ("1,797", "1,798", "figures"),
    "a picture": ("pictures/04_loss.png", "pictures/05_training.png", "pictures"),
    "a link": ("](docs/examples/own_loss.py)", "](docs/examples/own_network.py)", "links"),
    "a row of a table": ("| labels |", "labels", "rows"),
    "a point of a list": ("- No GPU is needed.", "No GPU is needed.", "points"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_one_side_is_noticed(change, monkeypatch):
    before, after, part = CHANGES[change]
    english, vietnamese = ROOT / "README.md", ROOT / "README.vi.md"
    assert not differences(english, vietnamese)
    changed = read(english).replace(before, after, 1)
    assert changed != read(english)
    monkeypatch.setattr(
        f"{__name__}.read", lambda path: changed if path == english else path.read_text(encoding="utf-8")
    )
    found = differences(english, vietnamese)
    assert found and any(part in line for line in found), found
