"""The autoregressive VAE: who sees whom, and what it draws."""

import pytest
import torch

from tests.models.support import close
from vae_helpers import models
from vae_helpers.models.autoregressive import MaskedConv2d

SIZE = 12


def strong_vae(channels=1, depth=3):
    torch.manual_seed(0)
    model = models.AutoregressiveVAE(4, 16, width=8, depth=depth, img_size=SIZE, channels=channels)
    for name, weight in model.named_parameters():  # large enough for a sign to hang on a pixel far away
        if name.startswith(("masked", "from_z", "decoder")):
            torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


def ones_and_zeros(n, channels=1):
    return torch.bernoulli(torch.full((n, channels, SIZE, SIZE), 0.3))


@pytest.mark.parametrize("own", [False, True])
def test_a_masked_convolution_sees_no_later_pixel(own):
    torch.manual_seed(0)
    layer = MaskedConv2d(2, 3, 5, own=own)
    x = torch.randn(1, 2, 9, 9, requires_grad=True)
    out = layer(x)
    assert out.shape == (1, 3, 9, 9)
    (gradient,) = torch.autograd.grad(out[0, :, 4, 4].sum(), x)
    seen = (gradient[0] != 0).all(dim=0)
    expected = torch.zeros(9, 9, dtype=torch.bool)
    expected[2:4, 2:7] = True  # two rows above, within the window
    expected[4, 2 : 4 + own] = True  # to the left, and itself where asked
    assert torch.equal(seen, expected)


@pytest.mark.parametrize("channels", [1, 3])
@torch.no_grad()
def test_a_pixel_sees_neither_itself_nor_a_later_one_in_any_channel(channels):
    model, x, z = strong_vae(channels), ones_and_zeros(1, channels), torch.randn(1, 4)
    before = model.pixel_logits(x, z)
    assert before.shape == x.shape
    row, column = 5, 7
    place = row * SIZE + column
    for channel in range(channels):
        changed = x.clone()
        changed[0, channel, row, column] = 1 - changed[0, channel, row, column]
        moved = (model.pixel_logits(changed, z) != before).any(dim=1).flatten()
        assert not moved[: place + 1].any()
        assert moved[place + 1] and moved[place + SIZE]  # the next pixel, and the one below


@torch.no_grad()
def test_every_logit_is_told_z():
    model, x = strong_vae(), ones_and_zeros(1)
    one, other = model.pixel_logits(x, torch.zeros(1, 4)), model.pixel_logits(x, torch.ones(1, 4))
    assert (one != other).all()


@pytest.mark.parametrize(("channels", "depth"), [(1, 3), (1, 1), (3, 3)])
@torch.no_grad()
def test_samples_are_drawn_as_with_the_whole_images_logits(channels, depth):
    """sample looks only at the rows that a layer can see: the same images as with all rows."""
    model, z = strong_vae(channels, depth), torch.randn(3, 4)
    torch.manual_seed(1)
    drawn = model.sample(z)
    torch.manual_seed(1)
    slowly = torch.zeros_like(drawn)
    for row in range(SIZE):
        for column in range(SIZE):
            logits = model.pixel_logits(slowly, z)[:, :, row, column]
            slowly[:, :, row, column] = torch.bernoulli(torch.sigmoid(logits))
    assert drawn.shape == (3, channels, SIZE, SIZE) and set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn, slowly)


def test_forward_draws_z_and_gives_logits():
    model, x = strong_vae(), ones_and_zeros(2)
    torch.manual_seed(4)
    logits, mu, logvar = model(x)
    torch.manual_seed(4)
    close(logits, model.pixel_logits(x, mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)))
    assert logits.shape == x.shape and mu.shape == logvar.shape == (2, 4)
    assert not (logits >= 0).all()  # no sigmoid yet


def test_decode_says_what_to_use_instead():
    with pytest.raises(NotImplementedError, match=r"sample\(z\).*pixel_logits\(x, z\)"):
        models.AutoregressiveVAE(2, 8).decode(torch.zeros(1, 2))


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match="28"):
        models.AutoregressiveVAE(2, 8)(torch.zeros(1, 1, SIZE, SIZE))
