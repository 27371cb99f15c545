"""What lesson 09 says beyond its own cells. Its wide networks are trained here as there: five epochs of 12,000 images."""

import torch
from sklearn.decomposition import PCA

from vae_helpers import data, losses, metrics, models, training

from .ledger import claim
from .networks import pretrained, test_images

UNITS, IMAGES, OTHERS = (
    800,
    12_000,
    2000,
)  # IMAGES to train on, OTHERS of the training images to choose the strengths on
EPOCHS, BATCH, LR = 5, 128, 8e-3
L1, KL, CONTRACTIVE, MASKED = 0.05, 0.05, 0.2, 0.6  # the strengths of the brakes
_trained = {}  # (kind, seed) → network: the claims of one run share them


def parts():
    """(training images, other training images)"""
    everything = data.load_mnist(fallback=False)
    shares = [IMAGES / len(everything), OTHERS / len(everything)]
    return data.split(everything, shares, seed=0)


class Denoising(models.TiedAutoencoder):
    def forward(self, x):
        share = MASKED * torch.rand(()).item()
        return super().forward(x * (torch.rand_like(x) >= share) if self.training else x)


def penalty(kind, z, weight):
    """What a kind adds to the squared error."""
    if kind == "relu-l1":
        return L1 * losses.l1_penalty(z)
    if kind == "sigmoid-kl":
        return KL * losses.kl_to_rho(z, 0.05)
    return CONTRACTIVE * losses.sigmoid_contractive_penalty(z, weight) if kind == "contractive" else 0


def wide(kind, seed):
    """A network of the lesson: sigmoid, sigmoid-kl, contractive, denoising, relu, relu-l1, or relu-grey (bias at 0)."""
    if (kind, seed) not in _trained:
        train_set = parts()[0]
        mean = None if kind == "relu-grey" else train_set.images.mean(dim=0)
        family = Denoising if kind == "denoising" else models.TiedAutoencoder
        torch.manual_seed(seed)
        model = family(UNITS, torch.relu if kind.startswith("relu") else torch.sigmoid, mean_image=mean)

        def loss(recon, x, z):
            return losses.reconstruction_loss(recon, x) + penalty(kind, z, model.weight)

        training.fit(
            model, train_set, loss=loss, epochs=EPOCHS, batch_size=BATCH, lr=LR, schedule="one-cycle", weight_decay=0,
            log_dir=None, seed=seed, progress=False,
        )  # fmt: skip
        _trained[kind, seed] = model.cpu().eval()
    return _trained[kind, seed]


@torch.no_grad()
def error(model, x, clean):
    """Squared error per image of what the model makes of x, against the clean images."""
    return metrics.image_errors(model.decode(model.encode(x)), clean).mean().item()


@torch.no_grad()
def active(model, x):
    z = model.encode(x).abs()
    return (z > 0.1 * z.amax(dim=1, keepdim=True)).float().mean().item()


@torch.no_grad()
def moves(encode, x):
    """How far the codes go under noise of 0.1, over their spread."""
    z, z_new = encode(x), encode(x + 0.1 * torch.randn_like(x))
    return ((z_new - z).norm(dim=1).mean() / (z - z.mean(dim=0)).norm(dim=1).mean()).item()


@claim(
    lesson="09",
    en="A tied ReLU network whose pixel bias starts at the mean training image has a smaller error than the same network with "
    "the bias at 0: clean by a factor of 1.5 or more, under Gaussian noise (σ = 0.3) of 3 or more, every seed.",
    vi="Mạng ReLU dùng chung trọng số có bias bắt đầu từ ảnh huấn luyện trung bình thì sai số nhỏ hơn chính mạng ấy với bias bắt đầu "
    "từ 0: trên ảnh sạch ít nhất 1,5 lần, với nhiễu Gauss (σ = 0,3) ít nhất 3 lần, ở mọi seed.",
    holds=lambda rows: all(
        row["clean_grey"] > 1.5 * row["clean_mean"] and row["noisy_grey"] > 3 * row["noisy_mean"] for row in rows
    ),
    seeds=(1, 2, 3),
)
def pixel_bias_at_the_mean(seed):
    """Errors on 2,000 test images."""
    x = test_images(2000)
    noisy = data.add_noise(x, "gaussian", 0.3)
    grey, mean = wide("relu-grey", seed), wide("relu", seed)
    return {
        "clean_grey": error(grey, x, x), "clean_mean": error(mean, x, x),
        "noisy_grey": error(grey, noisy, x), "noisy_mean": error(mean, noisy, x),
    }  # fmt: skip


@claim(
    lesson="09",
    en="The four brakes on the wide network cost alike: on 2,000 training images that it did not see, the error is 1.7 to 3.2 "
    "times that of the same network without a brake, every brake and seed.",
    vi="Bốn ràng buộc trên mạng rộng có giá gần như nhau: trên 2.000 ảnh huấn luyện mà mạng chưa thấy, sai số gấp 1,7 đến 3,2 lần "
    "sai số của chính mạng ấy khi không ràng buộc, với mọi ràng buộc và mọi seed.",
    holds=lambda rows: all(1.7 <= value <= 3.2 for row in rows for value in row.values()),
    seeds=(1, 2, 3),
)
def brakes_cost_alike(seed):
    """Error over that without a brake."""
    x = parts()[1].images
    pairs = {"sigmoid-kl": "sigmoid", "contractive": "sigmoid", "denoising": "sigmoid", "relu-l1": "relu"}
    return {
        kind.replace("-", "_"): error(wide(kind, seed), x, x) / error(wide(free, seed), x, x)
        for kind, free in pairs.items()
    }


@claim(
    lesson="09",
    en="Penalties make codes sparse: with KL less than half of the units are active that are without it, with L1 less than a "
    "quarter. ReLU alone puts more than half of the values to exactly 0, L1 more than nine tenths, every seed.",
    vi="Hàm phạt làm mã thưa: với KL, số nơ-ron hoạt động chưa bằng một nửa so với khi không phạt; với L1, chưa bằng một phần tư. "
    "Riêng ReLU đã đưa hơn một nửa số giá trị về đúng 0; có L1 thì hơn chín phần mười, ở mọi seed.",
    holds=lambda rows: all(
        row["kl"] < 0.5 * row["sigmoid"]
        and row["l1"] < 0.25 * row["relu"]
        and 0.5 < row["zero_relu"] < 0.9 < row["zero_l1"]
        for row in rows
    ),
    seeds=(1, 2, 3),
)
def sparse_codes(seed):
    """Share of the units at least a tenth as strong as the strongest of the code; share of the values that are exactly 0."""
    x = test_images(2000)
    kinds = {"sigmoid": "sigmoid", "kl": "sigmoid-kl", "relu": "relu", "l1": "relu-l1"}
    found = {name: active(wide(kind, seed), x) for name, kind in kinds.items()}
    with torch.no_grad():
        zeros = {
            f"zero_{name}": (wide(kinds[name], seed).encode(x) == 0).float().mean().item() for name in ("relu", "l1")
        }
    return found | zeros


@claim(
    lesson="09",
    en="The contractive network's code moves less than 0.7 times as far as without the penalty, and less than 0.75 times as many "
    "of its units are active; the code of PCA with 16 axes, which has no penalty, moves less still, that of ae-16d farther than "
    "without the penalty, every seed.",
    vi="Mã của mạng contractive dịch đi chưa đến 0,7 lần so với khi không phạt, và số nơ-ron hoạt động chưa đến 0,75 lần; mã của PCA "
    "16 trục, không có hàm phạt nào, còn dịch ít hơn nữa, còn mã của ae-16d dịch nhiều hơn cả khi không phạt, ở mọi seed.",
    holds=lambda rows: all(
        row["pca16"] < row["contractive"] < 0.7 * row["free"]
        and row["free"] < row["ae16d"]
        and row["active"] < 0.75 * row["active_free"]
        for row in rows
    ),
    seeds=(1, 2, 3),
)
def contractive_codes(seed):
    """Movement of the code under noise of 0.1, over the spread of the codes; PCA 50 has an error near the contractive one's."""
    x, found = test_images(2000), {}
    for name, kind in (("free", "sigmoid"), ("contractive", "contractive"), ("denoising", "denoising")):
        found[name] = moves(wide(kind, seed).encode, x)
    found |= {"active_free": active(wide("sigmoid", seed), x), "active": active(wide("contractive", seed), x)}
    found["ae16d"] = moves(pretrained("ae-16d", seed).encode, x)
    for d in (16, 50):
        pca = PCA(d, random_state=seed).fit(parts()[0].images.flatten(1).numpy())
        axes, mean = torch.tensor(pca.components_.T), torch.tensor(pca.mean_)
        found[f"pca{d}"] = moves(lambda images, axes=axes, mean=mean: (images.flatten(1) - mean) @ axes, x)
    return found


def linear_denoiser():
    """Least squares (ridge 10) from masked training images to the clean ones: a function of images."""
    clean = parts()[0].images
    masked = clean * (torch.rand_like(clean) >= MASKED * torch.rand(len(clean), 1, 1, 1))
    X, Y = masked.flatten(1), clean.flatten(1)
    x_mean, y_mean = X.mean(dim=0), Y.mean(dim=0)
    X, Y = X - x_mean, Y - y_mean
    W = torch.linalg.solve(X.T @ X + 10 * torch.eye(X.shape[1]), X.T @ Y)
    return lambda x: (y_mean + (x.flatten(1) - x_mean) @ W).clamp(0, 1).view_as(x)


@claim(
    lesson="09",
    en="The network trained on masked images has less than 0.7 times the error of the one without a brake when half of the "
    "pixels are masked, and a larger one under Gaussian noise (σ = 0.3). On masked images two simple rivals have less than 0.7 "
    "times that error as well: a linear map fitted to such images, and the network without a brake itself when the pixels of its "
    "input are doubled, which comes within 15% of the trained one, every seed.",
    vi="Khi một nửa số điểm ảnh bị che, mạng huấn luyện với ảnh bị che có sai số chưa đến 0,7 lần so với mạng không ràng buộc; với "
    "nhiễu Gauss (σ = 0,3) thì sai số của nó lớn hơn. Trên ảnh bị che, hai cách đơn giản cũng có sai số chưa đến 0,7 lần: một ánh "
    "xạ tuyến tính khớp với những ảnh như thế, và chính mạng không ràng buộc khi điểm ảnh đưa vào được nhân đôi, chỉ cách mạng "
    "denoising 15%, ở mọi seed.",
    holds=lambda rows: all(
        max(row["masked"], row["masked_linear"], row["masked_doubled"]) < 0.7 * row["masked_free"]
        and row["masked_doubled"] < 1.15 * row["masked"]
        and row["gaussian"] > row["gaussian_free"]
        for row in rows
    ),
    seeds=(1, 2, 3),
)
def denoising_at_home(seed):
    """Errors on 2,000 test images. The linear map sees the network's 12,000 images once, each masked by a share up to 0.6."""
    x, found, fill_in = test_images(2000), {}, linear_denoiser()
    for name, amount in (("mask", 0.5), ("gaussian", 0.3)):
        damaged = data.add_noise(x, name, amount)
        for tail, kind in (("", "denoising"), ("_free", "sigmoid")):
            found[name.replace("mask", "masked") + tail] = error(wide(kind, seed), damaged, x)
        found[name.replace("mask", "masked") + "_linear"] = metrics.image_errors(fill_in(damaged), x).mean().item()
        if name == "mask":  # half of the pixels are gone: doubled, the others make up for their light
            found["masked_doubled"] = error(wide("sigmoid", seed), 2 * damaged, x)
    return found


@claim(
    lesson="09",
    en="No brake on the wide network helps against Gaussian noise (σ = 0.3): each has a larger error on noisy test images than the "
    "same network without a brake; PCA with 50 axes is within 5% of the contractive network, every seed.",
    vi="Không ràng buộc nào trên mạng rộng giúp chống nhiễu Gauss (σ = 0,3): trên ảnh kiểm tra có nhiễu, mạng có ràng buộc nào cũng có "
    "sai số lớn hơn chính mạng ấy khi không ràng buộc; PCA 50 trục chỉ cách mạng contractive 5%, ở mọi seed.",
    holds=lambda rows: all(
        row["sigmoid"] < min(row["sigmoid_kl"], row["contractive"], row["denoising"])
        and row["relu"] < row["relu_l1"]
        and abs(row["pca50"] / row["contractive"] - 1) < 0.05
        for row in rows
    ),
    seeds=(1, 2, 3),
)
def no_brake_helps_with_grain(seed):
    """Errors on 2,000 noisy test images, against the clean ones; left as they are, those are 36.5 from them."""
    x, found = test_images(2000), {}
    grainy = data.add_noise(x, "gaussian", 0.3)
    for kind in ("sigmoid", "sigmoid-kl", "contractive", "denoising", "relu", "relu-l1"):
        found[kind.replace("-", "_")] = error(wide(kind, seed), grainy, x)
    pca = PCA(50, random_state=seed).fit(parts()[0].images.flatten(1).numpy())
    redrawn = torch.tensor(pca.inverse_transform(pca.transform(grainy.flatten(1).numpy()))).clamp(0, 1)
    return found | {"pca50": metrics.image_errors(redrawn.view_as(x), x).mean().item()}


@torch.no_grad()
def frechet(model, z, real):
    judge = pretrained("judge", 0)
    return metrics.frechet_distance(judge.features(model.decode(z)), judge.features(real))


@torch.no_grad()
def mean_codes(model, x):
    z = model.encode(x)
    return z[0] if isinstance(z, tuple) else z


@claim(
    lesson="09",
    en="From N(0, I) vae-16d-b2 makes far better images than ae-16d (Fréchet distance less than half), but ae-16d with a "
    "Gaussian fitted to its codes is level with it: the two distances differ by 15% at most, every seed.",
    vi="Lấy z từ N(0, I), vae-16d-b2 sinh ảnh tốt hơn ae-16d rất nhiều (khoảng cách Fréchet chưa bằng một nửa), nhưng ae-16d với phân "
    "phối Gauss khớp với các mã thì ngang VAE lấy z từ prior: hai khoảng cách chênh nhau nhiều nhất 15%, ở mọi seed.",
    holds=lambda rows: all(
        row["vae_prior"] < 0.5 * row["ae_prior"] and 0.85 <= row["ae_fitted"] / row["vae_prior"] <= 1.15 for row in rows
    ),
    seeds=(1, 2, 3),
)
def prior_or_fitted_gaussian(seed):
    """Fréchet distance of 2,000 images to 2,000 test images; the Gaussian is fitted to the codes of 12,000 training images."""
    real, x, found = test_images(2000), parts()[0].images, {}
    z = torch.randn(2000, 16)
    for name, kind in (("ae", "ae-16d"), ("vae", "vae-16d-b2")):
        model = pretrained(kind, seed)
        codes = mean_codes(model, x)
        cloud = torch.distributions.MultivariateNormal(codes.mean(dim=0), codes.T.cov())
        found |= {
            f"{name}_prior": frechet(model, z, real),
            f"{name}_fitted": frechet(model, cloud.sample((2000,)), real),
        }
    return found


@claim(
    lesson="09",
    en="On clean images ae-16d has a smaller error than vae-16d-b2; under Gaussian noise (σ = 0.3) vae-16d-b2 has less than half "
    "of ae-16d's, every seed.",
    vi="Trên ảnh sạch, sai số của ae-16d nhỏ hơn của vae-16d-b2; với nhiễu Gauss (σ = 0,3), sai số của vae-16d-b2 chưa bằng một nửa "
    "sai số của ae-16d, ở mọi seed.",
    holds=lambda rows: all(row["vae"] < 0.5 * row["ae"] and row["ae_clean"] < row["vae_clean"] for row in rows),
    seeds=(1, 2, 3),
)
def vae_withstands_grain(seed):
    """Errors on 2,000 test images, noisy and clean, against the clean ones. The two differ in noise, KL and the reconstruction part."""
    x, found = test_images(2000), {}
    grainy = data.add_noise(x, "gaussian", 0.3)
    for name, kind in (("ae", "ae-16d"), ("vae", "vae-16d-b2")):
        model = pretrained(kind, seed)
        with torch.no_grad():
            for tail, images in (("", grainy), ("_clean", x)):
                found[name + tail] = metrics.image_errors(model.decode(mean_codes(model, images)), x).mean().item()
    return found
