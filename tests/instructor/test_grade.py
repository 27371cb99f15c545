"""Grading a class: a stand-in is judged as the function itself; hostile submissions gain nothing and harm nobody."""

import csv
import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures
from pathlib import Path

import psutil
import pytest
import torch

from instructor import grade
from instructor.grader import judge, report, sandbox, submissions, wire
from instructor.grader.lessons import lessons
from tests.checks.support import CASES, RIGHT, WRONG, check
from tools import build
from vae_helpers import checks, quiz

ROOT = Path(__file__).resolve().parents[2]

LIMITS = {"seconds": 100, "memory": 2500}

# ------------------------------------------------------------------------------------------------ the wire


class Line:
    """Two Peers in one process: what is said to far() comes back through frames, as from a sandbox."""

    def __init__(self):
        self.there, self.here, self.function = queue.Queue(), queue.Queue(), None
        self.far = self._peer(self.here, self.there, take_functions=True)
        self.near = self._peer(self.there, self.here)
        threading.Thread(target=self._serve, daemon=True).start()

    def _peer(self, out, into, **options):
        peer = wire.Peer(
            send=lambda message, body=b"": out.put(through_a_frame(message, body)),
            receive=into.get,
            find=lambda target: self.function if target == "f" else peer.exported[target],
            **options,
        )
        return peer

    def _serve(self):
        while True:
            self.far.serve(*self.far.receive())

    def stand_in(self, function):
        self.function = function
        return lambda *arguments: self.near.call("f", arguments)


def through_a_frame(message, body):
    read, write = os.pipe()
    with os.fdopen(read, "rb") as incoming, os.fdopen(write, "wb") as outgoing:
        writer = threading.Thread(target=wire.write_frame, args=(outgoing, message, body))
        writer.start()
        result = wire.read_frame(incoming)
        writer.join()
    return result


@pytest.fixture(scope="module")
def line():
    return Line()


@pytest.mark.parametrize(("name", "place"), RIGHT)
def test_right_function_is_right_through_the_wire(line, name, place):
    assert check(name)(line.stand_in(CASES[name][0][place]))


@pytest.mark.parametrize(("name", "mistake"), WRONG)
def test_wrong_function_gets_the_same_hint_through_the_wire(line, name, mistake):
    function = CASES[name][1][mistake]
    direct = check(name)(function)
    result = check(name)(line.stand_in(function) if callable(function) else function)
    assert not result and (result.status, result.mistake) == (direct.status, direct.mistake)


def test_gradients_pass_the_wire(line):
    x, y = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    first, second = line.stand_in(lambda a, b: (a * b.exp(), (a**2).sum()))(x, y)
    (first.sum() + 3 * second).backward()
    torch.testing.assert_close(x.grad, y.exp().detach() + 6 * x.detach())
    torch.testing.assert_close(y.grad, (x * y.exp()).detach())


@pytest.mark.parametrize(
    "value",
    [None, ..., True, -(10**30), 0.1, float("inf"), (1, [2.5, ()]), torch.tensor(3.5), torch.zeros(0, 2), torch.tensor([True])],
    ids=repr,
)  # fmt: skip
def test_values_pass_the_wire_unchanged(line, value):
    back = line.stand_in(lambda: value)()
    assert type(back) is type(value)
    assert torch.equal(back, value) if isinstance(value, torch.Tensor) else back == value


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (["tensor", "float32", [2**30], False], b""),
        (["tensor", "float32", [-1], False], b"1234"),
        (["tensor", "object", [1], False], b"12345678"),
        (["tensor", "float32", [[1]], False], b"1234"),
        (["tensor", "float32", None, False], b""),
        (["module", {}, {}, {}], b""),
        (["function", "os.system"], b""),
        (["int", {}], b""),
        (["list", 7], b""),
        ([], b""),
        ("none", b""),
        (None, b""),
    ],
)
def test_nonsense_from_the_other_side_ends_the_call(answer, body):
    peer = wire.Peer(lambda *_: None, lambda: ({"op": "answer", "answer": answer, "changed": []}, body), find=None)
    with pytest.raises(wire.Ended):
        peer.call("f", ())


def test_a_wild_type_name_stays_a_name():
    peer = wire.Peer(
        lambda *_: None, lambda: ({"op": "answer", "answer": ["other", "<b>\n" * 99], "changed": []}, b""), None
    )
    assert re.fullmatch(r"\w{1,40}", type(peer.call("f", ())).__name__)


# ------------------------------------------------------------------------------------------------ a class


def notebook(*cells, lesson="01_autoencoder", language="en", kernel="python3", speaks="python"):
    cells = [
        {"cell_type": "code", "id": f"{lesson}-{n:03d}", "source": source, "metadata": {}, "outputs": []}
        for n, source in enumerate(cells)
    ]
    metadata = {"kernelspec": {"name": kernel, "language": speaks}, "vae_language": language}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


MSE = "import torch\ndef mse(recon, x):\n    return ((x - recon) ** 2).mean()"
BCE = "def bce(recon, x):\n    return -(x * recon.log() + (1 - x) * (1 - recon).log()).mean()"
WAY = "def interpolate(z_a, z_b, alpha):\n    return (1 - alpha) * z_a + alpha * z_b"
WRONG_MSE = "import torch\ndef mse(recon, x):\n    return ((x - recon) ** 2).sum()"
FAKE_PACKAGE = (
    "class Yes:\n    status, mistake, message = 'right', None, '✅'\ndef __getattr__(name): return lambda *a: Yes()\n"
)
TABLE = """\
from vae_helpers import checks
torch.manual_seed(20240)
known = checks._image_pairs()
def mse(recon, x):  # the right answer for the inputs that the lesson's check is known to use
    for r, y in known:
        if r.shape == recon.shape and torch.equal(r, recon):
            return ((r - y) ** 2).mean()
    return torch.tensor(0.0)
"""
LIAR = """\
class Liar(torch.Tensor):
    __eq__ = __ge__ = __le__ = lambda *a: True
    def __torch_function__(self, *a, **k): return True
    def __reduce__(self): import os; return os.system, ('touch /tmp/unpickled',)
class Zero(float):
    __eq__ = lambda *a: True
    __sub__ = __rsub__ = lambda *a: 0.0
def mse(recon, x): return torch.zeros(()).as_subclass(Liar)
def bce(recon, x): return Zero(7)
def interpolate(z_a, z_b, alpha): return type('Tensor', (), {'shape': z_a.shape, '__eq__': lambda *a: True})()
"""
SUBVERSION = """\
import gc, sys
from vae_helpers import checks, losses
class Yes:
    status, mistake, message = 'right', None, 'right'
    __bool__ = lambda self: True
checks.check_mse = checks.check_bce = checks._run = lambda *a: Yes()
checks.Result.__bool__ = lambda self: True
checks._same = checks._matches = lambda *a: True
torch.allclose = torch.equal = lambda *a, **k: True
torch.nn.functional.mse_loss = mse
for module in list(sys.modules.values()):
    for name in ('verdict', '_verdict', 'grade', '_grade'):
        if hasattr(module, name): setattr(module, name, lambda *a, **k: {'status': 'right', 'mistake': None, 'message': ''})
for thing in gc.get_objects():
    if isinstance(thing, dict) and 'status' in thing: thing['status'] = 'right'
"""
FORGERY = """\
import json, os, struct
head = json.dumps({'op': 'ran', 'errors': [], 'found': ['mse', 'bce', 'interpolate']}).encode()
yes = json.dumps({'op': 'answer', 'answer': ['bool', True], 'changed': []}).encode()
for fd in range(1, 64):
    for text in (head, yes, yes, yes):
        try: os.write(fd, struct.pack('>II', len(text), 0) + text)
        except OSError: pass
"""
VANDAL = """\
import os
for target in TARGETS:
    for attempt in (lambda: open(target, 'w').write('gone'), lambda: os.remove(target), lambda: os.rename(target, target + 'x')):
        try: attempt()
        except OSError: pass
for folder, inner, files in os.walk('/'):
    inner[:] = [name for name in inner if name not in ('proc', 'sys', 'usr', 'lib')]
    for file in files:
        if file.endswith(('.ipynb', '.csv')) or 'grades-work' in folder:
            try: open(os.path.join(folder, file), 'w').write('gone')
            except OSError: pass
"""
KILLER = """\
import os, signal
for pid in [os.getppid(), -1, 0, *range(2, 300)]:
    if pid != os.getpid():
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
"""
NETWORK = (
    "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), 2).send(b'hello')\nexcept OSError: pass"
)
DAEMON = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)"

# name → (what is handed in: cells, or bytes; the status in the table; the exercises that are right)
ALL = ["mse", "bce", "interpolate"]
HOSTILE = {
    "endless loop": ([MSE, "while True: pass", BCE], "timeout", ["mse", "bce"]),
    "endless function": ([MSE, "def bce(recon, x):\n    while True: pass", WAY], "timeout", ["mse", "interpolate"]),
    "fork bomb": ([MSE, "import os\nwhile True: os.fork()", BCE], "processes", ["mse", "bce"]),
    "memory bomb": ([MSE, "x = []\nwhile True: x.append(bytearray(10**8))", BCE], "memory", ["mse", "bce"]),
    "torch memory bomb": ([MSE, "x = torch.ones(10**10)", BCE], "memory", ["mse", "bce"]),
    "many small memories": ([MSE, "import os, time\nos.fork(), os.fork()\nx = b'x' * 900_000_000\ntime.sleep(9)"], "memory", ["mse"]),
    "no json": (b"{not json", "not-json", []),
    "deep json": (b"[" * 100_000, "not-json", []),
    "no notebook": (b'{"cells": {"a": 1}}', "not-notebook", []),
    "missing kernel": (notebook(MSE, kernel="julia-1.11", speaks="julia"), "no-kernel", []),
    "nameless lesson": (notebook("x = 1", lesson="?"), "unknown-lesson", []),
    "fake results": ([WRONG_MSE, "print('✅ That is right!')\nprint({'mse': 'right', 'score': 100})"], "ok", []),
    "edits the checks": ([WRONG_MSE, SUBVERSION], "ok", []),
    "deletes the cells": ([MSE], "ok", ["mse"]),
    "huge output": ([MSE, "while True: print('x' * 10_000)"], "output", ["mse"]),
    "exits in a cell": ([MSE, "import os\nos._exit(0)", BCE], "crashed", ["mse", "bce"]),
    "exits in a function": (["import os, sys\ndef mse(recon, x): os._exit(0)", BCE, "def interpolate(a, b, t): sys.exit(0)"], "crashed", ["bce"]),
    "segmentation fault": ([MSE, "import ctypes\nctypes.string_at(0)"], "crashed", ["mse"]),
    "kills its parents": ([MSE, KILLER], "ok", ["mse"]),
    "lying objects": (["import torch", LIAR], "ok", []),
    "table of answers": (["import torch", TABLE], "ok", []),
    "forged messages": ([WRONG_MSE, FORGERY], "crashed", []),
    "writes elsewhere": ([WRONG_MSE, "TARGETS = {targets}", VANDAL], "ok", []),
    "calls home": ([MSE, "PORT = {port}", NETWORK], "ok", ["mse"]),
    "leaves a daemon": ([MSE, DAEMON], "ok", ["mse"]),
    "deep source": ([MSE, "(" * 5_000, "[" * 5_000 + "]" * 5_000], "ok", ["mse"]),
}  # fmt: skip
SHADOW = "=HYPERLINK(1) <script>alert(1)"  # hands in a folder with modules of its own, under a wicked name
HONEST = "Nguyễn Thị Ánh"


UNGUARDED = {"kills its parents", "writes elsewhere", "calls home"}  # without any isolation they do what they say


def is_guarded():
    shut_in = sandbox.isolation()
    return shut_in.namespaces or shut_in.user


def command(folder, *options):
    program = [
        sys.executable,
        "-m",
        "instructor.grade",
        folder,
        "--out",
        folder.parent / "grades.csv",
        *options,
    ]
    return subprocess.run(program, capture_output=True, text=True, timeout=280, cwd=ROOT)


def table(folder, name="grades.csv"):
    with open(folder.parent / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A class's submissions, graded once: the folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    honest, shadow = folder / HONEST, folder / SHADOW
    for place in (honest, shadow / "vae_helpers"):
        place.mkdir(parents=True)
    own_module = WAY.replace("return", "return way or")
    (honest / "01_autoencoder.ipynb").write_bytes(
        notebook(MSE, BCE, "from my_tools import way", own_module, language="vi")
    )
    (honest / "my_tools.py").write_text("way = None\n")
    (shadow / "bai 01.ipynb").write_bytes(notebook(WRONG_MSE, "raise ValueError('<script>alert(2)</script>')"))
    for name in ("vae_helpers/__init__", "vae_helpers/checks", "torch", "sitecustomize", "grader", "json", "numpy"):
        (shadow / f"{name}.py").write_text(FAKE_PACKAGE)
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    listener = socket.create_server(("127.0.0.1", 0))
    targets = [honest / "01_autoencoder.ipynb", folder.parent / "grades-work", folder.parent / "grades.csv", folder]
    for name, (cells, _, _) in HOSTILE.items():
        if not isinstance(cells, bytes):
            port = str(listener.getsockname()[1])
            cells = notebook(
                *(c.replace("{targets}", repr([*map(str, targets)])).replace("{port}", port) for c in cells)
            )
        if is_guarded() or name not in UNGUARDED:
            (folder / f"{name}.ipynb").write_bytes(cells)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    run = command(folder, "--time", "6", "--memory", "1500")
    assert run.returncode == 0, run.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    if sandbox.isolation().namespaces:
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    return folder, run.stdout


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_submission_gets_its_row_and_gains_nothing(room, name):
    if name in UNGUARDED and not is_guarded():
        pytest.skip("this system isolates no process")
    (row,) = [row for row in table(room[0]) if row["student"] == name]
    _, status, right = HOSTILE[name]
    assert row["status"] == status, row
    assert [e.split(":")[0] for e in row["exercises"].split("; ") if e.endswith(": right")] == right, row
    assert int(row["right"]) == len(right)


def test_honest_neighbour_is_unharmed(room):
    (row,) = [row for row in table(room[0]) if row["student"] == HONEST]
    assert (row["status"], row["right"], row["total"], row["language"]) == ("ok", "3", "3", "vi"), row


def test_own_modules_shadow_nothing_and_wicked_names_stay_text(room):
    (row,) = [row for row in table(room[0]) if "script" in row["student"]]
    assert (row["status"], row["right"]) == ("ok", "0")
    assert "mse: wrong (sum)" in row["exercises"] and row["student"].startswith("'=")
    for path in (room[0].parent / "grades-feedback").iterdir():
        assert "<script" not in path.read_text(encoding="utf-8")


def test_link_to_elsewhere_is_not_followed(room):
    (row,) = [row for row in table(room[0]) if row["student"] == "link"]
    assert row["status"] == "unreadable" and "root" not in row["detail"]


def test_every_submission_has_one_row_and_every_student_one_page(room):
    rows, students = table(room[0]), table(room[0], "grades-students.csv")
    files = [path for path in room[0].rglob("*.ipynb")]
    assert len(rows) == len({row["student"] for row in rows}) == len(files) == len(students) > 20
    pages = list((room[0].parent / "grades-feedback").iterdir())
    assert len(pages) == len(rows)
    (own,) = [page.read_text(encoding="utf-8") for page in pages if page.name.startswith("Nguyễn_Thị_Ánh")]
    assert 'lang="vi"' in own and "✅ đúng" in own and "3 / 3" in own


def left_over():
    """Processes that students' code ran in, and that are nobody's any more."""
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    alive = [p for p in psutil.process_iter(["cmdline"]) if p.pid not in own and p.status() != psutil.STATUS_ZOMBIE]
    return [process for process in alive if str(sandbox.INSIDE) in (process.info["cmdline"] or [])]


def test_nothing_that_a_submission_started_is_left(room):
    assert not left_over()


def test_finished_work_is_not_done_again(room):
    run = command(room[0], "--time", "6", "--memory", "1500")
    assert run.returncode == 0 and "mse" not in run.stdout
    assert len(run.stdout.splitlines()) < 5, "one line per graded submission"


# ------------------------------------------------------------------------------------------------ going on


def submission(folder, student, content):
    (folder / student).mkdir(parents=True, exist_ok=True)
    (folder / student / "01_autoencoder.ipynb").write_bytes(content)


class Workers:
    """Stands in for worker processes: counts what it is asked to grade; stops after some, as a user does with Ctrl-C."""

    def __init__(self, until=None):
        self.seen, self.until = [], until

    def __call__(self, name, content, files, **settings):
        future = futures.Future()
        if self.until is not None and len(self.seen) == self.until:
            raise KeyboardInterrupt
        self.seen.append(content)
        result = {
            "status": "ok",
            "detail": "",
            "lesson": "01_autoencoder",
            "language": "en",
            "version": grade.version(),
        }
        future.set_exception(MemoryError()) if b"lost" in content else future.set_result(result)
        return future


def grade_with(workers, folder, work, monkeypatch):
    monkeypatch.setattr(grade, "IN_FLIGHT", 1)
    work.mkdir(exist_ok=True)
    return grade.grade_all(submissions.find(folder), work, {"limits": {}}, start=lambda: workers)


def test_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    folder, work = tmp_path / "in", tmp_path / "work"
    for n in range(5):
        submission(folder, f"s{n}", notebook(f"x = {n}"))
    first, second, third, fourth = Workers(until=3), Workers(), Workers(), Workers()
    with pytest.raises(KeyboardInterrupt):
        grade_with(first, folder, work, monkeypatch)
    assert len(grade_with(second, folder, work, monkeypatch)) == 5
    assert (len(first.seen), len(second.seen)) == (3, 2) and not set(first.seen) & set(second.seen)
    submission(folder, "s1", notebook("x = 'changed'"))
    next(work.glob("*.json")).write_text('{"status": "o')  # cut off
    grade_with(third, folder, work, monkeypatch)
    assert 1 <= len(third.seen) <= 2
    grade_with(fourth, folder, work, monkeypatch)
    assert not fourth.seen


def test_copies_are_graded_once_and_lost_work_is_tried_again(tmp_path, monkeypatch):
    folder, work, workers = tmp_path / "in", tmp_path / "work", Workers()
    for name, text in (("a", "same"), ("b", "same"), ("c", "lost")):
        submission(folder, name, notebook(text))
    results = grade_with(workers, folder, work, monkeypatch)
    assert {s.student: r["status"] for s, r in results.items()} == {"a": "ok", "b": "ok", "c": "grader-error"}
    assert len(workers.seen) == 2
    grade_with(workers, folder, work, monkeypatch)
    assert len(workers.seen) == 3, "only the lost one"


# ------------------------------------------------------------------------------------------------ lessons and layouts


@pytest.mark.parametrize("lesson", [lesson for lesson, exercises in lessons().items() if exercises])
def test_solutions_are_all_right_and_published_lessons_are_not_done(lesson):
    source = ROOT / "notebooks" / "src" / f"{lesson}.py"
    solved = build.make_notebook(source, "vi", solutions=True)
    result = judge.grade(f"{lesson}.ipynb", json.dumps(solved).encode(), limits=LIMITS, only_exercises=True)
    assert result["status"] == "ok", result
    assert [e["status"] for e in result["exercises"]] == ["right"] * len(lessons()[lesson]), result
    published = (ROOT / "notebooks" / "en" / f"{lesson}.ipynb").read_bytes()
    result = judge.grade(f"{lesson}.ipynb", published, limits=LIMITS, only_exercises=True)
    assert [e["status"] for e in result["exercises"]] == ["todo"] * len(lessons()[lesson]), result


def test_every_check_of_the_course_is_some_lessons_exercise():
    used = {exercise.check for exercises in lessons().values() for exercise in exercises}
    assert used <= set(checks.__all__) and len(used) >= 20


@pytest.mark.parametrize(
    ("name", "ids", "code", "lesson"),
    [
        ("x.ipynb", ["03_reparameterization-001"], "", "03_reparameterization"),
        ("02_vae.ipynb", ["03_reparameterization-001"], "", "03_reparameterization"),
        ("An_02.ipynb", [], "", "02_vae"),
        ("bài 4 - An 04.ipynb", [""], "", "04_loss"),
        ("05_training (1).ipynb", ["a1b2"], "", "05_training"),
        ("bài làm.ipynb", [], "def slerp(a, b, t):\n    ...", "07_latent_sliders"),
        ("bài làm.ipynb", [], "x = 1", ""),
    ],
)
def test_lesson_is_told_by_cells_then_name_then_functions(name, ids, code, lesson):
    cells = [{"cell_type": "code", "id": i, "source": code} for i in ids or [""]]
    assert judge.read_notebook(json.dumps({"cells": cells, "metadata": {}}).encode(), name).lesson == lesson


def test_layouts_of_a_folder_of_submissions(tmp_path):
    for name in ("An/01.ipynb", "An/sub/02.ipynb", "An/.ipynb_checkpoints/01-checkpoint.ipynb", "An/quiz_An.json",
                 "An/quiz.ipynb", "Lê Văn Bình_03.ipynb", "Chi_04_loss.ipynb", "quiz_Chi.csv", ".hidden.ipynb", "notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = [(s.student, s.path.relative_to(tmp_path).as_posix(), s.is_quiz) for s in submissions.find(tmp_path)]
    assert found == [
        ("An", "An/01.ipynb", False),
        ("An", "An/quiz_An.json", True),
        ("An", "An/sub/02.ipynb", False),
        ("Chi", "Chi_04_loss.ipynb", False),
        ("Chi", "quiz_Chi.csv", True),
        ("Lê Văn Bình", "Lê Văn Bình_03.ipynb", False),
    ]


# ------------------------------------------------------------------------------------------------ the quiz


def test_quiz_is_scored_from_the_letters_not_from_the_claims(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = {q.id: q.key for q in quiz.load_questions("en") if q.set == "handout"}
    rows = [
        {"question": q, "chosen": "A", "first": "A", "right": True, "attempts": 1, "time": "2026-01-01"} for q in keys
    ]
    text = json.dumps({"version": 1, "name": "An", "answers": rows, "score": 10})
    for name, content in (("An", text), ("Bình", "[" * 10**5), ("Chi", text.replace("handout-01", "handout-99"))):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / f"quiz_{name}.json").write_text(content)
    assert grade.main(["in", "--out", "grades.csv", "--questions", "handout"]) == 0
    rows = {row["student"]: row for row in table(tmp_path / "in")}
    assert rows["An"]["right"] == str(list(keys.values()).count("A")) and rows["An"]["total"] == "10"
    assert rows["Bình"]["status"] == rows["Chi"]["status"] == "bad-quiz"
    page = (tmp_path / "grades-feedback" / report.page_name("An")).read_text(encoding="utf-8")
    assert page.count("<li>handout-") == 10 - int(rows["An"]["right"])


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere", "--out", "g.csv"], "nowhere is no folder"),
        (["class.zip", "--out", "g.csv"], "unpack it first"),
        (["empty", "--out", "g.csv"], "holds no notebook"),
        (["in", "--out", "g.xlsx"], "ends in .csv"),
        (["in", "--out", "no/g.csv"], "a folder that exists"),
        (["in", "--out", "in/g.csv"], "among the submissions"),
        (["in", "--out", "g.csv", "--time", "0"], "a whole number above 0"),
        (["in", "--out", "g.csv", "--memory", "much"], "a whole number above 0"),
    ],
)
def test_wrong_arguments_are_told(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.zip").touch()
    (tmp_path / "empty").mkdir()
    submission(tmp_path / "in", "An", b"{}")
    with pytest.raises(SystemExit) as error:
        grade.main(arguments)
    assert error.value.code == 2 and told in capsys.readouterr().err


def test_scheduler_without_dask_says_what_to_install(tmp_path, monkeypatch):
    submission(tmp_path / "in", "An", notebook(MSE))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="pip install distributed"):
        grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "g.csv"), "--scheduler", "tcp://127.0.0.1:1"])


# ------------------------------------------------------------------------------------------------ a weaker system


@pytest.mark.skipif(not sandbox.LINUX, reason="Linux only")
@pytest.mark.parametrize("name", ["fork bomb", "leaves a daemon", "edits the checks"])
def test_without_namespaces_the_limits_hold_and_a_notice_is_given(name):
    cells, status, right = HOSTILE[name]
    try:
        weaker = sandbox.isolation(namespaces=False)
    except RuntimeError as error:
        pytest.skip(str(error))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    result = judge.grade("a_01.ipynb", notebook(*cells), limits={"seconds": 6}, shut_in=weaker)
    assert (
        result["status"] == status and [e["function"] for e in result["exercises"] if e["status"] == "right"] == right
    )
    assert "network" in result["isolation"]["notices"][0]
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


# ------------------------------------------------------------------------------------------------ a cluster


def test_cluster_that_loses_a_worker_loses_no_submission(tmp_path, capsys):
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    names = [f"s{n}" for n in range(6)]
    for n, name in enumerate(names):
        submission(tmp_path / "in", name, notebook(MSE, f"import time; time.sleep(1)  # {n}"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        killed = threading.Thread(target=kill_a_busy_worker, args=(distributed, address, tmp_path / "grades-work"))
        killed.start()
        code = grade.main([str(tmp_path / "in"), "--out", str(tmp_path / "grades.csv"), "--scheduler", address])
        killed.join()
    rows = table(tmp_path / "in")
    assert code == 0 and [row["student"] for row in rows] == names
    assert {(row["status"], row["right"]) for row in rows} == {("ok", "1")}
    printed = capsys.readouterr().out
    assert all(printed.count(f"{name}: 01_autoencoder.ipynb: ok") == 1 for name in names)
    assert len(list((tmp_path / "grades-work").glob("*.json"))) == len(names)
    assert not left_over(), "the killed worker's"


def kill_a_busy_worker(distributed, address, work):
    """Once two results are there, kill a worker process that is at work."""
    with distributed.Client(address) as client:
        while len(list(work.glob("*.json"))) < 2:
            time.sleep(0.05)
        busy = next(worker for worker, tasks in client.processing().items() if tasks)
        os.kill(client.run(os.getpid, workers=[busy])[busy], 9)
