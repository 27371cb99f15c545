"""Losses: reconstruction, KL divergence, their sum, the negative ELBO, penalties on the code, and the variants' own.

In every formula x is an image, recon its reconstruction, and the encoder says q(z|x) = N(mu, diag(exp(logvar))).
Images are (N, C, H, W); one of recon (or logits) and x may also be flat, (N, C·H·W), as the handout's loss allows.
A NaN in any argument gives a loss of NaN, never an error: a training loop sees it there.
"""

import math
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Normal
from torch.func import jacrev, vmap

__all__ = [
    "avae_loss",
    "bernoulli_vae_loss",
    "contractive_penalty",
    "free_bits",
    "gaussian_nll",
    "iw_log_likelihood",
    "kl_divergence",
    "kl_to_rho",
    "l1_penalty",
    "log_weights",
    "optimal_sigma",
    "reconstruction_loss",
    "self_consistency",
    "sigma_vae_loss",
    "sigmoid_contractive_penalty",
    "toy_elbo",
    "vae_loss",
    "vq_loss",
]


def reconstruction_loss(recon: Tensor, x: Tensor, kind: str = "mse") -> Tensor:
    """Reconstruction error: summed over the pixels of an image, averaged over the batch.

    "mse": Σ (x − recon)², the handout's eq. 1 times C·H·W.
    "bce": −Σ [x log recon + (1 − x) log(1 − recon)], eq. 2 times C·H·W; in nats.

    recon, x: (N, C, H, W), or any shape with the batch first; one of them may be flat, (N, C·H·W), as the handout's
    recon.view(N, -1) is. For "bce" both in [0, 1]. Returns a scalar.
    Raises ValueError when the shapes differ otherwise, for an unknown kind, and for "bce" outside [0, 1] (logits,
    usually). A GPU is asked for the range at most once a second, since each question makes it wait, and compiled code
    never: what was not asked gives NaN.
    Lesson 01: How wrong is a reconstruction?
    """
    x = _as_shape_of(recon, x, "reconstruction_loss(recon, x): recon")
    if kind == "mse":
        return F.mse_loss(recon, x, reduction="sum") / len(x)
    if kind == "bce":
        _check_share(
            "reconstruction_loss(kind='bce')", "If recon holds logits, pass torch.sigmoid(recon).", recon=recon, x=x
        )
        # PyTorch's own function refuses anything outside [0, 1], NaN included, on a GPU by ending the whole process.
        inside = (recon.clamp(0, 1) == recon) & (x.clamp(0, 1) == x)
        total = F.binary_cross_entropy(recon.where(inside, 0.5), x.where(inside, 0.5), reduction="sum")
        return total.where(inside.all(), math.nan) / len(x)
    raise ValueError(f"reconstruction_loss(kind): got {kind!r}, expected 'mse' or 'bce'.")


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, diag(exp(logvar))) ‖ N(0, I)) of each image, in nats.

    −½ Σ_j (1 + logvar_j − mu_j² − exp(logvar_j)): Kingma & Welling, "Auto-Encoding Variational Bayes", appendix B.
    mu, logvar: (N, latent_dim), where logvar = log σ², so σ = exp(logvar / 2). Returns (N,), never negative.
    Raises ValueError when the shapes differ.
    Lesson 04: The KL part, in three ways
    """
    if mu.shape != logvar.shape:
        raise ValueError(
            f"kl_divergence(mu, logvar): mu has shape {tuple(mu.shape)}, logvar has {tuple(logvar.shape)}. "
            "The encoder gives one mean and one log-variance for each latent dimension, so they must be equal."
        )
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=-1)


def toy_elbo(m: Tensor, v: Tensor, theta: float, x: float = 1.0) -> Tensor:
    """ELBO of the smallest VAE there is: z ~ N(0, 1), x given z ~ N(z + theta, 1), and q(z|x) = N(m, v), v the variance.

    E_q[log p(x|z)] = −½ log 2π − ½ ((x − theta − m)² + v), less KL(q ‖ N(0, 1)). It is at most log N(x; theta, 2), and
    equal to it where q is the true posterior, m = (x − theta)/2 and v = ½. m, v: tensors of one shape. Returns that shape.
    Lesson 04: Why make the ELBO large?
    """
    log_likelihood = -0.5 * math.log(2 * math.pi) - 0.5 * ((x - theta - m) ** 2 + v)
    return log_likelihood - 0.5 * (m**2 + v - 1 - v.log())


def vae_loss(recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, B: float = 1000) -> tuple[Tensor, Tensor, Tensor]:
    """The handout's loss, B · reconstruction + KL: up to a constant the negative ELBO of a Gaussian decoder.

    With recon = Σ (x − recon)² and σ² = 1/(2B), B · recon = −log N(x; recon, σ² I) + constant; B = 1000 is σ ≈ 0.022.
    recon, x: (N, C, H, W) in [0, 1]; mu, logvar: (N, latent_dim).
    Returns three scalars, each a mean over the batch: total, recon (squared error per image), kl (nats per image).
    Lesson 04: The reconstruction part
    """
    recon_loss = reconstruction_loss(recon, x)
    kl = kl_divergence(mu, logvar).mean()
    return B * recon_loss + kl, recon_loss, kl


def l1_penalty(z: Tensor) -> Tensor:
    """Σ_j |z_j| of each code, averaged over the batch: pulls the entries of a sparse code to exactly 0.

    z: (N, latent_dim), any real numbers. Returns a scalar.
    Lesson 09: Must it be narrow? The sparse autoencoder
    """
    return z.abs().sum(dim=1).mean()


def kl_to_rho(z: Tensor, rho: float = 0.05) -> Tensor:
    """Σ_j KL(rho ‖ ρ̂_j), ρ̂_j the mean of z_j over the batch: asks each unit to be on for the share rho of the images.

    KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂)), in nats: A. Ng, "Sparse autoencoder", CS294A lecture notes.
    z: (N, latent_dim) in [0, 1], such as the output of a sigmoid; N should be large enough for the mean to mean
    something (100 or more). Returns a scalar, 0 only where every ρ̂_j is rho. A unit that is off (or on) for all images
    counts as one with a share of float's epsilon, 1e-7: a finite penalty, and no gradient, as from a sigmoid that far out.
    Raises ValueError for rho outside (0, 1) and for z outside [0, 1] (on a GPU as in reconstruction_loss).
    Lesson 09: Must it be narrow? The sparse autoencoder
    """
    if not 0 < rho < 1:
        raise ValueError(f"kl_to_rho(rho): got {rho}, expected a share between 0 and 1, such as 0.05.")
    _check_share("kl_to_rho(z)", "The penalty is for units that pass a sigmoid; for others use l1_penalty.", z=z)
    tiny = torch.finfo(z.dtype).eps
    rho_hat = z.mean(dim=0).clamp(tiny, 1 - tiny)
    return (rho * (rho / rho_hat).log() + (1 - rho) * ((1 - rho) / (1 - rho_hat)).log()).sum()


def contractive_penalty(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """‖∂z/∂x‖²_F of each image, averaged over the batch: how much a small change of the image moves its code.

    Exact, for any encoder, from the whole Jacobian of each image: S. Rifai et al., "Contractive Auto-Encoders", 2011.
    The cost grows with latent_dim; for one sigmoid layer sigmoid_contractive_penalty gives the same number at once.
    encode: x (N, …) → z (N, latent_dim), each image on its own (no batch norm); x: (N, …). Returns a scalar.
    Lesson 09: The contractive autoencoder
    """
    jacobian = vmap(jacrev(lambda image: encode(image.unsqueeze(0)).squeeze(0)))(x)  # (N, latent_dim, …)
    return jacobian.pow(2).sum() / len(x)


def sigmoid_contractive_penalty(z: Tensor, weight: Tensor) -> Tensor:
    """contractive_penalty of the encoder z = sigmoid(W x + b), in closed form: Σ_j (z_j (1 − z_j))² Σ_i W_ji².

    z: (N, latent_dim) in (0, 1); weight: W (latent_dim, pixels). Returns a scalar.
    Raises ValueError when W has not one row for each unit of z.
    Lesson 09: The contractive autoencoder
    """
    if z.shape[1] != weight.shape[0]:
        raise ValueError(
            f"sigmoid_contractive_penalty(z, weight): z has {z.shape[1]} units, weight has shape {tuple(weight.shape)}. "
            "W needs one row for each unit, as nn.Linear.weight has."
        )
    slope = z * (1 - z)  # the sigmoid's derivative
    return (slope.pow(2) * weight.pow(2).sum(dim=1)).sum(dim=1).mean()


def bernoulli_vae_loss(
    logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> tuple[Tensor, Tensor, Tensor]:
    """−ELBO of a Bernoulli decoder that gives logits, in nats: BCE-with-logits + beta · KL.

    With beta = 1 and x of zeros and ones this is −ELBO exactly; with another beta it is the β-VAE's loss (I. Higgins
    et al., "β-VAE", ICLR 2017). Greys in [0, 1] are accepted, but then the number is no log-likelihood.
    logits: (N, C, H, W), any real numbers, *not* passed through a sigmoid; x: same shape, in [0, 1].
    Returns three scalars, each a mean over the batch: total, recon, kl.
    Lesson 12: 1 · How good is a VAE?
    """
    x = _as_shape_of(logits, x, "bernoulli_vae_loss(logits, x): logits")
    recon_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = kl_divergence(mu, logvar).mean()
    return recon_loss + beta * kl, recon_loss, kl


def gaussian_nll(recon: Tensor, x: Tensor, sigma: float | Tensor) -> Tensor:
    """−log N(x; recon, sigma²): summed over the pixels of an image, averaged over the batch, in nats.

    It is a density, so it may be negative. recon, x: (N, C, H, W); sigma: a number or a tensor that broadcasts with
    recon, above 0. Raises ValueError when the shapes differ and for a sigma of 0 or below (on a GPU as in
    reconstruction_loss; there an unseen sigma of 0 gives an infinite loss).
    Lesson 12: 4 · Do not choose $B$ by hand
    """
    x = _as_shape_of(recon, x, "gaussian_nll(recon, x): recon")
    sigma = torch.as_tensor(sigma, dtype=recon.dtype)  # a number lies on the CPU, where it is always looked at
    if _may_look(sigma) and sigma.min() <= 0:
        raise ValueError(
            f"gaussian_nll(sigma): got {sigma.min():.3g}, expected a standard deviation above 0. A perfect reconstruction "
            "has no likelihood: give sigma a floor, such as sigma.clamp(min=1e-3)."
        )
    return -Normal(recon, sigma.to(recon.device), validate_args=False).log_prob(x).sum() / len(x)


def optimal_sigma(recon: Tensor, x: Tensor) -> Tensor:
    """The one decoder σ under which x is most likely: the root of the mean squared error over all images and pixels.

    dNLL/dσ = 0 gives σ² = mean (x − recon)²: O. Rybkin et al., "Simple and Effective VAE Training with Calibrated
    Decoders", ICML 2021. recon, x: (N, C, H, W). Returns a scalar, 0 for a perfect reconstruction.
    Raises ValueError when the shapes differ.
    Lesson 12: 4 · Do not choose $B$ by hand
    """
    return (_as_shape_of(recon, x, "optimal_sigma(recon, x): recon") - recon).pow(2).mean().sqrt()


def sigma_vae_loss(recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """−ELBO of a Gaussian decoder whose σ is the best for each batch: no B to choose.

    O. Rybkin et al. (ICML 2021) call this closed form the optimal σ-VAE; their σ-VAE learns one shared σ instead.

    σ goes no lower than 0.001, which is about what rounding to 8 bits leaves of a pixel (1/(255 √12)): a batch that is
    reconstructed perfectly has a finite loss and gradient.
    Shapes as in vae_loss. Returns three scalars: total (nats), recon (squared error per image), kl (nats per image).
    Lesson 12: 4 · Do not choose $B$ by hand
    """
    x = _as_shape_of(recon, x, "sigma_vae_loss(recon, x): recon")
    sigma = (x - recon).pow(2).mean().clamp(min=1e-6).sqrt()  # optimal_sigma; the root of exactly 0 has no gradient
    kl = kl_divergence(mu, logvar).mean()
    return gaussian_nll(recon, x, sigma) + kl, reconstruction_loss(recon, x), kl


def free_bits(mu: Tensor, logvar: Tensor, minimum: float) -> Tensor:
    """Σ_j max(minimum, KL_j), KL_j the KL of latent dimension j averaged over the batch, in nats.

    The first nats of each dimension are free, so nothing presses it down to 0: D. Kingma et al., "Improved Variational
    Inference with Inverse Autoregressive Flow", NeurIPS 2016. mu, logvar: (N, latent_dim); minimum from 0 up.
    Returns a scalar, at least latent_dim · minimum.
    Lesson 12: 5 · Posterior collapse
    """
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())  # (N, latent_dim)
    return kl.mean(dim=0).clamp(min=minimum).sum()


def log_weights(log_likelihood: Callable[[Tensor], Tensor], mu: Tensor, logvar: Tensor, k: int) -> Tensor:
    """log [p(x|z) p(z) / q(z|x)] for k samples z ~ q(z|x) = N(mu, exp(logvar)) of each image, in nats.

    log_likelihood: z (N, latent_dim) → log p(x|z) (N,), for the N images that mu and logvar belong to.
    Returns (k, N); their mean over k estimates the ELBO, iw_log_likelihood a tighter bound.
    Lesson 12: 1 · How good is a VAE?
    """
    q, prior = Normal(mu, torch.exp(0.5 * logvar), validate_args=False), Normal(0.0, 1.0, validate_args=False)
    rows = []
    for z in q.rsample((k,)):
        rows.append(log_likelihood(z) + (prior.log_prob(z) - q.log_prob(z)).sum(dim=1))
    return torch.stack(rows)


def iw_log_likelihood(log_w: Tensor) -> Tensor:
    """log (1/k Σ_i w_i) of each image from log_w (k, N): the importance-weighted bound of log p(x), in nats.

    Y. Burda et al., "Importance Weighted Autoencoders", ICLR 2016: k = 1 is an estimate of the ELBO, and on average the
    bound never falls as k grows, up to log p(x). By logsumexp, for the weights themselves are far too small for a float.
    Returns (N,).
    Lesson 12: From the ELBO to
    """
    return torch.logsumexp(log_w, dim=0) - math.log(len(log_w))


def vq_loss(
    logits: Tensor, x: Tensor, z_e: Tensor, z_q: Tensor, commitment: float = 0.25
) -> tuple[Tensor, Tensor, Tensor]:
    """The VQ-VAE's loss: BCE-with-logits + ‖sg(z_e) − z_q‖² + commitment · ‖z_e − sg(z_q)‖², sg = no gradient.

    The second term moves the codebook to the encoder's vectors, the third keeps the encoder near the codebook:
    A. van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017, eq. 3.
    logits, x: (N, C, H, W), x in [0, 1]; z_e: the encoder's vectors (N, positions, dim), z_q: the nearest in the codebook.
    Returns three scalars, each a mean over the batch: total, recon, the squared distance from z_e to z_q.
    Lesson 13: The VQ-VAE
    """
    x = _as_shape_of(logits, x, "vq_loss(logits, x): logits")
    recon_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    codebook = (z_e.detach() - z_q).pow(2).sum() / len(x)
    committed = (z_e - z_q.detach()).pow(2).sum() / len(x)
    return recon_loss + codebook + commitment * committed, recon_loss, committed.detach()


def self_consistency(z: Tensor, mu: Tensor, logvar: Tensor, rho: float = 0.975) -> Tensor:
    """KL(N(mu, exp(logvar)) ‖ N(rho · z, (1 − rho²) I)) of each image, in nats: is z found again?

    mu, logvar: what the encoder says of an image drawn from z. The transition kernel rho · z + √(1 − rho²) ε leaves
    N(0, I) as it is. A. T. Cemgil et al., "The Autoencoding Variational Autoencoder", NeurIPS 2020.
    z, mu, logvar: (N, latent_dim); rho in (0, 1), near 1 for a strict demand. Returns (N,).
    Lesson 13: The AVAE
    """
    if not 0 < rho < 1:
        raise ValueError(f"self_consistency(rho): got {rho}, expected a correlation between 0 and 1, such as 0.975.")
    variance = 1 - rho**2
    return 0.5 * ((logvar.exp() + (mu - rho * z).pow(2)) / variance - 1 - logvar + math.log(variance)).sum(dim=1)


def avae_loss(
    logits: Tensor,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    z: Tensor,
    mu_again: Tensor,
    logvar_again: Tensor,
    rho: float = 0.975,
) -> tuple[Tensor, Tensor, Tensor]:
    """bernoulli_vae_loss + self_consistency: the AVAE's loss, in nats, for what models.AVAE gives.

    z: the sample that was decoded; mu_again, logvar_again: what the encoder says of the image drawn from it.
    Returns three scalars, each a mean over the batch: total, recon, kl.
    Lesson 13: The AVAE
    """
    total, recon_loss, kl = bernoulli_vae_loss(logits, x, mu, logvar)
    return total + self_consistency(z, mu_again, logvar_again, rho).mean(), recon_loss, kl


def _as_shape_of(recon: Tensor, x: Tensor, who: str) -> Tensor:
    """x in recon's shape, where one of the two is flat and the numbers of images and pixels agree."""
    if recon.shape == x.shape:
        return x
    if min(recon.ndim, x.ndim) == 2 and len(recon) == len(x) and recon.numel() == x.numel():
        return x.reshape(recon.shape)
    raise ValueError(
        f"{who} has shape {tuple(recon.shape)}, x has {tuple(x.shape)}. They must be equal, or one of them flat: "
        "(N, pixels) with as many images and pixels as the other has."
    )


_last_look = -math.inf


def _may_look(values: Tensor) -> bool:
    """Whether the numbers in a tensor may be read now: on the CPU always, on a GPU, which has to finish all its work
    first, once a second (so the first batch of a training is seen), and never in compiled code or where there are none."""
    global _last_look
    if torch.compiler.is_compiling() or values.is_meta:
        return False
    if values.device.type == "cpu":
        return True
    now = time.monotonic()
    if now - _last_look <= 1:
        return False
    _last_look = now
    return True


def _check_share(who: str, cure: str, **tensors: Tensor) -> None:
    """Raise ValueError for values outside [0, 1], where they may be looked at. NaN passes."""
    if not _may_look(next(iter(tensors.values()))):
        return
    for name, values in tensors.items():
        low, high = values.aminmax()
        if low < 0 or high > 1:
            raise ValueError(f"{who}: {name} has values from {low:.3g} to {high:.3g}, expected [0, 1]. {cure}")
