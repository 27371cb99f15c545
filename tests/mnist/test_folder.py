"""MNIST from a folder, packed or not, comes in whole, or a message says which file is wrong."""

import gzip
import shutil

import pytest
import torch
import torchvision
from torch.utils.data import DataLoader

from tests.mnist.support import assert_whole, mirrors
from vae_helpers import _mnist, data


@pytest.mark.parametrize("train, size", [(True, 60_000), (False, 10_000)])
def test_reads_the_folder_in_the_variable(monkeypatch, mnist_folder, train, size):
    monkeypatch.setenv("VAE_DATA_DIR", str(mnist_folder))
    assert_whole(data.load_mnist(train=train), size, "MNIST")


def test_reads_the_given_root(monkeypatch, mnist_folder):
    monkeypatch.setenv("VAE_DATA_DIR", "/nowhere")
    dataset = data.load_mnist(mnist_folder, train=False)
    assert dataset.labels[:5].tolist() == [7, 2, 1, 0, 4]
    batch, labels = next(iter(DataLoader(dataset, batch_size=32)))
    assert batch.shape == (32, 1, 28, 28) and labels.shape == (32,)


def test_is_what_torchvision_reads(mnist_folder):
    theirs, ours = torchvision.datasets.MNIST(mnist_folder, train=False), data.load_mnist(mnist_folder, train=False)
    assert torch.equal(ours.images, theirs.data[:, None] / 255) and torch.equal(ours.labels, theirs.targets)


@pytest.fixture
def copy_of_mnist(mnist_folder, tmp_path):
    shutil.copytree(mnist_folder / "MNIST", tmp_path / "MNIST")
    (tmp_path / "MNIST" / "raw").chmod(0o755)
    for file in (tmp_path / "MNIST" / "raw").iterdir():
        file.chmod(0o644)
    return tmp_path


def test_truncated_file_is_named(copy_of_mnist, language):
    file = copy_of_mnist / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(data.DataError) as caught:
        data.load_mnist(copy_of_mnist)
    assert str(file) in str(caught.value)
    assert {"vi": "Hãy xóa tệp này", "en": "Delete it and run again"}[language] in str(caught.value)


def test_foreign_file_of_the_right_size_is_named(copy_of_mnist):
    file = copy_of_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(data.DataError, match="t10k-labels-idx1-ubyte is damaged or is not MNIST"):
        data.load_mnist(copy_of_mnist, train=False)


def test_variable_without_mnist_is_named(monkeypatch, tmp_path, language):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    with pytest.raises(data.DataError, match="VAE_DATA_DIR.*train-images-idx3-ubyte"):
        data.load_mnist()
    assert not list(tmp_path.iterdir())


def kaggle(name):
    return name.replace("-idx", ".idx")


@pytest.fixture(params=["raw", "MNIST", ".", "raw, a dot", "raw, a dot and packed"])
def by_hand(request, archives, mnist_folder, tmp_path):
    """A folder with the four files as someone fetched them: packed, in one of three places; or with Kaggle's names."""
    place = tmp_path / {"MNIST": "MNIST", ".": "."}.get(request.param, "MNIST/raw")
    place.mkdir(parents=True, exist_ok=True)
    for name in data.MNIST_FILES:
        if request.param == "raw, a dot":
            shutil.copy(mnist_folder / "MNIST" / "raw" / name, place / kaggle(name))
        else:
            given = kaggle(name) if "dot" in request.param else name
            shutil.copy(archives[0] / f"{name}.gz", place / f"{given}.gz")
    return tmp_path


@pytest.mark.parametrize("by", ["variable", "root", "default"])
def test_packed_files_are_unpacked(monkeypatch, no_variable, by_hand, by):
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    if by == "variable":
        monkeypatch.setenv("VAE_DATA_DIR", str(by_hand))
    elif by == "default":
        monkeypatch.setattr(data, "_default_folder", lambda: by_hand)
    before = {path for path in by_hand.rglob("*") if path.is_file()}
    assert_whole(data.load_mnist(by_hand if by == "root" else None, train=False), 10_000, "MNIST")
    added = {path.relative_to(by_hand).as_posix() for path in by_hand.rglob("*") if path.is_file()} - {
        path.relative_to(by_hand).as_posix() for path in before
    }
    assert added == {f"MNIST/raw/{name}" for name in data.MNIST_FILES} and all(path.is_file() for path in before)


@pytest.mark.parametrize("content", [b"", b"<html>", gzip.compress(b"another file", mtime=0), None], ids=str)
def test_packed_file_that_is_damaged_is_named(monkeypatch, no_variable, archives, language, content):
    """None: cut off in the middle."""
    raw = no_variable / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.MNIST_FILES:
        shutil.copy(archives[0] / f"{name}.gz", raw)
    damaged = raw / "t10k-images-idx3-ubyte.gz"
    damaged.write_bytes(damaged.read_bytes()[:100_000] if content is None else content)
    with pytest.raises(data.DataError) as caught:
        data.load_mnist(train=False)
    assert str(damaged) in str(caught.value)
    assert {"vi": "Hãy xóa tệp này", "en": "Delete it and run again"}[language] in str(caught.value)
    assert not (raw / "t10k-images-idx3-ubyte").exists()


def test_packed_files_in_a_folder_that_cannot_be_written(monkeypatch, archives, tmp_path, language):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.MNIST_FILES:
        shutil.copy(archives[0] / f"{name}.gz", raw)

    def refuse(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(_mnist, "write_whole", refuse)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    with pytest.raises(data.DataError) as caught:
        data.load_mnist()
    assert "Permission denied" in str(caught.value) and str(raw) in str(caught.value)
    assert {"vi": "Hãy giải nén bốn tệp", "en": "Unpack the four MNIST files"}[language] in str(caught.value)
