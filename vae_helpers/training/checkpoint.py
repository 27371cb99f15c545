"""Checkpoints: everything that the next epoch depends on, in one file."""

import io
import os
import zipfile
from pathlib import Path

import torch
from torch import nn

from .._files import write_whole
from .._language import tr
from .history import History

DRIVE = Path("/content/drive/MyDrive")  # a student's Google Drive, where Colab mounts it


def checkpoint_folder() -> Path:
    """Where checkpoints outlive the machine: checkpoints in Google Drive where that is mounted, or else ./checkpoints.

    A Colab runtime takes its files along when it is lost; Drive stays. To mount it:
    from google.colab import drive; drive.mount("/content/drive"). The folder is made by fit when it needs it.

    Lesson 05: The same recipe in one line
    """
    return (DRIVE if DRIVE.is_dir() else Path()) / "checkpoints"


def checked_path(path: str | os.PathLike) -> Path:
    """The file that fit's argument names. Raises ValueError for a folder."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(
            tr(
                f"fit(checkpoint): {path} là một thư mục. Hãy ghi rõ một tệp trong đó, chẳng hạn {path / 'vae.pt'}.",
                f"fit(checkpoint): {path} is a folder. Name a file in it, such as {path / 'vae.pt'}.",
            )
        )
    return path


class Checkpoint:
    """A file with everything that the next epoch depends on: weights, optimizer, random states, and the history so far.

    recipe: what must be the same for the training to go on from the file, as plain values.
    """

    def __init__(
        self,
        path: Path,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LRScheduler | None,
        recipe: dict,
    ):
        self.path, self.model, self.optimizer, self.scheduler = path, model, optimizer, scheduler
        self.recipe = recipe

    def save(self, history: History) -> None:
        """Write the file whole. Raises OSError."""
        state = {
            "recipe": self.recipe,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler else None,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "history": history.rows,
        }
        packed = io.BytesIO()  # torch's own writer does not survive a disk that fills up under it
        torch.save(state, packed)
        write_whole(self.path, packed.getvalue())

    def load(self) -> History:
        """Put the file's state into model, optimizer and random generators. Touches nothing if it does not fit.

        Raises ValueError for a file that cannot be read or belongs to another recipe.
        """
        state = self._read()
        if changed := self._changed(state):
            raise ValueError(
                tr(
                    f"fit(checkpoint): {self.path} thuộc về một công thức khác ({'; '.join(changed)}). "
                    "Hãy dùng lại công thức cũ, hoặc chọn tệp checkpoint khác.",
                    f"fit(checkpoint): {self.path} belongs to another recipe ({'; '.join(changed)}). "
                    "Use the old recipe again, or name another checkpoint file.",
                )
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler:
            self.scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["random"])
        if torch.cuda.is_available() and state["random_cuda"]:
            torch.cuda.set_rng_state_all(state["random_cuda"])
        return History(state["history"])

    def _read(self) -> dict:
        try:
            with zipfile.ZipFile(self.path) as archive:  # torch.load itself does not compare the checksums
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(damaged)
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            return state | {"recipe": state["recipe"], "history": state["history"]}
        except Exception as problem:  # damage shows in many ways, and not every one is an error of torch's own
            raise ValueError(
                tr(
                    f"fit(checkpoint): không đọc được {self.path} ({type(problem).__name__}). Tệp được giữ nguyên; "
                    "hãy đổi tên hoặc xóa nó để huấn luyện lại từ đầu.",
                    f"fit(checkpoint): {self.path} cannot be read ({type(problem).__name__}). The file is left as it is; "
                    "rename or delete it to train from the beginning.",
                )
            ) from problem

    def _changed(self, state: dict) -> list[str]:
        """What is not as it was: each entry of the recipe and each weight's shape, old → new."""
        saved = state["recipe"]
        recipe = dict.fromkeys(saved) | self.recipe  # what only the saved one names counts as well
        changed = [f"{key}: {saved.get(key)!r} → {value!r}" for key, value in recipe.items() if saved.get(key) != value]
        shapes = {name: tuple(weight.shape) for name, weight in self.model.state_dict().items()}
        saved_shapes = {name: tuple(weight.shape) for name, weight in state["model"].items()}
        return changed + [
            f"{name}: {saved_shapes.get(name)} → {shapes.get(name)}"
            for name in sorted(shapes.keys() | saved_shapes.keys())
            if shapes.get(name) != saved_shapes.get(name)
        ]
