"""fit: right averages, a log that reads back, and nothing lost to a kill, a Ctrl-C or a NaN."""

import copy
import functools
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from vae_helpers import data, losses, models, training
from vae_helpers.training import History, fit


@pytest.fixture(scope="module")
def small():
    images = data.load_digits()
    return data.ImageDataset(images.images[:200], images.labels[:200], "digits")


class Tiny(nn.Module):
    """A quick VAE: linear encoder and decoder."""

    def __init__(self, latent_dim=2):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder, self.decoder = nn.Linear(784, 2 * latent_dim), nn.Linear(latent_dim, 784)

    def forward(self, x):
        mu, logvar = self.encoder(x.flatten(1)).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.decoder(z)).view_as(x), mu, logvar


def tiny(seed=0, **arguments):
    torch.manual_seed(seed)
    return Tiny(**arguments)


QUIET = {"log_dir": None, "progress": False}


def numbers(history):
    """The history without what legitimately differs between runs."""
    return [{k: v for k, v in row.items() if k != "seconds" and not math.isnan(v)} for row in history.rows]


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


# ------------------------------------------------------------------------------------------------- averages


class Brightness(nn.Module):
    """Its loss is known: reconstructs black, so the squared error is Σ x²; its one weight does not matter."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return 0 * self.weight + torch.zeros_like(x), torch.ones(len(x), 2), torch.zeros(len(x), 2)


def test_means_are_weighted_by_images(small):
    """200 images in batches of 64 end with one of 8: a mean of batch means would be wrong."""
    history = fit(Brightness(), small, small, epochs=2, batch_size=64, **QUIET)
    recon = small.images.pow(2).sum() / 200
    for row in history.rows:
        assert row["recon"] == pytest.approx(recon.item(), rel=1e-5)
        assert row["kl"] == pytest.approx(1.0)  # μ = (1, 1), σ = 1
        assert row["loss"] == pytest.approx(1000 * recon.item() + 1, rel=1e-5)
        assert row["val_recon"] == pytest.approx(row["recon"], rel=1e-5)
        assert row["val_loss"] == pytest.approx(row["loss"], rel=1e-5)
        assert row["seconds"] > 0
    assert history["epoch"] == [1, 2]


def test_training_lowers_the_error_on_images_not_seen(small):
    train, validation = data.split(small)
    history = fit(tiny(), train, validation, epochs=15, batch_size=32, lr=1e-2, seed=0, **QUIET)
    assert history["val_recon"][-1] < 0.75 * history["val_recon"][0]


def test_recipe_is_adam_with_the_handouts_loss(small):
    """One epoch of fit equals the loop written out, batch by batch."""
    ours, by_hand = tiny(), tiny()
    history = fit(ours, small, epochs=1, batch_size=50, lr=1e-3, weight_decay=1e-5, seed=5, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    total = 0
    for indices in torch.randperm(200).split(50):
        x = small.images[indices]
        recon, mu, logvar = by_hand(x)
        loss, _, _ = losses.vae_loss(recon, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    assert same_weights(ours, by_hand)
    assert history["loss"][0] == pytest.approx(total / 200, rel=1e-5)


def test_fast_path_agrees_with_the_plain_loop_step_by_step(small):
    """The kit's own VAE: what makes fit fast changes no loss by more than rounding, at any step."""
    torch.manual_seed(0)
    ours = models.VAE()
    by_hand = copy.deepcopy(ours)
    steps = []

    def recording_loss(recon, x, mu, logvar):
        parts = losses.vae_loss(recon, x, mu, logvar)
        steps.append(parts[0].item())
        return parts

    fit(ours, small, epochs=3, batch_size=50, loss=recording_loss, seed=5, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, weight_decay=1e-5)
    torch.manual_seed(5)
    plain = []
    for _ in range(3):
        for indices in torch.randperm(200).split(50):
            x = torch.stack([small[i][0] for i in indices.tolist()])
            recon, mu, logvar = by_hand(x)
            loss, _, _ = losses.vae_loss(recon, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            plain.append(loss.item())
    assert steps == pytest.approx(plain, rel=1e-4) and len(steps) == 12
    for a, b in zip(ours.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)


# ----------------------------------------------------------------------------------------------------- compile


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler here")
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


@needs_compiler
@pytest.mark.parametrize("device", DEVICES)
def test_compiled_steps_agree_with_the_plain_ones(small, device, capsys):
    """Each epoch is one full batch of 150 images, compiled, and an incomplete one of 50, which is not."""
    torch.manual_seed(0)
    plain, compiled = models.VAE(), models.VAE()
    compiled.load_state_dict(plain.state_dict())
    recipe = {"epochs": 6, "batch_size": 150, "seed": 5, "device": device, "schedule": "one-cycle", **QUIET}
    expected = fit(plain, small, **recipe)
    calls = []

    def counting_loss(recon, x, mu, logvar):
        if not torch.compiler.is_compiling():
            calls.append(len(x))
        return losses.vae_loss(recon, x, mu, logvar)

    history = fit(compiled, small, loss=counting_loss, compile=True, **recipe)
    assert calls == [50] * 6  # the rest ran compiled
    for column in ("loss", "recon", "kl"):
        assert history[column] == pytest.approx(expected[column], rel=1e-4)
    for a, b in zip(plain.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)
    assert "compile" not in capsys.readouterr().out


@needs_compiler
def test_compiled_loss_may_change_from_epoch_to_epoch(small):
    """What was compiled for one B must not stay in force for the next (a warm-up of the KL, say)."""

    class WarmUp:
        B = 1000.0

        def __call__(self, recon, x, mu, logvar):
            return losses.vae_loss(recon, x, mu, logvar, B=self.B)

    class Model(nn.Module):
        def __init__(self, warm_up):
            super().__init__()
            self.weight, self.warm_up = nn.Parameter(torch.zeros(784)), warm_up

        def train(self, mode=True):  # fit calls it at the start of every epoch
            self.warm_up.B /= 10
            return super().train(mode)

        def forward(self, x):
            mu = x.flatten(1).mean(1, keepdim=True)
            return torch.sigmoid(self.weight).expand(len(x), -1).view_as(x), mu, torch.zeros_like(mu)

    histories = []
    for compile in (False, True):
        warm_up = WarmUp()
        model = Model(warm_up)
        histories.append(fit(model, small, epochs=3, batch_size=100, seed=0, loss=warm_up, compile=compile, **QUIET))
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-5)
    assert histories[0]["loss"][0] > 5 * histories[0]["loss"][1] > 25 * histories[0]["loss"][2]


def test_fit_compiles_any_number_of_models_in_one_session(small, monkeypatch):
    """PyTorch gives up on a function after eight versions; a session with ten models must not run into that."""
    eagerly = functools.partial(torch.compile, backend="eager")  # limits as ever, but nothing to wait for
    monkeypatch.setattr(torch, "compile", lambda function, **_: eagerly(function))
    plain_steps = []

    class Watched(Tiny):
        def forward(self, x):
            if not torch.compiler.is_compiling():
                plain_steps.append(self.latent_dim)
            return super().forward(x)

    for latent_dim in range(1, 11):
        fit(Watched(latent_dim), small, epochs=2, batch_size=200, compile=True, **QUIET)
    assert plain_steps == []


def test_without_a_compiler_fit_trains_the_plain_way_and_says_so(small, language, capsys):
    import torch._inductor.config

    plain, compiled = tiny(), tiny()
    recipe = {"epochs": 2, "batch_size": 64, "seed": 1, "device": "cpu", **QUIET}
    # nothing compiled before may help out
    with torch._inductor.config.patch({"cpp.cxx": ("no-such-compiler",), "force_disable_caches": True}):
        history = fit(compiled, small, compile=True, **recipe)
    assert "fit(compile)" in capsys.readouterr().out
    assert numbers(history) == numbers(fit(plain, small, **recipe))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_fails_while_compiling_is_done_again_the_plain_way(small, step, monkeypatch, capsys):
    """A CUDA graph is recorded in the second step, so that one may fail where the first did not."""

    def compile(function, **_):
        def compiled(*arguments):
            calls.append(1)
            if len(calls) == step:
                torch.randn(3)  # random numbers that the failed step has used up
                raise RuntimeError("no graph")
            return function(*arguments)

        calls = []
        return compiled

    plain, compiled = tiny(), tiny()
    recipe = {"epochs": 3, "batch_size": 64, "seed": 1, "device": "cpu", **QUIET}
    expected = fit(plain, small, **recipe)
    monkeypatch.setattr(torch, "compile", compile)
    assert numbers(fit(compiled, small, compile=True, **recipe)) == numbers(expected)
    assert same_weights(plain, compiled)
    assert capsys.readouterr().out.count("fit(compile)") == 1


def test_a_mistake_in_the_model_looks_the_same_with_compile(small):
    def wrong(recon, x, mu, logvar):
        return losses.vae_loss(recon, x.flatten(1), mu, logvar)

    messages = []
    for compile in (False, True):
        with pytest.raises(ValueError) as caught:
            fit(tiny(), small, epochs=1, loss=wrong, compile=compile, **QUIET)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


# ----------------------------------------------------------------------------------- the same again, any input


def test_same_seed_same_history(small):
    runs = [fit(tiny(), small, small, epochs=3, batch_size=64, seed=1, **QUIET) for _ in range(2)]
    assert numbers(runs[0]) == numbers(runs[1])
    other = fit(tiny(), small, small, epochs=3, batch_size=64, seed=2, **QUIET)
    assert numbers(other) != numbers(runs[0])


def test_validation_does_not_disturb_training(small):
    a, b = tiny(), tiny()
    with_validation = fit(a, small, small, epochs=2, batch_size=64, seed=1, **QUIET)
    without = fit(b, small, epochs=2, batch_size=64, seed=1, **QUIET)
    assert with_validation["loss"] == without["loss"]
    assert same_weights(a, b)
    assert all(math.isnan(value) for value in without["val_loss"])


class Items(Dataset):
    """A data set as torchvision makes them: pairs by index, no .images."""

    def __init__(self, source):
        self.source = source

    def __len__(self):
        return len(self.source)

    def __getitem__(self, index):
        return self.source[index]


def test_any_dataset_gives_the_same_as_an_image_dataset(small):
    a = fit(tiny(), small, epochs=2, batch_size=64, seed=1, **QUIET)
    b = fit(tiny(), Items(small), epochs=2, batch_size=64, seed=1, **QUIET)
    assert numbers(a) == numbers(b)


def test_data_loader_uses_its_own_batches(small):
    loader = DataLoader(Items(small), batch_size=30, shuffle=True)
    seen = []

    def loss(recon, x, mu, logvar):
        seen.append(len(x))
        return losses.vae_loss(recon, x, mu, logvar)

    runs = [fit(tiny(), loader, epochs=1, seed=1, loss=loss, **QUIET) for _ in range(2)]
    assert seen == [30] * 6 + [20] + [30] * 6 + [20]
    assert numbers(runs[0]) == numbers(runs[1])


def test_handouts_class_and_autoencoder_train(small, handout_vae):
    history = fit(handout_vae(), small, epochs=1, batch_size=100, **QUIET)
    assert math.isfinite(history["kl"][0])
    history = fit(
        models.Autoencoder(),
        small,
        small,
        epochs=1,
        loss=lambda recon, x, z: losses.reconstruction_loss(recon, x, "bce"),
        **QUIET,
    )
    assert math.isfinite(history["val_loss"][0]) and math.isnan(history["kl"][0])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"epochs": 0}, "epochs.*got 0"),
        ({"epochs": 1, "batch_size": 1.5}, "batch_size.*got 1.5"),
        ({"epochs": 1, "train": [1, 2]}, "train.*got list"),
    ],
)
def test_bad_arguments_are_named(small, arguments, message):
    arguments = {"train": small, **arguments}
    with pytest.raises(ValueError, match=message):
        fit(tiny(), arguments.pop("train"), **arguments, **QUIET)


def test_empty_data_set_is_refused(small):
    empty = data.ImageDataset(small.images[:0], small.labels[:0], "none")
    with pytest.raises(ValueError, match="train.*empty"):
        fit(tiny(), empty, epochs=1, **QUIET)


# ------------------------------------------------------------------------------------------------------- log


def test_log_has_the_handouts_form_and_reads_back(small, tmp_path):
    history = fit(tiny(), small, epochs=3, batch_size=64, log_dir=tmp_path, progress=False)
    assert re.fullmatch(r"training_log_\d{8}_\d{6}\.txt", history.log_file.name)
    lines = history.log_file.read_text().splitlines()
    assert lines[0].startswith("Training started at 20")
    assert lines[1:4] == ["Model: Tiny with latent_dim=2", "Batch size: 64, Image size: 28x28", "Total epochs: 3"]
    assert lines[5] == "Epoch,Avg_Loss,Recon_Loss,KL_Loss"
    assert lines[10].startswith("Training completed at 20")
    read = History.read(history.log_file)
    for column in ("epoch", "loss", "recon", "kl"):
        assert read[column] == pytest.approx(history[column], abs=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == [history.log_file.name]


def test_two_trainings_in_one_second_keep_both_logs(small, tmp_path):
    files = {fit(tiny(), small, epochs=1, log_dir=tmp_path, progress=False).log_file for _ in range(3)}
    assert len(files) == 3 and all(file.exists() for file in files)


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello\n")
    with pytest.raises(ValueError, match=r"a\.txt.*not a training log"):
        History.read(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("Epoch,Avg_Loss,Recon_Loss,KL_Loss\n1,2,3,4\n2,x,3,4\n")
    with pytest.raises(ValueError, match=r"b\.txt, line 3: '2,x,3,4'"):
        History.read(tmp_path / "b.txt")


def test_log_folder_that_cannot_be_written_stops_before_training(small, tmp_path):
    (tmp_path / "logs").write_text("in the way")
    model = tiny()
    with pytest.raises(OSError):
        fit(model, small, epochs=1, log_dir=tmp_path / "logs", progress=False)
    assert same_weights(model, tiny())


def test_history_has_no_unknown_column():
    with pytest.raises(KeyError, match="no column 'mse'"):
        History()["mse"]


# -------------------------------------------------------------------------------------------------- progress


def test_progress_shows_epoch_batch_and_loss(small, capsys):
    def slow_loss(*arguments):
        time.sleep(0.06)  # tqdm draws at most every 0.1 s
        return losses.vae_loss(*arguments)

    fit(tiny(), small, small, epochs=2, batch_size=64, log_dir=None, loss=slow_loss)
    shown = capsys.readouterr()
    assert re.search(r"Epoch 2/2  loss \d+\.\d+  recon .* kl .* val_loss", shown.out)
    assert "Epoch 1/2" in shown.err and "/4" in shown.err and "loss=" in shown.err


def test_no_progress_is_silent(small, capsys):
    fit(tiny(), small, epochs=1, **QUIET)
    assert capsys.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------ checkpoints


@pytest.mark.parametrize("schedule", [None, "one-cycle"])
def test_training_stopped_and_resumed_equals_the_uninterrupted_one(small, tmp_path, schedule):
    recipe = {"epochs": 6, "batch_size": 64, "lr": 4e-3, "schedule": schedule, "seed": 1, **QUIET}

    def interrupt(value):
        raise KeyboardInterrupt

    whole, resumed = tiny(), tiny(seed=9)
    expected = fit(whole, small, **recipe)
    fit(tiny(), small, checkpoint=tmp_path / "vae.pt", loss=failing_loss(14, interrupt), **recipe)
    assert numbers(fit(resumed, small, checkpoint=tmp_path / "vae.pt", **recipe)) == numbers(expected)
    assert same_weights(resumed, whole)


def test_one_cycle_raises_and_lowers_the_learning_rate(small, monkeypatch):
    seen = []
    step = torch.optim.Adam.step

    def recording(self, *arguments, **keywords):
        seen.append(self.param_groups[0]["lr"])
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.Adam, "step", recording)
    fit(tiny(), small, epochs=10, batch_size=50, lr=4e-3, schedule="one-cycle", **QUIET)
    top = seen.index(max(seen))
    assert len(seen) == 40 and 10 <= top <= 13 and max(seen) == pytest.approx(4e-3, rel=0.01)
    assert seen == sorted(seen[: top + 1]) + sorted(seen[top + 1 :], reverse=True)
    assert seen[-1] < 1e-3 * max(seen)


def test_unknown_schedule_is_refused(small):
    with pytest.raises(ValueError, match="schedule.*got 'cosine'"):
        fit(tiny(), small, epochs=1, schedule="cosine", **QUIET)


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


KILLED = """
import sys, torch

from tests.training.test_loop import tiny
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
    code = KILLED.format(tests=os.path.dirname(__file__), logs=str(tmp_path / "logs"), file=str(file))
    moments = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "go\n"
        time.sleep(moments.uniform(0.1, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if file.exists():
            assert len(torch.load(file, weights_only=True)["history"]) >= 1
        for log in (tmp_path / "logs").glob("*.txt"):
            History.read(log)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
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

    monkeypatch.setattr(training.torch, "save", disk_full)
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


# ------------------------------------------------------------------------------------------- Ctrl-C and NaN


def failing_loss(at, action):
    """vae_loss that does something else at its at-th call (from 1)."""
    calls = iter(range(1, 10**6))

    def loss(recon, x, mu, logvar):
        value = losses.vae_loss(recon, x, mu, logvar)
        return action(value) if next(calls) == at else value

    return loss


def test_ctrl_c_keeps_what_was_learnt(small, tmp_path, capsys):
    def interrupt(value):
        raise KeyboardInterrupt

    model = tiny()
    file = tmp_path / "vae.pt"
    history = fit(
        model, small, epochs=9, batch_size=64, seed=1, loss=failing_loss(10, interrupt), log_dir=tmp_path,
        checkpoint=file, progress=False,
    )  # fmt: skip
    assert history.interrupted and len(history) == 2  # 4 batches an epoch: the 10th is in the third
    assert not same_weights(model, tiny())
    assert "epoch 3" in capsys.readouterr().out
    assert len(History.read(history.log_file)) == 2
    assert "completed" not in history.log_file.read_text()
    resumed, whole = tiny(), tiny()
    fit(resumed, small, epochs=4, batch_size=64, seed=1, checkpoint=file, **QUIET)
    fit(whole, small, epochs=4, batch_size=64, seed=1, **QUIET)
    assert same_weights(resumed, whole)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_stops_with_epoch_and_batch(small, language, bad):
    with pytest.raises(training.TrainingDiverged, match="epoch 2, batch 3") as caught:
        fit(tiny(), small, epochs=5, batch_size=64, loss=failing_loss(7, lambda v: (v[0] * bad, *v[1:])), **QUIET)
    assert (caught.value.epoch, caught.value.batch) == (2, 3)
    assert len(caught.value.history) == 1
    assert {"vi": "lr nhỏ hơn", "en": "smaller lr"}[language] in str(caught.value)


def test_nan_between_two_reads_is_found_where_it_was():
    """On a GPU the loss is read only now and then: the first bad batch must still be named."""
    means = training._Means(torch.device("cpu"))
    for value in (1.0, 2.0, math.nan, 3.0):
        means.add(torch.tensor([value, 0, 0]), 10)
    assert math.isnan(means.read()[0]) and means.first_bad() == 3
