"""Losses: reconstruction, KL divergence, and their sum, the negative ELBO.

In every formula x is an image, recon its reconstruction, and the encoder says q(z|x) = N(mu, diag(exp(logvar))).
"""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["kl_divergence", "reconstruction_loss", "vae_loss"]


def reconstruction_loss(recon: Tensor, x: Tensor, kind: str = "mse") -> Tensor:
    """Reconstruction error: summed over the pixels of an image, averaged over the batch.

    "mse": Σ (x − recon)², the handout's eq. 1 times C·H·W.
    "bce": −Σ [x log recon + (1 − x) log(1 − recon)], eq. 2 times C·H·W; in nats.

    recon, x: (N, C, H, W), or any shape with the batch first; both in [0, 1] for "bce". Returns a scalar.
    Raises ValueError when the shapes differ, for an unknown kind, and for "bce" outside [0, 1] (logits, usually).
    """
    if recon.shape != x.shape:
        raise ValueError(
            f"reconstruction_loss(recon, x): recon has shape {tuple(recon.shape)}, x has {tuple(x.shape)}. "
            "They must be equal; a decoder with flat outputs needs recon.view_as(x)."
        )
    if kind == "mse":
        return F.mse_loss(recon, x, reduction="sum") / len(x)
    if kind == "bce":
        for name, values in (("recon", recon), ("x", x)):
            if values.min() < 0 or values.max() > 1:
                raise ValueError(
                    f"reconstruction_loss(kind='bce'): {name} has values from {values.min():.3g} to {values.max():.3g}, "
                    "expected [0, 1]. If recon holds logits, pass torch.sigmoid(recon)."
                )
        return F.binary_cross_entropy(recon, x, reduction="sum") / len(x)
    raise ValueError(f"reconstruction_loss(kind): got {kind!r}, expected 'mse' or 'bce'.")


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, diag(exp(logvar))) ‖ N(0, I)) of each image, in nats.

    −½ Σ_j (1 + logvar_j − mu_j² − exp(logvar_j)): Kingma & Welling, "Auto-Encoding Variational Bayes", appendix B.
    mu, logvar: (N, latent_dim), where logvar = log σ², so σ = exp(logvar / 2). Returns (N,), never negative.
    Raises ValueError when the shapes differ.
    """
    if mu.shape != logvar.shape:
        raise ValueError(
            f"kl_divergence(mu, logvar): mu has shape {tuple(mu.shape)}, logvar has {tuple(logvar.shape)}. "
            "The encoder gives one mean and one log-variance for each latent dimension, so they must be equal."
        )
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=-1)


def vae_loss(recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, B: float = 1000) -> tuple[Tensor, Tensor, Tensor]:
    """The handout's loss, B · reconstruction + KL: up to a constant the negative ELBO of a Gaussian decoder.

    With recon = Σ (x − recon)² and σ² = 1/(2B), B · recon = −log N(x; recon, σ² I) + constant; B = 1000 is σ ≈ 0.022.
    recon, x: (N, C, H, W) in [0, 1]; mu, logvar: (N, latent_dim).
    Returns three scalars, each a mean over the batch: total, recon (squared error per image), kl (nats per image).
    """
    recon_loss = reconstruction_loss(recon, x)
    kl = kl_divergence(mu, logvar).mean()
    return B * recon_loss + kl, recon_loss, kl
