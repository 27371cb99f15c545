"""Living pages leave the built notebooks, and what is published has them again, to the byte."""

import copy

import nbformat
import pytest
import torch
from torch import nn

from tests.tools.support import EDITIONS, NAMES, change
from tools import build, living, stored
from tools.edition import built_path
from tools.stored import NotPublishable, problems, published, read
from vae_helpers import data, page


class Model(nn.Module):
    """Two linear layers, which make a page in a moment."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.latent_dim, self.encoder, self.decoder = 2, nn.Linear(784, 2), nn.Linear(2, 784)

    def encode(self, x):
        return self.encoder(x.flatten(1))

    def decode(self, z):
        return self.decoder(z).sigmoid().view(-1, 1, 28, 28)


@pytest.fixture(scope="module")
def shown():
    """The outputs of a living page and of the toy, which has no weights."""
    digits = data.ImageDataset(torch.rand(20, 1, 28, 28), torch.arange(20) % 10, "noise")
    return page.live(Model(), digits)._repr_mimebundle_(), page.toy()._repr_mimebundle_()


@pytest.fixture
def with_pages(built, shown):
    """The tiny lesson, as if its cells had shown both pages."""
    for language in ("vi", "en"):
        notebook = read(built_path(built, language))
        stored.code_cells(notebook)[-1].outputs += [nbformat.v4.new_output("display_data", data=one) for one in shown]
        living.take_out(notebook)
        stored.write(stored.seal(notebook), built_path(built, language))
    return built


def pages(notebook):
    return [output.data["text/html"] for output in stored.code_cells(notebook)[-1].outputs if "data" in output]


def test_a_page_goes_into_files_that_the_languages_share_and_comes_back_whole(with_pages, shown):
    at_rest, toy = pages(read(built_path(with_pages, "en")))
    assert len(at_rest) < 0.3 * len(shown[0]["text/html"]) and toy == shown[1]["text/html"]
    assert 'src="data:image/png' in at_rest and "Run this cell" in at_rest and "<iframe" not in at_rest
    assert sorted(path.suffix for path in living.folder().iterdir()) == [".page", ".weights"]
    for language in ("vi", "en"):
        whole = published(with_pages, language)
        assert pages(whole) == [one["text/html"] for one in shown] and stored.is_as_built(whole)
    assert not list(problems(with_pages))


@pytest.mark.parametrize("kind", ["page", "weights"])
@pytest.mark.parametrize("harm", ["deleted", "another", "garbage"])
def test_a_page_that_is_not_as_it_was_is_named_and_not_published(with_pages, kind, harm):
    (path,) = living.folder().glob(f"*.{kind}")
    if harm == "deleted":
        path.unlink()
    else:
        path.write_bytes(living.zlib.compress(b"{}") if harm == "another" else b"garbage")
    with pytest.raises(NotPublishable, match=f"notebooks/src/live/{path.name}: not there, or changed: `git restore"):
        published(with_pages, "vi")
    assert all(path.name in line for line in problems(with_pages)) and len(list(problems(with_pages))) == 2


def test_files_that_no_notebook_needs_go_with_the_next_build(with_pages, shown, monkeypatch):
    other = page.live(Model(seed=1), data.ImageDataset(torch.rand(20, 1, 28, 28), torch.arange(20) % 10, "noise"))
    notebook = read(built_path(with_pages, "en"))
    needed = set(living.folder().iterdir())
    stored.code_cells(notebook)[-1].outputs[1].data = other._repr_mimebundle_()
    living.take_out(notebook)
    assert needed < set(living.folder().iterdir())
    monkeypatch.setattr(build, "sources", lambda: [with_pages])
    monkeypatch.setattr("sys.argv", ["build", "--text"])
    assert build.main() == 0
    assert set(living.folder().iterdir()) == needed
    (living.folder() / "0123456789abcdef.page").write_bytes(b"left over")
    change(built_path(with_pages, "vi"), lambda nb: nb.cells.append(nbformat.v4.new_code_cell("mine = 1")))
    living_before = set(living.folder().iterdir())
    build.prune()
    assert set(living.folder().iterdir()) == living_before  # git may hold a notebook that needs them


@pytest.mark.parametrize(("source", "language"), EDITIONS, ids=NAMES)
def test_a_lesson_gives_the_same_files_again(source, language, tmp_path, monkeypatch):
    """What is kept of a stored lesson's pages is what take_out would keep of the whole pages."""
    notebook = read(built_path(source, language))
    before, needed = copy.deepcopy(notebook), living.names_in([notebook])
    living.put_back(notebook)
    monkeypatch.setattr(living, "folder", lambda: tmp_path)
    living.take_out(notebook)
    assert notebook == before and {path.name for path in tmp_path.iterdir()} == needed


def test_every_file_is_needed():
    notebooks = [read(built_path(source, language)) for source, language in EDITIONS]
    kept = {path.name for path in living.folder().iterdir()}
    assert kept == living.names_in(notebooks) and len(kept) > 10
