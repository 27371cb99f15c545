"""A stand-in is judged as the function itself: values, gradients and errors pass the wire."""

import queue
import re
import threading

import pytest
import torch

from instructor.grader import wire
from tests.checks.support import CASES, RIGHT, WRONG, check


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
    sent, buffer = wire.frame(message, body), bytearray()
    for place in range(0, len(sent), max(len(sent) // 3, 1)):
        assert wire.take_frame(buffer) is None
        buffer += sent[place : place + max(len(sent) // 3, 1)]
    return wire.take_frame(buffer)


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
        ("1", b""),
        ("none", b""),
        ({}, b""),
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


def test_gradients_reach_what_a_function_that_was_handed_over_holds(line):
    weight, x = torch.tensor(3.0, requires_grad=True), torch.randn(4, requires_grad=True)

    def twice(network, x):
        return network(network(x)).exp().sum()

    line.stand_in(twice)(lambda x: weight * x, x).backward()
    seen = weight.grad, x.grad
    weight.grad = x.grad = None
    twice(lambda x: weight * x, x).backward()
    torch.testing.assert_close(seen, (weight.grad, x.grad))
