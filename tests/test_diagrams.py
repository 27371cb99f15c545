"""The drawings of ideas tell the truth."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.plots.support import texts
from vae_helpers import diagrams


def test_elbo_picture_tells_the_truth():
    """Its numbers against torch.distributions: ELBO + KL(q ‖ posterior) = log p(x) for z ~ N(0,1), x|z ~ N(z,1), x = 1."""
    log_p = Normal(0.0, 2**0.5).log_prob(torch.tensor(1.0))
    figure = diagrams.plot_elbo()
    shown = texts(figure)
    assert f"log p(x) = {log_p:.3f}" in shown.replace("\u2212", "-")
    bars = figure.axes[0].patches
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    for mean, variance in ((-1.0, 1.0), (0.0, 0.5), (0.5, 0.5)):
        q = Normal(mean, variance**0.5)
        elbo = -0.5 * (np.log(2 * np.pi) + (1 - mean) ** 2 + variance) - kl_divergence(q, Normal(0.0, 1.0))
        gap = kl_divergence(q, Normal(0.5, 0.5**0.5))
        assert elbo + gap == pytest.approx(log_p.item(), abs=1e-5)
        assert f"ELBO = {elbo:.3f}".replace("-", "−") in shown
        assert any(right == pytest.approx(elbo.item(), abs=1e-5) for _, right in ends)  # the bar ends at the ELBO
        if gap > 0.01:
            assert f"gap KL = {gap:.3f}" in shown
            assert any(e == pytest.approx((elbo.item(), log_p.item()), abs=1e-5) for e in ends)
    (line,) = figure.axes[0].get_lines()
    assert line.get_xdata()[0] == pytest.approx(log_p.item(), abs=1e-5)


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
