"""The Markdown pages of the repository that stand in the site, and where every file of the repository is found there."""

import posixpath

from tools.edition import ROOT, SOURCES
from tools.one_language import LANGUAGES

GUIDES = {  # page of the site → file of the repository, without its ending
    "readme": "README", "why-fit-is-fast": "docs/why-fit-is-fast", "claims": "docs/CLAIMS", "instructor": "instructor/README",
    "grading": "instructor/GRADING", "contributing": "CONTRIBUTING", "changelog": "CHANGELOG",
}  # fmt: skip
ENDING = {"vi": ".vi.md", "en": ".md"}


def guide_path(page: str, language: str) -> str:
    """The repository's path of a guide in a language."""
    return GUIDES[page] + ENDING[language]


def guide(page: str, language: str) -> str:
    """A guide's Markdown without the line that leads to the other language: the site has its own."""
    text = (ROOT / guide_path(page, language)).read_text(encoding="utf-8")
    first, _, rest = text.partition("\n\n")
    return rest if first.startswith(("[Tiếng Việt]", "**Tiếng Việt**")) else text


def places() -> dict[str, str]:
    """The repository's path → the page of the site, from the site's root."""
    found = {}
    for language in LANGUAGES:
        for page in GUIDES:
            found[guide_path(page, language)] = f"{language}/{page}.html"
        for source in SOURCES.glob("[0-9][0-9]_*.py"):
            found[f"notebooks/{language}/{source.stem}.ipynb"] = f"{language}/{source.stem}.html"
        found[f"quiz/{language}/quiz.ipynb"] = f"{language}/quiz.html"
    return found


def resolve(link: str, here: str, language: str, known: dict[str, str], repository: str) -> str | None:
    """A link of a file of the repository, for the site; None where neither the site nor a repository on the web has it.

    here: the repository's path of the file; known: places() that the site has; repository: its address, or "".
    """
    if link.startswith(("#", "mailto:")) or "://" in link:
        return link
    path, mark, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
    if target in known:
        return posixpath.relpath(known[target], language) + mark + anchor
    return f"{repository}/blob/main/{target}{mark}{anchor}" if repository else None
