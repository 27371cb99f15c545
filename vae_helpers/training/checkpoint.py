"""Checkpoints: everything that the next epoch depends on, in one file."""

import copy
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from .._files import write_whole
from .._language import tr
from .._random import random_state, set_random_state
from .batches import Batches
from .history import History
from .recipe import recipe_of
from .writing import try_out, writing

DRIVE = Path("/content/drive/MyDrive")  # a student's Google Drive, where Colab mounts it


def checkpoint_folder() -> Path:
    """Where checkpoints outlive the machine: checkpoints in Google Drive where that is mounted, or else ./checkpoints.

    A Colab runtime takes its files along when it is lost; Drive stays. To mount it:
    from google.colab import drive; drive.mount("/content/drive"). The folder is made by fit when it needs it.

    Lesson 05: The same recipe in one line
    """
    return (DRIVE if DRIVE.is_dir() else Path()) / "checkpoints"


class Checkpoint:
    """A file with everything that the next epoch depends on: weights, optimizer, random states, and the history so far.

    path: None for no checkpoint; then nothing is read or written. Raises ValueError for a folder, and for a file that is
    there but cannot be read, or belongs to another recipe or to a model of another shape.
    """

    def __init__(
        self, path: str | os.PathLike | None, model: nn.Module, loss: Callable, batches: Batches, settings: dict
    ):
        self.path, self.state = None if path is None else Path(path).expanduser(), None
        if self.path is None:
            return
        self.recipe = recipe_of(model, loss, batches, settings)
        if self.path.is_dir():
            raise ValueError(
                tr(
                    f"fit(checkpoint): {self.path} là một thư mục. Hãy ghi rõ một tệp trong đó, chẳng hạn {self.path / 'vae.pt'}.",
                    f"fit(checkpoint): {self.path} is a folder. Name a file in it, such as {self.path / 'vae.pt'}.",
                )
            )
        if self.path.exists():
            self.state = self._read()
            self._compare(self.state, model)

    def resume(self, model: nn.Module, optimizer, scheduler, epochs: int, always: bool) -> History:
        """Put the file's state into model, optimizer and random generators; the history so far. Without a file: an empty one.

        The random state is put back when there are epochs left to train, or always. Raises ValueError, with all as it was,
        if the optimizer's state does not fit; OSError if the file cannot be written.
        """
        history = History()
        if self.state:
            history = History(self.state["history"])
            before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
            try:
                model.load_state_dict(self.state["model"])
                load_optimizer(optimizer, self.state["optimizer"])
                if scheduler:
                    scheduler.load_state_dict(self.state["scheduler"])
                if always or len(history) < epochs:
                    set_random_state(self.state["random"])
            except Exception as problem:  # a state that does not fit fails in as many ways as a file that is damaged
                model.load_state_dict(before[0])
                optimizer.load_state_dict(before[1])
                raise self._unreadable(problem) from problem
        self.state = None  # it is as large as the model
        if self.path and len(history) < epochs:
            try_out(self.path.parent, "checkpoint")
        return history

    def save(self, model: nn.Module, optimizer, scheduler, history: History) -> None:
        """Write the file whole. Raises OSError that says what is safe, with the history so far as its .history."""
        if self.path is None:
            return
        state = {
            "recipe": self.recipe,
            "model": {name: plain(value) for name, value in model.state_dict().items()},
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict() if scheduler else None,
            "random": random_state(),
            "history": history.rows,
        }
        packed = io.BytesIO()  # torch's own writer does not survive a disk that fills up under it
        torch.save(state, packed)
        with writing(self.path, "checkpoint", history):
            write_whole(self.path, packed.getvalue())

    def _read(self) -> dict:
        try:
            with zipfile.ZipFile(self.path) as archive:  # torch.load itself does not compare the checksums
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(damaged)
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            return state | {
                name: state[name] for name in ("recipe", "model", "optimizer", "scheduler", "random", "history")
            }
        except Exception as problem:  # damage shows in many ways, and not every one is an error of torch's own
            raise self._unreadable(problem) from problem

    def _unreadable(self, problem: Exception) -> ValueError:
        return ValueError(
            tr(
                f"fit(checkpoint): không đọc được {self.path} ({type(problem).__name__}). Tệp được giữ nguyên; "
                "hãy đổi tên hoặc xóa nó để huấn luyện lại từ đầu.",
                f"fit(checkpoint): {self.path} cannot be read ({type(problem).__name__}). The file is left as it is; "
                "rename or delete it to train from the beginning.",
            )
        )

    def _compare(self, state: dict, model: nn.Module) -> None:
        """Raise ValueError that names what is not as it was: old → new."""
        saved = state["recipe"]
        if "loss" not in saved:
            raise ValueError(
                tr(
                    f"fit(checkpoint): {self.path} do một bản cũ của khóa học ghi, chưa ghi lại hàm loss và dữ liệu, nên không biết "
                    "nó có thuộc lần huấn luyện này không. Hãy đổi tên hoặc xóa nó để huấn luyện lại. Lấy trọng số trong đó ra "
                    f"bằng model.load_state_dict(torch.load({str(self.path)!r}, weights_only=True)['model']).",
                    f"fit(checkpoint): {self.path} was written by an older version of the course, which did not record the loss and "
                    "the data, so there is no telling whether it belongs to this training. Rename or delete it to train anew. Its "
                    f"weights come out with model.load_state_dict(torch.load({str(self.path)!r}, weights_only=True)['model']).",
                )
            )
        recipe = dict.fromkeys(saved) | self.recipe  # what only the saved one names counts as well
        changed = [f"{key}: {saved.get(key)!r} → {value!r}" for key, value in recipe.items() if saved.get(key) != value]
        shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        saved_shapes = {name: tuple(weight.shape) for name, weight in state["model"].items()}
        changed += [
            f"{name}: {saved_shapes.get(name)} → {shapes.get(name)}"
            for name in sorted(shapes.keys() | saved_shapes.keys())
            if shapes.get(name) != saved_shapes.get(name)
        ]
        if changed:
            raise ValueError(
                tr(
                    f"fit(checkpoint): {self.path} được lưu với cách huấn luyện khác ({'; '.join(changed)}). "
                    "Hãy dùng lại đúng cách cũ, hoặc chọn tệp checkpoint khác.",
                    f"fit(checkpoint): {self.path} belongs to another recipe ({'; '.join(changed)}). "
                    "Use the old recipe again, or name another checkpoint file.",
                )
            )


def plain(value: object) -> object:
    return value.contiguous() if isinstance(value, Tensor) else value


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict) -> None:
    """optimizer.load_state_dict, for a state from another device too. Raises ValueError when it is not that of these weights."""
    for saved, group in zip(state["param_groups"], optimizer.param_groups, strict=True):
        saved["fused"] = group["fused"]  # is a matter of the device
    optimizer.load_state_dict(state)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            for name in ("exp_avg", "exp_avg_sq"):
                kept = optimizer.state.get(weight, {}).get(name)
                if kept is not None and kept.shape != weight.shape:
                    raise ValueError(f"{name} of a weight {tuple(weight.shape)}")
