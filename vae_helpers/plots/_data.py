"""Images and their classes out of whatever data set a student has: ours, torchvision's, a Subset, a loader, a stream."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, Subset

from ..data import ImageDataset
from ._pictures import CHANNELS, as_images, stacked


@dataclass
class Labelled:
    """Which entries of a data set are shown, and their classes.

    total: the data set's length; indices (N,): the entries shown; places: the place of each one's class among the
    colours, int (N,); names: place → name of each class that occurs, empty where there are no labels; digits: whether
    the classes are digits.
    """

    total: int
    indices: Tensor
    places: np.ndarray
    names: dict[int, str]
    digits: bool = False


@dataclass
class Sample:
    """Images of a data set, float32 (N, C, H, W), and their classes."""

    images: Tensor
    classes: Labelled


def sample(dataset, n: int, name: str) -> Sample:
    """At most n images of a data set, drawn at random but always the same, in the data set's order; and their classes.

    dataset: an ImageDataset; any Dataset of (image, label) or of images alone, such as a Subset or one of torchvision's; a
    DataLoader; images alone, or a pair (images, labels). Images may be tensors, arrays, bytes or PIL's. Of a stream
    (IterableDataset) the first n are taken. Transforms run; the random state stays as it was.
    Raises ValueError, naming the argument, for anything else.
    """
    if n < 1:
        raise ValueError(f"{name}: n is {n}, expected at least 1.")
    with torch.random.fork_rng(devices=[]):
        images, labels, indices, total = _drawn(dataset, n, name)
    if images is None or len(images) == 0:
        raise ValueError(f"{name}: there are no images in it.")
    images = as_images(images, f"{name}: images")
    return Sample(images, _classes(labels, indices, total, dataset, name))


def labelled(labels, total: int, n: int, name: str) -> Labelled:
    """Which of total entries to show, n at most, and their classes by labels (N,), or None for none."""
    if labels is not None and len(labels) != total:
        raise ValueError(f"{name}: got {len(labels)} labels for {total} codes, expected as many of each.")
    indices = _choose(total, n)
    return _classes(None if labels is None else labels[_like(indices, labels)], indices, total, labels, name)


def first_images(images, n: int, name: str) -> Tensor:
    """The first n of images (N, C, H, W), or of a data set. Raises ValueError as as_images and sample do, and for n < 1."""
    if n < 1:
        raise ValueError(f"{name}: n is {n}, expected at least 1.")
    if isinstance(images, (list, tuple)) and _in_memory(images) is None:
        images = images[:n]
    with torch.random.fork_rng(devices=[]):
        found = _drawn(images, n, name, at_random=False)[0]
    if found is None:
        raise ValueError(f"{name}: there are no images in it.")
    return as_images(found, name)[:n]


def _choose(total: int, n: int, at_random: bool = True) -> Tensor:
    """Which of total entries: all, or n of them, the first ones or at random, in their order."""
    if total <= n or not at_random:
        return torch.arange(min(n, total))
    return torch.randperm(total, generator=torch.Generator().manual_seed(0))[:n].sort().values


def _drawn(dataset, n: int, name: str, at_random: bool = True) -> tuple:
    """(images, labels or None, indices, total)"""
    pair = _in_memory(dataset)
    if pair is not None:
        images, labels = pair
        if labels is not None and len(labels) != len(images):
            raise ValueError(f"{name}: got {len(images)} images and {len(labels)} labels, expected as many of each.")
        chosen = _choose(len(images), n, at_random)
        labels = None if labels is None else labels[_like(chosen, labels)]
        return images[_like(chosen, images)], labels, chosen, len(images)
    loader = dataset if isinstance(dataset, DataLoader) else None
    entries = dataset if loader is None else loader.dataset
    if hasattr(entries, "__getitem__") and not isinstance(entries, IterableDataset):
        if not hasattr(entries, "__len__"):
            raise ValueError(f"{name}: {type(entries).__name__} does not tell its length: give it a method __len__.")
        chosen = _choose(len(entries), n, at_random)
        items = [entries[i] for i in chosen.tolist()]
        found = _of_items(items, name) if loader is None or not items else _of_collated(loader, items, name)
        return *found, chosen, len(entries)
    if not isinstance(dataset, Iterable):
        raise ValueError(
            f"{name}: got {type(dataset).__name__}, expected a data set of (image, label), or images (N, C, H, W)."
        )
    found = _of_items(list(islice(iter(dataset), n)), name) if loader is None else _of_batches(loader, n, name)
    count = 0 if found[0] is None else len(found[0])
    return *found, torch.arange(count), count


def _of_collated(loader: DataLoader, items: list, name: str) -> tuple:
    """(images, labels or None) of entries as a loader makes a batch of them; one without batches gives them as they are."""
    return _of_items(items, name) if loader.batch_size is None else _split(loader.collate_fn(items), name, batch=True)


def _in_memory(dataset):
    """(images, labels or None) that lie in memory as they are; None where they must be read one by one.

    A subclass with a __getitem__ of its own (a transform) is read by that.
    """
    if isinstance(dataset, (Tensor, np.ndarray)):
        return dataset, None
    if isinstance(dataset, tuple) and [min(getattr(part, "ndim", 0), 3) for part in dataset] == [3, 1]:
        return dataset
    if isinstance(dataset, ImageDataset) and type(dataset).__getitem__ is ImageDataset.__getitem__:
        return dataset.images, dataset.labels
    if isinstance(getattr(dataset, "images", None), (Tensor, np.ndarray)) and not hasattr(dataset, "__getitem__"):
        return dataset.images, getattr(dataset, "labels", None)
    return None


def _like(indices: Tensor, values):
    """Indices that values, a tensor on some device or an array, can be indexed with."""
    return indices.to(values.device) if isinstance(values, Tensor) else indices.numpy()


def _of_batches(loader: DataLoader, n: int, name: str) -> tuple:
    """(images, labels or None) of a stream's first batches."""
    parts, count = [], 0
    for batch in loader:
        parts.append(_split(batch, name, batch=True))
        count += len(parts[-1][0])
        if count >= n:
            break
    if not parts:
        return None, None
    images, labels = zip(*parts, strict=True)
    return torch.cat(images)[:n], None if any(own is None for own in labels) else torch.cat(labels)[:n]


def _of_items(items: list, name: str) -> tuple:
    """(images, labels or None) of entries that are each (image, label) or an image alone."""
    if not items:
        return None, None
    pictures, labels = zip(*(_split(item, name) for item in items), strict=True)
    images = stacked([_image(picture, name) for picture in pictures], f"{name}: images")
    if images.ndim == 3 and images.shape[0] in CHANNELS:  # (N, H, W): one or three grey images, not one in colour
        images = images[:, None]
    return images, None if any(label is None for label in labels) else list(labels)


def _split(item, name: str, batch: bool = False) -> tuple:
    """(image, label or None) of an entry, or of a batch. A second part that is itself an image (for denoising, say) is no
    label."""
    if isinstance(item, dict):
        keys = ", ".join(map(repr, item))
        raise ValueError(
            f"{name}: its entries are dicts ({keys}), expected (image, label); pass a DataLoader whose collate_fn makes "
            "such pairs, or a list of them."
        )
    if not isinstance(item, (tuple, list)):
        return item, None
    label = item[1] if len(item) > 1 else None
    return item[0], label if np.ndim(label) == batch or isinstance(label, str) else None


def _image(image, name: str) -> Tensor:
    """One image of a data set: a tensor as it is, an array or a PIL image with its colours first."""
    if isinstance(image, Tensor):
        return image
    array = np.asarray(image)
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3):
        raise ValueError(f"{name}: an entry's image is {type(image).__name__}, expected a tensor (C, H, W).")
    is_pil = not isinstance(image, np.ndarray)
    return torch.tensor(array.transpose(2, 0, 1) if is_pil and array.ndim == 3 else array)


def _classes(labels, indices: Tensor, total: int, dataset, name: str) -> Labelled:
    """The places and names of the classes of labels (N,): numbers, or words. Labels 0 … 9 keep their numbers as places."""
    if labels is None:
        return Labelled(total, indices, np.zeros(len(indices), dtype=int), {})
    if isinstance(labels, Tensor):
        labels = labels.detach().cpu().numpy()
    labels = np.asarray([label.item() if isinstance(label, Tensor) else label for label in labels])
    if labels.ndim != 1 or labels.dtype.kind not in "biufU" or (labels.dtype.kind == "f" and (labels % 1 != 0).any()):
        raise ValueError(
            f"{name}: labels of shape {labels.shape}, {labels.dtype}, expected a whole number for each image."
        )
    words = labels.dtype.kind == "U"
    values, ranks = np.unique(labels if words else labels.astype(int), return_inverse=True)
    keep = not words and values.min() >= 0 and values.max() <= 9
    called = {} if words else _class_names(dataset)
    names = {int(value) if keep else rank: called.get(value, str(value)) for rank, value in enumerate(values.tolist())}
    return Labelled(total, indices, values[ranks] if keep else ranks, names, is_digits(dataset))


def _class_names(dataset) -> dict[int, str]:
    """label → name, where a data set (or the one beneath a Subset or loader) has names for its classes."""
    names = getattr(_root(dataset), "classes", None)
    if not isinstance(names, Sequence) or isinstance(names, str) or is_digits(dataset):
        return {}
    return {number: str(name) for number, name in enumerate(names)}


def _root(dataset):
    """The data set beneath loaders and Subsets."""
    while isinstance(dataset, (DataLoader, Subset)):
        dataset = dataset.dataset
    return dataset


def is_digits(dataset) -> bool:
    """Whether the classes are digits: MNIST (ours or torchvision's) and scikit-learn's digits."""
    root = _root(dataset)
    return getattr(root, "name", None) in ("MNIST", "digits") or type(root).__name__ in ("MNIST", "QMNIST")
