"""A sandbox: a process for one student's code, with limits on time, memory, processes, files and output.

On Linux it gets namespaces of its own where the system allows it (unshare): no network, no other process in sight, a
file system that shows Python, the course and nothing else, read-only. Started by root it also gets a user of its own.
What of this could be had is told by Isolation.notices.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import psutil

from . import wire
from .limits import Limits
from .wire import Ended

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("inside.py")
LINUX = sys.platform == "linux"
UNSHARE = (
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "--net",
    "--pid",
    "--ipc",
    "--uts",
    "--fork",
    "--kill-child",
)
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VAE_DATA_DIR", "SYSTEMROOT")
STARTING = 120  # seconds for a process to import torch
LOOK = 0.05  # seconds between two looks of the watcher


@dataclass(frozen=True)
class Isolation:
    """How a sandbox is shut in on this machine. user: the number of a user of its own, or None."""

    namespaces: bool
    user: int | None
    notices: tuple[str, ...] = field(default=())


@lru_cache(maxsize=1)
def isolation() -> Isolation:
    """The strongest isolation that works here, tried out once."""
    is_root = LINUX and os.geteuid() == 0
    users = [50_000 + os.getpid() % 10_000, None] if is_root else [None]
    reason = ""
    for namespaces in (True, False) if LINUX and shutil.which("unshare") else (False,):
        for user in users:
            try:
                with Sandbox(Limits(seconds=60), Isolation(namespaces, user)) as sandbox:
                    sandbox.wait_until_ready()
            except (Ended, OSError, subprocess.SubprocessError) as error:
                reason = error.detail if isinstance(error, Ended) else str(error)
                continue
            return Isolation(namespaces, user, tuple(_notices(namespaces, user)))
    raise RuntimeError(f"No process for a student's code can be started here: {reason}")


def _notices(namespaces: bool, user: int | None):
    if not namespaces:
        yield (
            "No namespaces here (Linux with unprivileged user namespaces is needed): students' code can reach the network"
            + (
                "."
                if user
                else ", and read and write what you can. Grade strangers' work in a container or on another machine."
            )
        )
    if os.name == "nt":
        yield "Windows: there are no limits on the number of processes and on files."


class Sandbox:
    """One process and all that it starts. Use it in a with statement: on leaving, nothing of it is alive any more."""

    def __init__(self, limits: Limits, shut_in: Isolation | None = None):
        self.limits, self.isolation = limits, shut_in or isolation()
        self.output, self.printed = bytearray(), 0
        self.reason: Ended | None = None
        self.ready = False
        self.messages: queue.Queue = queue.Queue(maxsize=2)
        self.closing = threading.Event()

    def __enter__(self):
        if LINUX:
            _adopt_orphans()
        self.others = {child.pid for child in psutil.Process().children(recursive=True)}
        self.place = tempfile.mkdtemp(prefix="grade-")
        user = self.isolation.user
        if user:
            os.chown(self.place, user, user)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.place,
            env=self._environment(), start_new_session=True,
            **({"user": user, "group": user, "extra_groups": []} if user else {}),
        )  # fmt: skip
        self.threads = [threading.Thread(target=t, daemon=True) for t in (self._read, self._drain, self._watch)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._kill()
        with contextlib.suppress(queue.Empty):  # so that a reader that waits for a place in the queue gets on
            while True:
                self.messages.get_nowait()
        for thread in self.threads:
            thread.join(timeout=5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self.place, ignore_errors=True)

    # ---------------------------------------------------------------- talking

    def send(self, message: dict, body: bytes = b"") -> None:
        try:
            wire.write_frame(self.process.stdin, message, body)
        except (OSError, ValueError):
            raise self._end() from None

    def receive(self) -> tuple[dict, bytes]:
        message = self.messages.get()  # the watcher ends a process that takes too long, and the reader says so
        if message is None:
            self.messages.put(None)  # for whoever asks again
            raise self._end()
        return message

    def wait_until_ready(self) -> None:
        """Raises Ended if the process does not come up."""
        message, _ = self.receive()
        if message.get("op") != "ready":
            raise Ended("crashed", "not a sandbox")
        self.started, self.ready = time.monotonic(), True  # importing torch is not the student's time

    def _end(self) -> Ended:
        if self.reason is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=2)
            code = self.process.returncode
            told = self.output.decode("utf-8", "replace").strip().splitlines()
            told = f": {wire.clean_text(told[-1])}" if told else ""
            by_cpu = LINUX and code in (-signal.SIGXCPU, 128 + signal.SIGXCPU)
            self.reason = Ended("timeout" if by_cpu else "crashed", f"its process ended by itself{told}")
        return self.reason

    # ---------------------------------------------------------------- threads

    def _read(self) -> None:
        try:
            while True:
                self.messages.put(wire.read_frame(self.process.stdout))
        except ValueError as error:
            self._stop("crashed", f"not a message: {wire.clean_text(error)}")
        except (EOFError, OSError):
            pass
        finally:
            if not self.closing.is_set():
                self.messages.put(None)

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := self.process.stderr.read1(65536):
                self.printed += len(part)
                self.output += part
                del self.output[:-4000]  # the end is what tells

    def _watch(self) -> None:
        limits = self.limits
        while not self.closing.wait(LOOK) and self.process.poll() is None:
            alive = self._alive()
            if time.monotonic() - self.started > (limits.seconds if self.ready else STARTING):
                return self._stop("timeout", f"not finished after {limits.seconds:g} s")
            if len(alive) > limits.processes:
                return self._stop("processes", f"more than {limits.processes} processes")
            if self.printed > limits.output:
                return self._stop("output", f"more than {limits.output / 1e6:g} MB of output")
            if _memory(alive) > limits.memory and _memory(alive, exact=True) > limits.memory:
                return self._stop("memory", f"more than {limits.memory} MB of memory")

    def _stop(self, status: str, detail: str) -> None:
        self.reason = self.reason or Ended(status, detail)
        self._kill()

    # ---------------------------------------------------------------- its processes

    def _alive(self) -> list[psutil.Process]:
        found = [p for p in psutil.Process().children(recursive=True) if p.pid not in self.others]
        if self.isolation.user and not self.isolation.namespaces:
            for process in psutil.process_iter():
                with contextlib.suppress(psutil.Error):
                    if process not in found and process.uids().real == self.isolation.user:
                        found.append(process)
        return found

    def _kill(self) -> None:
        """End them all. Those of a process namespace die with its first process; others may have to be hunted."""
        for _ in range(200):
            victims = [process for process in self._alive() if not _is_dead(process)]
            if not victims:
                break
            for action in ("suspend", "kill"):  # none may make another while the others are being ended
                for victim in victims:
                    with contextlib.suppress(psutil.Error):
                        getattr(victim, action)()
            time.sleep(0.01)
        self.process.wait()
        for orphan in self._alive() if LINUX else ():
            with contextlib.suppress(OSError):
                os.waitpid(orphan.pid, os.WNOHANG)

    # ---------------------------------------------------------------- how it is started

    def _command(self) -> list[str]:
        settings = {
            "namespaces": self.isolation.namespaces,
            "place": self.place,
            "disk": self.limits.disk,
            "limits": self._system_limits(),
            "path": self._import_path(),
            "visible": self._visible(),
        }
        command = [sys.executable, "-I", str(INSIDE), json.dumps(settings)]
        if self.isolation.namespaces:
            command = [*UNSHARE, *command]
        if LINUX and shutil.which("setpriv"):  # it must not outlive a judge that is killed
            command = ["setpriv", "--pdeathsig=KILL", *command]
        return command

    def _system_limits(self) -> dict[str, int]:
        megabyte, limits = 2**20, self.limits
        tasks = 0 if self.isolation.user or self.isolation.namespaces or not LINUX else _own_tasks()
        return {
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(limits.seconds) + STARTING,
            "RLIMIT_DATA": limits.memory * megabyte,
            "RLIMIT_FSIZE": limits.disk * megabyte,
            "RLIMIT_NPROC": tasks + 4 * limits.processes,
        }

    def _environment(self) -> dict[str, str]:
        """Nothing of the judge's own environment but what finds programs and data."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        quiet = {"MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}
        return {**kept, **one_thread, **quiet, "PYTHONIOENCODING": "utf-8"}

    def _import_path(self) -> list[str]:
        own = {str(ROOT), str(ROOT / "instructor"), str(ROOT / "tests"), ""}
        rest = [str(Path(path).absolute()) for path in sys.path if path not in own]
        return [str(ROOT), *rest, str(ROOT / "instructor")]

    def _visible(self) -> list[str]:
        system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/nix/store", "/sys/devices/system/cpu"]
        python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
        course = [ROOT / "vae_helpers", ROOT / "quiz", INSIDE.parent, os.environ.get("VAE_DATA_DIR", ROOT / "data")]
        path = [p for p in self._import_path() if not ROOT.is_relative_to(p)]
        libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
        return [str(Path(p).absolute()) for p in (*system, *python, *course, *path, *libraries) if str(p)]


def _adopt_orphans() -> None:
    """A process whose parent has died becomes a child of this one, so that none is lost sight of."""
    import ctypes

    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _own_tasks() -> int:
    """How many tasks this user has: the system's limit counts them all."""
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == os.getuid():
                count += process.num_threads()
    return count


def _memory(processes: list[psutil.Process], exact: bool = False) -> float:
    """Megabytes in use. exact (and slower): a page that several of them share counts once."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            whole = process.memory_full_info() if exact else process.memory_info()
            total += getattr(whole, "pss", 0) or whole.rss
    return total / 2**20
