"""What lesson 03 says beyond its own cells."""

import torch

from vae_helpers import metrics

from .ledger import claim
from .networks import network, test_images

SIBLINGS = {  # noise, KL → the network; one loss (BCE), one recipe
    "noise_and_KL": "vae-2d-bce",
    "KL_only": "vae-2d-no-noise",
    "noise_only": "vae-2d-no-kl",
    "neither": "ae-2d",
}


@claim(
    lesson="03",
    en="It is the KL that keeps the codes near N(0, I), with the noise or without: KL of a Gaussian fitted to mu against "
    "N(0, I) below 1 nat in both networks with the KL, above 3 in both without, every seed.",
    vi="Chính phần KL giữ các mã gần N(0, I), dù có nhiễu hay không. KL giữa phân phối Gauss khớp với mu và N(0, I) nhỏ hơn "
    "1 nat ở cả hai mạng có phần KL, lớn hơn 3 nat ở cả hai mạng không có, ở mọi seed.",
    holds=lambda rows: all(
        max(row["noise_and_KL"], row["KL_only"]) < 1 and min(row["noise_only"], row["neither"]) > 3 for row in rows
    ),
)
def kl_says_where(seed):
    """metrics.gaussian_kl of mu for 5,000 test images."""
    x = test_images(5000)
    figures = {}
    for name, kind in SIBLINGS.items():
        with torch.no_grad():
            mu = network(kind, seed).encode(x)[0]
        figures[name] = metrics.gaussian_kl(mu)
    return figures


@claim(
    lesson="03",
    en="The sampling noise gives sigma its meaning: with noise and KL the median sigma is below 0.2 of the codes' spread, with "
    "the KL only it is 1 (to 0.05) and larger than that spread, every seed.",
    vi="Nhiễu khi lấy mẫu làm cho sigma có ý nghĩa. Trung vị của sigma nhỏ hơn 0,2 độ phân tán của các mã khi có nhiễu và KL; "
    "khi chỉ có KL thì nó bằng 1 (sai khác không quá 0,05) và lớn hơn độ phân tán ấy, ở mọi seed.",
    holds=lambda rows: all(
        row["share_noise_and_KL"] < 0.2 and abs(row["sigma_KL_only"] - 1) < 0.05 and row["share_KL_only"] > 1
        for row in rows
    ),
    quick=True,
)
def noise_gives_sigma_meaning(seed):
    """Median sigma, and its share of the standard deviation of mu, on 5,000 test images."""
    x, figures = test_images(5000), {}
    for name in ("noise_and_KL", "KL_only"):
        with torch.no_grad():
            mu, logvar = network(SIBLINGS[name], seed).encode(x)
        sigma = torch.exp(0.5 * logvar).median()
        figures |= {f"sigma_{name}": sigma, f"share_{name}": sigma / mu.std(dim=0).mean()}
    return figures
