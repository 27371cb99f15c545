"""Faults around a training: disk, folders, a killed kernel, a lost machine, damaged files, the GPU."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tests.faults.support import ODD, ROOT, Table
from tests.training.support import QUIET, Tiny, numbers, same_weights, stopped_at, tiny
from vae_helpers import training
from vae_helpers.quiz import Quiz
from vae_helpers.training import History, fit

TABLE = Table()


@pytest.mark.parametrize("fault", TABLE)
def test_what_the_student_sees(fault, language, request):
    TABLE.check(fault, language, request)


RECIPE = {"batch_size": 16, "seed": 1, **QUIET}


@TABLE.row(
    "disk full while a checkpoint is saved",
    vi=("fit(checkpoint): không ghi được", "No space left on device", "giữ những gì đã học trong 3 epoch", "đi tiếp từ epoch đã lưu"),
    en=("fit(checkpoint): ", "cannot be written (No space left on device)", "has learnt in 3 epochs", "goes on from the last epoch saved"),
)  # fmt: skip
def disk_full_checkpoint(full_disk, tmp_path, small):
    file = tmp_path / "vae.pt"
    fit(tiny(), small, epochs=2, checkpoint=file, **RECIPE)
    before = file.read_bytes()
    (tmp_path / f"vae.pt.{os.getpid()}.part").symlink_to(full_disk)  # where fit writes before it renames
    stopped, resumed, whole = tiny(), tiny(seed=9), tiny()
    with pytest.raises(OSError) as caught:
        fit(stopped, small, epochs=5, checkpoint=file, **RECIPE)
    assert file.read_bytes() == before and os.listdir(tmp_path) == ["vae.pt"]
    three = tiny()
    fit(three, small, epochs=3, **RECIPE)
    assert same_weights(stopped, three)
    fit(resumed, small, epochs=5, checkpoint=file, **RECIPE)
    fit(whole, small, epochs=5, **RECIPE)
    assert same_weights(resumed, whole)
    return str(caught.value)


@TABLE.row(
    "read-only folder for the log",
    vi=("fit(log_dir): không ghi được", "read_only", "Hãy chọn một thư mục bạn có quyền ghi"),
    en=("fit(log_dir): ", "read_only", "Choose a folder that you may write to"),
)
def read_only_log(read_only, small):
    model = tiny()
    with pytest.raises(OSError) as caught:
        fit(model, small, epochs=1, log_dir=read_only, progress=False)
    assert same_weights(model, tiny())  # told before the first epoch
    return str(caught.value)


@TABLE.row(
    "read-only folder for a checkpoint",
    vi=("fit(checkpoint): không ghi được", "read_only", "Hãy chọn một thư mục bạn có quyền ghi"),
    en=("fit(checkpoint): ", "read_only", "Choose a folder that you may write to"),
)
def read_only_checkpoint(read_only, small):
    model = tiny()
    with pytest.raises(OSError) as caught:
        fit(model, small, epochs=1, checkpoint=read_only / "vae.pt", **QUIET)
    assert same_weights(model, tiny())
    return str(caught.value)


@TABLE.row(
    "a folder given as checkpoint",
    vi=("fit(checkpoint): ", "là một thư mục", "vae.pt"),
    en=("fit(checkpoint): ", "is a folder", "vae.pt"),
)
def folder_as_checkpoint(tmp_path, small):
    with pytest.raises(ValueError) as caught:
        fit(tiny(), small, epochs=1, checkpoint=tmp_path, **QUIET)
    return str(caught.value)


IN_THE_KERNEL = """
import time
from pathlib import Path

import torch

from tests.training.support import tiny
from vae_helpers import data, training

digits = data.load_digits()
update, calls = torch.optim.Adam.step, 0

def step(*arguments):
    global calls
    calls += 1
    if calls == 11:  # of 4 batches an epoch: in the middle of the third
        Path("in the middle").touch()
        time.sleep(100)
    return update(*arguments)

torch.optim.Adam.step = step
training.fit(
    tiny(), data.ImageDataset(digits.images[:60], digits.labels[:60], "digits"), epochs=6, batch_size=16, seed=1,
    checkpoint=training.checkpoint_folder() / "vae.pt", progress=False,
)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a notebook whose kernel was killed (SIGKILL) in the middle of an epoch, under an odd path."""
    folder = tmp_path_factory.mktemp("killed") / ODD
    folder.mkdir(parents=True)
    kernels = KernelSpecManager(kernel_dirs=[str(Path(sys.prefix) / "share" / "jupyter" / "kernels")])
    kernel = KernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    kernel.start_kernel(cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)})
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        client.execute(IN_THE_KERNEL)
        for _ in range(600):
            if (folder / "in the middle").exists():
                break
            time.sleep(0.1)
        else:
            pytest.fail("the training did not get to its third epoch")
        kernel.signal_kernel(signal.SIGKILL)
        for _ in range(100):
            if not kernel.is_alive():
                break
            time.sleep(0.1)
        assert not kernel.is_alive()
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    return folder


@TABLE.row(
    "killed kernel",
    vi=("Tiếp tục từ checkpoints", "đã xong 2 epoch"),
    en=("Going on from checkpoints", "2 epochs are done"),
)
def killed_kernel(killed, tmp_path, monkeypatch, small, capsys):
    shutil.copytree(killed, tmp_path / ODD)
    monkeypatch.chdir(tmp_path / ODD)
    (log,) = Path("logs").iterdir()
    assert len(History.read(log)) == 2
    resumed, whole = tiny(seed=9), tiny()
    recipe = {"epochs": 6, "batch_size": 16, "seed": 1, "log_dir": None}
    history = fit(resumed, small, checkpoint=training.checkpoint_folder() / "vae.pt", **recipe)
    seen = capsys.readouterr().out
    assert numbers(history) == numbers(fit(whole, small, progress=False, **recipe))
    assert same_weights(resumed, whole)
    return seen


@TABLE.row(
    "lost Colab runtime",
    vi=("Tiếp tục từ", "MyDrive", "đã xong 2 epoch"),
    en=("Going on from", "MyDrive", "2 epochs are done"),
)
def lost_runtime(tmp_path, monkeypatch, small, capsys):
    """Drive is a folder that stays; the machine's own folder is gone, and another takes its place."""
    drive, machines = tmp_path / "MyDrive", [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr(training.checkpoint, "DRIVE", drive)
    for machine in machines:
        machine.mkdir()
    monkeypatch.chdir(machines[0])
    assert training.checkpoint_folder() == Path("checkpoints")  # Drive is not mounted yet
    drive.mkdir()
    fit(tiny(), small, epochs=2, checkpoint=training.checkpoint_folder() / "vae.pt", **RECIPE)
    monkeypatch.chdir(machines[1])
    shutil.rmtree(machines[0])
    resumed, whole = tiny(seed=9), tiny()
    fit(resumed, small, epochs=4, checkpoint=training.checkpoint_folder() / "vae.pt", **{**RECIPE, "progress": True})
    seen = capsys.readouterr().out
    fit(whole, small, epochs=4, **RECIPE)
    assert same_weights(resumed, whole) and (drive / "checkpoints" / "vae.pt").exists()
    return seen


@TABLE.row(
    "corrupt checkpoint",
    vi=("fit(checkpoint): không đọc được", "vae.pt", "hãy đổi tên hoặc xóa nó"),
    en=("fit(checkpoint): ", "vae.pt cannot be read", "rename or delete it"),
)
def corrupt_checkpoint(tmp_path, small):
    file, model = tmp_path / "vae.pt", tiny()
    fit(tiny(), small, epochs=1, checkpoint=file, **QUIET)
    whole = file.read_bytes()
    weight = whole.index(torch.load(file, weights_only=True)["model"]["encoder.weight"].numpy().tobytes())
    for damaged in (whole[: len(whole) // 2], whole[:weight] + bytes(4) + whole[weight + 4 :]):  # cut off, one weight
        file.write_bytes(damaged)
        with pytest.raises(ValueError) as caught:
            fit(model, small, epochs=2, checkpoint=file, **QUIET)
        assert file.read_bytes() == damaged and same_weights(model, tiny())
    return str(caught.value)


@TABLE.row(
    "corrupt log",
    vi=("log.txt, line 8: '2,0.5'",),
    en=("log.txt, line 8: '2,0.5'",),
)
def corrupt_log(tmp_path, small):
    file = fit(tiny(), small, epochs=1, log_dir=tmp_path, progress=False).log_file.rename(tmp_path / "log.txt")
    file.write_text(file.read_text().split("\n\nTraining completed")[0] + "\n2,0.5\n")
    with pytest.raises(ValueError) as caught:
        History.read(file)
    return str(caught.value)


@TABLE.row(
    "odd path for log, checkpoint and answers",
    vi=(f"Tiếp tục từ {ODD / 'vae.pt'}", "✅"),
    en=(f"Going on from {ODD / 'vae.pt'}", "✅"),
)
def odd_path(tmp_path, monkeypatch, small, language, capsys):
    monkeypatch.chdir(tmp_path)
    fit(tiny(), small, epochs=1, log_dir=ODD / "nhật ký", checkpoint=ODD / "vae.pt", progress=False)
    history = fit(tiny(), small, epochs=2, log_dir=ODD / "nhật ký", checkpoint=ODD / "vae.pt")
    assert len(History.read(history.log_file)) == 2 and len(list((tmp_path / ODD / "nhật ký").iterdir())) == 2
    monkeypatch.chdir(tmp_path / ODD)
    quiz = Quiz(language)
    quiz.answer(1, "C")
    quiz.export("trắc nghiệm của Ánh.json", name="Ánh")
    assert Quiz(language).score() == (1, 1, 10) and Path("trắc nghiệm của Ánh.json").exists()
    return capsys.readouterr().out


@TABLE.row(
    "no GPU",
    vi=("fit(device): nhận 'cuda", "PyTorch thấy", "Hãy bỏ device đi"),
    en=("fit(device): got 'cuda", "but PyTorch sees", "Leave device out"),
)
def no_gpu(small):
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    with pytest.raises(ValueError) as caught:
        fit(tiny(), small, epochs=1, device=f"cuda:{gpus}" if gpus else "cuda", **QUIET)
    assert training.default_device().type == ("cuda" if gpus else "cpu")
    return str(caught.value)


@TABLE.row(
    "unknown device",
    vi=("fit(device): nhận 'gpu', cần 'cpu', 'cuda'",),
    en=("fit(device): got 'gpu', expected 'cpu', 'cuda'",),
)
def unknown_device(small):
    with pytest.raises(ValueError) as caught:
        fit(tiny(), small, epochs=1, device="gpu", **QUIET)
    return str(caught.value)


class Greedy(Tiny):
    """Has room for 16 images, and says so as PyTorch does when a GPU's memory is full."""

    def forward(self, x):
        if len(x) > 16:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return super().forward(x)


@TABLE.row(
    "GPU out of memory",
    vi=("GPU hết bộ nhớ ở epoch 1, batch 1, với batch_size=32", "fit(..., batch_size=16)", "tắt kernel"),
    en=("The GPU's memory is full in epoch 1, batch 1, with batch_size=32", "fit(..., batch_size=16)", "shut down the kernels"),
)  # fmt: skip
def gpu_out_of_memory(small, tmp_path):
    file = tmp_path / "vae.pt"
    with pytest.raises(torch.cuda.OutOfMemoryError) as caught:
        fit(Greedy(), small, epochs=1, batch_size=32, checkpoint=file, **QUIET)
    assert caught.value.__context__ is None  # which would keep the failed step's tensors on the GPU
    assert not file.exists()  # so the advice can be followed with the same file
    assert len(fit(Greedy(), small, epochs=1, batch_size=16, checkpoint=file, **QUIET)) == 1
    return str(caught.value)


@TABLE.row(
    "GPU out of memory in a later epoch",
    vi=("GPU hết bộ nhớ ở epoch 3, batch 1", "Các epoch trước vẫn còn trong", "vae.pt"),
    en=("The GPU's memory is full in epoch 3, batch 1", "The epochs before are safe in", "vae.pt"),
)
def gpu_out_of_memory_later(small, tmp_path):
    file, resumed, whole = tmp_path / "vae.pt", tiny(seed=9), tiny()
    another_notebook_takes_the_gpu = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
    with pytest.raises(torch.cuda.OutOfMemoryError) as caught, stopped_at(9, another_notebook_takes_the_gpu):
        fit(tiny(), small, epochs=4, checkpoint=file, **RECIPE)  # of 4 batches an epoch
    fit(resumed, small, epochs=4, checkpoint=file, **RECIPE)  # the GPU is free again
    fit(whole, small, epochs=4, **RECIPE)
    assert same_weights(resumed, whole)
    return str(caught.value)
