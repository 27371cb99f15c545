"""Images come in whole, or a message says what is wrong: from a folder, the network, or the embedded digits."""

import gzip
import hashlib
import shutil
import socket
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
import torchvision
from torch.utils.data import DataLoader, TensorDataset

import vae_helpers
from vae_helpers import data


def assert_whole(dataset, size, name):
    assert dataset.images.shape == (size, 1, 28, 28) and dataset.images.dtype == torch.float32
    assert dataset.images.min() == 0 and dataset.images.max() == 1
    assert dataset.labels.shape == (size,) and dataset.labels.dtype == torch.int64
    assert set(dataset.labels.tolist()) == set(range(10))
    assert dataset.name == name and len(dataset) == size
    image, label = dataset[7]
    assert image.shape == (1, 28, 28) and type(label) is int


# ---------------------------------------------------------------------------------------- a folder with MNIST


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


# ------------------------------------------------------------------------------------------------- no network


@pytest.fixture
def no_variable(monkeypatch, tmp_path):
    """No VAE_DATA_DIR, and tmp_path/data as the course's own folder, which it returns."""
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    monkeypatch.setattr(data, "_default_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


def mirrors(monkeypatch, *addresses):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", list(addresses))


def test_without_network_the_digits_step_in_and_say_so_once(monkeypatch, no_variable, capsys, language):
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    train, test = data.load_mnist(), data.load_mnist(train=False)
    assert_whole(train, 1438, "digits")
    assert_whole(test, 359, "digits")
    notice = capsys.readouterr().out
    assert notice.count("⚠") == 1
    assert {"vi": "1.797 chữ số", "en": "1,797 real handwritten digits"}[language] in notice
    assert "VAE_DATA_DIR" in notice and str(no_variable) in notice
    assert not list(no_variable.iterdir())


def test_digits_are_all_there_and_never_in_both_parts():
    parts = [data.load_digits(train).images.flatten(1) for train in (True, False)]
    rows = [tuple(image.tolist()) for part in parts for image in part]
    assert len(rows) == 1797
    assert not set(rows[:1438]) & set(rows[1438:])


def test_silent_server_is_given_up_within_10_seconds(monkeypatch, no_variable, capsys):
    server = socket.create_server(("127.0.0.1", 0))  # takes the connection and never answers
    mirrors(monkeypatch, f"http://127.0.0.1:{server.getsockname()[1]}/")
    started = time.monotonic()
    assert data.load_mnist().name == "digits"
    assert time.monotonic() - started < 10
    server.close()


def test_hanging_name_server_is_given_up_within_10_seconds(monkeypatch, no_variable):
    monkeypatch.setattr(data, "urlopen", lambda *a, **k: time.sleep(60))
    started = time.monotonic()
    assert data.load_mnist().name == "digits"
    assert time.monotonic() - started < 10


# ---------------------------------------------------------------------------------------------- the download


@pytest.fixture(scope="session")
def archives(mnist_folder, tmp_path_factory):
    """MNIST's four files packed as a mirror offers them, and torchvision's list of their names and checksums."""
    folder = tmp_path_factory.mktemp("mirror")
    resources = []
    for name in data.MNIST_FILES:
        packed = gzip.compress((mnist_folder / "MNIST" / "raw" / name).read_bytes(), compresslevel=1, mtime=0)
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    return folder, resources


class Mirror(SimpleHTTPRequestHandler):
    """Serves the archives; with cut_after, closes the connection after so many bytes of the large one."""

    cut_after = None

    def do_GET(self):
        if self.cut_after is None or "train-images" not in self.path:
            return super().do_GET()
        with open(self.translate_path(self.path), "rb") as file:
            content = file.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.cut_after])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def mirror(monkeypatch, archives):
    """A function that starts a mirror on this machine and points torchvision at it."""
    folder, resources = archives
    servers = []

    def start(cut_after=None):
        handler = type("Handler", (Mirror,), {"cut_after": cut_after})
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        mirrors(monkeypatch, f"http://127.0.0.1:{servers[-1].server_port}/")
        monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)

    yield start
    for server in servers:
        server.shutdown()


def test_download_is_whole_and_leaves_nothing_else(no_variable, mirror):
    mirror()
    assert_whole(data.load_mnist(), 60_000, "MNIST")
    assert [path.name for path in no_variable.iterdir()] == ["MNIST"]
    assert sorted(path.name for path in (no_variable / "MNIST" / "raw").iterdir()) == sorted(data.MNIST_FILES)


def test_download_that_is_cut_off_leaves_nothing_and_says_so(no_variable, mirror, capsys, language):
    mirror(cut_after=1_000_000)
    assert data.load_mnist().name == "digits"
    assert {"vi": "tải MNIST bị dở dang", "en": "the download of MNIST broke off"}[language] in capsys.readouterr().out
    assert not list(no_variable.iterdir())
    mirror()
    assert_whole(data.load_mnist(), 60_000, "MNIST")


def test_folder_that_cannot_be_written(monkeypatch, no_variable, capsys, language):
    """A file stands where the folder should be: that stops root as well."""
    mirrors(monkeypatch, "http://127.0.0.1:9/")
    no_variable.write_text("in the way")
    with pytest.raises(OSError, match="root="):
        data.load_mnist(no_variable / "mnist")
    assert data.load_mnist().name == "digits"
    assert {"vi": "không ghi được vào", "en": "cannot be written"}[language] in capsys.readouterr().out
    assert no_variable.read_text() == "in the way"


# ------------------------------------------------------------------------------------------------------ split


def numbered(n):
    return data.ImageDataset(torch.arange(n).float().view(n, 1, 1, 1), torch.arange(n), "numbers")


def test_split_covers_everything_once():
    first, second = data.split(numbered(60_000))
    assert (len(first), len(second)) == (48_000, 12_000)
    assert sorted(first.labels.tolist() + second.labels.tolist()) == list(range(60_000))
    assert torch.equal(first.images.flatten().long(), first.labels)


def test_split_depends_on_the_seed_alone():
    a, b, c = (data.split(numbered(100), seed=seed)[0].labels.tolist() for seed in (1, 1, 2))
    assert a == b != c


def test_split_may_leave_images_out():
    parts = data.split(numbered(100), (0.2, 0.3))
    assert [len(part) for part in parts] == [20, 30]


def test_split_takes_any_dataset():
    first, second = data.split(TensorDataset(torch.arange(10)), (0.8, 0.2))
    assert sorted(int(item[0]) for part in (first, second) for item in part) == list(range(10))


@pytest.mark.parametrize("fractions", [(0.8, 0.3), (1.2, -0.2), (0.999, 0.001)])
@pytest.mark.filterwarnings("ignore:Length of split")
def test_impossible_fractions_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        data.split(numbered(100), fractions)


def test_images_and_labels_must_match():
    with pytest.raises(ValueError, match="got 3 images and 2 labels"):
        data.ImageDataset(torch.zeros(3, 1, 1, 1), torch.zeros(2), "x")


def test_repr_tells_name_and_shape(language):
    assert repr(numbered(1000)) == {"vi": "numbers: 1.000 × (1, 1, 1)", "en": "numbers: 1,000 × (1, 1, 1)"}[language]
    assert vae_helpers.data is data


def test_gaussian_noise_has_its_standard_deviation_and_stays_in_range():
    torch.manual_seed(0)
    noise = data.add_noise(torch.full((200, 1, 28, 28), 0.5), "gaussian", 0.1) - 0.5
    assert abs(noise.mean()) < 1e-3 and abs(noise.std() - 0.1) < 1e-3
    noisy = data.add_noise(torch.zeros(20, 1, 28, 28), "gaussian", 2.0)
    assert noisy.min() == 0 and noisy.max() == 1


def test_masking_noise_erases_its_share_and_keeps_the_rest():
    torch.manual_seed(0)
    x = torch.rand(200, 1, 28, 28) * 0.9 + 0.1
    noisy = data.add_noise(x, "mask", 0.3)
    hit = noisy == 0
    assert abs(hit.float().mean() - 0.3) < 0.01 and torch.equal(noisy[~hit], x[~hit])
    assert not torch.equal(hit[0], hit[1])


def test_salt_and_pepper_come_in_equal_parts():
    torch.manual_seed(0)
    x = torch.full((200, 1, 28, 28), 0.5)
    noisy = data.add_noise(x, "salt-pepper", 0.4)
    for value, share in ((0, 0.2), (1, 0.2), (0.5, 0.6)):
        assert abs((noisy == value).float().mean() - share) < 0.01


@pytest.mark.parametrize("kind", ["gaussian", "mask", "salt-pepper"])
def test_noise_leaves_the_images_alone_and_follows_the_seed(kind):
    x = torch.rand(5, 1, 28, 28)
    before = x.clone()
    torch.manual_seed(3)
    noisy = data.add_noise(x, kind)
    torch.manual_seed(3)
    assert torch.equal(data.add_noise(x, kind), noisy) and torch.equal(x, before)
    assert not torch.equal(noisy, x) and noisy.dtype == x.dtype
    assert torch.equal(data.add_noise(x, kind, 0), x)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"kind": "salt"}, "add_noise.kind.: got 'salt'"),
        ({"amount": -1}, "a standard deviation from 0 up"),
        ({"kind": "mask", "amount": 1.5}, "got 1.5 for 'mask', expected a probability"),
    ],
)
def test_bad_noise_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.add_noise(torch.rand(2, 1, 28, 28), **arguments)
