"""Lesson 00, the first steps: how many numbers an image holds."""

from collections.abc import Callable

import torch

from .engine import Mistake, Result, Task, run


def with_black(*shape: int) -> torch.Tensor:
    """Images of which a third of the numbers are 0."""
    return torch.rand(shape).mul(1.5).sub(0.5).clamp(min=0)


# fmt: off
PIXEL_COUNT = Task(
    cases=lambda: [(with_black(3, 1, 28, 28),), (with_black(5, 3, 32, 20),), (with_black(1, 2, 7, 9),)],
    right=lambda images: images[0].numel(),
    arguments="images",
    mistakes=[
        Mistake("whole_batch", lambda images: images.numel(),
                "Bạn đang đếm cả batch. Câu hỏi chỉ nói về một ảnh.",
                "You are counting the whole batch. The question is about one image."),
        Mistake("no_channels", lambda images: images.shape[2] * images.shape[3],
                "Ảnh màu có nhiều kênh: bạn đã quên mất một chiều của tensor.",
                "A colour image has several channels: one dimension of the tensor is forgotten."),
        Mistake("image_count", lambda images: len(images),
                "Đó là số ảnh trong batch, chưa phải số lượng con số trong một ảnh.",
                "That is the number of images in the batch, not of the numbers in one image."),
        Mistake("dimensions", lambda images: images.ndim,
                "Đó là số chiều của tensor, chưa phải số lượng con số trong một ảnh.",
                "That is the number of dimensions of the tensor, not of the numbers in one image."),
        Mistake("sum", lambda images: sum(images.shape[1:]),
                "Bạn đã cộng các cạnh lại. Một lưới H hàng, W cột có bao nhiêu ô?",
                "You added the sides. How many cells does a grid of H rows and W columns have?"),
        Mistake("black", lambda images: (images[0] > 0).sum(),
                "Bạn chỉ đếm những điểm ảnh khác 0. Điểm ảnh đen cũng là một con số.",
                "You count only what is not 0. A black pixel is a number too."),
        Mistake("hard_coded", lambda images: 784,
                "784 đúng cho MNIST, nhưng hàm phải đúng cho mọi kích thước ảnh.",
                "784 is right for MNIST, but the function must be right for images of any size."),
    ],
)
# fmt: on


def check_pixel_count(function: Callable) -> Result:
    """function(images (N, C, H, W)) → how many numbers one image holds, C·H·W.

    Lesson 00: The data
    """
    return run(function, PIXEL_COUNT)
