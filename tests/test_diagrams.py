"""The drawings of ideas tell the truth."""

import numpy as np
import pytest

from tests.plots.support import texts
from vae_helpers import diagrams


def test_the_gradient_comes_back_only_through_the_trick():
    """Dashed arrows back: three in each graph, two of them with a ✗ where z is sampled, none where it is computed."""
    sampled, computed = diagrams.plot_reparameterization().axes
    for ax, cuts in ((sampled, 2), (computed, 0)):
        back = [patch for patch in ax.patches if hasattr(patch, "_posA_posB") and patch.get_linestyle() == "--"]
        assert len(back) == 3
        crosses = [text.get_position() for text in ax.texts if text.get_text() == "✗"]
        assert len(crosses) == cuts
        middles = [np.mean(patch._posA_posB, axis=0) for patch in back]
        assert all(min(np.abs(middle - cross).max() for middle in middles) < 1e-9 for cross in crosses)
    assert r"\varepsilon" in texts(computed.figure)


def test_arrows_touch_their_boxes():
    """Both ends of each arrow lie on the edge of a block."""
    for ax in diagrams.plot_reparameterization().axes:
        boxes = [patch.get_path().get_extents() for patch in ax.patches if hasattr(patch, "get_xy")]
        arrows = [patch for patch in ax.patches if hasattr(patch, "_posA_posB")]
        for x, y in [end for arrow in arrows for end in arrow._posA_posB]:
            near = [box for box in boxes if box.x0 - 1e-9 <= x <= box.x1 + 1e-9 and box.y0 - 1e-9 <= y <= box.y1 + 1e-9]
            assert near, (x, y)


@pytest.mark.parametrize(
    "draw, blocks, words",
    [
        (diagrams.plot_autoencoder, 5, ["$x$", "encoder", "$z$", "decoder", r"$\hat{x}$", "bottleneck"]),
        (
            diagrams.plot_vae,
            8,
            [r"$\mu$", r"$\log\sigma^2$", r"$z = \mu + \sigma \odot \varepsilon$", r"\mathcal{N}(0, I)"],
        ),
    ],
)
def test_blocks_and_what_they_are_called(draw, blocks, words):
    ax = draw().axes[0]
    polygons = [patch for patch in ax.patches if hasattr(patch, "get_xy")]
    assert len(polygons) == blocks
    shown = texts(ax.figure)
    assert all(word in shown for word in words)


def test_the_noise_reaches_z_and_nothing_else():
    """An arrow from ε up to z; z's other arrows come from μ and log σ²."""
    ax = diagrams.plot_vae().axes[0]
    arrows = [tuple(patch._posA_posB) for patch in ax.patches if hasattr(patch, "_posA_posB")]
    assert ((6.9, -1.15), (6.9, -0.4)) in arrows
    into_z = [start for start, end in arrows if end[0] == pytest.approx(5.95)]
    assert sorted(start[1] for start in into_z) == [-0.6, 0.6]
