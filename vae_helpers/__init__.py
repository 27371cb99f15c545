"""Helpers for the course on autoencoders and variational autoencoders.

The rooms are imported when they are first used (``vae_helpers.plots`` brings matplotlib, ``vae_helpers.data``
brings torchvision only when MNIST is read), so ``import vae_helpers`` itself costs almost nothing.
"""

from importlib import import_module

from ._language import language, set_language, tr

__version__ = "0.2.0"
__all__ = [
    "checks",
    "data",
    "diagrams",
    "language",
    "losses",
    "metrics",
    "models",
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
