"""The claims ledger: what lessons say beyond their own cells, each as a small function that measures it.

    @claim(lesson="01", en="…", vi="…", holds=lambda rows: all(row["ae"] > 5 for row in rows))
    def ae_mismatch(seed):
        return {"ae": …}

A lesson names a claim right after its sentence, <!-- claim: ae_mismatch -->. The results lie in benchmarks/results/claims.json
with the fingerprint of the function that gave them: once the function changes, its result is out of date.
"""

import ast
import hashlib
import inspect
import io
import json
import re
import textwrap
import time
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType

import torch

from ..common import RESULTS, machine

FILE = RESULTS / "claims.json"
ROOM = __package__  # the fingerprint follows what a claim calls as far as this package goes
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Claim:
    """One claim of a lesson. measure(seed) gives its figures; holds says of the figures of all seeds whether it is true."""

    name: str
    lesson: str
    text: Mapping[str, str]  # "vi", "en" → the claim with what must hold, in one sentence
    measure: Callable[[int], Figures]
    holds: Callable[[list[Figures]], bool]
    seeds: tuple[int, ...]
    quick: bool


CLAIMS: dict[str, Claim] = {}


def claim(
    *,
    lesson: str,
    vi: str,
    en: str,
    holds: Callable[[list[Figures]], bool],
    seeds: tuple[int, ...] = (0, 1, 2),
    quick: bool = False,
) -> Callable[[FunctionType], FunctionType]:
    """Enter the function below into the ledger under its own name.

    lesson: "00" … "15". vi, en: the claim and what must hold, one sentence each. holds: called with the figures of all
    seeds. seeds: three or more; one where nothing is drawn at random (a closed form, stored weights on all test images).
    quick: measuring one seed takes under three seconds, so `make test` measures the first one anew.
    Raises ValueError for a name that is there already, for a lesson that is not two digits, and for a missing sentence.
    """
    if not re.fullmatch(r"\d\d", lesson):
        raise ValueError(f"claim(lesson): got {lesson!r}, expected two digits, such as '01'.")
    if not (vi.strip() and en.strip()):
        raise ValueError("claim(vi, en): expected the claim in both languages.")
    if not seeds:
        raise ValueError("claim(seeds): got none, expected at least one.")

    def enter(function: FunctionType) -> FunctionType:
        name = function.__name__
        if name in CLAIMS:
            raise ValueError(f"claim {name!r}: lesson {CLAIMS[name].lesson} has one of this name already.")
        CLAIMS[name] = Claim(name, lesson, {"vi": vi, "en": en}, function, holds, tuple(seeds), quick)
        return function

    return enter


def fingerprint(function: FunctionType) -> str:
    """What a measurement depends on, as 16 hexadecimal digits: the function's code and that of what it uses in this room.

    Comments, docstrings, decorators and layout do not count; functions, classes and constants of benchmarks.claims do.
    """
    seen: dict[str, str] = {}
    waiting = [function]
    while waiting:
        thing = waiting.pop()
        name = f"{thing.__module__}.{thing.__qualname__}"
        if name in seen:
            continue
        source = textwrap.dedent(inspect.getsource(thing))
        seen[name] = _bare(source)
        scope = inspect.getmodule(thing).__dict__
        for word in sorted({node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}):
            used = scope.get(word)
            if isinstance(used, FunctionType | type) and used.__module__.startswith(ROOM):
                if used.__module__ != __name__:  # not the ledger itself
                    waiting.append(used)
            elif isinstance(used, int | float | str | tuple) and word.isupper():
                seen[f"{thing.__module__}.{word}"] = repr(used)
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:16]


def _bare(source: str) -> str:
    """Code without its comments, docstring, decorators and white space."""
    lines = source.splitlines(keepends=True)
    definition = ast.parse(source).body[0]
    drop: list[tuple[int, int, int, int]] = []  # first line, its column, last line, its column; lines from 1
    if ast.get_docstring(definition) is not None:
        text = definition.body[0]
        drop.append((text.lineno, len(lines[text.lineno - 1]) - len(lines[text.lineno - 1].lstrip()),
                     text.end_lineno, len(lines[text.end_lineno - 1])))  # fmt: skip
    if definition.decorator_list:
        drop.append((1, 0, definition.lineno, 0))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            drop.append((*token.start, *token.end))
    for first, start, last, end in sorted(drop, reverse=True):
        lines[first - 1 : last] = [lines[first - 1][:start] + lines[last - 1][end:]] + [""] * (last - first)
    return re.sub(r"\s+", "", "".join(lines))


def measured(claim: Claim, seeds: Iterable[int] | None = None) -> list[dict[str, float]]:
    """The figures of a claim for its seeds (or these), the random state of PyTorch set to each seed before."""
    rows = []
    for seed in claim.seeds if seeds is None else seeds:
        torch.manual_seed(seed)
        rows.append({name: float(value) for name, value in claim.measure(seed).items()})
    return rows


def measure_and_keep(claim: Claim) -> dict:
    """Measure a claim for all its seeds and write the result into the ledger's file. Returns the result."""
    started = time.perf_counter()
    rows = measured(claim)
    seconds = time.perf_counter() - started
    result = {
        "lesson": claim.lesson,
        "fingerprint": fingerprint(claim.measure),
        "seeds": list(claim.seeds),
        "rows": [{name: _short(value) for name, value in row.items()} for row in rows],
        "seconds": round(seconds, 1),
        "date": machine()["date"],
        "torch": torch.__version__,
    }
    keep(results() | {claim.name: result})
    return result


def _short(value: float) -> float:
    """Five significant digits: what is on file is to be read."""
    return float(f"{value:.5g}")


def results() -> dict[str, dict]:
    """What is on file: name → lesson, fingerprint, seeds, rows (one dictionary of figures for each seed), …"""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def keep(all_results: Mapping[str, dict]) -> None:
    """Write the ledger's file, by lesson and name."""
    ordered = dict(sorted(all_results.items(), key=lambda item: (item[1]["lesson"], item[0])))
    FILE.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def problems(named: Mapping[str, Iterable[str]], on_file: Mapping[str, dict] | None = None) -> list[str]:
    """What is wrong with the ledger, given the claims that each lesson names: {"01": ["ae_mismatch"]}. [] if nothing.

    A name that no claim has or that another lesson owns; a claim that no lesson names; no result, or one of an older
    function or of other seeds; a claim that does not hold by the figures on file; a result that belongs to no claim.
    """
    on_file = results() if on_file is None else on_file
    found, used = [], set()
    for lesson, names in named.items():
        for name in names:
            used.add(name)
            if name not in CLAIMS:
                found.append(f"lesson {lesson} names {name!r}: no function of this name in benchmarks/claims")
    for name, entry in CLAIMS.items():
        if name not in used:
            found.append(f"{name}: no lesson names it")
        if name not in on_file:
            found.append(f"{name}: not measured yet: python -m benchmarks.claims {name}")
            continue
        result = on_file[name]
        if result["fingerprint"] != fingerprint(entry.measure) or result["seeds"] != list(entry.seeds):
            found.append(f"{name}: changed since it was measured: python -m benchmarks.claims {name}")
        elif not entry.holds(result["rows"]):
            found.append(f"{name}: does not hold by the figures on file: {result['rows']}")
    return found + [f"{name}: on file, but no function measures it" for name in on_file if name not in CLAIMS]
