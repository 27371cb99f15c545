"""A fork works at once: badges, links and install lines are those of the repository that a copy lies in."""

import json
import re
import subprocess
import sys

import pytest

from tests.tools.support import ROOT, commit_all
from tools import branch, edition, stored
from tools.stored import code_cells


@pytest.mark.parametrize(
    "remote, url",
    [
        ("https://github.com/anna/vae-course.git", "https://github.com/anna/vae-course"),
        ("https://x-token:abc@github.com/anna/vae.course", "https://github.com/anna/vae.course"),
        ("git@github.com:anna/vae.git", "https://github.com/anna/vae"),
        ("ssh://git@github.com/anna/vae.git/", "https://github.com/anna/vae"),
        ("../somewhere/vae.git", ""),
        ("https://example.org/anna/vae.git", ""),
    ],
)
def test_the_remote_gives_the_address(remote, url, source, monkeypatch):
    commit_all(source.parent)
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert edition.repository_url() == ""
    subprocess.run(["git", "remote", "add", "origin", remote], cwd=source.parent, check=True)
    assert edition.repository_url() == url


def test_a_workflow_says_where_it_runs_and_pyproject_comes_last(source, monkeypatch):
    monkeypatch.setattr(edition, "own_url", lambda: "https://github.com/course/own")
    assert edition.repository_url() == "https://github.com/course/own"
    monkeypatch.setenv("GITHUB_REPOSITORY", "anna/vae")
    assert edition.repository_url() == "https://github.com/anna/vae"


@pytest.mark.parametrize(
    "url, site",
    [
        ("https://github.com/Anna/VAE", "https://anna.github.io/VAE/"),
        ("https://github.com/anna/anna.github.io", "https://anna.github.io/"),
        ("https://git.example.org/anna/vae", ""),
    ],
)
def test_the_address_of_the_site(url, site):
    assert edition.site_url(url) == site


@pytest.fixture
def forked(built, tmp_path, monkeypatch):
    """The tiny course, committed, in a copy of Anna's whose workflow pushes to a git server of its own; gives the server."""
    (built.parent / "README.md").write_text("[x](y)\n\n# The course\n\nText.\n", encoding="utf-8")
    commit_all(built.parent)
    server = tmp_path / "server" / "vae.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(server)], check=True)
    for module in (branch, edition):
        monkeypatch.setattr(module, "ROOT", built.parent)
        monkeypatch.setattr(module, "sources", lambda: [built])
    monkeypatch.setenv("GITHUB_REPOSITORY", "anna/vae")
    monkeypatch.setattr(sys, "argv", ["branch.py", "--push", str(server)])
    return server


def clone(server, folder):
    subprocess.run(["git", "clone", "--quiet", "--branch", "built", str(server), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("released", [False, True])
def test_a_copy_pushed_to_another_server_has_its_own_badges_and_install_line(
    forked, built, tmp_path, released, monkeypatch
):
    if released:
        monkeypatch.setenv("VAE_RELEASED", "1")
    before = stored.read(edition.built_path(built, "en"))
    assert branch.main() == 0 and branch.main() == 0  # a second push replaces the first
    there = clone(forked, tmp_path / "there")
    notebook = json.loads((there / "notebooks/en/99_test.ipynb").read_text(encoding="utf-8"))
    first, setup = ("".join(cell["source"]) for cell in notebook["cells"][:2])
    badge = "https://colab.research.google.com/github/anna/vae/blob/built/notebooks/en/99_test.ipynb"
    assert f"]({badge})" in first and "](https://anna.github.io/vae/en/99_test.html)" in first
    assert ('"vae-helpers==0.1"' if released else '"vae-helpers @ git+https://github.com/anna/vae"') in setup
    assert (there / re.search(r"blob/built/(\S+\.ipynb)\)", first)[1]).is_file()
    readme = (there / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(
        "[x](y)\n\n# The course\n\n**[Read it on the web](https://anna.github.io/vae/en/index.html)"
    )
    assert "output 3" in str(notebook)
    assert stored.read(edition.built_path(built, "en")) == before  # the notebooks that are kept stay as they are


def test_the_kept_notebooks_do_not_depend_on_whose_clone_it_is(built, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "anna/vae")
    assert not list(stored.problems(built))
    assert "github" not in str(code_cells(edition.make_notebook(built, "en"))[0])


def test_without_an_address_there_is_no_branch(forked, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_REPOSITORY", "")
    assert branch.main() == 1
    assert "has no address" in capsys.readouterr().err


def test_every_lesson_has_its_badge():
    """Of the course itself; no notebook is read."""
    for source in edition.sources():
        line = edition.links(source, "vi", "https://github.com/anna/vae")
        path = re.search(r"blob/built/(\S+\.ipynb)\)", line)[1]
        assert (ROOT / path).is_file()
