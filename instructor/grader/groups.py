"""Linux's cgroups, where the system gives them: the kernel's own limits on a sandbox's memory, processes and CPU."""

import contextlib
import errno
import os
import signal
import tempfile
import time
from functools import lru_cache
from pathlib import Path

JUDGE = "grader"  # the group of who grades: a group that shares something out may hold no process itself


@lru_cache
def control_group(proc: Path = Path("/proc")) -> Path | None:
    """This process's cgroup v2, if groups with limits can be made below it; its processes then sit in one of them."""
    try:
        mounts = [line.split() for line in (proc / "mounts").read_text().splitlines()]
        own = next(line[3:] for line in (proc / "self/cgroup").read_text().splitlines() if line.startswith("0::"))
        base = Path(next(mount[1] for mount in mounts if mount[2] == "cgroup2") + own)
        base = base.parent if base.name == JUDGE else base
        offered = set((base / "cgroup.controllers").read_text().split())
        if not {"memory", "pids"} <= offered:
            return None
        (base / JUDGE).mkdir(exist_ok=True)
        write(base / JUDGE / "cgroup.procs", os.getpid())
        _share_out(base, "+memory +pids")
        with contextlib.suppress(OSError):  # an older systemd gives a user no cpu: limits hold all the same
            write(base / "cgroup.subtree_control", "+cpu")
    except (OSError, StopIteration):
        return None
    for left in base.glob("sandbox-*"):  # by a grader that was killed
        if not (proc / left.name.split("-")[1]).exists():
            remove(left, patience=0)
    return base


def _share_out(base: Path, controllers: str) -> None:
    """Let groups below base have limits. What else sits in it (the shell or the program that started this) moves too."""
    for _ in range(10):  # in between it may start something
        try:
            return write(base / "cgroup.subtree_control", controllers)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        for number in (base / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                write(base / JUDGE / "cgroup.procs", number)
    raise OSError(errno.EBUSY, "other processes in the group")


def write(file: Path, value) -> None:
    """Into a file that the kernel has: one that it lacks would be made otherwise, which it refuses by another error."""
    with open(file, "w", opener=lambda path, _: os.open(path, os.O_WRONLY)) as opened:
        opened.write(str(value))


def remove(group: Path, patience: float = 30) -> None:
    """Kill what is in the group, and take it away when all of that has gone."""
    until = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError):
            try:
                write(group / "cgroup.kill", 1)
            except FileNotFoundError:  # Linux before 5.14
                for number in (group / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(number), signal.SIGKILL)
        with contextlib.suppress(OSError):
            return group.rmdir()
        if time.monotonic() > until or not group.exists():
            return
        time.sleep(0.02)


class Group:
    """A cgroup for one sandbox: a hard limit on all of its memory and processes, the same share of the CPU for each."""

    def __init__(self, base: Path, limits):
        self.path = Path(tempfile.mkdtemp(prefix=f"sandbox-{os.getpid()}-", dir=base))
        values = {"memory.max": limits.memory * 2**20, "memory.oom.group": 1, "pids.max": limits.processes + 8}
        try:
            for name, value in values.items():
                write(self.path / name, value)
            with contextlib.suppress(FileNotFoundError):  # a kernel without swap
                write(self.path / "memory.swap.max", 0)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        remove(self.path)

    def over(self) -> tuple[str, str] | None:
        """Which limit was met, from the kernel's own count."""
        for status, file, event in (("memory", "memory.events", "oom_kill"), ("processes", "pids.events", "max")):
            with contextlib.suppress(OSError):
                counts = dict(line.split() for line in (self.path / file).read_text().splitlines())
                if int(counts.get(event, 0)):
                    return status, f"the limit on {status}"
        return None
