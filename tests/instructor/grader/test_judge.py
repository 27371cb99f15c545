"""Judging a submission: which lesson it is, and what its functions are worth."""

import json

import pytest

from instructor.grader import judge
from instructor.grader.lessons import lessons
from tools import build

from ..support import MSE, ROOT, WAY, notebook

pytestmark = pytest.mark.grader
LIMITS = {"seconds": 100, "memory": 2500}


@pytest.mark.parametrize("lesson", [lesson for lesson, exercises in lessons().items() if exercises])
def test_solutions_are_all_right_and_published_lessons_are_not_done(lesson):
    source = ROOT / "notebooks" / "src" / f"{lesson}.py"
    solved = build.make_notebook(source, "vi", solutions=True)
    assert all(c.metadata.nbgrader.solution for c in solved.cells if "### BEGIN SOLUTION" in c.source)
    result = judge.grade(f"{lesson}.ipynb", json.dumps(solved).encode(), limits=LIMITS, only_exercises=True)
    assert result["status"] == "ok", result
    assert [e["status"] for e in result["exercises"]] == ["right"] * len(lessons()[lesson]), result
    assert not result["notes"], "no solution calls the course's own function"
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
        ("SV05 bài nộp.ipynb", [], "def reparameterize(mu, logvar):\n    ...", "03_reparameterization"),
        ("bài làm.ipynb", [], "x = 1", ""),
    ],
)
def test_lesson_is_told_by_cells_then_name_then_functions(name, ids, code, lesson):
    cells = [{"cell_type": "code", "id": i, "source": code} for i in ids or [""]]
    assert judge.read_notebook(json.dumps({"cells": cells, "metadata": {}}).encode(), name).lesson == lesson


ASKS = {
    "many": "for _ in range(400):\n        model.encode(torch.zeros(20_000, 1))",
    "much without a number": "model.forward(torch.empty(1_500_000, 0))",  # 1.5 million pictures, of nothing
    "much out of little": "model.forward(torch.zeros(100_000, 1))",
}


@pytest.mark.parametrize("ask", ASKS)
def test_a_function_may_not_ask_too_much_of_the_model_that_a_check_gives_it(ask):
    greedy = f"import torch\ndef sample_prior(model, n):\n    {ASKS[ask]}\n    return model.decode(torch.randn(n, model.latent_dim))"
    result = judge.grade("x.ipynb", notebook(greedy, lesson="06_reconstructions"), limits=LIMITS, only_exercises=True)
    verdicts = {exercise["function"]: exercise for exercise in result["exercises"]}
    assert verdicts["sample_prior"]["status"] == "wrong"
    assert "too much was asked of the model" in verdicts["sample_prior"]["message"]


def test_a_guess_is_not_right():
    guess = "import torch\ndef mse(recon, x):\n    d = recon - x\n    return [(d**2).mean(), (d**2).sum(), d.abs().mean()][torch.randint(3, ()).item()]"
    rights = [
        judge.grade("x.ipynb", notebook(guess, f"x = {n}"), limits=LIMITS, only_exercises=True)["exercises"][0][
            "status"
        ]
        for n in range(5)
    ]
    assert rights == ["wrong"] * 5


def test_whose_function_was_called_is_noted():
    content = notebook(
        "import torch\nfrom vae_helpers import losses\ndef bce(recon, x):\n    return losses.reconstruction_loss(recon, x, kind='bce')",
        MSE,
    )
    result = judge.grade("x.ipynb", content, limits=LIMITS, only_exercises=True)
    assert result["notes"] == ["bce calls losses.reconstruction_loss"]


def test_a_slow_global_takes_no_other_exercise_along(monkeypatch):
    monkeypatch.setattr(judge, "EXERCISE_SECONDS", 4)
    slow = "import time\ntime.sleep(0)\nfactor = [time.sleep(6), 1][1]"
    content = notebook(slow, MSE, WAY.replace("return", "return factor *"))
    result = judge.grade("x.ipynb", content, limits={"seconds": 40}, only_exercises=True)
    right = [e["function"] for e in result["exercises"] if e["status"] == "right"]
    assert right == ["mse", "interpolate"], result


@pytest.mark.parametrize(
    ("metadata", "text", "language"),
    [
        ({}, "# Bài làm của tôi: hàm mất mát và đồ thị", "vi"),
        ({}, "# the loss of a model", "en"),
        ({"vae_language": "vi"}, "x", "vi"),
    ],
)
def test_language_is_told_by_the_cells_where_metadata_was_lost(metadata, text, language):
    cells = [{"cell_type": "code", "source": text}]
    assert (
        judge.read_notebook(json.dumps({"cells": cells, "metadata": metadata}).encode(), "01.ipynb").language
        == language
    )
