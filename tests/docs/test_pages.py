"""The documents: their links lead somewhere, their commands run, and their figures are the measured ones."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")})
LESSONS = [*sorted(ROOT.glob("notebooks/??/*.ipynb")), *sorted(ROOT.glob("quiz/??/*.ipynb"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

NOT_RUN = {  # the beginning of a command, and why no test runs it
    "make lab": "opens JupyterLab and stays there",
    "make test": "runs this very test",
    "make notebooks": "executes lessons for minutes",
    "make bench": "measures for minutes",
    "make html": "tests/test_to_html.py converts every lesson",
    "make lint": "the first step of make test",
    "make .venv/ready": "downloads 3 GB; make test does it first of all",
    "uv ": "downloads 3 GB; tried by hand",
    ".venv/bin/python -m pytest": "a part of make test",
    ".venv/bin/python instructor/build.py 04": "executes a lesson",
    ".venv/bin/python instructor/build.py quiz": "executes a notebook",
    "make colab": "tests/test_colab.py makes these files and runs them",
    "%pip install": "for a cell on Colab",
    "from google.colab": "for a cell on Colab",
}


def name(path):
    return path.relative_to(ROOT).as_posix()


def prose(path):
    """The text of a document without its code blocks, or a notebook's text cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(c.source for c in nbformat.reads(text, 4).cells if c.cell_type == "markdown")
    return FENCE.sub("", text)


def blocks(language):
    """[(document, code)] of every fenced block in a language."""
    return [
        (name(path), code)
        for path in DOCUMENTS
        for found, code in FENCE.findall(path.read_text(encoding="utf-8"))
        if found == language
    ]


def commands():
    return [
        (document, line.split("  #")[0].strip())
        for document, code in blocks("sh")
        for line in code.splitlines()
        if line.strip()
    ]


def reason_not_to_run(command):
    return next((why for beginning, why in NOT_RUN.items() if command.startswith(beginning)), None)


# --------------------------------------------------------------------------------------------------------- links


def anchors(path):
    """The anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.+?)\s*$", prose(path), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def broken_links(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        place, _, anchor = target.partition("#")
        if "://" in place:
            if not place.startswith("https://"):
                yield target
            continue
        goal = path.parent / place if place else path
        inside = goal.resolve().is_relative_to(ROOT)
        if not (inside and goal.exists()) or (anchor and goal.suffix == ".md" and anchor not in anchors(goal)):
            yield target


@pytest.mark.parametrize("path", [*DOCUMENTS, *LESSONS], ids=name)
def test_links_lead_somewhere(path):
    assert not list(broken_links(path))


def test_every_lesson_has_its_links():
    for path in LESSONS:
        assert re.search(r"\]\(\.\./(vi|en)/", prose(path)), name(path)


@pytest.mark.parametrize("link", ["nowhere.md", "README.md#no-such-heading", "#neither", "http://plain.example"])
def test_a_broken_link_is_noticed(tmp_path, monkeypatch, link):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "README.md").write_text("# A heading · Một tiêu đề\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(f"[good](README.md#a-heading--một-tiêu-đề) [bad]({link})", encoding="utf-8")
    assert list(broken_links(page)) == [link]


def test_the_course_map_shows_every_lesson_with_a_picture():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for lesson in (path for path in LESSONS if path.parent.name == "vi"):
        rows = [row for row in readme.splitlines() if row.startswith("|") and f"]({name(lesson)})" in row]
        assert len(rows) == 1, name(lesson)
        assert name(lesson).replace("/vi/", "/en/") in rows[0]
        assert re.search(rf"!\[[^]]{{10,}}\]\(docs/pictures/{lesson.stem}\.png\)", rows[0])


def test_pictures_are_small_and_described():
    from PIL import Image

    shown = re.findall(r"!\[([^]]*)\]\((docs/pictures/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) >= 10 and all(len(alt) >= 10 for alt, _ in shown)
    for _, place in shown:
        limit = 150 if "explorer" in place else 25
        path = ROOT / place
        if path.exists():  # a missing one is named by test_links_lead_somewhere
            assert path.stat().st_size <= limit * 1024, place
            assert Image.open(path).width <= (1000 if "explorer" in place else 240)


# ------------------------------------------------------------------------------------------------------ commands


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the course, without its environment and data; .venv/bin/python is this Python."""
    folder = tmp_path_factory.mktemp("course") / "copy"
    unwanted = shutil.ignore_patterns(
        ".git", ".venv", ".bootstrap", "MNIST", "dist", "build", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, folder, ignore=unwanted)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def run(command, folder):
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, shell=isinstance(command, str)
    )


@pytest.fixture(scope="module")
def after_python(copy):
    """The copy, once the Python blocks of the documents have run in it; the file they export is a student's."""
    code = [code for _, code in blocks("python") if not reason_not_to_run(code)]
    assert code
    for block in code:
        result = run([sys.executable, "-c", block], copy)
        assert result.returncode == 0, block + result.stderr
    (copy / "ANSWERS_FOLDER").mkdir()
    shutil.move(copy / "quiz_name.json", copy / "ANSWERS_FOLDER")
    return copy


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("command", sorted({c for _, c in commands() if not reason_not_to_run(c)}))
def test_command_of_the_documents_runs(command, after_python):
    result = run(command, after_python)
    assert result.returncode == 0, result.stdout + result.stderr
    for written in re.findall(r"--out (\S+)|--solutions (\S+)", command):
        (place,) = filter(None, written)
        assert (after_python / place).exists(), result.stdout


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
@pytest.mark.parametrize("command", sorted({c for _, c in commands() if c.startswith("make ")}))
def test_make_knows_what_the_documents_name(command, copy):
    result = run(command.replace("make ", "make --dry-run ", 1), copy)
    assert result.returncode == 0, result.stderr


def test_windows_commands_name_what_is_there():
    for _, code in blocks("bat"):
        assert "constraints.txt" in code and (ROOT / "constraints.txt").exists()
        for place in re.findall(r"notebooks\\\S+", code):
            assert (ROOT / place.replace("\\", "/")).exists()
    assert blocks("bat")


# -------------------------------------------------------------------------------------------------- what was measured


def test_measured_figures_are_those_on_file():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lag = json.loads((ROOT / "benchmarks/results/widget_latency.json").read_text(encoding="utf-8"))
    assert (
        f"median {lag['browser']['lag_median_ms']:.0f} ms, 95 % under {lag['browser']['lag_p95_ms']:.0f} ms" in readme
    )
    assert f"*{lag['machine']['cores']} cores*" in readme and lag["machine"]["cpu"] in readme
    speed = json.loads((ROOT / "benchmarks/results/train_speed.json").read_text(encoding="utf-8"))
    (row,) = [row for row in readme.splitlines() if "[train_speed.json]" in row]
    slow, fast = speed["race"]["exercise"][-1], speed["race"]["fit"]
    told = (
        f"{slow['seconds']:.0f} s ({slow['epoch']} epochs) against {fast['seconds']:.0f} s ({fast['epochs']} epochs): "
    )
    told += f"{speed['race']['ratio']:.1f} times faster; KL {slow['kl']:.1f} against {fast['kl']:.1f} nats"
    assert told in row and f"validation error {speed['race']['target_sse']}" in row
    assert f"{speed['race']['ratio']:.1f} lần".replace(".", ",") in row
    assert speed["machine"]["cpu"] in row and speed["machine"]["gpu"] is None and "no GPU" in row
    for model in ("vae-2d", "vae-16d"):
        card = json.loads((ROOT / f"vae_helpers/pretrained/{model}.json").read_text(encoding="utf-8"))
        (row,) = [row for row in readme.splitlines() if f"[{model}.json]" in row]
        scores = card["scores_on_test_images"]
        assert f"error {scores['sse']:.1f} an image, KL {scores['kl']:.1f} nats" in row
        assert f"sai số {scores['sse']:.1f} mỗi ảnh, KL {scores['kl']:.1f} nat".replace(".", ",") in row
        assert f"B = {card['B']}, {card['epochs']} epochs" in row


# ------------------------------------------------------------------------------------------- configuration files


def test_binder_installs_what_ci_installs():
    lines = (ROOT / ".binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    options = dict(line.split(maxsplit=1) for line in lines if not line.startswith("#"))
    assert (ROOT / ".binder" / options["-c"]).resolve() == ROOT / "constraints.txt"  # from the file's own folder
    extra = re.fullmatch(r"\.\[(\w+)\]", options["-e"])[1]  # from the top folder
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra in project["optional-dependencies"]
    python = (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert python in (ROOT / ".github/workflows/test.yml").read_text()
    post_build = ROOT / ".binder/postBuild"
    assert os.access(post_build, os.X_OK) or os.name == "nt"
    assert re.search(r"data\.load_mnist\(\)", post_build.read_text())


def test_dev_container_uses_this_projects_environment():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    command = settings["postCreateCommand"].split()
    assert command[0] == "make" and re.search(rf"^{re.escape(command[1])}:", makefile, re.MULTILINE)
    interpreter = settings["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter.endswith("/.venv/bin/python") and "PY := .venv/bin/python" in makefile
    assert 8888 in settings["forwardPorts"]


def test_the_changelog_knows_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
