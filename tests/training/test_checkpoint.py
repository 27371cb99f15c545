"""Checkpoints: the same end as without the break, and never a wrong file taken for a right one."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.support import QUIET, numbers, same_weights, stopped_at, tiny
from vae_helpers import data, losses, training
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


OTHER_RECIPES = {
    "batch size": {"batch_size": 50},
    "lr": {"lr": 0.1},
    "weight decay": {"weight_decay": 0.0},
    "seed": {"seed": 3},
    "no seed": {"seed": None},
    "schedule": {"schedule": "one-cycle"},
    "latent dimensions": {"latent_dim": 5},
    "loss": {"loss": losses.sigma_vae_loss},
    "B": {"loss": partial(losses.vae_loss, B=1)},
    "images": {"flip": True},
}


@pytest.mark.parametrize("change", OTHER_RECIPES)
def test_checkpoint_of_another_recipe_is_refused_and_changes_nothing(small, tmp_path, change, language):
    """Neither the weights, nor the random state, nor the file, nor the model's order of memory and mode."""
    file, change = tmp_path / "vae.pt", dict(OTHER_RECIPES[change])
    fit(tiny(), small, epochs=1, batch_size=64, seed=1, checkpoint=file, **QUIET)
    content = file.read_bytes()
    images = small if not change.pop("flip", False) else data.ImageDataset(small.images.flip(-1), small.labels, "x")
    model = tiny(latent_dim=change.pop("latent_dim", 2))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(11)
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="another recipe|cách huấn luyện khác"):
        fit(model, images, epochs=2, checkpoint=file, **{"batch_size": 64, "seed": 1, **change}, **QUIET)
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state) and file.read_bytes() == content


def test_a_finished_training_with_b_1000_is_never_handed_back_as_the_one_with_b_1(small, tmp_path):
    """Whether B stands in a partial, in a global value, in a lambda, or in an object."""

    class Loss:
        def __init__(self, B):
            self.B = B

        def __call__(self, *values):
            return losses.vae_loss(*values, B=self.B)

    def closed(B):
        return lambda *values: losses.vae_loss(*values, B=B)

    kinds = [lambda B: partial(losses.vae_loss, B=B), closed, Loss]
    for number, loss in enumerate(kinds):
        file = tmp_path / f"{number}.pt"
        fit(tiny(), small, epochs=2, seed=0, loss=loss(1000), checkpoint=file, **QUIET)
        with pytest.raises(ValueError, match="another recipe.*loss"):
            fit(tiny(), small, epochs=2, seed=0, loss=loss(1), checkpoint=file, **QUIET)
        assert len(fit(tiny(), small, epochs=2, seed=0, loss=loss(1000), checkpoint=file, **QUIET)) == 2


def test_a_file_of_before_this_was_recorded_is_refused_in_words(small, tmp_path, language):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=1, checkpoint=file, **QUIET)
    state = torch.load(file, weights_only=True)
    for key in ("loss", "data", "optimizer", "schedule"):
        del state["recipe"][key]
    torch.save(state, file)
    content, model = file.read_bytes(), tiny(seed=4)
    with pytest.raises(ValueError, match=r"older version|bản cũ") as caught:
        fit(model, small, epochs=2, checkpoint=file, **QUIET)
    assert same_weights(model, tiny(seed=4)) and file.read_bytes() == content
    advice = str(caught.value)
    exec(advice[advice.index("model.load_state_dict") : advice.rindex(".")], {"torch": torch, "model": model})
    assert not same_weights(model, tiny(seed=4))


@pytest.mark.parametrize("part", ["optimizer", "scheduler", "random", "model"])
def test_a_state_that_does_not_fit_leaves_model_and_random_state_as_they_were(small, tmp_path, part):
    recipe = {"batch_size": 64, "seed": 1, "schedule": "one-cycle", "epochs": 2, **QUIET}
    with stopped_at(6, KeyboardInterrupt()):
        fit(tiny(), small, checkpoint=tmp_path / "vae.pt", **recipe)
    state = torch.load(tmp_path / "vae.pt", weights_only=True)
    if part == "optimizer":
        state["optimizer"]["state"][1]["exp_avg"] = torch.zeros(3)
    elif part == "scheduler":
        state["scheduler"] = 5
    elif part == "random":
        state["random"]["cpu"] = torch.zeros(3, dtype=torch.uint8)
    else:
        del state["model"]
    torch.save(state, tmp_path / "vae.pt")
    model = tiny(seed=4)
    with pytest.raises(ValueError, match="cannot be read"):
        fit(model, small, checkpoint=tmp_path / "vae.pt", **recipe)
    assert same_weights(model, tiny(seed=4))


NUMPY = {
    "lr": np.logspace(-4, -2, 3)[1],
    "weight_decay": np.float32(1e-5),
    "seed": np.int64(1),
    "batch_size": np.int32(64),
}


@pytest.mark.parametrize("name", NUMPY)
def test_numpys_numbers_are_stored_as_plain_ones(small, tmp_path, name):
    recipe = {"batch_size": 64, "seed": 1, name: NUMPY[name], "checkpoint": tmp_path / "vae.pt", **QUIET}
    fit(tiny(), small, epochs=np.int64(1), **recipe)
    assert len(fit(tiny(), small, epochs=2, **recipe)) == 2
    assert len(fit(tiny(), small, epochs=2, **{**recipe, name: NUMPY[name].item()})) == 2


def test_a_loss_with_numpys_b_is_resumed(small, tmp_path):
    for B in (np.float64(10), 10, torch.tensor(10.0)):
        loss = partial(losses.vae_loss, B=B)
        assert len(fit(tiny(), small, epochs=2, loss=loss, checkpoint=tmp_path / "vae.pt", **QUIET)) == 2


def test_a_conditional_or_custom_loss_of_the_same_code_is_resumed(small, tmp_path):
    def made():
        return lambda recon, x, mu, logvar: losses.vae_loss(recon, x, mu, logvar, B=3)

    for epochs in (1, 2):
        history = fit(tiny(), small, epochs=epochs, loss=made(), checkpoint=tmp_path / "vae.pt", **QUIET)
    assert len(history) == 2


@pytest.mark.parametrize("argument", ["checkpoint", "log_dir"])
def test_the_home_folder_is_meant_by_a_tilde(small, tmp_path, monkeypatch, argument):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    path = {"checkpoint": "~/vae.pt", "log_dir": "~/logs"}[argument]
    for _ in range(2):
        history = fit(tiny(), small, epochs=1, **{**QUIET, argument: path})
    assert os.listdir(tmp_path) == ["home"]
    assert os.listdir(tmp_path / "home") == [path[2:]]
    if argument == "log_dir":
        name = history.log_file.name
        assert len(History.read(f"~/logs/{name}")) == 1


def test_without_a_seed_a_finished_training_leaves_the_random_state_alone(small, tmp_path):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=2, checkpoint=file, **QUIET)
    model = tiny()
    torch.manual_seed(42)
    state = torch.get_rng_state()
    fit(model, small, epochs=2, checkpoint=file, **QUIET)
    assert torch.equal(torch.get_rng_state(), state)


def test_without_a_seed_a_training_goes_on_from_the_files_random_state(small, tmp_path):
    """As the docstring says: to the same result as without the break."""
    whole, resumed = tiny(), tiny(seed=9)
    torch.manual_seed(7)
    fit(whole, small, epochs=4, batch_size=64, **QUIET)
    first = tiny()
    torch.manual_seed(7)
    fit(first, small, epochs=2, batch_size=64, checkpoint=tmp_path / "vae.pt", **QUIET)
    torch.manual_seed(1234)
    fit(resumed, small, epochs=4, batch_size=64, checkpoint=tmp_path / "vae.pt", **QUIET)
    assert same_weights(whole, resumed)


def test_with_a_seed_a_finished_training_ends_in_the_random_state_of_its_end(small, tmp_path):
    """So the cells after it draw the same again when the notebook is run a second time."""
    draws = []
    for _ in range(2):
        fit(tiny(), small, epochs=2, seed=5, checkpoint=tmp_path / "vae.pt", **QUIET)
        draws.append(torch.rand(3))
    assert torch.equal(*draws)


def test_a_file_with_more_epochs_than_asked_for_says_so(small, tmp_path, language, capsys):
    fit(tiny(), small, epochs=3, checkpoint=tmp_path / "vae.pt", **QUIET)
    history = fit(tiny(), small, epochs=1, checkpoint=tmp_path / "vae.pt", log_dir=None)
    assert len(history) == 3
    assert {"vi": "đã xong 3 epoch. Bạn yêu cầu 1", "en": "3 epochs are done. You asked for 1"}[
        language
    ] in capsys.readouterr().out


def test_the_file_is_plain_and_holds_every_generator(small, tmp_path, monkeypatch):
    """CUDA and MPS are mocked: there is no GPU here."""
    generator = torch.get_rng_state()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: generator)
    put_back = []
    monkeypatch.setattr(torch.mps, "set_rng_state", put_back.append)
    fit(tiny(), small, epochs=1, device="cpu", checkpoint=tmp_path / "vae.pt", **QUIET)
    state = torch.load(tmp_path / "vae.pt", weights_only=True)
    assert torch.equal(state["random"]["mps"], generator)
    put_back.clear()
    fit(tiny(), small, epochs=2, device="cpu", checkpoint=tmp_path / "vae.pt", **QUIET)
    assert torch.equal(put_back[0], generator)


def test_a_file_of_two_gpus_is_resumed_on_one_and_on_none(small, tmp_path, monkeypatch):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=1, seed=1, checkpoint=file, **QUIET)
    state = torch.load(file, weights_only=True)
    state["random"]["cuda"] = [torch.get_rng_state(), torch.get_rng_state()]
    for group in state["optimizer"]["param_groups"]:
        group["fused"] = True  # as on a GPU
    torch.save(state, file)
    content = file.read_bytes()
    resumed, whole = tiny(seed=9), tiny()
    fit(resumed, small, epochs=3, seed=1, checkpoint=file, **QUIET)
    fit(whole, small, epochs=3, seed=1, **QUIET)
    assert same_weights(resumed, whole)
    file.write_bytes(content)
    generators = {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: None)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: generators.__setitem__(device, state))
    assert len(fit(tiny(seed=9), small, epochs=1, seed=1, device="cpu", checkpoint=file, **QUIET)) == 1
    assert list(generators) == [0]


def test_checkpoints_go_to_drive_where_it_is_mounted(tmp_path, monkeypatch):
    monkeypatch.setattr(training.checkpoint, "DRIVE", tmp_path / "MyDrive")
    assert training.checkpoint_folder() == Path("checkpoints")
    (tmp_path / "MyDrive").mkdir()
    assert training.checkpoint_folder() == tmp_path / "MyDrive" / "checkpoints"


def test_an_error_while_saving_hands_over_the_history(small, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.checkpoint, "write_whole", full)
    with pytest.raises(OSError) as caught:
        fit(tiny(), small, epochs=3, checkpoint=tmp_path / "vae.pt", **QUIET)
    assert len(caught.value.history) == 1
