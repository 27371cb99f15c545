"""History: rows and columns."""

import math

import pytest

from vae_helpers.training import History


@pytest.fixture
def history():
    return History([{"epoch": 1, "loss": 3.0}, {"epoch": 2, "loss": 2.0, "val_loss": 2.5}])


def test_history_has_no_unknown_column():
    with pytest.raises(KeyError, match="no column 'mse'"):
        History()["mse"]


def test_iterating_gives_the_rows(history):
    assert [row["loss"] for row in history] == [3.0, 2.0]
    assert list(history) == history.rows and len(list(history)) == len(history) == 2
    assert list(History()) == []


def test_in_asks_for_a_column(history):
    assert "loss" in history and "val_kl" in history and "mse" not in history


def test_a_number_gives_a_row(history):
    assert history[-1] is history.rows[-1] and history[0]["epoch"] == 1
    with pytest.raises(IndexError):
        history[2]


def test_what_was_not_measured_is_nan(history):
    assert math.isnan(history["val_loss"][0]) and history["val_loss"][1] == 2.5 and math.isnan(history["seconds"][0])
    assert "val_loss" in repr(history).splitlines()[0]
