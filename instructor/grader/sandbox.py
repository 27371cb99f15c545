"""A sandbox: one student's process in bubblewrap's namespaces, with limits on time, memory, processes, files and output.

bubblewrap makes the room: no network, nobody else's processes, a file system that shows Python, the course and nothing
else, read-only. A process that has imported torch already (inside.py's nursery) forks one that joins the room. Where that
does not work nothing is run, unless the instructor said --no-sandbox: then it joins none.
"""

import contextlib
import json
import os
import site
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import Pipe, connection, reduction
from pathlib import Path

import psutil

from . import wire
from .groups import Group, control_group
from .lessons import ROOT
from .wire import Ended

INSIDE = Path(__file__).with_name("inside.py")
STARTING = 120  # seconds for a process to import torch
LOOK = 0.05  # seconds between two looks of the watcher
SOCKET, INODE = 0.43, 0.001  # megabytes that the kernel may hold for a socket (of the only kind allowed) and for a file
SCRATCH = ("/dev/shm", "/tmp", "/sandbox")  # where a student may write
BUSY = 0.7  # seconds of CPU in one of the clock: who had less when the time was over may have been kept from working
NEED = "Install bubblewrap and libseccomp (Debian: apt install bubblewrap libseccomp2) on a Linux that allows namespaces: see GRADING.md."
NO_GROUP = "no cgroup here: memory and processes are watched from outside. Start by: systemd-run --user --scope -p Delegate=yes …"
NO_SANDBOX = (
    "--no-sandbox: students' code can read and write what you can, and use the network. Grade in a machine of its own."
)


@dataclass(frozen=True)
class Limits:
    """seconds: wall clock for one process. memory, disk: megabytes. output: bytes of printed text."""

    seconds: float = 600
    memory: int = 4096
    processes: int = 32
    disk: int = 256
    output: int = 10_000_000


@dataclass(frozen=True)
class Isolation:
    """How a student's process is shut in. user: the number of a user of its own (if root grades), or None."""

    bubblewrap: bool
    user: int | None = None
    notices: tuple[str, ...] = ()


@lru_cache
def isolation(sandbox: bool = True) -> Isolation:
    """What shuts a student's process in here, tried out once. Raises RuntimeError where bubblewrap cannot."""
    if not sandbox:
        return Isolation(False, notices=(NO_SANDBOX,))
    user = _free_user() if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    shut_in = Isolation(True, user, () if control_group() else (NO_GROUP,))
    try:
        with Sandbox(Limits(), shut_in):
            pass
    except (Ended, OSError, AttributeError) as error:
        reason = error.detail if isinstance(error, Ended) else str(error)
        raise RuntimeError(f"No sandbox for students' code: {reason}. {NEED} Or say --no-sandbox.") from None
    return shut_in


def _free_user() -> int:
    """A user's number that nobody has: no account, no process."""
    import pwd

    taken = {process.uids().real for process in psutil.process_iter()} | {entry.pw_uid for entry in pwd.getpwall()}
    start = 50_000 + os.getpid() % 5_000
    return next(number for number in range(start, 65_000) if number not in taken)


class Room:
    """bubblewrap's namespaces around a process that only waits. When the room is closed, all that joined it is dead."""

    def __init__(self, limits: Limits, own_users: bool):
        scratch = ("--perms", "1777", "--size", str(limits.disk * 2**20), "--tmpfs")
        names = ("pid", "net", "ipc", "uts", *(["user"] if own_users else []))
        command = ["bwrap", *(f"--unshare-{name}" for name in names), "--die-with-parent", "--new-session"]
        for folder in SCRATCH[1:]:  # before the rest, since what is to be seen may lie in /tmp
            command += [*scratch, folder]
        for folder in sorted({str(parent) for path in visible() for parent in Path(path).parents} - {"/"}):
            command += ["--perms", "0755", "--dir", folder]
        for path in visible():
            command += ["--ro-bind-try", path, path]
        command += ["--proc", "/proc", "--dev", "/dev", *scratch, SCRATCH[0]]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/sandbox", "cat"]
        pipes, path = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE), os.environ.get("PATH", "")
        self.process = subprocess.Popen(command, **pipes, bufsize=0, env={"PATH": path})
        with contextlib.suppress(OSError):
            self.process.stdin.write(b".")
        if not self.process.stdout.read(1):  # cat answers: the room is ready
            error = self.process.stderr.read().decode(errors="replace").strip()
            self.close()
            raise OSError(f"bubblewrap: {wire.clean_text(error)}")
        (self.first,) = psutil.Process(self.process.pid).children()
        self.waiting = self.first.children()[0].pid

    def held(self) -> float:
        """Megabytes that are no process's own: files, which are in memory here, and what could wait in sockets."""
        place, total = Path(f"/proc/{self.first.pid}"), 0.0
        with contextlib.suppress(OSError):
            total += SOCKET * int((place / "net/sockstat").read_text().split()[2])
            for folder in SCRATCH:
                room = os.statvfs(f"{place}/root{folder}")
                total += (room.f_blocks - room.f_bfree) * room.f_frsize / 2**20 + (room.f_files - room.f_ffree) * INODE
        return total

    def close(self) -> None:
        """bubblewrap takes its first process with it, and that takes all others."""
        with self.process:
            self.process.kill()


@lru_cache
def visible() -> list[str]:
    """What a student's code may read: the system's programs, Python, the course's package. Each with what it links to."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store", "/sys/devices/system/cpu"]
    system += [f"/etc/{name}" for name in ("localtime", "ld.so.cache", "alternatives", "fonts")]
    data = Path(os.environ.get("VAE_DATA_DIR", ROOT / "data"))
    course = [ROOT / "vae_helpers", ROOT / "quiz", INSIDE.parent, data / "MNIST"]
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    paths = {os.path.abspath(path) for path in (*system, *python, *course) if os.path.exists(path)}
    paths |= set(map(os.path.realpath, paths))
    return sorted(
        path for path in paths if not any(other != path and Path(path).is_relative_to(other) for other in paths)
    )


class Sandbox:
    """One process and all that it starts. Use it in a with statement, which raises Ended if the process does not come up:
    on leaving, nothing of it is alive any more."""

    def __init__(self, limits: Limits, shut_in: Isolation | None = None):
        self.limits, self.isolation = limits, shut_in or isolation()
        self.output, self.printed, self.broken = b"", 0, None
        self.started, self.ready = time.monotonic(), False
        self.room = self.group = None
        self.parents: list[psutil.Process] = []  # whose children are the student's processes
        self.over, self.watcher = threading.Event(), threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if self.isolation.bubblewrap:
                self.room, place = Room(self.limits, own_users=self.isolation.user is None), "/sandbox"
                stack.callback(self.room.close)
                self.parents = [self.room.first]
            else:
                place = tempfile.mkdtemp(prefix="grade-")
                stack.callback(subprocess.run, ["/bin/rm", "-rf", place], stderr=subprocess.DEVNULL)  # of any depth
            if base := control_group():
                self.group = Group(base, self.limits)
                stack.callback(self.group.close)
            (self.line, its_line), (self.prints, its_prints) = Pipe(), Pipe(duplex=False)
            stack.enter_context(self.line)
            self.mother = nursery()
            with its_line, its_prints, contextlib.suppress(psutil.NoSuchProcess):  # if it has ended at once
                self.parents.append(psutil.Process(self.mother.fork(self._settings(place), its_line, its_prints)))
            self.watcher.start()
            stack.callback(self._stop)
            if self.receive()[0].get("op") != "ready":
                raise Ended("crashed", "not a sandbox")
            self.started, self.ready = time.monotonic(), True  # importing torch is not the student's time
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    # ---------------------------------------------------------------- talking

    def send(self, message: dict, body: bytes = b"") -> None:
        try:
            wire.send(self.line, message, body)
        except OSError:
            raise self._end() from None

    def receive(self) -> tuple[dict, bytes]:
        try:
            return wire.receive(self.line)
        except (EOFError, OSError):
            raise self._end() from None
        except (ValueError, RecursionError) as error:
            raise Ended("crashed", f"not a message: {wire.clean_text(error)}") from None

    def _end(self) -> Ended:
        """Why it is over."""
        self._stop()
        self.watcher.join()  # it reads the last words
        if self.room and self.mother.process.poll() is not None:  # killed with it: not the student's fault alone
            return Ended("grader-error", "the machine ran out of something")
        told = self.output.decode("utf-8", "replace").strip().splitlines()
        last = f": {wire.clean_text(told[-1])}" if told else ""
        over = self.broken or (self.group and self.group.over())
        return Ended(*(over or ("crashed", f"its process ended by itself{last}")))

    # ---------------------------------------------------------------- watching

    def _watch(self) -> None:
        """In a thread: take in what is printed, and end the process when it takes more than it may."""
        open_ones, looked = [self.prints], 0.0
        try:
            while open_ones or not self.over.is_set():
                if connection.wait(open_ones, LOOK):
                    part = os.read(self.prints.fileno(), 2**16)
                    self.printed += len(part)
                    self.output = (self.output + part)[-2000:]  # the end is what tells
                    open_ones = [self.prints] if part else []
                elif self.over.is_set():
                    break
                if not self.over.is_set() and time.monotonic() - looked > LOOK:
                    looked = time.monotonic()
                    with contextlib.suppress(psutil.Error):  # a process that went while it was looked at
                        self.broken = self._broken_limit()
                    if self.broken:
                        self.over.set()
                        self._kill()
        finally:
            self._kill()
            self.prints.close()

    def _broken_limit(self) -> tuple[str, str] | None:
        limits, alive, clock = self.limits, self.processes(), time.monotonic() - self.started
        if len(alive) > limits.processes:
            return "processes", f"more than {limits.processes} processes"
        if self.printed > limits.output:
            return "output", f"more than {limits.output / 1e6:g} MB of output"
        if clock > (limits.seconds if self.ready else STARTING):
            busy = sum(sum(process.cpu_times()[:4]) for process in alive) > BUSY * clock
            return "timeout", f"not finished after {limits.seconds:g} s" + ("" if busy else ", mostly waiting")
        free = limits.memory - (self.room.held() if self.room else 0)
        if _memory(alive) > free and _memory(alive, exact=True) > free:
            return "memory", f"more than {limits.memory} MB of memory"
        return None

    def processes(self) -> list[psutil.Process]:
        found = []
        for parent in self.parents:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended by now
                found += parent.children(recursive=True)
        return [process for process in found if not (self.room and process.pid == self.room.waiting)]

    def _stop(self) -> None:
        self.over.set()
        self._kill()

    def _kill(self) -> None:
        if self.room:
            return self.room.process.kill()
        for _ in range(100):  # without a room they have to be hunted
            with contextlib.suppress(psutil.Error, OSError):
                victims = [p for p in self.processes() if p.status() != psutil.STATUS_ZOMBIE]
                for victim in victims or self.parents:
                    victim.kill()
                if not victims:
                    break

    def _settings(self, place: str) -> dict:
        megabyte, limits = 2**20, self.limits
        return {
            "room": self.room and self.room.waiting,
            "group": self.group and str(self.group.path),
            "user": self.isolation.user,
            "place": place,
            "limits": {
                "RLIMIT_CORE": 0,
                "RLIMIT_CPU": int(limits.seconds) + STARTING,
                "RLIMIT_DATA": limits.memory * megabyte,
                "RLIMIT_FSIZE": limits.disk * megabyte,
                "RLIMIT_NOFILE": 256,
                # Elsewhere it would count yours. Above the group's, whose count tells what was met.
                **({"RLIMIT_NPROC": limits.processes + 16} if self.room else {}),
            },
            "environment": environment(),
            "path": import_path(),
        }


class Nursery:
    """A process that has imported torch and forks for each student: a moment instead of seconds."""

    def __init__(self):
        self.line, other = Pipe()
        with other:
            command = [sys.executable, "-I", str(INSIDE)]
            self.process = subprocess.Popen(command, stdin=other, stdout=subprocess.DEVNULL, env=environment())
        self.line.send_bytes(json.dumps(import_path()).encode())
        self._answer()

    def fork(self, settings: dict, *ends: connection.Connection) -> int:
        """Make a child that holds these ends of pipes. Returns its number."""
        self.line.send_bytes(json.dumps(settings).encode())
        for end in ends:
            reduction.send_handle(self.line, end.fileno(), self.process.pid)
        return int(self._answer())

    def _answer(self) -> bytes:
        with contextlib.suppress(EOFError):
            if self.line.poll(STARTING):
                return self.line.recv_bytes()
        raise OSError("the nursery is gone")


def nursery() -> Nursery:
    """This process's own; a new one if the last has died."""
    global _mother
    if _mother is None or _mother.process.poll() is not None:
        _mother = Nursery()
    return _mother


_mother: Nursery | None = None


def environment() -> dict[str, str]:
    """Nothing of the judge's own environment but what finds programs and data."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "VAE_DATA_DIR", "SYSTEMROOT") if name in os.environ}  # fmt: skip
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **one_thread, "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}  # fmt: skip


def import_path() -> list[str]:
    """Python's own folders and the course; not what PYTHONPATH names, where a class's folder may lie."""
    python = [path for path in sys.path if path and any(Path(path).is_relative_to(p) for p in (sys.prefix, sys.base_prefix))]  # fmt: skip
    return [*python, str(ROOT)]


def _memory(processes: list[psutil.Process], exact: bool = False) -> float:
    """Megabytes in use. exact (and slower): a page that several of them share counts once."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
            if exact:
                with contextlib.suppress(psutil.AccessDenied, FileNotFoundError):  # it can forbid to be looked at
                    whole = process.memory_full_info()
                    total += (getattr(whole, "pss", 0) or whole.rss) - whole.rss
    return total / 2**20
