"""What lesson 04 says beyond its own cells."""

import torch

from vae_helpers import losses, models

from .ledger import claim
from .networks import network, test_images

D = 784
DRAWS = 4000


@claim(
    lesson="04",
    en="Draws from the prior are a poor way to log p(x): of 4,000 for one test image under a VAE with B = 10 the effective "
    "sample size is below 4 for at least three quarters of the images (below 10 for nearly all), every seed.",
    vi="Lấy z từ prior là cách tồi để tính log p(x): trong 4.000 mẫu cho một ảnh kiểm tra, với VAE có B = 10, cỡ mẫu hiệu dụng "
    "nhỏ hơn 4 ở ít nhất ba phần tư số ảnh (và nhỏ hơn 10 ở gần như tất cả), với mọi seed.",
    holds=lambda rows: all(row["third_quartile"] < 4 and row["below_10"] > 0.95 for row in rows),
    quick=True,
)
def prior_ess(seed):
    """1/Σ w² with w the softmax of −10 · squared error, for 100 test images; quartiles over the images."""
    with torch.no_grad():
        drawn = network("vae-2d", seed).decode(torch.randn(DRAWS, 2)).flatten(1)
    errors = torch.cdist(test_images(100).flatten(1), drawn).pow(2)
    ess = 1 / torch.softmax(-10 * errors, dim=1).pow(2).sum(dim=1)
    return {
        "first_quartile": ess.quantile(0.25),
        "median": ess.median(),
        "third_quartile": ess.quantile(0.75),
        "below_10": (ess < 10).float().mean(),
    }


def errors_and_codes(kind: str, seed: int) -> tuple[float, torch.Tensor]:
    """Squared error per image, z sampled, and mu, on 5,000 test images."""
    x = test_images(5000)
    with torch.no_grad():
        recon, mu, _ = network(kind, seed)(x)
    return losses.reconstruction_loss(recon, x).item(), mu


@claim(
    lesson="04",
    en="The calibrated B = D/(2S) belongs to the network: 9 to 14 with two latent dimensions, whether it was trained with "
    "B = 10 or B = 1000, and above 50 with sixteen, every seed.",
    vi="B được hiệu chuẩn, D/(2S), là chuyện riêng của từng mạng: từ 9 đến 14 với hai chiều tiềm ẩn, dù huấn luyện với B = 10 "
    "hay B = 1000, và lớn hơn 50 với mười sáu chiều, ở mọi seed.",
    holds=lambda rows: all(
        9 < row["two_B10"] < 14 and 9 < row["two_B1000"] < 14 and row["sixteen"] > 50 for row in rows
    ),
)
def calibrated_B(seed):
    """D / (2 S) on test images, S the squared error per image."""
    kinds = {"two_B10": "vae-2d", "two_B1000": "vae-2d-b1000", "sixteen": "vae-16d"}
    return {name: D / (2 * errors_and_codes(kind, seed)[0]) for name, kind in kinds.items()}


@claim(
    lesson="04",
    en="With B = 1000 the codes spread far wider than the prior, with B = 10 they do not: root mean square of mu above 2.5 "
    "and below 1.6, every seed.",
    vi="Với B = 1000, các mã trải rộng hơn prior rất nhiều, với B = 10 thì không: căn của trung bình bình phương của mu lớn hơn "
    "2,5 và nhỏ hơn 1,6, ở mọi seed.",
    holds=lambda rows: all(row["B1000"] > 2.5 and row["B10"] < 1.6 for row in rows),
)
def wide_codes(seed):
    """The root mean square of mu over images and dimensions; 1 would be the prior's."""
    kinds = {"B10": "vae-2d", "B1000": "vae-2d-b1000"}
    return {name: errors_and_codes(kind, seed)[1].pow(2).mean().sqrt() for name, kind in kinds.items()}


@claim(
    lesson="04",
    en="With B = 0.3 the VAE reconstructs worse than with B = 10 after as many epochs (3): at least 2 more of squared error "
    "per image than any of three seeds.",
    vi="Với B = 0,3, VAE tái tạo kém hơn so với B = 10 sau cùng số epoch (3): sai số mỗi ảnh lớn hơn ít nhất 2 so với cả ba seed.",
    holds=lambda rows: all(row["B03"] > row["B10"] + 2 for row in rows),
)
def small_B_underfits(seed):
    """Squared error per image, z sampled: the stored vae-2d-b0.3 (seed 0) beside B = 10 by the same recipe."""
    x = test_images(5000)
    with torch.no_grad():
        recon = models.load_pretrained("vae-2d-b0.3")(x)[0]
    return {"B03": losses.reconstruction_loss(recon, x), "B10": errors_and_codes("vae-2d", seed)[0]}
