"""The exercise's own training loop against the kit's fit, side by side in one run.

python benchmarks/train_speed.py            until both reach the target (about 20 minutes on two CPU cores)
python benchmarks/train_speed.py --quick    throughput alone, on part of the images (under 3 minutes)

Both sides get the same split of MNIST, the same model with the same first weights and the same loss (B = 1000), and are
scored by the same function on the same 12,000 validation images. Throughput is the time of one training epoch of the
exercise's recipe (batch 256, Adam 1e-3) on both sides, taken in turns. The race is to a validation SSE (summed squared
error per image) of 32.75, where the exercise's recipe is after 20 epochs: the exercise's loop as it is, against fit with
its one-cycle schedule. Scoring counts on neither side's clock.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from common import RESULTS, machine, save
from torch.utils.data import DataLoader, Dataset

from vae_helpers import data, models, training
from vae_helpers._figure import new_figure
from vae_helpers.losses import kl_divergence, reconstruction_loss, vae_loss

TARGET_SSE = 32.75
FAST = {"schedule": "one-cycle", "batch_size": 64, "lr": 4e-3}


class HandoutLoop:
    """The exercise's training: torchvision's MNIST with a transform for each image, a DataLoader with two workers."""

    def __init__(self, dataset: Dataset, device: torch.device, batch_size: int = 256):
        self.loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=2)
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


def fresh_fit(train: Dataset, epochs: int, device: torch.device, **options) -> tuple[torch.nn.Module, list[float]]:
    """Train a new model with the kit's fit; the model and the seconds of each epoch."""
    torch.manual_seed(0)
    model = models.VAE()
    history = training.fit(model, train, epochs=epochs, device=device, log_dir=None, progress=False, seed=0, **options)
    return model, history["seconds"]


def throughput(loop: HandoutLoop, train: Dataset, device: torch.device, rounds: int) -> dict:
    """Seconds of an epoch on both sides, in turns."""
    handout, kit = [], []
    for _ in range(rounds):
        handout.append(loop.epoch())
        kit.append(fresh_fit(train, 1, device)[1][0])
        print(f"epoch of {len(train):,} images: exercise {handout[-1]:.1f} s, fit {kit[-1]:.1f} s", flush=True)
    ratio = sorted(h / k for h, k in zip(handout, kit, strict=True))[rounds // 2]
    return {"images": len(train), "exercise_s": handout, "fit_s": kit, "ratio_median": round(ratio, 2)}


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


def race(raw: Dataset, train: Dataset, validation: Dataset, device: torch.device, epochs: int, limit: int) -> dict:
    """Train both sides to the target SSE: the exercise's loop epoch by epoch, fit over a fixed number of epochs."""
    model, seconds = fresh_fit(train, epochs, device, **FAST)
    fit = {"epochs": epochs, **FAST, "seconds": sum(seconds), **scores(model, validation.images)}
    print(
        f"fit, one-cycle, {epochs} epochs: {fit['seconds']:.0f} s, SSE {fit['sse']:.2f}, KL {fit['kl']:.2f}", flush=True
    )
    loop, curve, elapsed = HandoutLoop(raw, device), [], 0.0
    while len(curve) < limit and (not curve or curve[-1]["sse"] > TARGET_SSE):
        elapsed += loop.epoch()
        curve.append({"epoch": len(curve) + 1, "seconds": elapsed, **scores(loop.model, validation.images)})
        print("exercise: epoch {epoch}, {seconds:.0f} s, SSE {sse:.2f}, KL {kl:.2f}".format(**curve[-1]), flush=True)
    result = {"target_sse": TARGET_SSE, "fit": fit, "exercise": curve}
    if curve[-1]["sse"] <= TARGET_SSE and fit["sse"] <= TARGET_SSE:
        result["ratio"] = round(curve[-1]["seconds"] / fit["seconds"], 2)
        result["fit_kl_no_higher"] = fit["kl"] <= curve[-1]["kl"]
    return result


def draw(result: dict, file) -> None:
    """SSE over time: the exercise's curve, and where fit ends."""
    figure = new_figure((6, 3.5))
    ax = figure.subplots()
    curve, fit = result["exercise"], result["fit"]
    ax.plot([row["seconds"] for row in curve], [row["sse"] for row in curve], "o-", label="exercise's loop")
    ax.plot(fit["seconds"], fit["sse"], "s", label=f"fit, one-cycle, {fit['epochs']} epochs")
    ax.axhline(result["target_sse"], color="grey", linestyle=":", label=f"target {result['target_sse']}")
    ax.set(
        xlabel="seconds of training",
        ylabel="validation SSE per image",
        title="Time to the same quality",
        xlim=(0, None),
    )
    ax.legend()
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="throughput on 9,600 images only")
    parser.add_argument("--epochs", type=int, default=8, help="of fit in the race")
    parser.add_argument("--limit", type=int, default=40, help="most epochs of the exercise's loop")
    arguments = parser.parse_args()

    from torchvision import datasets, transforms

    dataset = data.load_mnist()
    if dataset.name != "MNIST":
        raise SystemExit("This benchmark needs the real MNIST: set VAE_DATA_DIR, or run it where there is a network.")
    train, validation = data.split(dataset, seed=0)
    folder = os.environ.get("VAE_DATA_DIR", Path(__file__).resolve().parents[1] / "data")
    raw_train, _ = data.split(datasets.MNIST(folder, train=True, transform=transforms.ToTensor()), seed=0)
    if arguments.quick:
        part, raw_part = (data.split(images, (0.2,), seed=0)[0] for images in (train, raw_train))
    else:
        part, raw_part = train, raw_train
    device = training.default_device()
    results = {"machine": machine(), "device": str(device), "footprint": footprint()}
    print(results["footprint"])
    results["throughput"] = throughput(HandoutLoop(raw_part, device), part, device, rounds=3)
    print(f"fit has {results['throughput']['ratio_median']} times the throughput of the exercise's loop.")
    name = "train_speed_quick" if arguments.quick else "train_speed"
    if not arguments.quick:
        results["race"] = race(raw_train, train, validation, device, arguments.epochs, arguments.limit)
        print(f"To SSE {TARGET_SSE}: ratio {results['race'].get('ratio', 'not reached')}.")
        draw(results["race"], RESULTS / f"{name}.png")
    save(name, results)


if __name__ == "__main__":
    main()
