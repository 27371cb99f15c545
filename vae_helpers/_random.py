"""PyTorch's random generators, of the CPU and of every accelerator: read, set, and kept as they were."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def random_state() -> dict:
    """The state of every generator: "cpu", "cuda" (one for each GPU; none while CUDA has not been used), "mps"."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Put back what random_state read, here or on another machine: what it says of a device that is not here is left out."""
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available():
        for device, saved in zip(range(torch.cuda.device_count()), state.get("cuda", ()), strict=False):
            torch.cuda.set_rng_state(saved, device)
    if torch.backends.mps.is_available() and "mps" in state:
        torch.mps.set_rng_state(state["mps"])


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Draw and seed as you like inside: afterwards every generator is where it was."""
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)
        if torch.cuda.is_available() and "cuda" not in state:  # torch.manual_seed also seeds a CUDA to come
            torch.cuda.manual_seed_all(torch.initial_seed())
