"""Answers to the exercises of lesson 15, your own pictures: right ones, and wrong ones with the mistake that is seen in them."""

import numpy as np
import torch

from vae_helpers import checks, losses, models

from .answers import Answers


def linear_layers(img_size, latent_dim):
    """Counted on the network itself, on no device."""
    with torch.device("meta"):
        vae = models.VAE(3, latent_dim, img_size)
    layers = (vae.fc_mu, vae.fc_logvar, vae.fc_decode)
    return sum(p.numel() for layer in layers for p in layer.parameters())


def flat(s):
    return 64 * (s // 4) ** 2


def by_corrcoef(codes, factor):
    return torch.stack([torch.corrcoef(torch.stack([z, factor]))[0, 1] ** 2 for z in codes.T])


def by_sums(codes, factor):
    z, f = codes - codes.mean(0), factor - factor.mean()
    return (z * f[:, None]).sum(0) ** 2 / (z.pow(2).sum(0) * f.pow(2).sum())


def by_regression(codes, factor):
    """1 − residual variance / variance, of the best line for each dimension."""
    found = []
    for z in codes.T:
        slope, cut = np.polyfit(z.double().numpy(), factor.double().numpy(), 1)
        found.append(1 - ((factor - slope * z - cut) ** 2).mean() / factor.var(unbiased=False))
    return torch.tensor(found)


CASES = {
    "fc_parameters": (
        [
            lambda s, d: 2 * (flat(s) * d + d) + d * flat(s) + flat(s),
            linear_layers,
            lambda s, d: 3 * d * 4 * s * s + 2 * d + 4 * s * s,
        ],
        {
            "one_head": lambda s, d: flat(s) * d + d + d * flat(s) + flat(s),
            "no_bias": lambda s, d: 3 * d * flat(s),
            "no_decoder": lambda s, d: 2 * (flat(s) * d + d),
            "side": lambda s, d: 2 * (16 * s * d + d) + d * 16 * s + 16 * s,
            "half": lambda s, d: 2 * (16 * s * s * d + d) + 16 * s * s * (d + 1),
            "not_reduced": lambda s, d: 2 * (64 * s * s * d + d) + 64 * s * s * (d + 1),
            "one_map": lambda s, d: 2 * (s * s // 16 * d + d) + s * s // 16 * (d + 1),
            "decoder_bias": lambda s, d: 2 * (flat(s) * d + d) + d * flat(s),
            "type": lambda s, d: "68485",
            "constant": lambda s, d: 68_485,
            None: lambda s, d: 2 * flat(s) * d + d + d * flat(s) + flat(s),  # fc_logvar's bias left out
        },
    ),
    "calibrated_B": (
        [
            lambda r, x: x[0].numel() / (2 * losses.reconstruction_loss(r, x)),
            lambda r, x: 0.5 / ((r - x) ** 2).mean(),
            lambda r, x: x[0].numel() / 2 / ((r - x) ** 2).sum(dim=(1, 2, 3)).mean(),
            lambda r, x: (0.5 / losses.optimal_sigma(r, x) ** 2).item(),
        ],
        {
            "channels": lambda r, x: x[0, 0].numel() / (2 * losses.reconstruction_loss(r, x)),
            "two": lambda r, x: 1 / ((r - x) ** 2).mean(),
            "sum_over_batch": lambda r, x: x[0].numel() / (2 * ((r - x) ** 2).sum()),
            "mean_error": lambda r, x: x[0].numel() / (2 * ((r - x) ** 2).mean()),
            "sigma_squared": lambda r, x: ((r - x) ** 2).mean(),
            "upside_down": lambda r, x: 2 * ((r - x) ** 2).mean(),
            "per_image": lambda r, x: x[0].numel() / (2 * ((r - x) ** 2).sum(dim=(1, 2, 3))),
            "mean_of_each": lambda r, x: (x[0].numel() / (2 * ((r - x) ** 2).sum(dim=(1, 2, 3)))).mean(),
            "absolute": lambda r, x: x[0].numel() / (2 * (r - x).abs().sum(dim=(1, 2, 3)).mean()),
            "sigma": losses.optimal_sigma,
            "fixed_784": lambda r, x: 784 / (2 * losses.reconstruction_loss(r, x)),
            None: lambda r, x: 1.1 / (2 * ((r - x) ** 2).mean()),
        },
    ),
    "r_squared": (
        [by_sums, by_corrcoef, by_regression, lambda z, f: np.corrcoef(z.T, f)[-1, :-1] ** 2],
        {
            "r": lambda z, f: torch.stack([torch.corrcoef(torch.stack([c, f]))[0, 1] for c in z.T]),
            "absolute": lambda z, f: by_sums(z, f).sqrt(),
            "not_centred": lambda z, f: (z * f[:, None]).sum(0) ** 2 / (z.pow(2).sum(0) * f.pow(2).sum()),
            "factor_not_centred": lambda z, f: (
                ((z - z.mean(0)) * f[:, None]).sum(0) ** 2 / ((z - z.mean(0)).pow(2).sum(0) * f.pow(2).sum())
            ),
            "covariance": lambda z, f: ((z - z.mean(0)) * (f - f.mean())[:, None]).mean(0) ** 2,
            "covariance_not_squared": lambda z, f: (
                ((z - z.mean(0)) * (f - f.mean())[:, None]).mean(0) / (z.var(0, unbiased=False) * f.var(unbiased=False))
            ),
            "mixed": lambda z, f: ((z - z.mean(0)) * (f - f.mean())[:, None]).mean(0) ** 2 / (z.var(0) * f.var()),
            "summed": lambda z, f: by_sums(z, f).sum(),
            "largest": lambda z, f: by_sums(z, f).max(),
            "rows": lambda z, f: np.corrcoef(z, f)[-1, :-1] ** 2,
            "rows: torch": lambda z, f: torch.corrcoef(torch.cat([f[None], z]))[0, 1:] ** 2,
            "alignment": lambda z, f: (z * f).mean(0),
            None: lambda z, f: 1 - by_sums(z, f),
        },
    ),
    "attribute_vector": (
        [
            lambda z, has: z[has].mean(dim=0) - z[~has].mean(dim=0),
            lambda z, has: (has.float() / has.sum() - (~has).float() / (~has).sum()) @ z,
            lambda z, has: torch.stack([z[has, j].mean() - z[has.logical_not(), j].mean() for j in range(z.shape[1])]),
        ],
        {
            "sign": lambda z, has: z[~has].mean(0) - z[has].mean(0),
            "from_all": lambda z, has: z[has].mean(0) - z.mean(0),
            "only_with": lambda z, has: z[has].mean(0),
            "sums": lambda z, has: z[has].sum(0) - z[~has].sum(0),
            "over_all": lambda z, has: ((2.0 * has - 1)[:, None] * z).mean(0),
            "one_number": lambda z, has: z[has].mean() - z[~has].mean(),
            "shape": lambda z, has: z[has] - z[~has].mean(0),
            "unit": lambda z, has: torch.nn.functional.normalize(z[has].mean(0) - z[~has].mean(0), dim=0),
            None: lambda z, has: z[has].median(0).values - z[~has].median(0).values,
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


def test_the_exercises_network_has_the_weights_that_are_counted():
    """28 and 2 of the handout: 68,485 in all, of which the convolutions have 46,529."""
    assert linear_layers(28, 2) == 68_485 - sum(
        p.numel() for name, p in models.VAE().named_parameters() if "conv" in name
    )
    assert checks.check_fc_parameters(linear_layers)
