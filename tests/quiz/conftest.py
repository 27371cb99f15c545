"""A small bank in place of the course's."""

import pytest

from .support import use_small_bank


@pytest.fixture
def bank(tmp_path, monkeypatch):
    return use_small_bank(tmp_path, monkeypatch)
