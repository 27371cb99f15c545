"""The examples in docs/examples run as they are, learn something and leave the figure that they promise."""

import runpy
from pathlib import Path

import pytest
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))


def test_every_example_is_in_the_table():
    table = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert EXAMPLES and all(f"[{example.name}]({example.name})" in table for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs_and_learns(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    after = runpy.run_path(str(example), run_name="__main__")
    loss = after["history"]["loss"]
    assert loss[-1] < 0.8 * loss[0]
    with Image.open(tmp_path / f"{example.stem}.png") as figure:
        assert min(figure.size) > 100 and len(figure.convert("L").getcolors()) > 20  # not an empty sheet
