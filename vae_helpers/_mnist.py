"""MNIST's four files: found in a folder, unpacked, downloaded, read whole or not at all."""

import errno
import gzip
import hashlib
import os
import shutil
import socket
import ssl
import struct
import tempfile
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import torch
from torch import Tensor

from ._files import write_whole
from ._language import tr

# The four files, unpacked, with the MD5 sum of each (LeCun, Cortes, Burges).
MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PROBE_SECONDS = 6  # how long to look for a network before the offline digits step in
STALL_SECONDS = 15  # a download that sends nothing for this long is given up


class DataError(RuntimeError):
    """A data file or folder is missing, damaged or not what it should be; the message names it and how to mend it.

    Lesson 00: The data
    """


def raw(folder: Path) -> Path:
    """Where the four files lie: torchvision's layout."""
    return folder / "MNIST" / "raw"


def missing_files(folder: Path) -> list[str]:
    return [name for name in MNIST_FILES if not (raw(folder) / name).is_file()]


def unpack(folder: Path) -> None:
    """Unpack those of the four files that were put into the folder by hand: packed (.gz), or with a dot in their names.

    They may lie in MNIST/raw, in MNIST or in the folder itself, and stay there.
    Raises DataError for a damaged or foreign file, and where the folder cannot be written.
    """
    for name in missing_files(folder):
        dotted = name.replace("-idx", ".idx")  # as Kaggle's copies are called
        places = [place / file for place in (raw(folder), folder / "MNIST", folder) for file in (name, dotted)]
        found = [path for plain in places for path in (plain, plain.with_name(f"{plain.name}.gz")) if path.is_file()]
        if not found:
            continue
        content = _content(found[0], name)
        try:
            raw(folder).mkdir(parents=True, exist_ok=True)
            write_whole(raw(folder) / name, content)
        except OSError as problem:
            raise DataError(
                tr(
                    f"Không giải nén được {found[0]} thành {raw(folder) / name} ({problem}). Hãy giải nén bốn tệp MNIST vào một "
                    "thư mục MNIST/raw mà bạn ghi được, rồi đặt VAE_DATA_DIR vào thư mục chứa nó.",
                    f"{found[0]} cannot be unpacked to {raw(folder) / name} ({problem}). Unpack the four MNIST files into a "
                    "folder MNIST/raw that you may write to, and set VAE_DATA_DIR to the folder that holds it.",
                )
            ) from problem


def read(folder: Path, train: bool) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28), float32 in [0, 1], and labels (N,), int64. Raises DataError for damaged or foreign files."""
    part = "train" if train else "t10k"
    pixels, labels = (
        torch.frombuffer(bytearray(_content(raw(folder) / name, name)), dtype=torch.uint8)
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
    )
    images = pixels[16:].view(-1, 1, 28, 28)  # after a header of four numbers (of two, for the labels), 4 bytes each
    return images.float().div_(255), labels[8:].long()


def check(folder: Path) -> None:
    """Raises DataError unless each of the four files is, byte for byte, MNIST's."""
    for name in MNIST_FILES:
        _content(raw(folder) / name, name)


def write(folder: Path, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> None:
    """Other images (N, 1, 28, 28) in [0, 1] with their labels (N,), in MNIST's four files, as read and torchvision take them.

    The pixels become whole numbers from 0 to 255.
    """
    raw(folder).mkdir(parents=True, exist_ok=True)
    for part, (images, labels) in (("train", train), ("t10k", test)):
        pixels = (images * 255).round().byte().numpy().tobytes()
        head = struct.pack(">4i", 2051, len(images), *images.shape[2:])
        write_whole(raw(folder) / f"{part}-images-idx3-ubyte", head + pixels)
        head = struct.pack(">2i", 2049, len(labels))
        write_whole(raw(folder) / f"{part}-labels-idx1-ubyte", head + labels.byte().numpy().tobytes())


def _content(path: Path, name: str) -> bytes:
    """What is in the file, unpacked. Raises DataError unless it is, byte for byte, MNIST's file of that name."""
    content = path.read_bytes()
    size = len(content)
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            content = b""
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != MNIST_FILES[name]:
        raise DataError(
            tr(
                f"Tệp {path} bị hỏng hoặc không phải MNIST ({size:,} byte). "
                "Hãy xóa tệp này rồi chạy lại: khóa học sẽ tải bản mới.",
                f"The file {path} is damaged or is not MNIST ({size:,} bytes). "
                "Delete it and run again: the course downloads a new copy.",
            )
        )
    return content


def download(folder: Path) -> None:
    """Download MNIST into folder; each file appears there only when it is whole.

    Raises DataError, with a reason, when no mirror answers or the download breaks off; OSError when the folder
    cannot be written.
    """
    from torchvision.datasets import MNIST

    # A folder beside the files, so that moving them in is one rename each; also finds out whether we may write here.
    staging = Path(tempfile.mkdtemp(prefix=".download-", dir=folder))
    timeout = socket.getdefaulttimeout()
    try:
        if reason := _no_mirror(MNIST.mirrors):
            raise DataError(reason)
        socket.setdefaulttimeout(STALL_SECONDS)  # torchvision itself would wait forever for a silent server
        try:
            MNIST(staging, download=True)
        except Exception as problem:  # URLError, a wrong checksum, a broken archive, …: each means "not here, not now"
            if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # the disk is full: that is not the network's fault
            raise DataError(
                tr(f"tải MNIST bị dở dang ({problem})", f"the download of MNIST broke off ({problem})")
            ) from problem
        check(staging)
        raw(folder).mkdir(parents=True, exist_ok=True)
        for name in MNIST_FILES:
            os.replace(raw(staging) / name, raw(folder) / name)
    finally:
        socket.setdefaulttimeout(timeout)
        shutil.rmtree(staging, ignore_errors=True)


def _no_mirror(mirrors: Sequence[str]) -> str | None:
    """None if any mirror answers within PROBE_SECONDS, else the reason why none does.

    They are asked side by side, each in a thread: a name server that hangs cannot hold us.
    """
    answered, problems = threading.Event(), []

    def ask(mirror: str) -> None:
        try:
            request = Request(mirror + "t10k-labels-idx1-ubyte.gz", method="HEAD")
            with urlopen(request, timeout=PROBE_SECONDS):
                answered.set()
        except Exception as problem:
            if isinstance(problem, HTTPError) and problem.code in (405, 501):  # there, but knows only GET
                answered.set()
            problems.append((urlsplit(mirror).netloc, problem))

    askers = [threading.Thread(target=ask, args=(mirror,), daemon=True) for mirror in mirrors]
    for asker in askers:
        asker.start()
    for _ in range(round(10 * PROBE_SECONDS)):
        if answered.wait(0.1) or not any(asker.is_alive() for asker in askers):
            break
    return None if answered.is_set() else _reason(list(problems))


def _reason(problems: list[tuple[str, Exception]]) -> str:
    """Why no mirror answers, in words. A refusal says more than silence, so it comes first."""
    for host, problem in problems:
        if isinstance(problem, HTTPError):
            return tr(
                f"máy chủ {host} trả lời {problem.code} ({problem.reason})",
                f"the server {host} answers {problem.code} ({problem.reason})",
            )
    for host, problem in problems:
        cause = getattr(problem, "reason", problem)
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", None) or cause
            return tr(
                f"không lập được kết nối an toàn tới {host} ({detail}); thường do proxy của mạng, hoặc do Python trên macOS "
                "chưa chạy Install Certificates.command",
                f"no secure connection to {host} ({detail}); often a proxy of the network, or a Python on macOS whose "
                "Install Certificates.command was never run",
            )
    return tr("không có kết nối mạng tới máy chủ MNIST", "no network connection to a server of MNIST")
