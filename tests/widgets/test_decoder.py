"""From z to the bytes of a picture: size, ratio, and refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.widgets.support import pixels
from vae_helpers.widgets.decoder import LARGEST, PICTURE_SIDE, Decoder


class Constant(nn.Module):
    """Decodes every z to pictures of one shape, with z's first entry as the grey."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def decode(self, z):
        return z[:, :1, None, None].expand(len(z), *self.shape)


def test_a_picture_is_enlarged_by_a_whole_number_and_not_blurred(vae):
    z = torch.tensor([0.3, -0.2])
    picture = pixels(Decoder(vae).picture(z))
    assert picture.shape == (PICTURE_SIDE, PICTURE_SIDE)
    np.testing.assert_array_equal(picture, np.kron(picture[::7, ::7], np.ones((7, 7), np.uint8)))
    with torch.no_grad():
        np.testing.assert_array_equal(picture[::7, ::7], (vae.decode(z[None])[0, 0] * 255).round().byte().numpy())


def test_a_strip_has_the_pictures_in_order(vae):
    z = torch.tensor([[0.0, 0.0], [2.0, 1.0], [-2.0, 1.0]])
    strip = pixels(Decoder(vae).strip(z))
    assert strip.shape == (56, 3 * 56)
    for place in range(3):
        alone = pixels(Decoder(vae).picture(z[place]))[::7, ::7]
        np.testing.assert_array_equal(strip[::2, 56 * place : 56 * (place + 1) : 2], alone)


@pytest.mark.parametrize(
    "shape, width", [((1, 28, 28), 196), ((3, 32, 64), 192), ((1, 64, 32), 96), ((1, 800, 800), LARGEST)]
)
def test_the_frame_keeps_the_ratio_and_is_no_larger_than_the_page_bears(shape, width):
    frame = Decoder(Constant(*shape)).frame(torch.zeros(2))
    assert frame.layout.width == f"{width}px" and frame.layout.max_width == "100%" and frame.layout.height is None


@pytest.mark.parametrize("grey", [1.5, -0.5, float("nan")])
def test_what_is_no_picture_is_refused(grey):
    with pytest.raises(ValueError):
        Decoder(Constant(1, 4, 4)).picture(torch.tensor([grey, 0.0]))


def test_logits_are_told_by_the_caller():
    picture = pixels(Decoder(Constant(1, 4, 4), logits=True).picture(torch.tensor([0.0, 0.0])))
    assert (picture == 128).all()  # sigmoid(0) = ½


def test_a_model_without_decode_is_refused():
    with pytest.raises(ValueError, match="no method decode"):
        Decoder(nn.Linear(2, 2))
