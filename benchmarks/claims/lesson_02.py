"""What lesson 02 says beyond its own cells."""

import math

import torch
from torch import nn

from vae_helpers import losses, metrics

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


def ring() -> torch.Tensor:
    """400 points (400, 2) around a circle, as the toy's."""
    angle = 2 * math.pi * torch.rand(400)
    return 1.4 * torch.stack([angle.cos(), angle.sin()], dim=1) + 0.08 * torch.randn(400, 2)


class ToyNetwork(nn.Module):
    """The network of the page's toy (page/toy.js) in PyTorch: 2 → 32 → 32 → z of two dimensions and back, tanh."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 4))
        self.decoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))

    def learn(self, x: torch.Tensor, kl: bool, noise: bool, B: float = 20, steps: int = 1500) -> None:
        optimizer = torch.optim.Adam(self.parameters(), lr=0.005)
        for _ in range(steps):
            batch = x[torch.randint(len(x), (128,))]
            mu, logvar = self.encoder(batch).chunk(2, dim=1)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if noise else mu
            loss = B * (self.decoder(z) - batch).pow(2).sum(dim=1).mean()
            loss = loss + losses.kl_divergence(mu, logvar).mean() if kl else loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    @torch.no_grad()
    def clouds(self, x: torch.Tensor) -> tuple[float, float]:
        """The median σ of q(z|x), and the mean distance of mu from 0."""
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return torch.exp(0.5 * logvar).median().item(), mu.norm(dim=1).mean().item()


@claim(
    lesson="02",
    en="The toy on a ring, B = 20: with the KL off σ shrinks to less than a fifth, and the codes stay on the map (nearer to 0 than 3, on "
    "the mean); with the KL on again and the noise off the codes lie less than half as far from 0 as at first, every seed.",
    vi="VAE nhỏ trong trang, dữ liệu vòng tròn, B = 20: tắt KL thì σ co lại còn chưa đến một phần năm, còn các mã vẫn nằm trong bản đồ (trung bình "
    "cách 0 chưa đến 3); bật lại KL và tắt nhiễu thì khoảng cách từ các mã đến 0 chưa bằng nửa lúc đầu, ở mọi seed.",
    holds=lambda rows: all(
        row["sigma_without_KL"] < row["sigma"] / 5
        and row["radius_without_KL"] < 3
        and row["radius_without_noise"] < row["radius"] / 2
        for row in rows
    ),
)
def toy_knobs(seed):
    """As lesson 02 has it, one network: 1,500 steps with both, 1,500 without the KL, 1,500 with the KL and without the noise."""
    x, toy = ring(), ToyNetwork()
    toy.learn(x, kl=True, noise=True)
    sigma, radius = toy.clouds(x)
    toy.learn(x, kl=False, noise=True)
    sigma_without_KL, radius_without_KL = toy.clouds(x)
    toy.learn(x, kl=True, noise=False)
    return {
        "sigma": sigma,
        "sigma_without_KL": sigma_without_KL,
        "radius": radius,
        "radius_without_KL": radius_without_KL,
        "radius_without_noise": toy.clouds(x)[1],
    }
