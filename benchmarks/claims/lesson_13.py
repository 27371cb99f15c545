"""What lesson 13 says beyond its own cells, on networks of seeds that the text was not written from."""

from functools import lru_cache

import torch
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from torch.distributions import Bernoulli, MultivariateNormal

from vae_helpers import losses, metrics, models

from .ledger import claim
from .networks import binary, images_of, pretrained

OTHERS = (1, 2, 3)
ROTATIONS, STEPS = 2, 100
ASKED = tuple(digit for digit in range(10) for _ in range(200))  # 2,000 pictures, 200 of each digit


@lru_cache(maxsize=1)
def chosen() -> tuple:
    """Grey images, binary ones and labels of 2,000 test images chosen at random."""
    test = images_of("test")
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:2000]
    return test.images[order], binary(test.images)[order], test.labels[order]


@lru_cache(maxsize=1)
def judge():
    return models.load_pretrained("judge")


@torch.no_grad()
def frechet(pictures):
    grey, _, _ = chosen()
    return metrics.frechet_distance(judge().features(pictures), judge().features(grey))


def gaussian(codes):
    return MultivariateNormal(codes.mean(dim=0), codes.T.cov())


def random_rotation():
    return torch.linalg.qr(torch.randn(20, 20))[0]


def best_elbo(vae, x, axes):
    """The ELBO of x once q has been made as good as it gets for each image, diagonal along these axes of z."""
    with torch.no_grad():
        mu, logvar = vae.encode(x)
    precision = (-logvar).exp() @ axes.T.pow(2)  # the best start: the diagonal of the inverse of the rotated covariance
    mu, logvar = (mu @ axes.T).requires_grad_(), (-precision.log()).requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.02)
    for _ in range(STEPS):
        z = vae.reparameterize(mu, logvar)
        loss, _, _ = losses.bernoulli_vae_loss(vae.decoder(z @ axes), x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        nats = [
            losses.bernoulli_vae_loss(vae.decoder(vae.reparameterize(mu, logvar) @ axes), x, mu, logvar)[0]
            for _ in range(20)
        ]
    return -torch.stack(nats).mean().item()


def mean_cosine(jacobian, axes):
    """|cos| of the angle between what two different axes change in the picture, the mean over images and pairs."""
    J = jacobian @ axes.T
    J = J / J.norm(dim=1, keepdim=True)
    cosines = (J.transpose(1, 2) @ J).abs()
    d = cosines.shape[1]
    return ((cosines.sum(dim=(1, 2)) - d) / (d * (d - 1))).mean().item()


@claim(
    lesson="13",
    en="A diagonal q prefers the axes that were learnt: along randomly rotated axes the ELBO of the plain VAE is more than 1.5 "
    "nats lower, with the best diagonal q for each of 500 test images on either side, and what two axes change in the picture "
    "is less orthogonal (mean |cosine| more than 15% higher), every seed.",
    vi="Một q có ma trận hiệp phương sai đường chéo ưu tiên các trục đã học: nếu xoay trục ngẫu nhiên, ELBO của VAE thường giảm "
    "hơn 1,5 nat, dù cả hai bên đều dùng q đường chéo tốt nhất cho từng ảnh trong 500 ảnh kiểm tra, và những thay đổi mà hai "
    "trục gây ra trên ảnh kém trực giao hơn (|cosin| trung bình tăng hơn 15%), ở mọi seed.",
    holds=lambda rows: all(
        row["own"] > row["rotated"] + 1.5 and row["cosine_rotated"] > 1.15 * row["cosine_own"] for row in rows
    ),
    seeds=OTHERS,
)
def diagonal_q_has_axes(seed):
    """Two random rotations; the Jacobian of the decoded picture at the mu of 100 images."""
    _, b, _ = chosen()
    vae, turns = pretrained("mlp-vae", seed), [random_rotation() for _ in range(ROTATIONS)]
    with torch.no_grad():
        mu = vae.encode(b[:100])[0]
    jacobian = torch.func.vmap(torch.func.jacfwd(lambda z: vae.decode(z[None]).flatten()))(mu).detach()
    return {
        "own": best_elbo(vae, b[:500], torch.eye(20)),
        "rotated": sum(best_elbo(vae, b[:500], axes) for axes in turns) / ROTATIONS,
        "cosine_own": mean_cosine(jacobian, torch.eye(20)),
        "cosine_rotated": sum(mean_cosine(jacobian, axes) for axes in turns) / ROTATIONS,
    }


@torch.no_grad()
def training_codes(name, seed):
    """mu of the 48,000 training images, and their labels."""
    train = images_of("train")
    net, b = pretrained(name, seed), binary(train.images)
    return (net.encode(b, train.labels) if name == "cvae" else net.encode(b))[0], train.labels


def by_digit(codes, labels):
    """2,000 codes, 200 of each digit, from one Gaussian fitted to the codes of each digit."""
    return torch.cat([gaussian(codes[labels == digit]).sample((200,)) for digit in range(10)])


@claim(
    lesson="13",
    en="One Gaussian for each digit, fitted to the codes of a VAE without labels, draws the digit asked for more often than the "
    "CVAE from its prior (by more than 3 points), at less than 60% of its Fréchet distance; and the CVAE's own distance falls "
    "below 60% once its z comes from Gaussians fitted in the same way, every seed.",
    vi="Mỗi chữ số một phân phối Gauss khớp với mã của một VAE không biết nhãn thì vẽ đúng chữ số được yêu cầu nhiều hơn CVAE lấy "
    "z từ prior (hơn 3 điểm phần trăm), với khoảng cách Fréchet chưa bằng 60%; khoảng cách của chính CVAE cũng xuống dưới 60% "
    "khi z của nó lấy từ các phân phối Gauss khớp theo cách ấy, ở mọi seed.",
    holds=lambda rows: all(
        row["vae_right"] > row["cvae_right"] + 0.03
        and row["vae_frechet"] < 0.6 * row["cvae_frechet"]
        and row["cvae_fitted_frechet"] < 0.6 * row["cvae_frechet"]
        for row in rows
    ),
    seeds=OTHERS,
)
@torch.no_grad()
def digits_asked_for(seed):
    """2,000 pictures each; the judge reads them."""
    y = torch.tensor(ASKED)
    vae, cvae = pretrained("mlp-vae", seed), pretrained("cvae", seed)
    pictures = {
        "cvae": cvae.decode(torch.randn(len(y), 20), y),
        "cvae_fitted": cvae.decode(by_digit(*training_codes("cvae", seed)), y),
        "vae": vae.decode(by_digit(*training_codes("mlp-vae", seed))),
    }
    found = {}
    for name, x in pictures.items():
        found[f"{name}_right"] = (judge().read(x)[0] == y).float().mean().item()
        found[f"{name}_frechet"] = frechet(x)
    return found


def slant(x):
    """How far a picture leans: the covariance of column and row of its ink, over the variance of the row."""
    x = x[:, 0] / x.sum(dim=(1, 2, 3), keepdim=True)[:, 0]
    place = torch.arange(28.0)
    row, column = x.sum(dim=2), x.sum(dim=1)
    down = place - (row * place).sum(dim=1, keepdim=True)
    across = place - (column * place).sum(dim=1, keepdim=True)
    together = (x * down[:, :, None] * across[:, None, :]).sum(dim=(1, 2))
    return together / (row * down.pow(2)).sum(dim=1)


def shared(values):
    """values (10, N): the mean correlation between two digits over the N styles."""
    return ((torch.corrcoef(values).sum() - 10) / 90).item()


@claim(
    lesson="13",
    en="One z gives one style in a CVAE: the slant of two digits drawn from the same z correlates by more than 0.7, and by 0.15 "
    "more than that of digits drawn by one Gaussian for each digit from the same noise, every seed.",
    vi="Trong CVAE, một z cho một kiểu chữ: độ nghiêng của hai chữ số vẽ từ cùng một z có tương quan trên 0,7, cao hơn ít nhất "
    "0,15 so với khi vẽ từ cùng một nhiễu bằng các phân phối Gauss của từng chữ số, ở mọi seed.",
    holds=lambda rows: all(row["cvae"] > 0.7 and row["cvae"] > row["gaussians"] + 0.15 for row in rows),
    seeds=OTHERS,
)
@torch.no_grad()
def one_z_one_style(seed):
    """200 styles, ten digits each."""
    vae, cvae = pretrained("mlp-vae", seed), pretrained("cvae", seed)
    noise, (codes, labels) = torch.randn(200, 20), training_codes("mlp-vae", seed)
    ours, theirs = [], []
    for digit in range(10):
        fitted = gaussian(codes[labels == digit])
        ours.append(slant(cvae.decode(noise, torch.full((200,), digit))))
        theirs.append(slant(vae.decode(fitted.loc + noise @ fitted.scale_tril.T)))
    return {"cvae": shared(torch.stack(ours)), "gaussians": shared(torch.stack(theirs))}


@claim(
    lesson="13",
    en="By the pictures each draws from its own source of codes: sharpness VQ-VAE above AVAE above plain VAE above β-VAE; Fréchet "
    "distance of CVAE and VQ-VAE below that of the plain VAE, of the AVAE not; and the plain VAE, its z from ten Gaussians fitted without labels, below "
    "all of them by more than a quarter, every seed.",
    vi="Xét ảnh mà mỗi mô hình vẽ từ nguồn mã của mình: về độ nét, VQ-VAE hơn AVAE, AVAE hơn VAE thường, VAE thường hơn β-VAE; "
    "khoảng cách Fréchet của CVAE và VQ-VAE nhỏ hơn của VAE thường, của AVAE thì không; còn VAE thường với z lấy từ mười phân phối Gauss khớp không cần nhãn "
    "thì nhỏ hơn tất cả, ít nhất một phần tư, ở mọi seed.",
    holds=lambda rows: all(
        row["vq_sharp"] > row["avae_sharp"] > row["vae_sharp"] > row["beta_sharp"]
        and max(row["cvae_frechet"], row["vq_frechet"]) < row["vae_frechet"] < row["avae_frechet"]
        and row["ten_frechet"] < 0.75 * min(row[f"{name}_frechet"] for name in ("vae", "beta", "cvae", "avae", "vq"))
        for row in rows
    ),
    seeds=OTHERS,
)
@torch.no_grad()
def pictures_of_the_variants(seed):
    """2,000 pictures each. VQ-VAE: words by the GRU; ten: a mixture of ten Gaussians fitted to 10,000 codes mu."""
    grey, _, _ = chosen()
    z = torch.randn(2000, 20)
    pictures = {
        short: pretrained(name, seed).decode(z)
        for short, name in {"vae": "mlp-vae", "beta": "beta-vae", "avae": "avae"}.items()
    }
    pictures["cvae"] = pretrained("cvae", seed).decode(z, torch.tensor(ASKED))
    vq = pretrained("vq-vae", seed)
    pictures["vq"] = vq.decode(pretrained("vq-prior", seed).sample(2000, vq.positions))
    codes, _ = training_codes("mlp-vae", seed)
    ten = GaussianMixture(10, reg_covar=1e-3, random_state=seed).fit(codes[:10_000].double().numpy())
    pictures["ten"] = pretrained("mlp-vae", seed).decode(torch.from_numpy(ten.sample(2000)[0]).float())
    found = {}
    for name, x in pictures.items():
        found[f"{name}_frechet"], found[f"{name}_sharp"] = frechet(x), metrics.sharpness(x, grey)
    return found


@torch.no_grad()
def round_trips(model, z, times):
    codes = [z]
    for _ in range(times):
        codes.append(model.encode(torch.bernoulli(model.decode(codes[-1])))[0])
    return codes


@torch.no_grad()
def log_p(model, x):
    mu, logvar = model.encode(x)

    def log_likelihood(z):
        return Bernoulli(logits=model.decoder(z), validate_args=False).log_prob(x).flatten(1).sum(dim=1)

    return losses.iw_log_likelihood(losses.log_weights(log_likelihood, mu, logvar, 50)).mean().item()


@claim(
    lesson="13",
    en="Where its loss applies, from z ~ q(z|x) of test images, the AVAE finds z again with less than 70% of the plain VAE's "
    "deviation, and after ten trips it has drifted less; from z ~ N(0, I) its deviation after one trip is no smaller than 90% of the plain VAE's, though after ten it has drifted less; "
    "its log p (50 samples) is more than 2 nats lower, every seed.",
    vi="Ở nơi loss của AVAE có tác dụng, tức là z ~ q(z|x) của ảnh kiểm tra, AVAE tìm lại z với sai lệch chưa bằng 70% của VAE thường, "
    "và sau mười vòng trôi ít hơn; với z ~ N(0, I), sai lệch sau một vòng không dưới 90% của VAE thường, tuy sau mười vòng cũng trôi ít hơn; log p (50 mẫu) của nó "
    "thấp hơn 2 nat trở lên, ở mọi seed.",
    holds=lambda rows: all(
        row["q_avae"] < 0.7 * row["q_vae"]
        and row["q_avae_ten"] < row["q_vae_ten"]
        and row["prior_avae_ten"] < row["prior_vae_ten"]
        and row["prior_avae"] > 0.9 * row["prior_vae"]
        and row["log_p_avae"] < row["log_p_vae"] - 2
        for row in rows
    ),
    seeds=OTHERS,
)
@torch.no_grad()
def avae_finds_z_again(seed):
    """2,000 codes; deviation: root of the mean squared difference of a dimension. log p of 500 test images."""
    _, b, _ = chosen()
    found = {}
    for short, name in {"vae": "mlp-vae", "avae": "avae"}.items():
        net = pretrained(name, seed)
        for start, z in {"q": net.reparameterize(*net.encode(b)), "prior": torch.randn(2000, 20)}.items():
            codes = round_trips(net, z, 10)
            found[f"{start}_{short}"] = (codes[1] - z).pow(2).mean().sqrt().item()
            found[f"{start}_{short}_ten"] = ((codes[10] - z).norm(dim=1).mean() / z.norm(dim=1).mean()).item()
        found[f"log_p_{short}"] = log_p(net, b[:500])
    return found


def attack(model, x, epsilon, steps=10):
    """Images within epsilon of x, pixel by pixel, whose mu has been pushed away by projected gradient steps."""
    target = model.encode(x)[0].detach()
    worst = x + epsilon * (2 * torch.rand_like(x) - 1)
    for _ in range(steps):
        worst = worst.clamp(0, 1).requires_grad_()
        (gradient,) = torch.autograd.grad((model.encode(worst)[0] - target).pow(2).sum(), worst)
        worst = (worst + 0.25 * epsilon * gradient.sign()).detach()
        worst = torch.minimum(torch.maximum(worst, x - epsilon), x + epsilon)
    return worst.clamp(0, 1)


@claim(
    lesson="13",
    en="Under attack (every pixel within 0.1) the AVAE's code moves less than the plain VAE's, relative to the spread of the codes, "
    "in every seed; but its digit is not read rightly more often in every seed.",
    vi="Khi bị tấn công (mỗi điểm ảnh đổi nhiều nhất 0,1), mã của AVAE dịch ít hơn mã của VAE thường, so với độ phân tán của các mã, "
    "ở mọi seed; nhưng không phải seed nào chữ số cũng được đọc đúng nhiều hơn.",
    holds=lambda rows: (
        all(row["avae_moves"] < row["vae_moves"] for row in rows)
        and any(row["avae_right"] <= row["vae_right"] for row in rows)
    ),
    seeds=OTHERS,
)
def avae_under_attack(seed):
    """500 test images; the reader: 3 nearest neighbours among the mu of 10,000 training images."""
    _, b, y = chosen()
    found = {}
    for short, name in {"vae": "mlp-vae", "avae": "avae"}.items():
        net = pretrained(name, seed)
        codes, labels = training_codes(name, seed)
        reader = KNeighborsClassifier(3).fit(codes[:10_000], labels[:10_000])
        clean = net.encode(b[:500])[0].detach()
        hit = net.encode(attack(net, b[:500], 0.1))[0].detach()
        found[f"{short}_right"] = float((reader.predict(hit) == y[:500].numpy()).mean())
        found[f"{short}_moves"] = (
            (hit - clean).norm(dim=1).mean() / (clean - clean.mean(dim=0)).norm(dim=1).mean()
        ).item()
    return found
