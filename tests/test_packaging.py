"""The lists of packages, and what is installed: bounds that Colab meets, one pin for every Python and system, whole rooms."""

import ast
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import vae_helpers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def read(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


REQUIREMENTS, CONSTRAINTS = read("requirements.txt"), read("constraints.txt")
WANTED = [*REQUIREMENTS, *(Requirement(line) for lines in EXTRAS.values() for line in lines)]
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SYSTEMS = {  # sys_platform, platform_system, os_name, platform_machine
    "Linux": ("linux", "Linux", "posix", "x86_64"),
    "Linux on ARM": ("linux", "Linux", "posix", "aarch64"),
    "macOS": ("darwin", "Darwin", "posix", "arm64"),
    "Windows": ("win32", "Windows", "nt", "AMD64"),
}
ENVIRONMENTS = {
    f"{python} {system}": {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
        **dict(zip(("sys_platform", "platform_system", "os_name", "platform_machine"), values, strict=True)),
    }
    for python, (system, values) in itertools.product(PYTHONS, SYSTEMS.items())
}
COLAB = {  # August 2026, Python 3.13
    "torch": "2.11.0",
    "torchvision": "0.26.0",
    "numpy": "2.1.0",
    "matplotlib": "3.10.0",
    "ipywidgets": "7.7.1",
    "ipython": "7.34.0",
}


def applies(requirement, environment):
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_requirements_are_lower_bounds_that_colab_meets(requirement):
    assert {specifier.operator for specifier in requirement.specifier} == {">="}
    if requirement.name in COLAB:
        assert COLAB[requirement.name] in requirement.specifier


# -------------------------------------------------------------------------------------------------- the pins


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_every_python_and_system_has_one_pin_for_each_package_and_it_meets_the_bound(environment):
    pins = [pin for pin in CONSTRAINTS if applies(pin, environment)]
    names = [pin.name for pin in pins]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})
    pinned = {pin.name: pin.specifier for pin in pins}
    for requirement in WANTED:
        if applies(requirement, environment):
            (specifier,) = pinned[requirement.name]
            assert specifier.operator == "==" and specifier.version in requirement.specifier, requirement


def test_pins_are_exact_public_versions():
    for pin in CONSTRAINTS:
        (specifier,) = pin.specifier
        assert specifier.operator == "==" and "+" not in specifier.version and not pin.url, pin


def test_pytorch_and_torchvision_are_pinned_as_a_pair():
    """torchvision names the torch it was made for; the metadata of the pair that is installed here says whether it fits."""
    from importlib.metadata import requires, version

    (wanted,) = [r for r in map(Requirement, requires("torchvision")) if r.name == "torch"]
    installed = {pin.name: pin for pin in CONSTRAINTS if pin.name == "torchvision"}["torchvision"]
    if version("torchvision") not in installed.specifier:
        pytest.skip(f"torchvision {version('torchvision')} is installed here, not the pinned one")
    for pin in CONSTRAINTS:
        if pin.name == "torch":
            (specifier,) = pin.specifier
            assert specifier.version in wanted.specifier


@pytest.mark.parametrize(
    "name",
    ["requirements.txt", "constraints.txt", "pyproject.toml", "Makefile", ".ci/run", ".github/workflows/test.yml"],
)
def test_no_list_names_a_host_or_a_path(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"(?:index|find-links|extra-index)[-_]?(?:url)?\s*=|file://|/opt/|/root/|/home/", text)


# ------------------------------------------------------------------------------------------- what is installed


def test_every_room_and_every_file_in_it_is_installed(tmp_path):
    """In a wheel, as setuptools makes it: the files of the package's folder, and no other folder's."""
    for entry in ("vae_helpers", "requirements.txt", "pyproject.toml", "README.md", "LICENSE", "LICENSE-text"):
        place = ROOT / entry
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / entry)
    code = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    installed = set(ZipFile(tmp_path / result.stdout.splitlines()[-1]).namelist())
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "vae_helpers").rglob("*") if path.is_file()}
    ours = {path for path in ours if "__pycache__" not in path}
    assert ours == {path for path in installed if ".dist-info/" not in path}


def module():
    return ast.parse((ROOT / "vae_helpers" / "__init__.py").read_text(encoding="utf-8"))


def test_the_version_is_a_plain_string_that_setuptools_reads_without_an_import():
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "vae_helpers.__version__"}
    values = {n.targets[0].id: n.value for n in module().body if isinstance(n, ast.Assign)}
    assert ast.literal_eval(values["__version__"]) == vae_helpers.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", vae_helpers.__version__)


def test_editors_see_every_room():
    (block,) = [node for node in module().body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    seen = {alias.name for alias in block.body[0].names}
    rooms = {p.stem for p in (ROOT / "vae_helpers").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert seen == {room for room in rooms if not room.startswith("_")}
    assert seen | {"language", "set_language", "tr"} == set(vae_helpers.__all__)
    assert (ROOT / "vae_helpers" / "py.typed").exists()


def test_the_package_itself_imports_no_library():
    code = "import sys, vae_helpers; print(*sorted({'torch', 'numpy', 'matplotlib', 'ipywidgets'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr
    assert all(getattr(vae_helpers, room) for room in vae_helpers.__all__)
