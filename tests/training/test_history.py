"""History: rows and columns."""

import pytest

from vae_helpers.training import History


def test_history_has_no_unknown_column():
    with pytest.raises(KeyError, match="no column 'mse'"):
        History()["mse"]
