"""What claims about pictures are judged by: slant and brightness by hand; real images are read as what they are."""

import pytest
import torch

from benchmarks.claims import judge
from tests.models.support import near


def stroke(lean):
    """A straight stroke over 20 rows that moves lean pixels to the right for each row upwards."""
    picture = torch.zeros(1, 28, 28)
    for y in range(4, 24):
        picture[0, y, round(14 - lean * (y - 13.5))] = 1
    return picture


def test_slant_is_the_lean_of_a_stroke():
    upright, right, left = judge.slant(torch.stack([stroke(0), stroke(0.5), stroke(-0.5)])).tolist()
    assert upright == near(0) and right == pytest.approx(0.5, abs=0.05) and left == pytest.approx(-0.5, abs=0.05)


def test_slant_does_not_go_by_the_place_or_the_blackness():
    picture = stroke(0.5)
    moved = picture.roll((2, 3), dims=(1, 2))
    assert judge.slant(torch.stack([picture, moved, 0.3 * picture])).tolist() == near(
        [judge.slant(picture[None])[0].item()] * 3
    )


def test_brightness_is_the_mean_of_the_brightest_tenth():
    pictures = torch.zeros(2, 1, 28, 28)
    pictures[0].flatten()[: judge.BRIGHTEST] = 0.8
    pictures[1].flatten()[: judge.BRIGHTEST // 2] = 0.8
    assert judge.brightness(pictures).tolist() == near([0.8, 0.4])


def test_pictures_are_read_by_the_nearest_real_image(monkeypatch):
    known = torch.eye(784)[:20], torch.arange(20) // 2
    monkeypatch.setattr(judge, "known", lambda: known)
    pictures = (0.9 * torch.eye(784)[[3, 8]]).view(2, 1, 28, 28)
    assert judge.read(pictures).tolist() == [1, 4]
    assert judge.distance(pictures).tolist() == pytest.approx([0.01, 0.01], abs=1e-4)
    assert judge.agreement(pictures, k=1).tolist() == [1, 1]
