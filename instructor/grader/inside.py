"""What runs in the sandbox: a student's notebook, and then, one by one, the calls of its functions that the judge asks for.

Started by sandbox.py: `inside.py SETTINGS` for one student, or `inside.py --nursery`, a process that imports torch once
and then forks for each student that the judge names. Not trusted: a student's code shares this process's memory. So the
process shuts itself in (where the system allows it) and limits itself before it meets the student's code.
"""

import ast
import contextlib
import ctypes
import dis
import importlib
import json
import os
import random
import signal
import socket
import sys
from pathlib import Path

NO_SUID, NO_DEV, NO_EXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18  # MS_… of mount(2)
NEW_NAMESPACES, NEW_USERS = 0x20000 | 0x40000000 | 0x20000000 | 0x8000000 | 0x4000000, 0x10000000  # CLONE_NEW…
DIE_WITH_PARENT, DUMPABLE, DROP_FROM_BOUNDING_SET, NO_NEW_PRIVILEGES = 1, 4, 24, 38  # PR_… of prctl(2)
MOUNT_SETATTR, AT_RECURSIVE = 442, 0x8000
IMPORTED_ONCE = (  # what most lessons import: one student's process need not wait for it
    "IPython.core.interactiveshell", "ipywidgets", "matplotlib.pyplot", "sklearn.decomposition", "torchsummary", "tqdm.auto",
    *(f"vae_helpers.{room}" for room in ("checks", "data", "models", "plots", "quiz", "training", "widgets")),
)  # fmt: skip
FOLDER = "/sandbox"  # the working folder within the new root


# ------------------------------------------------------------------------------------------------ shutting itself in


def shut_in(settings: dict) -> None:
    """Fresh namespaces and a user of its own, if the settings say so. In the namespaces: a root in which only
    settings["visible"] can be seen, nothing but FOLDER, /tmp and /dev/shm can be written (in memory, to be forgotten), no
    other process, no network, no capability. This becomes the first process of its namespace: when it dies, so does all
    that it has started. Raises OSError where the system refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if settings["namespaces"]:
        new_namespaces(libc, own_users=settings["user"] is None)
        new_root(libc, settings["place"], settings["visible"], settings["disk"])
        for capability in range(64):  # those that this kernel does not know fail
            libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
    else:
        os.chdir(settings["place"])
    if settings["user"] is not None:
        os.setgroups([])
        os.setresgid(*3 * [settings["user"]])
        os.setresuid(*3 * [settings["user"]])
        libc.prctl(DUMPABLE, 1, 0, 0, 0)  # or else its own /proc/self would belong to root
    if settings["namespaces"]:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        must(libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
    must(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    libc.prctl(DIE_WITH_PARENT, 9, 0, 0, 0)


def must(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def new_namespaces(libc, own_users: bool) -> None:
    """own_users: a namespace of users too, in which this user has the rights that what follows needs."""
    user, group = os.geteuid(), os.getegid()
    must(libc.unshare(NEW_NAMESPACES | (NEW_USERS if own_users else 0)), "unshare")
    if own_users:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    libc.prctl(DIE_WITH_PARENT, 9, 0, 0, 0)
    if child := os.fork():  # the first process of the new namespace; this one stays outside and waits
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    os.setsid()  # out of the group that the one outside is in


def new_root(libc, place: str, visible: list[str], megabytes: int) -> None:
    """Build a root at place, and go there. (From within a chroot no user namespace can be made that would lead out.)"""

    def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
        texts = [text.encode() if text else None for text in (source, target, kind)]
        must(libc.mount(*texts, ctypes.c_ulong(flags), data.encode()), f"mount {target}")

    def make(path: str, like: str = "/") -> str:
        os.makedirs(path if os.path.isdir(like) else os.path.dirname(path), exist_ok=True)
        if not os.path.isdir(like):
            Path(path).touch()
        return path

    mount("none", "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEV, "size=16m,mode=755")
    scratch = [make(place + folder) for folder in (FOLDER, "/tmp", "/dev/shm")]
    for folder in scratch:  # first, since what is to be seen may lie in /tmp
        mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEV, f"size={megabytes}m,mode=777")
    bound: list[str] = []
    for path in sorted({*visible, *map(os.path.realpath, visible)}):
        if not os.path.exists(path) or any(Path(path).is_relative_to(other) for other in bound):
            continue
        if os.path.islink(path) and os.path.dirname(path) == "/":  # /bin → usr/bin
            os.symlink(os.readlink(path), place + path)
            continue
        mount(path, make(place + path, like=path), None, BIND | RECURSIVE)
        bound.append(path)
    mount("proc", make(f"{place}/proc"), "proc", NO_SUID | NO_DEV | NO_EXEC)
    read_only, writable = (
        (ctypes.c_uint64 * 4)(1, 0),
        (ctypes.c_uint64 * 4)(0, 1),
    )  # struct mount_attr: set, clear RDONLY
    for folder, flags, attributes in ((place, AT_RECURSIVE, read_only), *((folder, 0, writable) for folder in scratch)):
        result = libc.syscall(MOUNT_SETATTR, -1, folder.encode(), flags, ctypes.byref(attributes), 32)
        must(result, f"mount_setattr {folder}")
    os.chroot(place)
    os.chdir(FOLDER)


def limit(limits: dict) -> None:
    """Limits of this process and its children, where the system has them. Memory in all is watched from outside."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (value, value))


# ------------------------------------------------------------------------------------------------ the notebook


class Notebook:
    """A student's code cells and the namespace they run in."""

    def __init__(self, cells: list[str]):
        from IPython.core.inputtransformer2 import TransformerManager
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        self.shell = InteractiveShell.instance(config=config)
        self.transform = TransformerManager().transform_cell
        self.cells, self.errors, self.names = cells, [], self.shell.user_ns

    def run_all(self) -> None:
        """Every cell in order, as Jupyter does; after an error the next cell goes on."""
        for number, source in enumerate(self.cells, start=1):
            result = self.shell.run_cell(source, store_history=False)
            self._note(number, result.error_before_exec or result.error_in_exec)

    def run_definitions(self, wanted: list[str]) -> None:
        """Only the statements that the wanted functions need, directly or through other names."""
        statements = []
        for number, source in enumerate(self.cells, start=1):
            with contextlib.suppress(SyntaxError, ValueError):
                statements += [(number, node) for node in ast.parse(self.transform(source)).body]
        needed, known = set(wanted), -1
        while known < len(needed):
            known = len(needed)
            for _, node in statements:
                if binds(node) & needed:
                    needed |= asks_for(compile(ast.Module([node], []), "<cell>", "exec"))
        for number, node in statements:
            if binds(node) & (needed | {"*"}):
                try:
                    exec(compile(ast.Module([node], []), f"<cell {number}>", "exec"), self.names)
                except BaseException as error:
                    self._note(number, error)

    def _note(self, number: int, error: BaseException | None) -> None:
        if error is not None and len(self.errors) < 20:
            self.errors.append([number, type(error).__name__, str(error)[:300]])


def binds(node: ast.stmt) -> set[str]:
    """The names that a statement at the top level gives a value."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(node, definitions):
        return {node.name}
    parts = list(ast.walk(node))
    names = {n.id for n in parts if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {n.name for n in parts if isinstance(n, definitions)}
    imports = [alias for n in parts if isinstance(n, (ast.Import, ast.ImportFrom)) for alias in n.names]
    return names | {(alias.asname or alias.name).split(".")[0] for alias in imports}


def asks_for(code) -> set[str]:
    """The global names that a piece of code, and the functions in it, look up."""
    own = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(asks_for(part) for part in code.co_consts if hasattr(part, "co_code")))


# ------------------------------------------------------------------------------------------------ serving the judge


def nursery() -> None:
    """Fork for each settings that come through standard input's socket, with the three pipes that the child is to use."""
    judge = socket.socket(fileno=os.dup(0))
    sys.path[:] = json.loads(judge.recv(2**16))
    importlib.import_module("grader.wire")
    for name in IMPORTED_ONCE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    judge.send(b"ready")
    while True:
        text, pipes, _, _ = socket.recv_fds(judge, 2**16, 3)
        if not text:
            return
        if os.fork():
            for pipe in pipes:
                os.close(pipe)
            judge.send(b"born")
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, pipe in enumerate(pipes):
            os.dup2(pipe, number)
        os.closerange(3, 4096)
        random.seed()
        sys.modules["numpy"].random.seed()
        live(json.loads(text))


def live(settings: dict) -> None:
    """One student's process, from its isolation to its end."""
    try:
        if hasattr(os, "setsid"):
            os.setsid()
        if settings["namespaces"] or settings["user"]:
            shut_in(settings)
        else:
            os.chdir(settings["place"])
        limit(settings["limits"])
        serve(settings)
    except EOFError:
        pass
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def serve(settings: dict) -> None:
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the notebook prints goes the way of its errors, never among the answers
    os.environ.clear()
    os.environ.update(settings["environment"], HOME=os.getcwd(), TMPDIR=os.getcwd(), USER="student", LOGNAME="student")
    sys.path[:] = [*settings["path"], os.getcwd()]  # the student's own modules come last: they can hide nothing
    from grader import wire

    for module in ("os", "torch", "grader.wire"):  # loaded in the nursery, but is the rest of them in sight?
        if not os.path.exists(sys.modules[module].__file__):
            raise FileNotFoundError(sys.modules[module].__file__)
    own = os.getpid()

    def send(message: dict, body: bytes = b"") -> None:
        if os.getpid() != own:  # a child that the student's code made must not answer in its place
            os._exit(0)
        wire.write_frame(outgoing, message, body)

    peer = wire.Peer(
        send=send,
        receive=lambda: wire.read_frame(incoming),
        find=lambda target: peer.exported[target] if target in peer.exported else notebook.names[target],
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
            notebook = Notebook(json.loads(part))
    if message["everything"]:
        notebook.run_all()
    else:
        notebook.run_definitions(message["functions"])
    found = [name for name in message["functions"] if name in notebook.names]
    peer.send({"op": "ran", "errors": notebook.errors, "found": found})
    while True:
        peer.serve(*peer.receive())


if __name__ == "__main__":
    nursery() if sys.argv[1] == "--nursery" else live(json.loads(sys.argv[1]))
