"""Judging a submission: which lesson it is, and what its functions are worth."""

import json

import pytest

from instructor.grader import judge
from instructor.grader.lessons import lessons
from tools import build

from ..support import ROOT, notebook

pytestmark = pytest.mark.grader
LIMITS = {"seconds": 100, "memory": 2500}


@pytest.mark.parametrize("lesson", [lesson for lesson, exercises in lessons().items() if exercises])
def test_solutions_are_all_right_and_published_lessons_are_not_done(lesson):
    source = ROOT / "notebooks" / "src" / f"{lesson}.py"
    solved = build.make_notebook(source, "vi", solutions=True)
    result = judge.grade(f"{lesson}.ipynb", json.dumps(solved).encode(), limits=LIMITS, only_exercises=True)
    assert result["status"] == "ok", result
    assert [e["status"] for e in result["exercises"]] == ["right"] * len(lessons()[lesson]), result
    published = (ROOT / "notebooks" / "en" / f"{lesson}.ipynb").read_bytes()
    result = judge.grade(f"{lesson}.ipynb", published, limits=LIMITS, only_exercises=True)
    assert [e["status"] for e in result["exercises"]] == ["todo"] * len(lessons()[lesson]), result


@pytest.mark.parametrize(
    ("name", "ids", "code", "lesson"),
    [
        ("x.ipynb", ["03_reparameterization-001"], "", "03_reparameterization"),
        ("02_vae.ipynb", ["03_reparameterization-001"], "", "03_reparameterization"),
        ("An_02.ipynb", [], "", "02_vae"),
        ("bài 4 - An 04.ipynb", [""], "", "04_loss"),
        ("05_training (1).ipynb", ["a1b2"], "", "05_training"),
        ("bài làm.ipynb", [], "def slerp(a, b, t):\n    ...", "07_latent_sliders"),
        ("bài làm.ipynb", [], "x = 1", ""),
    ],
)
def test_lesson_is_told_by_cells_then_name_then_functions(name, ids, code, lesson):
    cells = [{"cell_type": "code", "id": i, "source": code} for i in ids or [""]]
    assert judge.read_notebook(json.dumps({"cells": cells, "metadata": {}}).encode(), name).lesson == lesson


GREEDY = """\
import torch
def sample_prior(model, n):
    for _ in range(400):
        model.encode(torch.zeros(1000, 1))
    return model.decode(torch.randn(n, model.latent_dim))
"""


def test_a_function_may_not_ask_too_much_of_the_model_that_a_check_gives_it():
    content = notebook(GREEDY, lesson="06_reconstructions")
    result = judge.grade("06_reconstructions.ipynb", content, limits=LIMITS, only_exercises=True)
    verdicts = {exercise["function"]: exercise for exercise in result["exercises"]}
    assert verdicts["sample_prior"]["status"] == "wrong"
    assert "too much was asked of the model" in verdicts["sample_prior"]["message"]
