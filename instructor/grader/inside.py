"""What runs in the sandbox: a student's notebook, and then, one by one, the calls of its functions that the judge asks for.

Started by sandbox.py as the nursery: a process that imports torch once and then forks for each student. Not trusted: a
student's code shares the memory of such a child. So it joins bubblewrap's room and limits itself before it meets that code.
"""

import __future__

import ast
import asyncio
import contextlib
import ctypes
import gc
import importlib
import inspect
import json
import linecache
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
from functools import partial
from multiprocessing import connection, reduction
from pathlib import Path

IMPORTED_ONCE = (  # what most lessons import, themselves or in the midst of a call: one student's process need not wait for it
    "instructor.grader.wire", "instructor.grader.slicing",
    *(f"IPython.core.{part}" for part in ("application", "completer", "completerlib", "interactiveshell", "magics")),
    "ipywidgets", "matplotlib.pyplot", "sklearn.cluster", "sklearn.decomposition", "sklearn.manifold", "torchsummary", "tqdm.auto",
    "torch._dynamo", "torch.fx.experimental.symbolic_shapes", "torch.nested._internal.nested_tensor",
    *(f"vae_helpers.{room}" for room in ("checks", "data", "diagrams", "models", "plots", "quiz", "training", "widgets")),
)  # fmt: skip
NEW_USERS, NAMESPACES = 0x10000000, 0x20000 | 0x40000000 | 0x20000000 | 0x8000000 | 0x4000000  # CLONE_NEW… of setns(2)
FORBIDDEN = (
    "keyctl", "add_key", "request_key", "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "msgget",
    "semget", "mq_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "userfaultfd",
    "perf_event_open", "setsid", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "mount", "umount2",
    "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "mount_setattr", "pivot_root", "chroot", "unshare",
    "setns", "mknod", "mknodat", "quotactl", "swapon", "swapoff", "reboot", "init_module", "finit_module",
    "delete_module", "kexec_load", "kexec_file_load", "acct", "settimeofday", "clock_settime", "sethostname",
    "setdomainname", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "syslog", "vmsplice",
)  # fmt: skip
ALLOW, REFUSE, NO_SUCH_CALL = 0x7FFF0000, 0x50000 | 1, 0x50000 | 38  # SCMP_ACT_…: EPERM, ENOSYS
GREATER, MASKED = 6, 7  # SCMP_CMP_…
PACKAGES = re.compile(r"\s*(\S*/)?(pip3?|conda|mamba|apt(-get)?|\S*python3? -m pip)\s")
PLAIN_MAGICS = re.compile(r"\s*(?:#[^\n]*\n\s*)*%%(time|capture)\b[^\n]*\n")  # they only look at how a cell runs
LINE = 3  # the number of a student's end of the line to the judge
ANSWERS = re.compile(r"(losses|metrics|checks.\w+)\.py$")
GPU = re.compile(r"cuda|mps")


# ------------------------------------------------------------------------------------------------ shutting itself in


def call_filter():
    """libseccomp and a filter of system calls, to be loaded in each student's process. Raises OSError without libseccomp."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ALLOW))

    def refuse(name: str, action: int = REFUSE, *comparison: int) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # a call that this kind of machine has
            # scmp_arg_cmp: which argument, how, with what
            packed = struct.pack("IiQQ", *comparison) if comparison else None
            library.seccomp_rule_add_array(rules, action, number, bool(comparison), packed)

    for name in FORBIDDEN:
        refuse(name)
    refuse("clone3", NO_SUCH_CALL)  # glibc then uses clone, whose flags can be looked at
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        refuse("clone", REFUSE, 0, MASKED, flag, flag)
    refuse("socket", REFUSE, 0, GREATER, socket.AF_UNIX, 0)
    refuse("mmap", REFUSE, 3, MASKED, 0x21, 0x21)  # shared memory without a file, which no count of memory shows
    return library, rules


def shut_in(settings: dict) -> None:
    """Join the room, in which this process is nobody, limit itself and load the filter. Raises OSError where the system
    refuses."""
    libc, room, user = ctypes.CDLL(None, use_errno=True), settings["room"], settings["user"]

    def must(result: int, what: str) -> None:
        if result < 0:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

    library, rules = call_filter() if room else (None, None)
    if settings["group"]:
        Path(settings["group"], "cgroup.procs").write_text("0")
    if room:
        must(libc.setns(os.pidfd_open(room), NAMESPACES | (0 if user else NEW_USERS)), "setns")
    elif hasattr(libc, "prctl"):
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what loses its parent becomes a child of this process
    if child := os.fork():  # only a child is in the new namespace of processes
        os.closerange(0, 4096)
        os.waitpid(child, 0)  # by its parent the judge finds it: without one it would be a child of the machine's first
        os._exit(0)
    os.setsid()
    os.chdir(settings["place"])
    for name, value in settings["limits"].items():
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit on data; a narrower one stays
            resource.setrlimit(getattr(resource, name), (value, value))
    if room:
        libc.syscall(library.seccomp_syscall_resolve_name(b"keyctl"), 1, None)  # a session keyring of its own, empty
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)  # and with it goes every capability
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        must(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
        must(libc.prctl(4, 1, 0, 0, 0), "prctl")  # PR_SET_DUMPABLE: its own /proc/self may be read, as before
        if result := library.seccomp_load(rules):
            raise OSError(-result, "seccomp_load")


# ------------------------------------------------------------------------------------------------ the notebook


class Notebook:
    """A student's code cells and the namespace they run in, statement by statement: an error costs that statement alone."""

    def __init__(self, cells: list[str], wanted: list[str]):
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "NoColor"}}
        self.shell = InteractiveShell.instance(config=Config(config))
        self.names = self.shell.user_ns
        self.shell.enable_matplotlib = lambda gui=None: ("agg", "agg")
        self.shell.system = self._system
        for name in ("pip", "conda", "mamba"):
            self.shell.register_magic_function(lambda line: print("not installed: no network"), "line", name)
        self.wanted, self.functions, self.errors, self.notes = wanted, {}, [], []
        if any(re.search(r"cuda|['\"]mps", cell) for cell in cells):
            self._stay_on_the_cpu()
        self.statements = [part for n, cell in enumerate(cells, start=1) for part in self._statements(n, cell)]

    def _system(self, command: str) -> None:
        if not PACKAGES.match(command):  # there is no network
            done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL)
            self.names["_exit_code"] = done.returncode

    def _stay_on_the_cpu(self) -> None:
        """A device that this process lacks is the CPU, wherever torch is given its name."""
        import torch
        from torch.overrides import TorchFunctionMode

        def moved(value):
            if isinstance(value, (str, torch.device)) and GPU.match(str(value)):
                self.notes = ["cuda"]
                return torch.device("cpu")
            return value

        class OnTheCPU(TorchFunctionMode):
            def __torch_function__(self, function, types, arguments=(), options=None):
                if function is torch.Tensor.cuda:
                    return moved("cuda") and arguments[0]
                return function(*map(moved, arguments), **{name: moved(v) for name, v in (options or {}).items()})

        OnTheCPU().__enter__()

    def _statements(self, number: int, source: str) -> list[tuple[int, ast.stmt]]:
        try:
            cell = self.shell.transform_cell(PLAIN_MAGICS.sub("", source, count=1))
            linecache.cache[f"<cell {number}>"] = len(cell), None, cell.splitlines(True), f"<cell {number}>"
            return [(number, node) for node in ast.parse(cell).body]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self._note(number, error)
            return []

    def run(self, everything: bool) -> None:
        """Every statement in order; or those only that the wanted functions need, directly or through other names."""
        from instructor.grader.slicing import needed, stores  # loaded before the student's folder is in sight

        chosen = self.statements if everything else needed(self.statements, set(self.wanted))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        for number, node in chosen:
            try:
                code = compile(ast.Module([node], []), f"<cell {number}>", "exec", flags, dont_inherit=True)
                flags |= code.co_flags & __future__.annotations.compiler_flag  # holds for what comes after it too
                awaited = eval(code, self.names)
                if code.co_flags & inspect.CO_COROUTINE:
                    loop.run_until_complete(awaited)
            except BaseException as error:
                if everything or not isinstance(error, NameError) or stores(code):
                    self._note(number, error)
                if isinstance(error, (MemoryError, BlockingIOError)):  # a limit was met: it can only get worse
                    break
            for name in self.wanted:  # the last function of that name: `mse = mse(a, b)` further down takes none away
                if callable(self.names.get(name)):
                    self.functions[name] = self.names[name]

    def _note(self, number: int, error: BaseException) -> None:
        if len(self.errors) < 20:
            self.errors.append([number, type(error).__name__, str(error)[:300]])


# ------------------------------------------------------------------------------------------------ serving the judge


def nursery() -> None:
    """Fork for each settings that come through standard input's socket, with the two ends that the child is to hold."""
    judge = connection.Connection(os.dup(0))
    sys.path[:] = json.loads(judge.recv_bytes())
    for name in IMPORTED_ONCE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # what is there stays: no child looks through it, and so copies it, when it collects its garbage
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    judge.send_bytes(b"ready")
    while True:
        settings = json.loads(judge.recv_bytes())
        line, prints = reduction.recv_handle(judge), reduction.recv_handle(judge)
        if not (child := os.fork()):
            live(settings, line, prints)
        os.close(line)
        os.close(prints)
        judge.send_bytes(str(child).encode())


def live(settings: dict, line: int, prints: int) -> None:
    """One student's process, from its isolation to its end."""
    try:
        for number, place in ((os.open(os.devnull, os.O_RDONLY), 0), (prints, 1), (prints, 2), (line, LINE)):
            os.dup2(number, place)
        os.closerange(LINE + 1, 4096)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.modules["numpy"].random.seed()
        os.chdir("/")
        shut_in(settings)
        serve(settings)
    except EOFError:
        pass
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def serve(settings: dict) -> None:
    os.environ.clear()
    os.environ.update(settings["environment"], HOME=os.getcwd(), TMPDIR=os.getcwd(), USER="student", LOGNAME="student")
    sys.path[:] = [os.getcwd(), *settings["path"]]  # as in Jupyter: the student's own modules come first
    wire = sys.modules["instructor.grader.wire"]
    for module in ("os", "torch", "instructor.grader.wire"):  # loaded in the nursery, but is the rest of them in sight?
        if not os.path.exists(sys.modules[module].__file__):
            raise FileNotFoundError(sys.modules[module].__file__)
    own, line = os.getpid(), connection.Connection(LINE)

    def send(message: dict, body: bytes = b"") -> None:
        if os.getpid() != own:  # a child that the student's code made must not answer in its place
            os._exit(0)
        wire.send(line, message, body)

    peer = wire.Peer(send, partial(wire.receive, line), in_sandbox=True)
    peer.send({"op": "ready"})
    message, body = peer.receive()
    for name, size in message["parts"]:
        part, body = body[:size], body[size:]
        if name:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(part)
        else:
            cells = json.loads(part)
    notebook = Notebook(cells, message["functions"])
    notebook.run(message["everything"])
    peer.exported |= {name: watched(function, peer.used) for name, function in notebook.functions.items()}
    overwritten = [name for name, function in notebook.functions.items() if notebook.names.get(name) is not function]
    told = {"errors": notebook.errors, "found": list(notebook.functions), "notes": notebook.notes}
    peer.send({"op": "ran", "overwritten": overwritten, **told})
    while True:
        peer.serve(*peer.receive())


def watched(function, used: set[str]):
    """The function; whichever of the course's own answers it calls on its way is added to used."""
    course = os.path.dirname(sys.modules["vae_helpers"].__file__) if "vae_helpers" in sys.modules else "?"

    def note(frame, event, _):
        code, caller = frame.f_code, frame.f_back.f_code.co_filename
        ours = event == "call" and code.co_filename.startswith(course) and not caller.startswith(course)
        if ours and ANSWERS.search(code.co_filename) and code.co_varnames[:1] != ("self",):
            used.add(f"{Path(code.co_filename).stem}.{code.co_name}")

    def call(*arguments, **options):
        sys.setprofile(note)
        try:
            return function(*arguments, **options)
        finally:
            sys.setprofile(None)

    return call


if __name__ == "__main__":
    with contextlib.suppress(EOFError):  # the judge has gone
        nursery()
    os._exit(0)
