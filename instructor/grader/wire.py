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
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

LARGEST_FRAME = 64 * 2**20  # bytes; the largest answer that a check asks for is 12.5 MB
LARGEST_HEAD = 2**20
MOST_ITEMS, MOST_TEXT, DEEPEST, GRAPHS = 10_000, 300, 6, 8
MOST_NUMBERS = 400_000  # in one tensor that a function gives to a model of the judge's: its sides, those of 0 as 1
NUMBERS = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool")
DTYPES = {name: getattr(torch, name) for name in NUMBERS}
HEAD = struct.Struct(">II")
ELSEWHERE = "Elsewhere"  # the class in vae_helpers.checks.lesson_05 that stands for a batch on another device


class Ended(BaseException):
    """The sandbox is gone, or talks nonsense. No Exception: a check turns every Exception into a student's mistake."""

    def __init__(self, status: str, detail: str = ""):
        super().__init__(status, detail)
        self.status, self.detail = status, detail


def frame(message: dict, body: bytes = b"") -> bytes:
    head = json.dumps(message).encode()
    if len(head) > LARGEST_HEAD or len(body) > LARGEST_FRAME:
        raise ValueError(f"the answer takes more than {LARGEST_FRAME // 2**20} MB")
    return HEAD.pack(len(head), len(body)) + head + body


def take_frame(buffer: bytearray) -> tuple[dict, bytes] | None:
    """The first message in the buffer, which it leaves; None as long as it is not whole. Raises ValueError for nonsense."""
    if len(buffer) < HEAD.size:
        return None
    head, body = HEAD.unpack_from(buffer)
    if head > LARGEST_HEAD or body > LARGEST_FRAME:
        raise ValueError("a frame that is too large")
    middle, end = HEAD.size + head, HEAD.size + head + body
    if len(buffer) < end:
        return None
    try:
        message, body = json.loads(buffer[HEAD.size : middle]), bytes(buffer[middle:end])
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("no message")
    del buffer[:end]
    return message, body


class _Packer:
    """Values to JSON: plain numbers as they are, all else as a list with its kind in front; the numbers of tensors go into
    body, one after the other."""

    def __init__(self, export: Callable | None = None, export_network: Callable | None = None):
        self.export, self.export_network = export, export_network
        self.body, self.tensors, self.items = bytearray(), [], 0

    def pack(self, value, depth: int = 0):
        self.items += 1
        if self.items > MOST_ITEMS or depth > DEEPEST:
            raise ValueError("the answer has too many parts")
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if value is Ellipsis:
            return ["ellipsis"]
        if isinstance(value, (tuple, list)):
            return ["tuple" if isinstance(value, tuple) else "list", [self.pack(part, depth + 1) for part in value]]
        if isinstance(value, np.ndarray) and value.dtype.name in DTYPES:
            return ["array", *self._numbers(torch.from_numpy(np.array(value, order="C")))]
        if isinstance(value, Tensor) and value.dtype in DTYPES.values():
            elsewhere = type(value).__name__ == ELSEWHERE
            value = value if type(value) is Tensor else value.as_subclass(Tensor)
            self.tensors.append(value)
            return ["tensor", *self._numbers(value), value.requires_grad, elsewhere]
        if self.export and isinstance(value, nn.Module):
            methods = [n for n, f in vars(type(value)).items() if callable(f) and not n.startswith("_")]
            state = {n: v for n, v in vars(value).items() if isinstance(v, (int, float)) and n[0] != "_"}
            parameters = {n: self.pack(p.detach()) for n, p in value.named_parameters() if "." not in n}
            return ["module", {n: self.export(getattr(value, n)) for n in methods}, state, parameters]
        if self.export and callable(value):
            return ["function", self.export(value)]
        if self.export_network and isinstance(value, nn.Module):
            return ["network", self.export_network(value), self.pack(weights_of(value), depth + 1)]
        return ["other", type(value).__name__]

    def _numbers(self, tensor: Tensor) -> tuple[str, list[int]]:
        if len(self.body) + tensor.numel() * tensor.element_size() > LARGEST_FRAME:
            raise ValueError(f"the answer takes more than {LARGEST_FRAME // 2**20} MB")
        self.body += tensor.detach().cpu().numpy().tobytes()
        return str(tensor.dtype).removeprefix("torch."), list(tensor.shape)


class _Unpacker:
    """The way back. Raises ValueError, TypeError or KeyError for whatever a Packer does not write.

    remote(target) makes a stand-in for a function of the other side; the judge has None, and so takes no functions.
    network(target) makes one for what a network computes that a student's function has built; such networks it takes.
    """

    def __init__(self, body: bytes, remote: Callable | None = None, network: Callable | None = None):
        self.body, self.place, self.remote, self.network, self.tensors = body, 0, remote, network, []

    def unpack(self, tree, depth: int = 0):
        if tree is None or isinstance(tree, (bool, int, float)):
            return tree
        kind, *rest = tree
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        if kind == "ellipsis":
            return Ellipsis
        if kind in ("tuple", "list"):
            return (tuple if kind == "tuple" else list)([self.unpack(part, depth + 1) for part in rest[0]])
        if kind == "array":
            return self._numbers(*rest).numpy()
        if kind == "tensor":
            *what, needs_gradient, elsewhere = rest
            value = self._numbers(*what)
            if elsewhere:
                value = value.as_subclass(getattr(import_module("vae_helpers.checks.lesson_05"), ELSEWHERE))
            if needs_gradient and value.is_floating_point():
                value.requires_grad_()
            self.tensors.append(value)
            return value
        if kind == "module" and self.remote:
            return _RemoteModule(self, *rest)
        if kind == "function" and self.remote:
            return self.remote(rest[0])
        if kind == "network" and self.network:
            return _RemoteNetwork(self.network(rest[0]), self.unpack(rest[1], depth + 1))
        if kind == "other":
            return type(clean_name(rest[0]), (), {})()
        raise ValueError(f"unknown kind {str(kind)[:20]!r}")

    def _numbers(self, dtype: str, shape: list[int]) -> Tensor:
        if len(shape) > 8 or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
            raise ValueError("a tensor without a shape")
        kind = DTYPES[dtype]
        end = self.place + math.prod(shape) * kind.itemsize
        numbers = bytearray(self.body[self.place : end])
        if len(self.body) < end:
            raise ValueError("a tensor without its numbers")
        self.place = end
        return (torch.frombuffer(numbers, dtype=kind) if numbers else torch.empty(0, dtype=kind)).view(shape)


class _RemoteModule(nn.Module):
    """A stand-in for a module of the other side: its own numbers and parameters, its methods called over there."""

    def __init__(self, unpacker: _Unpacker, methods: dict, state: dict, parameters: dict):
        super().__init__()
        vars(self).update(state)
        for name, tree in parameters.items():
            self.register_parameter(name, nn.Parameter(unpacker.unpack(tree)))
        for name, target in methods.items():
            setattr(self, name, unpacker.remote(target))


class _RemoteNetwork(nn.Module):
    """A stand-in for a network of the other side: its weights are here, what it computes is computed over there."""

    def __init__(self, compute: Callable, weights: list[Tensor]):
        super().__init__()
        self.compute = compute
        self._keep(weights)

    def _keep(self, weights: list[Tensor]) -> None:
        self.weights = nn.ParameterList(nn.Parameter(weight, requires_grad=False) for weight in weights)

    def forward(self, *arguments):
        output, weights = self.compute(*arguments)
        self._keep(weights)  # a lazy layer makes its weights when it is first called
        return output


def weights_of(network: nn.Module) -> list[Tensor]:
    return [weight.detach() for weight in network.parameters() if not is_lazy(weight)]


def clean_name(name) -> str:
    """A type's name that is nothing else."""
    return re.sub(r"\W", "_", str(name)[:40]) or "_"


def clean_text(text) -> str:
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]", " ", str(text)[:MOST_TEXT])


def _error(name: str, text: str) -> Exception:
    """The exception of that name, or one that is called so."""
    known = getattr(builtins, name, None)
    try:
        if issubclass(known, Exception):
            return known(text)
    except TypeError:  # no class, or one that takes other arguments
        pass
    return type(name, (Exception,), {})(text)


class Peer:
    """One end. send(message, body), receive() → (message, body), find(target) → a function for it.

    take_functions: whether functions and modules among the arguments of a call are taken as stand-ins (in the sandbox).
    allowance: how many bytes the other side's calls may take and make altogether; None: any. used: what the other side
    says that it called of the course's own. Raises Ended for nonsense.
    """

    def __init__(self, send, receive, find, take_functions: bool = False, allowance: int | None = None):
        self.send, self.receive, self.find = send, receive, find
        self.remote = self._stand_in if take_functions else None
        self.allowance, self.numbers, self.used = allowance, itertools.count(), set()
        self.exported: dict[str, Callable] = {}
        self.graphs: dict[int, tuple] = {}  # what our latest calls for the other side gave: gradients come later
        self.lent: list[Tensor] | None = None  # what needs gradients in our answers, while a call of ours lasts
        self.borrowed: list[Tensor] | None = None  # and in the other side's, while a call for it lasts

    def _stand_in(self, target: str) -> Callable:
        return lambda *arguments, **options: self.call(target, arguments, options)

    def call(self, target: str, arguments: Sequence, options: Mapping = MappingProxyType({})) -> object:
        """The other side's answer. What it changed in the tensors given is changed here; what it raised is raised."""
        packer, number = _Packer(self._export), next(self.numbers)
        message = {"op": "call", "number": number, "target": target, "grad": torch.is_grad_enabled()}
        message["arguments"] = packer.pack(tuple(arguments))
        message["options"] = {name: packer.pack(value) for name, value in options.items()}
        with self._collecting("lent") as lent:
            reply, body = self._request(message, packer.body)
        try:
            if "raised" in reply:
                name, text = reply["raised"]
                raise _error(clean_name(name), clean_text(text))
            unpacker = _Unpacker(body, network=lambda target: lambda *given: self.call(target, given))
            changed = [unpacker.unpack(part) for part in reply["changed"]]
            for tensor, new in zip(packer.tensors, changed, strict=True):
                if new is not None:
                    tensor.data.copy_(new)
            unpacker.tensors.clear()
            answer = unpacker.unpack(reply["answer"])
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RuntimeError) as error:
            if "raised" in reply:
                raise
            raise Ended("crashed", f"not an answer: {clean_text(error)}") from None
        return self._linked(answer, unpacker.tensors, [*packer.tensors, *lent], number)

    def _linked(self, answer, outputs: list[Tensor], inputs: list[Tensor], number: int):
        """The answer, with those of its tensors that need gradients joined to the inputs that need them."""
        outputs = [t for t in outputs if t.requires_grad]
        inputs = [t for t in inputs if t.requires_grad]
        if not torch.is_grad_enabled():
            for tensor in outputs:
                tensor.requires_grad_(False)
        elif outputs:
            if self.borrowed is not None:
                self.borrowed += outputs
            joined = _Link.apply(self, number, [t.detach() for t in outputs], *outputs, *inputs)
            new = {id(old): tensor for old, tensor in zip(outputs, joined, strict=True)}
            answer = _replaced(answer, new)
        return answer

    @contextmanager
    def _collecting(self, name: str):
        outer, own = getattr(self, name), []
        setattr(self, name, own)
        try:
            yield own
        finally:
            setattr(self, name, outer)

    def gradients(self, number: int, of_outputs) -> list[Tensor | None]:
        packer = _Packer()
        message = {"op": "gradients", "number": number, "of": packer.pack(list(of_outputs))}
        reply, body = self._request(message, packer.body)
        if "raised" in reply:
            raise RuntimeError(clean_text(reply["raised"][1]))
        try:
            unpacker = _Unpacker(body)
            return [unpacker.unpack(part) for part in reply["gradients"]]
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise Ended("crashed", f"not a gradient: {clean_text(error)}") from None

    def serve(self, message: dict, body: bytes) -> None:
        """Do what the other side asks for."""
        packer = _Packer(export_network=self._export_network if self.remote else None)
        try:
            reply = (self._serve_call if message["op"] == "call" else self._serve_gradients)(message, body, packer)
            self.send(reply | {"used": sorted(self.used)}, bytes(packer.body))
        except (Ended, BrokenPipeError):
            raise
        except BaseException if self.remote else Exception as error:  # noqa: B030 — students' functions may raise SystemExit
            self.send({"op": "answer", "raised": [type(error).__name__, str(error)[:MOST_TEXT]]})

    def _serve_call(self, message: dict, body: bytes, packer: _Packer) -> dict:
        function = self.find(message["target"])
        unpacker = _Unpacker(body, self.remote)
        arguments = unpacker.unpack(message["arguments"])
        options = {name: unpacker.unpack(value) for name, value in message["options"].items()}
        if self.allowance is not None:
            rows = max((math.prod(n or 1 for n in tensor.shape) for tensor in unpacker.tensors), default=0)
            self._spend(1000 + sum(tensor.nbytes for tensor in unpacker.tensors), too_much=rows > MOST_NUMBERS)
        inputs = list(unpacker.tensors)
        before = [tensor.detach().clone() for tensor in inputs]
        with torch.set_grad_enabled(bool(message["grad"])), self._collecting("borrowed") as borrowed:
            answer = function(*arguments, **options)
        if self.allowance is not None:
            self._spend(sum(t.nbytes for t in _tensors(answer)))
        changed = [
            None if torch.equal(tensor.detach(), old) else tensor.detach()
            for tensor, old in zip(inputs, before, strict=True)
        ]
        changed = [packer.pack(part) for part in changed]
        packer.tensors.clear()
        tree = packer.pack(answer)
        outputs = [t for t in packer.tensors if t.requires_grad]
        if self.lent is not None and message["grad"]:
            self.lent += outputs
        self.graphs[message["number"]] = (outputs, [t for t in [*inputs, *borrowed] if t.requires_grad])
        if len(self.graphs) > GRAPHS:
            del self.graphs[next(iter(self.graphs))]
        return {"op": "answer", "answer": tree, "changed": changed}

    def _spend(self, count: int, too_much: bool = False) -> None:
        self.allowance -= count
        if self.allowance < 0 or too_much:
            raise ValueError("too much was asked of the model")

    def _serve_gradients(self, message: dict, body: bytes, packer: _Packer) -> dict:
        outputs, inputs = self.graphs[message["number"]]
        given = _Unpacker(body).unpack(message["of"])
        pairs = [(output, gradient) for output, gradient in zip(outputs, given, strict=True) if gradient is not None]
        of, given = zip(*pairs, strict=True)
        found = torch.autograd.grad(of, inputs, given, allow_unused=True, retain_graph=True)
        return {"op": "answer", "gradients": [packer.pack(gradient) for gradient in found]}

    def _request(self, message: dict, body: bytes) -> tuple[dict, bytes]:
        """Send and wait for the answer; meanwhile the other side may call back."""
        self.send(message, bytes(body))
        while True:
            reply, body = self.receive()
            if reply.get("op") == "answer":
                self.used |= {clean_text(name)[:60] for name in list(reply.get("used") or ())[:20]}
                return reply, body
            if reply.get("op") not in ("call", "gradients"):
                raise Ended("crashed", "an unknown message")
            self.serve(reply, body)

    def _export(self, function: Callable) -> str:
        target = f"export-{len(self.exported)}"
        self.exported[target] = function
        return target

    def _export_network(self, network: nn.Module) -> str:
        return self._export(lambda *arguments: [network(*arguments), weights_of(network)])


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
        return None, None, None, *gradients, *(ctx.peer.gradients(ctx.number, gradients) if ctx.remote else ())


def _tensors(answer) -> list[Tensor]:
    parts = answer if isinstance(answer, (tuple, list)) else [answer]
    return [part for part in parts if isinstance(part, Tensor)]


def _replaced(answer, new: dict[int, Tensor]):
    if isinstance(answer, (tuple, list)):
        return type(answer)(_replaced(part, new) for part in answer)
    return new.get(id(answer), answer)
