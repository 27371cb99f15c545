"""The curves of a training: each line shows its own column."""

import numpy as np
import pytest

from tests.plots.support import legend, lines
from vae_helpers import plots
from vae_helpers.training import History

ROWS = [
    {"epoch": e, "loss": 9 / e, "recon": 8 / e, "kl": e, "val_loss": 10 / e, "val_recon": 7 / e, "val_kl": 2 * e}
    for e in (1, 2, 3)
]


def test_each_line_shows_its_own_column():
    figure = plots.plot_history(History(ROWS))
    assert [ax.get_title() for ax in figure.axes] == ["Loss", "Reconstruction error", "KL (nats)"]
    for ax, column in zip(figure.axes, ("loss", "recon", "kl"), strict=True):
        shown = lines(ax)
        assert shown["training"] == ([1, 2, 3], [row[column] for row in ROWS], "-")
        assert shown["validation"] == ([1, 2, 3], [row["val_" + column] for row in ROWS], "--")
        assert legend(ax) == ["training", "validation"] and ax.get_xlabel() == "Epoch"


def test_without_validation_or_parts():
    figure = plots.plot_history(History([{"epoch": 1, "loss": 3.0}, {"epoch": 2, "loss": 2.0}]))
    (axes,) = figure.axes
    assert lines(axes) == {"training": ([1, 2], [3.0, 2.0], "-")}


@pytest.mark.parametrize("language_word", [("vi", "chưa có epoch nào xong"), ("en", "no epoch is finished")])
def test_a_training_stopped_in_its_first_epoch_is_told(language_word, monkeypatch):
    import vae_helpers

    vae_helpers.set_language(language_word[0])
    with pytest.raises(ValueError, match=language_word[1]):
        plots.plot_history(History([]))


def test_a_history_of_nan_is_still_a_figure():
    (axes,) = plots.plot_history(History([{"epoch": 1}])).axes
    assert np.isnan(lines(axes)["training"][1]).all()


@pytest.mark.parametrize(("kls", "scale"), [([400, 30, 22], "log"), ([9, 8, 7], "linear"), ([30, 1, 0], "linear")])
def test_a_kl_that_falls_far_has_a_logarithmic_axis(kls, scale):
    rows = [{"epoch": e, "loss": 1.0, "recon": 1.0, "kl": kl} for e, kl in enumerate(kls, start=1)]
    figure = plots.plot_history(History(rows))
    assert [ax.get_yscale() for ax in figure.axes] == ["linear", "linear", scale]
