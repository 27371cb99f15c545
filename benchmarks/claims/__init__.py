"""The claims of the lessons, measured: ledger (what a claim is), networks (trained once), lesson_NN (the claims), pages."""

from importlib import import_module
from pkgutil import iter_modules

from .ledger import CLAIMS, Claim, claim, fingerprint, measure_and_keep, measured, problems, results

__all__ = ["CLAIMS", "Claim", "claim", "fingerprint", "measure_and_keep", "measured", "problems", "results"]

for module in iter_modules(__path__):
    if module.name.startswith("lesson_"):
        import_module(f"{__name__}.{module.name}")
