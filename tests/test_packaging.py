"""The lists of packages: lower bounds that Colab meets, and pins that meet the bounds and name no machine."""

import re
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def read(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


REQUIREMENTS, CONSTRAINTS = read("requirements.txt"), read("constraints.txt")
COLAB = {  # August 2026, Python 3.13
    "torch": "2.11.0",
    "torchvision": "0.26.0",
    "numpy": "2.1.0",
    "matplotlib": "3.10.0",
    "ipywidgets": "7.7.1",
    "ipython": "7.34.0",
}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_requirements_are_lower_bounds_that_colab_meets(requirement):
    assert {specifier.operator for specifier in requirement.specifier} == {">="}
    if requirement.name in COLAB:
        assert COLAB[requirement.name] in requirement.specifier


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_pins_meet_the_bounds(requirement):
    environment = default_environment()
    pins = [pin for pin in CONSTRAINTS if pin.name == requirement.name]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
    assert len(pins) == 1, sys.version
    (specifier,) = pins[0].specifier
    assert specifier.operator == "==" and specifier.version in requirement.specifier


def test_no_list_names_a_host_or_a_path():
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"(?:index|find-links|extra-index)[-_]?(?:url)?\s*=|file://|/opt/|/root/|/home/", text), (
            name
        )
