"""The checks: typical wrong answers are refused, each with its own hint; right answers are accepted however written."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import sqrtm, subspace_angles
from scipy.stats import entropy, mannwhitneyu
from sklearn.metrics import roc_auc_score
from torch.distributions import Bernoulli, Categorical, Independent, MultivariateNormal, Normal, kl_divergence

import vae_helpers
from vae_helpers import checks, data, metrics, widgets


def no_grad(function):
    def wrapped(*arguments):
        with torch.no_grad():
            return function(*arguments)

    return wrapped


def kl(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)


def sse(recon, x):
    return ((recon - x) ** 2).sum() / len(x)


def in_place(mu, logvar):
    logvar *= 0.5
    return mu + logvar.exp() * torch.randn_like(mu)


def in_place_kl(mu, logvar):
    mu.data.pow_(2)
    return -0.5 * (1 + logvar - mu - logvar.exp()).sum(1)


def seeded(mu, logvar):
    torch.manual_seed(0)
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


def loss_with(recon_part, kl_part):
    return lambda r, x, m, v, B: (B * recon_part(r, x) + kl_part(m, v), recon_part(r, x), kl_part(m, v))


def independent_kl(mu, logvar):
    q = Independent(Normal(mu, (0.5 * logvar).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(q, p)


def matrix_kl(mu, logvar):
    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    return kl_divergence(q, MultivariateNormal(torch.zeros_like(mu), torch.eye(mu.shape[1])))


def kl_by_loop(mu, logvar):
    return torch.stack([sum(0.5 * (v.exp() + m * m - 1 - v) for m, v in zip(a, b, strict=True)) for a, b in zip(mu, logvar, strict=True)])  # fmt: skip


def decode(model, z):
    return model.decode(z)


def slerp_by_angle(a, b, t, inverse=torch.acos):
    angle = inverse(F.cosine_similarity(a, b, dim=0))
    return a * torch.sin((1 - t) * angle) / torch.sin(angle) + b * torch.sin(t * angle) / torch.sin(angle)


def angles_of(A, B, basis=lambda A: torch.linalg.qr(A)[0]):
    return torch.rad2deg(torch.acos(torch.linalg.svd(basis(A).T @ basis(B))[1].clamp(max=1)))


def bernoulli_kl(p, q):
    return kl_divergence(Bernoulli(p), Bernoulli(q))


def jacobian_penalty(z, W):
    """From the Jacobian itself: diag(z (1 − z)) W of each image."""
    return torch.stack([torch.linalg.matrix_norm(torch.diag(a * (1 - a)) @ W) ** 2 for a in z]).mean()


def frobenius(z, W):
    return ((z - z**2) ** 2 @ (W**2).sum(1)).mean()


def mask(x, share):
    return x * (torch.rand_like(x) >= share)


def masked_in_place(x, share):
    x[torch.rand_like(x) < share] = 0
    return x


def fixed_number_mask(x, share):
    order = torch.rand(len(x), 784).argsort(dim=1).argsort(dim=1)
    return x * (order >= round(share * 784)).view_as(x)


def seeded_mask(x, share):
    torch.manual_seed(0)
    return mask(x, share)


def shares(symbols):
    counts = symbols.unique(return_counts=True)[1]
    return counts / counts.sum()


def frechet(a, b, gap=lambda v: v @ v, weight=2, root=sqrtm, ddof=1, centred=True):
    """With SciPy's matrix square root; each argument is a way to get it wrong."""
    a, b = a.double().numpy(), b.double().numpy()
    C_a, C_b = (np.cov(x.T, ddof=ddof) if centred else x.T @ x / (len(x) - 1) for x in (a, b))
    return gap(torch.tensor(a.mean(0) - b.mean(0))).item() + np.trace(C_a + C_b - weight * root(C_a @ C_b))


def nuclear(a, b):
    """Tr (C_a C_b)^½ another way: the sum of the singular values of C_a^½ C_b^½, with any factors A Aᵀ = C_a."""
    A, B = (torch.linalg.cholesky(x.T.cov()) for x in (a, b))
    return torch.linalg.svdvals(A.T @ B).sum()


def spread(a):
    return torch.linalg.eigvalsh(a.T.cov())


def kl_by_dimension(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0)


def python_max_free_bits(mu, logvar, minimum):
    return sum(max(minimum, kl_by_dimension(mu, logvar)) for _ in "j")


def nearest(z_e, codebook):
    return codebook[torch.cdist(z_e, codebook).argmin(1)]


class CopiedGradient(torch.autograd.Function):
    """The straight-through estimator written as a function with a backward pass of its own."""

    @staticmethod
    def forward(ctx, z_e, codebook):
        return nearest(z_e, codebook)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


BCE = F.binary_cross_entropy

# check → (right answers, {recognised mistake or None: wrong answer})
CASES = {
    "pixel_count": (
        [lambda x: x[0].numel(), lambda x: int(np.prod(x.shape[1:])), lambda x: x.numel() // len(x)],
        {
            "whole_batch": lambda x: x.numel(),
            "no_channels": lambda x: x.shape[-1] * x.shape[-2],
            "image_count": lambda x: x.shape[0],
            "hard_coded": lambda x: 784,
            "sum": lambda x: sum(x.shape[1:]),
            "dimensions": lambda x: x.ndim,
            "type": lambda x: "784",
            "constant": lambda x: 28,
            None: lambda x: x[0].numel() + 1,
        },
    ),
    "mse": (
        [lambda r, x: ((r - x) ** 2).mean(), F.mse_loss, lambda r, x: torch.square(x - r).sum() / x.numel()],
        {
            "sum": lambda r, x: F.mse_loss(r, x, reduction="sum"),
            "sum_over_pixels": sse,
            "per_image": lambda r, x: ((r - x) ** 2).flatten(1).mean(1),
            "per_pixel": lambda r, x: (r - x) ** 2,
            "absolute": F.l1_loss,
            "root": lambda r, x: ((r - x) ** 2).mean() ** 0.5,
            "not_squared": lambda r, x: (r - x).mean(),
            "half": lambda r, x: 0.5 * F.mse_loss(r, x),
            "detached": lambda r, x: F.mse_loss(r, x).item(),
            "constant": lambda r, x: torch.tensor(0.25),
        },
    ),
    "bce": (
        [
            BCE,
            lambda r, x: -(x * r.log() + (1 - x) * (1 - r).log()).mean(),
            lambda r, x: F.binary_cross_entropy_with_logits(torch.logit(r), x),
        ],
        {
            "sign": lambda r, x: -BCE(r, x),
            "half_forgotten": lambda r, x: -(x * r.log()).mean(),
            "logits": F.binary_cross_entropy_with_logits,
            "swapped": lambda r, x: BCE(x, r),
            "sum": lambda r, x: BCE(r, x, reduction="sum"),
            "sum_over_pixels": lambda r, x: BCE(r, x, reduction="sum") / len(x),
            "per_pixel": lambda r, x: BCE(r, x, reduction="none"),
            "log2": lambda r, x: -(x * r.log2() + (1 - x) * (1 - r).log2()).mean(),
            "log10": lambda r, x: -(x * r.log10() + (1 - x) * (1 - r).log10()).mean(),
            "nan": lambda r, x: -(r * x.log() + (1 - r) * (1 - x).log()).mean(),
            "detached": no_grad(BCE),
        },
    ),
    "interpolate": (
        [lambda a, b, t: (1 - t) * a + t * b, torch.lerp, lambda a, b, t: a + t * (b - a)],
        {
            "swapped": lambda a, b, t: t * a + (1 - t) * b,
            "midpoint": lambda a, b, t: (a + b) / 2,
            "no_weight_on_a": lambda a, b, t: a + t * b,
            "away": lambda a, b, t: a + t * (a - b),
            "stays": lambda a, b, t: a.clone(),
            "jumps": lambda a, b, t: b.clone(),
            "difference": lambda a, b, t: t * (b - a),
        },
    ),
    "sigma": (
        [lambda v: torch.exp(v / 2), lambda v: v.exp().sqrt(), lambda v: v.exp() ** 0.5],
        {
            "identity": lambda v: v,
            "variance": lambda v: v.exp(),
            "negative": lambda v: torch.exp(-v / 2),
            "double": lambda v: torch.exp(2 * v),
            "half": lambda v: v / 2,
            "half_outside": lambda v: v.exp() / 2,
            "root": lambda v: v.sqrt(),
            "nan": lambda v: v.log(),
            "detached": lambda v: torch.exp(v.detach() / 2),
        },
    ),
    "conv_size": (
        [
            lambda n, k, s, p: (n + 2 * p - k) // s + 1,
            lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
            lambda n, k, s, p: torch.nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape[-1],
        ],
        {
            "one_forgotten": lambda n, k, s, p: (n + 2 * p - k) // s,
            "padding_once": lambda n, k, s, p: (n + p - k) // s + 1,
            "no_padding": lambda n, k, s, p: (n - k) // s + 1,
            "no_kernel": lambda n, k, s, p: (n + 2 * p) // s + 1,
            "ceil": lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1,
            "fraction": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            "no_stride": lambda n, k, s, p: n + 2 * p - k + 1,
            "divided": lambda n, k, s, p: n // s,
            "constant": lambda n, k, s, p: 14,
        },
    ),
    "parameter_count": (
        [
            lambda i, o: i * o + o,
            lambda i, o: (i + 1) * o,
            lambda i, o: sum(p.numel() for p in torch.nn.Linear(i, o).parameters()),
        ],
        {
            "no_bias": lambda i, o: i * o,
            "bias_per_input": lambda i, o: i * o + i,
            "one_bias": lambda i, o: i * o + 1,
            "both_biases": lambda i, o: i * o + i + o,
            "added": lambda i, o: i + o,
            "hard_coded": lambda i, o: 6274,
        },
    ),
    "latent_shapes": (
        [
            lambda n, d: ((n, d), (n, d), (n, d), (n, 1, 28, 28)),
            lambda n, d: [torch.Size([n, d])] * 3 + [torch.Size([n, 1, 28, 28])],
        ],
        {
            "no_batch": lambda n, d: ((d,), (d,), (d,), (1, 28, 28)),
            "z_doubled": lambda n, d: ((n, d), (n, d), (n, 2 * d), (n, 1, 28, 28)),
            "flat_recon": lambda n, d: ((n, d), (n, d), (n, d), (n, 784)),
            "no_channel": lambda n, d: ((n, d), (n, d), (n, d), (n, 28, 28)),
            "transposed": lambda n, d: ((d, n), (d, n), (d, n), (n, 1, 28, 28)),
            "scalar_variance": lambda n, d: ((n, d), (n, 1), (n, d), (n, 1, 28, 28)),
            "ten_classes": lambda n, d: ((n, 10), (n, 10), (n, 10), (n, 1, 28, 28)),
        },
    ),
    "reparameterize_fixed": (
        [lambda m, s, e: m + s * e, lambda m, s, e: torch.addcmul(m, s, e), lambda m, s, e: e.mul(s).add(m)],
        {
            "no_scale": lambda m, s, e: m + e,
            "no_noise": lambda m, s, e: m + s,
            "variance": lambda m, s, e: m + s**2 * e,
            "root": lambda m, s, e: m + e * torch.sqrt(s),
            "logvar": lambda m, s, e: m + torch.exp(s / 2) * e,
            "minus": lambda m, s, e: m - s * e,
            "mu_scaled": lambda m, s, e: s + m * e,
            "product": lambda m, s, e: (m + s) * e,
            "detached": no_grad(lambda m, s, e: m + s * e),
            None: lambda m, s, e: 2 * m + s * e,
        },
    ),
    "reparameterize": (
        [
            lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(v),
            lambda m, v: Normal(m, v.exp().sqrt()).rsample(),
            lambda m, v: torch.addcmul(m, v.div(2).exp(), torch.randn(m.shape)),
            lambda m, v: m + (0.5 * v).exp() * torch.normal(torch.zeros(m.shape), torch.ones(m.shape)),
        ],
        {
            "logvar_as_sigma": lambda m, v: m + v * torch.randn_like(v),
            "variance": lambda m, v: m + v.exp() * torch.randn_like(v),
            "no_noise": lambda m, v: m + 0 * v,
            "no_scale": lambda m, v: m + torch.randn_like(v),
            "not_gaussian": lambda m, v: m + (0.5 * v).exp() * torch.rand_like(v),
            "shared_by_batch": lambda m, v: m + (0.5 * v).exp() * torch.randn(m.shape[1]),
            "shared_by_dimensions": lambda m, v: m + (0.5 * v).exp() * torch.randn(len(m), 1),
            "repeated": seeded,
            "detached": lambda m, v: Normal(m, (0.5 * v).exp()).sample(),
            "half_detached": lambda m, v: m + (0.5 * v.detach()).exp() * torch.randn_like(v),
            "sign": lambda m, v: m + (-0.5 * v).exp() * torch.randn_like(v),
            "double": lambda m, v: m + (2 * v).exp() * torch.randn_like(v),
            "half_outside": lambda m, v: m + 0.5 * v.exp() * torch.randn_like(v),
            "modified": in_place,
            "shape": lambda m, v: torch.cat([m, v], dim=1),
            "nan": lambda m, v: m + v.sqrt() * torch.randn_like(v),
            "type": lambda m, v: 0.5,
            "scale": lambda m, v: m + 1.5 * (0.5 * v).exp() * torch.randn_like(v),
        },
    ),
    "score_gradient": (
        [
            lambda z, m, s, value: value * (z - m) / s**2,
            lambda z, m, s, value: (
                torch.stack([torch.autograd.functional.jacobian(lambda a, y=y: Normal(a, s).log_prob(y), m) for y in z])
                * value
            ),
        ],
        {
            "sigma": lambda z, m, s, value: value * (z - m) / s,
            "sign": lambda z, m, s, value: value * (m - z) / s**2,
            "no_value": lambda z, m, s, value: (z - m) / s**2,
            "no_sigma": lambda z, m, s, value: value * (z - m),
            "pathwise": lambda z, m, s, value: 2 * z,
            "averaged": lambda z, m, s, value: (value * (z - m) / s**2).mean(),
            "density": lambda z, m, s, value: value * Normal(m, s).log_prob(z),
        },
    ),
    "kl_divergence": (
        [kl, independent_kl, matrix_kl, kl_by_loop, lambda m, v: kl(m.double(), v.double())],
        {
            "half_forgotten": lambda m, v: 2 * kl(m, v),
            "sign": lambda m, v: -kl(m, v),
            "logvar_as_sigma": lambda m, v: -0.5 * (1 + (v**2).log() - m**2 - v**2).sum(1),
            "logvar_as_variance": lambda m, v: -0.5 * (1 + v.log() - m**2 - v).sum(1),
            "logvar_as_log_sigma": lambda m, v: kl(m, 2 * v),
            "mean_over_dimensions": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).mean(1),
            "sum_over_batch": lambda m, v: kl(m, v).sum(),
            "mean_over_batch": lambda m, v: kl(m, v).mean(),
            "wrong_axis": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).sum(0),
            "not_summed": lambda m, v: -0.5 * (1 + v - m**2 - v.exp()),
            "no_exp": lambda m, v: 0.5 * (m**2 - 1).sum(1),
            "sigma_not_variance": lambda m, v: -0.5 * (1 + v - m**2 - (0.5 * v).exp()).sum(1),
            "mu_not_squared": lambda m, v: -0.5 * (1 + v - m - v.exp()).sum(1),
            "one_forgotten": lambda m, v: -0.5 * (v - m**2 - v.exp()).sum(1),
            "bits": lambda m, v: kl(m, v) / math.log(2),
            "reversed": lambda m, v: kl_divergence(Normal(0.0, 1.0), Normal(m, (0.5 * v).exp())).sum(1),
            "detached": no_grad(kl),
            "modified": in_place_kl,
            "shape": lambda m, v: kl(m, v)[:, None],
            None: lambda m, v: kl(m, v) + 0.01,
        },
    ),
    "vae_loss": (
        [
            loss_with(sse, lambda m, v: kl(m, v).mean()),
            vae_helpers.losses.vae_loss,
            loss_with(lambda r, x: F.mse_loss(r, x) * x[0].numel(), lambda m, v: independent_kl(m, v).sum() / len(m)),
        ],
        {
            "only_total": lambda r, x, m, v, B: B * sse(r, x) + kl(m, v).mean(),
            "order": lambda r, x, m, v, B: (sse(r, x), kl(m, v).mean(), B * sse(r, x) + kl(m, v).mean()),
            "B_ignored": lambda r, x, m, v, B: loss_with(sse, lambda m, v: kl(m, v).mean())(r, x, m, v, 1),
            "B_hard_coded": lambda r, x, m, v, B: loss_with(sse, lambda m, v: kl(m, v).mean())(r, x, m, v, 1000),
            "B_on_kl": lambda r, x, m, v, B: (sse(r, x) + B * kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "B_on_both": lambda r, x, m, v, B: (B * (sse(r, x) + kl(m, v).mean()), sse(r, x), kl(m, v).mean()),
            "recon_with_B": lambda r, x, m, v, B: (B * sse(r, x) + kl(m, v).mean(), B * sse(r, x), kl(m, v).mean()),
            "kl_subtracted": lambda r, x, m, v, B: (B * sse(r, x) - kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "elbo": lambda r, x, m, v, B: (-B * sse(r, x) - kl(m, v).mean(), sse(r, x), kl(m, v).mean()),
            "pixel_mean": loss_with(F.mse_loss, lambda m, v: kl(m, v).mean()),
            "typed_784": loss_with(lambda r, x: 784 * F.mse_loss(r, x), lambda m, v: kl(m, v).mean()),
            "batch_sum": loss_with(lambda r, x: ((r - x) ** 2).sum(), lambda m, v: kl(m, v).mean()),
            "kl_batch_sum": loss_with(sse, lambda m, v: kl(m, v).sum()),
            "kl_mean": loss_with(sse, lambda m, v: -0.5 * (1 + v - m**2 - v.exp()).mean()),
            "kl_half_forgotten": loss_with(sse, lambda m, v: 2 * kl(m, v).mean()),
            "kl_sign": loss_with(sse, lambda m, v: -kl(m, v).mean()),
            "bce": loss_with(lambda r, x: BCE(r, x, reduction="sum") / len(x), lambda m, v: kl(m, v).mean()),
            "logits": loss_with(
                lambda r, x: F.binary_cross_entropy_with_logits(r, x, reduction="sum") / len(x),
                lambda m, v: kl(m, v).mean(),
            ),
            "detached": no_grad(loss_with(sse, lambda m, v: kl(m, v).mean())),
        },
    ),
    "sigma_of_B": (
        [lambda B: 1 / math.sqrt(2 * B), lambda B: (2 * B) ** -0.5, lambda B: torch.tensor(0.5 / B).sqrt()],
        {
            "variance": lambda B: 0.5 / B,
            "two_forgotten": lambda B: B**-0.5,
            "inverse": lambda B: math.sqrt(2 * B),
            "beta": lambda B: 1 / B,
            "half_root": lambda B: 0.5 / math.sqrt(B),
            "forward": lambda B: 1 / (2 * B**2),
            "hard_coded": lambda B: 1 / math.sqrt(2000),
            "plain_number": lambda B: 1 / torch.sqrt(2 * B),
        },
    ),
    "epoch_mean": (
        [
            lambda means, sizes: sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes),
            lambda means, sizes: np.average(means, weights=sizes),
            lambda means, sizes: (torch.tensor(means) * torch.tensor(sizes)).sum() / sum(sizes),
        ],
        {
            "handout": lambda means, sizes: sum(means) / sum(sizes),
            "unweighted": lambda means, sizes: np.mean(means),
            "last": lambda means, sizes: means[-1],
            "not_divided": lambda means, sizes: float(np.dot(means, sizes)),
            "divided_by_batches": lambda means, sizes: np.dot(means, sizes) / len(sizes),
            "sum": lambda means, sizes: sum(means),
        },
    ),
    "slerp": (
        [
            lambda a, b, t: slerp_by_angle(a, b, t),
            widgets.slerp,
        ],
        {
            "straight": lambda a, b, t: (1 - t) * a + t * b,
            "swapped": lambda a, b, t: widgets.slerp(b, a, t),
            "cosine_as_angle": lambda a, b, t: slerp_by_angle(a, b, t, lambda cosine: cosine),
            "not_divided": lambda a, b, t: (
                slerp_by_angle(a, b, t) * torch.sin(torch.acos(F.cosine_similarity(a, b, dim=0)))
            ),
            "unit_vectors": lambda a, b, t: slerp_by_angle(F.normalize(a, dim=0), F.normalize(b, dim=0), t),
            "cut_lerp": lambda a, b, t: F.normalize(torch.lerp(a, b, t), dim=0) * a.norm(),
            None: lambda a, b, t: slerp_by_angle(a, b, t**2),
        },
    ),
    "principal_angles": (
        [
            angles_of,
            lambda A, B: np.rad2deg(subspace_angles(A.numpy(), B.numpy()))[::-1],
            lambda A, B: np.flip(np.rad2deg(subspace_angles(A.numpy(), B.numpy()))),
            lambda A, B: angles_of(A.double(), B.double()),
            lambda A, B: angles_of(A, B, lambda A: torch.linalg.svd(A, full_matrices=False)[0]),
        ],
        {
            "radians": lambda A, B: torch.deg2rad(angles_of(A, B)),
            "cosines": lambda A, B: torch.cos(torch.deg2rad(angles_of(A, B))),
            "no_qr": lambda A, B: angles_of(A, B, lambda A: A),
            "unit_columns": lambda A, B: angles_of(A, B, lambda A: A / A.norm(dim=0)),
            "column_by_column": lambda A, B: torch.rad2deg(torch.acos(F.cosine_similarity(A, B, dim=0))),
            "no_svd": lambda A, B: torch.rad2deg(
                torch.acos(torch.diag(torch.linalg.qr(A)[0].T @ torch.linalg.qr(B)[0]))
            ),
            "sines": lambda A, B: 90 - angles_of(A, B),
            "shape": lambda A, B: angles_of(A, B, lambda A: torch.linalg.qr(A)[0].T),
            "largest_first": lambda A, B: angles_of(A, B).sort(descending=True).values,
            "only_one": lambda A, B: angles_of(A, B)[-1],
            "list": lambda A, B: angles_of(A, B).tolist(),
            "not_clamped": lambda A, B: torch.rad2deg(
                torch.acos(torch.linalg.svdvals(torch.linalg.qr(A)[0].T @ torch.linalg.qr(B)[0]))
            ),
            None: lambda A, B: 2 * angles_of(A, B),
        },
    ),
    "kl_to_rho": (
        [
            vae_helpers.losses.kl_to_rho,
            lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).sum(),
            lambda z, rho: sum(
                rho * math.log(rho) - rho * q.log() + (1 - rho) * math.log(1 - rho) - (1 - rho) * torch.log1p(-q)
                for q in z.mean(0)
            ),
        ],
        {
            "per_unit": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)),
            "mean_over_units": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).mean(),
            "reversed": lambda z, rho: bernoulli_kl(z.mean(0), torch.tensor(rho)).sum(),
            "half_forgotten": lambda z, rho: (rho * torch.log(rho / z.mean(0))).sum(),
            "sign": lambda z, rho: -bernoulli_kl(torch.tensor(rho), z.mean(0)).sum(),
            "per_image": lambda z, rho: bernoulli_kl(torch.tensor(rho), z).sum() / len(z),
            "wrong_axis": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(1)).sum(),
            "one_mean": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean()),
            "bits": lambda z, rho: bernoulli_kl(torch.tensor(rho), z.mean(0)).sum() / math.log(2),
            "hard_coded": lambda z, rho: bernoulli_kl(torch.tensor(0.05), z.mean(0)).sum(),
            "plain_number": lambda z, rho: sum(rho * math.log(rho / z.mean(0)) for _ in "j"),
            "detached": no_grad(vae_helpers.losses.kl_to_rho),
            "numpy": lambda z, rho: (
                rho * np.log(rho / z.mean(0)) + (1 - rho) * np.log((1 - rho) / (1 - z.mean(0)))
            ).sum(),
            "constant": lambda z, rho: torch.tensor(0.0),
        },
    ),
    "contractive_penalty": (
        [vae_helpers.losses.sigmoid_contractive_penalty, jacobian_penalty, frobenius],
        {
            "slope_not_squared": lambda z, W: (z * (1 - z) @ (W**2).sum(1)).mean(),
            "weights_not_squared": lambda z, W: ((z * (1 - z)) ** 2 @ W.sum(1)).mean(),
            "squared_after_the_sum": lambda z, W: ((z * (1 - z)) ** 2 @ W.sum(1) ** 2).mean(),
            "no_slope": lambda z, W: (W**2).sum(),
            "z_for_slope": lambda z, W: (z**2 @ (W**2).sum(1)).mean(),
            "sigmoid_twice": lambda z, W: frobenius(torch.sigmoid(z), W),
            "root": lambda z, W: ((z - z**2) ** 2 @ (W**2).sum(1)).sqrt().mean(),
            "batch_sum": lambda z, W: frobenius(z, W) * len(z),
            "per_image": lambda z, W: (z - z**2) ** 2 @ (W**2).sum(1),
            "mean_over_units": lambda z, W: frobenius(z, W) / len(W),
            "wrong_axis": lambda z, W: ((z - z**2) ** 2 * (W**2).sum(0)).sum(1).mean(),
            "detached": no_grad(frobenius),
            None: lambda z, W: frobenius(z, W) / 2,
        },
    ),
    "mask_noise": (
        [
            mask,
            lambda x, share: torch.where(torch.rand(x.shape) < share, 0.0, x),
            lambda x, share: x.masked_fill(torch.bernoulli(torch.full_like(x, share)).bool(), 0),
            lambda x, share: data.add_noise(x, "mask", share),
            lambda x, share: F.dropout(x, share) * (1 - share),
            lambda x, share: torch.stack([mask(image, share) for image in x]),
        ],
        {
            "modified": masked_in_place,
            "kept": lambda x, share: x * (torch.rand_like(x) < share),
            "scaled": lambda x, share: F.dropout(x, share),
            "shared_by_batch": lambda x, share: x * (torch.rand_like(x[:1]) >= share),
            "whole_images": lambda x, share: x * (torch.rand(len(x), 1, 1, 1) >= share),
            "repeated": seeded_mask,
            "white": lambda x, share: torch.where(torch.rand_like(x) < share, 1.0, x),
            "changed": lambda x, share: x + share * torch.randn_like(x),
            "share": lambda x, share: x * (torch.randn_like(x) >= share),
            "neighbours": lambda x, share: x * (torch.rand(len(x), 1, 28, 1) >= share),
            "fixed_number": fixed_number_mask,
            "nothing": lambda x, share: x.clone(),
            "shape": lambda x, share: mask(x, share).flatten(1),
            "type": lambda x, share: 0.5,
        },
    ),
    "entropy_bits": (
        [
            lambda s: entropy(s.unique(return_counts=True)[1], base=2),
            lambda s: -sum((s == v).float().mean() * (s == v).float().mean().log2() for v in s.unique()),
            lambda s: Categorical(probs=torch.bincount(s - s.min()).double()).entropy() / math.log(2),
        ],
        {
            "nats": lambda s: entropy(shares(s)),
            "log10": lambda s: entropy(shares(s), base=10),
            "sign": lambda s: -entropy(shares(s), base=2),
            "distinct": lambda s: math.log2(len(set(s.tolist()))),
            "not_shares": lambda s: sum(-n * math.log2(n) for n in s.unique(return_counts=True)[1].tolist()),
            "not_weighted": lambda s: -shares(s).log2().sum(),
            "mean": lambda s: -(shares(s) * shares(s).log2()).mean(),
            "whole_message": lambda s: sum(-math.log2((s == v).float().mean()) for v in s),
            "per_value": lambda s: -shares(s) * shares(s).log2(),
            "symbols_as_shares": lambda s: -((s / s.sum()) * torch.log2(s / s.sum())).sum(),
            "bincount": lambda s: entropy(torch.bincount(s), base=2),
            "constant": lambda s: 3.0,
            None: lambda s: entropy(shares(s), base=2) + 0.01,
        },
    ),
    "psnr": (
        [
            metrics.psnr,
            lambda r, x: 20 * torch.log10(1 / ((r - x) ** 2).mean((1, 2, 3)).sqrt()),
            lambda r, x: torch.tensor([-10 * math.log10(F.mse_loss(a, b)) for a, b in zip(r, x, strict=True)]),
        ],
        {
            "natural_log": lambda r, x: metrics.psnr(r, x) * math.log(10),
            "sign": lambda r, x: -metrics.psnr(r, x),
            "no_ten": lambda r, x: metrics.psnr(r, x) / 10,
            "twenty": lambda r, x: 2 * metrics.psnr(r, x),
            "root": lambda r, x: metrics.psnr(r, x) / 2,
            "pixel_sum": lambda r, x: -10 * ((r - x) ** 2).sum((1, 2, 3)).log10(),
            "fixed_784": lambda r, x: -10 * ((r - x).square().sum((1, 2, 3)) / 784).log10(),
            "whole_batch": lambda r, x: -10 * F.mse_loss(r, x).log10(),
            "averaged": lambda r, x: metrics.psnr(r, x).mean(),
            "per_pixel": lambda r, x: -10 * ((r - x) ** 2).flatten(1).log10(),
            "wrong_axis": lambda r, x: -10 * ((r - x) ** 2).mean(0).flatten().log10(),
            "peak_255": lambda r, x: metrics.psnr(r / 255, x / 255),
            "absolute": lambda r, x: -10 * (r - x).abs().mean((1, 2, 3)).log10(),
            "ratio": lambda r, x: 1 / ((r - x) ** 2).mean((1, 2, 3)),
            "nan": lambda r, x: -10 * (r - x).mean((1, 2, 3)).log10(),
            None: lambda r, x: metrics.psnr(r, x) + 1,
        },
    ),
    "auroc": (
        [
            lambda n, s: roc_auc_score([0] * len(n) + [1] * len(s), torch.cat([n, s])),
            lambda n, s: mannwhitneyu(s, n).statistic / (len(n) * len(s)),
            lambda n, s: sum((b > a) + 0.5 * (b == a) for a in n.tolist() for b in s.tolist()) / (len(n) * len(s)),
        ],
        {
            "reversed": lambda n, s: (torch.sign(n[:, None] - s) / 2 + 0.5).mean(),
            "ties_lost": lambda n, s: (n[:, None] < s).double().mean(),
            "ties_won": lambda n, s: (n[:, None] <= s).double().mean(),
            "signs": lambda n, s: torch.sign(s[:, None] - n).mean(),
            "not_divided": lambda n, s: (torch.sign(s - n[:, None]) / 2 + 0.5).sum(),
            "per_image": lambda n, s: (torch.sign(s[:, None] - n) / 2 + 0.5).mean(1),
            "means": lambda n, s: s.mean() - n.mean(),
            "means_compared": lambda n, s: 1.0 if s.mean() > n.mean() else 0.0,
            "threshold": lambda n, s: (s > n.max()).double().mean(),
            "elementwise": lambda n, s: (s > n).float().mean(),
            "boolean": lambda n, s: (s[:, None] > n).mean(),
            None: lambda n, s: (s[:, None] > 2 * n).float().mean(),
        },
    ),
    "frechet_distance": (
        [
            metrics.frechet_distance,
            lambda a, b: frechet(a, b).real,
            lambda a, b: (a.mean(0) - b.mean(0)).norm() ** 2 + torch.trace(a.T.cov() + b.T.cov()) - 2 * nuclear(a, b),
        ],
        {
            "no_means": lambda a, b: metrics.frechet_distance(a - a.mean(0), b - b.mean(0)),
            "only_means": lambda a, b: (a.mean(0) - b.mean(0)).norm() ** 2,
            "means_not_squared": lambda a, b: frechet(a, b, gap=lambda v: v.norm()).real,
            "means_averaged": lambda a, b: frechet(a, b, gap=lambda v: (v**2).mean()).real,
            "two_forgotten": lambda a, b: frechet(a, b, weight=1).real,
            "no_root": lambda a, b: frechet(a, b, root=lambda C: C),
            "root_of_the_trace": lambda a, b: frechet(a, b, root=lambda C: C.trace() ** 0.5 * np.eye(len(C)) / len(C)),
            "elementwise_root": lambda a, b: frechet(a, b, root=lambda C: np.diag(np.sqrt(np.diag(C)))),
            "root_by_root": lambda a, b: (
                (a.mean(0) - b.mean(0)).pow(2).sum() + (spread(a) ** 0.5 - spread(b) ** 0.5).pow(2).sum()
            ),
            "not_squared": lambda a, b: metrics.frechet_distance(a, b) ** 0.5,
            "over_N": lambda a, b: frechet(a, b, ddof=0).real,
            "second_moments": lambda a, b: frechet(a, b, centred=False).real,
            "wrong_axis": lambda a, b: (a.mean(0) - b.mean(0)).pow(2).sum() + (torch.cov(a) @ torch.cov(b)).trace(),
            "constant": lambda a, b: 0.0,
            None: lambda a, b: 2 * metrics.frechet_distance(a, b),
        },
    ),
    "sample_prior": (
        [
            lambda model, n: model.decode(torch.randn(n, model.latent_dim)),
            no_grad(lambda model, n: model.decode(Normal(0.0, 1.0).sample((n, model.latent_dim)))),
            lambda model, n: torch.cat([model.decode(torch.randn(1, model.latent_dim)) for _ in range(n)]),
        ],
        {
            "uniform": lambda model, n: model.decode(torch.rand(n, model.latent_dim)),
            "same_z": lambda model, n: model.decode(torch.randn(1, model.latent_dim).repeat(n, 1)),
            "shape": lambda model, n: model.decode(torch.randn(1, model.latent_dim)),
            "raised": lambda model, n: model.decode(torch.randn(n, 2)),
            "encoder": lambda model, n: model(torch.rand(n, 1, 28, 28))[0],
            "not_standard": lambda model, n: model.decode(3 * torch.randn(n, model.latent_dim)),
            "no_decoder": lambda model, n: torch.rand(n, 1, 28, 28),
            "changed": lambda model, n: 1 - decode(model, torch.randn(n, model.latent_dim)),
        },
    ),
    "iw_log_likelihood": (
        [
            vae_helpers.losses.iw_log_likelihood,
            lambda w: w.max(0).values + torch.log(torch.exp(w - w.max(0).values).mean(0)),
            lambda w: torch.stack([torch.logsumexp(column, 0) for column in w.T]) - math.log(w.shape[0]),
            lambda w: np.logaddexp.reduce(w.double().numpy(), axis=0) - np.log(len(w)),
        ],
        {
            "elbo": lambda w: w.sum(0) / len(w),
            "k_forgotten": lambda w: torch.logsumexp(w, dim=0),
            "underflow": lambda w: torch.log(torch.exp(w).sum(0) / len(w)),
            "log_forgotten": lambda w: torch.exp(w).mean(0),
            "log_of_k_forgotten": lambda w: torch.logsumexp(w, dim=0) - w.shape[0],
            "divided_outside": lambda w: torch.logsumexp(w, dim=0) / w.shape[0],
            "wrong_axis": lambda w: vae_helpers.losses.iw_log_likelihood(w.T),
            "wrong_count": lambda w: torch.logsumexp(w, dim=0) - math.log(w.shape[1]),
            "best_only": lambda w: w.amax(0),
            "averaged": lambda w: vae_helpers.losses.iw_log_likelihood(w).mean(),
            "sign": lambda w: -vae_helpers.losses.iw_log_likelihood(w),
            "plain_number": lambda w: torch.logsumexp(w, dim=0) - torch.log(len(w)),
            "shape": lambda w: vae_helpers.losses.iw_log_likelihood(w)[None],
            None: lambda w: vae_helpers.losses.iw_log_likelihood(w) - 0.1,
        },
    ),
    "optimal_sigma": (
        [
            lambda r, x: ((x - r) ** 2).mean().sqrt(),
            lambda r, x: torch.sqrt(F.mse_loss(r, x)),
            lambda r, x: (x - r).norm() / x.numel() ** 0.5,
            lambda r, x: math.sqrt(F.mse_loss(r, x)),
        ],
        {
            "variance": F.mse_loss,
            "per_image": lambda r, x: ((x - r) ** 2).mean((1, 2, 3)).sqrt(),
            "mean_of_roots": lambda r, x: ((x - r) ** 2).mean((1, 2, 3)).sqrt().mean(),
            "pixels_summed": lambda r, x: sse(r, x).sqrt(),
            "all_summed": lambda r, x: (x - r).norm(),
            "absolute": F.l1_loss,
            "std": lambda r, x: torch.std(r - x),
            "two": lambda r, x: (0.5 * F.mse_loss(r, x)).sqrt(),
            "B": lambda r, x: 0.5 / F.mse_loss(r, x),
            "not_squared": lambda r, x: (x - r).mean(),
            "nan": lambda r, x: -((x - r).pow(2).mean().neg().sqrt()),
            "constant": lambda r, x: torch.tensor(0.15),
            None: lambda r, x: 2 * F.mse_loss(r, x).sqrt(),
        },
    ),
    "free_bits": (
        [
            vae_helpers.losses.free_bits,
            lambda m, v, f: torch.maximum(kl_by_dimension(m, v), torch.tensor(f)).sum(),
            lambda m, v, f: sum(torch.clamp(k, min=f) for k in kl_by_dimension(m, v)),
            lambda m, v, f: (f + F.relu(kl_by_dimension(m, v) - f)).sum(),
            lambda m, v, f: sum(max(k, f) for k in kl_by_dimension(m, v)),  # no tensor where all lie below the minimum
        ],
        {
            "plain": lambda m, v, f: kl(m, v).mean(),
            "per_image": lambda m, v, f: (0.5 * (m**2 + v.exp() - 1 - v)).clamp(min=f).sum() / len(m),
            "on_the_total": lambda m, v, f: kl(m, v).mean().clamp(min=f),
            "total_per_image": lambda m, v, f: kl(m, v).clamp(min=f).mean(),
            "dropped": lambda m, v, f: (kl_by_dimension(m, v) * (kl_by_dimension(m, v) > f)).sum(),
            "excess": lambda m, v, f: F.relu(kl_by_dimension(m, v) - f).sum(),
            "maximum": lambda m, v, f: kl_by_dimension(m, v).clamp(max=f).sum(),
            "not_summed": lambda m, v, f: kl_by_dimension(m, v).clamp(min=f),
            "mean_over_dimensions": lambda m, v, f: kl_by_dimension(m, v).clamp(min=f).mean(),
            "half_forgotten": lambda m, v, f: (2 * kl_by_dimension(m, v)).clamp(min=f).sum(),
            "sum_over_batch": lambda m, v, f: (len(m) * kl_by_dimension(m, v)).clamp(min=f).sum(),
            "wrong_axis": lambda m, v, f: (0.5 * (m**2 + v.exp() - 1 - v)).mean(1).clamp(min=f).sum(),
            "python_max": python_max_free_bits,
            "detached": no_grad(vae_helpers.losses.free_bits),
            None: lambda m, v, f: 1.1 * vae_helpers.losses.free_bits(m, v, f),
        },
    ),
    "straight_through": (
        [
            lambda z, book: z + (nearest(z, book) - z).detach(),
            lambda z, book: nearest(z, book).detach() + z - z.detach(),
            CopiedGradient.apply,
            lambda z, book: z + (book[((z[:, None] - book) ** 2).sum(-1).argmin(1)] - z).detach(),
        ],
        {
            "unquantised": lambda z, book: nearest(z, book) + (z - nearest(z, book)).detach(),
            "no_gradient": nearest,
            "gradient": lambda z, book: 2 * z + (nearest(z, book) - 2 * z).detach(),
            "codebook_gradient": lambda z, book: nearest(z, book) + z - z.detach(),
            "farthest": lambda z, book: z + (book[torch.cdist(z, book).argmax(1)] - z).detach(),
            "indices": lambda z, book: torch.cdist(z, book).argmin(1),
            "shape": lambda z, book: nearest(z, book).sum(1),
            "type": lambda z, book: 3,
            "modified": lambda z, book: z.data.copy_(nearest(z, book)),
            None: lambda z, book: z + (book[(z @ book.T).argmax(1)] - z).detach(),
        },
    ),
}


@pytest.fixture(autouse=True)
def without_gpu(monkeypatch):
    """The answers below make their z on the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


RIGHT = [(name, i) for name, (right, _) in CASES.items() for i in range(len(right))]
WRONG = [(name, mistake) for name, (_, wrong) in CASES.items() for mistake in wrong]


def check(name):
    return getattr(checks, f"check_{name}")


def test_every_check_is_tested_enough():
    assert sorted(checks.__all__) == sorted(f"check_{name}" for name in CASES)
    for name, (right, wrong) in CASES.items():
        assert len(right) >= 2 and len(wrong) >= 5, name


@pytest.mark.parametrize("name, i", RIGHT)
def test_right_answer_is_accepted(name, i, capsys):
    result = check(name)(CASES[name][0][i])
    assert result and result.status == "right", result
    assert capsys.readouterr().out == "✅ That is right!\n"


@pytest.mark.parametrize("name, mistake", WRONG)
def test_wrong_answer_is_refused_with_its_hint(name, mistake, language, capsys):
    result = check(name)(CASES[name][1][mistake])
    assert not result and result.status == "wrong"
    assert result.mistake == mistake, result
    assert capsys.readouterr().out == result.message + "\n"
    assert result.message.startswith("❌ ") and len(result.message) > 15


@pytest.mark.parametrize("name", CASES)
def test_hints_differ_from_each_other(name, language, capsys):
    wrong = CASES[name][1]
    messages = [check(name)(function).message for function in wrong.values()]
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("stub", [None, lambda *a: None, lambda *a: ..., "raises"])
def test_unattempted_is_not_yet_done(name, stub, language, capsys):
    def raises(*arguments):
        raise NotImplementedError

    result = check(name)(raises if stub == "raises" else stub)
    assert not result and result.status == "todo"
    assert {"vi": "chưa làm", "en": "Not done yet"}[language] in capsys.readouterr().out


@pytest.mark.parametrize("name", CASES)
def test_a_function_that_fails_is_told_how(name, capsys):
    def broken(*arguments):
        return {}["key"]

    result = check(name)(broken)
    assert result.mistake == "raised" and "KeyError: 'key'" in result.message


@pytest.mark.parametrize(
    "flat",
    [lambda a: a.view(-1, 784), lambda a: a.reshape(len(a), 28 * 28), lambda a: a.view(-1, 1, 28, 28).flatten(1)],
)
def test_a_784_that_fails_gets_the_hint_of_a_784_that_computes(flat, language, capsys):
    def loss(r, x, m, v, B):
        recon = (flat(r) - flat(x)).pow(2).sum(1).mean()
        return B * recon + kl(m, v).mean(), recon, kl(m, v).mean()

    result = checks.check_vae_loss(loss)
    assert result.mistake == "typed_784"
    assert result.message == checks.check_vae_loss(CASES["vae_loss"][1]["typed_784"]).message


@pytest.mark.parametrize(
    "floor",
    [lambda k, f: torch.maximum(k, f), lambda k, f: torch.maximum(f, k), lambda k, f: torch.max(k, f)],
    ids=["maximum", "swapped", "max"],
)
def test_a_maximum_with_a_plain_number_is_told_to_clamp(floor, language, capsys):
    result = checks.check_free_bits(lambda m, v, f: floor(kl_by_dimension(m, v), f).sum())
    assert result.mistake == "python_max" and "clamp" in result.message


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, share: x * (torch.rand(len(x), 1, 1, 28) >= share),
        lambda x, share: x * (torch.rand(len(x), 1, 14, 14) >= share).repeat_interleave(2, 2).repeat_interleave(2, 3),
        lambda x, share: x * (torch.rand(len(x), 1, 28, 14) >= share).repeat_interleave(2, 3),
    ],
    ids=["columns", "blocks", "pairs"],
)
def test_masks_of_several_pixels_are_told(wrong, language, capsys):
    assert checks.check_mask_noise(wrong).mistake == "neighbours"


@pytest.mark.parametrize("seed", range(10))
def test_a_right_mask_passes_whatever_the_random_numbers(seed, capsys):
    generator = torch.Generator().manual_seed(seed)
    assert checks.check_mask_noise(lambda x, share: x * (torch.rand(x.shape, generator=generator) >= share))


@pytest.mark.parametrize("name", CASES)
def test_a_result_in_place_of_the_function(name, capsys):
    assert check(name)(torch.zeros(3)).mistake == "not_callable"
    assert check(name)(3.5).mistake == "not_callable"


@pytest.mark.parametrize("name", CASES)
def test_the_callers_random_state_stays(name, capsys):
    torch.manual_seed(7)
    state = torch.get_rng_state()
    check(name)(CASES[name][0][0])
    assert torch.equal(torch.get_rng_state(), state)


def test_result_shows_nothing_more_in_a_notebook():
    assert checks.Result("right", "✅")._ipython_display_() is None
