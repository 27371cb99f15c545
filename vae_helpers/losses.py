"""Losses: reconstruction, KL divergence, their sum, the negative ELBO, and penalties on the code of an autoencoder.

In every formula x is an image, recon its reconstruction, and the encoder says q(z|x) = N(mu, diag(exp(logvar))).
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor
from torch.func import jacrev, vmap

__all__ = [
    "contractive_penalty",
    "kl_divergence",
    "kl_to_rho",
    "l1_penalty",
    "reconstruction_loss",
    "sigmoid_contractive_penalty",
    "vae_loss",
]


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


def l1_penalty(z: Tensor) -> Tensor:
    """Σ_j |z_j| of each code, averaged over the batch: pulls the entries of a sparse code to exactly 0.

    z: (N, latent_dim), any real numbers. Returns a scalar.
    """
    return z.abs().sum(dim=1).mean()


def kl_to_rho(z: Tensor, rho: float = 0.05) -> Tensor:
    """Σ_j KL(rho ‖ ρ̂_j), ρ̂_j the mean of z_j over the batch: asks each unit to be on for the share rho of the images.

    KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂)), in nats: A. Ng, "Sparse autoencoder", CS294A lecture notes.
    z: (N, latent_dim) in [0, 1], such as the output of a sigmoid; N should be large enough for the mean to mean
    something (100 or more). Returns a scalar, 0 only where every ρ̂_j is rho.
    Raises ValueError for rho outside (0, 1) and for z outside [0, 1].
    """
    if not 0 < rho < 1:
        raise ValueError(f"kl_to_rho(rho): got {rho}, expected a share between 0 and 1, such as 0.05.")
    if z.min() < 0 or z.max() > 1:
        raise ValueError(
            f"kl_to_rho(z): z has values from {z.min():.3g} to {z.max():.3g}, expected [0, 1]. "
            "The penalty is for units that pass a sigmoid; for others use l1_penalty."
        )
    rho_hat = z.mean(dim=0)
    return (rho * (rho / rho_hat).log() + (1 - rho) * ((1 - rho) / (1 - rho_hat)).log()).sum()


def contractive_penalty(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """‖∂z/∂x‖²_F of each image, averaged over the batch: how much a small change of the image moves its code.

    Exact, for any encoder, from the whole Jacobian of each image: S. Rifai et al., "Contractive Auto-Encoders", 2011.
    The cost grows with latent_dim; for one sigmoid layer sigmoid_contractive_penalty gives the same number at once.
    encode: x (N, …) → z (N, latent_dim), each image on its own (no batch norm); x: (N, …). Returns a scalar.
    """
    jacobian = vmap(jacrev(lambda image: encode(image.unsqueeze(0)).squeeze(0)))(x)  # (N, latent_dim, …)
    return jacobian.pow(2).sum() / len(x)


def sigmoid_contractive_penalty(z: Tensor, weight: Tensor) -> Tensor:
    """contractive_penalty of the encoder z = sigmoid(W x + b), in closed form: Σ_j (z_j (1 − z_j))² Σ_i W_ji².

    z: (N, latent_dim) in (0, 1); weight: W (latent_dim, pixels). Returns a scalar.
    Raises ValueError when W has not one row for each unit of z.
    """
    if z.shape[1] != weight.shape[0]:
        raise ValueError(
            f"sigmoid_contractive_penalty(z, weight): z has {z.shape[1]} units, weight has shape {tuple(weight.shape)}. "
            "W needs one row for each unit, as nn.Linear.weight has."
        )
    slope = z * (1 - z)  # the sigmoid's derivative
    return (slope.pow(2) * weight.pow(2).sum(dim=1)).sum(dim=1).mean()
