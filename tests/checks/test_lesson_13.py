"""Answers to the exercises of lesson 13, variants: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F

from .answers import Answers, held_back


def nearest(z_e, codebook):
    return codebook[torch.cdist(z_e, codebook).argmin(1)]


class CopiedGradient(torch.autograd.Function):
    """The straight-through estimator written as a function with a backward pass of its own."""

    @staticmethod
    def forward(ctx, z_e, codebook):
        return nearest(z_e, codebook)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def one_hot(y):
    return F.one_hot(y, 10).float()


def filled_in(values, y):
    """The same by hand: zeros, and a 1 in each row."""
    label = torch.zeros(len(y), 10)
    label[torch.arange(len(y)), y] = 1
    return torch.hstack([values, label])


CASES = {
    "with_label": (
        [
            lambda values, y: torch.cat([values, one_hot(y)], dim=1),
            lambda values, y: torch.cat((values, F.one_hot(y, num_classes=10)), 1),
            lambda values, y: torch.cat([values, torch.eye(10)[y]], dim=-1),
            filled_in,
        ],
        {
            "number": lambda values, y: torch.cat([values, y[:, None]], dim=1),
            "label_first": lambda values, y: torch.cat([one_hot(y), values], dim=1),
            "classes": lambda values, y: torch.cat([values, F.one_hot(y)], dim=1),
            "label_alone": lambda values, y: one_hot(y),
            "weighted": lambda values, y: torch.cat([values, one_hot(y) * y[:, None]], dim=1),
            "below": lambda values, y: torch.cat([values, one_hot(y)]),
            "below: a vector": lambda values, y: torch.cat([values, y], dim=1),
            "detached": lambda values, y: torch.cat([values.detach(), one_hot(y)], dim=1),
            "shape": lambda values, y: torch.cat([values, one_hot(y), one_hot(y)], dim=1),
            None: lambda values, y: torch.cat([values, one_hot(y.clamp(max=8))], dim=1),  # no entry for the 9
        },
    ),
    "straight_through": (
        [
            lambda z, book: z + (nearest(z, book) - z).detach(),
            lambda z, book: nearest(z, book).detach() + z - z.detach(),
            CopiedGradient.apply,
            lambda z, book: z + (book[((z[:, None] - book) ** 2).sum(-1).argmin(1)] - z).detach(),
            lambda z, book: z + (F.embedding(torch.cdist(z, book).argmin(1), book) - z).detach(),
            lambda z, book: z - (z - nearest(z, book)).detach(),
            lambda z, book: z + (F.one_hot(torch.cdist(z, book).argmin(1), len(book)).float() @ book - z).detach(),
        ],
        {
            "unquantised": lambda z, book: nearest(z, book) + (z - nearest(z, book)).detach(),
            "no_gradient": nearest,
            "gradient": lambda z, book: 2 * z + (nearest(z, book) - 2 * z).detach(),
            "codebook_gradient": lambda z, book: nearest(z, book) + z - z.detach(),
            "farthest": lambda z, book: z + (book[torch.cdist(z, book).argmax(1)] - z).detach(),
            "indices": lambda z, book: torch.cdist(z, book).argmin(1),
            "shape": lambda z, book: nearest(z, book).sum(1),
            "type": lambda z, book: 3,
            "modified": lambda z, book: z.data.copy_(nearest(z, book)),
            None: lambda z, book: z + (book[(z @ book.T).argmax(1)] - z).detach(),
            "gradient: of the ratio": lambda z, book: z * (nearest(z, book) / z).detach(),
            "no_gradient: but for a zero": lambda z, book: nearest(z, book).detach() + 0 * z,
            "gradient: clipped": lambda z, book: held_back(z) + (nearest(z, book) - z).detach(),
            ": the nearest by city blocks": lambda z, book: (
                z + (book[torch.cdist(z, book, p=1).argmin(1)] - z).detach()
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES
