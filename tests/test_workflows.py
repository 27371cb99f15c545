"""The workflows: they are read as meant, and every command in them names what is there."""

import os
import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROOT.glob(".github/workflows/*")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
MARKERS = {line.split(":")[0] for line in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}


def steps():
    for name, workflow in WORKFLOWS.items():
        for job, content in workflow["jobs"].items():
            yield from ((f"{name} {job}", step) for step in content["steps"])


COMMANDS = [(where, line) for where, step in steps() for line in step.get("run", "").splitlines()]


def problem(command: str) -> str:
    """What a line of a workflow names that is not there; "" if all of it is."""
    first, *rest = shlex.split(command)
    if first == "make":
        goals = {word for word in rest if "=" not in word}
        return "" if goals <= TARGETS else f"make has no {rest}"
    if (ROOT / first).is_file():
        return "" if os.access(ROOT / first, os.X_OK) or os.name == "nt" else f"{first} cannot be executed"
    if first == "python":
        return problem_of_module(rest)
    return (
        ""
        if re.match(
            r"open=\$\(gh issue list |test \"\$open\" -gt 0 \|\| gh issue create |gh release create |sudo (apt-get|sysctl) ",
            command,
        )
        else "unknown"
    )


def problem_of_module(words: list[str]) -> str:
    if words[:2] == ["-m", "pytest"]:
        used = set(re.findall(r"[a-z]\w*", words[words.index("-m", 1) + 1])) - {"and", "not", "or"}
        return "" if used and used <= MARKERS else f"no markers {used - MARKERS}"
    if words[:4] == ["-m", "pip", "install", "build"] or words[:2] in (["-m", "build"], ["-m", "zipfile"]):
        return ""
    if words[:3] == ["-m", "pip", "install"]:
        options = dict(zip(words[3::2], words[4::2], strict=True))
        extras = set(re.findall(r"\w+", options.pop("-e"))) - set(PROJECT["project"]["optional-dependencies"])
        lists = [name for name in options.values() if not (ROOT / name).is_file()]
        return f"no extras {extras}" if extras else f"no files {lists}" if lists else ""
    return "neither pytest nor pip"


@pytest.mark.parametrize(("where", "command"), COMMANDS)
def test_every_command_names_what_is_there(where, command):
    assert not problem(command)


@pytest.mark.parametrize(
    "command",
    ["make tset", ".ci/runs", 'python -m pytest -m "not brwoser"', "python -m pip install -e .[labs]",
     "python -m pip install -c pins.txt -e .[lab]", "python tests.py", "curl example.org"],
)  # fmt: skip
def test_a_command_that_names_what_is_not_there_is_seen(command):
    assert problem(command)


def test_every_python_and_system_has_a_job():
    jobs = WORKFLOWS["test.yml"]["jobs"]
    given = {step["with"]["python-version"] for _, step in steps() if "python-version" in step.get("with", {})}
    pythons = given | set(jobs["pythons"]["strategy"]["matrix"]["python"])
    promised = {line.rsplit(" ", 1)[1] for line in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d", line)}
    assert promised <= pythons
    assert {s.split("-")[0] for s in jobs["systems"]["strategy"]["matrix"]["system"]} == {"macos", "windows"}
    assert True in WORKFLOWS["test.yml"], "YAML reads `on` as true"


def test_the_newest_packages_are_tried_weekly_and_a_failure_opens_one_issue():
    workflow = WORKFLOWS["newest.yml"]
    assert [len(line["cron"].split()) for line in workflow[True]["schedule"]] == [5]
    assert workflow["permissions"]["issues"] == "write"
    *before, last = workflow["jobs"]["newest"]["steps"]
    assert not any("constraints" in step.get("run", "") for step in before)
    assert last["if"] == "failure()" and "gh issue list" in last["run"] and "gh issue create" in last["run"]


def test_ci_runs_make_test_and_installs_what_may_be_missing():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == "make test"
    assert "chromium" in script and "bubblewrap" in script


def test_the_site_goes_to_pages_and_the_notebooks_to_a_branch():
    """Each job may do what it has to and nothing else; no password is kept for PyPI."""
    jobs = WORKFLOWS["site.yml"]["jobs"]
    assert jobs["pages"]["permissions"] == {"contents": "read", "id-token": "write", "pages": "write"}
    assert jobs["built"]["permissions"] == {"contents": "write"}
    assert "make built PUSH=origin" in [step.get("run") for step in jobs["built"]["steps"]]
    release = WORKFLOWS["release.yml"]["jobs"]
    assert release["pypi"]["permissions"] == {"id-token": "write"} and release["pypi"]["if"]
    assert "password" not in str(WORKFLOWS["release.yml"]) and "secrets" not in str(WORKFLOWS["release.yml"])
