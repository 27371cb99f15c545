"""Images come in: MNIST from a folder or the network, digits that need neither, your own pictures, and splits."""

import math
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset, random_split

from ._language import tr
from ._mnist import MNIST_FILES, DataError, check, download, raw, read, unpack, write
from ._mnist import missing_files as _missing_files

__all__ = [
    "DataError", "ImageDataset", "add_noise", "load_digits", "load_folder", "load_mnist", "mnist_root", "split",
    "sprites",
]  # fmt: skip


class ImageDataset(Dataset):
    """Images in memory, with or without labels.

    images: float32 (N, C, H, W) in [0, 1]; labels: int64 (N,), or None; name: where they come from;
    classes: the names that the labels count from 0, or None where the labels speak for themselves; factors: what the
    images were drawn from, a value (N,) under each name, or None where nobody knows.
    Indexing gives one pair (image (C, H, W), label as int), so a DataLoader can read it as well; without labels it
    gives the image alone.

    What is given may be tensors or NumPy arrays. Whole numbers of 8 bits (0 … 255) become shares of 255, other floats
    float32, labels int64. Centred images, which have negative values, and words of a VQVAE (int64, (N, positions)) are
    taken as they are. Raises ValueError for other shapes and types, NaN, ranges far beyond [0, 1] (0 … 255, mostly), and
    labels that do not fit the images.
    Lesson 00: The data
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor | None = None,
        name: str = "images",
        classes: Sequence[str] | None = None,
        factors: dict[str, Tensor] | None = None,
    ):
        self.images = _checked_images(_as_tensor(images, "images"))
        self.labels = (
            None if labels is None else _checked_labels(_as_tensor(labels, "labels"), len(self.images), classes)
        )
        self.name, self.classes, self.factors = name, None if classes is None else list(classes), factors

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int] | Tensor:
        if self.labels is None:
            return self.images[index]
        return self.images[index], int(self.labels[index])

    def part(self, indices: Sequence[int]) -> "ImageDataset":
        """The images with these numbers, with their labels and factors, as an ImageDataset of the same name and classes."""
        labels = None if self.labels is None else self.labels[indices]
        factors = None if self.factors is None else {name: value[indices] for name, value in self.factors.items()}
        return ImageDataset(self.images[indices], labels, self.name, self.classes, factors)

    def __repr__(self) -> str:
        return f"{self.name}: {f'{len(self):,}'.replace(',', tr('.', ','))} × {tuple(self.images.shape[1:])}"


def load_mnist(root: str | os.PathLike | None = None, train: bool = True, *, fallback: bool = True) -> ImageDataset:
    """MNIST's 60,000 training images, or its 10,000 test images with train=False.

    Where they come from, in this order:
    - root, if given: a folder in torchvision's layout (root/MNIST/raw/…); MNIST is downloaded into it if missing;
    - the folder that the environment variable VAE_DATA_DIR names, which must hold MNIST already;
    - the course's own folder data/ (outside a checkout: ./data), downloaded once;
    - without a network: the 1,797 real digits of scikit-learn (load_digits), with a notice, once; with
      fallback=False, for tools that need the real MNIST, DataError instead.
    Files that were put there by hand may be packed (.gz): they are unpacked beside.

    Returns an ImageDataset: images (N, 1, 28, 28) in [0, 1], labels (N,).
    Raises DataError for a damaged or foreign file, for a VAE_DATA_DIR without MNIST and, with fallback=False, where
    MNIST cannot be had; OSError where the given root cannot be written.
    Lesson 00: The data
    """
    folder, reason = _located(root)
    if reason is None:
        return ImageDataset(*read(folder, train), "MNIST")
    if not fallback:
        raise DataError(tr(f"Không dùng được MNIST: {reason}.", f"MNIST is not available: {reason}.") + _ways(folder))
    _notify(reason, folder)
    return load_digits(train)


def mnist_root() -> Path:
    """The root for torchvision's own class: datasets.MNIST(root=mnist_root(), …) finds its four files there.

    The folder is the one that load_mnist() reads; MNIST is downloaded into it if missing. Without a network it is a
    folder with the 1,797 digits of load_digits, written as MNIST's files, and the notice says so.
    Raises DataError as load_mnist does.
    Lesson 05: III.3 · Hyperparameters and data
    """
    folder, reason = _located(None)
    if reason is None:
        check(folder)
        return folder
    _notify(reason, folder)
    return Path(_digits_as_files().name)


@cache
def _digits_as_files() -> tempfile.TemporaryDirectory:
    """A folder with the digits in MNIST's format, which goes when Python ends."""
    folder = tempfile.TemporaryDirectory(prefix="vae_digits_", ignore_cleanup_errors=True)
    parts = [load_digits(train) for train in (True, False)]
    write(Path(folder.name), *((part.images, part.labels) for part in parts))
    return folder


def load_digits(train: bool = True) -> ImageDataset:
    """The 1,797 real handwritten digits that scikit-learn carries, as 28×28 images: no network needed.

    8×8 images (Alpaydin & Kaynak, UCI ML repository, 1998) enlarged bicubically, split once and for all into 1,438
    for training and 359 for testing. Returns an ImageDataset: images (N, 1, 28, 28) in [0, 1], labels (N,).
    Lesson 00: The data
    """
    from sklearn.datasets import load_digits as sklearn_digits

    digits = sklearn_digits()
    small = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    images = F.interpolate(small, size=(28, 28), mode="bicubic", align_corners=False).clamp(0, 1)
    everything = ImageDataset(images, torch.tensor(digits.target, dtype=torch.int64), "digits")
    first, second = split(everything, (0.8, 0.2), seed=0)
    return first if train else second


def load_folder(path: str | os.PathLike, size: int = 28, channels: int = 1) -> ImageDataset:
    """Your own pictures: all image files of a folder, cut to the middle square and resized, in memory.

    Each subfolder is a class: its name goes into .classes, and the images in it, at any depth, get its number as label.
    A folder without subfolders gives images without labels. Pictures are turned as the camera was held, transparent
    parts become white; light and dark stay as they are (ink on paper is dark on white, MNIST the other way round:
    1 - dataset.images turns them). Images that cannot be read are left out and named, and so are files that do not end
    like one; only hidden ones go without a word. The order does not depend on the system.

    size: 28, 32 or 64 pixels on a side; channels: 1 (grey) or 3 (red, green, blue).
    Returns an ImageDataset: images (N, channels, size, size) in [0, 1], labels (N,) or None, name of the folder, classes.
    Raises ValueError for another size or number of channels; DataError for a folder that is not there, holds no
    readable images, or holds images both in and beside subfolders.
    Lesson 00: The data
    """
    from ._folder import read_folder

    for argument, value, choices in (("size", size, (28, 32, 64)), ("channels", channels, (1, 3))):
        if value not in choices:
            raise ValueError(f"load_folder({argument}): got {value!r}, expected {' or '.join(map(str, choices))}.")
    folder = Path(path).expanduser()
    images, labels, classes = read_folder(folder, size, channels)
    return ImageDataset(images, labels, folder.resolve().name, classes)


def sprites(n: int = 10_000, size: int = 32, seed: int = 0) -> ImageDataset:
    """Coloured shapes on black whose factors are known, drawn by code: no network, no files, the same for the same seed.

    .factors holds what each image was drawn from, float32 (n,) each, all independent and uniform: "shape" (0, 1, 2 for
    .classes ellipse, triangle, heart; also .labels), "hue" (of HSV, from 0, red, by 1/3, green, to 2/3, blue), "size"
    (0.18 to 0.36, in image sides), "angle" (−45 to 45 degrees, clockwise), "x" and "y" (0.36 to 0.64, the centre, in
    image sides from the left and from the top). After L. Matthey et al., "dSprites", 2017, but in colour.

    size: pixels on a side, 28, 32 or 64. Returns an ImageDataset: images (n, 3, size, size) in [0, 1], edges smooth.
    Raises ValueError for another size and for n below 1.
    Lesson 15: 1 · A set whose factors are known
    """
    from ._sprites import SHAPES, draw, draw_factors

    if size not in (28, 32, 64):
        raise ValueError(f"sprites(size): got {size!r}, expected 28 or 32 or 64.")
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"sprites(n): got {n!r}, expected a whole number from 1 up.")
    factors = draw_factors(n, seed)
    parts = zip(*(value.split(1000) for value in factors.values()), strict=True)
    images = torch.cat([draw(dict(zip(factors, part, strict=True)), size) for part in parts])
    return ImageDataset(images, factors["shape"], "sprites", SHAPES, factors)


def split(dataset: Dataset, fractions: Sequence[float] = (0.8, 0.2), seed: int = 0) -> list[Dataset]:
    """Split at random into parts that do not overlap, the same parts for the same seed.

    fractions: the share of each part, positive, together 1 (or less, to leave some images out).
    Returns one dataset per fraction: ImageDatasets from an ImageDataset, torch Subsets from any other, also from a
    class of your own made from ImageDataset, whose __getitem__ may do more than look up.
    Raises ValueError when the fractions are not positive, exceed 1, or leave a part without images.
    Lesson 05: III.4 · Split and DataLoader
    """
    total = sum(fractions)
    if any(not fraction > 0 for fraction in fractions) or not total <= 1 + 1e-9:
        raise ValueError(f"split(fractions): got {tuple(fractions)}, expected positive numbers that sum to 1 at most.")
    shares = [*fractions, 1 - total] if 1 - total > 1e-9 else list(fractions)
    lengths = [math.floor(len(dataset) * share) for share in shares]
    for i in range(len(dataset) - sum(lengths)):  # what rounding left over, one by one
        lengths[i % len(lengths)] += 1
    parts = random_split(dataset, lengths, generator=torch.Generator().manual_seed(seed))[: len(fractions)]
    if any(len(part) == 0 for part in parts):
        raise ValueError(f"split(fractions): {tuple(fractions)} of {len(dataset)} images leaves a part empty.")
    return [dataset.part(part.indices) if type(dataset) is ImageDataset else part for part in parts]


def add_noise(images: Tensor, kind: str = "gaussian", amount: float = 0.4) -> Tensor:
    """The images with random noise, as new tensors in [0, 1]; draws from torch's random state.

    "gaussian": adds N(0, amount²) to each pixel, then cuts off at 0 and 1.
    "mask": sets each pixel to 0 with probability amount.
    "salt-pepper": sets each pixel with probability amount to 0 or 1, each half of the time.
    These are the corruptions of P. Vincent et al., "Stacked Denoising Autoencoders", JMLR 2010; there masking and
    salt-and-pepper noise hit a fixed number of pixels in each image, here each pixel on its own.

    images: (N, C, H, W) in [0, 1], or any other shape. Returns the same shape.
    Raises ValueError for an unknown kind, a negative amount, and an amount above 1 where it is a probability.
    Lesson 09: The denoising autoencoder
    """
    if kind not in ("gaussian", "mask", "salt-pepper"):
        raise ValueError(f"add_noise(kind): got {kind!r}, expected 'gaussian', 'mask' or 'salt-pepper'.")
    if amount < 0 or (kind != "gaussian" and amount > 1):
        expected = "a standard deviation from 0 up" if kind == "gaussian" else "a probability from 0 to 1"
        raise ValueError(f"add_noise(amount): got {amount} for {kind!r}, expected {expected}.")
    if kind == "gaussian":
        return (images + amount * torch.randn_like(images)).clamp(0, 1)
    hit = torch.rand_like(images) < amount
    new = torch.zeros_like(images) if kind == "mask" else (torch.rand_like(images) < 0.5).to(images.dtype)
    return torch.where(hit, new, images)


def _default_folder() -> Path:
    """data/ of the checkout that this package lies in, or else of the current folder."""
    checkout = Path(__file__).resolve().parents[1]
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "data"


def _located(root: str | os.PathLike | None) -> tuple[Path, str | None]:
    """The folder of MNIST, fetched if need be; and None, or the reason why MNIST cannot be had there.

    Raises DataError for a VAE_DATA_DIR without MNIST, OSError where the caller's root cannot be written.
    """
    variable = os.environ.get("VAE_DATA_DIR")
    if root is not None or not variable:
        folder = Path(root).expanduser() if root is not None else _default_folder()
        return folder, _fetch(folder, root)
    folder = Path(variable).expanduser()
    unpack(folder)
    if missing := _missing_files(folder):
        raise DataError(
            tr(
                f"VAE_DATA_DIR = {variable!r}: không thấy tệp {raw(folder) / missing[0]}, dù là đã nén (.gz). "
                "Hãy trỏ biến này vào thư mục chứa MNIST/raw, hoặc bỏ biến đi để khóa học tự tải MNIST.",
                f"VAE_DATA_DIR = {variable!r}: there is no file {raw(folder) / missing[0]}, nor a packed one (.gz). "
                "Point the variable at the folder that holds MNIST/raw, or unset it to let the course download MNIST.",
            )
        )
    return folder, None


def _fetch(folder: Path, root: str | os.PathLike | None) -> str | None:
    """See to it that MNIST lies in folder: None, or the reason why it cannot be had. OSError for a root of the caller's."""
    unpack(folder)
    if not _missing_files(folder):
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        download(folder)
    except DataError as problem:  # no network, or a download cut off: nothing was left behind
        return str(problem)
    except OSError as problem:
        if root is not None:
            raise OSError(
                tr(
                    f"load_mnist(root={str(root)!r}): không ghi được vào thư mục này ({problem}). "
                    "Hãy chọn một thư mục bạn có quyền ghi.",
                    f"load_mnist(root={str(root)!r}): this folder cannot be written ({problem}). "
                    "Choose a folder that you may write to.",
                )
            ) from problem
        return tr(
            f"không ghi được vào thư mục {folder} ({problem})", f"the folder {folder} cannot be written ({problem})"
        )
    return None


def _ways(folder: Path) -> str:
    """How to come by MNIST all the same, in lines."""
    files = ", ".join(MNIST_FILES)
    return tr(
        "\n  Để dùng MNIST: kết nối mạng rồi khởi động lại kernel,\n"
        f"  hoặc chép bốn tệp của nó, đã nén (.gz) hay chưa đều được, vào {raw(folder)}:\n"
        f"  {files};\n"
        "  hoặc đặt biến môi trường VAE_DATA_DIR vào thư mục chứa MNIST/raw.",
        "\n  To use MNIST: connect and restart the kernel,\n"
        f"  or copy its four files, packed (.gz) or not, into {raw(folder)}:\n"
        f"  {files};\n"
        "  or set the environment variable VAE_DATA_DIR to the folder that holds MNIST/raw.",
    )


_notice_given = False


def _notify(reason: str, folder: Path) -> None:
    """Say, once, that the digits stand in."""
    global _notice_given
    if not _notice_given:
        _notice_given = True
        print(
            tr(
                f"⚠ Không dùng được MNIST: {reason}.\n"
                "  Bài học chạy tiếp với 1.797 chữ số viết tay thật có sẵn trong scikit-learn (8×8, phóng lên 28×28),\n"
                "  nên các con số và hình sẽ khác trong bài.",
                f"⚠ MNIST is not available: {reason}.\n"
                "  The lesson goes on with the 1,797 real handwritten digits inside scikit-learn (8×8, enlarged to 28×28),\n"
                "  so numbers and pictures will differ from the text.",
            )
            + _ways(folder)
        )


def _as_tensor(values, name: str) -> Tensor:
    try:
        return torch.as_tensor(values).detach()
    except (TypeError, ValueError, RuntimeError):
        hint = " Names of classes go into classes=, labels count them from 0." if name == "labels" else ""
        raise ValueError(
            f"ImageDataset({name}): got {type(values).__name__}, expected a tensor or an array of numbers.{hint}"
        ) from None


def _checked_images(images: Tensor) -> Tensor:
    """As ImageDataset's docstring says."""
    shape = tuple(images.shape)
    if images.ndim not in (2, 4):
        cure = " Grey images need an axis for the channel: images[:, None]." if images.ndim == 3 else ""
        raise ValueError(f"ImageDataset(images): got shape {shape}, expected (N, C, H, W), or (N, pixels).{cure}")
    if images.ndim == 4 and shape[3] <= 4 < min(shape[1:3]):
        raise ValueError(
            f"ImageDataset(images): got shape {shape}, which looks like (N, H, W, C), expected (N, C, H, W): "
            "images.permute(0, 3, 1, 2)."
        )
    if images.dtype in (torch.uint8, torch.bool):
        return images.float() / (255 if images.dtype == torch.uint8 else 1)
    if images.dtype == torch.int64 and images.ndim == 2:
        return images
    if not images.is_floating_point():
        raise ValueError(
            f"ImageDataset(images): got whole numbers ({images.dtype}), expected float32 in [0, 1], or uint8: "
            "images.float() / 255, if they go from 0 to 255."
        )
    images = images.float()
    if images.numel():
        low, high = images.aminmax()
        if not math.isfinite(low) or not math.isfinite(high):
            bad = int((~images.isfinite()).flatten(1).any(dim=1).nonzero()[0])
            raise ValueError(f"ImageDataset(images): image {bad} has a pixel that is NaN or infinite.")
        if low >= 0 and high > 1.5:  # beyond what resizing overshoots
            raise ValueError(
                f"ImageDataset(images): the values go from {low:.3g} to {high:.3g}, expected [0, 1]: divide them by what "
                "white is, mostly 255."
            )
    return images


def _checked_labels(labels: Tensor, n: int, classes: Sequence[str] | None) -> Tensor:
    """As ImageDataset's docstring says."""
    if labels.ndim != 1 or len(labels) != n:
        found = f"{len(labels)} labels" if labels.ndim == 1 else f"labels of shape {tuple(labels.shape)}"
        raise ValueError(f"ImageDataset(images, labels): got {n} images and {found}, expected one whole number each.")
    whole = labels.long()
    if labels.is_complex() or not bool((whole == labels).all()):
        raise ValueError("ImageDataset(labels): expected whole numbers, got fractions.")
    if classes is not None and n and not 0 <= whole.min() <= whole.max() < len(classes):
        raise ValueError(
            f"ImageDataset(labels, classes): the labels go from {whole.min()} to {whole.max()}, expected 0 to "
            f"{len(classes) - 1}: there are {len(classes)} classes."
        )
    return whole
