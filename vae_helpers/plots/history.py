"""The curves of a training."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from .._figure import new_figure
from .._language import tr
from .colours import LINE_COLOURS

__all__ = ["plot_history"]

TRAINING, VALIDATION = LINE_COLOURS[:2]
FAR = 5  # so many times its smallest value, and the KL is drawn on a logarithmic axis


def plot_history(history) -> Figure:
    """The training's curves: loss, reconstruction and KL by epoch, in training and (dashed) in validation.

    A KL whose first epochs are far above the later ones, as with a large B, has a logarithmic axis.
    history: the History that training.fit returns or History.read reads; columns that were not measured are left out.
    Raises ValueError for a history without epochs.

    Lesson 05: The same recipe in one line
    """
    if len(history) == 0:
        raise ValueError(
            tr(
                "plot_history(history): chưa có epoch nào xong (huấn luyện bị ngắt trong epoch đầu?), chưa có gì để vẽ.",
                "plot_history(history): no epoch is finished (was training stopped in its first?): nothing to draw.",
            )
        )
    names = {
        "loss": "Loss",
        "recon": tr("Sai số tái tạo", "Reconstruction error"),
        "kl": tr("KL (nat)", "KL (nats)"),
    }
    shown = [column for column in names if not np.isnan(history[column]).all()] or ["loss"]
    figure = new_figure((3.6 * len(shown), 3))
    marker = "o" if len(history) < 30 else None
    for ax, column in zip(figure.subplots(1, len(shown), squeeze=False).flat, shown, strict=True):
        ax.plot(history["epoch"], history[column], color=TRAINING, marker=marker, label=tr("huấn luyện", "training"))
        if not np.isnan(history["val_" + column]).all():
            ax.plot(
                history["epoch"], history["val_" + column], "--", color=VALIDATION, marker=marker,
                label=tr("kiểm định", "validation"),
            )  # fmt: skip
        ax.set(xlabel="Epoch", title=names[column])
        if column == "kl" and spreads(history["kl"] + history["val_kl"]):
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter(ScalarFormatter())
            ax.yaxis.set_minor_formatter(NullFormatter())
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
        ax.legend()
    return figure


def spreads(values: list[float]) -> bool:
    """Whether the values, all positive, are too far apart for a common scale."""
    known = [value for value in values if not np.isnan(value)]
    return bool(known) and min(known) > 0 and max(known) > FAR * min(known)
