"""A download is whole or leaves nothing, and a silent server does not hold it for ever."""

import socket
import threading

import pytest
import torchvision

from tests.mnist.support import assert_whole, mirrors
from vae_helpers import _mnist, data


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


def test_a_mirror_that_knows_no_head_is_used(no_variable, mirror):
    mirror(no_head=True)
    assert_whole(data.load_mnist(train=False), 10_000, "MNIST")


def test_a_download_that_sends_nothing_is_given_up(monkeypatch, no_variable, mirror, capsys):
    """The server takes the question and never answers. Without a limit of its own, torchvision would wait for ever."""
    over = threading.Event()
    mirror(silent=over)
    monkeypatch.setattr(_mnist, "STALL_SECONDS", 0.5)
    loaded = []
    loader = threading.Thread(target=lambda: loaded.append(data.load_mnist().name), daemon=True)
    loader.start()
    loader.join(30)
    over.set()
    assert loaded == ["digits"] and "the download of MNIST broke off" in capsys.readouterr().out
    assert not list(no_variable.iterdir())


@pytest.mark.parametrize("before", [None, 7.5])
@pytest.mark.parametrize("behaviour", [{}, {"cut_after": 1000}], ids=["whole", "cut off"])
def test_the_time_limit_is_the_downloads_alone(monkeypatch, no_variable, mirror, before, behaviour):
    """socket.setdefaulttimeout counts for the whole process: it must be put back, also after a failure."""
    mirror(**behaviour)
    limits = []
    download = torchvision.datasets.MNIST.download
    monkeypatch.setattr(
        torchvision.datasets.MNIST,
        "download",
        lambda self: (limits.append(socket.getdefaulttimeout()), download(self))[1],
    )
    mine = socket.getdefaulttimeout()
    socket.setdefaulttimeout(before)
    try:
        data.load_mnist(train=False)
        assert socket.getdefaulttimeout() == before and limits == [_mnist.STALL_SECONDS]
    finally:
        socket.setdefaulttimeout(mine)
