"""The judge: a classifier that reads digits, so that drawn pictures can be measured."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._sizes import check_images


class DigitJudge(nn.Module):
    """A small convolutional classifier of the ten digits, 28×28 grey: pictures are drawn for it to read.

    features(x) are what metrics.frechet_distance compares; its numbers hold for this judge only, as FID's hold for the
    Inception network. load_pretrained("judge") is the one the course uses everywhere: its card says how it was trained and
    what share of the test images it reads rightly.
    Lesson 11: Three measures of a picture
    """

    latent_dim, channels, img_size = 64, 1, 28  # 64 features

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.to_features, self.to_digit = nn.Linear(32 * 7 * 7, 64), nn.Linear(64, 10)

    def features(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) in [0, 1] → (N, 64), none negative: the layer before the last."""
        check_images(self, x)
        h = F.avg_pool2d(F.relu(self.conv1(x)), 2)
        h = F.avg_pool2d(F.relu(self.conv2(h)), 2)
        return F.relu(self.to_features(h.flatten(1)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) → logits of the ten digits (N, 10)."""
        return self.to_digit(self.features(x))

    @torch.no_grad()
    def read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 28, 28) → the digit it takes each picture for (N,), and the probability it gives that digit (N,)."""
        probability, digit = self(x).softmax(dim=1).max(dim=1)
        return digit, probability
