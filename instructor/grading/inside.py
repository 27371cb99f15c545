"""What runs in the sandbox: a student's notebook, and then, one by one, the calls of its functions that the judge asks for.

Started by sandbox.py as a process of its own. It is not trusted: a student's code shares its memory. It first shuts
itself in (where the system allows it), limits itself, and only then imports torch and meets the student's code.
"""

import ast
import contextlib
import ctypes
import json
import os
import sys
from pathlib import Path

NO_SUID, NO_DEV, NO_EXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18  # MS_… of mount(2)
DEVICES = ("null", "zero", "full", "random", "urandom")
FOLDER = "/sandbox"  # the working folder within the new root


# ------------------------------------------------------------------------------------------------ shutting itself in


def shut_in(place: str, visible: list[str], megabytes: int) -> None:
    """Within fresh namespaces: a root in which only visible can be seen, nothing but FOLDER, /tmp and /dev/shm can be
    written (in memory, to be forgotten), and no capability is left. Raises OSError where the system refuses."""
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result: int, what: str) -> None:
        if result:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

    def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
        texts = [text.encode() if text else None for text in (source, target, kind)]
        must(libc.mount(*texts, ctypes.c_ulong(flags), data.encode()), f"mount {target}")

    def make_folder(path: str) -> str:
        os.makedirs(path, exist_ok=True)
        return path

    mount("none", "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEV, "size=16m,mode=755")
    bound: list[str] = []
    for path in sorted({*visible, *map(os.path.realpath, visible)}):
        if not os.path.exists(path) or any(Path(path).is_relative_to(other) for other in bound):
            continue
        if os.path.islink(path) and os.path.dirname(path) == "/":  # /bin → usr/bin
            os.symlink(os.readlink(path), place + path)
            continue
        mount(path, make_folder(place + path), None, BIND | RECURSIVE)
        bound.append(path)
    for name in DEVICES:
        make_folder(f"{place}/dev")
        Path(f"{place}/dev/{name}").touch()
        mount(f"/dev/{name}", f"{place}/dev/{name}", None, BIND)
    mount("proc", make_folder(f"{place}/proc"), "proc", NO_SUID | NO_DEV | NO_EXEC)
    scratch = [make_folder(place + folder) for folder in (FOLDER, "/tmp", "/dev/shm")]
    read_only = (ctypes.c_uint64 * 4)(1, 0, 0, 0)  # struct mount_attr with MOUNT_ATTR_RDONLY
    mount_setattr, at_recursive = 442, 0x8000
    must(libc.syscall(mount_setattr, -1, place.encode(), at_recursive, ctypes.byref(read_only), 32), "mount_setattr")
    for folder in scratch:
        mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEV, f"size={megabytes}m,mode=700")
    os.chroot(place)
    os.chdir(FOLDER)
    give_up_rights(libc, must)


def give_up_rights(libc, must) -> None:
    """No capability now or later. (From within a chroot no new user namespace can be made either.)"""
    no_new_privileges, drop_from_bounding_set = 38, 24
    for capability in range(64):
        libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)  # those that this kernel does not know fail
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    must(libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
    must(libc.prctl(no_new_privileges, 1, 0, 0, 0), "prctl")


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
        """Only imports, and the statements that the wanted functions need, directly or through other names."""
        statements = []
        for number, source in enumerate(self.cells, start=1):
            with contextlib.suppress(SyntaxError, ValueError):
                statements += [(number, node) for node in ast.parse(self.transform(source)).body]
        needed, known = set(wanted), -1
        while known < len(needed):
            known = len(needed)
            for _, node in statements:
                if binds(node) & needed:
                    needed |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for number, node in statements:
            if isinstance(node, (ast.Import, ast.ImportFrom)) or binds(node) & needed:
                try:
                    exec(compile(ast.Module([node], []), f"<cell {number}>", "exec"), self.names)
                except BaseException as error:
                    self._note(number, error)

    def _note(self, number: int, error: BaseException | None) -> None:
        if error is not None and len(self.errors) < 20:
            self.errors.append([number, type(error).__name__, str(error)[:300]])


def binds(node: ast.stmt) -> set[str]:
    """The names that a statement at the top level gives a value."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    imports = [alias for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom)) for alias in n.names]
    return names | {(alias.asname or alias.name).split(".")[0] for alias in imports}


# ------------------------------------------------------------------------------------------------ serving the judge


def main() -> None:
    settings = json.loads(sys.argv[1])
    if settings["namespaces"]:
        os.setsid()
        shut_in(settings["place"], settings["visible"], settings["disk"])
    else:
        os.chdir(settings["place"])
    limit(settings["limits"])
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the notebook prints goes the way of its errors, never among the answers
    os.environ.update(HOME=os.getcwd(), TMPDIR=os.getcwd(), USER="student", LOGNAME="student")
    sys.path[:] = [*settings["path"], os.getcwd()]  # the student's own modules come last: they can hide nothing
    from grading import wire

    own = os.getpid()

    def send(message: dict, body: bytes = b"") -> None:
        if os.getpid() != own:  # a child that the student's code made must not answer in its place
            os._exit(0)
        wire.write_frame(outgoing, message, body)

    peer = wire.Peer(
        send=send,
        receive=lambda: wire.read_frame(incoming),
        find=lambda target: notebook.names[target],
        take_functions=True,
    )
    peer.send({"op": "ready"})
    message, body = peer.receive()
    for name, size in message["files"]:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body[:size])
        body = body[size:]
    notebook = Notebook(message["cells"])
    if message["everything"]:
        notebook.run_all()
    else:
        notebook.run_definitions(message["functions"])
    found = [name for name in message["functions"] if name in notebook.names]
    peer.send({"op": "ran", "errors": notebook.errors, "found": found})
    with contextlib.suppress(EOFError):
        while True:
            peer.serve(*peer.receive())
    os._exit(0)


if __name__ == "__main__":
    main()
