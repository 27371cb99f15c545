"""What a student's process may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """seconds: wall clock for one process. memory, disk: megabytes. output: bytes of printed text."""

    seconds: float = 600
    memory: int = 4096
    processes: int = 32
    disk: int = 256
    output: int = 10_000_000
