"""Recipes: what must be the same for two trainings to be the same one, as plain values that a file can hold."""

import dis
import random
import types
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from .._random import kept_random_state
from .batches import Batches, FromLoader, InMemory
from .contract import signature_of

OWN = ("torch", "vae_helpers", "numpy")  # functions of these packages are known by their names


def recipe_of(model: nn.Module, loss: Callable, batches: Batches, settings: dict) -> dict:
    """settings: what fit was told, as numbers and texts."""
    return {
        "model": type(model).__name__,
        "loss": described(loss, of=model),
        "images": batches.images,
        "data": data_of(batches),
        "batch_size": batches.batch_size,
        "optimizer": "Adam",
        **settings,
    }


def data_of(batches: Batches) -> str:
    """The shape of the images and a checksum of some of them; of what is read anew each time, a checksum of three items."""
    if isinstance(batches, InMemory):
        some = torch.linspace(0, len(batches.x) - 1, min(len(batches.x), 64)).long().to(batches.device)
        labels = () if batches.y is None else (batches.y[some],)
        return described((tuple(batches.x.shape), batches.x[some], *labels))
    source = batches.loader if isinstance(batches, FromLoader) else batches
    dataset = source.dataset  # type: ignore[attr-defined]  # a FromDataset or a loader: both have one
    name = type(dataset).__name__
    if batches.images is None:
        return name  # a stream: to look at it would use it up
    with seeded():  # random transforms draw the same each time we look
        return f"{name} {described([dataset[index] for index in sorted({0, batches.images // 2, batches.images - 1})])}"


@contextmanager
def seeded() -> Iterator[None]:
    """Inside, every random generator of PyTorch, NumPy and Python starts at 0; afterwards each is where it was."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with kept_random_state():
            torch.manual_seed(0)
            np.random.seed(0)
            random.seed(0)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def described(value: object, of: nn.Module | None = None, within: tuple[int, ...] = ()) -> str:
    """A short text that is the same in another session if value is the same, and another if it is not.

    Numbers count by value, tensors by checksum, functions by name, code, settings and the values outside that they use.
    What changes in use is no recipe: what a function writes to, a list it fills, and a module's weights, for they may be
    those that are being trained. of is the model that is.
    """
    if id(value) in within or len(within) > 8:
        return "…"
    inner = partial(described, of=of, within=(*within, id(value)))
    if isinstance(value, np.generic) or (isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # B=1000.0 is B=1000
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)
    if isinstance(value, (Tensor, np.ndarray)):
        return array_described(value)
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{inner(key)}: {inner(item)}" for key, item in value.items())) + "}"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(inner, value)) + ")"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(inner, value))) + "}"
    if isinstance(value, types.MethodType):
        return f"{inner(value.__self__)}.{inner(value.__func__)}"
    if isinstance(value, (types.FunctionType, partial)):
        return function_described(value, inner)
    if isinstance(value, (types.BuiltinFunctionType, types.ModuleType)) or value is of:
        return getattr(value, "__qualname__", None) or getattr(value, "__name__", type(value).__name__)
    return object_described(value, inner)


def array_described(value: Tensor | np.ndarray) -> str:
    if isinstance(value, Tensor):
        if value.requires_grad:  # a weight
            return f"tensor{tuple(value.shape)}"
        value = value.cpu().contiguous()
        value = (value.float() if value.is_floating_point() else value).numpy()  # NumPy knows no bfloat16
    return f"{value.shape}#{checksum(np.ascontiguousarray(value).tobytes())}"


def function_described(function: Callable, inner: Callable) -> str:
    """Its name and settings; of a student's own also a checksum of its code and of what that uses."""
    settings = {p.name: p.default for p in (signature_of(function) or {}).values() if p.default is not p.empty}
    first = ()
    while isinstance(function, partial):
        settings = function.keywords | settings
        first = function.args + first
        function = function.func
    if not isinstance(function, types.FunctionType):
        return inner(function) + inner(first) + inner(settings)
    text = f"{function.__module__}.{function.__qualname__}("
    text += ", ".join([*map(inner, first), *(f"{name}={inner(value)}" for name, value in settings.items())]) + ")"
    if function.__module__.split(".")[0] in OWN:
        return text
    code = function.__code__
    outside = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    uses = {name: cell.cell_contents for name, cell in outside.items() if cell != types.CellType()}
    uses |= {name: function.__globals__[name] for name in named(code, "LOAD_GLOBAL") if name in function.__globals__}
    for name in named(code, "STORE_GLOBAL", "STORE_DEREF"):
        uses.pop(name, None)
    parts = [f"{name}={'list' if isinstance(value, list) else inner(value)}" for name, value in sorted(uses.items())]
    return f"{text}#{checksum((code_described(code) + ';'.join(parts)).encode())}"


def object_described(value: object, inner: Callable) -> str:
    """Its class and its settings; of a student's own class also what it does when it is called."""
    kind = value if isinstance(value, type) else type(value)
    if (
        kind.__module__.startswith("PIL.")
        and kind is not value
        and hasattr(value, "tobytes")
        and hasattr(value, "size")
    ):
        return f"{value.size}#{checksum(value.tobytes())}"
    settings = {name: item for name, item in getattr(value, "__dict__", {}).items() if not name.startswith("__")}
    if isinstance(value, nn.Module):
        settings = {name: item for name, item in settings.items() if name not in vars(nn.Module())}
        settings |= dict(value.named_children())
    if kind.__module__.split(".")[0] not in OWN and not isinstance(value, type):
        methods = {name: item for name, item in vars(kind).items() if isinstance(item, types.FunctionType)}
        for name, method in methods.items():
            if name != "__init__":
                for attribute in named(method.__code__, "STORE_ATTR"):
                    settings.pop(attribute, None)
        settings |= {name: methods[name] for name in ("__call__", "forward") if name in methods}
    return kind.__qualname__ + (inner(settings) if settings else "")


def code_described(code: types.CodeType) -> str:
    """What a function's code does, without the names of files and the numbers of lines."""
    constants = [code_described(item) if isinstance(item, types.CodeType) else stable(item) for item in code.co_consts]
    return f"{code.co_code.hex()}{constants}{code.co_names}"


def stable(constant: object) -> str:
    return str(sorted(map(repr, constant))) if isinstance(constant, frozenset) else repr(constant)


def all_code(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function and of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from all_code(constant)


def named(code: types.CodeType, *operations: str) -> set[str]:
    """The names that a function, and the functions in it, read or write by these operations of Python's."""
    return {step.argval for part in all_code(code) for step in dis.get_instructions(part) if step.opname in operations}


def checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"
