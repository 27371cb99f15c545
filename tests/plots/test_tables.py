"""Tables: rows, columns, the decimal mark of each language."""

import pytest
import torch

from vae_helpers import plots, set_language

ROWS = {"PCA": {"d = 2": 43.529, "d = 16": 19.8}, "AE": {"d = 2": 30.8, "d = 64": 1}}


def lines(table):
    return table.data.split("\n")


def test_rows_and_columns_stand_in_their_order():
    assert lines(plots.table(ROWS)) == [
        "|  | d = 2 | d = 16 | d = 64 |",
        "| :--- | ---: | ---: | ---: |",
        "| PCA | 43.5 | 19.8 | – |",
        "| AE | 30.8 | – | 1 |",
    ]


def test_vietnamese_has_a_decimal_comma():
    set_language("vi")
    assert lines(plots.table(ROWS))[2] == "| PCA | 43,5 | 19,8 | – |"


@pytest.mark.parametrize("digits, text", [(0, "44"), (1, "43.5"), (3, "43.529")])
def test_digits_are_those_after_the_point(digits, text):
    assert lines(plots.table({"PCA": {"d = 2": 43.529}}, digits=digits))[2] == f"| PCA | {text} |"


def test_whole_numbers_and_texts_stay_as_they_are():
    row = {"n": 60000, "spread": "36.5 ± 1.2", "none": None}
    assert lines(plots.table({"a": row}, digits=2))[2] == "| a | 60000 | 36.5 ± 1.2 | – |"


def test_a_tensor_of_one_number_is_a_number():
    assert lines(plots.table({"a": {"b": torch.tensor(1.25)}}, digits=2))[2] == "| a | 1.25 |"


def test_a_stroke_does_not_end_the_cell():
    assert lines(plots.table({"q(z|x)": {"|r|": "a|b"}}))[0] == "|  | \\|r\\| |"
    assert lines(plots.table({"q(z|x)": {"|r|": "a|b"}}))[2] == "| q(z\\|x) | a\\|b |"


def test_a_notebook_shows_it_as_a_table():
    assert plots.table(ROWS)._repr_markdown_() == plots.table(ROWS).data


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="rows"):
        plots.table({})
