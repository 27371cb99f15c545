"""Checkpoints: the same end as without the break, and never a wrong file taken for a right one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.training.support import QUIET, numbers, same_weights, stopped_at, tiny
from vae_helpers import training
from vae_helpers.training import History, fit


@pytest.mark.parametrize("schedule", [None, "one-cycle"])
def test_training_stopped_and_resumed_equals_the_uninterrupted_one(small, tmp_path, schedule):
    recipe = {"epochs": 6, "batch_size": 64, "lr": 4e-3, "schedule": schedule, "seed": 1, **QUIET}

    whole, resumed = tiny(), tiny(seed=9)
    expected = fit(whole, small, **recipe)
    with stopped_at(14, KeyboardInterrupt()):
        fit(tiny(), small, checkpoint=tmp_path / "vae.pt", **recipe)
    assert numbers(fit(resumed, small, checkpoint=tmp_path / "vae.pt", **recipe)) == numbers(expected)
    assert same_weights(resumed, whole)


def test_resumed_training_equals_the_uninterrupted_one(small, tmp_path):
    whole, resumed = tiny(), tiny(seed=9)
    expected = fit(whole, small, small, epochs=4, batch_size=64, seed=1, **QUIET)
    file = tmp_path / "new" / "vae.pt"
    fit(tiny(), small, small, epochs=2, batch_size=64, seed=1, checkpoint=file, **QUIET)
    history = fit(resumed, small, small, epochs=4, batch_size=64, seed=1, checkpoint=file, **QUIET)
    assert numbers(history) == numbers(expected)
    assert same_weights(resumed, whole)
    assert os.listdir(file.parent) == ["vae.pt"]


def test_finished_training_is_not_repeated(small, tmp_path):
    file = tmp_path / "vae.pt"
    first, second = tiny(), tiny(seed=9)
    fit(first, small, epochs=2, checkpoint=file, **QUIET)
    history = fit(second, small, epochs=2, checkpoint=file, **QUIET)
    assert len(history) == 2 and same_weights(first, second)


ROOT = Path(__file__).resolve().parents[2]
KILLED = """
from tests.training.support import tiny
from vae_helpers import data, training
images = data.load_digits()
small = data.ImageDataset(images.images[:200], images.labels[:200], "digits")
print("go", flush=True)
training.fit(tiny(), small, epochs=120, batch_size=64, seed=1, log_dir={logs!r}, checkpoint={file!r}, progress=False)
print("done", flush=True)
"""


def test_killed_at_random_moments_and_resumed(small, tmp_path):
    """SIGKILL three times, then to the end: the same weights as without, and a whole checkpoint and log at every stop."""
    file = tmp_path / "vae.pt"
    code = KILLED.format(logs=str(tmp_path / "logs"), file=str(file))
    moments = random.Random(0)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        assert process.stdout.readline() == "go\n"
        time.sleep(moments.uniform(0.1, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if file.exists():
            assert len(torch.load(file, weights_only=True)["history"]) >= 1
        for log in (tmp_path / "logs").glob("*.txt"):
            History.read(log)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)
    expected = tiny()
    fit(expected, small, epochs=120, batch_size=64, seed=1, **QUIET)
    saved = torch.load(file, weights_only=True)["model"]
    assert all(torch.equal(saved[name], value) for name, value in expected.state_dict().items())


def test_failure_while_saving_keeps_the_old_checkpoint(small, tmp_path, monkeypatch):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=1, checkpoint=file, **QUIET)
    before = file.read_bytes()

    def disk_full(state, stream):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.checkpoint.torch, "save", disk_full)
    with pytest.raises(OSError, match="No space left"):
        fit(tiny(), small, epochs=2, checkpoint=file, **QUIET)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 half an archive"])
def test_damaged_checkpoint_is_named_and_kept(small, tmp_path, content, language):
    file = tmp_path / "vae.pt"
    file.write_bytes(content)
    model = tiny()
    with pytest.raises(ValueError) as caught:
        fit(model, small, epochs=1, checkpoint=file, **QUIET)
    assert str(file) in str(caught.value)
    assert {"vi": "không đọc được", "en": "cannot be read"}[language] in str(caught.value)
    assert file.read_bytes() == content and same_weights(model, tiny())


@pytest.mark.parametrize(
    "change", [{"batch_size": 50}, {"lr": 0.1}, {"seed": 3}, {"latent_dim": 5}, {"schedule": "one-cycle"}]
)
def test_checkpoint_of_another_recipe_is_refused(small, tmp_path, change):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=1, batch_size=64, seed=1, checkpoint=file, **QUIET)
    model = tiny(latent_dim=change.pop("latent_dim", 2))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="another recipe"):
        fit(model, small, epochs=2, checkpoint=file, **{"batch_size": 64, "seed": 1, **change}, **QUIET)
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())
