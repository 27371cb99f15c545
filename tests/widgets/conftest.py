"""A trained network: with one that is not, every z gives nearly the same grey, and no test would see which was drawn."""

import pytest

from vae_helpers import models


@pytest.fixture(scope="module")
def vae():
    """The kit's vae-2d, trained."""
    return models.load_pretrained("vae-2d")
