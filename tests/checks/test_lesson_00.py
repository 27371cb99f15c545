"""Answers to the exercises of lesson 00, first steps: right ones, and wrong ones with the mistake that is seen in them."""

import math

import numpy as np
import torch

from .answers import Answers

CASES = {
    "pixel_count": (
        [
            lambda x: x[0].numel(),
            lambda x: int(np.prod(x.shape[1:])),
            lambda x: x.numel() // len(x),
            lambda x: math.prod(x.shape[1:]),
            lambda x: x[0].flatten().shape[0],
            lambda x: torch.tensor(x[0].numel()),
            lambda x: np.int64(x.shape[1] * x.shape[2] * x.shape[3]),
        ],
        {
            "whole_batch": lambda x: x.numel(),
            "no_channels": lambda x: x.shape[-1] * x.shape[-2],
            "image_count": lambda x: x.shape[0],
            "hard_coded": lambda x: 784,
            "sum": lambda x: sum(x.shape[1:]),
            "black": lambda x: int((x[0] > 0).sum()),
            "black: of nonzero": lambda x: len(x[0].nonzero()),
            "no_brackets": lambda x: x[0].numel,
            "no_brackets: divided": lambda x: x.numel / len(x),
            "no_brackets: a size taken of it": lambda x: x.size[1] * x.size[2],
            "dimensions": lambda x: x.ndim,
            "type": lambda x: "784",
            "constant": lambda x: 28,
            None: lambda x: x[0].numel() + 1,
            "tuple": lambda x: (x[0].numel(),),
            "several": lambda x: tuple(x.shape[1:]),
            "shape": lambda x: torch.full((len(x),), x[0].numel()),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
