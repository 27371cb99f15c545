"""What lesson 05 says beyond its own cells."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from vae_helpers import data, losses, models, training

from .ledger import claim
from .networks import images_of

BATCH, FEW = 256, 12_000  # as in the lesson


def part_of(part: str, n: int, seed: int) -> data.ImageDataset:
    """n images of "train" or "validation", chosen at random."""
    images = images_of(part)
    return images.part(torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:n])


@claim(
    lesson="05",
    en="In the first epoch (12,000 images) the KL shoots up where B is large: its peak with B = 1000 is above 3,000 nats, with "
    "B = 10 and the same first weights and batches below 300, every seed.",
    vi="Trong epoch đầu tiên (12.000 ảnh), KL vọt lên khi B lớn: đỉnh của nó vượt 3.000 nat với B = 1000, và không đến 300 nat với "
    "B = 10, cùng trọng số ban đầu và cùng các batch, ở mọi seed.",
    holds=lambda rows: all(row["peak_B1000"] > 3000 and row["peak_B10"] < 300 for row in rows),
)
def kl_spike(seed):
    """The largest KL of a batch among the first 47, Adam 1e-3 as in the handout."""
    images = part_of("train", FEW, seed).images
    peaks = {}
    for B in (1000, 10):
        torch.manual_seed(seed)
        model, loss = models.VAE(), partial(losses.vae_loss, B=B)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
        kls = [training.training_step(model, optimizer, x, loss)[2].item() for x in images.split(BATCH)]
        peaks[f"peak_B{B}"] = max(kls)
    return peaks


@claim(
    lesson="05",
    en="A training that goes on from a checkpoint gives what one without the break gives: the losses of all epochs differ by less "
    "than one in a million, every seed.",
    vi="Huấn luyện tiếp từ checkpoint cho cùng kết quả như khi không bị ngắt: loss của mọi epoch chênh nhau chưa đến một phần triệu, "
    "ở mọi seed.",
    holds=lambda rows: all(row["largest_relative_difference"] < 1e-6 for row in rows),
    quick=True,
)
def resumed_is_the_same(seed):
    """512 images in batches of 128: two epochs, then a new network and two more, beside four epochs at once."""
    images = part_of("train", 512, seed)
    how = {"batch_size": 128, "seed": seed, "log_dir": None, "progress": False}
    with TemporaryDirectory() as folder:
        for epochs in (2, 4):
            torch.manual_seed(seed)
            resumed = training.fit(models.VAE(), images, epochs=epochs, checkpoint=Path(folder) / "half.pt", **how)
    torch.manual_seed(seed)
    whole = training.fit(models.VAE(), images, epochs=4, **how)
    pairs = zip(resumed["loss"], whole["loss"], strict=True)
    return {"largest_relative_difference": max(abs(a - b) / b for a, b in pairs)}


@claim(
    lesson="05",
    en="That the validation error lies below the training error comes mainly from when the two are measured: with the same weights they "
    "differ by less than half of the recorded gap (second epoch on 12,000 images), every seed.",
    vi="Sai số kiểm định thấp hơn sai số huấn luyện chủ yếu là do hai con số được đo vào hai lúc khác nhau. Khi đo bằng cùng một bộ trọng số, chúng "
    "chênh nhau chưa đến một nửa khoảng cách ghi trong log (epoch thứ hai trên 12.000 ảnh), ở mọi seed.",
    holds=lambda rows: all(row["recorded_gap"] > 2 * abs(row["gap_with_the_same_weights"]) for row in rows),
)
def same_weights_same_error(seed):
    """Training minus validation, squared error per image; "the same weights" are those after the second epoch."""
    train, validation = part_of("train", FEW, seed), part_of("validation", FEW // 4, seed)
    torch.manual_seed(seed)
    model = models.VAE()
    last = training.fit(model, train, validation, epochs=2, seed=seed, log_dir=None, progress=False)[-1]
    model.eval()
    with torch.no_grad():
        torch.manual_seed(seed)
        sums = sum(losses.reconstruction_loss(model(x)[0], x) * len(x) for x in train.images.split(1000))
    return {
        "recorded_gap": last["recon"] - last["val_recon"],
        "gap_with_the_same_weights": sums.item() / len(train) - last["val_recon"],
    }
