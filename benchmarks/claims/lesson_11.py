"""What lesson 11 says beyond its own cells."""

import math
from collections.abc import Callable
from functools import lru_cache

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from vae_helpers import data, metrics, models

from .ledger import claim
from .networks import images_of, pretrained

SEEDS = (1, 2, 3)
LETTERS = "ABCDEFGHJKLMNPQRTUVWXY"  # not I, O, S, Z: they look like 1, 0, 5, 2
RATES = (2, 5, 10, 40, 1000)
N = 2000  # images on either side of a Fréchet distance


@lru_cache(maxsize=1)
def all_training() -> data.ImageDataset:
    """All 60,000, in the order of the file."""
    return data.load_mnist(fallback=False)


def chosen(dataset: data.ImageDataset, start: int, n: int) -> tuple[Tensor, Tensor]:
    """n images drawn at random and their digits; another start, other images."""
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))[start : start + n]
    return dataset.images[order], dataset.labels[order]


@lru_cache(maxsize=1)
def axes() -> tuple[Tensor, Tensor]:
    """Mean of the 60,000 images, and their principal axes as columns, the first 64."""
    pixels = all_training().images.flatten(1)
    return pixels.mean(dim=0), torch.linalg.eigh(pixels.T.cov()).eigenvectors.flip(1)[:, :64]


def by_pca(x: Tensor, d: int) -> Tensor:
    """The first d coefficients of each image."""
    mean, V = axes()
    return (x.flatten(1) - mean) @ V[:, :d]


def drawn_by_pca(coefficients: Tensor) -> Tensor:
    mean, V = axes()
    return (mean + coefficients @ V[:, : coefficients.shape[1]].T).clamp(0, 1).view(-1, 1, 28, 28)


@torch.no_grad()
def code(model: nn.Module, x: Tensor) -> Tensor:
    """mu of a VAE, z of an autoencoder."""
    parts = [model.encode(part) for part in x.split(1000)]
    return torch.cat([part[0] if isinstance(part, tuple) else part for part in parts])


@torch.no_grad()
def drawn(model: nn.Module, z: Tensor) -> Tensor:
    return torch.cat([model.decode(part) for part in z.split(1000)])


# ---------------------------------------------------------------------------------------------------- few labels


def descriptions(seed: int) -> dict[str, Callable[[Tensor], Tensor]]:
    return {
        "vae": lambda x: code(pretrained("vae-16d", seed), x),
        "ae": lambda x: code(pretrained("ae-16d", seed), x),
        "pca": lambda x: by_pca(x, 16),
        "pixels": lambda x: x.flatten(1),
    }


def net_from_labels(
    x: Tensor, y: Tensor, steps: int, seed: int, change: Callable[[Tensor], Tensor] | None = None
) -> nn.Module:
    """The judge's network, trained from these labelled images alone: Adam, batches of 50, learning rate 2e-3 falling to 0.

    change: what is done to each batch before the net sees it.
    """
    torch.manual_seed(seed)
    net = models.DigitJudge()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)
    for _ in range(steps):
        batch = torch.randint(len(x), (50,))
        loss = F.cross_entropy(net(change(x[batch]) if change else x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def right(net: nn.Module, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return 100 * (net(x).argmax(dim=1) == y).float().mean().item()


@claim(
    lesson="11",
    en="With few labels the 16 numbers of an autoencoder are worth more than PCA's 16 numbers, the pixels and a convolutional "
    "net trained from those labels alone, without augmentation, and it does not matter whether it is a VAE: test images read rightly by logistic "
    "regression, 100 labels, at least four percentage points above each of the three and within three of each other, every seed.",
    vi="Khi có ít nhãn, 16 số của một autoencoder có ích hơn 16 số của PCA, hơn chính các điểm ảnh và hơn một mạng tích chập chỉ "
    "học từ các nhãn ấy, không tăng cường dữ liệu, và đó có phải VAE hay không cũng như nhau: tỉ lệ ảnh kiểm tra mà hồi quy logistic đọc đúng với 100 nhãn "
    "hơn mỗi cách trong ba cách ấy ít nhất bốn điểm phần trăm, còn VAE và autoencoder chênh nhau dưới ba điểm, ở mọi seed.",
    holds=lambda rows: all(
        min(row["vae"], row["ae"]) > max(row["pca"], row["pixels"], row["net"]) + 4 and abs(row["vae"] - row["ae"]) < 3
        for row in rows
    ),
    seeds=SEEDS,
)
def few_labels(seed):
    """The mean over ten draws of 100 labelled images (the net: five of them), others for each seed; 2,000 test images."""
    x, y = chosen(images_of("test"), 0, N)
    found = {}
    for name, describe in descriptions(seed).items():
        unseen, scores = describe(x), []
        for draw in range(10):
            seen, digits = chosen(all_training(), 2000 * seed + 100 * draw, 100)
            classifier = LogisticRegression(max_iter=1000).fit(describe(seen).numpy(), digits)
            scores.append(100 * classifier.score(unseen.numpy(), y))
        found[name] = np.mean(scores)
    scores = []
    for draw in range(5):
        seen, digits = chosen(all_training(), 2000 * seed + 100 * draw, 100)
        scores.append(right(net_from_labels(seen, digits, 150, draw), x, y))
    return found | {"net": np.mean(scores)}


def turned_and_shifted(x: Tensor) -> Tensor:
    """Each image turned by up to 15°, slanted by up to 0.15, scaled by up to 10% and shifted by up to two pixels, at random."""
    angle, slant, scale = ((2 * torch.rand(len(x)) - 1) * most for most in (math.radians(15), 0.15, 0.1))
    shift = (2 * torch.rand(len(x), 2, 1) - 1) * 2 / 14  # the image is 2 wide
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, slant * cos - sin, sin, slant * sin + cos], dim=1).view(-1, 2, 2)
    grid = F.affine_grid(torch.cat([turn / (1 + scale)[:, None, None], shift], dim=2), x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


@claim(
    lesson="11",
    en="Augmentation turns that round: trained from the same 100 labels for 600 steps, the same convolutional net reads at least one "
    "percentage point more of the test images rightly than logistic regression on the codes when its images are turned, slanted, "
    "scaled and shifted at random, and at least three fewer when they are not, every seed.",
    vi="Tăng cường dữ liệu đảo ngược điều ấy: cũng mạng tích chập ấy, học từ cùng 100 nhãn trong 600 bước, đọc đúng nhiều ảnh kiểm tra "
    "hơn hồi quy logistic trên mã ít nhất một điểm phần trăm khi các ảnh của nó được xoay, làm nghiêng, co giãn và dịch ngẫu nhiên, và ít "
    "hơn ít nhất ba điểm khi không làm thế, ở mọi seed.",
    holds=lambda rows: all(
        row["net_augmented"] > max(row["vae"], row["ae"]) + 1 and row["net"] < min(row["vae"], row["ae"]) - 3
        for row in rows
    ),
    seeds=SEEDS,
)
def few_labels_augmented(seed):
    """The mean over five draws of 100 labelled images, those of few_labels; 2,000 test images."""
    x, y = chosen(images_of("test"), 0, N)
    scores = {name: [] for name in ("vae", "ae", "net", "net_augmented")}
    for draw in range(5):
        seen, digits = chosen(all_training(), 2000 * seed + 100 * draw, 100)
        for name in ("vae", "ae"):
            describe = descriptions(seed)[name]
            classifier = LogisticRegression(max_iter=1000).fit(describe(seen).numpy(), digits)
            scores[name].append(100 * classifier.score(describe(x).numpy(), y))
        for name, change in (("net", None), ("net_augmented", turned_and_shifted)):
            scores[name].append(right(net_from_labels(seen, digits, 600, draw, change), x, y))
    return {name: np.mean(found) for name, found in scores.items()}


@claim(
    lesson="11",
    en="With 1,000 labels the code of vae-16d is ahead of that of ae-16d by its scale alone: test images read rightly by logistic "
    "regression, the VAE at least half a percentage point ahead on the codes as they are and not ahead by that much once each "
    "dimension is standardised, every seed.",
    vi="Với 1.000 nhãn, mã của vae-16d chỉ hơn mã của ae-16d nhờ độ lớn của các số: tỉ lệ ảnh kiểm tra mà hồi quy logistic đọc đúng của "
    "VAE hơn ít nhất nửa điểm phần trăm khi để nguyên các mã, và không còn hơn đến mức ấy khi từng chiều được chuẩn hóa, ở mọi seed.",
    holds=lambda rows: all(
        row["vae"] > row["ae"] + 0.5 and row["vae_standardised"] < row["ae_standardised"] + 0.5 for row in rows
    ),
    seeds=SEEDS,
)
def standardised_codes(seed):
    """The mean over five draws of 1,000 labelled images; mean and deviation are those of their codes; 2,000 test images."""
    x, y = chosen(images_of("test"), 0, N)
    found = {}
    for name in ("vae", "ae"):
        describe, scores = descriptions(seed)[name], ([], [])
        for draw in range(5):
            seen, digits = chosen(all_training(), 5000 * seed + 1000 * draw, 1000)
            plain = LogisticRegression(max_iter=1000)
            for kept, classifier in zip(scores, (plain, make_pipeline(StandardScaler(), plain)), strict=True):
                classifier.fit(describe(seen).numpy(), digits)
                kept.append(100 * classifier.score(describe(x).numpy(), y))
        found[name], found[f"{name}_standardised"] = map(np.mean, scores)
    return found


@claim(
    lesson="11",
    en="What is said of logistic regression is not said of codes: with 100 labels a support vector machine on the codes reads at least one "
    "percentage point more of the test images rightly than logistic regression, and eight more than it does on PCA's 16 numbers or the pixels; with "
    "1,000 labels two more than on the pixels and than the convolutional net without augmentation, after 400 steps or 1,200, every seed.",
    vi="Điều nói về hồi quy logistic chưa phải là điều nói về mã: với 100 nhãn, một máy vectơ hỗ trợ trên mã đọc đúng nhiều ảnh kiểm tra hơn "
    "hồi quy logistic ít nhất một điểm phần trăm, và hơn chính nó trên 16 số của PCA hay trên điểm ảnh ít nhất tám điểm; với 1.000 nhãn, nó hơn chính nó trên "
    "điểm ảnh và hơn mạng tích chập không tăng cường dữ liệu, học 400 hay 1.200 bước, ít nhất hai điểm, ở mọi seed.",
    holds=lambda rows: all(
        row[f"{name}_100"] > row[f"{name}_100_logistic"] + 1
        and row[f"{name}_100"] > max(row["pca_100"], row["pixels_100"]) + 8
        and row[f"{name}_1000"] > max(row["pixels_1000"], row["net_400"], row["net_1200"]) + 2
        for row in rows
        for name in ("vae", "ae")
    ),
    seeds=SEEDS,
)
def codes_by_svm(seed):
    """Radial kernel, C = 10; the mean over five draws of 100 labels (those of few_labels) and two of 1,000; 2,000 test images."""
    x, y = chosen(images_of("test"), 0, N)
    draws = {
        100: [2000 * seed + 100 * draw for draw in range(5)],
        1000: [5000 * seed + 1000 * draw for draw in range(2)],
    }
    scores = {}
    for name, describe in descriptions(seed).items():
        unseen = describe(x).numpy()
        for labels, starts in draws.items():
            for start in starts:
                seen, digits = chosen(all_training(), start, labels)
                for end, classifier in (("", SVC(C=10)), ("_logistic", LogisticRegression(max_iter=1000))):
                    found = 100 * classifier.fit(describe(seen).numpy(), digits).score(unseen, y)
                    scores.setdefault(f"{name}_{labels}{end}", []).append(found)
    for steps in (400, 1200):
        nets = [net_from_labels(*chosen(all_training(), start, 1000), steps, seed) for start in draws[1000]]
        scores[f"net_{steps}"] = [right(net, x, y) for net in nets]
    return {name: np.mean(found) for name, found in scores.items()}


@claim(
    lesson="11",
    en="With all 60,000 labels the codes are of no more use: a convolutional net trained from the labels (the judge) reads more "
    "test images rightly than logistic regression, 3 nearest neighbours or an SVM (radial kernel, C = 10) on the codes of VAE or autoencoder, every seed.",
    vi="Khi có cả 60.000 nhãn thì mã không còn ích gì: mạng tích chập học từ các nhãn (giám khảo) đọc đúng nhiều ảnh kiểm tra hơn "
    "hồi quy logistic, 3 láng giềng gần nhất hay SVM (nhân Gauss, C = 10) trên mã của VAE hay autoencoder, ở mọi seed.",
    holds=lambda rows: all(
        row["net"] > max(row[f"{name}_{kind}"] for name in ("vae", "ae") for kind in ("logistic", "neighbours", "svm"))
        for row in rows
    ),
    seeds=SEEDS,
)
def all_labels(seed):
    """All 10,000 test images; the judge is one network, trained once."""
    test, training = images_of("test"), all_training()
    found = {"net": right(models.load_pretrained("judge"), test.images, test.labels)}
    for name in ("vae", "ae"):
        z, unseen = (descriptions(seed)[name](part.images).numpy() for part in (training, test))
        for kind, classifier in (
            ("logistic", LogisticRegression(max_iter=1000)),
            ("neighbours", KNeighborsClassifier(3)),
            ("svm", SVC(C=10)),
        ):
            found[f"{name}_{kind}"] = 100 * classifier.fit(z, training.labels).score(unseen, test.labels)
    return found


# ----------------------------------------------------------------------------------------------------- anomalies


def letters(times: int, seed: int) -> Tensor:
    """Letters as images (N, 1, 28, 28), each a little tilted and shifted."""
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 22)
    random, images = np.random.default_rng(seed), []
    for letter in LETTERS * times:
        image = Image.new("L", (28, 28))
        ImageDraw.Draw(image).text((14, 14) + random.uniform(-1, 1, 2), letter, fill=255, font=font, anchor="mm")
        images.append(np.asarray(image.rotate(random.uniform(-15, 15), Image.Resampling.BILINEAR)))
    return torch.tensor(np.stack(images)).float().div(255).unsqueeze(1)


def auroc(normal: Tensor, strange: Tensor) -> float:
    return ((strange[:, None] > normal).float() + 0.5 * (strange[:, None] == normal).float()).mean().item()


def nearest(x: Tensor) -> Tensor:
    """Squared distance of each image to the nearest of the 60,000."""
    pixels = all_training().images.flatten(1)
    lengths = pixels.pow(2).sum(dim=1)
    return torch.cat(
        [(lengths - 2 * part @ pixels.T).amin(dim=1) + part.pow(2).sum(dim=1) for part in x.flatten(1).split(250)]
    )


def anomaly_scores(seed: int, rivals: tuple[str, ...]) -> dict[str, Callable[[Tensor], Tensor]]:
    def error(redraw):
        return lambda x: metrics.image_errors(redraw(x), x)

    vae, ae = pretrained("vae-16d", seed), pretrained("ae-16d", seed)
    scores = {
        "vae": error(lambda x: drawn(vae, code(vae, x))),
        "ae": error(lambda x: drawn(ae, code(ae, x))),
        "nearest": nearest,
        "pca16": error(lambda x: drawn_by_pca(by_pca(x, 16))),
        "pca32": error(lambda x: drawn_by_pca(by_pca(x, 32))),
        "pca64": error(lambda x: drawn_by_pca(by_pca(x, 64))),
    }
    return {name: scores[name] for name in ("vae", "ae", *rivals)}


@claim(
    lesson="11",
    en="Letters are noticed better by the reconstruction error of vae-16d or ae-16d than by the nearest of 60,000 images or by "
    "PCA with 16, 32 or 64 axes, and the two are a draw: AUROC of either above that of every rival, within 0.03 of each other, every seed.",
    vi="Chữ cái được nhận ra nhờ sai số tái tạo của vae-16d hay ae-16d rõ hơn nhờ ảnh gần nhất trong 60.000 ảnh hay nhờ PCA với "
    "16, 32 hay 64 trục, còn hai mạng ấy ngang nhau: AUROC của cả hai cao hơn mọi baseline và chênh nhau dưới 0,03, ở mọi seed.",
    holds=lambda rows: all(
        min(row["vae"], row["ae"]) > max(row["nearest"], row["pca16"], row["pca32"], row["pca64"])
        and abs(row["vae"] - row["ae"]) < 0.03
        for row in rows
    ),
    seeds=SEEDS,
)
def letters_noticed(seed):
    """440 letters, drawn anew for each seed, against 2,000 test images."""
    x, strange = chosen(images_of("test"), 0, N)[0], letters(20, seed)
    scores = anomaly_scores(seed, ("nearest", "pca16", "pca32", "pca64"))
    return {name: auroc(score(x), score(strange)) for name, score in scores.items()}


@claim(
    lesson="11",
    en="By the squared error an image with little ink or none can pass for normal: an all-black image is more normal than all 2,000 digits for "
    "the autoencoder and more normal than most for the VAE (AUROC 0 and below 0.5); for faint digits the autoencoder is worse than "
    "guessing, the VAE better (below and above 0.5), every seed.",
    vi="Theo bình phương sai số, ảnh ít mực hay không có nét nào có thể bị coi là bình thường: ảnh đen hoàn toàn bình thường hơn cả 2.000 chữ số với autoencoder "
    "và bình thường hơn phần lớn chữ số với VAE (AUROC bằng 0 và dưới 0,5); với chữ số nhạt, autoencoder kém đoán mò còn VAE hơn "
    "đoán mò (dưới và trên 0,5), ở mọi seed.",
    holds=lambda rows: all(
        row["ae_black"] == 0 and row["vae_black"] < 0.5 and row["ae_faint"] < 0.5 < row["vae_faint"] for row in rows
    ),
    seeds=SEEDS,
)
def little_ink_is_normal(seed):
    """One black image, and 500 digits at 0.4 of their ink, against 2,000 test images."""
    x, other = (chosen(images_of("test"), start, N)[0] for start in (0, N))
    found = {}
    for name, score in anomaly_scores(seed, ()).items():
        normal = score(x)
        found[f"{name}_black"] = auroc(normal, score(torch.zeros(1, 1, 28, 28)))
        found[f"{name}_faint"] = auroc(normal, score(0.4 * other[:500]))
    return found


def by_direction(x: Tensor) -> Tensor:
    """Each image at length 1; a black one stays black."""
    return F.normalize(x.flatten(1), dim=1).view_as(x)


def nearest_direction(x: Tensor) -> Tensor:
    """1 − the largest cosine with one of the 60,000 images: half the squared distance once all have length 1."""
    pixels = by_direction(all_training().images).flatten(1)
    return torch.cat([1 - (part @ pixels.T).amax(dim=1) for part in by_direction(x).flatten(1).split(250)])


@claim(
    lesson="11",
    en="It is the squared error that puts the networks ahead at noticing letters: with images and reconstructions scaled to length 1, the "
    "nearest of 60,000 images is level with the networks' reconstruction error (AUROC within 0.03 of both) and above their squared "
    "error without scaling, every seed.",
    vi="Hai mạng nhận ra chữ cái tốt hơn là tính theo bình phương sai số: khi ảnh và ảnh tái tạo đều được đưa về độ dài 1, ảnh gần nhất "
    "trong 60.000 ảnh ngang với sai số tái tạo của hai mạng (AUROC chênh nhau dưới 0,03) và hơn bình phương sai số khi chưa đưa về, ở "
    "mọi seed.",
    holds=lambda rows: all(
        max(abs(row["nearest_scaled"] - row[f"{name}_scaled"]) for name in ("vae", "ae")) < 0.03
        and row["nearest_scaled"] > max(row["vae"], row["ae"])
        for row in rows
    ),
    seeds=SEEDS,
)
def letters_at_length_1(seed):
    """The letters and the test images of letters_noticed."""
    x, strange = chosen(images_of("test"), 0, N)[0], letters(20, seed)
    scores = anomaly_scores(seed, ()) | {"nearest_scaled": nearest_direction}
    for name in ("vae", "ae"):
        model = pretrained(f"{name}-16d", seed)
        scores[f"{name}_scaled"] = lambda x, model=model: metrics.image_errors(
            by_direction(drawn(model, code(model, x))), by_direction(x)
        )
    return {name: auroc(score(x), score(strange)) for name, score in scores.items()}


@claim(
    lesson="11",
    en="Divided by ‖x‖², the reconstruction error of vae-16d and ae-16d notices faint digits, and letters no worse than undivided: AUROC "
    "above 0.98 for faint digits, for letters above that of the squared error, every seed.",
    vi="Chia cho ‖x‖² thì sai số tái tạo của vae-16d và ae-16d nhận ra chữ số nhạt, còn chữ cái thì không kém trước: AUROC trên 0,98 với "
    "chữ số nhạt, và với chữ cái thì hơn AUROC của bình phương sai số, ở mọi seed.",
    holds=lambda rows: all(
        row[f"{name}_faint_divided"] > 0.98 and row[f"{name}_letters_divided"] > row[f"{name}_letters"]
        for row in rows
        for name in ("vae", "ae")
    ),
    seeds=SEEDS,
)
def error_over_ink(seed):
    """The faint digits of little_ink_is_normal and the letters of letters_noticed against 2,000 test images."""
    x, other = (chosen(images_of("test"), start, N)[0] for start in (0, N))
    found = {}
    for name, score in anomaly_scores(seed, ()).items():
        for kind, strange in (("faint", 0.4 * other[:500]), ("letters", letters(20, seed))):
            normal, odd = score(x), score(strange)
            found[f"{name}_{kind}"] = auroc(normal, odd)
            ink, odd_ink = (images.pow(2).flatten(1).sum(dim=1) for images in (x, strange))
            found[f"{name}_{kind}_divided"] = auroc(normal / ink, odd / odd_ink)
    return found


# ---------------------------------------------------------------------------------------------------- new images


def fitted(z: Tensor, n: int) -> Tensor:
    return torch.distributions.MultivariateNormal(z.mean(dim=0), z.T.cov()).sample((n,))


def features(judge: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([judge.features(part) for part in x.split(1000)])


def rate_name(B: int) -> str:
    return "vae-16d" if B == 40 else f"vae-16d-b{B}"


@claim(
    lesson="11",
    en="Of the 16-dimensional VAEs with B = 2, 5, 10, 40 and 1000, the small rates draw best from the prior: Fréchet distances to 2,000 "
    "training images, those of B = 2 and 5 below that of 10, that of 40 more than half as large again as that of 10, that of 1000 the "
    "largest, every seed.",
    vi="Trong các VAE 16 chiều với B = 2, 5, 10, 40 và 1000, B nhỏ thì sinh ảnh từ prior tốt hơn: khoảng cách Fréchet đến 2.000 ảnh "
    "huấn luyện khi B = 2 và 5 nhỏ hơn khi B = 10, khi B = 40 lớn hơn một lần rưỡi khi B = 10, và khi B = 1000 thì lớn nhất, ở mọi seed.",
    holds=lambda rows: all(
        max(row["B2"], row["B5"]) < row["B10"] and 1.5 * row["B10"] < row["B40"] < row["B1000"] for row in rows
    ),
    seeds=SEEDS,
)
def rate_for_sampling(seed):
    """2,000 images from the prior of each, against training images, so that the test images have no say in the choice."""
    judge = models.load_pretrained("judge")
    reference = features(judge, chosen(all_training(), 0, N)[0])
    return {
        f"B{B}": metrics.frechet_distance(
            features(judge, drawn(pretrained(rate_name(B), seed), torch.randn(N, 16))), reference
        )
        for B in RATES
    }


def pictures(seed: int) -> dict[str, Tensor]:
    """2,000 images from each source; Gaussians are fitted to the codes of 5,000 training images."""
    seen, made = chosen(all_training(), 0, 5000)[0], {}
    for name in ("vae-16d", "ae-16d"):
        model = pretrained(name, seed)
        made[f"{name}_fitted"] = drawn(model, fitted(code(model, seen), N))
    for name in ("vae-16d-b2", "vae-16d"):
        made[f"{name}_prior"] = drawn(pretrained(name, seed), torch.randn(N, 16))
    return made | {"pca16_fitted": drawn_by_pca(fitted(by_pca(seen, 16), N))}


def distances(judge: nn.Module, made: dict[str, Tensor]) -> dict[str, float]:
    reference = features(judge, chosen(images_of("test"), 0, N)[0])
    return {name: metrics.frechet_distance(features(judge, x), reference) for name, x in made.items()}


def three_ahead(row: dict[str, float]) -> bool:
    """The two fitted Gaussians and the prior of B = 2 before the prior of B = 40 and before PCA."""
    best = max(row["vae-16d_fitted"], row["ae-16d_fitted"], row["vae-16d-b2_prior"])
    return best < min(row["vae-16d_prior"], row["pca16_fitted"])


@claim(
    lesson="11",
    en="A Gaussian fitted to the codes of ae-16d, one fitted to those of vae-16d, and the prior of a VAE whose rate was chosen for "
    "sampling (B = 2) draw about equally well: Fréchet distances within 30 of each other, all below two thirds of those of the prior "
    "with B = 40 and of PCA with 16 axes, every seed.",
    vi="Phân phối Gauss khớp với mã của ae-16d, phân phối Gauss khớp với mã của vae-16d, và prior của VAE có B chọn riêng cho việc "
    "sinh ảnh (B = 2) cho ảnh tốt ngang nhau: các khoảng cách Fréchet chênh nhau dưới 30 và đều nhỏ hơn hai phần ba khoảng cách của "
    "prior khi B = 40 và của PCA 16 trục, ở mọi seed.",
    holds=lambda rows: all(
        max(three := [row["vae-16d_fitted"], row["ae-16d_fitted"], row["vae-16d-b2_prior"]]) - min(three) < 30
        and 1.5 * max(three) < min(row["vae-16d_prior"], row["pca16_fitted"])
        for row in rows
    ),
    seeds=SEEDS,
)
def three_ways_to_draw(seed):
    """2,000 images from each against 2,000 test images, the course's judge."""
    return distances(models.load_pretrained("judge"), pictures(seed))


class OtherJudge(nn.Module):
    """A fully connected reader of digits, 784 → 256 → 64 → 10."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU())
        self.to_digit = nn.Linear(64, 10)

    def features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.to_digit(self.features(x))


def other_judge(seed: int) -> OtherJudge:
    """Eight epochs of the 60,000, batches of 100, Adam, learning rate 1e-3 falling to 0."""
    torch.manual_seed(seed)
    judge, training = OtherJudge(), all_training()
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=8 * 600)
    for _ in range(8):
        for batch in torch.randperm(len(training)).split(100):
            loss = F.cross_entropy(judge(training.images[batch]), training.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return judge.eval()


@claim(
    lesson="11",
    en="Another judge keeps the first three first and turns two others round: by a fully connected judge, too, both fitted Gaussians "
    "and the prior of B = 2 lie nearer to real images than the prior of B = 40 and PCA with 16 axes, but PCA comes before the prior of "
    "B = 40 and not after it as by the course's judge, every seed.",
    vi="Giám khảo khác vẫn xếp ba nguồn đầu lên đầu nhưng đảo thứ tự hai nguồn khác: theo một giám khảo là mạng kết nối đầy đủ, hai phân "
    "phối Gauss khớp mã và prior của B = 2 cũng gần ảnh thật hơn prior của B = 40 và PCA 16 trục, nhưng PCA đứng trước prior của B = 40 "
    "chứ không đứng sau như theo giám khảo của khóa học, ở mọi seed.",
    holds=lambda rows: all(
        three_ahead(row)
        and row["pca16_fitted"] < row["vae-16d_prior"]
        and row["course_pca16_fitted"] > row["course_vae-16d_prior"]
        for row in rows
    ),
    seeds=SEEDS,
)
def another_judge(seed):
    """A fully connected judge, trained anew for each seed on the 60,000 labels; the pictures of three_ways_to_draw."""
    made = pictures(seed)
    judge, test = other_judge(seed), images_of("test")
    course = distances(
        models.load_pretrained("judge"), {name: made[name] for name in ("vae-16d_prior", "pca16_fitted")}
    )
    found = distances(judge, made) | {f"course_{name}": value for name, value in course.items()}
    return found | {"right": right(judge, test.images, test.labels)}


@claim(
    lesson="11",
    en="The judge's confidence does not tell whether a picture is clear: fitted to their codes, vae-2d and ae-2d lie more than twice as far "
    "from real images as vae-16d and ae-16d and are read with no less confidence, every seed; real images blurred by one pixel are read with "
    "more than 0.95.",
    vi="Độ tự tin của giám khảo không cho biết ảnh có rõ nét không: khi khớp mã, ảnh của vae-2d và ae-2d cách ảnh thật xa hơn hai lần so với "
    "vae-16d và ae-16d mà vẫn được đọc với độ tự tin không kém, ở mọi seed; ảnh thật làm mờ một điểm ảnh vẫn được đọc với độ tự tin trên 0,95.",
    holds=lambda rows: all(
        min(row["vae-2d"], row["ae-2d"]) > 2 * max(row["vae-16d"], row["ae-16d"])
        and min(row["vae-2d_confidence"], row["ae-2d_confidence"])
        > max(row["vae-16d_confidence"], row["ae-16d_confidence"])
        and row["blurred_confidence"] > 0.95
        for row in rows
    ),
    seeds=SEEDS,
)
def confident_but_blurred(seed):
    """Fréchet distances of 2,000 pictures each to 2,000 test images, and the mean confidence; blurred: other test images."""
    judge, seen = models.load_pretrained("judge"), chosen(all_training(), 0, 5000)[0]
    made = {}
    for name in ("vae-2d", "ae-2d", "vae-16d", "ae-16d"):
        model = pretrained(name, seed)
        made[name] = drawn(model, fitted(code(model, seen), N))
    made["blurred"] = gaussian_blur(chosen(images_of("test"), N, N)[0], 9, 1.0)
    confidences = {f"{name}_confidence": judge.read(x)[1].mean().item() for name, x in made.items()}
    return distances(judge, made) | confidences
