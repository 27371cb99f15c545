"""How the judge and a sandbox talk: frames of JSON and raw numbers. What arrives is never unpickled and never executed.

Both ends hold a Peer. A call sends its arguments and brings back the answer; a tensor in the answer that needs gradients
stays joined to the other side, which is asked for its part when autograd comes by: to the arguments, and to what this side
answered meanwhile when it was called back (so gradients reach the weights of a network that a check hands over). So the
course's own checks run in the judge's process, on a stand-in for the student's function, and the student's code runs in the
sandbox only.
"""

import builtins
import itertools
import json
import math
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from types import MappingProxyType

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

LARGEST_BODY = 64 * 2**20  # bytes; the largest answer that a check asks for is 12.5 MB
LARGEST_HEAD = 2**20
MOST_ITEMS, MOST_TEXT, DEEPEST, GRAPHS = 10_000, 300, 6, 8
MOST_NUMBERS = 400_000  # in one tensor that a function gives to a model of the judge's: its sides, those of 0 as 1
NUMBERS = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool")
DTYPES = {getattr(torch, name) for name in NUMBERS}
CALLS = itertools.count()  # a number for each; the other side knows those of all the Peers of this one
GRADIENTS = "-gradients"  # may be called like a function
NONSENSE = (ValueError, TypeError, KeyError, IndexError, OverflowError, RuntimeError, SafetensorError)  # is answered so
TOO_LARGE = f"the answer takes more than {LARGEST_BODY // 2**20} MB"
TOO_MUCH = "too much was asked of the model"
ELSEWHERE = "Elsewhere"  # the class in vae_helpers.checks.lesson_05 that stands for a batch on another device


class Ended(BaseException):
    """The sandbox is gone, or talks nonsense. No Exception: a check turns every Exception into a student's mistake."""

    def __init__(self, status: str, detail: str = ""):
        super().__init__(status, detail)
        self.status, self.detail = status, detail


def send(line: Connection, message: dict, body: bytes = b"") -> None:
    head = json.dumps(message).encode()
    if len(head) > LARGEST_HEAD or len(body) > LARGEST_BODY:
        raise ValueError(TOO_LARGE)
    line.send_bytes(head)
    line.send_bytes(body)


def receive(line: Connection) -> tuple[dict, bytes]:
    """The next message. Raises EOFError or OSError at the end, ValueError or RecursionError for nonsense."""
    message, body = json.loads(line.recv_bytes(LARGEST_HEAD)), line.recv_bytes(LARGEST_BODY)
    if not isinstance(message, dict):
        raise ValueError("no message")
    return message, body


class _Packer:
    """Values to JSON: plain numbers as they are, all else as a list with its kind in front. The numbers of tensors go into
    the body, in the order in which the kinds name them."""

    def __init__(self, peer: "Peer"):
        self.peer, self.tensors, self.items, self.size = peer, [], 0, 0

    def pack(self, value, depth: int = 0):
        self.items += 1
        if self.items > MOST_ITEMS or depth > DEEPEST:
            raise ValueError("the answer has too many parts")
        export = self.peer.export
        value = value.item() if isinstance(value, np.generic) else value
        match value:
            case None | bool() | int() | float():
                return value
            case tuple() | list():
                kind = "tuple" if isinstance(value, tuple) else "list"
                return [kind, [self.pack(part, depth + 1) for part in value]]
            case np.ndarray() if value.dtype.name in NUMBERS:
                return self._numbers("array", torch.from_numpy(np.array(value, order="C")))
            case Tensor() if value.dtype in DTYPES:
                kind = "elsewhere" if type(value).__name__ == ELSEWHERE else "tensor"
                return self._numbers(kind, value if type(value) is Tensor else value.as_subclass(Tensor))
            case nn.Module() if self.peer.in_sandbox:
                weights = lambda: [w.detach() for w in value.parameters() if not is_lazy(w)]  # noqa: E731
                return ["network", export(value), export(weights)]
            case nn.Module():
                methods = [n for n, f in vars(type(value)).items() if callable(f) and not n.startswith("_")]
                state = {n: v for n, v in vars(value).items() if isinstance(v, (int, float)) and n[0] != "_"}
                parameters = {n: self.pack(p.detach()) for n, p in value.named_parameters() if "." not in n}
                return ["module", {n: export(getattr(value, n)) for n in methods}, state, parameters]
            case _ if value is ...:
                return ["ellipsis"]
            case _ if callable(value) and not self.peer.in_sandbox:
                return ["function", export(value)]
        return ["other", type(value).__name__]

    def _numbers(self, kind: str, tensor: Tensor) -> list:
        self.tensors.append(tensor)
        self.size += tensor.nbytes
        if self.size > LARGEST_BODY:
            raise ValueError(TOO_LARGE if self.peer.in_sandbox else TOO_MUCH)
        return [kind]

    def message(self, **told) -> tuple[dict, bytes]:
        needs = [number for number, tensor in enumerate(self.tensors) if tensor.requires_grad]
        whole = {str(n): t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in enumerate(self.tensors)}  # fmt: skip
        return {**told, "needs": needs}, save(whole) if whole else b""


class _Unpacker:
    """The way back. Raises one of NONSENSE for whatever a Packer does not write. In the sandbox functions and modules become
    stand-ins; the judge takes no more than a network that a student's function has built."""

    def __init__(self, peer: "Peer", message: dict, body: bytes):
        self.peer, numbers = peer, load(body) if body else {}
        self.tensors = [numbers[str(n)] for n in range(len(numbers))]
        if not {tensor.dtype for tensor in self.tensors} <= DTYPES:
            raise ValueError("unusual numbers")
        for number in message["needs"] if torch.is_grad_enabled() and self.tensors else ():
            self.tensors[number].requires_grad_()
        self.left = deque(self.tensors)

    def unpack(self, tree, depth: int = 0):
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        remote, in_sandbox = self.peer.remote, self.peer.in_sandbox
        match tree:
            case None | bool() | int() | float():
                return tree
            case ["ellipsis"]:
                return ...
            case ["tuple" | "list" as kind, [*parts]]:
                return (tuple if kind == "tuple" else list)([self.unpack(part, depth + 1) for part in parts])
            case ["array"]:
                return self.left.popleft().numpy()
            case ["tensor"]:
                return self.left.popleft()
            case ["elsewhere"]:
                kind = getattr(import_module("vae_helpers.checks.lesson_05"), ELSEWHERE)
                return self.left.popleft().as_subclass(kind)
            case ["other", name]:
                return type(clean_name(name), (), {})()
            case ["function", target] if in_sandbox:
                return remote(target)
            case ["module", methods, state, parameters] if in_sandbox:
                module = nn.Module()
                vars(module).update(state)
                for name, parameter in parameters.items():
                    module.register_parameter(name, nn.Parameter(self.unpack(parameter)))
                for name, target in methods.items():
                    setattr(module, name, remote(target))
                return module
            case ["network", str(compute), str(weights)] if not in_sandbox:
                network, ask = nn.Module(), remote(weights)  # a lazy layer makes its weights when it is first called
                network.forward = remote(compute)
                network.named_parameters = lambda **_: enumerate(nn.Parameter(w, requires_grad=False) for w in ask())
                return network
        raise ValueError(f"unknown kind {str(tree)[:20]!r}")


def clean_name(name) -> str:
    """A type's name that is nothing else."""
    return re.sub(r"\W", "_", str(name)[:40]) or "_"


def clean_text(text) -> str:
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]", " ", str(text)[:MOST_TEXT])


def _error(name: str, text: str) -> Exception:
    """The exception of that name, or one that is called so."""
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Exception):
        with suppress(TypeError):  # one that takes other arguments
            return known(text)
    return type(name, (Exception,), {})(text)


class Peer:
    """One end. send(message, body), receive() → (message, body). exported: what the other side may call, by name.

    allowance: how many bytes the other side's calls may take and make altogether; None: any. used: what the other side
    says that it called of the course's own. Raises Ended for nonsense.
    """

    def __init__(self, send: Callable, receive: Callable, in_sandbox: bool = False, allowance: int | None = None):
        self.send, self.receive, self.in_sandbox, self.allowance = send, receive, in_sandbox, allowance
        self.used: set[str] = set()
        self.exported: dict[str, Callable] = {GRADIENTS: self._gradients}
        self.graphs: dict[int, tuple] = {}  # what our latest calls for the other side gave: gradients come later
        self.levels = [deque(maxlen=0)]  # for each call that lasts, either way: what it got that needs gradients

    def export(self, function: Callable) -> str:
        target = f"export-{len(self.exported)}"
        self.exported[target] = function
        return target

    def remote(self, target: str) -> Callable:
        return lambda *arguments, **options: self.call(target, arguments, options)

    @contextmanager
    def _level(self):
        self.levels.append([])
        try:
            yield self.levels[-1]
        finally:
            self.levels.pop()

    def call(self, target: str, arguments: Sequence, options: Mapping = MappingProxyType({})) -> object:
        """The other side's answer. What it changed in the tensors given is changed here; what it raised is raised."""
        packer, number = _Packer(self), next(CALLS)
        told = {"arguments": packer.pack(tuple(arguments)), "options": {n: packer.pack(v) for n, v in options.items()}}
        told |= {"op": "call", "number": number, "target": target, "grad": torch.is_grad_enabled()}
        with self._level() as lent:
            self.send(*packer.message(**told))
            reply, body = self.receive()
            while reply.get("op") == "call":  # meanwhile the other side calls back
                self.serve(reply, body)
                reply, body = self.receive()
        try:
            self.used |= {clean_text(name)[:60] for name in reply.get("used", [])[:20]}
            if reply.get("raised"):
                name, text = reply["raised"]
                raised = _error(clean_name(name), clean_text(text))
            else:
                raised, unpacker = None, _Unpacker(self, reply, body)
                outputs = [t for t in unpacker.tensors if t.requires_grad]
                inputs = [t for t in [*packer.tensors, *lent] if t.requires_grad]
                if outputs:
                    self.levels[-1].extend(outputs)
                    joined = iter(_Link.apply(self, number, [t.detach() for t in outputs], *outputs, *inputs))
                    unpacker.left = deque(next(joined) if t.requires_grad else t for t in unpacker.tensors)
                for tensor, new in zip(packer.tensors, map(unpacker.unpack, reply["changed"]), strict=True):
                    if new is not None:
                        tensor.data.copy_(new)
                answer = unpacker.unpack(reply["answer"])
        except NONSENSE as error:
            raise Ended("crashed", f"not an answer: {clean_text(error)}") from None
        if raised:
            raise raised
        return answer

    def serve(self, message: dict, body: bytes) -> None:
        """Do what the other side asks for."""
        try:
            self.send(*self._answer(message, body))
        except (Ended, EOFError, BrokenPipeError):
            raise
        except BaseException if self.in_sandbox else Exception as error:  # noqa: B030 — students' functions may raise SystemExit
            self.send({"op": "answer", "raised": [type(error).__name__, str(error)[:MOST_TEXT]]})

    def _answer(self, message: dict, body: bytes) -> tuple[dict, bytes]:
        with torch.set_grad_enabled(bool(message["grad"])), self._level() as borrowed:
            unpacker, packer = _Unpacker(self, message, body), _Packer(self)
            arguments = unpacker.unpack(message["arguments"])
            options = {name: unpacker.unpack(value) for name, value in message["options"].items()}
            self._spend(unpacker.tensors, MOST_NUMBERS)
            before = [tensor.detach().clone() for tensor in unpacker.tensors]
            answer = self.exported[message["target"]](*arguments, **options)
        new = [t.detach() for t in unpacker.tensors]
        changed = [None if torch.equal(t, old) else packer.pack(t) for t, old in zip(new, before, strict=True)]
        tree = packer.pack(answer)
        outputs = [t for t in packer.tensors if t.requires_grad]
        self._spend(packer.tensors)
        if outputs and message["grad"]:
            self.levels[-1].extend(outputs)
            self.graphs[message["number"]] = outputs, [t for t in [*unpacker.tensors, *borrowed] if t.requires_grad]
        if len(self.graphs) > GRAPHS:
            del self.graphs[next(iter(self.graphs))]
        return packer.message(op="answer", answer=tree, changed=changed, used=sorted(self.used))

    def _spend(self, tensors: list[Tensor], most: float = math.inf) -> None:
        if self.allowance is not None:
            self.allowance -= 500 + sum(tensor.nbytes for tensor in tensors)
            if self.allowance < 0 or any(math.prod(n or 1 for n in tensor.shape) > most for tensor in tensors):
                raise ValueError(TOO_MUCH)

    def _gradients(self, number: int, given: list[Tensor | None]) -> list[Tensor | None]:
        """Of what a call gave, with respect to what it got, for the gradients that came back to what it gave."""
        outputs, inputs = self.graphs[number]
        of, given = zip(*(pair for pair in zip(outputs, given, strict=True) if pair[1] is not None), strict=True)
        return list(torch.autograd.grad(of, inputs, given, allow_unused=True, retain_graph=True))


class _Link(torch.autograd.Function):
    """Joins tensors that came from the other side to the inputs they were computed from. They themselves get the gradient
    too, for what they were computed from over there and was never sent."""

    @staticmethod
    def forward(ctx, peer, number, outputs, *tensors):
        ctx.peer, ctx.number, ctx.remote = peer, number, len(tensors) > len(outputs)
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx, *gradients):
        found = ctx.peer.call(GRADIENTS, (ctx.number, list(gradients))) if ctx.remote else ()
        return None, None, None, *gradients, *found
