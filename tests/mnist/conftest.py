"""A course folder without MNIST, packed files, and servers on this machine that offer them or do not."""

import gzip
import hashlib
import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest
import torchvision

from tests.mnist.support import Mirror, mirrors
from vae_helpers import data


@pytest.fixture
def no_variable(monkeypatch, tmp_path):
    """No VAE_DATA_DIR, and tmp_path/data as the course's own folder, which it returns."""
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    monkeypatch.setattr(data, "_default_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


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


@pytest.fixture
def serve():
    """A function that starts a server on this machine with a handler, and gives its port."""
    servers = []

    def start(handler):
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def mirror(monkeypatch, archives):
    """A function that starts a mirror on this machine and points torchvision at it."""
    folder, resources = archives
    servers = []

    def start(**behaviour):
        handler = type("Handler", (Mirror,), behaviour)
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        mirrors(monkeypatch, f"http://127.0.0.1:{servers[-1].server_port}/")
        monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)

    yield start
    for server in servers:
        server.shutdown()
