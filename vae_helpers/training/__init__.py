"""The training loop, its history, its log file and its checkpoints."""

from .adversarial import fit_gan
from .checkpoint import checkpoint_folder
from .device import default_device
from .history import History
from .loop import fit
from .messages import TrainingDiverged
from .steps import training_step

__all__ = ["History", "TrainingDiverged", "checkpoint_folder", "default_device", "fit", "fit_gan", "training_step"]
