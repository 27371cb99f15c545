"""The kernel's limits: with real cgroups where this system gives some, and how they are asked for with a folder that looks like them."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from instructor.grader import groups

pytestmark = pytest.mark.grader
LIMITS = SimpleNamespace(memory=100, processes=12)  # sandbox.Limits would import torch
JOIN = "import os, sys, time, mmap\nopen(sys.argv[1] + '/cgroup.procs', 'w').write('0')\n"
MUCH = {  # ways to more than 100 MB, and what is to be left of the process that tries
    "a large memory": "x = bytearray(300 * 2**20)",
    "many small memories": "x = [bytes([n % 256]) * 9000 for n in range(40_000)]",
    "shared memory": "m = mmap.mmap(-1, 300 * 2**20)\nfor n in range(0, len(m), 4096): m[n] = 1",
    "files in memory": "f = open('/dev/shm/' + os.path.basename(sys.argv[1]), 'wb')\nos.unlink(f.name)\n"
    "for n in range(300): f.write(bytes(2**20))",
    "children": "for n in range(20):\n  if not os.fork():\n    x = bytearray(30 * 2**20); time.sleep(60)\ntime.sleep(60)",
}
FORKS = "n = 0\nwhile True:\n  try: n += 1; os.fork() or time.sleep(60)\n  except BlockingIOError: print(n); sys.exit()"
LOOP = "print('there', flush=True)\nwhile True: pass"
DAEMON = "for n in range(3):\n  if not os.fork(): os.setsid(); os.fork(); time.sleep(60)\nprint('made')"


@pytest.fixture
def base():
    base = groups.control_group()
    return base or pytest.skip("this system gives no cgroup v2 with memory and pids")


@contextlib.contextmanager
def group(base):
    made = groups.Group(base, LIMITS)
    try:
        yield made
    finally:
        made.close()
        assert not made.path.exists()


def start(made, code):
    return subprocess.Popen([sys.executable, "-c", JOIN + code, made.path], stdout=subprocess.PIPE, text=True)


def members(made):
    return (made.path / "cgroup.procs").read_text().split()


def emptied(made, patience=10):
    until = time.monotonic() + patience
    while populated := "populated 1" in (made.path / "cgroup.events").read_text():
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    return not populated


@pytest.mark.parametrize("way", MUCH)
def test_too_much_memory_ends_all_of_the_group(base, way):
    with group(base) as made:
        run = start(made, MUCH[way])
        assert run.wait(60) == -9
        assert made.over() == ("memory", "the limit on memory")
        assert emptied(made)


def test_what_fits_is_let_alone(base):
    with group(base) as made:
        assert start(made, "x = bytearray(50 * 2**20)\nprint(sum(not os.fork() for n in range(3)))").wait(60) == 0
        assert made.over() is None


def test_no_more_processes_than_allowed(base):
    with group(base) as made:
        run = start(made, FORKS)
        assert run.stdout.readline().strip() == "20", "this one and 19 more, then the refused one"
        assert made.over() == ("processes", "the limit on processes")
        assert len(members(made)) <= 20


def test_daemons_are_gone_with_the_group(base):
    with group(base) as made:
        assert start(made, DAEMON).stdout.readline() == "made\n"
        left = [psutil.Process(int(number)) for number in members(made)]
        assert len(left) >= 3
    assert not psutil.wait_procs(left, timeout=5)[1]


def test_daemons_are_gone_where_the_kernel_cannot_kill_a_group(base, monkeypatch):
    def without(file, value):
        if file.name == "cgroup.kill":
            raise FileNotFoundError(file)
        return real(file, value)

    real = groups.write
    monkeypatch.setattr(groups, "write", without)
    with group(base) as made:
        assert start(made, DAEMON).stdout.readline() == "made\n"


def test_a_busy_group_takes_no_more_than_its_share(base):
    if "cpu" not in (base / "cgroup.subtree_control").read_text():
        pytest.skip("no share of the CPU here")
    with group(base) as one, group(base) as many:
        runs = [start(one, LOOP), *(start(many, LOOP) for _ in range(6))]
        assert [run.stdout.readline() for run in runs] == ["there\n"] * 7
        for run in runs:
            os.sched_setaffinity(run.pid, {min(os.sched_getaffinity(0))})

        def used():
            return [int((made.path / "cpu.stat").read_text().split()[1]) for made in (one, many)]

        time.sleep(1)
        before = used()
        time.sleep(5)
        first, second = (now - then for now, then in zip(used(), before, strict=True))
        assert 0.3 < first / (first + second) < 0.7


def test_what_a_killed_grader_left_is_taken_away(base):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, own = base / f"sandbox-{gone.pid}-x", base / f"sandbox-{os.getpid()}-x"
    left.mkdir()
    own.mkdir()
    try:
        assert groups.control_group.__wrapped__() == base
        assert own.exists() and not left.exists()
    finally:
        own.rmdir()


# ------------------------------------------------------------------------------------------------ what looks like one


@pytest.fixture
def tree(tmp_path):
    """A folder like /proc and one like a cgroup; how to say which group this process is in."""
    base, proc = tmp_path / "cgroup" / "run.scope", tmp_path / "proc"
    for folder in (base / "grader", proc / "self"):
        folder.mkdir(parents=True)
    for file in ("cgroup.procs", "cgroup.subtree_control", "grader/cgroup.procs"):
        (base / file).write_text("")
    (base / "cgroup.controllers").write_text("cpu memory pids\n")
    (proc / "mounts").write_text(f"cgroup {tmp_path} cgroup rw 0 0\ncgroup2 {tmp_path / 'cgroup'} cgroup2 rw 0 0\n")
    (proc / "self" / "cgroup").write_text("1:name=systemd:/x\n0::/run.scope\n")
    return base, proc


def ask(tree):
    return groups.control_group.__wrapped__(tree[1])


def test_this_process_moves_below_the_group_and_limits_are_asked_for(tree, monkeypatch):
    written = []
    monkeypatch.setattr(groups, "write", lambda file, value: written.append((file.name, file.parent.name, str(value))))
    assert ask(tree) == tree[0]
    assert written == [
        ("cgroup.procs", "grader", str(os.getpid())),
        ("cgroup.subtree_control", "run.scope", "+memory +pids"),
        ("cgroup.subtree_control", "run.scope", "+cpu"),
    ]


def test_a_process_that_moved_finds_the_same_group_again(tree):
    (tree[1] / "self" / "cgroup").write_text("0::/run.scope/grader\n")
    assert ask(tree) == tree[0]


@pytest.mark.parametrize(
    "file, text",
    [
        ("cgroup.controllers", "cpu pids"),  # memory belongs to a hierarchy of cgroup v1
        ("../../proc/mounts", "cgroup /sys/fs/cgroup cgroup rw 0 0"),
        ("../../proc/self/cgroup", "4:memory:/"),
        ("../../proc/self/cgroup", "0::/gone"),
    ],
)
def test_no_group_where_none_can_be_had(tree, file, text):
    (tree[0] / file).write_text(text + "\n")
    assert ask(tree) is None


def test_no_cpu_to_share_out_takes_no_limit_away(tree, monkeypatch):
    def refuse(file, value):
        if "cpu" in str(value):
            raise FileNotFoundError(file)

    monkeypatch.setattr(groups, "write", refuse)
    (tree[0] / "cgroup.controllers").write_text("memory pids\n")
    assert ask(tree) == tree[0]


@pytest.mark.parametrize("stays", [False, True])
def test_who_else_sits_in_the_group_moves_too(tree, monkeypatch, stays):
    base, _ = tree
    procs = base / "cgroup.procs"
    procs.write_text("41\n42\n")
    moved = []

    def kernel(file, value):
        if file.name == "cgroup.subtree_control" and procs.read_text():
            raise OSError(16, "Device or resource busy")
        if file == base / "grader" / "cgroup.procs" and value != os.getpid():
            moved.append(value)
            procs.write_text("" if moved[-1] == "42" and not stays else procs.read_text())

    monkeypatch.setattr(groups, "write", kernel)
    assert ask(tree) == (None if stays else base)
    assert moved[:2] == ["41", "42"]


def test_a_file_that_the_kernel_lacks_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        groups.write(tmp_path / "memory.swap.max", 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "memory, pids, status",
    [
        ("oom 0\noom_kill 0", "max 0", None),
        ("oom 3\noom_kill 2", "max 5", "memory"),
        ("oom 3\noom_kill 0", "max 5", "processes"),
        (None, "max 1", "processes"),
        (None, None, None),
    ],
)
def test_the_limit_that_was_met_is_named(tmp_path, memory, pids, status):
    made = groups.Group.__new__(groups.Group)
    made.path = Path(tmp_path)
    for name, text in (("memory.events", memory), ("pids.events", pids)):
        if text is not None:
            (tmp_path / name).write_text(text + "\n")
    assert (made.over() or [None])[0] == status


def test_no_group_is_left_where_a_limit_is_refused(tmp_path):
    with pytest.raises(OSError):
        groups.Group(tmp_path, LIMITS)
    assert not list(tmp_path.iterdir())
