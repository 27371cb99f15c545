"""What the tests of MNIST share: the whole data set told from a part, and servers good and bad."""

from http.server import SimpleHTTPRequestHandler

import torch
import torchvision


def assert_whole(dataset, size, name):
    assert dataset.images.shape == (size, 1, 28, 28) and dataset.images.dtype == torch.float32
    assert dataset.images.min() == 0 and dataset.images.max() == 1
    assert dataset.labels.shape == (size,) and dataset.labels.dtype == torch.int64
    assert set(dataset.labels.tolist()) == set(range(10))
    assert dataset.name == name and len(dataset) == size
    image, label = dataset[7]
    assert image.shape == (1, 28, 28) and type(label) is int


def mirrors(monkeypatch, *addresses):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", list(addresses))


class Mirror(SimpleHTTPRequestHandler):
    """Serves the archives; with cut_after, closes the connection after so many bytes of the large one; with silent, it
    answers HEAD and then says nothing any more; with no_head, it does not know HEAD."""

    cut_after = silent = None
    no_head = False

    def do_HEAD(self):
        return self.send_error(501) if self.no_head else super().do_HEAD()

    def do_GET(self):
        if self.silent:
            return self.silent.wait(60)
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


class Refusing(SimpleHTTPRequestHandler):
    """Answers every question with one status."""

    status = 403

    def do_HEAD(self):
        self.send_error(self.status)

    do_GET = do_HEAD

    def log_message(self, *arguments):
        pass
