"""The training loop, its history, its log file and its checkpoints."""

from .loop import (
    History,
    TrainingDiverged,
    checkpoint_folder,
    default_device,
    fit,
)

__all__ = [
    "History",
    "TrainingDiverged",
    "checkpoint_folder",
    "default_device",
    "fit",
]
