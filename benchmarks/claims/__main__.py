"""Measure the claims of the lessons.

python -m benchmarks.claims ae_mismatch …   measure these, store the results, say whether they hold; write docs/CLAIMS.md
python -m benchmarks.claims --lesson 01     all of a lesson
python -m benchmarks.claims --stale         those without a result, or changed since
python -m benchmarks.claims --train         first train the networks that are missing (half a minute each on one core)
python -m benchmarks.claims --pages         only write docs/CLAIMS.md and docs/CLAIMS.vi.md
python -m benchmarks.claims                 say what is there and what is wrong
"""

import argparse
import sys

from . import CLAIMS, fingerprint, measure_and_keep, pages, problems, results
from .networks import KINDS, missing, train


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="claims to measure")
    parser.add_argument("--lesson", metavar="NN", help="measure all claims of this lesson")
    parser.add_argument("--stale", action="store_true", help="measure what has no result or has changed since")
    parser.add_argument("--train", nargs="*", metavar="KIND", help="train the missing networks (of these kinds)")
    parser.add_argument("--pages", action="store_true", help="only write the two pages")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in CLAIMS]:
        parser.error(f"no claim {', '.join(unknown)}; there are {', '.join(CLAIMS)}")
    if arguments.train is not None:
        for kind, seed in missing(arguments.train or KINDS):
            print(f"network {kind}, seed {seed} …", flush=True)
            train(kind, seed)
    on_file = results()
    chosen = [
        entry
        for entry in CLAIMS.values()
        if entry.name in arguments.names
        or entry.lesson == arguments.lesson
        or (arguments.stale and on_file.get(entry.name, {}).get("fingerprint") != fingerprint(entry.measure))
    ]
    failed = False
    for entry in chosen:
        result = measure_and_keep(entry)
        holds = entry.holds(result["rows"])
        failed |= not holds
        print(f"{entry.name}: {'holds' if holds else 'DOES NOT HOLD'} ({result['seconds']} s)\n  {entry.text['en']}")
        for seed, row in zip(result["seeds"], result["rows"], strict=True):
            print(f"  seed {seed}: " + ", ".join(f"{name} {value:g}" for name, value in row.items()))
    if chosen or arguments.pages:
        pages.write()
    elif arguments.train is None:
        found = problems(pages.named())
        print("\n".join(found) or f"{len(CLAIMS)} claims: all measured, and all hold.")
        failed = bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
