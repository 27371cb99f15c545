"""A network as a program that engine.js runs: the operations torch.export finds in its encode or decode, and the weights."""

import operator
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx import Node

from .._inference import device_of, looking_at
from .._language import tr

SAME = {
    "view",
    "_unsafe_view",
    "reshape",
    "flatten",
    "unflatten",
    "squeeze",
    "unsqueeze",
    "contiguous",
    "clone",
    "detach",
}
SAME |= {"detach_", "dropout", "feature_dropout", "alias", "to", "_to_copy", "lift_fresh_copy", "alpha_dropout"}
POINTWISE = {"relu", "sigmoid", "tanh", "silu", "exp", "log", "sqrt", "abs", "neg"}
BINARY = {"add", "sub", "mul", "div"}
BITS = {"encode": 13, "decode": 12}  # of a weight: the fewest with which the page still gives what PyTorch gives


class _Method(nn.Module):
    """A model's method as a module of its own, which is what torch.export takes."""

    def __init__(self, model: nn.Module, method: str):
        super().__init__()
        self.model, self.method = model, method

    def forward(self, x: Tensor):
        return getattr(self.model, self.method)(x)


class Program:
    """What engine.js needs to run model.method for one image or code: slots (shapes), steps, weights of so many bits."""

    def __init__(self, bits: int):
        self.largest = 2 ** (bits - 1) - 1
        self.slots: list[dict] = []
        self.steps: list[dict] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.bytes = bytearray()

    def slot(self, shape: tuple[int, ...], constant: Tensor | None = None) -> int:
        """The number of a new place for a tensor of that shape; with a constant, one that is filled beforehand."""
        entry = {"shape": list(shape)}
        if constant is not None:
            entry["constant"] = self._kept(constant)
        self.slots.append(entry)
        return len(self.slots) - 1

    def _kept(self, constant: Tensor) -> dict:
        """Weights as whole numbers with a scale for each row, others as float16, each where that is near enough."""
        values = constant.detach().cpu().float()
        self.bytes += b"\0" * (-len(self.bytes) % 4)
        entry = {"at": len(self.bytes)}
        if values.ndim > 1 and values.numel() > 4 * len(values):
            rows = values.flatten(1).numpy()
            scales = np.abs(rows).max(axis=1, keepdims=True) / self.largest
            scales[scales == 0] = 1
            if (scales > 1e-30).all():  # else a whole number of them is no float32
                self.bytes += scales.tobytes() + np.rint(rows / scales).astype(np.int16).tobytes()
                return entry | {"rows": len(rows)}
        half = values.half()
        is_near = torch.allclose(half.float(), values, rtol=1e-3, atol=1e-6)  # not so for very large or small ones
        self.bytes += np.ascontiguousarray((half if is_near else values).numpy()).tobytes()
        return entry | {"half": is_near}

    def step(self, op: str, inputs: list[int], shape: tuple[int, ...], **how) -> int:
        """Add a step; the number of the slot that it writes."""
        out = self.slot(shape)
        self.steps.append({"op": op, "in": inputs, "out": out, **how})
        return out

    def entry(self) -> dict:
        """What engine.js takes beside the bytes of the weights."""
        return {"slots": self.slots, "steps": self.steps, "inputs": self.inputs, "outputs": self.outputs}

    def planes(self) -> bytes:
        """The weights with the first bytes of all pairs before the second ones: alike beside alike packs a tenth better."""
        self.bytes += b"\0" * (len(self.bytes) % 2)
        return bytes(self.bytes[0::2] + self.bytes[1::2])


def program_of(model: nn.Module, method: str, shape: tuple[int, ...]) -> Program:
    """model.encode or model.decode as a program for one input of that shape, such as (1, 28, 28) or (2,).

    The model is looked at in eval mode on the CPU and left as it was.
    Raises ValueError for a method that is not there or fails on such an input, for weights that are not finite, and for
    an operation that engine.js does not know, which it names.
    Lesson 07: A model that is trained already
    """
    name = type(model).__name__
    if not callable(getattr(model, method, None)):
        raise ValueError(
            tr(
                f"page: {name} không có phương thức {method}. Cần encode(x) → mã và decode(z) → ảnh.",
                f"page: {name} has no method {method}. It needs encode(x) → code and decode(z) → images.",
            )
        )
    for key, value in model.state_dict().items():
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(
                tr(
                    f"page: tham số {key} của {name} có NaN hoặc vô cực. Hãy huấn luyện lại, hoặc tải trọng số tốt.",
                    f"page: {name}'s {key} holds NaN or infinite values. Train the model again, or load good weights.",
                )
            )
    with looking_at(model):
        home = device_of(model)
        model.cpu()
        try:
            exported = torch.export.export(_Method(model, method).eval(), (torch.zeros(1, *shape),))
        except Exception as problem:
            raise ValueError(
                tr(
                    f"page: {name}.{method} không chạy được với đầu vào kích thước {(1, *shape)}: {problem}",
                    f"page: {name}.{method} does not run on an input of shape {(1, *shape)}: {problem}",
                )
            ) from problem
        finally:
            model.to(home)
    return _translated(exported, f"{name}.{method}", BITS[method])


def _translated(exported: torch.export.ExportedProgram, who: str, bits: int) -> Program:
    program, kept = Program(bits), {}
    signature, state = exported.graph_signature, exported.state_dict | exported.constants
    lifted = signature.inputs_to_parameters | signature.inputs_to_buffers | signature.inputs_to_lifted_tensor_constants
    for node in exported.graph.nodes:
        if node.op == "placeholder":
            if node.name in lifted:
                kept[node] = state[lifted[node.name]]
            else:
                kept[node] = program.slot(_shape(node))
                program.inputs.append(kept[node])
        elif node.op == "call_function":
            kept[node] = _Translator(program, kept, node, who).result()
        elif node.op == "output":
            outputs = [value for value in node.args[0] if isinstance(value, Node)]
            program.outputs = [_Translator(program, kept, node, who).place(value) for value in outputs]
    return program


def _shape(node: Node) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape)


def _pair(value: int | list[int]) -> list[int]:
    return [value, value] if isinstance(value, int) else (list(value) * 2 if len(value) == 1 else list(value))


class _Translator:
    """One node of the exported graph, and the step or steps that do the same."""

    def __init__(self, program: Program, kept: dict, node: Node, who: str):
        self.program, self.kept, self.node, self.who = program, kept, node, who

    def place(self, value: Node) -> int:
        """The slot of a node's tensor; parameters get one when they are first used."""
        if isinstance(self.kept[value], Tensor):
            self.kept[value] = self.program.slot(_shape(value), self.kept[value])
        return self.kept[value]

    def argument(self, i: int, name: str, default):
        return self.node.args[i] if len(self.node.args) > i else self.node.kwargs.get(name, default)

    def step(self, op: str, inputs: list, **how) -> int:
        return self.program.step(
            op, [self.place(value) for value in inputs if value is not None], _shape(self.node), **how
        )

    def result(self):
        target = self.node.target
        if target is operator.getitem:
            return self.kept[self.node.args[0]][self.node.args[1]]
        name = getattr(target, "overloadpacket", target).__name__
        if name in SAME:
            return self.step("same", self.node.args[:1])
        if name in POINTWISE:
            return self.step("pointwise", self.node.args[:1], name=name)
        if name in BINARY:
            return self.binary(name)
        handler: Callable | None = getattr(self, f"do_{name.rstrip('_')}", None)
        if handler is None:
            raise ValueError(
                tr(
                    f"page: {self.who} dùng phép tính {name}, mà trang không chạy được. Hãy thay nó bằng lớp tuyến tính, tích chập, "
                    "batch norm hay một hàm kích hoạt thường gặp.",
                    f"page: {self.who} uses the operation {name}, which the page cannot run. Use linear and convolutional layers, "
                    "batch norm and common activation functions in its place.",
                )
            )
        return handler()

    def binary(self, name: str) -> int:
        first, second = self.node.args[:2]
        if self.node.kwargs.get("alpha", 1) != 1 or not isinstance(first, Node):
            raise ValueError(f"page: {self.who} uses {name} with a form the page cannot run: {self.node.args}.")
        if isinstance(second, Node):
            return self.step("binary", [first, second], name=name)
        return self.step("binary", [first], name=name, by=second)

    def do_linear(self) -> int:
        return self.step("linear", [*self.node.args[:2], self.argument(2, "bias", None)])

    def do_conv2d(self) -> int:
        padding = self.argument(4, "padding", 0)
        kernel = _shape(self.node.args[1])[2:]
        if padding == "same":
            padding = [side // 2 for side in kernel]
        return self.step(
            "convolution",
            [*self.node.args[:2], self.argument(2, "bias", None)],
            stride=_pair(self.argument(3, "stride", 1)),
            padding=_pair(0 if padding == "valid" else padding),
            dilation=_pair(self.argument(5, "dilation", 1)),
            groups=self.argument(6, "groups", 1),
        )

    def do_conv_transpose2d(self) -> int:
        return self.step(
            "transposed",
            [*self.node.args[:2], self.argument(2, "bias", None)],
            stride=_pair(self.argument(3, "stride", 1)),
            padding=_pair(self.argument(4, "padding", 0)),
            groups=self.argument(6, "groups", 1),
            dilation=_pair(self.argument(7, "dilation", 1)),
        )

    def do_batch_norm(self) -> int:
        x, weight, bias, mean, variance = self.node.args[:5]
        eps = self.node.args[7]
        mean, variance = self.kept[mean].double(), self.kept[variance].double()
        scale = (variance + eps).rsqrt() * (self.kept[weight].double() if weight is not None else 1)
        shift = (self.kept[bias].double() if bias is not None else 0) - mean * scale
        constants = [self.program.slot(tuple(mean.shape), value) for value in (scale, shift)]
        return self.program.step("affine", [self.place(x), *constants], _shape(self.node))

    def do_leaky_relu(self) -> int:
        return self.pointwise(self.argument(1, "negative_slope", 0.01))

    def do_elu(self) -> int:
        return self.pointwise(self.argument(1, "alpha", 1.0))

    def do_softplus(self) -> int:
        return self.pointwise(self.argument(1, "beta", 1.0), self.argument(2, "threshold", 20.0))

    def do_gelu(self) -> int:
        kind = self.node.kwargs.get("approximate", "none")
        return self.step("pointwise", self.node.args[:1], name="gelu" if kind == "none" else "gelu_tanh")

    def do_clamp(self) -> int:
        low, high = self.argument(1, "min", None), self.argument(2, "max", None)
        limits = [-3.4e38 if low is None else low, 3.4e38 if high is None else high]
        return self.step("pointwise", self.node.args[:1], name="clamp", by=limits)

    do_hardtanh = do_clamp
    do_clamp_min = do_clamp

    def do_relu6(self) -> int:
        return self.step("pointwise", self.node.args[:1], name="clamp", by=[0, 6])

    def do_pow(self) -> int:
        return self.step("pointwise", self.node.args[:1], name="power", by=[self.node.args[1]])

    def pointwise(self, *by: float) -> int:
        name = self.node.target.overloadpacket.__name__.rstrip("_")
        return self.step("pointwise", self.node.args[:1], name=name, by=list(by))

    def do_cat(self) -> int:
        return self.step("join", self.node.args[0], dim=self.argument(1, "dim", 0) % len(_shape(self.node)))

    def do_max_pool2d(self) -> int:
        return self.pool("max")

    def do_avg_pool2d(self) -> int:
        return self.pool("mean")

    def pool(self, kind: str) -> int:
        kernel = _pair(self.node.args[1])
        stride = _pair(self.argument(2, "stride", None) or kernel)
        return self.step(
            "pool",
            self.node.args[:1],
            kind=kind,
            kernel=kernel,
            stride=stride,
            padding=_pair(self.argument(3, "padding", 0)),
        )

    def gathered(self, function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> int:
        """A step that copies entries to where function moves them; function is tried on the entries' numbers."""
        source = self.node.args[0]
        numbers = torch.arange(int(np.prod(_shape(source))))
        moved = function(numbers.view(_shape(source)).double()).long().flatten().tolist()
        return self.program.step("gather", [self.place(source)], shape, **{"from": moved})

    def moved(self):
        """An operation that only moves or picks entries: what PyTorch itself does with the entries' numbers."""
        target, (_, *args), kwargs = self.node.target, self.node.args, self.node.kwargs
        value = self.node.meta["val"]
        if isinstance(value, (list, tuple)):
            return [
                self.gathered(lambda x, i=i: target(x, *args, **kwargs)[i], tuple(part.shape))
                for i, part in enumerate(value)
            ]
        return self.gathered(lambda x: target(x, *args, **kwargs), tuple(value.shape))

    do_chunk = do_split = do_split_with_sizes = do_permute = do_transpose = do_t = do_slice = do_select = moved
    do_pixel_shuffle = do_upsample_nearest2d = do_expand = do_repeat = do_flip = do_narrow = do_movedim = moved
