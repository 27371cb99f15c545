"""Faults of what is installed: old versions, damaged weights."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.support import ROOT, Table
from vae_helpers import models
from vae_helpers.models import pretrained

TABLE = Table()


@pytest.mark.parametrize("fault", TABLE)
def test_what_the_student_sees(fault, language, request):
    TABLE.check(fault, language, request)


@TABLE.row(
    "corrupt weights of the course",
    vi=("load_pretrained('vae-2d')", "thiếu hoặc hỏng", "Hãy tải lại khóa học"),
    en=("load_pretrained('vae-2d')", "is missing or damaged", "Get the course again"),
)
def corrupt_weights(tmp_path, monkeypatch):
    shutil.copytree(pretrained.FOLDER, tmp_path / "pretrained")
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "pretrained")
    assert models.load_pretrained("vae-2d").latent_dim == 2
    file = tmp_path / "pretrained" / "vae-2d.safetensors"
    told = []
    for damage in (lambda: file.write_bytes(file.read_bytes()[:1000]), lambda: file.write_bytes(b""), file.unlink):
        damage()
        with pytest.raises(ValueError) as caught:
            models.load_pretrained("vae-2d")
        assert str(file) in str(caught.value)
        told.append(str(caught.value).replace(type(caught.value.__cause__).__name__, "…"))
    assert len(set(told)) == 1
    return told[0]


A_LESSON = """
import matplotlib
matplotlib.use("agg")
import IPython, ipywidgets, numpy, scipy, sklearn, PIL
from vae_helpers import checks, data, models, plots, quiz, set_language, training, widgets
for library in (numpy, scipy, sklearn, matplotlib, PIL, ipywidgets, IPython):
    print(library.__name__, library.__version__)
digits, vae = data.load_digits(), models.load_pretrained("vae-2d")
for language in ("vi", "en"):
    set_language(language)
    plots.plot_reconstructions(vae, digits.images[:10]).savefig(f"{language}.png")
widgets.latent_explorer(vae, digits)
quiz.Quiz(questions="all").show()
models.summary(vae)
print(training.fit(vae, digits, epochs=1, device="cpu", log_dir=None, progress=False)["recon"][0] > 0)
"""


@TABLE.row(
    "old package versions",
    vi=("numpy 1.26", "ipywidgets 7.7.1", "IPython 7.34", "Total params: 68,485", "True"),
    en=("numpy 1.26", "ipywidgets 7.7.1", "IPython 7.34", "Total params: 68,485", "True"),
)
def old_versions(a_lesson_at_the_lower_bounds):
    return a_lesson_at_the_lower_bounds


@pytest.fixture(scope="module")
def a_lesson_at_the_lower_bounds(tmp_path_factory):
    """What it prints with the lower bounds of requirements.txt (all but PyTorch) laid over this environment by make test."""
    overlay = Path(sys.prefix) / "lower-bounds"
    if not (overlay / "numpy").is_dir():
        pytest.skip(f"the lower bounds are not in {overlay}: make test installs them where this Python has them")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(overlay), str(ROOT)])}
    command, folder = [sys.executable, "-c", A_LESSON], tmp_path_factory.mktemp("old")
    result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout
