"""The documents: their links lead somewhere, their pictures and figures are the right ones, and so are set-up files."""

import json
import os
import re
import statistics
import sys

import pytest

import vae_helpers
from tests.docs import support
from tests.docs.support import DOCUMENTS, LESSONS, PAIRS, ROOT, anchors, name, prose, read

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

READMES = {"en": ROOT / "README.md", "vi": ROOT / "README.vi.md"}
OLD_NAMES = re.compile(
    r"\b(instructor|benchmarks|tools)/\w+\.py (?!lies|draws)[-\w]|instructor/(build|quiz|colab|pictures)\.py"
)


# --------------------------------------------------------------------------------------------------------- links


def broken_links(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        place, _, anchor = target.partition("#")
        if "://" in place:
            if not place.startswith("https://"):
                yield target
            continue
        goal = path.parent / place if place else path
        inside = goal.resolve().is_relative_to(support.ROOT)
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
    monkeypatch.setattr(support, "ROOT", tmp_path)
    (tmp_path / "README.md").write_text("# A heading · Một tiêu đề\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(f"[good](README.md#a-heading--một-tiêu-đề) [bad]({link})", encoding="utf-8")
    assert list(broken_links(page)) == [link]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_no_page_names_a_tool_by_its_file(path):
    assert not OLD_NAMES.search(read(path))


@pytest.mark.parametrize("path", [path for pair in PAIRS for path in pair], ids=name)
def test_lines_are_short(path):
    """100 characters, without where a link leads to; the rows of a table are as long as they are."""
    lines = re.sub(r"\]\([^)]*\)", "]", support.FENCE.sub("", read(path))).splitlines()
    assert not [line for line in lines if len(line) > 100 and not line.startswith(("|", "!["))]


# ------------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize("language", READMES)
def test_the_course_map_shows_every_lesson_with_a_picture(language):
    readme = read(READMES[language])
    for lesson in (path for path in LESSONS if path.parent.name == language):
        rows = [row for row in readme.splitlines() if row.startswith("|") and f"]({name(lesson)})" in row]
        assert len(rows) == 1, name(lesson)
        assert re.search(rf"!\[[^]]{{10,}}\]\(docs/pictures/{lesson.stem}\.png\)", rows[0])


@pytest.mark.parametrize("language", READMES)
def test_pictures_are_small_and_described(language):
    from PIL import Image

    shown = re.findall(r"!\[([^]]*)\]\((docs/pictures/[^)]+)\)", read(READMES[language]))
    assert len(shown) >= 10 and all(len(alt) >= 10 for alt, _ in shown)
    for _, place in shown:
        limit = 150 if "explorer" in place else 25
        path = ROOT / place
        if path.exists():  # a missing one is named by test_links_lead_somewhere
            assert path.stat().st_size <= limit * 1024, place
            assert Image.open(path).width <= (1000 if "explorer" in place else 240)


# ---------------------------------------------------------------------------------------------- what was measured


def result(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def measured_in(file, language):
    """The row of the README's table that names a file of results, with decimal points."""
    (row,) = [row for row in read(READMES[language]).splitlines() if f"[{file}]" in row]
    return row if language == "en" else re.sub(r"(?<=\d),(?=\d)", ".", row)


@pytest.mark.parametrize("language", READMES)
def test_the_sliders_lag_is_the_one_on_file(language):
    file, row = result("benchmarks/results/widget_latency.json"), measured_in("widget_latency.json", language)
    median, p95 = (round(file["browser"][f"lag_{name}_ms"]) for name in ("median", "p95"))
    told = {
        "en": f"median {median} ms, 95th percentile {p95} ms",
        "vi": f"trung vị {median} ms, phân vị 95%: {p95} ms",
    }
    assert told[language] in row and file["machine"]["cpu"] in row
    assert f"{file['machine']['cores']} {'cores' if language == 'en' else 'nhân'}" in row


@pytest.mark.parametrize("language", READMES)
def test_the_speed_of_training_is_the_one_on_file(language):
    file, row = result("benchmarks/results/peers.json"), measured_in("peers.json", language)
    ratios = [file["times_fit"][side]["median"] for side in ("loop over tensors", "lightning", "pythae", "handout")]
    told = [f"{statistics.median(file['seconds']['fit']):.1f}", *(f"{ratio:.1f}" for ratio in ratios)]
    assert re.findall(r"\d\.\d+", row.split("|")[2]) == [*told, f"{file['times_fit']['limit']['median']:.2f}"]
    assert file["machine"]["gpu"] is None and file["machine"]["cpu"] in row and f"{file['machine']['cores']} " in row


@pytest.mark.parametrize("language", READMES)
def test_the_race_is_the_one_on_file(language):
    file, row = result("benchmarks/results/race.json"), measured_in("race.json", language)
    expected = {}
    for line in file["times_sooner"]:
        expected.setdefault(str(line["B"]), []).append(f"{line['median']:.0f}")
    told = re.findall(r"B = (\d+): (\d+) (?:and|và) (\d+)", row)
    assert {B: list(times) for B, *times in told} == expected and file["machine"]["cpu"] in row


@pytest.mark.parametrize("language", READMES)
def test_the_lessons_times_are_those_on_file(language):
    file, row = result("benchmarks/results/lessons.json"), measured_in("lessons.json", language)
    told = re.findall(r"(\d\d) (\d+) (?:s|giây)\b", row)
    assert told == [(name[:2], f"{seconds:.0f}") for name, seconds in file["lessons"].items()]
    lessons = {path.stem for path in LESSONS} - {"quiz"}
    assert set(file["lessons"]) == lessons and file["machine"]["cpu"] in row


@pytest.mark.parametrize("language", READMES)
def test_the_packages_weight_is_the_one_on_file(language):
    file, row = result("benchmarks/results/train_speed.json")["footprint"], measured_in("train_speed.json", language)
    assert re.findall(r"\d\.\d+", row.split("|")[2]) == [f"{file['import_s']:.2f}", f"{file['peak_gib']:.1f}"]


@pytest.mark.parametrize("language", READMES)
@pytest.mark.parametrize("model", ["vae-2d", "vae-16d"])
def test_the_models_scores_are_those_on_their_cards(model, language):
    card, row = result(f"vae_helpers/pretrained/{model}.json"), measured_in(f"{model}.json", language)
    scores = card["scores_on_test_images"]
    told = {
        "en": f"error {scores['sse']:.1f} an image, KL {scores['kl']:.1f} nats",
        "vi": f"sai số {scores['sse']:.1f} mỗi ảnh, KL {scores['kl']:.1f} nat",
    }
    assert told[language] in row
    assert f"B = {card['B']}, {card['epochs']} epoch" in row and re.search(rf"\b{card['latent_dim']} (dim|chiều)", row)


@pytest.mark.parametrize("language", READMES)
def test_the_living_pages_lag_is_the_one_on_file(language):
    file, row = result("benchmarks/results/page_latency.json"), measured_in("page_latency.json", language)
    lags = [file["pages"][name][f"lag_{kind}_ms"] for name in ("vae-2d", "vae-16d") for kind in ("median", "p95")]
    assert (
        re.findall(r"\d+\.\d+", row.split("|")[2]) == [f"{lag:.1f}" for lag in lags] and file["machine"]["cpu"] in row
    )


@pytest.mark.parametrize("language", READMES)
def test_the_graders_speed_is_the_one_on_file(language):
    file, row = result("benchmarks/results/grading.json"), measured_in("grading.json", language)
    rates = {run["workers"]: int(run["per_minute"]) for run in file["runs"]}
    told = {
        "en": f"{rates[1]} submissions a minute with 1 worker, {rates[2]} with 2",
        "vi": f"mỗi phút {rates[1]} bài với 1 worker, {rates[2]} bài với 2",
    }
    assert told[language] in row and file["machine"]["cpu"] in row
    cut_down = [file["graders"][name]["per_minute"] for name in ("ours exercises", "ours", "nbgrader", "otter")]
    assert re.findall(r"\d+", row.split("|")[2])[-4:] == [f"{rate:.0f}" for rate in cut_down]


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
    assert f"## [{vae_helpers.__version__}]" in read(ROOT / "CHANGELOG.md")
