"""Answers to the exercises of lesson 00, first steps: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np

from .answers import Answers

CASES = {
    "pixel_count": (
        [lambda x: x[0].numel(), lambda x: int(np.prod(x.shape[1:])), lambda x: x.numel() // len(x)],
        {
            "whole_batch": lambda x: x.numel(),
            "no_channels": lambda x: x.shape[-1] * x.shape[-2],
            "image_count": lambda x: x.shape[0],
            "hard_coded": lambda x: 784,
            "sum": lambda x: sum(x.shape[1:]),
            "dimensions": lambda x: x.ndim,
            "type": lambda x: "784",
            "constant": lambda x: 28,
            None: lambda x: x[0].numel() + 1,
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
