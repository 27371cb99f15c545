"""What a hostile or unlucky student may hand in, and what must come of it."""

from .support import BCE, MSE, WAY, WRONG_MSE, notebook

FAKE_PACKAGE = (
    "class Yes:\n    status, mistake, message = 'right', None, '✅'\ndef __getattr__(name): return lambda *a: Yes()\n"
)
TABLE = """\
from vae_helpers import checks
torch.manual_seed(20240)
known = checks.lesson_01.image_pairs()
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
checks.check_mse = checks.check_bce = checks.engine.run = checks.lesson_01.run = lambda *a: Yes()
checks.Result.__bool__ = lambda self: True
checks.engine.same = checks.engine.matches = checks.engine.compare = lambda *a: True
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
head = json.dumps({'op': 'ran', 'errors': [], 'found': ['mse', 'bce', 'interpolate'], 'notes': [], 'overwritten': []}).encode()
yes = json.dumps({'op': 'answer', 'answer': ['bool', True], 'changed': []}).encode()
for fd in range(1, 64):
    for text in (head, b'', yes, b'', yes, b'', yes, b''):
        try: os.write(fd, struct.pack('!i', len(text)) + text)
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

SOCKETS = """\
import os, socket, time
for n in range(25):
    if os.fork() == 0:
        held = [socket.socketpair() for n in range(100)]
        time.sleep(5)
        os._exit(0)
time.sleep(5)
"""

# name → (what is handed in: cells, or bytes; the status in the table; the exercises that are right)
HOSTILE = {
    "endless loop": ([MSE, "while True: pass", BCE], "timeout", ["mse", "bce"]),
    "endless function": ([MSE, "def bce(recon, x):\n    while True: pass", WAY], "timeout", ["mse", "interpolate"]),
    "fork bomb": ([MSE, "import os\nwhile True: os.fork()", BCE], "processes", ["mse", "bce"]),
    "memory bomb": ([MSE, "x = []\nwhile True: x.append(bytearray(10**8))", BCE], "memory", ["mse", "bce"]),
    "torch memory bomb": ([MSE, "x = torch.ones(10**10)", BCE], "memory", ["mse", "bce"]),
    "many small memories": ([MSE, "import os, time\nos.fork(), os.fork()\nx = b'x' * 900_000_000\ntime.sleep(9)"], "memory", ["mse"]),
    "sockets": ([MSE, SOCKETS, BCE], "memory", ["mse", "bce"]),
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
    "kills its parents": ([MSE, KILLER], "crashed", ["mse"]),
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
