"""From codes to the bytes of pictures."""

import ipywidgets
import numpy as np
import pytest
import torch

from tests.plots.support import Halves
from tests.widgets.support import pixels
from vae_helpers.widgets.decoder import Decoder, strip_frame


class Ramp(Halves):
    """A picture of 2 × 3 whose pixels are z₁, 0, 1 in the first row and z₂ in the second."""

    def decode(self, z):
        a, b = z[:, 0], z[:, 1]
        return torch.stack([a, 0 * a, 0 * a + 1, b, b, b], dim=1).view(-1, 1, 2, 3)


def test_bytes_are_rounded():
    images = Decoder(Ramp()).images(torch.tensor([[0.5, 0.25], [1.0, 0.001]]))
    assert images.dtype == torch.uint8 and images.shape == (2, 2, 3, 1)
    assert images[..., 0].tolist() == [[[128, 0, 255], [64, 64, 64]], [[255, 0, 255], [0, 0, 0]]]


def test_a_picture_is_enlarged_by_a_whole_number():
    picture = pixels(Decoder(Ramp()).picture(torch.tensor([0.2, 0.4])))
    assert picture.shape == (2 * 65, 3 * 65)  # 196 // 3
    assert set(np.unique(picture)) == {0, 51, 102, 255}
    assert (picture[:65, :65] == 51).all() and (picture[65:] == 102).all()


def test_a_strip_stands_side_by_side_in_order():
    strip = pixels(Decoder(Ramp()).strip(torch.tensor([[0.2, 0.4], [0.6, 0.8]])))
    assert strip.shape == (4, 12)
    assert strip[0, ::6].tolist() == [51, 153] and strip[2, ::6].tolist() == [102, 204]


def test_colour_pictures():
    model = Halves(size=(3, 4, 4))
    with torch.no_grad():
        image = (model.decode(torch.zeros(1, 2))[0].permute(1, 2, 0) * 255).round().byte()
    np.testing.assert_array_equal(pixels(Decoder(model).picture(torch.zeros(2)))[::49, ::49], image)


@pytest.mark.parametrize(
    "size, width", [((1, 28, 28), 196), ((3, 64, 64), 192), ((1, 10, 40), 160), ((1, 784, 784), 392)]
)
def test_a_frame_has_the_pictures_width_and_shrinks(size, width):
    frame = Decoder(Halves(size=size)).frame(torch.zeros(2))
    assert isinstance(frame, ipywidgets.Image)
    assert (frame.layout.width, frame.layout.max_width, frame.layout.height) == (f"{width}px", "100%", None)
    assert frame.layout.align_self == "flex-start"  # a row of other heights must not stretch it
    assert strip_frame().layout.max_width == "100%"


def test_one_thread_while_drawing():
    """A small picture is drawn by one core; afterwards there are as many as before."""
    model, seen = Ramp(), []
    draw = model.decode
    model.decode = lambda z: seen.append(torch.get_num_threads()) or draw(z)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        Decoder(model).picture(torch.zeros(2))
        assert seen == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_model_without_decode_is_named():
    with pytest.raises(ValueError, match=r"Linear has no method decode\(z\), which this widget needs"):
        Decoder(torch.nn.Linear(2, 2))
