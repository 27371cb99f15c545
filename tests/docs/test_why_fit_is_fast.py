"""The page on fit's speed: its figures are those on file, and its factors multiply to what it says."""

import json
import re
import statistics

import pytest

from benchmarks import late, race
from tests.docs.support import ROOT, read

PAGES = {"en": ROOT / "docs/why-fit-is-fast.md", "vi": ROOT / "docs/why-fit-is-fast.vi.md"}
PEERS, AMD, RACE, LATE = (
    json.loads((ROOT / f"benchmarks/results/{name}.json").read_text(encoding="utf-8"))
    for name in ("peers", "peers-amd-epyc", "race", "late")
)


def page(language):
    """The page with decimal points, in either language."""
    text = read(PAGES[language])
    return text if language == "en" else re.sub(r"(?<=\d),(?=\d)", ".", text)


def tables(language):
    """The rows of the four tables, without their heads."""
    found = [[]]
    for line in page(language).splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [table[2:] for table in found if table]


def numbers(row):
    return re.findall(r"\d+(?:\.\d+)?", row)


@pytest.mark.parametrize("language", PAGES)
def test_the_table_of_epochs_holds_what_was_measured(language):
    told = [numbers(row) for row in tables(language)[0]]
    sides = ("limit", "fit", "loop over tensors", "lightning", "pythae", "handout")
    ratios = [PEERS["times_fit"][side] for side in sides]
    expected = [
        [statistics.median(PEERS["seconds"][side]), ratio["median"], ratio["least"], ratio["most"]]
        for side, ratio in zip(sides, ratios, strict=True)
    ]
    assert told == [[f"{number:.2f}" for number in row] for row in expected]
    assert PEERS["machine"]["gpu"] is None and f"{PEERS['machine']['cores']} " in page(language)
    assert PEERS["machine"]["cpu"] in page(language) and len(PEERS["seconds"]["fit"]) == 5


@pytest.mark.parametrize("language", PAGES)
def test_the_other_machine_is_named_with_its_figures(language):
    sides = ("loop over tensors", "lightning", "pythae", "handout", "limit")
    paragraph = next(part for part in page(language).split("\n\n") if "peers-amd-epyc.json" in part)
    told = [number for number in numbers(paragraph) if "." in number]
    assert told == [f"{AMD['times_fit'][side]['median']:.2f}" for side in sides]
    assert f"{AMD['machine']['cores']} " in paragraph and AMD["machine"]["cpu"] in paragraph


def epochs_of(B, goal, side):
    counted = [row[side]["epochs"] for row in RACE["counts"] if (row["B"], row["goal"]) == (B, goal)]
    return [str(number) for number in sorted({min(counted), max(counted)})]


@pytest.mark.parametrize("language", PAGES)
def test_the_table_of_the_race_holds_what_was_measured(language):
    counted = [(row["B"], row["seed"], row["goal"]) for row in RACE["counts"]]
    assert counted == [(B, seed, goal) for B in race.SEEDS for seed in race.SEEDS[B] for goal in race.GOALS]
    assert all("fit" in row for row in RACE["counts"])
    for row, told in zip(RACE["times_sooner"], tables(language)[1], strict=True):
        B, goal = row["B"], row["goal"]
        expected = [str(B), str(goal), *epochs_of(B, goal, "exercise"), *epochs_of(B, goal, "fit")]
        assert numbers(told) == expected + [f"{row[key]:.0f}" for key in ("median", "least", "most")]
    for side in ("exercise", "fit"):
        assert f"{statistics.median(RACE['epoch_seconds'][side]):.1f}" in page(language)


def test_the_race_is_what_its_counts_and_seconds_make():
    assert race.times_sooner(RACE["counts"], RACE["epoch_seconds"]) == RACE["times_sooner"]
    for row in RACE["counts"]:
        assert max(row["fit"]["loss"], row["exercise"]["loss"]) <= row["loss"]  # both are there


@pytest.mark.parametrize("language", PAGES)
def test_the_price_is_the_mean_of_the_seeds(language):
    for row, told in zip(RACE["times_sooner"], tables(language)[2], strict=True):
        counted = [c for c in RACE["counts"] if (c["B"], c["goal"]) == (row["B"], row["goal"])]
        means = [
            statistics.mean(c[side][key] for c in counted) for side in ("exercise", "fit") for key in ("sse", "kl")
        ]
        assert numbers(told) == [str(row["B"]), str(row["goal"]), *(f"{mean:.1f}" for mean in means)]


@pytest.mark.parametrize("language", PAGES)
def test_the_table_of_late_epochs_holds_what_was_measured(language):
    assert late.late_over_early(LATE["seconds"]) == LATE["late_over_early"]
    assert all(len(seconds) == late.ROUNDS for seconds in LATE["seconds"].values()) and LATE["epochs_a_turn"] == 10
    for side, told in zip(("handout", "fit", "fit left alone"), tables(language)[3], strict=True):
        early, last = (statistics.median(part) for part in (LATE["seconds"][side][:3], LATE["seconds"][side][-3:]))
        expected = [f"{number:.2f}" for number in (early, last, LATE["late_over_early"][side])]
        assert numbers(told) == [*expected, str(LATE["subnormal_weights"][side])]


@pytest.mark.parametrize("language", PAGES)
def test_the_files_it_names_hold_what_it_says(language):
    for place, word in (
        ("batches", "index"),
        ("device", "def keep_freed_memory"),
        ("layout", "channels_last"),
        ("optimizer", "forget_unused"),
    ):
        path = f"vae_helpers/training/{place}.py"
        assert path in page(language) and word in (ROOT / path).read_text(encoding="utf-8")


def test_the_lesson_leads_to_the_page():
    lesson = (ROOT / "notebooks/src/05_training.py").read_text(encoding="utf-8")
    for path in PAGES.values():
        assert f"](../../docs/{path.name})" in lesson
    assert "import time" not in lesson and not re.search(r"\bmallopt|CUDA graph", lesson)
