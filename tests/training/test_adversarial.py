"""The training of a GAN."""

import torch

from vae_helpers import models, training


def test_the_generator_learns_to_draw_what_the_images_show():
    """All images have a white left half: after a few epochs the pictures have one too, and each epoch tells two losses."""
    torch.manual_seed(0)
    images = torch.zeros(640, 1, 28, 28)
    images[..., :14] = 1
    generator, discriminator = models.Generator(latent_dim=4, width=8), models.Discriminator(width=8)
    told = list(training.fit_gan(generator, discriminator, images, epochs=10, batch_size=32, lr=2e-3))
    assert len(told) == 10 and all(len(both) == 2 and min(both) > 0 for both in told)
    drawn = generator.eval().cpu().decode(torch.randn(50, 4)).detach()
    assert drawn[..., :14].mean() > 0.7 and drawn[..., 14:].mean() < 0.3
