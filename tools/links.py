"""Links in lessons: the way through the course, to the claims ledger, and from lesson to lesson, put right for files that
lie elsewhere than the built notebooks do."""

import os.path
import re
from collections.abc import Callable, Sequence
from pathlib import Path

LINK = re.compile(
    r"\[(?P<text>[^\]]*)\]"
    r"\((?:\.\./)*(?:(?:notebooks|quiz)/)?(?:(?P<language>vi|en)/)?(?P<name>\w+)\.ipynb(?P<anchor>#[^)\s]*)?\)"
)
Rewrite = Callable[[str, str, str, str], str]  # text, language, name, "#anchor" or "" → Markdown


def relink(markdown: str, language: str, rewrite: Rewrite) -> str:
    """Every link to a notebook as rewrite gives it; a link without a language leads to the lesson's own."""
    return LINK.sub(
        lambda link: rewrite(link["text"], link["language"] or language, link["name"], link["anchor"] or ""), markdown
    )


MAP, QUIZ = {"vi": "Mục lục", "en": "Map"}, {"vi": "Trắc nghiệm", "en": "Quiz"}


def way(here: Path, stations: Sequence[tuple[Path, str]], language: str) -> str:
    """One line: which lesson of how many this is, then the one before, the map (the first), the next, and the quiz (the last).

    here: the built notebook; stations: (built notebook, title) of every lesson in order, the quiz at the end.
    """
    paths = [path for path, _ in stations]
    at, last = (paths.index(here) if here in paths else None), len(stations) - 1

    def link(number: int, text: str) -> str:
        return f"[{text}]({Path(os.path.relpath(paths[number], here.parent)).as_posix()})"

    parts = []
    if at is not None and at < last:
        parts.append(f"{at + 1}/{last}")
    if at:
        parts.append(link(at - 1, f"← {stations[at - 1][1]}"))
    if at not in (0, 1) and stations:
        parts.append(link(0, MAP[language]))
    if at is not None and at < last - 1:
        parts.append(link(at + 1, f"{stations[at + 1][1]} →"))
    if at != last and stations:
        parts.append(link(last, QUIZ[language]))
    return " · ".join(parts)


CLAIM = re.compile(r"\s*<!-- claim: (?P<name>\w+) -->")
LEDGER = {"vi": ("đã đo", "docs/CLAIMS.vi.md"), "en": ("measured", "docs/CLAIMS.md")}
DOCS_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?:\.\./)+(?P<path>docs/[\w.-]+\.md(?:#[\w-]+)?)\)")


def claim_link(claim: re.Match, language: str) -> str:
    """What a lesson shows for <!-- claim: NAME -->: a small link to the claim's entry in the ledger's page."""
    text, page = LEDGER[language]
    return f" <sup>[{text}](../../{page}#{claim['name'].lower()})</sup>"


def ledger_online(markdown: str, repository: str) -> str:
    """The links to the ledger and to other pages of docs, for a file that lies outside the repository: to their address on
    the web, or none without one."""
    address = rf"[\g<text>]({repository}/blob/main/\g<path>)" if repository else r"\g<text>"
    return DOCS_LINK.sub(address, markdown)
