"""The exercise's own training loop against the kit's fit, side by side in one run.

python -m benchmarks.train_speed            an epoch of 48,000 images on both sides, three rounds (5 minutes on two CPU cores)
python -m benchmarks.train_speed --quick    of 9,600 images (a minute)
python -m benchmarks.train_speed --whole    the exercise's 500 epochs with fit besides, compiling included (for a GPU)

Both sides get the same split of MNIST, the same model with the same first weights, the same loss (B = 1000) and the
exercise's recipe (batch 256, Adam 1e-3). They take turns, each in a process of its own, since what fit asks of the C
library (to keep the memory that was freed) counts for its whole process; on a GPU, fit's epoch is the last of five with
compile=True. How long a training is until it is good is another question: benchmarks.race.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from statistics import median

import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks.common import busy, machine, save
from vae_helpers import data, models, training
from vae_helpers.losses import kl_divergence, reconstruction_loss, vae_loss


class HandoutLoop:
    """The exercise's training: torchvision's MNIST with a transform for each image, a DataLoader with two workers."""

    def __init__(self, dataset: Dataset, device: torch.device, batch_size: int = 256):
        # Started as this system starts processes by itself. The benchmark's own were spawned, and what is spawned spawns: then
        # two workers that import PyTorch anew would cost each epoch five seconds that no student's loop pays.
        start = multiprocessing.get_all_start_methods()[0]
        self.loader = DataLoader(dataset, batch_size, shuffle=True, num_workers=2, multiprocessing_context=start)
        self.device = device
        torch.manual_seed(0)
        self.model = models.VAE().to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, weight_decay=1e-5)

    def epoch(self) -> float:
        """Train one epoch; its seconds."""
        started = time.perf_counter()
        self.model.train()
        total = total_recon = total_kl = 0.0
        for x, _ in self.loader:
            x = x.to(self.device)
            self.optimizer.zero_grad()
            recon, mu, logvar = self.model(x)
            loss, recon_loss, kl_loss = vae_loss(recon, x, mu, logvar, B=1000)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(x)
            total_recon += recon_loss.item() * len(x)
            total_kl += kl_loss.item() * len(x)
        return time.perf_counter() - started


@torch.no_grad()
def scores(model: torch.nn.Module, images: torch.Tensor) -> dict:
    """SSE of the reconstruction and KL in nats, means over the images; z is sampled, with the same noise each time."""
    device = next(model.parameters()).device
    model.eval()
    sums = torch.zeros(2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for x in images.split(1000):
            recon, mu, logvar = model(x.to(device))
            sums += torch.stack(
                [reconstruction_loss(recon, x.to(device)), kl_divergence(mu, logvar).mean()]
            ).cpu() * len(x)
    sse, kl = (sums / len(images)).tolist()
    return {"sse": sse, "kl": kl}


def fresh_fit(
    train: Dataset, epochs: int, device: torch.device, seed: int = 0, validation: Dataset | None = None, **options
) -> tuple[torch.nn.Module, list[float], training.History]:
    """Train a new model with the kit's fit; the model, the seconds of each epoch, the history."""
    torch.manual_seed(seed)
    model = models.VAE()
    history = training.fit(
        model, train, validation, epochs=epochs, device=device, log_dir=None, progress=False, seed=seed, **options
    )
    return model, history["seconds"], history


@cache
def images(quick: bool) -> tuple[Dataset, Dataset, Dataset]:
    """(the exercise's training set, the kit's, the validation set): the same images, the first through a transform."""
    from torchvision import datasets, transforms

    folder = os.environ.get("VAE_DATA_DIR", Path(__file__).resolve().parents[1] / "data")
    transform = transforms.Compose([transforms.Resize((28, 28)), transforms.ToTensor()])
    raw, _ = data.split(datasets.MNIST(folder, train=True, transform=transform), seed=0)
    train, validation = data.split(data.load_mnist(), seed=0)
    if quick:
        raw, train = (data.split(dataset, (0.2,), seed=0)[0] for dataset in (raw, train))
    return raw, train, validation


@cache
def exercise(quick: bool) -> HandoutLoop:
    return HandoutLoop(images(quick)[0], training.default_device())


def exercise_epoch(quick: bool) -> float:
    return exercise(quick).epoch()


def kit_epoch(quick: bool) -> float:
    device = training.default_device()
    on_gpu = device.type == "cuda"
    return fresh_fit(images(quick)[1], 5 if on_gpu else 1, device, compile=on_gpu)[1][-1]


def whole_exercise(epochs: int) -> dict:
    """All epochs of the exercise's recipe with fit, from the untrained model to the trained one."""
    _, train, validation = images(False)
    device = training.default_device()
    started = time.perf_counter()
    model, seconds, _ = fresh_fit(train, epochs, device, compile=device.type == "cuda")
    result = {"epochs": epochs, "seconds": time.perf_counter() - started, "first_epoch_s": seconds[0]}
    result |= {"median_epoch_s": median(seconds), **scores(model, validation.images)}
    print("the exercise with fit: {epochs} epochs, {seconds:.1f} s, SSE {sse:.2f}, KL {kl:.2f}".format(**result))
    return result


def throughput(sides: dict[str, ProcessPoolExecutor], quick: bool, rounds: int) -> dict:
    """Seconds of an epoch on both sides, in turns."""
    seconds = {"exercise": [], "fit": []}
    for _ in range(rounds):
        seconds["exercise"].append(sides["exercise"].submit(exercise_epoch, quick).result())
        seconds["fit"].append(sides["fit"].submit(kit_epoch, quick).result())
        print("one epoch: " + ", ".join(f"{side} {times[-1]:.1f} s" for side, times in seconds.items()), flush=True)
    ratio = median(h / k for h, k in zip(seconds["exercise"], seconds["fit"], strict=True))
    return {"exercise_s": seconds["exercise"], "fit_s": seconds["fit"], "ratio_median": round(ratio, 2)}


FOOTPRINT = """
import json, resource, sys, time
import torch
started = time.perf_counter()
import vae_helpers
from vae_helpers import data, losses, models, training
seconds = time.perf_counter() - started
train, validation = data.split(data.load_mnist())
fewer = data.ImageDataset(train.images[:4000], train.labels[:4000], train.name)
training.fit(models.VAE(), fewer, validation, epochs=1, log_dir=None, progress=False)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
print(json.dumps({"import_s": round(seconds, 3), "peak_gib": round(peak, 3)}))
"""


def footprint() -> dict:
    """In a process of its own: seconds that importing the package adds to importing torch, and the peak memory (GiB) of
    training at batch 256 with all of MNIST in memory. The peak is that of one batch, so few batches show it."""
    return json.loads(subprocess.run([sys.executable, "-c", FOOTPRINT], capture_output=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="throughput on 9,600 images only")
    parser.add_argument("--whole", action="store_true", help="train the exercise's 500 epochs with fit besides")
    parser.add_argument("--rounds", type=int, default=3, help="of the throughput measurement")
    arguments = parser.parse_args()

    data.load_mnist(fallback=False)  # without the real MNIST: an error that says how to get it
    here = machine()
    results = {"machine": here, "busy": busy(here), "device": str(training.default_device()), "footprint": footprint()}
    print(results["footprint"])
    spawn = multiprocessing.get_context("spawn")
    sides = {side: ProcessPoolExecutor(1, mp_context=spawn) for side in ("exercise", "fit")}
    results["throughput"] = throughput(sides, arguments.quick, arguments.rounds)
    print(f"fit has {results['throughput']['ratio_median']} times the throughput of the exercise's loop.")
    if arguments.whole:
        results["whole_exercise"] = sides["fit"].submit(whole_exercise, 500).result()
    name = "train_speed" + "_gpu" * torch.cuda.is_available() + "_quick" * arguments.quick
    save(name, results)


if __name__ == "__main__":
    main()
