"""Means over the images of an epoch, summed on the device."""

import math
import time

import torch
from torch import Tensor


class NotFinite(ArithmeticError):
    """A number that training goes by is none. batch: the first (from 1) where it was; where: "train" or "validation"."""

    def __init__(self, batch: int, where: str = "train"):
        super().__init__(f"{where}, batch {batch}")
        self.batch, self.where = batch, where


class Means:
    """Means over all images so far of (total, recon, kl), summed on the device: reading them is what makes a GPU wait."""

    def __init__(self, device: torch.device):
        self.device, self.sums = device, torch.zeros(3, device=device)  # float32: Apple's GPU knows no float64
        self.images, self.totals, self.last_read = 0, [], 0.0

    def add(self, parts: Tensor, images: int) -> None:
        """One batch: its (total, recon, kl), and how many images it has."""
        self.sums += parts * images
        self.totals.append(parts[0])
        self.images += images

    def due(self) -> bool:
        """On a GPU, whether 0.2 s have passed since the last read; on a CPU, where reading is free, always."""
        return self.device.type == "cpu" or time.perf_counter() - self.last_read > 0.2

    def read(self) -> list[float]:
        """The three means."""
        self.last_read = time.perf_counter()
        return (self.sums / self.images).tolist()

    def read_finite(self, where: str = "train") -> list[float]:
        """The three means. Raises NotFinite when the total is no number."""
        means = self.read()
        if not math.isfinite(means[0]):
            finite = torch.stack(self.totals).isfinite().tolist()
            raise NotFinite(1 + finite.index(False) if False in finite else len(finite), where)
        return means
