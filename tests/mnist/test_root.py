"""mnist_root: the handout's own lines read what it names, MNIST or the digits, with two workers on every system."""

import pytest
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

from tests.mnist.support import mirrors
from vae_helpers import data


def handouts_dataset():
    """The handout's lines III.3, with the root that the lesson gives."""
    transform = transforms.Compose([transforms.Resize((28, 28)), transforms.ToTensor()])
    return datasets.MNIST(root=data.mnist_root(), train=True, transform=transform, download=True)


def test_the_variables_folder_is_the_root(monkeypatch, mnist_folder, capsys):
    monkeypatch.setenv("VAE_DATA_DIR", str(mnist_folder))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [])  # nothing is downloaded
    dataset = handouts_dataset()
    assert len(dataset) == 60_000 and capsys.readouterr().out == ""
    x, label = dataset[7]
    assert torch.equal(x, data.load_mnist().images[7]) and label == data.load_mnist().labels[7]


def test_a_folder_without_mnist_or_with_damaged_files_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    with pytest.raises(data.DataError, match="VAE_DATA_DIR"):
        data.mnist_root()
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in data.MNIST_FILES:
        (folder / name).write_bytes(b"nothing")
    with pytest.raises(data.DataError, match="damaged"):
        data.mnist_root()


def test_without_network_the_digits_lie_there_in_mnists_files(monkeypatch, no_variable, capsys, language):
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    dataset, digits = handouts_dataset(), data.load_digits()
    told = capsys.readouterr().out
    assert {"vi": "1.797 chữ số", "en": "1,797 real handwritten digits"}[language] in told
    assert len(dataset) == 1438 and dataset.targets.tolist() == digits.labels.tolist()
    images = torch.stack([x for x, _ in dataset])
    assert (images - digits.images).abs().max() <= 0.5 / 255 + 1e-6
    assert len(datasets.MNIST(root=data.mnist_root(), train=False)) == 359
    assert data.mnist_root() == data.mnist_root() and capsys.readouterr().out == ""
    assert not list(no_variable.iterdir())


@pytest.mark.parametrize("start", ["spawn", "fork", "forkserver"])
def test_two_workers_read_it_however_a_system_starts_them(monkeypatch, no_variable, start):
    """Windows and macOS spawn, Linux forks, from Python 3.14 on through a server."""
    if start not in torch.multiprocessing.get_all_start_methods():
        pytest.skip(f"this system knows no {start}")
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    part, _ = random_split(handouts_dataset(), [100, 1338])
    loader = DataLoader(part, batch_size=64, shuffle=True, num_workers=2, multiprocessing_context=start)
    assert [x.shape for x, _ in loader] == [(64, 1, 28, 28), (36, 1, 28, 28)]
