"""The language follows the lesson's folder, and importing the package is cheap."""

import json
import subprocess
import sys
import types

import pytest

import vae_helpers
from vae_helpers import _language, tr


def test_tr_follows_set_language():
    vae_helpers.set_language("vi")
    assert tr("ảnh", "image") == "ảnh"
    vae_helpers.set_language("en")
    assert tr("ảnh", "image") == "image"


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="got 'fr', expected one of 'vi', 'en'"):
        vae_helpers.set_language("fr")


def test_default_is_the_lessons_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(_language, "_chosen", None)
    for name in ("VAE_LANGUAGE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert vae_helpers.language() == "vi"
    (tmp_path / "notebooks" / "en").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "en")
    assert vae_helpers.language() == "en"
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/vi/05_training.ipynb")
    assert vae_helpers.language() == "vi"
    monkeypatch.setenv("VAE_LANGUAGE", "en")
    assert vae_helpers.language() == "en"


@pytest.mark.parametrize("answer, expected", [("en", "en"), ("vi", "vi"), (None, "vi"), ("fr", "vi"), (OSError, "vi")])
def test_colab_asks_the_page_once_whatever_it_answers(monkeypatch, tmp_path, answer, expected):
    """A notebook of one's own there has no vae_language: every label would wait five seconds for the page again."""
    asked = []

    def blocking_request(request, timeout_sec):
        asked.append((request, timeout_sec))
        if answer is OSError:
            raise OSError("no page")
        return {"ipynb": {"metadata": {} if answer is None else {"vae_language": answer}}}

    message = types.SimpleNamespace(blocking_request=blocking_request)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(_message=message))
    for name in ("VAE_LANGUAGE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_language, "_chosen", None)
    monkeypatch.setattr(_language, "_page_was_asked", False)
    assert [vae_helpers.language() for _ in range(3)] == [expected] * 3
    assert tr("ảnh", "image") == {"vi": "ảnh", "en": "image"}[expected]
    assert asked == [("get_ipynb", 5)]
    vae_helpers.set_language("en")
    assert vae_helpers.language() == "en"


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_brings_nothing_heavy():
    code = "import vae_helpers, sys; print([m for m in ('torch', 'torchvision', 'matplotlib') if m in sys.modules])"
    assert python(code) == "[]"


ROOMS = (
    "data",
    "losses",
    "metrics",
    "models",
    "training",
    "plots",
    "diagrams",
    "checks",
    "quiz",
    "widgets",
    "_figure",
    "_files",
    "_inference",
)
# One process for all, since PyTorch takes seconds to come in: the course is forgotten before each room.
IMPORT_EACH_ALONE = """
import importlib, json, sys
found = {}
for room in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "vae_helpers"]:
        del sys.modules[name]
    try:
        importlib.import_module(f"vae_helpers.{room}")
        found[room] = "ok"
    except Exception as error:
        found[room] = repr(error)
print(json.dumps(found))
"""


def test_each_room_imports_alone():
    command = [sys.executable, "-c", IMPORT_EACH_ALONE, *ROOMS, "no_such_room"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert "ModuleNotFoundError" in found.pop("no_such_room")
    assert found == dict.fromkeys(ROOMS, "ok")


def test_unknown_room_is_an_attribute_error():
    with pytest.raises(AttributeError, match="kitchen"):
        vae_helpers.kitchen  # noqa: B018
