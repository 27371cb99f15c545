"""What lesson 01 says beyond its own cells."""

from itertools import combinations

import torch
import torch.nn.functional as F
from torch import nn

from vae_helpers import data, losses, metrics, models

from .ledger import claim
from .networks import images_of, network, test_images


def codes_of(model, x):
    """The code of each image: z of an autoencoder, mu of a VAE."""
    with torch.no_grad():
        code = model.encode(x)
    return code[0] if isinstance(code, tuple) else code


def some_of(part, n, seed):
    """n images of a part of MNIST, chosen at random, and their labels."""
    chosen = torch.randperm(len(images_of(part)), generator=torch.Generator().manual_seed(seed))[:n]
    return images_of(part).images[chosen], images_of(part).labels[chosen]


def reader(seed):
    """A small network that reads digits, as judge: 784 → 256 → 10, two epochs on the 48,000 training images."""
    torch.manual_seed(seed)
    judge = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = torch.optim.Adam(judge.parameters(), 1e-3)
    images, labels = images_of("train").images, images_of("train").labels
    for _ in range(2):
        for batch in torch.randperm(len(images)).split(128):
            optimizer.zero_grad()
            F.cross_entropy(judge(images[batch]), labels[batch]).backward()
            optimizer.step()
    return judge.eval().requires_grad_(False)


@claim(
    lesson="01",
    en="A network that reads digits finds the right one in 55 to 85% of the pictures rebuilt from two numbers, and from "
    "sixteen in as many as of the originals, but for 6 points at most, every seed; the stored networks likewise (70 to 80%; "
    "1.5 points).",
    vi="Một mạng đọc chữ số đọc đúng 55 đến 85% ảnh tái tạo từ hai con số. Với mười sáu con số, tỉ lệ đọc đúng kém ảnh gốc "
    "không quá 6 điểm phần trăm, ở mọi seed. Các mạng lưu sẵn cũng vậy (70 đến 80%; 1,5 điểm).",
    holds=lambda rows: all(
        0.55 < row["two"] < 0.85
        and row["sixteen"] > row["originals"] - 0.06
        and 0.7 < row["two_stored"] < 0.8
        and row["sixteen_stored"] > row["originals"] - 0.015
        for row in rows
    ),
)
def two_numbers_read(seed):
    """Share of 3,000 random test images that a network trained on originals reads right."""
    judge = reader(seed)
    x, y = some_of("test", 3000, seed)
    rivals = {
        "two": network("ae-2d", seed),
        "sixteen": network("ae-16d", seed),
        "two_stored": models.load_pretrained("ae-2d"),
        "sixteen_stored": models.load_pretrained("ae-16d"),
    }
    with torch.no_grad():
        pictures = {"originals": x} | {name: model.decode(codes_of(model, x)) for name, model in rivals.items()}
        return {name: (judge(images).argmax(1) == y).float().mean() for name, images in pictures.items()}


@claim(
    lesson="01",
    en="The stored autoencoders err little more on new images than on those they have learnt from: two numbers 1 to 5%, "
    "sixteen 5 to 9%.",
    vi="Sai số của các autoencoder lưu sẵn trên ảnh mới chỉ lớn hơn trên ảnh đã học một chút: 1 đến 5% với hai con số, "
    "5 đến 9% với mười sáu con số.",
    holds=lambda rows: all(0.01 < row["two"] < 0.05 < row["sixteen"] < 0.09 for row in rows),
    seeds=(0,),  # stored weights on all test images
)
def gap_on_new_images(seed):
    """Squared error of all test images over that of 10,000 training images, minus 1; one seed: the weights are stored."""
    test, train = (data.load_mnist(train=part, fallback=False).images for part in (False, True))
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[: len(test)]
    gaps = {}
    for name, stored in (("two", "ae-2d"), ("sixteen", "ae-16d")):
        model = models.load_pretrained(stored)
        with torch.no_grad():
            new, learnt = (
                sum(losses.reconstruction_loss(model(x)[0], x) for x in images.split(1000))
                for images in (test, train[chosen])
            )
        gaps[name] = new / learnt - 1
    return gaps


@claim(
    lesson="01",
    en="With the squared error this network freezes at the all-black picture, with BCE it does not: after 60 steps MSE lies "
    "within 0.5 of all black and lit pixels stay below 0.001, BCE lies at least 10 lower, every seed.",
    vi="Với bình phương sai số, mạng này đứng yên ở ảnh đen hoàn toàn, với BCE thì không. Sau 60 bước, ở mọi seed, sai số khi dùng MSE "
    "cách ảnh đen không quá 0,5 và các điểm ảnh sáng vẫn dưới 0,001; khi dùng BCE, sai số thấp hơn ảnh đen ít nhất 10.",
    holds=lambda rows: all(
        abs(row["mse"] - row["all_black"]) < 0.5 and row["lit_mse"] < 1e-3 and row["bce"] < row["all_black"] - 10
        for row in rows
    ),
)
def mse_freezes(seed):
    """Squared error of 1,000 new images; lit_mse: what the network gives where the image is white, median. lr 1e-3."""
    images, _ = some_of("train", 60 * 128, seed)
    x, _ = some_of("validation", 1000, seed)
    row = {"all_black": losses.reconstruction_loss(torch.zeros_like(x), x)}
    for kind in ("mse", "bce"):
        torch.manual_seed(seed)
        model = models.Autoencoder(latent_dim=2)
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        for batch in images.split(128):
            optimizer.zero_grad()
            losses.reconstruction_loss(model(batch)[0], batch, kind=kind).backward()
            optimizer.step()
        with torch.no_grad():
            recon = model(x)[0]
        row[kind] = losses.reconstruction_loss(recon, x)
        row[f"lit_{kind}"] = recon[x > 0.9].median()
    return row


@claim(
    lesson="01",
    en="The codes of an autoencoder do not lie as N(0, I) does, those of a VAE do: KL of a Gaussian fitted to the codes "
    "against N(0, I), autoencoder above 3 nats, VAE with the same loss and training below 1, every seed.",
    vi="Mã của autoencoder không phân bố như N(0, I), còn mã của VAE thì có. KL giữa phân phối Gauss khớp với các mã và "
    "N(0, I) lớn hơn 3 nat với autoencoder, nhỏ hơn 1 nat với VAE có cùng loss và cách huấn luyện, ở mọi seed.",
    holds=lambda rows: all(row["autoencoder"] > 3 and row["vae"] < 1 for row in rows),
    quick=True,
)
def ae_mismatch(seed):
    """Both trained with the binary cross-entropy; codes (of the VAE: mu plus noise) of all test images."""
    x = test_images()
    with torch.no_grad():
        codes, _ = network("ae-2d", seed).encode(x)
        vae = network("vae-2d-bce", seed)
        samples = vae.reparameterize(*vae.encode(x))
    return {"autoencoder": metrics.gaussian_kl(codes), "vae": metrics.gaussian_kl(samples)}


@claim(
    lesson="01",
    en="Different digits lie close together where the code has two numbers, in a VAE no less than in an autoencoder: the nearest code "
    "is another digit's in more than 20%, the VAE at most 5 points less often; with sixteen numbers in less than 15%, every seed.",
    vi="Chữ số khác nhau nằm gần nhau khi mã chỉ có hai con số, ở VAE không kém gì ở autoencoder. Mã gần nhất thuộc về chữ số "
    "khác trong hơn 20% trường hợp, ở VAE ít hơn không quá 5 điểm phần trăm; với mười sáu con số thì dưới 15%, ở mọi seed.",
    holds=lambda rows: all(
        row["autoencoder"] > 0.2 and row["vae"] > row["autoencoder"] - 0.05 and row["sixteen"] < 0.15 for row in rows
    ),
)
def nearest_is_another_digit(seed):
    """Share of 3,000 random test images whose nearest code belongs to another digit."""
    x, y = some_of("test", 3000, seed)
    row = {}
    for name, kind in (("autoencoder", "ae-2d"), ("vae", "vae-2d-bce"), ("sixteen", "ae-16d")):
        z = codes_of(network(kind, seed), x)
        nearest = torch.cdist(z, z).fill_diagonal_(torch.inf).argmin(dim=1)
        row[name] = (y[nearest] != y).float().mean()
    return row


@claim(
    lesson="01",
    en="Images that look alike lie near each other in an autoencoder too: the two codes of an image and its nearest neighbour "
    "in pixels lie at less than a quarter of the distance of a random pair, every seed.",
    vi="Trong autoencoder, ảnh giống nhau cũng nằm gần nhau: mã của một ảnh và mã của ảnh gần nó nhất (tính theo điểm ảnh) cách "
    "nhau chưa đến một phần tư khoảng cách của một cặp ngẫu nhiên, ở mọi seed.",
    holds=lambda rows: all(row["autoencoder"] < 0.25 and row["vae"] < 0.25 for row in rows),
)
def alike_lie_close(seed):
    """Median distance of the codes, over the median of random pairs; 3,000 random test images."""
    x, _ = some_of("test", 3000, seed)
    pixels = x.flatten(1)
    nearest = torch.cdist(pixels, pixels).fill_diagonal_(torch.inf).argmin(dim=1)
    row = {}
    for name, kind in (("autoencoder", "ae-2d"), ("vae", "vae-2d-bce")):
        z = codes_of(network(kind, seed), x)
        row[name] = (z - z[nearest]).norm(dim=1).median() / (z - z[torch.randperm(len(z))]).norm(dim=1).median()
    return row


@claim(
    lesson="01",
    en="With a Gaussian fitted to its codes an autoencoder makes better images than from N(0, I): the Fréchet distance to real "
    "images is less than 0.8 times as large, every seed.",
    vi="Khi lấy z từ phân phối Gauss khớp với các mã, autoencoder sinh ảnh tốt hơn so với khi lấy từ N(0, I): khoảng cách Fréchet "
    "đến ảnh thật chưa bằng 0,8 lần, ở mọi seed.",
    holds=lambda rows: all(row["fitted"] < 0.8 * row["prior"] for row in rows),
)
def fitted_gaussian_generates(seed):
    """Squared Fréchet distance of 5,000 images to 5,000 test images in the hidden layer of the reader; vae: from N(0, I)."""
    features = reader(seed)[:3]
    real, _ = some_of("test", 5000, seed)
    model, vae = network("ae-2d", seed), network("vae-2d-bce", seed)
    codes = codes_of(model, images_of("validation").images)
    fitted = torch.distributions.MultivariateNormal(codes.mean(dim=0), codes.T.cov())
    with torch.no_grad():
        made = {
            "prior": model.decode(torch.randn(5000, 2)),
            "fitted": model.decode(fitted.sample((5000,))),
            "vae": vae.decode(torch.randn(5000, 2)),
        }
        return {name: metrics.frechet_distance(features(x), features(real)) for name, x in made.items()}


@claim(
    lesson="01",
    en="Equal steps in the latent space change the image unequally, in an autoencoder and in a VAE alike: the largest of 40 "
    "steps is more than 1.5 times the smallest in both (median over the 45 pairs of digits), every seed.",
    vi="Những bước dài bằng nhau trong không gian tiềm ẩn làm ảnh đổi không đều, ở autoencoder cũng như ở VAE. Trong 40 bước, "
    "bước đổi ảnh nhiều nhất gấp hơn 1,5 lần bước đổi ít nhất ở cả hai (trung vị trên 45 cặp chữ số), ở mọi seed.",
    holds=lambda rows: all(row["autoencoder"] > 1.5 and row["vae"] > 1.5 for row in rows),
    quick=True,
)
def uneven_steps(seed):
    """Largest over smallest of 40 steps between the images nearest to two digits' median codes."""
    x, y = images_of("test").images, images_of("test").labels
    row = {}
    for name, kind in (("autoencoder", "ae-2d"), ("vae", "vae-2d-bce")):
        model = network(kind, seed)
        z = codes_of(model, x)
        ends = []
        for digit in range(10):
            own = z[y == digit]
            ends.append(own[(own - own.median(dim=0).values).norm(dim=1).argmin()])
        ratios = []
        for a, b in combinations(ends, 2):
            path = torch.stack([torch.lerp(a, b, alpha) for alpha in torch.linspace(0, 1, 41)])
            with torch.no_grad():
                steps = model.decode(path).diff(dim=0).flatten(1).norm(dim=1)
            ratios.append(steps.max() / steps.min())
        row[name] = torch.stack(ratios).median()
    return row
