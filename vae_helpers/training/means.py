"""Means over the images of an epoch, summed on the device."""

import math
import time

import torch
from torch import Tensor


class NotFinite(ArithmeticError):
    """A mean that was read is no number; batch (from 1) is the first whose loss was none."""

    def __init__(self, batch: int):
        super().__init__(f"batch {batch}")
        self.batch = batch


class Means:
    """Means over all images so far of (total, recon, kl), summed on the device: reading them is what makes a GPU wait."""

    def __init__(self, device: torch.device):
        self.device, self.sums = device, torch.zeros(3, device=device)
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

    def read_finite(self) -> list[float]:
        """The three means. Raises NotFinite when the total is no number."""
        means = self.read()
        if not math.isfinite(means[0]):
            raise NotFinite(batch=1 + torch.stack(self.totals).isfinite().tolist().index(False))
        return means
