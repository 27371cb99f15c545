"""A sandbox: a process for one student's code, with limits on time, memory, processes, files and output.

On Linux it gets namespaces of its own where the system allows it: no network, no other process in sight, a
file system that shows Python, the course and nothing else, read-only. Started by root it also gets a user of its own.
What of this could be had is told by Isolation.notices.
"""

import contextlib
import json
import os
import queue
import shutil
import site
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import psutil

from . import wire
from .limits import Limits
from .wire import Ended

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("inside.py")
LINUX = sys.platform == "linux"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VAE_DATA_DIR", "SYSTEMROOT")
STARTING = 120  # seconds for a process to import torch
LOOK = 0.05  # seconds between two looks of the watcher


@dataclass(frozen=True)
class Isolation:
    """How a sandbox is shut in on this machine. user: the number of a user of its own, or None."""

    namespaces: bool
    user: int | None
    notices: tuple[str, ...] = ()


@lru_cache
def isolation(namespaces: bool = True) -> Isolation:
    """The strongest isolation that works here, tried out once. namespaces: whether they may be used.

    Raises RuntimeError where there is none that could be answered for: root's own processes know no limits.
    """
    is_root = LINUX and os.geteuid() == 0
    user = 50_000 + os.getpid() % 10_000 if is_root else None
    reason = ""
    for shut_in in (Isolation(True, user), Isolation(False, user)):
        if shut_in.namespaces and not (namespaces and LINUX):
            continue
        try:
            with Sandbox(Limits(), shut_in) as sandbox:
                sandbox.wait_until_ready()
        except (Ended, OSError) as error:
            reason = error.detail if isinstance(error, Ended) else str(error)
            continue
        return replace(shut_in, notices=tuple(_notices(shut_in)))
    hint = " Started by root, it needs namespaces, or a Python that every user can read." if is_root else ""
    raise RuntimeError(f"No process for a student's code can be started here: {reason}.{hint}")


def _notices(shut_in: Isolation):
    if not shut_in.namespaces:
        yield "This system gives no namespaces (see GRADING.md): students' code can use the network."
        if not shut_in.user:
            yield "It can also read and write what you can: grade strangers' work in a container of its own."
    if os.name == "nt":
        yield "Windows has no limits on the number of processes and the size of files."


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
        user = self.isolation.user
        out_of_reach = self.isolation.namespaces or user  # or else a student's code could harm the next one's mother
        mother = _nursery() if out_of_reach else None
        self.others = {child.pid for child in psutil.Process().children(recursive=True)}
        self.place = tempfile.mkdtemp(prefix="grade-")
        if user:
            os.chown(self.place, user, user)
        self.started = time.monotonic()
        if mother:
            self.stdin, self.stdout, self.stderr = mother.fork(self._settings())
        else:
            self.process = subprocess.Popen(
                [sys.executable, "-I", INSIDE, json.dumps(self._settings())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(),
            )  # fmt: skip
            self.stdin, self.stdout, self.stderr = (getattr(self.process, n) for n in ("stdin", "stdout", "stderr"))
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
        for stream in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self.place, ignore_errors=True)

    # ---------------------------------------------------------------- talking

    def send(self, message: dict, body: bytes = b"") -> None:
        try:
            wire.write_frame(self.stdin, message, body)
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
            self.threads[1].join(timeout=1)  # its last words
            told = self.output.decode("utf-8", "replace").strip().splitlines()
            last = f": {wire.clean_text(told[-1])}" if told else ""
            self.reason = Ended("crashed", f"its process ended by itself{last}")
        return self.reason

    # ---------------------------------------------------------------- threads

    def _read(self) -> None:
        try:
            while True:
                self.messages.put(wire.read_frame(self.stdout))
        except ValueError as error:
            self._stop("crashed", f"not a message: {wire.clean_text(error)}")
        except (EOFError, OSError):
            pass
        finally:
            if not self.closing.is_set():
                self.messages.put(None)

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := self.stderr.read1(65536):
                self.printed += len(part)
                self.output += part
                del self.output[:-4000]  # the end is what tells

    def _watch(self) -> None:
        while not self.closing.wait(LOOK):
            with contextlib.suppress(psutil.Error):  # a process that went while it was looked at
                if broken := self._broken_limit():
                    return self._stop(*broken)

    def _broken_limit(self) -> tuple[str, str] | None:
        limits, alive = self.limits, self._alive()
        if len(alive) > limits.processes:
            return "processes", f"more than {limits.processes} processes"
        if self.printed > limits.output:
            return "output", f"more than {limits.output / 1e6:g} MB of output"
        if time.monotonic() - self.started > (limits.seconds if self.ready else STARTING):
            return "timeout", f"not finished after {limits.seconds:g} s"
        if _memory(alive) > limits.memory and _memory(alive, exact=True) > limits.memory:
            return "memory", f"more than {limits.memory} MB of memory"
        return None

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
        for ended in self._alive() if LINUX else ():  # children of ours by now: let go of their numbers
            with contextlib.suppress(OSError):
                os.waitpid(ended.pid, os.WNOHANG)

    # ---------------------------------------------------------------- how it is started

    def _settings(self) -> dict:
        megabyte, limits = 2**20, self.limits
        tasks = 0 if self.isolation.user or self.isolation.namespaces or not LINUX else _own_tasks()
        return {
            "namespaces": self.isolation.namespaces,
            "user": self.isolation.user,
            "place": self.place,
            "disk": limits.disk,
            "limits": {
                "RLIMIT_CORE": 0,
                "RLIMIT_CPU": int(limits.seconds) + STARTING,
                "RLIMIT_DATA": limits.memory * megabyte,
                "RLIMIT_FSIZE": limits.disk * megabyte,
                "RLIMIT_NPROC": tasks + limits.processes + 8,
            },
            "environment": _environment(),
            "path": _import_path(),
            "visible": _visible(),
        }


class Nursery:
    """A process that has imported torch and forks for each student: a second instead of many."""

    def __init__(self):
        self.judge, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", str(INSIDE), "--nursery"]
        with other:
            self.process = subprocess.Popen(command, stdin=other, stdout=subprocess.DEVNULL, env=_environment())
        self.judge.settimeout(STARTING)
        self.judge.send(json.dumps(_import_path()).encode())
        if not self.judge.recv(100):
            raise OSError("the nursery did not start")

    def fork(self, settings: dict) -> list:
        """Make a child. Returns its standard input, output and error."""
        (its_in, our_in), (our_out, its_out), (our_err, its_err) = os.pipe(), os.pipe(), os.pipe()
        theirs = [its_in, its_out, its_err]
        try:
            socket.send_fds(self.judge, [json.dumps(settings).encode()], theirs)
            if not self.judge.recv(100):
                raise OSError("the nursery is gone")
        finally:
            for pipe in theirs:
                os.close(pipe)
        return [os.fdopen(our_in, "wb"), os.fdopen(our_out, "rb"), os.fdopen(our_err, "rb")]


def _nursery() -> Nursery:
    """This process's own; a new one if the last has died."""
    global _mother
    if _mother is None or _mother.process.poll() is not None:
        _mother = Nursery()
    return _mother


_mother: Nursery | None = None


def _environment() -> dict[str, str]:
    """Nothing of the judge's own environment but what finds programs and data."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    plain = {"MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **one_thread, **plain, "PYTHONIOENCODING": "utf-8"}


def _import_path() -> list[str]:
    own = {str(ROOT), str(ROOT / "instructor"), str(ROOT / "tests"), ""}
    rest = [str(Path(path).absolute()) for path in sys.path if path not in own]
    return [str(ROOT), *rest, str(ROOT / "instructor")]


def _visible() -> list[str]:
    """The folders that a student's code may read: the system's, Python's, the course's."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store", "/sys/devices/system/cpu"]
    system += [f"/etc/{name}" for name in ("passwd", "group", "localtime", "ld.so.cache", "alternatives", "fonts")]
    system += [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    course = [ROOT / "vae_helpers", ROOT / "quiz", INSIDE.parent, os.environ.get("VAE_DATA_DIR", ROOT / "data")]
    path = [p for p in _import_path() if not ROOT.is_relative_to(p)]
    libraries = [p for p in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if p]
    return [str(Path(p).absolute()) for p in (*system, *python, *course, *path, *libraries)]


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
