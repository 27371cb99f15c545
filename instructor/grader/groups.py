"""Linux's cgroups, where the system gives them: the kernel's own limits on a sandbox's memory, processes and CPU."""

import contextlib
import os
import tempfile
import time
from functools import lru_cache
from pathlib import Path


@lru_cache
def control_group() -> Path | None:
    """This process's cgroup v2, if groups with limits can be made below it; its processes then sit in one of them."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
        own = next(line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        base = Path(next(mount[1] for mount in mounts if mount[2] == "cgroup2") + own)
        base = base.parent if base.name == "grader" else base
        if not {"cpu", "memory", "pids"} <= set((base / "cgroup.controllers").read_text().split()):
            return None
        (base / "grader").mkdir(exist_ok=True)
        (base / "grader" / "cgroup.procs").write_text(str(os.getpid()))
        (base / "cgroup.subtree_control").write_text("+cpu +memory +pids")
        return base
    except (OSError, StopIteration):
        return None


class Group:
    """A cgroup for one sandbox: a hard limit on all of its memory and processes, the same share of the CPU for each."""

    def __init__(self, base: Path, limits):
        self.path = Path(tempfile.mkdtemp(prefix="sandbox-", dir=base))
        values = {"memory.max": limits.memory * 2**20, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": limits.processes + 8}  # fmt: skip
        for name, value in values.items():
            with contextlib.suppress(FileNotFoundError):  # a kernel without swap
                (self.path / name).write_text(str(value))

    def close(self) -> None:
        for _ in range(100):
            with contextlib.suppress(OSError):
                (self.path / "cgroup.kill").write_text("1")
                return self.path.rmdir()
            time.sleep(0.05)

    def over(self) -> tuple[str, str] | None:
        """Which limit was met, from the kernel's own count."""
        for status, file, event in (("memory", "memory.events", "oom_kill"), ("processes", "pids.events", "max")):
            with contextlib.suppress(OSError):
                counts = dict(line.split() for line in (self.path / file).read_text().splitlines())
                if int(counts.get(event, 0)):
                    return status, f"the limit on {status}"
        return None
