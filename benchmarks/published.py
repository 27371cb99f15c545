"""Published figures beside ours: the one-layer VAE and IWAE of Burda et al. on binarised MNIST.

python -m benchmarks.published             in full where there is a GPU, shortened on a CPU
python -m benchmarks.published --short     the first stages of the schedule, a tenth of the test images (13 minutes of one CPU core)
python -m benchmarks.published --full      all 3,280 epochs of VAE k = 1, VAE k = 50 and IWAE k = 50, all test images
python -m benchmarks.published --runs iwae-5 --stages 5      one run of your choice, five of the eight stages

An interrupted run goes on where it was, from its checkpoint (--checkpoints says where), to the same numbers; a
shortened run can be continued to the full length.

The figures: Y. Burda, R. Grosse, R. Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016, arXiv:1509.00519,
Table 1 (MNIST, one stochastic layer), and the protocol: section 5, appendix C, both read in the paper's text; what the
paper leaves open was read in the authors' code (github.com/yburda/iwae). An independent reproduction
(github.com/nbip/IWAE) reports 86.35 (k = 1), 86.06 (VAE, k = 50), 85.18 and 84.59 (IWAE, k = 5 and 50).

The protocol:
- 784-200-200-50 and back, tanh; q(z|x) Gaussian with diagonal covariance, p(x|z) Bernoulli; Glorot's weights, biases 0,
  those of the pixels log(m / (1 − m)) with m the mean image [code];
- the first 59,600 training images [code; the paper says 60,000]; stochastic binarisation: each time an image is
  presented, its pixels are drawn anew with their grey levels as probabilities; the test images are drawn once;
- Adam, β = (0.9, 0.999), ε = 1e-4, batches of 20 whose gradients are added up [code]; 3^i epochs with the learning rate
  0.001 · 10^(−i/7), i = 0 … 7: 3,280 epochs;
- VAE: the mean of k log-weights log p(x, z)/q(z|x), no closed form of the KL [code]; IWAE: the log of the mean of k weights;
  for k = 1 they are the same, so one run serves both;
- the negative log-likelihood (NLL) in nats: −L_5000, the IWAE bound with 5,000 samples, a mean over the test images;
- active units: latent dimensions whose posterior mean has a variance above 0.01 over the images.

Where we differ: Adam as PyTorch has it, with the paper's β₁ (the authors' code has 0.99 and starts the second moments at 1);
the learning rate is not rounded; images are shuffled in each epoch; the variance over the test images, where the code takes
500 training images. Beware of other tables: with one fixed binarisation of MNIST the same paper finds 88.71 for k = 1 and
87.10 for IWAE k = 50 (appendix D, Table 3).

What a full run costs: 9.8 million steps. On an H100 with recorded steps (a CUDA graph of 20) an epoch of k = 1 took 0.7 s with
two small trainings beside it, so about 40 minutes; k = 50 took 1.0 s beside the other run, so about an hour. On a CPU core
an epoch of k = 1 took 42 s.
"""

import argparse
import os
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.common import machine, save
from vae_helpers import data, training
from vae_helpers.losses import iw_log_likelihood

# (objective, k): NLL in nats, active units.
PUBLISHED = {
    ("vae", 1): (86.76, 19),
    ("vae", 5): (86.47, 20),
    ("vae", 50): (86.35, 20),
    ("iwae", 1): (86.76, 19),
    ("iwae", 5): (85.54, 22),
    ("iwae", 50): (84.78, 25),
}
SOURCE = (
    "Burda et al., Importance Weighted Autoencoders, ICLR 2016, arXiv:1509.00519, Table 1: MNIST, one stochastic layer"
)
BINARISATION = (
    "stochastic: training images drawn anew from their grey levels at each presentation, test images drawn once"
)
AT_ONCE = 20  # steps that a GPU is given with one command; they divide an epoch's 2,980
STAGES, BATCH, TRAINED_ON, SAMPLES, ACTIVE = 8, 20, 59_600, 5000, 0.01
FULL = {("vae", 1): STAGES, ("vae", 50): STAGES, ("iwae", 50): STAGES}  # stages of each run
SHORT = {("vae", 1): 4, ("iwae", 5): 3}
SHORT_IMAGES = 1000
FIRST_SCORED = 2  # a model is scored after each stage from this one on
SAVE_SECONDS = 60
CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints" / "published"


def stage_epochs(i: int) -> int:
    return 3**i


def stage_lr(i: int) -> float:
    return 0.001 * 10 ** (-i / 7)


class PaperVAE(nn.Module):
    """mean: (pixels,) in [0, 1], the mean training image, which sets the biases of the pixels."""

    def __init__(self, mean: Tensor, hidden: int = 200, latent_dim: int = 50):
        super().__init__()
        pixels = len(mean)
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.to_mu = nn.Linear(hidden, latent_dim)
        self.to_logvar = nn.Linear(hidden, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, pixels)
        )
        for parameter in self.parameters():
            (nn.init.xavier_uniform_ if parameter.dim() == 2 else nn.init.zeros_)(parameter)
        with torch.no_grad():
            self.decoder[-1].bias.copy_(mean.clamp(0.001, 0.999).logit())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.encoder(x)
        return self.to_mu(h), self.to_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        """Logits of the pixels."""
        return self.decoder(z)


def log_weights(model: PaperVAE, x: Tensor, k: int) -> Tensor:
    """log p(x|z) p(z) / q(z|x) of k samples z ~ q(z|x) for each image, in nats. x: (N, pixels), 0 or 1. Returns (k, N)."""
    mu, logvar = model.encode(x)
    noise = torch.randn(k, *mu.shape, device=x.device, dtype=x.dtype)
    z = mu + (0.5 * logvar).exp() * noise
    log_likelihood = F.logsigmoid((2 * x - 1) * model.decode(z)).sum(dim=-1)  # a pixel 0 has probability σ(−logit)
    return log_likelihood + 0.5 * (noise**2 + logvar - z**2).sum(dim=-1)  # log p(z) − log q(z|x)


def bound(log_w: Tensor, objective: str) -> Tensor:
    """The bound of log p(x) for each image from its k log-weights (k, N): ELBO ("vae") or L_k ("iwae"). Returns (N,)."""
    if objective == "vae":
        return log_w.mean(dim=0)
    return iw_log_likelihood(log_w)


@torch.no_grad()
def log_likelihood(model: PaperVAE, x: Tensor, samples: int) -> Tensor:
    """L_samples of each image, an estimate of log p(x) from below, in nats. x: (N, pixels), 0 or 1. Returns (N,)."""
    at_once = 100 if x.is_cuda else 1  # images: 1.6 GB of logits on a GPU, 16 MB on a CPU
    return torch.cat([bound(log_weights(model, images, samples), "iwae") for images in x.split(at_once)])


@torch.no_grad()
def score(model: PaperVAE, x: Tensor) -> dict:
    """NLL over the images x, the standard error that comes from their choice, active units."""
    log_p = log_likelihood(model, x, SAMPLES).double()
    return {
        "images": len(x),
        "samples": SAMPLES,
        "nll": round(-log_p.mean().item(), 3),
        "standard_error": round(log_p.std().item() / len(x) ** 0.5, 3),
        "active_units": int((model.encode(x)[0].var(dim=0) > ACTIVE).sum()),
    }


def steps(model: PaperVAE, optimizer: torch.optim.Optimizer, value_of: Callable, images: Tensor, total: Tensor) -> None:
    """A step for each BATCH of images, in their order; the bounds are added to total, which no step waits for."""
    for x in images.split(BATCH):
        value = value_of(model, x)
        optimizer.zero_grad(set_to_none=False)
        (-value).backward()
        optimizer.step()
        total += value.detach()


def recorded_steps(
    model: PaperVAE, optimizer: torch.optim.Optimizer, value_of: Callable, device: torch.device
) -> Callable:
    """steps on a GPU, compiled and recorded as a CUDA graph of AT_ONCE steps, which one command starts. The model and the
    optimizer stand as they were when this returns."""
    value_of = torch.compile(value_of)
    pixels = model.encoder[0].in_features
    images, total = torch.zeros(AT_ONCE * BATCH, pixels, device=device), torch.zeros((), device=device)
    before = [p.detach().clone() for p in model.parameters()]
    kept = {p: {name: value.clone() for name, value in state.items()} for p, state in optimizer.state.items()}
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        steps(model, optimizer, value_of, images[: 3 * BATCH], total)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        steps(model, optimizer, value_of, images, total)
    with torch.no_grad():
        for p, value in zip(model.parameters(), before, strict=True):
            p.copy_(value)
            for name, state in optimizer.state[p].items():
                state.copy_(kept[p][name]) if p in kept else state.zero_()

    def run(all_images: Tensor, sum_of_all: Tensor) -> None:
        whole = len(all_images) - len(all_images) % len(images)
        total.zero_()
        for part in all_images[:whole].split(len(images)):
            images.copy_(part)
            graph.replay()
        sum_of_all += total
        steps(model, optimizer, value_of, all_images[whole:], sum_of_all)

    return run


def train_epoch(run: Callable, grey: Tensor) -> float:
    """One pass over the images, shuffled and binarised anew. run: steps, with all but images and total given. grey: (N, pixels)
    in [0, 1]. Returns the mean bound, in nats."""
    images = torch.bernoulli(grey[torch.randperm(len(grey), device=grey.device)])
    total = torch.zeros((), device=grey.device)  # read once, at the end: a step never waits for the GPU
    run(images, total)
    return total.item() / len(images)


def train_and_score(
    objective: str, k: int, stages: int, grey: Tensor, test: Tensor, folder: Path, seed: int = 0
) -> list[dict]:
    """Train through the first stages, scoring on the way; resume from the folder's checkpoint if there is one.

    grey: (N, pixels) in [0, 1]; test: (M, pixels), 0 or 1; both on the device that does the work.
    Returns a row for each stage: stage, epochs so far, seconds of training so far, the last epoch's bound, scores.
    Raises ValueError for a checkpoint of a run with another seed or other training images.
    """
    name, file = f"{objective}-{k}", folder / f"{objective}-{k}.pt"
    settings = {"objective": objective, "k": k, "seed": seed, "training_images": len(grey)}
    torch.manual_seed(seed)
    model = PaperVAE(grey.mean(dim=0)).to(grey.device)
    on_gpu = grey.is_cuda
    lr = torch.tensor(stage_lr(0), device=grey.device)  # a tensor, so that a recorded step reads it anew
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, eps=1e-4, fused=True, capturable=on_gpu)
    epochs, seconds, last_bound, rows = 0, 0.0, None, []
    if file.exists():
        state = torch.load(file, map_location=grey.device, weights_only=True)
        if state["settings"] != settings:
            raise ValueError(
                f"{file} belongs to a run with {state['settings']}; this one has {settings}. "
                "Delete the file, or choose another folder with --checkpoints."
            )
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        epochs, seconds, last_bound, rows = (state[key] for key in ("epochs", "seconds", "bound", "rows"))
        if rows and rows[-1].get("images") not in (None, len(test)):
            rows.pop()  # the last model is still at hand: score it on the test images asked for now
        print(f"{name}: goes on after epoch {epochs}", flush=True)

    def keep() -> float:
        state = {"settings": settings, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(state | {"epochs": epochs, "seconds": seconds, "bound": last_bound, "rows": rows}, f"{file}.new")
        os.replace(f"{file}.new", file)  # a run that dies while it saves leaves the old checkpoint whole
        return time.perf_counter()

    def value_of(model: PaperVAE, x: Tensor) -> Tensor:
        return bound(log_weights(model, x, k), objective).sum()

    for group in optimizer.param_groups:
        group["lr"] = lr
    if on_gpu:
        run = recorded_steps(model, optimizer, value_of, grey.device)
    else:
        run = partial(steps, model, optimizer, value_of)
    kept = time.perf_counter()
    for i in range(len(rows), stages):
        end = sum(map(stage_epochs, range(i + 1)))
        lr.fill_(stage_lr(i))
        while epochs < end:
            torch.manual_seed(seed + 1 + epochs)  # a resumed run draws what an uninterrupted one would have drawn
            start = time.perf_counter()
            last_bound = train_epoch(run, grey)
            epochs, seconds = epochs + 1, seconds + time.perf_counter() - start
            if epochs == end or time.perf_counter() - kept > SAVE_SECONDS:
                kept = keep()
                print(f"{name}: epoch {epochs}, bound {last_bound:.2f}, {seconds:.0f} s of training", flush=True)
        torch.manual_seed(seed)
        row = {"stage": i, "epochs": epochs, "seconds": round(seconds, 1), "training_bound": round(last_bound, 3)}
        rows.append(row | (score(model, test) if i >= FIRST_SCORED else {}))
        kept = keep()
    return rows[:stages]


def load_images() -> tuple[Tensor, Tensor]:
    """MNIST as the paper splits it: training images (59600, 784) and test images (10000, 784), grey, in [0, 1]."""
    train, test = (data.load_mnist(train=part, fallback=False) for part in (True, False))
    return train.images[:TRAINED_ON].flatten(1), test.images.flatten(1)


def table(runs: list[dict]) -> str:
    """Ours beside the paper's, one line for each scoring."""
    form = "{:<9}{:>16}{:>9}{:>12}{:>15}{:>9}{:>21}"
    lines = [form.format("run", "our NLL", "paper", "difference", "epochs", "images", "active units (paper)")]
    for run in runs:
        for row in run["stages"]:
            if "nll" in row:
                lines.append(
                    form.format(
                        run["run"],
                        f"{row['nll']:.2f} ± {row['standard_error']:.2f}",
                        f"{run['published_nll']:.2f}",
                        f"{row['nll'] - run['published_nll']:+.2f}",
                        f"{row['epochs']} of {run['published_epochs']}",
                        row["images"],
                        f"{row['active_units']} ({run['published_active_units']})",
                    )
                )
    return "\n".join(lines)


def run_name(text: str) -> tuple[str, int]:
    """("iwae", 5) from "iwae-5"."""
    match = re.fullmatch(r"(vae|iwae)-(1|5|50)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected vae-1, vae-5, vae-50, iwae-5 or iwae-50")
    return match[1], int(match[2])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", action="store_true", help="as a CPU can do it")
    length.add_argument("--full", action="store_true", help="as in the paper")
    parser.add_argument("--runs", nargs="+", type=run_name, metavar="RUN", help="vae-1, vae-5, vae-50, iwae-5, iwae-50")
    parser.add_argument("--stages", type=int, choices=range(FIRST_SCORED + 1, STAGES + 1), help="of each run")
    parser.add_argument("--images", type=int, help="test images, evenly spaced among the 10,000")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="folder (default: checkpoints/published)")
    options = parser.parse_args(arguments)
    if options.images is not None and options.images < 2:
        parser.error(f"--images: got {options.images}, expected 2 or more")

    device = training.default_device()
    short = options.short or not (options.full or device.type == "cuda")
    lengths = SHORT if short else FULL
    chosen = options.runs or list(lengths)
    described = machine()
    grey, test_grey = load_images()
    torch.manual_seed(0)
    test = torch.bernoulli(test_grey)  # on the CPU: the same images on every machine
    images = min(options.images or (SHORT_IMAGES if short else len(test)), len(test))
    test = test[:: len(test) // images][:images].to(device)  # evenly spaced, for the file may be ordered
    grey = grey.to(device)

    paper_epochs = sum(map(stage_epochs, range(STAGES)))
    results = {"machine": described, "device": str(device), "source": SOURCE, "binarisation": BINARISATION}
    results |= {"shortened": None, "runs": []}
    for objective, k in chosen:
        stages = options.stages or lengths.get((objective, k), min(lengths.values()))
        rows = train_and_score(objective, k, stages, grey, test, options.checkpoints)
        nll, units = PUBLISHED[objective, k]
        run = {"run": f"{objective}-{k}", "objective": objective, "k": k, "training_images": len(grey)}
        run |= {"published_nll": nll, "published_active_units": units, "published_epochs": paper_epochs}
        run |= {"shortened": rows[-1]["epochs"] < paper_epochs or rows[-1]["images"] < 10_000, "stages": rows}
        results["runs"].append(run)
        results["shortened"] = any(run["shortened"] for run in results["runs"])
        save("published", results)

    if results["shortened"]:
        print("SHORTENED: fewer epochs or test images than in the paper; the figures are not comparable as they stand.")
    print(f"NLL in nats, −L_{SAMPLES}; ± is the standard error from the choice of test images. Paper: {SOURCE}.")
    print(f"Binarisation: {BINARISATION}.")
    print(table(results["runs"]))


if __name__ == "__main__":
    main()
