import pytest

from vae_helpers import data


@pytest.fixture(scope="module")
def small():
    """Two hundred digits."""
    digits = data.load_digits()
    return data.ImageDataset(digits.images[:200], digits.labels[:200], "digits")
