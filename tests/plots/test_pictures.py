"""Pictures out of whatever a student has: the same four images in every form are drawn the same."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.plots.support import pictures
from vae_helpers import plots
from vae_helpers.plots._pictures import as_images

GREY = torch.rand(4, 1, 6, 6, generator=torch.Generator().manual_seed(0))
COLOUR = torch.rand(4, 3, 6, 8, generator=torch.Generator().manual_seed(1))
BYTES = (GREY * 255).round().to(torch.uint8)

FORMS = {
    "tensor": (GREY, GREY),
    "gradients": (GREY.clone().requires_grad_(), GREY),
    "without channels": (GREY[:, 0], GREY),
    "flat": (GREY.flatten(1), GREY),
    "array": (GREY.numpy(), GREY),
    "array without channels": (GREY[:, 0].numpy(), GREY),
    "list of images": (list(GREY), GREY),
    "list of arrays": ([image.numpy() for image in GREY], GREY),
    "list of pictures": (list(GREY[:, 0]), GREY),
    "list of batches": ([GREY[:1], GREY[1:]], GREY),
    "generator": ((image for image in GREY), GREY),
    "one image": (GREY[0], GREY[:1]),
    "one picture": (GREY[0, 0], GREY[:1]),
    "double": (GREY.double(), GREY),
    "bytes": (BYTES, BYTES / 255),
    "bytes as int64": (BYTES.long(), BYTES / 255),
    "black and white": (GREY > 0.5, (GREY > 0.5).float()),
    "colour": (COLOUR, COLOUR),
    "one in colour": (COLOUR[0], COLOUR[:1]),
    "nested lists": (GREY[0].tolist(), GREY[:1]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_images(form):
    given, expected = FORMS[form]
    images = as_images(given, "images")
    assert images.dtype == torch.float32 and not images.requires_grad
    torch.testing.assert_close(images, expected, atol=1e-6, rtol=1e-4)


def test_half_precision():
    torch.testing.assert_close(as_images(GREY.bfloat16(), "images"), GREY, atol=1e-2, rtol=0)


def test_pil_pictures():
    picture = Image.fromarray(BYTES[0, 0].numpy())
    torch.testing.assert_close(as_images([picture, picture], "images"), torch.cat([BYTES[:1], BYTES[:1]]) / 255)


def test_a_decoders_output_with_gradients_is_drawn(vae):
    images = vae.decode(torch.randn(3, 2))
    assert images.requires_grad
    for picture, image in zip(pictures(plots.plot_images(images)), images.detach(), strict=True):
        torch.testing.assert_close(picture, image[0])


@pytest.mark.parametrize(
    "images, message",
    [
        (
            torch.rand(4, 6, 6, 3),
            r"\(4, 6, 6, 3\) with the colours last, expected \(N, C, H, W\): call .permute\(0, 3, 1, 2\)",
        ),
        (torch.rand(4, 6, 6, 1), r"colours last"),
        (torch.rand(6, 6, 3), r"colours last, .* call .permute\(2, 0, 1\)"),
        (
            torch.rand(4, 2, 6, 6),
            r"got 2 channels .* expected 1 \(grey\) or 3 \(colour\): choose some, such as \[:, :1\]",
        ),
        (torch.rand(4, 4, 6, 6), r"got 4 channels .* \[:, :3\] of red, green, blue and opacity"),
        (torch.rand(2, 4, 1, 6, 6), r"got shape \(2, 4, 1, 6, 6\)"),
        (torch.rand(7), r"got shape \(7,\)"),
        ([torch.rand(1, 6, 6), torch.rand(1, 8, 8)], r"different shapes \(\(1, 6, 6\), \(1, 8, 8\)\)"),
        (torch.tensor([[[[300]]]]), "whole numbers from 300 to 300, expected bytes"),
        (torch.zeros(1, 1, 2, 2, dtype=torch.complex64), "complex"),
        ({"image": 1}, "got dict, expected images"),
    ],
)
def test_what_is_no_image_is_named(images, message):
    with pytest.raises(ValueError, match=r"plot_x\(images\)"):
        as_images(images, "plot_x(images)")
    with pytest.raises(ValueError, match=message):
        as_images(images, "plot_x(images)")


def test_bytes_are_not_taken_for_values_beyond_the_scale():
    np.testing.assert_allclose(pictures(plots.plot_images(BYTES))[0], BYTES[0, 0] / 255, rtol=1e-4)
