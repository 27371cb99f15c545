"""A GAN's two networks."""

import torch

from tests.models.support import close
from vae_helpers import models


def test_shapes_and_ranges():
    generator, discriminator = models.Generator(latent_dim=5, width=4), models.Discriminator(width=4)
    x = generator.decode(torch.randn(3, 5))
    assert x.shape == (3, 1, 28, 28) and 0 <= x.min() <= x.max() <= 1
    assert discriminator(x).shape == (3,)


def test_spectral_norm_lets_no_layer_stretch_a_difference():
    linear = models.Discriminator(width=4).train().net[-1]
    for _ in range(30):
        linear(torch.randn(2, 8 * 49))
    close(linear.weight.norm(), torch.tensor(1.0), atol=1e-2)
