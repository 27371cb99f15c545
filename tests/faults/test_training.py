"""What can go wrong around a student, made to happen for real, and what the student then sees, in both languages.

Each row is a function: it makes the fault, sees to it that nothing is lost, and returns what the student reads. The
same rows, for people, are in tests/README.md. Faults of the single-file lessons are in test_colab.py.
"""

import gzip
import hashlib
import inspect
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tests.test_data import Mirror
from tests.training.test_loop import QUIET, Tiny, failing_loss, numbers, same_weights, tiny
from vae_helpers import data, models, training
from vae_helpers.models import pretrained
from vae_helpers.quiz import Quiz
from vae_helpers.training import History, fit

ROOT = Path(__file__).resolve().parents[1]
ODD = Path("Bài tập số 1", "ổ đĩa")
FULL = Path("/dev/full")  # every write to it fails for want of room
ROWS = {}


def row(fault, vi, en):
    """Enter a function into the table: its fault, and what the student reads of it in each language."""

    def enter(function):
        ROWS[fault] = function, {"vi": vi, "en": en}
        return function

    return enter


@pytest.mark.parametrize("fault", ROWS)
def test_what_the_student_sees(fault, language, request):
    function, told = ROWS[fault]
    seen = function(**{name: request.getfixturevalue(name) for name in inspect.signature(function).parameters})
    for text in told[language]:
        assert text in seen, seen


def test_the_table_for_people_has_the_same_rows():
    lines = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| ")][2:] == list(ROWS)


# -------------------------------------------------------------------------------------------------- network


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    """The course's own data folder: a new one, and no other is named."""
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    monkeypatch.setattr(data, "_default_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


@row(
    "network cut",
    vi=("⚠ Không dùng được MNIST: không có kết nối mạng", "1.797 chữ số", "VAE_DATA_DIR"),
    en=("⚠ MNIST is not available: no network connection", "1,797 real handwritten digits", "VAE_DATA_DIR"),
)
def network_cut(own_folder, monkeypatch, capsys):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a proxy that is not there
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(urllib.request, "_opener", None)  # it remembers the proxies of its first use
    assert len(data.load_mnist()) == 1438 and len(data.load_mnist(train=False)) == 359
    assert not list(own_folder.iterdir())
    return capsys.readouterr().out


# ------------------------------------------------------------------------------------------------- disk full


@pytest.fixture
def full_disk():
    if not FULL.exists():
        pytest.skip(f"there is no {FULL} on this system")
    return FULL


@row(
    "disk full while MNIST comes in",
    vi=("⚠ Không dùng được MNIST: không ghi được vào thư mục", "No space left on device", "1.797 chữ số"),
    en=("⚠ MNIST is not available: the folder", "No space left on device", "1,797 real handwritten digits"),
)
def disk_full_download(own_folder, full_disk, monkeypatch, capsys, tmp_path):
    (tmp_path / "mirror").mkdir()
    for name in data.MNIST_FILES:
        (tmp_path / "mirror" / f"{name}.gz").write_bytes(gzip.compress(os.urandom(100_000)))
    sums = [(path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in (tmp_path / "mirror").iterdir()]

    def staging(prefix, dir):
        raw = Path(dir, "staging", "MNIST", "raw")
        raw.mkdir(parents=True)
        for name, _ in sums:
            (raw / name).symlink_to(full_disk)
        return raw.parents[1]

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(tmp_path / "mirror")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", sums)
    monkeypatch.setattr(data.tempfile, "mkdtemp", staging)
    try:
        assert data.load_mnist().name == "digits"
    finally:
        server.shutdown()
    assert not list(own_folder.iterdir())
    return capsys.readouterr().out


RECIPE = {"batch_size": 16, "seed": 1, **QUIET}


@row(
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


@row(
    "disk full while answers are saved",
    vi=("Không đọc hoặc ghi được quiz_answers.json (No space left on device)", "Bạn vẫn làm tiếp được"),
    en=("quiz_answers.json cannot be read or written (No space left on device)", "You can go on"),
)
def disk_full_quiz(full_disk, tmp_path, language, capsys):
    quiz = Quiz(language, answers=tmp_path / "quiz_answers.json")
    quiz.answer(1, "C")
    before = (tmp_path / "quiz_answers.json").read_bytes()
    (tmp_path / f"quiz_answers.json.{os.getpid()}.part").symlink_to(full_disk)
    quiz.answer(2, "B")
    assert quiz.score() == (2, 2, 10) and (tmp_path / "quiz_answers.json").read_bytes() == before
    quiz.answer(3, "A")  # there is room again
    assert Quiz(language, answers=tmp_path / "quiz_answers.json").score() == (3, 3, 10)
    return capsys.readouterr().out


# ------------------------------------------------------------------------------------------ read-only folder


@pytest.fixture
def read_only(tmp_path):
    """A folder that cannot be written: by its mode, for root by a read-only mount, or else a file where it should be."""
    folder = tmp_path / "read_only"
    folder.mkdir()
    mounted = False
    if os.geteuid() != 0:
        folder.chmod(0o555)
    else:
        mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "none", str(folder)]
        mounted = bool(shutil.which("mount")) and subprocess.run(mount, capture_output=True).returncode == 0
        if not mounted:
            folder.rmdir()
            folder.write_text("")
    yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)
    elif folder.is_dir():
        folder.chmod(0o755)


@row(
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


@row(
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


@row(
    "read-only folder for answers",
    vi=("Không đọc hoặc ghi được quiz_answers.json", "Bạn vẫn làm tiếp được"),
    en=("quiz_answers.json cannot be read or written", "You can go on"),
)
def read_only_quiz(read_only, language, capsys):
    quiz = Quiz(language, answers=read_only / "quiz_answers.json")
    quiz.answer(1, "C")
    assert quiz.score() == (1, 1, 10)
    return capsys.readouterr().out


@row(
    "read-only folder for MNIST",
    vi=("load_mnist(root=", "không ghi được vào thư mục này", "Hãy chọn một thư mục bạn có quyền ghi"),
    en=("load_mnist(root=", "this folder cannot be written", "Choose a folder that you may write to"),
)
def read_only_mnist(read_only):
    with pytest.raises(OSError) as caught:
        data.load_mnist(read_only)
    return str(caught.value)


@row(
    "a folder given as checkpoint",
    vi=("fit(checkpoint): ", "là một thư mục", "vae.pt"),
    en=("fit(checkpoint): ", "is a folder", "vae.pt"),
)
def folder_as_checkpoint(tmp_path, small):
    with pytest.raises(ValueError) as caught:
        fit(tiny(), small, epochs=1, checkpoint=tmp_path, **QUIET)
    return str(caught.value)


# --------------------------------------------------------------------------------------------- killed kernel

IN_THE_KERNEL = """
import sys, time
from pathlib import Path

from tests.training.test_loop import tiny
from vae_helpers import data, losses, training

digits = data.load_digits()
calls = 0

def loss(*arguments):
    global calls
    calls += 1
    if calls == 11:  # of 4 batches an epoch: in the middle of the third
        Path("in the middle").touch()
        time.sleep(100)
    return losses.vae_loss(*arguments)

training.fit(
    tiny(), data.ImageDataset(digits.images[:60], digits.labels[:60], "digits"), epochs=6, batch_size=16, seed=1,
    loss=loss, checkpoint=training.checkpoint_folder() / "vae.pt", progress=False,
)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a notebook whose kernel was killed (SIGKILL) in the middle of an epoch, under an odd path."""
    folder = tmp_path_factory.mktemp("killed") / ODD
    folder.mkdir(parents=True)
    kernels = KernelSpecManager(kernel_dirs=[str(Path(sys.prefix) / "share" / "jupyter" / "kernels")])
    kernel = KernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    kernel.start_kernel(cwd=str(folder))
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        client.execute(IN_THE_KERNEL.format(tests=str(ROOT / "tests")))
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


@row(
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


@row(
    "lost Colab runtime",
    vi=("Tiếp tục từ", "MyDrive", "đã xong 2 epoch"),
    en=("Going on from", "MyDrive", "2 epochs are done"),
)
def lost_runtime(tmp_path, monkeypatch, small, capsys):
    """Drive is a folder that stays; the machine's own folder is gone, and another takes its place."""
    drive, machines = tmp_path / "MyDrive", [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr(training, "DRIVE", drive)
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


# ---------------------------------------------------------------------------------------------- corrupt files


@row(
    "corrupt MNIST file",
    vi=("train-images-idx3-ubyte bị hỏng", "Hãy xóa tệp này rồi chạy lại"),
    en=("train-images-idx3-ubyte is damaged", "Delete it and run again"),
)
def corrupt_mnist(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.MNIST_FILES:
        (raw / name).write_bytes(b"not MNIST")
    with pytest.raises(data.DataError) as caught:
        data.load_mnist(tmp_path)
    assert (raw / "train-images-idx3-ubyte").read_bytes() == b"not MNIST"
    return str(caught.value)


@row(
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


@row(
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


@row(
    "corrupt file of answers",
    vi=("Tệp quiz_answers.json bị hỏng", "quiz_answers.damaged-1.json"),
    en=("The file quiz_answers.json is damaged", "quiz_answers.damaged-1.json"),
)
def corrupt_answers(tmp_path, language, capsys):
    file = tmp_path / "quiz_answers.json"
    Quiz(language, answers=file).answer(1, "C")
    half = file.read_bytes()[:50]
    file.write_bytes(half)
    quiz = Quiz(language, answers=file)
    quiz.answer(2, "B")
    assert (tmp_path / "quiz_answers.damaged-1.json").read_bytes() == half
    assert Quiz(language, answers=file).score() == (1, 1, 10)
    return capsys.readouterr().out


@row(
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


# ------------------------------------------------------------------------------------------------- odd paths


@row(
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


@row(
    "odd path for MNIST",
    vi=("MNIST: 10.000",),
    en=("MNIST: 10,000",),
)
def odd_path_mnist(tmp_path, mnist_folder, monkeypatch):
    shutil.copytree(mnist_folder / "MNIST", tmp_path / ODD / "MNIST", copy_function=os.symlink)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / ODD))
    return repr(data.load_mnist(train=False))


# ------------------------------------------------------------------------------------------------------- GPU


@row(
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


@row(
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


@row(
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


@row(
    "GPU out of memory in a later epoch",
    vi=("GPU hết bộ nhớ ở epoch 3, batch 1", "Các epoch trước vẫn còn trong", "vae.pt"),
    en=("The GPU's memory is full in epoch 3, batch 1", "The epochs before are safe in", "vae.pt"),
)
def gpu_out_of_memory_later(small, tmp_path):
    def another_notebook_takes_the_gpu(parts):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    file, resumed, whole = tmp_path / "vae.pt", tiny(seed=9), tiny()
    loss = failing_loss(9, another_notebook_takes_the_gpu)  # of 4 batches an epoch
    with pytest.raises(torch.cuda.OutOfMemoryError) as caught:
        fit(tiny(), small, epochs=4, checkpoint=file, loss=loss, **RECIPE)
    fit(resumed, small, epochs=4, checkpoint=file, **RECIPE)  # the GPU is free again
    fit(whole, small, epochs=4, **RECIPE)
    assert same_weights(resumed, whole)
    return str(caught.value)


# ------------------------------------------------------------------------------------------- old package versions

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


@row(
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
