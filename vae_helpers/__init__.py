"""Helpers for the course on autoencoders and variational autoencoders.

The rooms are imported when they are first used (``vae_helpers.plots`` brings matplotlib, ``vae_helpers.data``
brings torchvision only when MNIST is read), so ``import vae_helpers`` itself costs almost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ._language import language, set_language, tr

if TYPE_CHECKING:  # for editors, which complete only what they see imported
    from . import checks, data, diagrams, losses, metrics, models, page, plots, quiz, training, widgets

__version__ = "0.2.1"
__all__ = [
    "checks",
    "data",
    "diagrams",
    "language",
    "losses",
    "metrics",
    "models",
    "page",
    "plots",
    "quiz",
    "set_language",
    "tr",
    "training",
    "widgets",
]


def __getattr__(name):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
