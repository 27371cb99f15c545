"""Numbers that judge images: how clean a reconstruction is, and how far two sets of images lie apart."""

import torch
from torch import Tensor

__all__ = ["frechet_distance", "psnr"]


def psnr(recon: Tensor, x: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in decibels: 10 log₁₀(1 / MSE), MSE the mean over its pixels.

    20 dB is a mean squared error of 0.01, and every 10 dB more divides it by ten; infinite where the images are equal.
    recon, x: (N, C, H, W) in [0, 1], so that the peak is 1. Returns (N,).
    Raises ValueError when the shapes differ.
    Lesson 09: Denoising
    """
    if recon.shape != x.shape:
        raise ValueError(
            f"psnr(recon, x): recon has shape {tuple(recon.shape)}, x has {tuple(x.shape)}. They must be equal."
        )
    return -10 * (recon - x).pow(2).flatten(1).mean(dim=1).log10()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between the Gaussians that have the means and covariances of two sets of features.

    ‖m_a − m_b‖² + Tr(C_a + C_b − 2 (C_a C_b)^½), computed in float64: M. Heusel et al., "GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017, who call it FID when the features are those of
    the Inception network. Two samples of one distribution give more than 0, and the more the smaller they are, so
    compare only numbers from equally large samples.

    a: (N, d), b: (M, d), any real numbers, at least two rows each. Returns one number, not below 0 but for rounding.
    Raises ValueError for other shapes.
    Lesson 09: Generation
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
