"""Numbers that judge images and codes: how clean a reconstruction is, how far two sets of images, or codes and prior, lie apart."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from ._language import tr

__all__ = [
    "active_units",
    "coverage",
    "frechet_distance",
    "gaussian_kl",
    "image_errors",
    "kl_per_dimension",
    "psnr",
    "sharpness",
    "spread",
]


def image_errors(recon: Tensor, x: Tensor) -> Tensor:
    """The squared error of each image, summed over its pixels: Σ (x̂ − x)².

    recon, x: (N, C, H, W); one of them or both may be flat, (N, C·H·W), as in the losses. Returns (N,). Raises ValueError when
    the shapes do not fit.
    Lesson 06: How large is the error?
    """
    return _squared("image_errors", recon, x).sum(dim=1)


def _squared(name: str, recon: Tensor, x: Tensor) -> Tensor:
    """(x̂ − x)², (N, pixels)."""
    flat = 2 in (recon.ndim, x.ndim) and len(recon) == len(x) and recon.numel() == x.numel()
    if recon.shape != x.shape and not flat:
        raise ValueError(
            f"{name}(recon, x): recon has shape {tuple(recon.shape)}, x has {tuple(x.shape)}. They must be equal, or one of "
            "them flat: (N, pixels) with as many images and pixels as the other has."
        )
    return (recon.flatten(1) - x.flatten(1)).pow(2)


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) of each dimension in nats, the mean over the images: an upper limit on what it tells of them.

    mu, logvar: (N, d). Returns (d,); its sum is the mean of losses.kl_divergence. Raises ValueError when the shapes differ.
    Lesson 07: 3 · More dimensions: 16 sliders
    """
    if mu.shape != logvar.shape:
        raise ValueError(
            f"kl_per_dimension(mu, logvar): mu has shape {tuple(mu.shape)}, logvar has {tuple(logvar.shape)}. They must be equal."
        )
    return 0.5 * (mu.pow(2) + logvar.exp() - logvar - 1).mean(dim=0)


def active_units(mu: Tensor, threshold: float = 0.01) -> int:
    """How many dimensions of the code are in use: those whose posterior mean varies over the images, Var_x[μ_j(x)] > threshold.

    Y. Burda et al., "Importance Weighted Autoencoders", ICLR 2016, section 5.2. mu: (N, d), N from 2 up, of many images.
    Returns a whole number from 0 to d. Raises ValueError for another shape.
    Lesson 12: 5 · Posterior collapse
    """
    if mu.ndim != 2 or len(mu) < 2:
        raise ValueError(f"active_units(mu): got shape {tuple(mu.shape)}, expected (N, d) with N from 2 up.")
    return int((mu.var(dim=0) > threshold).sum())


def sharpness(images: Tensor, reference: Tensor) -> float:
    """How much of real images' fine detail is there: the mean square of the Laplacian, over that of the reference.

    The Laplacian is the sum of a pixel's four neighbours less four times the pixel: 0 where the image is flat or an even
    slope, large at the edges of strokes. 1 is as sharp as the reference, a blur less, grain more: it does not ask whether
    the strokes make a digit.
    images, reference: (N, C, H, W) in [0, 1], H and W from 3 up; of the same C. Returns one number, 0 or more.
    Raises ValueError for other shapes and for a reference without any detail.
    Lesson 12: 3 · Where does the blur come from?
    """
    for name, x in (("images", images), ("reference", reference)):
        if x.ndim != 4 or len(x) == 0 or min(x.shape[2:]) < 3 or x.shape[1] != reference.shape[1]:
            raise ValueError(
                f"sharpness(images, reference): {name} has shape {tuple(x.shape)}, expected (N, C, H, W) with H and W from 3 "
                "up and the same C on both sides."
            )
    detail, whole = _laplacian_energy(images), _laplacian_energy(reference)
    if whole == 0:
        raise ValueError("sharpness(reference): its images are all flat. Expected real images, with edges.")
    return detail / whole


def _laplacian_energy(images: Tensor) -> float:
    kernel = images.new_tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]]).expand(images.shape[1], 1, 3, 3)
    return F.conv2d(images, kernel, groups=images.shape[1]).pow(2).mean().item()


def spread(values: Iterable[float], digits: int = 1) -> str:
    """ "mean ± standard deviation" of a figure over several seeds, with the decimal mark of the language: two figures whose spreads
    overlap are a draw.

    values: two or more numbers, one for each seed; the standard deviation is that of a sample (n − 1).
    Raises ValueError for fewer than two.
    Lesson 11: Three measures of a picture
    """
    values = torch.as_tensor([float(value) for value in values], dtype=torch.float64)
    if len(values) < 2:
        raise ValueError(f"spread(values): got {len(values)} value, expected two or more, one for each seed.")
    text = f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"
    return tr(text.replace(".", ","), text)


def psnr(recon: Tensor, x: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in decibels: 10 log₁₀(1 / MSE), MSE the mean over its pixels.

    20 dB is a mean squared error of 0.01, and every 10 dB more divides it by ten; infinite where the images are equal.
    recon, x: (N, C, H, W) in [0, 1], so that the peak is 1; one of them or both may be flat, (N, C·H·W), as in the losses.
    Returns (N,). Raises ValueError when the shapes do not fit.
    Lesson 10: 2 · Denoising
    """
    return -10 * _squared("psnr", recon, x).mean(dim=1).log10()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between the Gaussians that have the means and covariances of two sets of features.

    ‖m_a − m_b‖² + Tr(C_a + C_b − 2 (C_a C_b)^½), computed in float64: M. Heusel et al., "GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017, who call it FID when the features are those of
    the Inception network. Two samples of one distribution give more than 0, and the more the smaller they are, so
    compare only numbers from equally large samples.

    a: (N, d), b: (M, d), any real numbers, at least two rows each. Returns one number, not below 0 but for rounding.
    Raises ValueError for other shapes.
    Lesson 11: Three measures of a picture
    """
    for name, features in (("a", a), ("b", b)):
        if features.ndim != 2 or len(features) < 2 or features.shape[1] != b.shape[-1]:
            raise ValueError(
                f"frechet_distance(a, b): {name} has shape {tuple(features.shape)}, expected (N, d) with N from 2 up and "
                f"the same d on both sides (a: {tuple(a.shape)}, b: {tuple(b.shape)})."
            )
    a, b = a.cpu().double(), b.cpu().double()  # Apple's GPU has no float64
    C_a, C_b = a.T.cov().view(a.shape[1], -1), b.T.cov().view(a.shape[1], -1)  # cov of a single row is a number
    # C_a C_b has the eigenvalues of the symmetric C_a^½ C_b C_a^½: real and not negative but for rounding.
    root_trace = torch.linalg.eigvals(C_a @ C_b).real.clamp(min=0).sqrt().sum()
    return ((a.mean(dim=0) - b.mean(dim=0)).pow(2).sum() + C_a.trace() + C_b.trace() - 2 * root_trace).item()


def coverage(drawn: Tensor, real: Tensor, k: int = 5) -> float:
    """The share of real items that something drawn lies near: within the distance of their own k-th nearest real neighbour.

    M. F. Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", ICML 2020, eq. 5. A model that leaves
    kinds out has a low one, however good what it draws is; as many drawn as real items of the same kind give about 1 − 2^−k.
    drawn: (N, d), real: (M, d) with M > k, features or other numbers whose distances mean something. Returns 0 … 1.
    Raises ValueError for other shapes.
    Lesson 14: 2 · A GAN
    """
    if drawn.ndim != 2 or real.ndim != 2 or drawn.shape[1] != real.shape[1] or not 0 < k < len(real) or len(drawn) == 0:
        raise ValueError(
            f"coverage(drawn, real): got shapes {tuple(drawn.shape)} and {tuple(real.shape)}, expected (N, d) and (M, d) with "
            f"one d and M above k = {k}."
        )
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values  # the nearest is the item itself
    return (torch.cdist(real, drawn).min(dim=1).values <= radius).float().mean().item()


def gaussian_kl(codes: Tensor) -> float:
    """KL(N(m, C) ‖ N(0, I)) in nats, with the mean m and the covariance C of the codes: do they lie as the prior does?

    ½ (Tr C + ‖m‖² − d − log det C): the closed form for two Gaussians, C. Bishop, "Pattern Recognition and Machine
    Learning", 2006, exercise 2.13. It sees centre, width and slant, not the shape: 0 for every cloud with mean 0 and
    covariance I. N rows drawn from N(0, I) itself give about d (d + 3) / (4 N).

    codes: (N, d), any real numbers, N > d rows that do not all lie in one plane. Returns one number, not below 0.
    Raises ValueError for another shape, for values that are not finite, and for codes without a spread in some direction.
    Lesson 01: Where to take z from?
    """
    if codes.ndim != 2 or len(codes) <= codes.shape[1]:
        raise ValueError(
            f"gaussian_kl(codes): got shape {tuple(codes.shape)}, expected (N, d) with more rows N than dimensions d."
        )
    codes = codes.detach().cpu().double()
    if not codes.isfinite().all():
        raise ValueError("gaussian_kl(codes): got NaN or infinite values, expected real numbers.")
    m, C = codes.mean(dim=0), codes.T.cov(correction=0).view(codes.shape[1], -1)  # cov of a single row is a number
    sign, log_det = torch.linalg.slogdet(C)
    if sign <= 0:
        raise ValueError(
            "gaussian_kl(codes): the codes have no spread in some direction, so the KL is infinite. "
            "Leave out the dimension that never changes, or look at the network: it does not use it."
        )
    return 0.5 * (C.trace() + m.dot(m) - codes.shape[1] - log_det).item()
