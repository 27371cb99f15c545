"""Comparisons that hold on every processor: sums in float32 agree to about 1e-4 relative, no better."""

from functools import partial

import pytest
import torch

close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-5)
near = partial(pytest.approx, rel=1e-4)
