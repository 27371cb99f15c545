"""What is done to the variants of lesson 13 before they are measured: their axes rotated, round trips, an attack."""

import torch
from torch.distributions import Bernoulli

from vae_helpers import losses

ROTATIONS, STEPS = 2, 100


def random_rotation():
    return torch.linalg.qr(torch.randn(20, 20))[0]


def best_elbo(vae, x, axes):
    """The ELBO of x once q has been made as good as it gets for each image, diagonal along these axes of z."""
    with torch.no_grad():
        mu, logvar = vae.encode(x)
    precision = (-logvar).exp() @ axes.T.pow(2)  # the best start: the diagonal of the inverse of the rotated covariance
    mu, logvar = (mu @ axes.T).requires_grad_(), (-precision.log()).requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.02)
    for _ in range(STEPS):
        z = vae.reparameterize(mu, logvar)
        loss, _, _ = losses.bernoulli_vae_loss(vae.decoder(z @ axes), x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        nats = [
            losses.bernoulli_vae_loss(vae.decoder(vae.reparameterize(mu, logvar) @ axes), x, mu, logvar)[0]
            for _ in range(20)
        ]
    return -torch.stack(nats).mean().item()


def mean_cosine(jacobian, axes):
    """|cos| of the angle between what two different axes change in the picture, the mean over images and pairs."""
    J = jacobian @ axes.T
    J = J / J.norm(dim=1, keepdim=True)
    cosines = (J.transpose(1, 2) @ J).abs()
    d = cosines.shape[1]
    return ((cosines.sum(dim=(1, 2)) - d) / (d * (d - 1))).mean().item()


@torch.no_grad()
def round_trips(model, z, times):
    codes = [z]
    for _ in range(times):
        codes.append(model.encode(torch.bernoulli(model.decode(codes[-1])))[0])
    return codes


@torch.no_grad()
def log_p(model, x):
    mu, logvar = model.encode(x)

    def log_likelihood(z):
        return Bernoulli(logits=model.decoder(z), validate_args=False).log_prob(x).flatten(1).sum(dim=1)

    return losses.iw_log_likelihood(losses.log_weights(log_likelihood, mu, logvar, 50)).mean().item()


def attack(model, x, epsilon, steps=10):
    """Images within epsilon of x, pixel by pixel, whose mu has been pushed away by projected gradient steps."""
    target = model.encode(x)[0].detach()
    worst = x + epsilon * (2 * torch.rand_like(x) - 1)
    for _ in range(steps):
        worst = worst.clamp(0, 1).requires_grad_()
        (gradient,) = torch.autograd.grad((model.encode(worst)[0] - target).pow(2).sum(), worst)
        worst = (worst + 0.25 * epsilon * gradient.sign()).detach()
        worst = torch.minimum(torch.maximum(worst, x - epsilon), x + epsilon)
    return worst.clamp(0, 1)
