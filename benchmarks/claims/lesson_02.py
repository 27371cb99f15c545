"""What lesson 02 says beyond its own cells."""

import torch

from vae_helpers import metrics

from .ledger import claim
from .lesson_01 import reader, some_of
from .networks import network


@claim(
    lesson="02",
    en="Noise on or off, KL on or off: KL of a Gaussian fitted to the codes above 3 nats without the KL part and below 1 with "
    "it; with noise alone sigma below 1% of the codes' spread, with both above 3%; the codes of KL alone narrower than those "
    "of both; the Fréchet distance of new pictures to real ones less than half as large with the KL part as without it, "
    "and KL alone and both within a factor of 1.5 of each other; every seed.",
    vi="Bật tắt nhiễu, bật tắt KL thì thấy những điều sau ở mọi seed. KL của phân phối Gauss khớp với các mã lớn hơn 3 nat khi "
    "không có phần KL, nhỏ hơn 1 nat khi có. Nếu chỉ có nhiễu thì sigma dưới 1% độ phân tán của các mã, có cả hai thì trên 3%. "
    "Các mã của mạng chỉ có KL phân bố hẹp hơn các mã của mạng có cả hai. Khoảng cách Fréchet từ ảnh mới đến ảnh thật khi có "
    "phần KL chưa bằng nửa khi không có, còn chỉ có KL và có cả hai thì hơn kém nhau không quá 1,5 lần.",
    holds=lambda rows: all(
        min(row["kl_neither"], row["kl_noise"]) > 3
        and max(row["kl_kl"], row["kl_both"]) < 1
        and row["share_noise"] < 0.01
        and row["share_both"] > 0.03
        and row["spread_kl"] < row["spread_both"]
        and max(row["frechet_kl"], row["frechet_both"]) < 0.5 * min(row["frechet_neither"], row["frechet_noise"])
        and 1 / 1.5 < row["frechet_kl"] / row["frechet_both"] < 1.5
        for row in rows
    ),
)
def noise_and_kl(seed):
    """3,000 test images and as many from z ~ N(0, I). share: median sigma by the spread of the codes. frechet: squared
    Fréchet distance in the hidden layer of a network that reads digits."""
    figures, features = {}, reader(seed)[:3]
    x, _ = some_of("test", 3000, seed)
    kinds = {"neither": "ae-2d", "noise": "vae-2d-no-kl", "kl": "vae-2d-no-noise", "both": "vae-2d-bce"}
    for name, kind in kinds.items():
        model = network(kind, seed)
        with torch.no_grad():
            mu, logvar = model.encode(x)
            new = model.decode(torch.randn(3000, 2))
        spread = mu.std(dim=0).mean()
        figures[f"kl_{name}"] = metrics.gaussian_kl(mu)
        figures[f"spread_{name}"] = spread
        figures[f"frechet_{name}"] = metrics.frechet_distance(features(new), features(x))
        if name in ("noise", "both"):
            figures[f"share_{name}"] = torch.exp(0.5 * logvar).median() / spread
    return figures
