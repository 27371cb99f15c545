"""Lesson 05, training: the mean of an epoch."""

from collections.abc import Callable

import torch

from .engine import Mistake, Result, Task, run

# fmt: off
EPOCH_MEAN = Task(
    cases=lambda: [
        ([4.0, 2.0, 9.0], [256, 256, 128]), ([1.0, 3.0], [10, 1]), ([5.0, 7.0, 6.5, 2.0], [3, 3, 3, 2]),
        ((9 * torch.rand(5)).tolist(), torch.randint(1, 300, (5,)).tolist()),
    ],
    right=lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes),
    mistakes=[
        Mistake("handout", lambda means, sizes: sum(means) / sum(sizes),
                "Bạn chia tổng các trung bình batch cho số ảnh, đúng như lỗi trong bản in của đề bài. Một batch có bao nhiêu ảnh thì kết quả nhỏ đi chừng ấy lần, trong bài này khoảng 256.",
                "You divide the sum of batch means by the number of images, the very slip of the printed exercise: as many times too small as a batch has images, about 256 in this lesson."),
        Mistake("unweighted", lambda means, sizes: sum(means) / len(means),
                "Mọi batch được tính ngang nhau, nhưng batch cuối có ít ảnh hơn.",
                "Every batch counts the same, but the last one holds fewer images."),
        Mistake("last", lambda means, sizes: means[-1],
                "Đó chỉ là batch cuối cùng.",
                "That is only the last batch."),
        Mistake("not_divided", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)),
                "Bạn có tổng trên mọi ảnh. Còn thiếu phép chia.",
                "You have the sum over all images. The division is missing."),
        Mistake("divided_by_batches", lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / len(sizes),
                "Bạn chia cho số batch. Tổng này gồm bao nhiêu ảnh?",
                "You divide by the number of batches. How many images are in this sum?"),
        Mistake("sum", lambda means, sizes: sum(means),
                "Đó là tổng các trung bình batch: số ảnh chưa được dùng.",
                "That is the sum of the batch means: the numbers of images are not used."),
    ],
)
# fmt: on


def check_epoch_mean(function: Callable) -> Result:
    """function(batch_means, batch_sizes), two lists → the mean over all images, each batch weighted by its size.

    Lesson 05: Which number goes into the log?
    """
    return run(function, EPOCH_MEAN)
