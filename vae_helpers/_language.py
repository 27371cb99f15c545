"""The language in which checks, plots and notices speak: Vietnamese ("vi") or English ("en")."""

import os
from pathlib import PurePath

LANGUAGES = ("vi", "en")
_chosen: str | None = None
_page_was_asked = False


def set_language(code: str) -> None:
    """Choose the language of every message and label: "vi" or "en". Raises ValueError for anything else.

    Lesson 00: How a lesson works
    """
    global _chosen
    if code not in LANGUAGES:
        raise ValueError(f"set_language(code): got {code!r}, expected one of {', '.join(map(repr, LANGUAGES))}.")
    _chosen = code


def language() -> str:
    """The language chosen with set_language, or else the language of the open lesson (see _detect).

    Lesson 00: How a lesson works
    """
    return _chosen or _detect()


def tr(vi: str, en: str) -> str:
    """The text in the current language. Lessons use it for labels: tr("Ảnh gốc", "Original").

    Lesson 00: How a lesson works
    """
    return vi if language() == "vi" else en


def _detect() -> str:
    """The lesson's language, read from where the lesson lies: notebooks/vi/… or notebooks/en/….

    Jupyter starts a lesson in its own folder, and names the notebook's path in JPY_SESSION_NAME.
    VAE_LANGUAGE overrides both. Vietnamese is the course's first language, and so the default.
    """
    places = (os.environ.get("VAE_LANGUAGE", ""), os.environ.get("JPY_SESSION_NAME", ""), os.getcwd())
    for place in places:
        for part in reversed(PurePath(place).parts):
            if part in LANGUAGES:
                return part
    return _colab_language() or "vi"


def _colab_language() -> str | None:
    """On Colab a lesson has no folder of its own: ask the page for the notebook, whose metadata names its language."""
    global _chosen, _page_was_asked
    if _page_was_asked or "COLAB_RELEASE_TAG" not in os.environ:
        return None
    _page_was_asked = True  # once, whatever comes of it: every later label would wait for the page again
    try:
        from google.colab import _message

        notebook = _message.blocking_request("get_ipynb", timeout_sec=5)["ipynb"]
        code = notebook["metadata"].get("vae_language")
    except Exception:  # an interface that Google does not promise: without it the default language serves
        return None
    if code in LANGUAGES:
        _chosen = code
        return code
    return None
