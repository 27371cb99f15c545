"""How much sooner fit's one-cycle recipe is where the handout's recipe arrives: a race to the validation loss itself.

python -m benchmarks.race            counts the epochs (no clock: some 20 minutes on two cores), then times them (2 minutes)
python -m benchmarks.race --clock    only times them; the counts are those on file

The handout's recipe: batch 256, Adam 1e-3. The goal: the loss on the validation images that it has after 20, and after 50 epochs,
for B = 1000 and for the calibrated B = 10, five seeds each. It counts as there from the first epoch on that is as good. fit's recipe:
batch 16, one-cycle up to 6e-3 (chosen on another seed), over the fewest epochs that end at that loss or below. Counting needs no
clock, and both recipes are then trained by fit (the same arithmetic as the handout's loop, says tests/training). Timed is an epoch of each,
the handout's loop and fit, each in a process of its own, in turns: seconds = epochs × the median epoch. 4,800 images, as in benchmarks.peers.
"""

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import median

import torch

from benchmarks.common import RESULTS, busy, machine, save
from vae_helpers import data, training
from vae_helpers.losses import vae_loss

from .peers import EPOCHS, handout_epoch, part, take_turns
from .train_speed import fresh_fit, images

SEEDS, GOALS = {1000: range(5), 10: range(5)}, (20, 50)  # of each B
FAST = {"schedule": "one-cycle", "batch_size": 16, "lr": 6e-3}
TRIED = range(1, 21)  # epochs of a whole one-cycle schedule
ROUNDS = 5


def trained(epochs: int, B: float, seed: int, **recipe) -> training.History:
    train, (_, _, validation) = part()[1], images(quick=True)
    fewer = data.split(validation, (0.2,), seed=0)[0]
    return fresh_fit(train, epochs, torch.device("cpu"), seed, validation=fewer, loss=partial(vae_loss, B=B), **recipe)[
        2
    ]


def count(B: float, seed: int) -> list[dict]:
    """For each goal: the validation loss, and the epochs that either recipe takes to it."""
    torch.set_num_threads(1)
    slow = trained(max(GOALS), B, seed).rows
    tried, result = {}, []
    for goal in GOALS:
        loss = slow[goal - 1]["val_loss"]
        row = {"B": B, "seed": seed, "goal": goal, "loss": loss}
        row["exercise"] = next(at(i, epoch) for i, epoch in enumerate(slow, 1) if epoch["val_loss"] <= loss)
        for epochs in TRIED:
            if epochs not in tried:
                tried[epochs] = at(epochs, trained(epochs, B, seed, **FAST).rows[-1])
            if tried[epochs]["loss"] <= loss:
                row["fit"] = tried[epochs]
                break
        result.append(row)
        print(row, flush=True)
    return result


def at(epochs: int, row: dict) -> dict:
    return {"epochs": epochs, "loss": row["val_loss"], "sse": row["val_recon"], "kl": row["val_kl"]}


def fit_epoch() -> float:
    """The last of as many epochs of the one-cycle recipe as benchmarks.peers trains, in seconds."""
    return fresh_fit(part()[1], EPOCHS, torch.device("cpu"), **FAST)[1][-1]


def times_sooner(counts: list[dict], seconds: dict[str, list[float]]) -> list[dict]:
    """For each B and goal: how many times sooner fit is there, the median, least and most of the seeds."""
    epoch = {side: median(times) for side, times in seconds.items()}
    table = []
    for B in SEEDS:
        for goal in GOALS:
            rows = [row for row in counts if (row["B"], row["goal"]) == (B, goal)]
            ratios = [
                row["exercise"]["epochs"] * epoch["exercise"] / (row["fit"]["epochs"] * epoch["fit"])
                if "fit" in row
                else 0.0
                for row in rows
            ]  # 0: never there
            table.append({"B": B, "goal": goal, "median": median(ratios), "least": min(ratios), "most": max(ratios)})
    return [{key: round(value, 2) for key, value in row.items()} for row in table]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--clock", action="store_true", help="take the counts of epochs from benchmarks/results/race.json"
    )
    arguments = parser.parse_args()
    data.load_mnist(fallback=False)  # without the real MNIST: an error that says how to get it
    here = machine()
    if arguments.clock:
        counts = json.loads((RESULTS / "race.json").read_text(encoding="utf-8"))["counts"]
    else:
        with ProcessPoolExecutor(here["cores"], mp_context=multiprocessing.get_context("spawn")) as pool:
            counts = [
                row
                for rows in pool.map(count, *zip(*[(B, seed) for B in SEEDS for seed in SEEDS[B]], strict=True))
                for row in rows
            ]
        save("race", {"counts": counts})  # what took so long is kept, whatever follows
    results = {
        "machine": here,
        "busy": busy(here),
        "counts": counts,
        "epoch_seconds": take_turns({"exercise": handout_epoch, "fit": fit_epoch}, ROUNDS),
    }
    results["times_sooner"] = times_sooner(counts, results["epoch_seconds"])
    print(*results["times_sooner"], sep="\n")
    save("race", results)


if __name__ == "__main__":
    main()
