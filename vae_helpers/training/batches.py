"""Batches of images on the device: what fit iterates over."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset


class Batches:
    """Batches of images on the device, in a fresh random order each time if shuffle."""

    def __init__(self, source, batch_size: int, device: torch.device, shuffle: bool, name: str):
        self.device, self.shuffle, self.loader, self.batch_size = device, shuffle, None, batch_size
        if isinstance(source, DataLoader):
            self.loader, self.batch_size, self.images = source, source.batch_size, len(source.dataset)
        elif isinstance(getattr(source, "images", None), Tensor):
            self.tensor = source.images.to(device)
        elif isinstance(source, Dataset):
            self.tensor = torch.stack([item[0] for item in source]).to(device)  # read once, kept in memory
        else:
            raise ValueError(f"fit({name}): got {type(source).__name__}, expected a Dataset of images or a DataLoader.")
        if self.loader is None:
            self.images = len(self.tensor)
        if self.images == 0:
            raise ValueError(f"fit({name}): the data set is empty.")
        first = self.tensor[0] if self.loader is None else source.dataset[0][0]
        self.image_size = "x".join(str(side) for side in first.shape[-2:])

    def __len__(self) -> int:
        return len(self.loader) if self.loader is not None else math.ceil(self.images / self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        if self.loader is not None:
            for item in self.loader:
                yield (item[0] if isinstance(item, (tuple, list)) else item).to(self.device, non_blocking=True)
        elif self.shuffle:
            for indices in torch.randperm(self.images).to(self.device).split(self.batch_size):
                yield self.tensor[indices]
        else:
            yield from self.tensor.split(self.batch_size)
