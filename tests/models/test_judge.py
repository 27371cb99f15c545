"""The judge of drawn digits: shapes, errors, and how well the one that the course uses reads real images."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import data, models


def test_features_logits_and_reading_fit_together():
    torch.manual_seed(0)
    judge, x = models.DigitJudge(), torch.rand(5, 1, 28, 28)
    features, logits = judge.features(x), judge(x)
    assert features.shape == (5, 64) and logits.shape == (5, 10)
    assert features.min() >= 0
    close(logits, judge.to_digit(features))
    digit, probability = judge.read(x)
    assert digit.shape == probability.shape == (5,) and not probability.requires_grad
    assert torch.equal(digit, logits.argmax(dim=1))
    close(probability, logits.softmax(dim=1).amax(dim=1))
    assert probability.min() >= 0.1 and probability.max() <= 1


def test_reading_does_not_depend_on_the_other_pictures():
    torch.manual_seed(0)
    judge, x = models.DigitJudge(), torch.rand(4, 1, 28, 28)
    close(judge.features(x)[:1], judge.features(x[:1]))


@pytest.mark.parametrize("shape", [(2, 3, 28, 28), (2, 1, 32, 32), (28, 28)])
def test_what_is_no_grey_image_of_28_by_28_is_refused(shape):
    judge = models.DigitJudge()
    for method in (judge, judge.features, judge.read):
        with pytest.raises(ValueError, match="28"):
            method(torch.rand(shape))


def test_the_courses_judge_reads_real_digits(mnist_folder):
    test = data.load_mnist(mnist_folder, train=False)
    digit, probability = models.load_pretrained("judge").read(test.images)
    right = digit == test.labels
    assert right.float().mean() >= 0.99
    assert probability[right].mean() > probability[~right].mean()  # surer where it is right
