"""The living page: live(model) and toy() (frame.py). Its scripts and styles, and those of the course's other pages, are the files
*.js, *.css and *.html beside this one."""

import html
from functools import cache
from importlib import import_module
from importlib.resources import files

__all__ = ["live", "toy"]


def __getattr__(name):
    if name in __all__:  # when they are first asked for: they bring PyTorch and matplotlib
        return getattr(import_module(f"{__name__}.frame"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def asset(name: str) -> str:
    """The text of a file of this room, such as "quiz.css". Raises FileNotFoundError for a name that is not there."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def handler(name: str) -> str:
    """The script of a file of this room as the value of an HTML attribute such as onclick, escaped."""
    return html.escape(" ".join(line.strip() for line in asset(name).splitlines() if not line.strip().startswith("//")))


def narrow_window(address: str, text: str) -> None:
    """Show a link to the lesson's page on the web, in a window too narrow for a notebook and there alone: on a phone."""
    from IPython.display import display

    link = f'<p class="vae-narrow"><a href="{html.escape(address)}">{html.escape(text)}</a></p>'
    display({"text/html": f"<style>{asset('narrow.css')}</style>{link}", "text/plain": f"{text}: {address}"}, raw=True)
