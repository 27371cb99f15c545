"""What lesson 03 says beyond its own cells."""

import torch

from vae_helpers import losses, metrics

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
    en="The sampling noise makes the decoder answer in the whole cloud: squared error of a z ~ q(z|x) over that of z = mu, "
    "below 1.1 when trained with noise and KL, above 1.7 when trained with the KL only, every seed.",
    vi="Nhờ nhiễu khi lấy mẫu, decoder vẽ đúng ảnh trong cả đám mây. Tỉ số giữa sai số của z ~ q(z|x) và sai số của z = mu "
    "nhỏ hơn 1,1 khi huấn luyện với nhiễu và KL, lớn hơn 1,7 khi chỉ có KL, ở mọi seed.",
    holds=lambda rows: all(row["noise_and_KL"] < 1.1 and row["KL_only"] > 1.7 for row in rows),
)
def noise_fills_clouds(seed):
    """Error of decode(z) over error of decode(mu), on 5,000 test images."""
    x = test_images(5000)
    figures = {}
    for name in ("noise_and_KL", "KL_only"):
        vae = network(SIBLINGS[name], seed)
        with torch.no_grad():
            mu, logvar = vae.encode(x)
            at_mu = losses.reconstruction_loss(vae.decode(mu), x)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            in_cloud = losses.reconstruction_loss(vae.decode(z), x)
        figures[name] = in_cloud / at_mu
    return figures
