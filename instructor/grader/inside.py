"""What runs in the sandbox: a student's notebook, and then, one by one, the calls of its functions that the judge asks for.

Started by sandbox.py: `inside.py SETTINGS` for one student, or `inside.py --nursery`, a process that imports torch once
and then forks for each student that the judge names. Not trusted: a student's code shares this process's memory. So the
process joins bubblewrap's room and limits itself before it meets the student's code.
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
import random
import re
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

IMPORTED_ONCE = (  # what most lessons import, themselves or in the midst of a call: one student's process need not wait for it
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
ANSWERS = re.compile(r"(losses|metrics|checks.\w+)\.py$")
GPU = re.compile(r"cuda|mps")


# ------------------------------------------------------------------------------------------------ shutting itself in


class Comparison(ctypes.Structure):
    """libseccomp's scmp_arg_cmp: which argument of a call is compared, how, with what."""

    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def call_filter():
    """libseccomp and a filter of system calls, to be loaded in each student's process. Raises OSError without libseccomp."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ALLOW))

    def refuse(name: str, action: int = REFUSE, *comparison: int) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # a call that this kind of machine has
            compared = ctypes.byref(Comparison(*comparison)) if comparison else None
            library.seccomp_rule_add_array(rules, action, number, bool(comparison), compared)

    for name in FORBIDDEN:
        refuse(name)
    refuse("clone3", NO_SUCH_CALL)  # glibc then uses clone, whose flags can be looked at
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        refuse("clone", REFUSE, 0, MASKED, flag, flag)
    refuse("socket", REFUSE, 0, GREATER, socket.AF_UNIX)
    refuse("mmap", REFUSE, 3, MASKED, 0x21, 0x21)  # shared memory without a file, which no count of memory shows
    return library, rules


def shut_in(settings: dict, library, rules) -> None:
    """Join the room, in which this process is nobody, and load the filter. Raises OSError where the system refuses."""
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result: int, what: str) -> None:
        if result < 0:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

    if settings["group"]:
        Path(settings["group"], "cgroup.procs").write_text("0")
    must(libc.setns(os.pidfd_open(settings["room"]), NAMESPACES | (0 if settings["user"] else NEW_USERS)), "setns")
    if child := os.fork():  # only a child is in the new namespace of processes
        os.closerange(0, 4096)
        os.waitpid(child, 0)  # by its parent the judge finds it: without one it would be a child of the machine's first
        os._exit(0)
    os.setsid()
    os.chdir(settings["place"])
    libc.syscall(library.seccomp_syscall_resolve_name(b"keyctl"), 1, None)  # a session keyring of its own, empty
    if settings["user"]:
        os.setgroups([])
        os.setresgid(*3 * [settings["user"]])
        os.setresuid(*3 * [settings["user"]])  # and with it goes every capability
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    must(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    must(libc.prctl(4, 1, 0, 0, 0), "prctl")  # its own /proc/self may be read, as before
    result = library.seccomp_load(rules)
    if result:
        raise OSError(-result, "seccomp_load")


# ------------------------------------------------------------------------------------------------ the notebook


class Notebook:
    """A student's code cells and the namespace they run in, statement by statement: an error costs that statement alone."""

    def __init__(self, cells: list[str], wanted: list[str]):
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        self.shell = InteractiveShell.instance(config=config)
        self.names = self.shell.user_ns
        self.shell.enable_matplotlib = lambda gui=None: ("agg", "agg")
        self.shell.system = self._system
        for name in ("pip", "conda", "mamba"):
            self.shell.register_magic_function(lambda line: print("not installed: no network"), "line", name)
        self.cells, self.wanted, self.errors, self.notes = cells, wanted, [], []
        self.functions: dict[str, object] = {}
        if any(re.search(r"cuda|['\"]mps", cell) for cell in cells):
            self._stay_on_the_cpu()
        self.statements = [
            part for number, cell in enumerate(cells, start=1) for part in self._statements(number, cell)
        ]

    def _system(self, command: str) -> None:
        if not PACKAGES.match(command):  # there is no network
            done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL)
            self.names["_exit_code"] = done.returncode

    def _stay_on_the_cpu(self) -> None:
        """A device that this process lacks is the CPU, wherever torch is given its name."""
        import torch
        from torch.overrides import TorchFunctionMode

        notes = self.notes

        def moved(value):
            if isinstance(value, (str, torch.device)) and GPU.match(str(value)):
                notes[:] = ["cuda"]
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
        from instructor.grader.slicing import binds, needed  # loaded before the student's folder is in sight

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
                if everything or binds(node) or not isinstance(error, NameError):
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
    """Fork for each settings that come through standard input's socket, with the three pipes that the child is to use."""
    judge = socket.socket(fileno=os.dup(0))
    sys.path[:] = json.loads(judge.recv(2**16))
    for name in ("instructor.grader.wire", "instructor.grader.slicing", *IMPORTED_ONCE):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    rules = call_filter()
    gc.freeze()  # what is there stays: no child looks through it, and so copies it, when it collects its garbage
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    judge.send(b"ready")
    while True:
        text, pipes, _, _ = socket.recv_fds(judge, 2**16, 3)
        if not text:
            os._exit(0)
        if child := os.fork():
            for pipe in pipes:
                os.close(pipe)
            judge.send(str(child).encode())
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, pipe in enumerate(pipes):
            os.dup2(pipe, number)
        os.closerange(3, 4096)
        random.seed()
        sys.modules["numpy"].random.seed()
        live(json.loads(text), rules)


def live(settings: dict, rules: tuple = ()) -> None:
    """One student's process, from its isolation to its end."""
    try:
        os.chdir("/" if settings["room"] else settings["place"])
        if settings["room"]:
            shut_in(settings, *rules)
        for name, value in settings["limits"].items():
            with contextlib.suppress(ValueError, OSError):  # macOS knows no limit on data
                hard = resource.getrlimit(getattr(resource, name))[1]
                value = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(getattr(resource, name), (value, value))
        serve(settings)
    except EOFError:
        pass
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def serve(settings: dict) -> None:
    incoming, outgoing, buffer = os.dup(0), os.fdopen(os.dup(1), "wb"), bytearray()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the notebook prints goes the way of its errors, never among the answers
    os.environ.clear()
    os.environ.update(settings["environment"], HOME=os.getcwd(), TMPDIR=os.getcwd(), USER="student", LOGNAME="student")
    sys.path[:] = [os.getcwd(), *settings["path"]]  # as in Jupyter: the student's own modules come first
    if "torch" not in sys.modules:
        sys.path[:] = [*sys.path[1:], sys.path[0]]
    from instructor.grader import wire

    for module in ("os", "torch", "instructor.grader.wire"):  # loaded in the nursery, but is the rest of them in sight?
        if not os.path.exists(sys.modules[module].__file__):
            raise FileNotFoundError(sys.modules[module].__file__)
    own = os.getpid()

    def send(message: dict, body: bytes = b"") -> None:
        if os.getpid() != own:  # a child that the student's code made must not answer in its place
            os._exit(0)
        outgoing.write(wire.frame(message, body))
        outgoing.flush()

    def receive() -> tuple[dict, bytes]:
        while not (message := wire.take_frame(buffer)):
            if not (part := os.read(incoming, 2**20)):
                raise EOFError
            buffer.extend(part)
        return message

    peer = wire.Peer(
        send=send,
        receive=receive,
        find=lambda target: (
            peer.exported[target] if target in peer.exported else watched(notebook.functions[target], peer.used)
        ),
        take_functions=True,
    )
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
    told = {"errors": notebook.errors, "found": list(notebook.functions), "notes": notebook.notes}
    told["overwritten"] = [
        name for name, function in notebook.functions.items() if notebook.names.get(name) is not function
    ]
    peer.send({"op": "ran", **told})
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
    nursery() if sys.argv[1] == "--nursery" else live(json.loads(sys.argv[1]))
