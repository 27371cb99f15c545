"""Faults around the data: the network, the disk, the folder, the files of MNIST."""

import gzip
import hashlib
import os
import shutil
import threading
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import torchvision

from tests.faults.support import ODD, Table
from tests.mnist.support import Mirror
from vae_helpers import data

TABLE = Table()


@pytest.mark.parametrize("fault", TABLE)
def test_what_the_student_sees(fault, language, request):
    TABLE.check(fault, language, request)


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    """The course's own data folder: a new one, and no other is named."""
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    monkeypatch.setattr(data, "_default_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


@TABLE.row(
    "network cut",
    vi=("⚠ Không dùng được MNIST: không có kết nối mạng", "1.797 chữ số", "VAE_DATA_DIR"),
    en=("⚠ MNIST is not available: no network connection", "1,797 real handwritten digits", "VAE_DATA_DIR"),
)
def network_cut(own_folder, monkeypatch, capsys):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a proxy that is not there
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(urllib.request, "_opener", None)  # it remembers the proxies of its first use
    assert len(data.load_mnist()) == 1438 and len(data.load_mnist(train=False)) == 359
    assert not list(own_folder.iterdir())
    return capsys.readouterr().out


@TABLE.row(
    "disk full while MNIST comes in",
    vi=("⚠ Không dùng được MNIST: không ghi được vào thư mục", "No space left on device", "1.797 chữ số"),
    en=("⚠ MNIST is not available: the folder", "No space left on device", "1,797 real handwritten digits"),
)
def disk_full_download(own_folder, full_disk, monkeypatch, capsys, tmp_path):
    (tmp_path / "mirror").mkdir()
    for name in data.MNIST_FILES:
        (tmp_path / "mirror" / f"{name}.gz").write_bytes(gzip.compress(os.urandom(100_000)))
    sums = [(path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in (tmp_path / "mirror").iterdir()]

    def staging(prefix, dir):
        raw = Path(dir, "staging", "MNIST", "raw")
        raw.mkdir(parents=True)
        for name, _ in sums:
            (raw / name).symlink_to(full_disk)
        return raw.parents[1]

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(tmp_path / "mirror")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", sums)
    monkeypatch.setattr("tempfile.mkdtemp", staging)
    try:
        assert data.load_mnist().name == "digits"
    finally:
        server.shutdown()
    assert not list(own_folder.iterdir())
    return capsys.readouterr().out


@TABLE.row(
    "read-only folder for MNIST",
    vi=("load_mnist(root=", "không ghi được vào thư mục này", "Hãy chọn một thư mục bạn có quyền ghi"),
    en=("load_mnist(root=", "this folder cannot be written", "Choose a folder that you may write to"),
)
def read_only_mnist(read_only):
    with pytest.raises(OSError) as caught:
        data.load_mnist(read_only)
    return str(caught.value)


@TABLE.row(
    "corrupt MNIST file",
    vi=("train-images-idx3-ubyte bị hỏng", "Hãy xóa tệp này rồi chạy lại"),
    en=("train-images-idx3-ubyte is damaged", "Delete it and run again"),
)
def corrupt_mnist(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.MNIST_FILES:
        (raw / name).write_bytes(b"not MNIST")
    with pytest.raises(data.DataError) as caught:
        data.load_mnist(tmp_path)
    assert (raw / "train-images-idx3-ubyte").read_bytes() == b"not MNIST"
    return str(caught.value)


@TABLE.row(
    "odd path for MNIST",
    vi=("MNIST: 10.000",),
    en=("MNIST: 10,000",),
)
def odd_path_mnist(tmp_path, mnist_folder, monkeypatch):
    shutil.copytree(mnist_folder / "MNIST", tmp_path / ODD / "MNIST", copy_function=os.symlink)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / ODD))
    return repr(data.load_mnist(train=False))
