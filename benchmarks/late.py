"""What an epoch costs late in a training, when some weights are no longer used.

python -m benchmarks.late            some twelve minutes on two cores; needs the real MNIST
python -m benchmarks.late --rounds 2    a look

The handout's recipe on 4,800 images, by the handout's loop, by fit, and by a fit that leaves small weights alone, each in a process
of its own. They take turns of ten epochs, and a turn goes on where the last one ended: fit from its checkpoint. Told is the middle epoch of each turn. Twelve turns make 2,280
steps, as many as twelve epochs of the exercise's 48,000 images. In the end the weights are counted that are subnormal, below 1.2e-38.
"""

import argparse
import sys
import tempfile
from functools import cache
from pathlib import Path
from statistics import median

import torch

from benchmarks.common import busy, machine, save
from vae_helpers import data, models, training
from vae_helpers.training import optimizer

from .peers import BATCH, IMAGES, handout, own_processes, part, take_turns

EPOCHS, ROUNDS, EDGE = 10, 12, 3  # of a turn; turns; the first and the last turns that are compared


def handout_turn() -> float:
    return median(handout().epoch() for _ in range(EPOCHS))


@cache
def kept() -> dict:
    """fit's model, and the file that keeps its training."""
    torch.manual_seed(0)
    return {"model": models.VAE(), "folder": tempfile.TemporaryDirectory(), "epochs": 0}


def fit_turn() -> float:
    here = kept()
    here["epochs"] += EPOCHS
    history = training.fit(
        here["model"], part()[1], epochs=here["epochs"], batch_size=BATCH, device="cpu", seed=0, log_dir=None, progress=False,
        checkpoint=Path(here["folder"].name) / "late.pt",
    )  # fmt: skip
    return median(history["seconds"][-EPOCHS:])


def fit_left_alone_turn() -> float:
    optimizer.EVERY = sys.maxsize  # steps from one forgetting to the next; in this process alone
    return fit_turn()


def subnormal(model: torch.nn.Module) -> int:
    least = torch.finfo(torch.float32).tiny
    return sum(((w.abs() > 0) & (w.abs() < least)).sum().item() for w in model.parameters())


def late_over_early(seconds: dict[str, list[float]]) -> dict[str, float]:
    """For each side: an epoch of the last three turns over one of the first three, medians."""
    return {side: round(median(s[-EDGE:]) / median(s[:EDGE]), 2) for side, s in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    data.load_mnist(fallback=False)  # without the real MNIST: an error that says how to get it
    here = machine()
    results = {"machine": here, "busy": busy(here), "images": IMAGES, "batch_size": BATCH, "epochs_a_turn": EPOCHS}
    turns = {"handout": handout_turn, "fit": fit_turn, "fit left alone": fit_left_alone_turn}
    pools = own_processes(turns)
    results["seconds"] = take_turns(turns, rounds, pools)
    results["subnormal_weights"] = {side: pools[side].submit(left, side).result() for side in turns}
    results["late_over_early"] = late_over_early(results["seconds"])
    print(results["subnormal_weights"], results["late_over_early"])
    save("late", results)


def left(side: str) -> int:
    return subnormal(handout().model if side == "handout" else kept()["model"])


if __name__ == "__main__":
    main()
