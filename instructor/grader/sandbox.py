"""A sandbox: one student's process in bubblewrap's namespaces, with limits on time, memory, processes, files and output.

bubblewrap makes the room: no network, nobody else's processes, a file system that shows Python, the course and nothing
else, read-only. A process that has imported torch already (inside.py's nursery) forks one that joins the room. Where that
does not work nothing is run, unless the instructor said --no-sandbox.
"""

import contextlib
import json
import os
import select
import signal
import site
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
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
        with Sandbox(Limits(), shut_in) as trial:
            trial.wait_until_ready()
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
        size = str(limits.disk * 2**20)
        names = ("user", "pid", "net", "ipc", "uts") if own_users else ("pid", "net", "ipc", "uts")
        command = ["bwrap", *(f"--unshare-{name}" for name in names), "--die-with-parent", "--new-session"]
        for folder in SCRATCH[1:]:  # before the rest, since what is to be seen may lie in /tmp
            command += ["--perms", "1777", "--size", size, "--tmpfs", folder]
        above = {str(parent) for path in visible() for parent in Path(path).parents} - {"/"}
        for folder in sorted(above):
            command += ["--perms", "0755", "--dir", folder]
        for path in visible():
            command += (
                ["--symlink", os.readlink(path), path] if _is_link_at_top(path) else ["--ro-bind-try", path, path]
            )
        command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", SCRATCH[0]]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/sandbox"]
        read, write = os.pipe()
        with open(read, encoding="utf-8") as info:
            self.process = subprocess.Popen(
                [*command, "--info-fd", str(write), "cat"], pass_fds=[write], env={"PATH": os.environ.get("PATH", "")},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            )  # fmt: skip
            os.close(write)
            told = info.read()
        with contextlib.suppress(OSError):
            self.process.stdin.write(b".")
        if not told or not self.process.stdout.read(1):  # cat answers: the room is ready
            error = self.process.stderr.read().decode(errors="replace").strip()
            self.close()
            raise OSError(f"bubblewrap: {wire.clean_text(error)}")
        self.first = psutil.Process(json.loads(told)["child-pid"])
        self.waiting = self.first.children()[0].pid
        self.ends = os.pidfd_open(self.first.pid)
        self.joined: int | None = None  # the parent, outside, of the process that joined

    def processes(self) -> list[psutil.Process]:
        """Those that joined, and their children."""
        found = self.first.children(recursive=True)
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended by now
            found += psutil.Process(self.joined).children(recursive=True) if self.joined else []
        return [process for process in found if process.pid != self.waiting]

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
        if hasattr(self, "ends"):
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.ends, signal.SIGKILL)
            os.close(self.ends)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


def _is_link_at_top(path: str) -> bool:
    return os.path.islink(path) and os.path.dirname(path) == "/"  # /bin → usr/bin


@lru_cache
def visible() -> list[str]:
    """What a student's code may read: the system's programs, Python, the course's package. Each with what it links to."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store", "/sys/devices/system/cpu"]
    system += [f"/etc/{name}" for name in ("localtime", "ld.so.cache", "alternatives", "fonts")]
    data = Path(os.environ.get("VAE_DATA_DIR", ROOT / "data"))
    course = [ROOT / "vae_helpers", ROOT / "quiz", INSIDE.parent, data / "MNIST"]
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    paths = {os.path.abspath(path) for path in (*system, *python, *course) if os.path.exists(path)}
    paths |= {os.path.realpath(path) for path in paths if not _is_link_at_top(path)}
    return sorted(
        path for path in paths if not any(other != path and Path(path).is_relative_to(other) for other in paths)
    )


class Sandbox:
    """One process and all that it starts. Use it in a with statement: on leaving, nothing of it is alive any more."""

    def __init__(self, limits: Limits, shut_in: Isolation | None = None):
        self.limits, self.isolation = limits, shut_in or isolation()
        self.incoming, self.output, self.printed = bytearray(), bytearray(), 0
        self.prints, self.ready = True, False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if self.isolation.bubblewrap:
                self.room = Room(self.limits, own_users=self.isolation.user is None)
                stack.callback(self.room.close)
                base = control_group()
                self.group = Group(base, self.limits) if base else None
                if self.group:
                    stack.callback(self.group.close)
                self.mother = nursery()
                self.room.joined, self.pipes = self.mother.fork(self._settings("/sandbox"))
            else:
                self.room = self.group = self.mother = None
                place = tempfile.mkdtemp(prefix="grade-")
                stack.callback(subprocess.run, ["/bin/rm", "-rf", place], stderr=subprocess.DEVNULL)  # of any depth
                command = [sys.executable, "-I", INSIDE, json.dumps(self._settings(place))]
                pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
                self.process = psutil.Popen(command, **pipes, bufsize=0, env=environment(), start_new_session=True)
                self.pipes = [self.process.stdin, self.process.stdout, self.process.stderr]
            for pipe in self.pipes:
                os.set_blocking(pipe.fileno(), False)
                stack.callback(pipe.close)
            self.started = self.looked = time.monotonic()
            stack.callback(self._kill)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    # ---------------------------------------------------------------- talking

    def send(self, message: dict, body: bytes = b"") -> None:
        rest = memoryview(wire.frame(message, body))
        while rest:
            rest = rest[self._wait(sending=rest) :]

    def receive(self) -> tuple[dict, bytes]:
        try:
            while not (message := wire.take_frame(self.incoming)):
                self._wait()
        except ValueError as error:
            raise Ended("crashed", f"not a message: {wire.clean_text(error)}") from None
        return message

    def wait_until_ready(self) -> None:
        """Raises Ended if the process does not come up."""
        message, _ = self.receive()
        if message.get("op") != "ready":
            raise Ended("crashed", "not a sandbox")
        self.started, self.ready = time.monotonic(), True  # importing torch is not the student's time

    def _wait(self, sending: bytes = b"") -> int:
        """Until there is something to do, or for a moment. Returns how much could be sent. Raises Ended at the end of the
        process, and of what it may take."""
        told, answers, prints = (pipe.fileno() for pipe in self.pipes)
        waiting = select.poll()
        waiting.register(answers, select.POLLIN)
        if self.prints:
            waiting.register(prints, select.POLLIN)
        if sending:
            waiting.register(told, select.POLLOUT)
        ready = {pipe for pipe, _ in waiting.poll(1000 * LOOK)}
        try:
            if prints in ready:
                self._drain()
            if answers in ready:
                part = os.read(answers, 2**20)
                self.incoming += part
                if not part:
                    raise self._end()
            sent = os.write(told, sending) if told in ready else 0
        except BrokenPipeError:
            raise self._end() from None
        now = time.monotonic()
        if now - self.looked > LOOK:
            self.looked = now
            with contextlib.suppress(psutil.Error):  # a process that went while it was looked at
                if broken := self._broken_limit():
                    raise Ended(*broken)
        return sent

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self.pipes[2].fileno(), 2**16):
                self.printed += len(part)
                self.output = self.output[-2000:] + part[-2000:]  # the end is what tells
            self.prints = False  # it is closed

    def _end(self) -> Ended:
        """Why it is over, if it ended by itself."""
        self._kill()
        self._drain()  # its last words
        over = self.group and self.group.over()
        told = self.output.decode("utf-8", "replace").strip().splitlines()
        last = f": {wire.clean_text(told[-1])}" if told else ""
        if self.mother and self.mother.process.poll() is not None:  # killed with it: not the student's fault alone
            return Ended("grader-error", "the machine ran out of something")
        return Ended(*(over or ("crashed", f"its process ended by itself{last}")))

    # ---------------------------------------------------------------- watching

    def _broken_limit(self) -> tuple[str, str] | None:
        limits, alive, clock = self.limits, self._alive(), time.monotonic() - self.started
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

    def _alive(self) -> list[psutil.Process]:
        if self.room:
            return self.room.processes()
        return [self.process, *self.process.children(recursive=True)] if self.process.is_running() else []

    def _kill(self) -> None:
        """The room's first process takes all others with it; without a room they may have to be hunted."""
        if self.room:
            with contextlib.suppress(psutil.Error, OSError):  # gone already, and with it all the others
                self.room.first.kill()
            return
        for _ in range(100):
            with contextlib.suppress(psutil.Error, OSError):
                victims = [p for p in self._alive() if p.status() != psutil.STATUS_ZOMBIE]
                for victim in victims:
                    victim.kill()
                if not victims:
                    break
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

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
        self.judge, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", str(INSIDE), "--nursery"]
        with other:
            self.process = subprocess.Popen(command, stdin=other, stdout=subprocess.DEVNULL, env=environment())
        self.judge.settimeout(STARTING)
        self.judge.send(json.dumps(import_path()).encode())
        if not self.judge.recv(100):
            raise OSError("the nursery did not start")

    def fork(self, settings: dict) -> tuple[int, list]:
        """Make a child. Returns its number, and its standard input, output and error."""
        (its_in, our_in), (our_out, its_out), (our_err, its_err) = os.pipe(), os.pipe(), os.pipe()
        theirs = [its_in, its_out, its_err]
        try:
            socket.send_fds(self.judge, [json.dumps(settings).encode()], theirs)
            if not (child := self.judge.recv(100)):
                raise OSError("the nursery is gone")
        finally:
            for pipe in theirs:
                os.close(pipe)
        return int(child), [os.fdopen(our_in, "wb", 0), os.fdopen(our_out, "rb", 0), os.fdopen(our_err, "rb", 0)]


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
