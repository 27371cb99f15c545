"""Where fit computes: the device, and what it asks of the C library there."""

import ctypes

import torch

from .._language import tr


def default_device() -> torch.device:
    """The GPU if PyTorch sees one, NVIDIA's (cuda) or Apple's (mps), or else the CPU.

    Lesson 05: III.1–III.2 · Libraries and device
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def checked_device(device: str | torch.device | None) -> torch.device:
    """The device that fit's argument names, or the default one for None. Raises ValueError for one that is not there."""
    if device is None:
        return default_device()
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(
            tr(
                f"fit(device): nhận {device!r}, cần 'cpu', 'cuda', 'mps', hoặc None để khóa học tự chọn.",
                f"fit(device): got {device!r}, expected 'cpu', 'cuda', 'mps', or None to let the course choose.",
            )
        ) from None
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if chosen.type == "cuda" and (chosen.index or 0) >= gpus:
        raise ValueError(
            tr(
                f"fit(device): nhận {str(device)!r}, nhưng ở đây PyTorch thấy {gpus} GPU. Hãy bỏ device đi: có GPU thì fit dùng GPU, "
                "không thì dùng CPU. Trên Colab, chọn Runtime → Change runtime type → GPU để có GPU.",
                f"fit(device): got {str(device)!r}, but PyTorch sees {gpus} GPUs here. Leave device out: fit takes a GPU if there is "
                "one, or else the CPU. On Colab choose Runtime → Change runtime type → GPU to get one.",
            )
        )
    if chosen.type not in ("cpu", "cuda") and not there(chosen):
        raise ValueError(
            tr(
                f"fit(device): nhận {str(device)!r}, nhưng ở đây PyTorch không dùng được thiết bị ấy ('mps' chỉ có trên máy Mac đời "
                "mới). Hãy bỏ device đi để khóa học tự chọn.",
                f"fit(device): got {str(device)!r}, but PyTorch cannot use that device here ('mps' is there on newer Macs alone). "
                "Leave device out to let the course choose.",
            )
        )
    return chosen


def there(device: torch.device) -> bool:
    """Whether a number can be put on the device and read back."""
    try:
        return torch.zeros(1, device=device).tolist() == [0.0]
    except (RuntimeError, NotImplementedError, AssertionError, ImportError, AttributeError):
        return False


def keep_freed_memory(device: torch.device) -> None:
    """On a CPU, tell Linux's C library to keep freed blocks for the next batch instead of giving them back to the system.

    Every batch frees and asks again for the same few hundred MB; fetching them anew costs about as long as the
    arithmetic. The limits are those of mallopt(3): blocks up to 32 MB, up to 512 MB kept. No number changes.
    """
    if device.type != "cpu":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # Windows, macOS, another C library: they train as they are
        return
    M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
    for option, size in ((M_MMAP_THRESHOLD, 2**25), (M_TRIM_THRESHOLD, 2**29), (M_TOP_PAD, 2**26)):
        mallopt(option, size)
