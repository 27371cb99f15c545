"""Colab: every lesson as a single file runs alone, and neither it nor the badge's set-up cell touches PyTorch."""

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import zipfile
from functools import partial
from http.server import ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import torch

from tests.mnist.support import Mirror
from tests.tools.support import EDITIONS, NAMES, ROOT, SOURCES, commit_all, type_in
from tools import colab, edition, living, stored
from tools.edition import built_path
from vae_helpers import models

CLOSED = "http://127.0.0.1:9"
OFFLINE = {"http_proxy": CLOSED, "https_proxy": CLOSED, "HTTP_PROXY": CLOSED, "HTTPS_PROXY": CLOSED, "no_proxy": ""}


def new_python(folder):
    """A Python that has this one's packages, but no vae_helpers: what puts the checkout on the path is not read there."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    here = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "packages.pth").write_text("\n".join(here) + "\n", encoding="utf-8")
    return python, site


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return new_python(tmp_path_factory.mktemp("python") / "venv")[0]


def environment(**more):
    """This environment without what leads to the checkout, to its data or to the network."""
    leave_out = ("PYTHONPATH", "VAE_DATA_DIR", "VAE_LANGUAGE", "JUPYTER_PATH", "JPY_SESSION_NAME")
    return {**{k: v for k, v in os.environ.items() if k not in leave_out}, **OFFLINE, **more}


def run(python, code, folder, **more):
    """code goes in by standard input: with a kit inside it is longer than an argument may be."""
    command, room = [str(python), "-"], environment(PYTHONIOENCODING="utf-8", **more)
    return subprocess.run(command, input=code, cwd=folder, env=room, capture_output=True, text=True, timeout=280)


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What make colab writes, in a folder with spaces and Vietnamese letters."""
    folder = tmp_path_factory.mktemp("colab") / "Bài tập số 1" / "ổ đĩa"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["colab.py", str(folder)])
        assert colab.main() == 0
    return folder


def single(dist, source, language):
    return nbformat.read(dist / language / f"{source.stem}.ipynb", as_version=4)


def setup_of(notebook):
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


def kit_of(notebook):
    (text,) = re.findall(r'^set_up\(\n    """\n(.*?)\n"""', setup_of(notebook), re.DOTALL | re.MULTILINE)
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(text)))


# ----------------------------------------------------------------------------------------- what a file holds


def test_there_is_one_file_for_each_lesson_and_language(dist):
    files = {path.relative_to(dist).as_posix() for path in dist.rglob("*.*")}
    assert files == {f"{language}/{source.stem}.ipynb" for source, language in EDITIONS}


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_a_file_is_the_built_lesson_with_its_outputs(dist, source, language):
    built, alone = stored.read(built_path(source, language)), single(dist, source, language)
    living.put_back(built)
    (_, setup), *cells = zip(stored.code_cells(built), stored.code_cells(alone), strict=True)
    assert all(before == after for before, after in cells)
    assert alone.metadata == {key: value for key, value in built.metadata.items() if key != stored.SEAL}
    assert setup.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    assert setup.source.startswith("# @title ") and not re.search(r"\btr\(", setup.source)


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_a_file_carries_the_code_and_of_the_rest_what_it_uses(dist, source, language):
    kit = kit_of(single(dist, source, language))
    names = set(kit.namelist())
    for path in (ROOT / "vae_helpers").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        assert kit.read(name) == path.read_bytes()
        names.remove(name)
    text = source.read_text(encoding="utf-8")
    used = set(re.findall(r'(?:load_pretrained|pretrained_card)\("([\w-]+)"\)', text))
    weights = {Path(name).stem for name in names if "/pretrained/" in name}
    made = [re.sub(r"\\{\w+\\}", ".+", re.escape(part)) for part in re.findall(r'f"([\w-]{2,}\{\w+\}[\w-]*)"', text)]
    for name in models.pretrained_names():
        if name in used or any(re.fullmatch(pattern, name) for pattern in made):
            assert name in weights, f"{name}: the lesson loads it"
    assert used <= weights and all(f'"{name}"' in text or any(re.fullmatch(p, name) for p in made) for name in weights)
    for name in weights:
        for file in (f"vae_helpers/pretrained/{name}.json", f"vae_helpers/pretrained/{name}.safetensors"):
            assert kit.read(file) == (ROOT / file).read_bytes()
            names.remove(file)
    page = (ROOT / "vae_helpers" / "page").iterdir()
    beside = {path.relative_to(ROOT).as_posix() for path in page if path.suffix in (".js", ".css", ".html")}
    assert len(beside) > 5 and names >= beside
    assert all(kit.read(name) == (ROOT / name).read_bytes() for name in beside)
    names -= beside | {"vae_helpers/py.typed"}
    assert bool(names) == (source.stem == "quiz")  # the rest is the question bank
    assert all("quiz" in name for name in names)


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_no_link_is_dead_where_a_file_is_uploaded_alone(dist, source, language):
    text = "\n".join(cell.source for cell in single(dist, source, language).cells if cell.cell_type == "markdown")
    assert not [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    other = "en" if language == "vi" else "vi"
    assert f"`{other}/{source.stem}.ipynb`" in text  # what the other language's file is called


def test_links_lead_to_colab_where_the_repository_has_an_address(monkeypatch):
    monkeypatch.setattr(colab, "repository_url", lambda: "https://github.com/owner/name")
    colab_links = "https://colab.research.google.com/github/owner/name/blob/built/"
    for source in (SOURCES[1], SOURCES[-1]):
        cells = colab.single_file(source, "en").cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        targets = re.findall(r"\]\((\S+?\.ipynb)", text)
        assert f"{colab_links}{built_path(source, 'vi').relative_to(ROOT).as_posix()}" in targets
        assert all((ROOT / target.removeprefix(colab_links)).exists() for target in targets)


def test_the_same_checkout_gives_the_same_bytes(dist, tmp_path):
    source = SOURCES[-1]
    colab.write(colab.single_file(source, "en"), tmp_path / "again.ipynb")
    assert (tmp_path / "again.ipynb").read_bytes() == (dist / "en" / f"{source.stem}.ipynb").read_bytes()
    files = colab.needed_files(stored.read(built_path(source, "en")))
    for name, path in files.items():  # other times, another order
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        os.utime(copy, (1e9, 1e9))
    assert colab.pack({name: tmp_path / name for name in reversed(files)}) == colab.pack(files)


@pytest.fixture
def command(built, monkeypatch):
    """make colab over the tiny lesson: folder → its exit code."""
    monkeypatch.setattr(colab, "sources", lambda: [built])
    monkeypatch.setattr(colab, "repository_url", str)

    def run_it(folder):
        monkeypatch.setattr(sys, "argv", ["colab.py", str(folder)])
        return colab.main()

    return run_it


def test_what_is_typed_into_a_lesson_is_never_packed(built, command, tmp_path, capsys):
    commit_all(built.parent)
    type_in(built_path(built, "en"))
    assert command(tmp_path / "dist") == 0
    packed = (tmp_path / "dist" / "en" / "99_test.ipynb").read_text(encoding="utf-8")
    assert "my own answer" not in packed and "my_own_cell" not in packed and "output 3" in packed
    shutil.rmtree(built.parent / ".git")
    assert command(tmp_path / "second") == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and "run or edited by hand" in told[0] and "git restore notebooks quiz" in told[0]
    assert not (tmp_path / "second").exists()


def test_stale_lessons_are_not_packed(built, command, tmp_path, capsys):
    built.write_text(built.read_text(encoding="utf-8").replace("f(1)", "f(2)"), encoding="utf-8")
    assert command(tmp_path / "dist") == 1
    assert "make notebooks LESSONS=99" in capsys.readouterr().err and not (tmp_path / "dist").exists()


# ------------------------------------------------------------------------------------------------- it runs alone

EXECUTE = """
import nbformat, sys
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

notebook = nbformat.read({path!r}, as_version=4)
manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
NotebookClient(notebook, km=manager, timeout=240).execute()
nbformat.write(notebook, {path!r})
"""


def test_vae_helpers_is_not_installed_there(python, tmp_path):
    assert "No module named 'vae_helpers'" in run(python, "import vae_helpers", tmp_path).stderr


def test_a_file_runs_alone_in_an_empty_folder(dist, python, tmp_path):
    """From its first cell to its last, offline, without a GPU, in a folder with spaces and Vietnamese letters."""
    folder = tmp_path / "Bài tập số 1" / "ổ đĩa"
    folder.mkdir(parents=True)
    path = folder / "Bài học.ipynb"
    shutil.copy(dist / "vi" / "00_start_here.ipynb", path)
    result = run(python, EXECUTE.format(path=str(path)), folder, CUDA_VISIBLE_DEVICES="")
    assert result.returncode == 0, result.stderr[-3000:]
    cells = nbformat.read(path, as_version=4).cells
    setup = next(cell for cell in cells if cell.cell_type == "code").outputs[0].text
    assert setup.startswith("✅") and setup.rstrip().endswith(f"torch {version('torch')}")
    outputs = str([cell.outputs for cell in cells if cell.cell_type == "code"])
    for text in ("1.797 chữ số", "Using device: cpu", "⏳"):
        assert text in outputs


ALL_KITS = """
import json, sys
from pathlib import Path
for file in 2 * sorted(Path({folder!r}).glob("*.ipynb")):  # the second time nothing is unpacked again
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = "".join(next(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    for again in range(2):
        exec(code, {{}})
    import vae_helpers
    from vae_helpers import models, quiz
    assert Path(vae_helpers.__file__).parts[-3] == Path(sys.path[0]).name
    assert vae_helpers.language() == "en"  # though no folder says so
    bank = "bank" if any("quiz" in str(path.relative_to(sys.path[0])) for path in Path(sys.path[0]).rglob("*.json")) else ""
    print(file.stem, *[type(models.load_pretrained(name)).__name__ for name in models.pretrained_names()], bank)
    if bank:
        assert all(q.figure is None or q.figure.exists() for q in quiz.load_questions("en"))
kits = [path for path in sys.path if "vae_helpers_kit" in path]
assert len(kits) == len(set(kits)) > 2
"""


def test_every_kit_unpacks_and_loads_its_weights(dist, python, tmp_path):
    """One after the other in one kernel: each replaces the package of the one before."""
    english = shutil.copytree(dist / "en", tmp_path / "files")
    result = run(python, ALL_KITS.format(folder=str(english)), tmp_path)
    assert result.returncode == 0, result.stderr[-3000:]
    lines = [line.split() for line in result.stdout.splitlines() if not line.startswith("✅")]
    assert [line[0] for line in lines] == 2 * sorted(source.stem for source in SOURCES)
    assert lines[: len(SOURCES)] == lines[len(SOURCES) :]
    assert any({"07_latent_sliders", "Autoencoder", "VAE"} == set(line) for line in lines) and ["quiz", "bank"] in lines


# --------------------------------------------------------------------------------------- what is missing, and faults


@pytest.fixture(scope="module")
def setup(dist):
    """The set-up cell of the smallest file."""
    return setup_of(single(dist, SOURCES[0], "vi"))


def wheel(folder, name, number, requires=""):
    """A package of one module, as pip takes it."""
    info = f"{name}-{number}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{number}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n{requires}")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def asking_for(setup, package):
    """The set-up cell of a lesson that needs this package too."""
    return re.sub(r"packages=\{", f"packages={{'{package}': '{package}', ", setup, count=1)


@pytest.mark.parametrize("requires, installed", [("", True), ("Requires-Dist: torch>=99\n", False)])
def test_missing_package_is_installed_and_torch_is_never_touched(tmp_path, setup, requires, installed):
    """A newer torch is on offer; a package that insists on it is refused, with pip's reason."""
    python, site = new_python(tmp_path / "venv")
    wheel(tmp_path, "vae_small", "1.0", requires)
    wheel(tmp_path, "torch", "99.0")
    before = sorted(path.name for path in site.iterdir())
    code = asking_for(setup, "vae_small") + "\nimport vae_small"
    result = run(python, code, tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert (result.returncode == 0) == installed, result.stderr
    new = {path.name for path in site.iterdir()} - set(before) - {"__pycache__"}
    assert new == ({"vae_small.py", "vae_small-1.0.dist-info"} if installed else set())
    if installed:
        assert f"torch {version('torch')}" in result.stdout
    else:
        assert "Không cài được vae_small" in result.stderr


FAULTS = {
    "no network": (
        lambda code: asking_for(code, "vae_small"),
        ("Không cài được vae_small. Hãy kết nối mạng", "vae_small could not be installed. Connect to the network"),
    ),
    "no torch": (
        lambda code: code.replace("kept=('torch',", "kept=('torch_not_here',"),
        ("Ở đây chưa có torch_not_here", "torch_not_here: not installed here. Open this file on Google Colab"),
    ),
    "damaged file": (
        lambda code: code.replace("\nUEsDB", "\nUEsDA", 1),
        ("Tệp notebook này bị hỏng", "This notebook file is damaged; get it again"),
    ),
}


@pytest.mark.parametrize("language", edition.LANGUAGES)
@pytest.mark.parametrize("spoil, told", FAULTS.values(), ids=FAULTS)
def test_faults_are_told_in_the_lessons_language(dist, python, tmp_path, spoil, told, language):
    setup = setup_of(single(dist, SOURCES[0], language))
    assert spoil(setup) != setup
    result = run(python, spoil(setup), tmp_path, PIP_RETRIES="0")
    last = result.stderr.splitlines()[-1]
    assert result.returncode == 1 and last.startswith("RuntimeError: ")
    mine, other = told if language == "vi" else told[::-1]
    assert mine in last and other not in last


# ------------------------------------------------------------------------------------------------- the badge


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_badge_opens_this_lesson(source, language, monkeypatch):
    monkeypatch.setattr(edition, "own_url", lambda: "https://github.com/owner/name")
    (target,) = re.findall(
        r"\(https://colab\.research\.google\.com/github/owner/name/blob/main/([^)]+)\)",
        edition.links(source, language, edition.own_url()),
    )
    assert ROOT / target == built_path(source, language) and (ROOT / target).exists()


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_set_up_cell_installs_from_the_repository_and_leaves_torch_alone(tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    for name in ("vae_helpers", "quiz"):
        shutil.copytree(ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    for name in ("pyproject.toml", "README.md", "requirements.txt"):
        shutil.copy(ROOT / name, repository)
    commit_all(repository)
    subprocess.run(["git", "update-server-info"], cwd=repository, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(repository)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(edition, "own_url", lambda: f"http://127.0.0.1:{server.server_port}/.git")
    code = edition.setup_code("en") + "\nimport torch, vae_helpers\nprint(vae_helpers.__file__, torch.__version__)\n"
    python, site = new_python(tmp_path / "venv")
    (tmp_path / "empty").mkdir()
    (tmp_path / "setup.ipy").write_text(code, encoding="utf-8")
    alone = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "no_proxy": "127.0.0.1"}
    result = subprocess.run(
        [str(python), "-m", "IPython", "--no-banner", str(tmp_path / "setup.ipy")],
        cwd=tmp_path / "empty",
        env=environment(**alone, IPYTHONDIR=str(tmp_path / "ipython")),
        capture_output=True,
        text=True,
        timeout=280,
    )
    server.shutdown()
    assert f"{site / 'vae_helpers' / '__init__.py'} {torch.__version__}" in result.stdout, result.stdout + result.stderr
    names = {re.sub(r"-[\d.]+\.", ".", path.name) for path in site.iterdir()} - {"packages.pth", "__pycache__"}
    assert names == {"vae_helpers", "vae_helpers.dist-info"}
