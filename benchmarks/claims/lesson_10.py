"""What lesson 10 says beyond its own cells."""

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import median_filter
from sklearn.manifold import TSNE
from torch import Tensor, nn

from vae_helpers import data, losses, metrics, models, training

from .ledger import claim
from .networks import images_of, network, pretrained, test_images

ERROR = 8.0  # bytes are compared at this error per image
STEPS = {  # of the rounding, the widest first: errors from above ERROR to below it
    "vae-16d": (1, 0.75, 0.6, 0.5, 0.35),
    "ae-16d": (8, 6, 5, 4, 3.5, 3, 2.5, 2),
    "pca": (1.3, 1.1, 1, 0.9, 0.8),
}
SEEDS = (1, 2, 3)  # of networks that the text was not written from


def codes(model: nn.Module, x: Tensor) -> Tensor:
    z = model.encode(x)
    return z[0] if isinstance(z, tuple) else z


@lru_cache(maxsize=1)
def axes() -> tuple[Tensor, Tensor]:
    """The mean of all 60,000 training images and the axes of PCA, the widest first."""
    pixels = data.load_mnist(fallback=False).images.flatten(1)
    return pixels.mean(dim=0), torch.linalg.eigh(pixels.T.cov()).eigenvectors.flip(1)


class PCA(nn.Module):
    """PCA with d numbers, as a network that encodes and decodes."""

    def __init__(self, d: int):
        super().__init__()
        self.mean, self.V = axes()[0], axes()[1][:, :d]

    def encode(self, x: Tensor) -> Tensor:
        return (x.flatten(1) - self.mean) @ self.V

    def decode(self, z: Tensor) -> Tensor:
        return (self.mean + z @ self.V.T).clamp(0, 1).view(-1, 1, 28, 28)


def coder(name: str, seed: int) -> nn.Module:
    return PCA(100) if name == "pca" else pretrained(name, seed)


def sent(model: nn.Module, x: Tensor, step: float) -> tuple[float, float]:
    """Bytes for an image by the entropy of its rounded code, and the error of what is received."""
    k = (codes(model, x) / step).round()
    bits = 0.0
    for column in k.T:
        p = column.unique(return_counts=True)[1] / len(column)
        bits -= (p * p.log2()).sum().item()
    return bits / 8, metrics.image_errors(model.decode(k * step), x).mean().item()


def at_the_error(name: str, seed: int) -> tuple[float, float]:
    """Bytes, and the step, at which the error on test images is ERROR, read off between the steps tried."""
    x = test_images(2000)
    points = np.array([sent(coder(name, seed), x, step) for step in STEPS[name]])
    if not points[-1, 1] < ERROR < points[0, 1]:
        return math.nan, math.nan
    size, step = (np.interp(-ERROR, -points[:, 1], values) for values in (points[:, 0], STEPS[name]))
    return float(size), float(step)


def letters() -> Tensor:
    """The 26 capital letters as images (26, 1, 28, 28)."""
    font, drawn = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 22), []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        image = Image.new("L", (28, 28))
        ImageDraw.Draw(image).text((14, 14), letter, fill=255, font=font, anchor="mm")
        drawn.append(torch.tensor(np.asarray(image)).view(1, 28, 28) / 255)
    return torch.stack(drawn)


@claim(
    lesson="10",
    en="At an error of 8 on test digits vae-16d and ae-16d take less than half of PCA's bytes, and vae-16d fewer than ae-16d, by less "
    "than a tenth; sent with the same steps, the 26 letters have more than twice PCA's error from either network, every seed.",
    vi="Với sai số 8 trên chữ số kiểm tra, vae-16d và ae-16d cần chưa đến một nửa số byte của PCA, vae-16d cần ít hơn ae-16d chưa đến "
    "một phần mười; gửi với cùng các bước ấy, 26 chữ cái qua mỗi mạng có sai số hơn hai lần so với qua PCA, ở mọi seed.",
    holds=lambda rows: all(
        row["ae"] < row["pca"] / 2
        and 0.9 * row["ae"] < row["vae"] < row["ae"]
        and min(row["vae_letters"], row["ae_letters"]) > 2 * row["pca_letters"]
        for row in rows
    ),
    seeds=SEEDS,
)
@torch.no_grad()
def codes_need_fewer_bytes(seed):
    """Bytes for each of 2,000 test images, and the mean error on 26 capital letters in DejaVu Sans of 22 points.

    PCA, with up to 100 coefficients from all 60,000 images, is the same for every seed.
    """
    found = {}
    for name, kind in (("vae", "vae-16d"), ("ae", "ae-16d"), ("pca", "pca")):
        found[name], step = at_the_error(kind, seed)
        found[f"{name}_letters"] = sent(coder(kind, seed), letters(), step)[1]
    return found


def turned(model: nn.Module, z: Tensor, x: Tensor, steps: tuple[float, ...]) -> float:
    """Bytes at an error of ERROR for the codes z (N, d) of x, turned to their own PCA axes before they are rounded."""
    mean, axes = z.mean(dim=0), torch.linalg.eigh(z.T.cov()).eigenvectors
    points = []
    for step in steps:
        k = ((z - mean) @ axes / step).round()
        shares = [column.unique(return_counts=True)[1] / len(column) for column in k.T]
        error = metrics.image_errors(model.decode(k * step @ axes.T + mean), x).mean().item()
        points.append((-error, sum(-(p * p.log2()).sum().item() for p in shares) / 8))
    errors, size = zip(*points, strict=True)
    return float(np.interp(-ERROR, errors, size)) if errors[0] < -ERROR < errors[-1] else math.nan


@claim(
    lesson="10",
    en="Once the 16 numbers of ae-16d are turned to their own PCA axes before they are rounded, they take fewer bytes at an error of 8 than "
    "those of vae-16d as they are; with both codes turned, vae-16d takes fewer, by less than a twentieth, every seed.",
    vi="Nếu xoay 16 con số của ae-16d theo các trục PCA của chính chúng rồi mới làm tròn thì với sai số 8 chúng cần ít byte hơn mã của vae-16d để "
    "nguyên; xoay cả hai mã thì vae-16d cần ít hơn chưa đến một phần hai mươi, ở mọi seed.",
    holds=lambda rows: all(
        row["ae_turned"] < row["vae"] and 0.95 * row["ae_turned"] < row["vae_turned"] < row["ae_turned"] for row in rows
    ),
    seeds=SEEDS,
)
@torch.no_grad()
def turned_codes_are_nearly_equal(seed):
    """Bytes for each of 1,000 test images, by the entropies of the single numbers."""
    x, found = test_images(2000)[:1000], {}
    for name, kind, steps in (("vae", "vae-16d", (0.75, 0.6, 0.5)), ("ae", "ae-16d", (5, 4, 3.5, 3))):
        model = pretrained(kind, seed)
        found[f"{name}_turned"] = turned(model, codes(model, x), x, steps)
        points = np.array([sent(model, x, step) for step in steps])
        found[name] = float(np.interp(-ERROR, -points[:, 1], points[:, 0]))
    return found


# ---------------------------------------------------------------------------------------------------- denoising

NOISES = {
    "g2": ("gaussian", 0.2),
    "g5": ("gaussian", 0.5),
    "m5": ("mask", 0.5),
    "s1": ("salt-pepper", 0.1),
    "s4": ("salt-pepper", 0.4),
}
MOST = (
    ("gaussian", 0.5),
    ("mask", 0.7),
    ("salt-pepper", 0.4),
)  # kinds of noise in training, and their largest strength
EPOCHS = 10  # of the denoiser, where the lesson has time for 6


def spoil(x: Tensor) -> Tensor:
    """The batch with one kind of noise, up to a strength drawn anew, as in the lesson."""
    kind, most = MOST[torch.randint(3, ())]
    return data.add_noise(x, kind, most * torch.rand(()).item())


class Denoiser(models.MLPAutoencoder):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super().forward(spoil(x) if self.training else x)


def mse(recon: Tensor, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    return losses.reconstruction_loss(recon, x)


def trained_denoiser(seed: int) -> Denoiser:
    torch.manual_seed(seed)
    net = Denoiser(latent_dim=128, hidden=512)
    training.fit(
        net, data.load_mnist(fallback=False), epochs=EPOCHS, batch_size=128, lr=3e-3, schedule="one-cycle", loss=mse,
        seed=seed, log_dir=None, progress=False,
    )  # fmt: skip
    return net.cpu().eval()


def with_one(x: Tensor) -> Tensor:
    return F.pad(x.flatten(1), (0, 1), value=1)


def linear_map(seed: int) -> Tensor:
    """The best linear map from noisy images to clean ones, over all 60,000 images and the denoiser's noises."""
    torch.manual_seed(seed)
    S_S, S_x = 1e-3 * torch.eye(785), torch.zeros(785, 784)
    for clean in data.load_mnist(fallback=False).images.split(128):
        s = with_one(spoil(clean))
        S_S, S_x = S_S + s.T @ s, S_x + s.T @ clean.flatten(1)
    return torch.linalg.solve(S_S, S_x)


@lru_cache(maxsize=1)
def rows_and_lengths() -> tuple[Tensor, Tensor]:
    """The 60,000 training images as rows, and the length of each."""
    rows = data.load_mnist(fallback=False).images.flatten(1)
    return rows, rows.norm(dim=1)


def ten_nearest(noisy: Tensor, by_angle: bool = False) -> Tensor:
    """The mean of the ten of the 60,000 training images that are nearest to each noisy one."""
    (train, lengths), found = rows_and_lengths(), []
    for s in noisy.flatten(1).split(250):
        inner = s @ train.T
        near = inner / lengths if by_angle else inner - lengths**2 / 2
        found.append(train[near.topk(10).indices].mean(dim=1))
    return torch.cat(found).view_as(noisy)


def on_noise(clean, x: Tensor, seed: int) -> dict[str, float]:
    """The mean PSNR of what clean makes of each kind of noise, in decibels; the same noise for every cleaner."""
    found = {}
    for name, how in NOISES.items():
        torch.manual_seed(seed)
        found[name] = metrics.psnr(clean(data.add_noise(x, *how)), x).mean().item()
    return found


def simple_ways(x: Tensor, seed: int) -> dict[str, dict[str, float]]:
    """The PSNR of each way that needs no network, on each kind of noise."""
    W, pca = linear_map(seed), PCA(16)
    ways = {
        "nothing": lambda noisy: noisy,
        "median": lambda noisy: torch.tensor(median_filter(noisy.numpy(), size=(1, 1, 3, 3))),
        "linear": lambda noisy: (with_one(noisy) @ W).clamp(0, 1).view_as(noisy),
        "nearest": ten_nearest,
        "angle": lambda noisy: ten_nearest(noisy, by_angle=True),
        "pca": lambda noisy: pca.decode(pca.encode(noisy)),
    }
    return {name: on_noise(clean, x, seed) for name, clean in ways.items()}


BEST = {"g2": "linear", "g5": "nearest", "m5": "angle", "s1": "median", "s4": "nearest"}


@claim(
    lesson="10",
    en="Of seven simple ways the linear map is the best at σ = 0.2, the median filter with 10% salt-and-pepper, the ten nearest training images "
    "at σ = 0.5 and with 40% salt-and-pepper, the ten nearest by angle with 50% masked; each of the seven is somewhere more than 2 dB behind, every seed.",
    vi="Trong bảy cách đơn giản, ánh xạ tuyến tính tốt nhất ở σ = 0,2, bộ lọc trung vị khi muối tiêu 10%, mười ảnh huấn luyện gần nhất ở σ = 0,5 "
    "và khi muối tiêu 40%, mười ảnh gần nhất theo góc khi che 50%; cách nào cũng có lúc kém cách tốt nhất hơn 2 dB, ở mọi seed.",
    holds=lambda rows: all(min(row[name] for name in BEST) > 0 and row["worst"] > 2 for row in rows),
    seeds=SEEDS,
)
@torch.no_grad()
def no_simple_way_is_best(seed):
    """The lead in dB of the best way over the second for each noise, and the least of how far a way is behind at its worst.

    500 test images; the seven are doing nothing, the median filter, the linear map, the ten nearest by distance and by angle,
    PCA 16 and PCA 100.
    """
    x, pca = test_images(500), PCA(100)
    ways = simple_ways(x, seed) | {"pca100": on_noise(lambda noisy: pca.decode(pca.encode(noisy)), x, seed)}
    leads = {
        name: ways[best][name] - max(way[name] for other, way in ways.items() if other != best)
        for name, best in BEST.items()
    }
    behind = [max(ways[best][name] - way[name] for name, best in BEST.items()) for way in ways.values()]
    return leads | {"worst": min(behind)}


@claim(
    lesson="10",
    en="After 10 epochs of 60,000 images the denoising autoencoder is ahead of the best of six simple ways, by less than 1.5 dB, on four kinds of "
    "noise; with 40% salt-and-pepper it is behind the ten nearest training images, by less than 1.5 dB, every seed.",
    vi="Sau 10 epoch trên 60.000 ảnh, autoencoder khử nhiễu hơn cách tốt nhất trong sáu cách đơn giản, chưa đến 1,5 dB, ở bốn thứ nhiễu; khi muối "
    "tiêu 40%, nó kém mười ảnh huấn luyện gần nhất, chưa đến 1,5 dB, ở mọi seed.",
    holds=lambda rows: all(
        all(0 < row[name] < 1.5 for name in ("g2", "g5", "m5", "s1")) and -1.5 < row["s4"] < 0 for row in rows
    ),
    seeds=SEEDS,
)
@torch.no_grad()
def denoiser_is_near_the_best(seed):
    """The lead in dB over the best of the six simple ways for each noise; 500 test images. Trains the network."""
    x = test_images(500)
    with torch.enable_grad():
        net = trained_denoiser(seed)
    ours, ways = on_noise(lambda noisy: net(noisy)[0], x, seed), simple_ways(x, seed)
    return {name: ours[name] - max(way[name] for way in ways.values()) for name in NOISES}


@claim(
    lesson="10",
    en="Gaussian noise of σ = 0.2: vae-16d, never trained for it, brings the image closer to the clean one, to more than 17 dB, and so does "
    "vae-16d-b1000, while ae-16d has less than 14; PCA 100, not trained for it either, and the linear map are ahead of all three. With 50% "
    "masked vae-16d is behind ae-16d, every seed.",
    vi="Nhiễu Gauss σ = 0,2: vae-16d, chưa từng được huấn luyện để khử nhiễu, đưa ảnh lại gần ảnh sạch hơn, được trên 17 dB, vae-16d-b1000 "
    "cũng vậy, còn ae-16d chưa đến 14; PCA 100, cũng chưa từng thấy nhiễu, và ánh xạ tuyến tính hơn cả ba. Khi che 50%, vae-16d kém ae-16d, "
    "ở mọi seed.",
    holds=lambda rows: all(
        min(row["vae"], row["vae_b1000"]) > max(row["nothing"], 17)
        and row["ae"] < 14
        and min(row["linear"], row["pca100"]) > max(row["vae"], row["vae_b1000"])
        and row["vae_masked"] < row["ae_masked"]
        for row in rows
    ),
    seeds=SEEDS,
)
@torch.no_grad()
def vae_cleans_untrained(seed):
    """PSNR in dB, 2,000 test images; of the two with 50% masked as well."""
    x, W, pca = test_images(2000), linear_map(seed), PCA(100)
    torch.manual_seed(seed)
    noisy, masked = data.add_noise(x, "gaussian", 0.2), data.add_noise(x, "mask", 0.5)
    found = {
        "nothing": noisy,
        "linear": (with_one(noisy) @ W).clamp(0, 1).view_as(noisy),
        "pca100": pca.decode(pca.encode(noisy)),
    }
    for name, kind in (("vae", "vae-16d"), ("vae_b1000", "vae-16d-b1000"), ("ae", "ae-16d")):
        net = pretrained(kind, seed)
        found[name] = net.decode(codes(net, noisy))
        if name != "vae_b1000":
            found[f"{name}_masked"] = net.decode(codes(net, masked))
    return {name: metrics.psnr(cleaned, x).mean().item() for name, cleaned in found.items()}


@claim(
    lesson="10",
    en="Of two small fully connected networks of 16 dimensions, both trained with BCE and different in the noise in z and the KL alone, "
    "the VAE is not ahead in cleaning Gaussian noise of σ = 0.2: by less than half a dB, if at all, every seed.",
    vi="Hai mạng nhỏ 16 chiều gồm các lớp tuyến tính, cùng học theo BCE và chỉ khác nhau ở nhiễu trong z và KL: khi khử nhiễu Gauss "
    "σ = 0,2, VAE không hơn, hoặc hơn chưa đến nửa dB, ở mọi seed.",
    holds=lambda rows: all(row["vae"] < row["ae"] + 0.5 for row in rows),
    quick=True,
)
@torch.no_grad()
def same_loss_cleans_alike(seed):
    """PSNR in dB, 2,000 test images."""
    x = test_images(2000)
    noisy, found = data.add_noise(x, "gaussian", 0.2), {}
    for name, kind in (("vae", "vae-16d-bce"), ("ae", "ae-16d")):
        net = network(kind, seed)
        found[name] = metrics.psnr(net.decode(net.encode(noisy)[0]), x).mean().item()
    return found


# ---------------------------------------------------------------------------------------------------- maps


def nearest(points: Tensor, k: int = 10) -> Tensor:
    return torch.cdist(points, points).fill_diagonal_(torch.inf).topk(k, largest=False).indices


def kept(points: Tensor, x: Tensor) -> float:
    """Of the 10 nearest points on a map, the share that are among the 10 nearest images by their pixels."""
    near, truly_near = nearest(points), nearest(x.flatten(1))
    return (near[:, :, None] == truly_near[:, None, :]).any(dim=2).float().mean().item()


@claim(
    lesson="10",
    en="Neighbours kept on a map of 1,000 test images: t-SNE more than one and a half times the share of ae-2d and vae-2d; these more "
    "than twice that of PCA, and vae-2d is ahead of ae-2d, by less than 0.04, every seed.",
    vi="Tỉ lệ láng giềng giữ được trên bản đồ 1.000 ảnh kiểm tra: t-SNE hơn một lần rưỡi so với ae-2d và vae-2d; hai mạng này hơn hai lần "
    "so với PCA, và vae-2d hơn ae-2d chưa đến 0,04, ở mọi seed.",
    holds=lambda rows: all(
        row["tsne"] > 1.5 * max(row["ae"], row["vae"])
        and min(row["ae"], row["vae"]) > 2 * row["pca"]
        and 0 < row["vae"] - row["ae"] < 0.04
        for row in rows
    ),
    seeds=SEEDS,
)
@torch.no_grad()
def maps_keep_neighbours(seed):
    """PCA from all 60,000 images is the same for every seed; t-SNE starts from random points of that seed."""
    x = test_images(2000)[:1000]
    tsne = TSNE(init="random", random_state=seed).fit_transform(x.flatten(1).numpy())
    maps = {
        "pca": PCA(2).encode(x),
        "ae": codes(pretrained("ae-2d", seed), x),
        "vae": codes(pretrained("vae-2d", seed), x),
        "tsne": torch.tensor(tsne),
    }
    return {name: kept(points, x) for name, points in maps.items()}


@claim(
    lesson="10",
    en="Small networks of two dimensions, all trained with BCE: the VAE keeps more neighbours than the autoencoder, which differs from it in the "
    "noise in z and the KL alone, and so does a network with the KL and without the noise, by less than 0.03; yet fewer of the VAE's neighbours "
    "show the same digit, every seed.",
    vi="Các mạng nhỏ hai chiều cùng học theo BCE: VAE giữ được nhiều láng giềng hơn autoencoder, vốn chỉ khác nó ở nhiễu trong z và KL, và mạng "
    "có KL mà không có nhiễu cũng vậy, hơn chưa đến 0,03; nhưng trong các láng giềng của VAE, số cùng chữ số lại ít hơn, ở mọi seed.",
    holds=lambda rows: all(
        0 < row["vae"] - row["ae"] < 0.03
        and 0 < row["kl_alone"] - row["ae"] < 0.03
        and row["vae_same_digit"] < row["ae_same_digit"]
        for row in rows
    ),
    quick=True,
)
@torch.no_grad()
def kl_keeps_a_few_more_neighbours(seed):
    """The mean over five maps, each of 1,000 other test images; same_digit: of the 10 nearest points, those of the same digit."""
    test = images_of("test")
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:5000].split(1000)
    found = {}
    for name, kind in {"vae": "vae-2d-bce", "kl_alone": "vae-2d-no-noise", "ae": "ae-2d"}.items():
        net, shares = network(kind, seed), []
        for rows in order:
            x, y = test.images[rows], test.labels[rows]
            points = net.encode(x)[0]
            shares.append((kept(points, x), (y[nearest(points)] == y[:, None]).float().mean().item()))
        found[name], found[f"{name}_same_digit"] = torch.tensor(shares).mean(dim=0).tolist()
    return found
