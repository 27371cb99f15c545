"""What lesson 08 says beyond its own cells."""

from functools import lru_cache

import torch
from torch import nn

from vae_helpers import losses, metrics, models, training
from vae_helpers.data import ImageDataset, load_mnist

from .ledger import claim
from .networks import pretrained, test_images


@lru_cache(maxsize=1)
def axes_of_mnist():
    """The training images (60,000), their mean (784,) and PCA's axes (784, 784), the widest spread first."""
    train = load_mnist(fallback=False)
    flat = train.images.flatten(1)
    return train, flat.mean(dim=0), torch.linalg.eigh(flat.T.cov()).eigenvectors.flip(1)


def pca_error(x, d):
    """Per image, of PCA with d numbers, cut off at [0, 1] as the networks' images are."""
    _, mean, axes = axes_of_mnist()
    V = axes[:, :d]
    return error((mean + (x.flatten(1) - mean) @ V @ V.T).view_as(x), x)


def error(redrawn, x):
    return metrics.image_errors(redrawn.detach().clamp(0, 1), x).mean().item()


def squared_error(recon, x, z):
    return losses.reconstruction_loss(recon, x)


def trained(model, images, seed, epochs, lr, batch_size=128, weight_decay=1e-5):
    training.fit(
        model, images, epochs=epochs, lr=lr, batch_size=batch_size, weight_decay=weight_decay, schedule="one-cycle",
        loss=squared_error, log_dir=None, seed=seed, progress=False, device="cpu",
    )  # fmt: skip
    return model.eval()


def centred_images():
    train, mean, _ = axes_of_mnist()
    return ImageDataset(train.images - mean.view(1, 28, 28), train.labels, "centred")


class Linear(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(784, d, bias=False), nn.Linear(d, 784, bias=False)

    def forward(self, x):
        z = self.encoder(x.flatten(1))
        return self.decoder(z).view_as(x), z


class FromPCA(nn.Module):
    """PCA both ways, plus two networks whose last layers start at 0."""

    def __init__(self, V, hidden=256):
        super().__init__()
        self.register_buffer("V", V)
        d = V.shape[1]
        self.bend_z = nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, d))
        self.bend_x = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 784))
        for weight in (*self.bend_z[2].parameters(), *self.bend_x[2].parameters()):
            nn.init.zeros_(weight)

    def forward(self, x):
        z = x.flatten(1) @ self.V + self.bend_z(x.flatten(1))
        return (z @ self.V.T + self.bend_x(z)).view_as(x), z


@claim(
    lesson="08",
    en="A linear autoencoder (d = 16, eight epochs of the 60,000 centred images) has PCA's subspace, but not its axes: largest "
    "principal angle below 4 degrees, error on test images within 0.5% of PCA's, and two numbers of its code that correlate "
    "by more than 0.1, every seed.",
    vi="Autoencoder tuyến tính (d = 16, tám epoch trên 60.000 ảnh đã trừ trung bình) có không gian con của PCA nhưng không có các "
    "trục: góc chính lớn nhất dưới 4 độ, sai số trên ảnh kiểm tra hơn kém PCA không quá 0,5%, và có hai số trong mã tương "
    "quan hơn 0,1, ở mọi seed.",
    holds=lambda rows: all(
        row["angle"] < 4 and abs(row["error"] / row["pca"] - 1) < 0.005 and row["correlation"] > 0.1 for row in rows
    ),
)
def linear_network_finds_the_subspace(seed):
    """angle: the largest of 16, in degrees. Errors without a cut at [0, 1]. correlation: of the training images' codes."""
    _, mean, axes = axes_of_mnist()
    V, images = axes[:, :16], centred_images()
    net = trained(Linear(16), images, seed, epochs=8, lr=1e-2, batch_size=256, weight_decay=0)
    x = test_images(2000) - mean.view(1, 28, 28)
    flat = x.flatten(1)
    with torch.no_grad():
        Q = torch.linalg.qr(net.decoder.weight).Q
        cosines = torch.linalg.svdvals(Q.double().T @ V.double())
        r = net(images.images)[1].T.corrcoef()
        recon = net(x)[0]
    return {
        "angle": cosines.clamp(max=1).acos().rad2deg().max(),
        "error": metrics.image_errors(recon, x).mean(),
        "pca": (flat @ V @ V.T - flat).pow(2).sum(dim=1).mean(),
        "correlation": (r - r.diag().diag()).abs().max(),
    }


DIMENSIONS = (2, 16, 64)


@claim(
    lesson="08",
    en="For the test error of ae-2d, ae-16d and ae-64d PCA, computed from the same 60,000 images, needs more than three times as "
    "many numbers; with 16 numbers of its own its error is more than three times theirs, every seed.",
    vi="Để có sai số kiểm tra như ae-2d, ae-16d và ae-64d, PCA tính từ cùng 60.000 ảnh cần gấp hơn ba lần số chiều; với cùng 16 "
    "chiều, sai số của PCA gấp hơn ba lần, ở mọi seed.",
    holds=lambda rows: all(
        all(row[f"needed_{d}"] > 3 * d for d in DIMENSIONS) and row["ratio_16"] < 1 / 3 for row in rows
    ),
    seeds=(1, 2, 3),
)
def pca_needs_three_times_the_numbers(seed):
    """Stored networks, 2,000 test images. ratio: error of the network by PCA's with as many numbers. needed: PCA's numbers
    for an error no larger than the network's (257: more than 256)."""
    x, figures = test_images(2000), {}
    errors = {d: pca_error(x, d) for d in range(1, 257)}
    for d in DIMENSIONS:
        with torch.no_grad():
            best = error(pretrained(f"ae-{d}d", seed)(x)[0], x)
        figures[f"ratio_{d}"] = best / errors[d]
        figures[f"needed_{d}"] = next((n for n, e in errors.items() if e <= best), 257)
    return figures


@claim(
    lesson="08",
    en="How much of PCA's error small networks leave (MLPAutoencoder, two epochs of the 60,000 images, from scratch): less than "
    "0.9 with d = 2, less than 0.65 with d = 16, but more than 2 times PCA's with d = 256, every seed.",
    vi="Sai số của các mạng nhỏ (MLPAutoencoder, hai epoch trên 60.000 ảnh, huấn luyện từ đầu) so với PCA: dưới 0,9 lần khi "
    "d = 2, dưới 0,65 lần khi d = 16, nhưng hơn 2 lần khi d = 256, ở mọi seed.",
    holds=lambda rows: all(row["d2"] < 0.9 and row["d16"] < 0.65 and row["d256"] > 2 for row in rows),
)
def small_networks_against_pca(seed):
    """Trains three networks. Error by PCA's, on 2,000 test images."""
    x, figures = test_images(2000), {}
    for d in (2, 16, 256):
        torch.manual_seed(seed)
        net = trained(models.MLPAutoencoder(d), axes_of_mnist()[0], seed, epochs=2, lr=8e-3)
        with torch.no_grad():
            figures[f"d{d}"] = error(net(x)[0], x) / pca_error(x, d)
    return figures


@claim(
    lesson="08",
    en="The MLPAutoencoder without its ReLUs, so with the sigmoid at its end alone, leaves after two epochs 0.7 to 0.9 of PCA's error with "
    "d = 16 (with its ReLUs less than 0.65: small_networks_against_pca), less than 0.7 with d = 64 (with its ReLUs more than 0.8: "
    "longer_training_at_64), but more than PCA with d = 2, every seed.",
    vi="MLPAutoencoder bỏ hết ReLU, tức chỉ còn sigmoid ở cuối, sau hai epoch có sai số bằng 0,7 đến 0,9 lần sai số của PCA khi d = 16 (khi "
    "có ReLU thì dưới 0,65 lần: small_networks_against_pca), dưới 0,7 lần khi d = 64 (khi có ReLU thì trên 0,8 lần: longer_training_at_64), "
    "nhưng lớn hơn PCA khi d = 2, ở mọi seed.",
    holds=lambda rows: all(0.7 < row["d16"] < 0.9 and row["d64"] < 0.7 and row["d2"] > 1 for row in rows),
)
def sigmoid_alone(seed):
    """Trains three networks. Error by PCA's, on 2,000 test images."""
    x, figures = test_images(2000), {}
    for d in (2, 16, 64):
        torch.manual_seed(seed)
        net = models.MLPAutoencoder(d)
        net.encoder[2] = net.decoder[1] = nn.Identity()
        trained(net, axes_of_mnist()[0], seed, epochs=2, lr=8e-3)
        with torch.no_grad():
            figures[f"d{d}"] = error(net(x)[0], x) / pca_error(x, d)
    return figures


@claim(
    lesson="08",
    en="At d = 64, of one MLPAutoencoder eight epochs (learning rate up to 4e-3) leave less than two thirds of the error of two "
    "epochs, be their rate up to 8e-3 or the same 4e-3, and less than two thirds of PCA's, every seed.",
    vi="Ở d = 64, với cùng một MLPAutoencoder, tám epoch (tốc độ học tới 4e-3) để lại sai số chưa bằng hai phần ba so với hai "
    "epoch, dù tốc độ của hai epoch ấy lên tới 8e-3 hay cũng 4e-3, và chưa bằng hai phần ba so với PCA, ở mọi seed.",
    holds=lambda rows: all(row["eight"] < 2 / 3 * min(row["two"], row["two_same_rate"], row["pca"]) for row in rows),
)
def longer_training_at_64(seed):
    """Trains three networks. Errors on 2,000 test images. two_same_rate: the control, only the number of epochs differs."""
    x, figures = test_images(2000), {"pca": pca_error(test_images(2000), 64)}
    for name, epochs, lr in (("two", 2, 8e-3), ("two_same_rate", 2, 4e-3), ("eight", 8, 4e-3)):
        torch.manual_seed(seed)
        net = trained(models.MLPAutoencoder(64), axes_of_mnist()[0], seed, epochs, lr)
        with torch.no_grad():
            figures[name] = error(net(x)[0], x)
    return figures


@claim(
    lesson="08",
    en="An autoencoder that starts from PCA, with a nonlinear part that starts at 0, has after one epoch a smaller test error than "
    "PCA with d = 2, 16, 64 and 256, every seed.",
    vi="Autoencoder xuất phát từ PCA, với phần phi tuyến bắt đầu bằng 0, sau một epoch có sai số kiểm tra nhỏ hơn PCA với d = 2, "
    "16, 64 và 256, ở mọi seed.",
    holds=lambda rows: all(ratio < 1 for row in rows for ratio in row.values()),
)
def from_pca_below_pca(seed):
    """Trains four networks. Error by PCA's, both cut off at [0, 1], on 2,000 test images."""
    x, figures = test_images(2000), {}
    _, mean, axes = axes_of_mnist()
    m, images = mean.view(1, 28, 28), centred_images()
    for d in (2, 16, 64, 256):
        torch.manual_seed(seed)
        net = trained(FromPCA(axes[:, :d].clone()), images, seed, epochs=1, lr=2e-3)
        with torch.no_grad():
            figures[f"d{d}"] = error(m + net(x - m)[0], x) / pca_error(x, d)
    return figures


FEW = (2, 4, 8)


@claim(
    lesson="08",
    en="The first 16 numbers of ae-64d's code, the others at their mean, leave more than 1.5 times the error of PCA's first 16; "
    "so do the first 16 of PCA's own 64 numbers turned by a random rotation. PCA of ae-64d's code leaves less than 0.9 times "
    "PCA's error with the 16 widest directions kept, but more than PCA with 2, 4 and 8; and ae-16d, trained with 16 numbers, less "
    "than half as much, every seed.",
    vi="16 số đầu trong mã của ae-64d, các số còn lại lấy trung bình, để lại sai số gấp hơn 1,5 lần so với 16 số đầu của PCA; 16 "
    "số đầu trong chính 64 số của PCA sau một phép quay ngẫu nhiên cũng vậy. Còn PCA tính trên mã của ae-64d để lại sai số "
    "chưa đến 0,9 lần so với PCA khi giữ 16 hướng phân tán nhất, nhưng lớn hơn PCA khi giữ 2, 4 và 8 hướng; còn ae-16d, huấn luyện "
    "với 16 số, thì chưa đến một nửa mức ấy, ở mọi seed.",
    holds=lambda rows: all(
        min(row["ae"], row["pca_turned"]) > 1.5 * row["pca"]
        and row["code_pca"] < 0.9 * row["pca"]
        and all(row[f"code_pca_{k}"] > row[f"pca_{k}"] for k in FEW)
        and row["ae_16d"] < 0.5 * row["code_pca"]
        for row in rows
    ),
    seeds=(1, 2, 3),
    quick=True,
)
def codes_have_no_order(seed):
    """Stored networks, 2,000 test images. code_pca: axes from the codes of 5,000 training images, 16 of them kept (or 2, 4, 8).
    pca_turned: the control, the same 64 dimensions as PCA's without the order of its axes. ae_16d: the rival."""
    x = test_images(2000)
    train, mean, axes = axes_of_mnist()
    net = pretrained("ae-64d", seed)
    with torch.no_grad():
        codes, z = net.encode(train.images[:5000]), net.encode(x)
        centre = codes.mean(dim=0)
        W = torch.linalg.eigh(codes.T.cov()).eigenvectors.flip(1)
        kept = {k: error(net.decode(centre + (z - centre) @ W[:, :k] @ W[:, :k].T), x) for k in (*FEW, 16)}
        ae_16d = error(pretrained("ae-16d", seed)(x)[0], x)
        z[:, 16:] = z[:, 16:].mean(dim=0)
        first = error(net.decode(z), x)
    rotation = torch.linalg.qr(torch.randn(64, 64, generator=torch.Generator().manual_seed(seed))).Q
    T = (axes[:, :64] @ rotation)[:, :16]
    turned = error((mean + (x.flatten(1) - mean) @ T @ T.T).view_as(x), x)
    figures = {"ae": first, "pca": pca_error(x, 16), "pca_turned": turned, "code_pca": kept[16], "ae_16d": ae_16d}
    return figures | {f"code_pca_{k}": kept[k] for k in FEW} | {f"pca_{k}": pca_error(x, k) for k in FEW}
