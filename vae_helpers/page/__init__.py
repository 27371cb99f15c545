"""The scripts and styles of the course's pages, kept as files beside this one: *.js, *.css."""

import html
from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """The text of a file of this room, such as "quiz.css". Raises FileNotFoundError for a name that is not there."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def handler(name: str) -> str:
    """The script of a file of this room as the value of an HTML attribute such as onclick, escaped."""
    return html.escape(" ".join(line.strip() for line in asset(name).splitlines() if not line.strip().startswith("//")))
