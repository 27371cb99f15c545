"""A widget that is never just an error: what stands for it where no kernel runs, and a word when it has fallen asleep.

A notebook that was saved, closed and opened again holds the number of a widget that no longer exists, and JupyterLab shows
"Error displaying widget: model not found" even where the same output holds a picture. So a widget gives two outputs: its
live view, and after it a still one, which resting.css hides as long as the live one is there.
"""

import base64
import html

from IPython.display import display

from . import asset

VIEW = "application/vnd.jupyter.widget-view+json"
LINES = {
    "vi": "Phần tương tác này đang tạm nghỉ. Hãy chạy ô này (Shift+Enter) để nó hoạt động trở lại; nếu kernel vừa khởi động lại thì chạy các ô phía trên trước.",
    "en": "This is asleep. Run this cell (Shift+Enter) to bring it to life; after a restart run the cells above it first.",
}


class Resting:
    """For a widget class, before its ipywidgets base: class Map(Resting, ipywidgets.VBox).

    The class gives at_rest(), and may set language ("vi" or "en"; None: the lesson's), and alive = True where what
    stands for it answers by itself and need not be woken.
    """

    language: str | None = None
    alive = False

    def at_rest(self) -> dict[str, str]:
        """{"text/html": …, "text/plain": …}: what is seen without a kernel. still_picture makes it from a PNG."""
        raise NotImplementedError

    def _ipython_display_(self, **keywords) -> None:
        rest = self.at_rest()
        show_with_rest(self, rest, self.language, self.alive)


def show_with_rest(widget, rest: dict[str, str], language: str | None = None, alive: bool = False) -> None:
    """Display a widget and, unseen while it lives, what stands for it: rest, {"text/html": …, "text/plain": …}.

    language: of the line that tells how to wake it, "vi" or "en"; None: the lesson's. alive: no such line.
    """
    if language is None:
        from .._language import language as lessons_language

        language = lessons_language()
    for name in ("vae-live", f"vae-live-{language}"):
        widget.add_class(name)
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({VIEW: view, "text/html": ""}, raw=True)
    display({**rest, "text/html": resting_html(rest["text/html"], language, alive)}, raw=True)


def resting_html(content: str, language: str, alive: bool = False) -> str:
    """The still output: a line that says how to wake the widget, unless it is alive, and content (HTML)."""
    asleep = (f'.vae-live-{code}.jupyter-widgets-disconnected::before {{ content: "{LINES[code]}" }}' for code in LINES)
    style = "\n".join((asset("resting.css"), *asleep))
    line = "" if alive else f'<p class="vae-rest-line">{LINES[language]}</p>'
    return f'<style>{style}</style><div class="vae-rest">{line}{content}</div>'


def still_picture(png: bytes, alt: str) -> dict[str, str]:
    """A PNG as what Resting.at_rest returns. alt: what the picture shows, in words."""
    data = base64.b64encode(png).decode()
    return {
        "text/html": f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">',
        "text/plain": f"[{alt}]",
    }
