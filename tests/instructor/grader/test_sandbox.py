"""What a student's process can see and do: nothing of its neighbours', no network, no capability, no unusual system call."""

import ctypes
import json
import os
import subprocess
import sys

import psutil
import pytest

from instructor.grader import judge, sandbox
from instructor.grader.wire import Ended

from ..support import MSE, ROOT, notebook

pytestmark = pytest.mark.grader
LOOK = """\
import ctypes, mmap, os, socket
libc = ctypes.CDLL(None, use_errno=True)
status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
told = {name: status[name].strip() for name in ('CapEff', 'CapPrm', 'NoNewPrivs', 'Seccomp')}
for name, number, *arguments in CALLS:
    told[name] = libc.syscall(number, *arguments), ctypes.get_errno()
def attempt(name, action):
    try: told[name] = bool(action()) or 'done'
    except Exception as error: told[name] = type(error).__name__
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
attempt('inet', lambda: socket.socket())
attempt('shared', lambda: mmap.mmap(-1, 4096))
for path in ('/x', '/dev/x', '/usr/x', PACKAGE, '/proc/sys/kernel/core_pattern', '/sandbox/x', '/tmp/x'):
    attempt(path, lambda: open(path, 'w'))
told['processes'] = sum(name.isdigit() for name in os.listdir('/proc'))
told['course'], told['etc'] = sorted(os.listdir(COURSE)), os.path.exists('/etc/passwd')
"""
CALLS = ("keyctl", "memfd_create", "shmget", "io_uring_setup", "unshare", "mount", "ptrace", "setsid", "bpf", "setns", "userfaultfd", "chroot")  # fmt: skip
AFTER = "import torch.utils.data as d\nloaded = list(d.DataLoader(d.TensorDataset(torch.ones(8)), num_workers=2))"

USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-c")
GRADE = """\
from instructor.grader import judge, sandbox
from tests.instructor.support import MSE, notebook
result = judge.grade("x.ipynb", notebook(MSE, "import os; os.fork() or os._exit(0)"), limits={"memory": 2500})
print(sandbox.isolation().user, result["status"], result["exercises"][0]["status"])
"""
MANY = {  # more than a submission may have, each of its processes within its own limits
    "memory": "import os, time\nfor n in range(8):\n  if not os.fork(): x = b'x' * 300_000_000; break\ntime.sleep(60)",
    "processes": """\
import os, time
for n in range(100):
    try: os.fork() or (time.sleep(5), os._exit(0))
    except BlockingIOError: pass
os._exit(0)""",
}


def numbers():
    library = ctypes.CDLL("libseccomp.so.2")
    known = {name: library.seccomp_syscall_resolve_name(name.encode()) for name in CALLS}
    return [(name, number, 0, 0, 0) for name, number in known.items() if number >= 0]


def test_a_students_process_sees_and_may_do_little():
    package = str(ROOT / "vae_helpers" / "losses.py")
    look = LOOK.replace("CALLS", repr(numbers())).replace("PACKAGE", repr(package)).replace("COURSE", repr(str(ROOT)))
    shown = [f"raise ValueError(repr(list(told.items())[{n}:{n + 4}]))" for n in range(0, 32, 4)]
    cells = notebook(MSE, look, *shown, AFTER)
    result = judge.grade("x.ipynb", cells, limits={"seconds": 60, "memory": 2500})
    assert result["status"] == "ok" and result["exercises"][0]["status"] == "right", result
    assert len(result["errors"]) == len(shown), result["errors"]  # a DataLoader with workers runs
    told = dict(pair for _, _, text in result["errors"] for pair in eval(text))
    assert {told[name] for name in ("CapEff", "CapPrm")} == {"0" * 16}
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert {told[name] for name, *_ in numbers()} == {(-1, 1)}
    assert told["vsock"] == told["inet"] == told["shared"] == "PermissionError"
    assert told["/sandbox/x"] == told["/tmp/x"] == 1
    assert {told[path] for path in ("/x", "/dev/x", "/usr/x", package, "/proc/sys/kernel/core_pattern")} <= {
        "OSError",
        "PermissionError",
    }
    assert told["processes"] == 3 and told["etc"] is False
    assert set(told["course"]) <= {".venv", "data", "instructor", "quiz", "vae_helpers"}


def test_files_and_sockets_count_as_memory():
    code = (
        "import socket\nopen('/tmp/x', 'wb').write(bytes(50 * 2**20))\nheld = [socket.socketpair() for n in range(50)]"
    )
    cells = json.dumps([code]).encode()
    with sandbox.Sandbox(sandbox.Limits()) as room:
        before = room.room.held()
        room.send({"everything": True, "functions": [], "parts": [["", len(cells)]]}, cells)
        assert not room.receive()[0]["errors"]
        assert room.room.held() - before > 50 + 100 * sandbox.SOCKET


def test_every_process_of_a_student_is_watched():
    daemons = (
        "import os, time\nfor n in range(3):\n  if not os.fork(): os.fork(); time.sleep(60)\nos.fork() or os._exit(0)"
    )
    cells = json.dumps([daemons]).encode()
    with sandbox.Sandbox(sandbox.Limits()) as room:
        assert len(room.processes()) == 1
        room.send({"everything": True, "functions": [], "parts": [["", len(cells)]]}, cells)
        room.receive()
        watched = room.processes()
        assert len(watched) == len({process.pid for process in watched}) >= 7
        assert sandbox._memory(watched) > 50
    assert not psutil.wait_procs(watched, timeout=10)[1]


def test_a_room_that_has_ended_by_itself_is_left_in_peace():
    with sandbox.Sandbox(sandbox.Limits()) as room:
        first = room.room.first
        first.kill()
        room.room.process.wait(timeout=30)  # bubblewrap ends with it, and so nothing of it is in the table of processes
        psutil.wait_procs([first], timeout=30)
        room._kill()
    assert not first.is_running()


def test_many_processes_get_no_more_memory_than_one():
    cells = json.dumps([MANY["memory"]]).encode()
    with sandbox.Sandbox(sandbox.Limits(memory=1500, seconds=30)) as room:
        room.send({"everything": True, "functions": [], "parts": [["", len(cells)]]}, cells)
        with pytest.raises(Ended) as end:
            room.receive()
    assert end.value.status == "memory"


@pytest.mark.parametrize("before", ["", "import os; os.close(1); os.close(2)"], ids=["", "closes its output"])
def test_limits_hold_while_the_judge_is_busy(before):
    cells = json.dumps([before, "while True: pass"]).encode()
    with sandbox.Sandbox(sandbox.Limits(seconds=2)) as room:
        alive = room.processes()
        room.send({"everything": True, "functions": [], "parts": [["", len(cells)]]}, cells)
        assert alive and not psutil.wait_procs(alive, timeout=60)[1], "nobody has asked for an answer"
        with pytest.raises(Ended) as end:
            room.receive()
    assert end.value.status == "timeout"


@pytest.mark.parametrize("status", MANY)
def test_the_kernel_holds_the_limits_when_nobody_looks(monkeypatch, status):
    if not sandbox.control_group():
        pytest.skip("this system gives no cgroup v2 with memory and pids")
    cells = json.dumps([MANY[status]]).encode()
    with sandbox.Sandbox(sandbox.Limits(memory=1500)) as room:
        monkeypatch.setattr(room, "_broken_limit", lambda: None)
        room.send({"everything": True, "functions": [], "parts": [["", len(cells)]]}, cells)
        with pytest.raises(Ended) as end:
            room.receive()
    assert (end.value.status, end.value.detail) == (status, f"the limit on {status}")
    assert not room.group.path.exists()


def test_what_is_seen_is_nothing_of_a_class(monkeypatch, tmp_path):
    sandbox.visible.cache_clear()
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert not any(path.startswith(str(tmp_path)) for path in [*sandbox.visible(), *sandbox.import_path()])
    finally:
        sandbox.visible.cache_clear()


def test_a_user_that_is_borrowed_is_nobodys():
    import pwd

    with pytest.raises(KeyError):
        pwd.getpwuid(sandbox._free_user())


def grade_as_a_user(before=""):
    """By who is not root: a user of a namespace, where more can be forbidden first."""
    drop = f'{before} exec setpriv --inh-caps=-all --ambient-caps=-all "$0" -c "$1"'
    command, here = [*USER, drop, sys.executable, GRADE], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=here)


def test_who_is_not_root_can_grade():
    run = grade_as_a_user()
    assert run.stdout.split() == ["None", "ok", "right"], run.stderr


def test_where_users_may_make_no_namespaces_nothing_runs():
    run = grade_as_a_user("echo 0 > /proc/sys/user/max_user_namespaces;")
    assert run.returncode and "namespace" in run.stderr and "GRADING.md" in run.stderr, run
