"""A stand-in is judged as the function itself: values, gradients and errors pass the wire."""

import multiprocessing
import os
import re
import struct
import threading
from functools import partial

import pytest
import torch
from safetensors.torch import save

from instructor.grader import wire
from tests.checks.support import CASES, RIGHT, WRONG, check


class Line:
    """Two Peers in one process: what is said to far() comes back as from a sandbox."""

    def __init__(self):
        ends = multiprocessing.Pipe()
        self.near, self.far = (
            wire.Peer(partial(wire.send, end), partial(wire.receive, end), in_sandbox=end is ends[1]) for end in ends
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            self.far.serve(*self.far.receive())

    def stand_in(self, function):
        self.far.exported["f"] = function
        return self.near.remote("f")


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


EIGHT = save({"0": torch.zeros(2)})


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (["tensor"], b""),
        (["tensor"], b"12345678"),
        (["tensor"], EIGHT[:-1]),
        (["tensor"], EIGHT.replace(b"[2]", b"[3]")),
        (["tensor"], EIGHT.replace(b"[2]", b"[-2]")),
        (["tensor"], EIGHT.replace(b'"0"', b'"x"')),
        (["tensor"], save({"0": torch.zeros(2, dtype=torch.complex64)})),
        (["list", [["tensor"], ["tensor"]]], EIGHT),
        (["tensor", "float32", [2], False], EIGHT),
        (["module", {}, {}, {}], b""),
        (["function", "os.system"], b""),
        (["network", {}, "x"], b""),
        (["int", {}], b""),
        (["list", 7], b""),
        ([], b""),
        ("1", b""),
        ("none", b""),
        ({}, b""),
    ],
)
def test_nonsense_from_the_other_side_ends_the_call(answer, body):
    reply = {"op": "answer", "answer": answer, "changed": [], "needs": []}
    with pytest.raises(wire.Ended):
        wire.Peer(lambda *_: None, lambda: (reply, body)).call("f", ())


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"op": "answer", "raised": 7},
        {"op": "answer", "answer": None, "changed": [None]},
        {"op": "answer", "answer": ["tensor"], "changed": [], "needs": [7]},
        {"op": "answer", "answer": None, "changed": [], "used": 7},
    ],
)
def test_a_message_that_lacks_its_parts_ends_the_call(reply):
    with pytest.raises(wire.Ended):
        wire.Peer(lambda *_: None, lambda: (reply, EIGHT)).call("f", ())


def test_a_wild_type_name_stays_a_name():
    peer = wire.Peer(lambda *_: None, lambda: ({"op": "answer", "answer": ["other", "<b>\n" * 99], "changed": []}, b""))
    assert re.fullmatch(r"\w{1,40}", type(peer.call("f", ())).__name__)


@pytest.mark.parametrize("sent", [b"[]", b"{", b"[" * 100_000, b"\xff", b""])
def test_what_is_no_message_is_refused(sent):
    here, there = multiprocessing.Pipe()
    there.send_bytes(sent)
    there.send_bytes(b"")
    with pytest.raises((ValueError, RecursionError)):
        wire.receive(here)


def test_a_message_that_is_too_large_is_neither_sent_nor_taken():
    here, there = multiprocessing.Pipe()
    with pytest.raises(ValueError, match="64 MB"):
        wire.send(there, {}, bytes(wire.LARGEST_BODY + 1))
    os.write(there.fileno(), struct.pack("!i", 2**30))
    with pytest.raises(OSError):
        wire.receive(here)


def test_gradients_reach_what_a_function_that_was_handed_over_holds(line):
    weight, x = torch.tensor(3.0, requires_grad=True), torch.randn(4, requires_grad=True)

    def twice(network, x):
        return network(network(x)).exp().sum()

    line.stand_in(twice)(lambda x: weight * x, x).backward()
    seen = weight.grad, x.grad
    weight.grad = x.grad = None
    twice(lambda x: weight * x, x).backward()
    torch.testing.assert_close(seen, (weight.grad, x.grad))
