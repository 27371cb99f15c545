"""fit's numbers: NumPy's are welcome, others are named in both languages."""

import numpy as np
import pytest
import torch

from tests.training.support import QUIET, tiny
from vae_helpers.training import fit


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"epochs": 0}, "epochs.*0"),
        ({"epochs": True}, "epochs.*True"),
        ({"epochs": 2.0}, "epochs.*2.0"),
        ({"epochs": "3"}, "epochs.*'3'"),
        ({"epochs": np.int64(-1)}, "epochs.*-1"),
        ({"batch_size": 1.5}, "batch_size.*1.5"),
        ({"batch_size": False}, "batch_size.*False"),
        ({"batch_size": None}, "batch_size.*None"),
        ({"lr": -1e-3}, "lr.*-0.001"),
        ({"lr": "fast"}, "lr.*'fast'"),
        ({"lr": float("nan")}, "lr.*nan"),
        ({"weight_decay": None}, "weight_decay.*None"),
        ({"seed": 1.5}, "seed.*1.5"),
        ({"seed": "1"}, "seed.*'1'"),
        ({"schedule": "cosine"}, "schedule.*'cosine'"),
        ({"schedule": True}, "schedule.*True"),
    ],
)
def test_bad_numbers_are_named(small, arguments, named, language):
    with pytest.raises(ValueError, match=f"fit.*{named}"):
        fit(tiny(), small, **{"epochs": 1, **arguments}, **QUIET)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, torch.tensor])
def test_whole_numbers_of_any_kind_will_do(small, kind):
    history = fit(tiny(), small, epochs=kind(2), batch_size=kind(100), seed=kind(3), **QUIET)
    assert history["epoch"] == [1, 2]
