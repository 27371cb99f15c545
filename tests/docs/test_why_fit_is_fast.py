"""The page on fit's speed: its figures are those on file, and its factors multiply to what it says."""

import json
import re
import statistics

import pytest

from tests.docs.support import ROOT, read

PAGES = {"en": ROOT / "docs/why-fit-is-fast.md", "vi": ROOT / "docs/why-fit-is-fast.vi.md"}
FILE = json.loads((ROOT / "benchmarks/results/train_speed.json").read_text(encoding="utf-8"))


def page(language):
    """The page with decimal points, in either language."""
    text = read(PAGES[language])
    return text if language == "en" else re.sub(r"(?<=\d),(?=\d)", ".", text)


@pytest.mark.parametrize("language", PAGES)
def test_the_table_holds_what_was_measured(language):
    epoch, race = [row for row in page(language).splitlines() if row.startswith("|")][2:]
    speed, slow, fast = FILE["throughput"], FILE["race"]["exercise"][-1], FILE["race"]["fit"]
    told = [statistics.median(speed["exercise_s"]), statistics.median(speed["fit_s"]), speed["ratio_median"]]
    assert re.findall(r"\d+\.\d\b", epoch) == [f"{value:.1f}" for value in told]
    numbers = [
        FILE["race"]["target_sse"],
        round(slow["seconds"]),
        slow["epoch"],
        round(fast["seconds"]),
        fast["epochs"],
    ]
    assert re.findall(r"[\d.]+", race) == [*map(str, numbers), f"{FILE['race']['ratio']:.1f}"]
    assert FILE["machine"]["gpu"] is None and f"{FILE['machine']['cores']} " in page(language)
    assert FILE["machine"]["cpu"] in page(language)


@pytest.mark.parametrize("language", PAGES)
def test_the_factors_are_those_on_file_and_multiply_to_the_whole(language):
    slow, fast, ratio = FILE["race"]["exercise"][-1], FILE["race"]["fit"], FILE["race"]["ratio"]
    fewer = slow["epoch"] / fast["epochs"]
    epochs = [fast["seconds"] / fast["epochs"], slow["seconds"] / slow["epoch"]]
    faster = epochs[1] / epochs[0]
    assert fewer * faster == pytest.approx(ratio, rel=1e-3)
    section = page(language).split("\n## ")[2]
    assert re.findall(r"\d+\.\d", section.split("\n")[0]) == [f"{n:.1f}" for n in (ratio, fewer, faster)]
    for number in (fewer, faster, *epochs, FILE["throughput"]["ratio_median"]):
        assert f"{number:.1f}" in section
    seeds = FILE["race"]["other_seeds"]
    assert len(seeds) == 4
    for first, side in ((fast, "fit"), (slow, "exercise")):
        assert f"{statistics.mean([first['kl'], *(seed[side]['kl'] for seed in seeds)]):.1f}" in section


@pytest.mark.parametrize("language", PAGES)
def test_the_files_it_names_hold_what_it_says(language):
    for place, word in (("batches", "index"), ("device", "def keep_freed_memory"), ("layout", "channels_last")):
        path = f"vae_helpers/training/{place}.py"
        assert path in page(language) and word in (ROOT / path).read_text(encoding="utf-8")


def test_the_lesson_leads_to_the_page():
    lesson = (ROOT / "notebooks/src/05_training.py").read_text(encoding="utf-8")
    for path in PAGES.values():
        assert f"](../../docs/{path.name})" in lesson
    assert "import time" not in lesson and not re.search(r"\bmallopt|CUDA graph", lesson)
