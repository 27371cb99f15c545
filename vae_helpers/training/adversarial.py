"""The training of a GAN, written out: two networks, each with a loss of its own, take turns."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .device import default_device


def says(logits: Tensor, real: bool) -> Tensor:
    """BCE of the discriminator's logits (N,) against "all real" or "all drawn", the mean."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def fit_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    images: Tensor,
    epochs: int,
    batch_size: int = 64,
    lr: float = 2e-4,
) -> Iterator[tuple[float, float]]:
    """Train both networks in place, on the default device, and yield the two mean losses (discriminator, generator) of each epoch.

    I. Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, with their non-saturating loss of the generator; Adam as
    in A. Radford et al., ICLR 2016 (β₁ = 0.5), its rate falling to 0 in a straight line. images: (N, 1, 28, 28) in [0, 1].
    generator.latent_dim numbers make a picture. An iterator: nothing is trained before its first value is asked for.
    Lesson 14: 2 · A GAN
    """
    device = default_device()
    images, steps = images.to(device), epochs * (len(images) // batch_size)
    networks = [network.to(device).train() for network in (discriminator, generator)]
    optimizers = [torch.optim.Adam(network.parameters(), lr, betas=(0.5, 0.999)) for network in networks]
    slower = [torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, steps) for optimizer in optimizers]
    for _ in range(epochs):
        means = torch.zeros(2, device=device)
        for batch in torch.randperm(len(images)).to(device).split(batch_size)[: len(images) // batch_size]:
            x, z = images[batch], torch.randn(batch_size, generator.latent_dim, device=device)
            drawn = generator(z)
            for turn, optimizer in enumerate(optimizers):
                if turn == 0:
                    loss = says(discriminator(x), real=True) + says(discriminator(drawn.detach()), real=False)
                else:
                    loss = says(discriminator(drawn), real=True)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                slower[turn].step()
                means[turn] += loss.detach()
        yield tuple((means / (len(images) // batch_size)).tolist())
