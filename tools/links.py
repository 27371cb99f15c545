"""Links from lesson to lesson, put right for files that lie elsewhere than the built notebooks do."""

import re
from collections.abc import Callable

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
