"""One epoch of the exercise's VAE in five ways: the kit's fit, a plain loop over tensors, Lightning, pythae, the handout's loop.

python -m benchmarks.peers              five rounds (some minutes; needs: pip install lightning pythae, the real MNIST)
python -m benchmarks.peers --rounds 1   a look

All train the same network on the same 4,800 images, batches of 256, Adam 1e-3, B = 1000. Each lives in a process of its own and
they take turns; each turn trains three epochs, of which the third is timed: nobody pays for starting up, and in the second epoch
over half a million numbers of the gradients are subnormal (below 1.2e-38), with which many processors are slow, in later ones hardly any.
The limit: the multiplications and additions of the epoch, as PyTorch counts them, at the rate of a matrix product measured in every round.
"""

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from statistics import median

import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common import busy, machine, save
from vae_helpers import data, models
from vae_helpers.losses import vae_loss

from .train_speed import HandoutLoop, fresh_fit, images

IMAGES, BATCH, LR, EPOCHS = 4_800, 256, 1e-3, 3
PRODUCT = 2048  # rows and columns of the matrices whose product gives the rate


@cache
def part() -> tuple[Dataset, data.ImageDataset]:
    """The same 4,800 images for the handout's loop (through its transform) and for everybody else (in memory)."""
    raw, kit, _ = images(quick=False)
    share = IMAGES / len(kit)
    return data.split(raw, (share,), seed=0)[0], data.split(kit, (share,), seed=0)[0]


def tensors() -> Tensor:
    kit = part()[1]
    return torch.stack([kit[i][0] for i in range(len(kit))])


def fresh() -> tuple[models.VAE, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = models.VAE()
    return model, torch.optim.Adam(model.parameters(), lr=LR, weight_decay=1e-5)


def fit_epoch() -> float:
    return fresh_fit(part()[1], EPOCHS, torch.device("cpu"), batch_size=BATCH)[1][-1]


def loop_epoch() -> float:
    """What one writes without a library: shuffled slices of one tensor."""
    x, (model, optimizer) = tensors(), fresh()
    for _ in range(EPOCHS):
        started = time.perf_counter()
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            step(model, x[rows])[0].backward()
            optimizer.step()
    return time.perf_counter() - started


def step(model, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    recon, mu, logvar = model(x)
    return vae_loss(recon, x, mu, logvar, B=1000)


def lightning_epoch() -> float:
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, self.seconds = fresh()[0], 0.0

        def training_step(self, batch, _):
            return step(self.model, batch[0])[0]

        def configure_optimizers(self):
            return torch.optim.Adam(self.model.parameters(), lr=LR, weight_decay=1e-5)

        def on_train_epoch_start(self):
            self.started = time.perf_counter()

        def on_train_epoch_end(self):
            self.seconds = time.perf_counter() - self.started

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning)
    loader = torch.utils.data.DataLoader(TensorDataset(tensors()), batch_size=BATCH, shuffle=True)
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    module = Module()
    lightning.Trainer(max_epochs=EPOCHS, accelerator="cpu", **quiet).fit(module, loader)
    return module.seconds


def pythae_epoch() -> float:
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    inner = fresh()[0]

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.model = inner

        def forward(self, x):
            mu, logvar = self.model.encode(x)
            return ModelOutput(embedding=mu, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.model = inner  # its encoder's weights are not used here: the optimizer takes each parameter once

        def forward(self, z):
            return ModelOutput(reconstruction=self.model.decode(z))

    class Whole(VAE):
        def loss_function(self, recon_x, x, mu, log_var, z):
            return vae_loss(recon_x, x, mu, log_var, B=1000)

    class Timed(BaseTrainer):
        def train_step(self, epoch):
            started = time.perf_counter()
            loss = super().train_step(epoch)
            self.seconds = time.perf_counter() - started
            return loss

    logging.disable(logging.WARNING)
    model = Whole(VAEConfig(input_dim=(1, 28, 28), latent_dim=2), Encoder(), Decoder())
    x = tensors()
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder, num_epochs=EPOCHS, per_device_train_batch_size=BATCH, learning_rate=LR, no_cuda=True,
            optimizer_cls="Adam", optimizer_params={"weight_decay": 1e-5},
        )  # fmt: skip
        trainer = Timed(model, BaseDataset(x, torch.zeros(len(x))), training_config=config)
        trainer.train()
    return trainer.seconds


@cache
def handout() -> HandoutLoop:
    return HandoutLoop(part()[0], torch.device("cpu"), BATCH)


def handout_epoch() -> float:
    return [handout().epoch() for _ in range(EPOCHS)][-1]


def limit_epoch() -> float:
    """Seconds that the arithmetic of an epoch takes at the rate of a large matrix product."""
    model, _ = fresh()
    counted = FlopCounterMode(display=False)
    with counted:
        step(model, torch.rand(BATCH, 1, 28, 28))[0].backward()
    a, b = torch.rand(2, PRODUCT, PRODUCT)
    a @ b
    started = time.perf_counter()
    for _ in range(4):
        a @ b
    rate = 4 * 2 * PRODUCT**3 / (time.perf_counter() - started)
    return counted.get_total_flops() * (IMAGES / BATCH) / rate


SIDES = {
    "fit": fit_epoch,
    "loop over tensors": loop_epoch,
    "lightning": lightning_epoch,
    "pythae": pythae_epoch,
    "handout": handout_epoch,
    "limit": limit_epoch,
}


def own_processes(sides: Iterable[str]) -> dict[str, ProcessPoolExecutor]:
    """A process for each side, which stays and keeps what the side has cached."""
    context = multiprocessing.get_context("spawn")
    return {side: ProcessPoolExecutor(1, mp_context=context) for side in sides}


def take_turns(sides: dict[str, Callable[[], float]], rounds: int, pools: dict | None = None) -> dict[str, list[float]]:
    """The seconds that each side tells in each round, each in a process of its own."""
    pools = pools or own_processes(sides)
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            try:
                seconds[side].append(round(pools[side].submit(run).result(), 3))
            except ModuleNotFoundError as problem:
                print(f"{side}: {problem.name} is not installed: make .venv/bench", file=sys.stderr)
        print({side: times[-1] for side, times in seconds.items() if times}, flush=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    data.load_mnist(fallback=False)  # without the real MNIST: an error that says how to get it
    here = machine()
    results = {"machine": here, "busy": busy(here), "images": IMAGES, "batch_size": BATCH}
    results["seconds"] = take_turns(SIDES, rounds)
    fit = results["seconds"]["fit"]
    results["times_fit"] = {
        side: {
            "median": round(median(a / b for a, b in zip(times, fit, strict=True)), 2),
            "least": round(min(a / b for a, b in zip(times, fit, strict=True)), 2),
            "most": round(max(a / b for a, b in zip(times, fit, strict=True)), 2),
        }
        for side, times in results["seconds"].items()
        if times
    }
    print(results["times_fit"])
    save("peers", results)


if __name__ == "__main__":
    main()
