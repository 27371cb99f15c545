"""Batches on the device, (images, labels): what fit iterates over."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset, default_collate

from .._language import tr
from ..data import ImageDataset

# torchvision's transforms that do the same to an image each time.
FIXED_TRANSFORMS = [
    "CenterCrop",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "Normalize",
    "Pad",
    "PILToTensor",
    "Resize",
    "ToDtype",
    "ToImage",
    "ToPILImage",
    "ToTensor",
]


class Batches:
    """Batches (x, y): images on the device, and their labels, or None where there are none.

    images: how many there are, or None for a stream; batch_size: None where a loader does not tell; image_size: "28x28",
    or "?" until a first batch was there. Raises ValueError for what are no images, and when no batch comes.
    """

    def __init__(self, name: str, device: torch.device, dtype: torch.dtype, batch_size: int | None, images: int | None):
        self.name, self.device, self.dtype, self.batch_size, self.images = name, device, dtype, batch_size, images
        self.image_size = "?"
        if images == 0:
            raise ValueError(tr(f"fit({name}): tập dữ liệu rỗng.", f"fit({name}): the data set is empty."))

    def __len__(self) -> int:
        """How many batches an epoch has. Raises TypeError where nobody knows."""
        return math.ceil(self.images / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor | None]]:
        empty = True
        for batch in self._batches():
            empty = False
            yield self.ready(*pair_of(batch, self.name))
        if empty:
            raise ValueError(no_batch(self.name))

    def _batches(self) -> Iterator:
        raise NotImplementedError

    def ready(self, x: Tensor, y: object) -> tuple[Tensor, Tensor | None]:
        """The batch on the device, the images as numbers of the model's kind."""
        x = checked(x, self.name)
        x = x.to(self.dtype) if x.is_floating_point() else x  # on the CPU still: Apple's GPU takes no float64
        self.image_size = "x".join(str(side) for side in x.shape[-2:])
        y = y.to(self.device, non_blocking=True) if isinstance(y, Tensor) else y
        return x.to(self.device, non_blocking=True), y


class InMemory(Batches):
    """Images that cannot change, kept on the device; in a fresh random order each time if shuffle."""

    def __init__(self, name, device, dtype, batch_size: int, shuffle: bool, x: Tensor, y: Tensor | None):
        super().__init__(name, device, dtype, batch_size, len(x))
        self.shuffle = shuffle
        self.x, self.y = self.ready(x, y)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor | None]]:
        if self.shuffle:
            parts = torch.randperm(self.images).to(self.device).split(self.batch_size)
        else:
            parts = [slice(start, start + self.batch_size) for start in range(0, self.images, self.batch_size)]
        for part in parts:
            yield self.x[part], None if self.y is None else self.y[part]


class FromDataset(Batches):
    """Items of a data set, read anew in each epoch: random transforms draw anew; in a fresh order if shuffle."""

    def __init__(self, name, device, dtype, batch_size: int, shuffle: bool, dataset: Dataset):
        images = known_length(dataset)
        if images is None:
            raise ValueError(
                tr(
                    f"fit({name}): {type(dataset).__name__} không có __len__. Hãy viết nó, hoặc dùng IterableDataset.",
                    f"fit({name}): {type(dataset).__name__} has no __len__. Write one, or make it an IterableDataset.",
                )
            )
        super().__init__(name, device, dtype, batch_size, images)
        self.shuffle, self.dataset = shuffle, dataset

    def _batches(self) -> Iterator:
        order = torch.randperm(self.images) if self.shuffle else torch.arange(self.images)
        for part in order.split(self.batch_size):
            yield collated([self.dataset[index] for index in part.tolist()], self.name)


class FromLoader(Batches):
    """The batches of a DataLoader as they come."""

    def __init__(self, name, device, dtype, loader: DataLoader):
        self.loader = loader
        super().__init__(name, device, dtype, loader.batch_size, known_length(loader.dataset))
        if known_length(loader) == 0:
            raise ValueError(no_batch(name))

    def __len__(self) -> int:
        return len(self.loader)

    def _batches(self) -> Iterator:
        return iter(self.loader)


def batches_of(source: Dataset | DataLoader, name: str, batch_size: int, device, dtype, shuffle: bool) -> Batches:
    """The right kind for source. Raises ValueError, calling it name, for what is neither a Dataset nor a DataLoader."""
    if isinstance(source, IterableDataset):
        source = DataLoader(source, batch_size=batch_size)
    if isinstance(source, DataLoader):
        return FromLoader(name, device, dtype, source)
    if not isinstance(source, Dataset):
        raise ValueError(
            tr(
                f"fit({name}): nhận {type(source).__name__}, cần một Dataset gồm ảnh hoặc một DataLoader.",
                f"fit({name}): got {type(source).__name__}, expected a Dataset of images or a DataLoader.",
            )
        )
    kept = unchanging(source, name)
    if kept is None:
        return FromDataset(name, device, dtype, batch_size, shuffle, source)
    return InMemory(name, device, dtype, batch_size, shuffle, *kept)


def unchanging(dataset: Dataset, name: str) -> tuple[Tensor, Tensor | None] | None:
    """Images and labels of a data set that gives the same in each epoch, or None where that is not certain.

    Certain are ImageDataset (unless a subclass reads items its own way), TensorDataset, torchvision's data sets without
    random transforms, and any Subset or ConcatDataset of these.
    """
    if isinstance(dataset, ImageDataset) and type(dataset).__getitem__ is ImageDataset.__getitem__:
        labels = dataset.labels
        return torch.as_tensor(dataset.images), None if labels is None else torch.as_tensor(labels)
    if type(dataset) is TensorDataset:
        return dataset.tensors[0], dataset.tensors[1] if len(dataset.tensors) > 1 else None
    if type(dataset) is Subset and not read_alike(dataset):
        x, y = unchanging(dataset.dataset, name) or (None, None)
        indices = list(dataset.indices)
        return None if x is None else (x[indices], None if y is None else y[indices])
    if type(dataset) is ConcatDataset:
        parts = [unchanging(part, name) for part in dataset.datasets]
        if all(part is not None and part[1] is not None for part in parts):
            return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])
        return None
    if read_alike(dataset):
        x, y = pair_of(collated([dataset[index] for index in range(len(dataset))], name), name)
        return (x, y) if isinstance(y, Tensor) else None
    return None


def read_alike(dataset: Dataset) -> bool:
    """Whether it is one of torchvision's data sets, without random transforms, or a Subset of such a one."""
    if type(dataset) is Subset:
        return read_alike(dataset.dataset)
    if not type(dataset).__module__.startswith("torchvision.datasets.") or not known_length(dataset):
        return False
    plain = type(getattr(dataset, "transforms", None)).__name__ in ("NoneType", "StandardTransform")
    return plain and all(fixed(getattr(dataset, side, None)) for side in ("transform", "target_transform"))


def fixed(transform: object) -> bool:
    """Whether a transform of torchvision does the same each time."""
    if transform is None:
        return True
    kind = type(transform)
    known = kind.__module__.startswith("torchvision.transforms") and kind.__name__ in FIXED_TRANSFORMS
    return known and all(map(fixed, getattr(transform, "transforms", ())))


def number_type(model: torch.nn.Module) -> torch.dtype:
    """What numbers the model computes with."""
    kinds = (weight.dtype for weight in model.parameters() if weight.is_floating_point())
    return next(kinds, torch.get_default_dtype())


def known_length(source: Dataset | DataLoader) -> int | None:
    """len(source), or None for a stream."""
    try:
        return len(source)
    except (TypeError, NotImplementedError):
        return None


def collated(items: list, name: str) -> object:
    """The items as one batch. Raises ValueError for items that are no numbers, or not all of one shape."""
    try:
        return default_collate(items)
    except (RuntimeError, TypeError) as problem:
        images = [item[0] if isinstance(item, (tuple, list)) else item for item in items]
        shapes = {tuple(image.shape) for image in images if hasattr(image, "shape")}
        if len(shapes) > 1:
            told = tr(
                f"ảnh có nhiều kích thước, chẳng hạn {sorted(shapes)[:2]}. Hãy đưa về một cỡ (transforms.Resize, CenterCrop).",
                f"the images differ in shape, such as {sorted(shapes)[:2]}. Bring them to one (transforms.Resize, CenterCrop).",
            )
        else:
            told = tr(
                f"mỗi phần tử cho ra {type(images[0]).__name__}, cần một tensor. Với ảnh PIL, hãy thêm transform ToTensor().",
                f"an item gives {type(images[0]).__name__}, expected a tensor. For PIL images add the transform ToTensor().",
            )
        raise ValueError(f"fit({name}): {told}") from problem


def pair_of(batch: object, name: str) -> tuple[Tensor, object]:
    """(images, labels) of a batch: a tensor alone, or a tuple or list that starts with one. Raises ValueError."""
    x, y = batch, None
    if isinstance(batch, (tuple, list)) and batch:
        x, y = batch[0], batch[1] if len(batch) > 1 else None
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(x)
    if not isinstance(x, Tensor):
        got = type(batch).__name__ + (f" ({', '.join(map(repr, batch))})" if isinstance(batch, dict) else "")
        raise ValueError(
            tr(
                f"fit({name}): một batch là {got}, cần một tensor ảnh hoặc một cặp (ảnh, nhãn). Hãy cho DataLoader một "
                "collate_fn trả về cặp ấy.",
                f"fit({name}): a batch is {got}, expected a tensor of images or a pair (images, labels). Give the DataLoader a "
                "collate_fn that makes such a pair.",
            )
        )
    return x, y


def checked(x: Tensor, name: str) -> Tensor:
    """The images, if they may be numbers to compute with. Raises ValueError for 0…255 in uint8, as files have them.

    Other whole numbers pass: they may be words of codes, for a model of these.
    """
    if x.dtype not in (torch.uint8, torch.bool):
        return x
    raise ValueError(whole_numbers(x, name))


def whole_numbers(x: Tensor, name: str) -> str:
    return tr(
        f"fit({name}): ảnh có kiểu {x.dtype}, cần số thực trong [0, 1]. Với ảnh 0…255 hãy dùng images.float() / 255, hoặc "
        "transform ToTensor().",
        f"fit({name}): the images are {x.dtype}, expected real numbers in [0, 1]. For 0…255 use images.float() / 255, or the "
        "transform ToTensor().",
    )


def no_batch(name: str) -> str:
    return tr(
        f"fit({name}): DataLoader không cho ra batch nào. Nếu drop_last=True thì hãy giảm batch_size xuống không quá số ảnh; một "
        "IterableDataset phải bắt đầu lại từ đầu mỗi lần được duyệt.",
        f"fit({name}): the DataLoader gives no batch. With drop_last=True make batch_size no larger than the number of images; "
        "an IterableDataset must start anew each time it is iterated over.",
    )
