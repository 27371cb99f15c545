import pytest

from tests.tools import support


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The tiny lesson's source, in a room of its own."""
    support.own_room(tmp_path, monkeypatch)
    return support.write_source(tmp_path)


@pytest.fixture
def built(source):
    """The tiny lesson, with outputs in both languages."""
    for language in ("vi", "en"):
        support.as_if_built(source, language)
    return source
