"""Images come in: MNIST from a folder or the network, digits that need neither, and splits."""

import errno
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.request import Request, urlopen

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset, random_split

from ._language import tr

__all__ = ["DataError", "ImageDataset", "add_noise", "load_digits", "load_mnist", "split"]

# The four files of MNIST, unpacked, with the MD5 sum of each (LeCun, Cortes, Burges).
MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PROBE_SECONDS = 6  # how long to look for a network before the offline digits step in
STALL_SECONDS = 15  # a download that sends nothing for this long is given up


class DataError(RuntimeError):
    """A data file is missing, damaged or not MNIST; the message names the file and how to mend it.

    Lesson 00: 3 · The data
    """


class ImageDataset(Dataset):
    """Labelled images in memory.

    images: float32 (N, C, H, W) in [0, 1]; labels: int64 (N,); name: where they come from.
    Indexing gives one pair (image (C, H, W), label as int), so a DataLoader can read it as well.
    Lesson 00: 3 · The data
    """

    def __init__(self, images: Tensor, labels: Tensor, name: str):
        if len(images) != len(labels):
            raise ValueError(f"ImageDataset(images, labels): got {len(images)} images and {len(labels)} labels.")
        self.images, self.labels, self.name = images, labels, name

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.images[index], int(self.labels[index])

    def __repr__(self) -> str:
        return f"{self.name}: {f'{len(self):,}'.replace(',', tr('.', ','))} × {tuple(self.images.shape[1:])}"


def load_mnist(root: str | os.PathLike | None = None, train: bool = True) -> ImageDataset:
    """MNIST's 60,000 training images, or its 10,000 test images with train=False.

    Where they come from, in this order:
    - root, if given: a folder in torchvision's layout (root/MNIST/raw/…); MNIST is downloaded into it if missing;
    - the folder that the environment variable VAE_DATA_DIR names, which must hold MNIST already;
    - the course's own folder data/ (outside a checkout: ./data), downloaded once;
    - without a network: the 1,797 real digits of scikit-learn (load_digits), with a notice, once.

    Returns an ImageDataset: images (N, 1, 28, 28) in [0, 1], labels (N,).
    Raises DataError for a damaged or foreign file and for a VAE_DATA_DIR without MNIST; OSError where the given root
    cannot be written.
    Lesson 00: 3 · The data
    """
    variable = os.environ.get("VAE_DATA_DIR")
    if root is None and variable:
        folder = Path(variable).expanduser()
        missing = _missing_files(folder)
        if missing:
            raise DataError(
                tr(
                    f"VAE_DATA_DIR = {variable!r}: không thấy tệp {folder / 'MNIST' / 'raw' / missing[0]}. "
                    "Hãy trỏ biến này vào thư mục chứa MNIST/raw, hoặc bỏ biến đi để khóa học tự tải MNIST.",
                    f"VAE_DATA_DIR = {variable!r}: there is no file {folder / 'MNIST' / 'raw' / missing[0]}. "
                    "Point the variable at the folder that holds MNIST/raw, or unset it to let the course download MNIST.",
                )
            )
        return _read_mnist(folder, train)

    folder = Path(root).expanduser() if root is not None else _default_folder()
    if _missing_files(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _download_mnist(folder)
        except DataError as problem:  # no network, or a download cut off: nothing was left behind
            return _fall_back(train, str(problem), folder)
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
            reason = tr(
                f"không ghi được vào thư mục {folder} ({problem})", f"the folder {folder} cannot be written ({problem})"
            )
            return _fall_back(train, reason, folder)
    return _read_mnist(folder, train)


def load_digits(train: bool = True) -> ImageDataset:
    """The 1,797 real handwritten digits that scikit-learn carries, as 28×28 images: no network needed.

    8×8 images (Alpaydin & Kaynak, UCI ML repository, 1998) enlarged bicubically, split once and for all into 1,438
    for training and 359 for testing. Returns an ImageDataset: images (N, 1, 28, 28) in [0, 1], labels (N,).
    Lesson 00: 3 · The data
    """
    from sklearn.datasets import load_digits as sklearn_digits

    digits = sklearn_digits()
    small = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    images = F.interpolate(small, size=(28, 28), mode="bicubic", align_corners=False).clamp(0, 1)
    everything = ImageDataset(images, torch.tensor(digits.target, dtype=torch.int64), "digits")
    first, second = split(everything, (0.8, 0.2), seed=0)
    return first if train else second


def split(dataset: Dataset, fractions: Sequence[float] = (0.8, 0.2), seed: int = 0) -> list[Dataset]:
    """Split at random into parts that do not overlap, the same parts for the same seed.

    fractions: the share of each part, positive, together 1 (or less, to leave some images out).
    Returns one dataset per fraction: ImageDatasets from an ImageDataset, torch Subsets from any other.
    Raises ValueError when the fractions are not positive, exceed 1, or leave a part without images.
    Lesson 05: III.4 · Split and DataLoader
    """
    if any(fraction <= 0 for fraction in fractions) or sum(fractions) > 1 + 1e-9:
        raise ValueError(f"split(fractions): got {tuple(fractions)}, expected positive numbers that sum to 1 at most.")
    rest = 1 - sum(fractions)
    shares = [*fractions, rest] if rest > 1e-9 else list(fractions)
    parts = random_split(dataset, shares, generator=torch.Generator().manual_seed(seed))[: len(fractions)]
    if any(len(part) == 0 for part in parts):
        raise ValueError(f"split(fractions): {tuple(fractions)} of {len(dataset)} images leaves a part empty.")
    if not isinstance(dataset, ImageDataset):
        return parts
    return [ImageDataset(dataset.images[part.indices], dataset.labels[part.indices], dataset.name) for part in parts]


def add_noise(images: Tensor, kind: str = "gaussian", amount: float = 0.4) -> Tensor:
    """The images with random noise, as new tensors in [0, 1]; draws from torch's random state.

    "gaussian": adds N(0, amount²) to each pixel, then cuts off at 0 and 1.
    "mask": sets each pixel to 0 with probability amount.
    "salt-pepper": sets each pixel with probability amount to 0 or 1, each half of the time.
    These are the corruptions of P. Vincent et al., "Stacked Denoising Autoencoders", JMLR 2010; there masking and
    salt-and-pepper noise hit a fixed number of pixels in each image, here each pixel on its own.

    images: (N, C, H, W) in [0, 1], or any other shape. Returns the same shape.
    Raises ValueError for an unknown kind, a negative amount, and an amount above 1 where it is a probability.
    Lesson 08: 5 · The denoising autoencoder
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


def _raw(folder: Path) -> Path:
    return folder / "MNIST" / "raw"


def _missing_files(folder: Path) -> list[str]:
    return [name for name in MNIST_FILES if not (_raw(folder) / name).is_file()]


def _check_file(path: Path) -> None:
    """Raise DataError unless the file is, byte for byte, MNIST's file of that name."""
    from torchvision.datasets.utils import check_integrity

    if not check_integrity(path, MNIST_FILES[path.name]):
        raise DataError(
            tr(
                f"Tệp {path} bị hỏng hoặc không phải MNIST ({path.stat().st_size:,} byte). "
                "Hãy xóa tệp này rồi chạy lại: khóa học sẽ tải bản mới.",
                f"The file {path} is damaged or is not MNIST ({path.stat().st_size:,} bytes). "
                "Delete it and run again: the course downloads a new copy.",
            )
        )


def _read_mnist(folder: Path, train: bool) -> ImageDataset:
    from torchvision.datasets import MNIST

    for name in MNIST_FILES:
        if name.startswith("train" if train else "t10k"):
            _check_file(_raw(folder) / name)
    mnist = MNIST(folder, train=train, download=False)
    return ImageDataset(mnist.data.unsqueeze(1).float().div_(255), mnist.targets, "MNIST")


def _download_mnist(folder: Path) -> None:
    """Download MNIST into folder; each file appears there only when it is whole.

    Raises DataError, with a reason, when no mirror answers or the download breaks off; OSError when the folder
    cannot be written.
    """
    from torchvision.datasets import MNIST

    # A folder beside the files, so that moving them in is one rename each; also finds out whether we may write here.
    staging = Path(tempfile.mkdtemp(prefix=".download-", dir=folder))
    timeout = socket.getdefaulttimeout()
    try:
        if not _network_answers(MNIST.mirrors):
            raise DataError(
                tr("không có kết nối mạng tới nơi chứa MNIST", "no network connection to a server of MNIST")
            )
        socket.setdefaulttimeout(STALL_SECONDS)  # torchvision itself would wait forever for a silent server
        try:
            MNIST(staging, download=True)
        except Exception as problem:  # URLError, a wrong checksum, a broken archive, …: each means "not here, not now"
            if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # the disk is full: that is not the network's fault
            raise DataError(
                tr(f"tải MNIST bị dở dang ({problem})", f"the download of MNIST broke off ({problem})")
            ) from problem
        for name in MNIST_FILES:
            _check_file(_raw(staging) / name)
        _raw(folder).mkdir(parents=True, exist_ok=True)
        for name in MNIST_FILES:
            os.replace(_raw(staging) / name, _raw(folder) / name)
    finally:
        socket.setdefaulttimeout(timeout)
        shutil.rmtree(staging, ignore_errors=True)


def _network_answers(mirrors: Sequence[str]) -> bool:
    """Whether any mirror answers within PROBE_SECONDS, asked side by side; a name server that hangs cannot hold us."""
    answered = threading.Event()

    def ask(mirror: str) -> None:
        try:
            request = Request(mirror + "t10k-labels-idx1-ubyte.gz", method="HEAD")
            with urlopen(request, timeout=PROBE_SECONDS):
                answered.set()
        except Exception:  # whatever the reason, this mirror is of no use now
            pass

    askers = [threading.Thread(target=ask, args=(mirror,), daemon=True) for mirror in mirrors]
    for asker in askers:
        asker.start()
    for _ in range(10 * PROBE_SECONDS):
        if answered.wait(0.1) or not any(asker.is_alive() for asker in askers):
            break
    return answered.is_set()


_notice_given = False


def _fall_back(train: bool, reason: str, folder: Path) -> ImageDataset:
    global _notice_given
    if not _notice_given:
        _notice_given = True
        print(
            tr(
                f"⚠ Không dùng được MNIST: {reason}.\n"
                "  Bài học chạy tiếp với 1.797 chữ số viết tay thật có sẵn trong scikit-learn (8×8, phóng lên 28×28),\n"
                "  nên các con số và hình sẽ khác trong bài. Để dùng MNIST: kết nối mạng rồi khởi động lại kernel,\n"
                f"  hoặc chép bốn tệp MNIST vào {_raw(folder)},\n"
                "  hoặc đặt biến môi trường VAE_DATA_DIR vào thư mục chứa MNIST/raw.",
                f"⚠ MNIST is not available: {reason}.\n"
                "  The lesson goes on with the 1,797 real handwritten digits inside scikit-learn (8×8, enlarged to 28×28),\n"
                "  so numbers and pictures will differ from the text. To use MNIST: connect and restart the kernel,\n"
                f"  or copy the four MNIST files into {_raw(folder)},\n"
                "  or set the environment variable VAE_DATA_DIR to the folder that holds MNIST/raw.",
            )
        )
    return load_digits(train)
