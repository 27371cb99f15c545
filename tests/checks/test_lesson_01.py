"""Answers to the exercises of lesson 01, the autoencoder: right ones, and wrong ones with the mistake that is seen in them."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Bernoulli

from vae_helpers import checks

from .answers import Answers, held_back, no_grad, sse

BCE = F.binary_cross_entropy


# ------------------------------------------------------------------------------------------- encoders and decoders


def convolutions(relus=(True, True, True), strides=(1, 2, 2), channels=(16, 32, 64), bias=True, kernel=3):
    """The encoder's three convolutions."""
    layers, before = [], 1
    for out, stride, relu in zip(channels, strides, relus, strict=True):
        layers += [nn.Conv2d(before, out, kernel, stride=stride, padding=kernel // 2, bias=bias)]
        layers += [nn.ReLU()] if relu else []
        before = out
    return layers


def encoder(*more, width=3136, flatten=True, d=None, **how):
    """A function of latent_dim that builds an encoder."""
    middle = [nn.Flatten()] if flatten else []
    return lambda latent_dim: nn.Sequential(*convolutions(**how), *middle, nn.Linear(width, d or latent_dim), *more)


class WrittenEncoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.head = nn.Linear(64 * 7 * 7, latent_dim)  # made first: the order of the layers does not matter
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, 2, 1)
        self.conv3 = nn.Conv2d(32, 64, 3, 2, 1)

    def forward(self, x):
        h = F.relu(self.conv3(torch.relu(self.conv2(self.conv1(x).clamp(min=0)))))
        return self.head(h.flatten(1))


def decoder(*end, relus=(True, True, True), output_padding=1, unflatten=(64, 7, 7), d=None, channels=(64, 32, 16)):
    """A function of latent_dim that builds a decoder."""

    def build(latent_dim):
        a, b, c = ([nn.ReLU()] if relu else [] for relu in relus)
        first = nn.Unflatten(1, unflatten) if unflatten else nn.Identity()
        up = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": output_padding}
        return nn.Sequential(
            nn.Linear(d or latent_dim, 3136), *a, first, nn.ConvTranspose2d(channels[0], channels[1], **up), *b,
            nn.ConvTranspose2d(channels[1], channels[2], **up), *c, nn.Conv2d(channels[2], 1, 3, padding=1), *end,
        )  # fmt: skip

    return build


class WrittenDecoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.fc = nn.Linear(latent_dim, 3136)
        self.up1 = nn.ConvTranspose2d(64, 32, 3, 2, 1, 1)
        self.up2 = nn.ConvTranspose2d(32, 16, 3, 2, 1, 1)
        self.final = nn.Conv2d(16, 1, 3, padding="same")

    def forward(self, z):
        h = F.relu(self.up1(F.relu(self.fc(z)).view(-1, 64, 7, 7)))
        return 1 / (1 + torch.exp(-self.final(F.relu(self.up2(h)))))


NETWORKS = {
    "encoder": (
        [
            encoder(),
            WrittenEncoder,
            lambda d: nn.Sequential(*convolutions(), nn.Flatten(1), nn.LazyLinear(d)),
            lambda d: nn.Sequential(
                nn.Sequential(*convolutions()), nn.Unflatten(1, (8, 8)), nn.Flatten(), nn.Linear(3136, d)
            ),
        ],
        {
            "class": lambda d: WrittenEncoder,
            "not_module": lambda d: convolutions(),
            "not_module: a code": lambda d: encoder()(d)(torch.rand(1, 1, 28, 28)),
            "hard_coded": encoder(d=2),
            "hard_coded: of lesson 06": encoder(d=16),
            "no_flatten": encoder(flatten=False),
            "width": encoder(strides=(1, 2, 1)),
            "width: counted wrong": encoder(width=64 * 8 * 8),
            "width: no channels": encoder(width=49),
            "stride": encoder(strides=(1, 2, 1), width=64 * 14 * 14),
            "channels": lambda d: nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1), nn.Conv2d(32, 64, 3, 2, 1)),
            "layers": encoder(channels=(32, 48, 64)),
            "layers: kernels": encoder(kernel=5),
            "two_heads": lambda d: nn.Sequential(*convolutions(), nn.Flatten(), nn.Linear(3136, 2 * d)),
            "bias": encoder(bias=False),
            "no_relu": encoder(relus=(False, False, False)),
            "relu_missing": encoder(relus=(True, False, True)),
            "relu_missing: the last one": encoder(relus=(True, True, False)),
            "relu_last": encoder(nn.ReLU()),
            "sigmoid_last": encoder(nn.Sigmoid()),
            "tanh_last": encoder(nn.Tanh()),
            "output_shape": encoder(nn.Flatten(0)),
            "other: strides in another order": encoder(strides=(2, 2, 1)),
            "type": lambda d: nn.Sequential(encoder()(d), TwoOutputs()),
        },
    ),
    "decoder": (
        [
            decoder(nn.Sigmoid()),
            WrittenDecoder,
            lambda d: nn.Sequential(decoder()(d), nn.Sigmoid()),
        ],
        {
            "class": lambda d: WrittenDecoder,
            "not_module": lambda d: [nn.Linear(d, 3136)],
            "hard_coded": decoder(nn.Sigmoid(), d=2),
            "no_unflatten": decoder(nn.Sigmoid(), unflatten=None),
            "unflatten_size": decoder(nn.Sigmoid(), unflatten=(64, 8, 8)),
            "channels": decoder(nn.Sigmoid(), unflatten=(16, 14, 14)),
            "output_padding": decoder(nn.Sigmoid(), output_padding=0),
            "no_sigmoid": decoder(),
            "no_relu: nor a sigmoid": decoder(relus=(False, False, False)),
            "no_relu": decoder(nn.Sigmoid(), relus=(False, False, False)),
            "relu_missing": decoder(nn.Sigmoid(), relus=(False, True, True)),
            "relu_last": decoder(nn.ReLU(), nn.Sigmoid()),
            "relu_last: instead of the sigmoid": decoder(nn.ReLU()),
            "tanh_last": decoder(nn.Tanh()),
            "layers": decoder(nn.Sigmoid(), channels=(64, 16, 16)),
            "other: the sigmoid twice": decoder(nn.Sigmoid(), nn.Sigmoid()),
        },
    ),
}


class TwoOutputs(nn.Module):
    def forward(self, z):
        return z, z


def two_names(r, x):
    M, N = x.shape
    return ((r - x) ** 2).sum() / (M * N)


def four_names(r, x):
    M, C, H, W = x.shape
    return ((r - x) ** 2).sum() / (M * C * H * W)


CASES = NETWORKS | {
    "mse": (
        [
            lambda r, x: ((r - x) ** 2).mean(),
            F.mse_loss,
            lambda r, x: torch.square(x - r).sum() / x.numel(),
            lambda r, x: (r - x).norm() ** 2 / x.numel(),
            lambda r, x: ((r - x) ** 2).flatten(1).mean(1).mean(),
            torch.nn.MSELoss(),
            lambda r, x: torch.mean((x - r) * (x - r)),
            lambda r, x: F.mse_loss(r.double(), x.double()),
        ],
        {
            "sum": lambda r, x: F.mse_loss(r, x, reduction="sum"),
            "sum_over_pixels": sse,
            "per_image": lambda r, x: ((r - x) ** 2).flatten(1).mean(1),
            "two_sizes": lambda r, x: ((r - x) ** 2).sum() / (x.size(0) * x.size(1)),
            "unpacked": two_names,
            "unpacked: four": four_names,
            "per_pixel": lambda r, x: (r - x) ** 2,
            "absolute": F.l1_loss,
            "root": lambda r, x: ((r - x) ** 2).mean() ** 0.5,
            "not_squared": lambda r, x: (r - x).mean(),
            "half": lambda r, x: 0.5 * F.mse_loss(r, x),
            "detached": lambda r, x: F.mse_loss(r, x).item(),
            "constant": lambda r, x: torch.tensor(0.25),
            "tuple": lambda r, x: (F.mse_loss(r, x),),
            "gradient: half of it is cut": lambda r, x: ((r - x).detach() * (r - x)).mean(),
            "detached: but for a zero": lambda r, x: F.mse_loss(r.detach(), x) + 0 * r.sum(),
            "gradient: of one image only": lambda r, x: F.mse_loss(torch.cat([r[:1], r[1:].detach()]), x) + 0 * r.sum(),
            "gradient: clipped": lambda r, x: F.mse_loss(held_back(r), x),
            "detached: data": lambda r, x: ((r.data - x) ** 2).mean(),
        },
    ),
    "bce": (
        [
            BCE,
            lambda r, x: -(x * r.log() + (1 - x) * (1 - r).log()).mean(),
            lambda r, x: F.binary_cross_entropy_with_logits(torch.logit(r), x),
            lambda r, x: -(torch.xlogy(x, r) + torch.xlogy(1 - x, 1 - r)).mean(),
            torch.nn.BCELoss(),
            lambda r, x: -torch.lerp((1 - r).log(), r.log(), x).mean(),
            lambda r, x: -Bernoulli(r, validate_args=False).log_prob(x).flatten(1).mean(1).mean(),
        ],
        {
            "sign": lambda r, x: -BCE(r, x),
            "half_forgotten": lambda r, x: -(x * r.log()).mean(),
            "logits": F.binary_cross_entropy_with_logits,
            "swapped": lambda r, x: BCE(x, r),
            "sum": lambda r, x: BCE(r, x, reduction="sum"),
            "sum_over_pixels": lambda r, x: BCE(r, x, reduction="sum") / len(x),
            "per_pixel": lambda r, x: BCE(r, x, reduction="none"),
            "log2": lambda r, x: -(x * r.log2() + (1 - x) * (1 - r).log2()).mean(),
            "log10": lambda r, x: -(x * r.log10() + (1 - x) * (1 - r).log10()).mean(),
            "log_of_x": lambda r, x: -(r * x.log() + (1 - r) * (1 - x).log()).mean(),
            "log_of_x: one half": lambda r, x: -(r * x.log()).mean(),
            "minus": lambda r, x: (-(x * r.log()) + (1 - x) * (1 - r).log()).mean(),
            "minus: of the difference": lambda r, x: -(x * r.log() - (1 - x) * (1 - r).log()).mean(),
            "minus: of the dark term": lambda r, x: (x * r.log() - (1 - x) * (1 - r).log()).mean(),
            "bracket": lambda r, x: -torch.mean(x * r.log() + 1 - x * (1 - r).log()),
            "bracket: and the minus": lambda r, x: (-x * r.log() + 1 - x * (1 - r).log()).mean(),
            "same_log": lambda r, x: -(x * r.log() + (1 - x) * r.log()).mean(),
            "nan": lambda r, x: -(x * r.log() + (1 - x) * (r - 1).log()).mean(),
            None: lambda r, x: BCE(r, x) + 0.01,
            "detached": no_grad(BCE),
            "tuple": lambda r, x: [BCE(r, x)],
            "gradient: the dark term is cut": lambda r, x: -(x * r.log() + (1 - x) * (1 - r.detach()).log()).mean(),
            "gradient: the bright term is cut": lambda r, x: -(x * r.data.log() + (1 - x) * (1 - r).log()).mean(),
            "detached: but for a zero": lambda r, x: BCE(r.detach(), x) + 0 * r.sum(),
            "gradient: clipped": lambda r, x: BCE(held_back(r), x),
        },
    ),
    "interpolate": (
        [
            lambda a, b, t: (1 - t) * a + t * b,
            torch.lerp,
            lambda a, b, t: a + t * (b - a),
            lambda a, b, t: torch.add(a, b - a, alpha=t),
            lambda a, b, t: a - t * (a - b),
            lambda a, b, t: torch.stack([a, b], -1) @ torch.tensor([1 - t, t]),
        ],
        {
            "swapped": lambda a, b, t: t * a + (1 - t) * b,
            "midpoint": lambda a, b, t: (a + b) / 2,
            "no_weight_on_a": lambda a, b, t: a + t * b,
            "away": lambda a, b, t: a + t * (a - b),
            "stays": lambda a, b, t: a.clone(),
            "jumps": lambda a, b, t: b.clone(),
            "difference": lambda a, b, t: t * (b - a),
            "tuple": lambda a, b, t: (torch.lerp(a, b, t),),
            ": two decimals of alpha": lambda a, b, t: torch.lerp(a, b, round(t, 2)),
            ": a table of alphas": lambda a, b, t: torch.lerp(
                a, b, {0.0: 0.0, 0.25: 0.25, 0.8: 0.8, 1.0: 1.0}.get(t, 0.4)
            ),
        },
    ),
}


class TestAnswers(Answers):
    CASES = CASES


def test_a_network_in_place_of_the_function(language, capsys):
    assert checks.check_encoder(encoder()(2)).mistake == "module"
    assert checks.check_decoder(decoder(nn.Sigmoid())(2)).mistake == "module"


def test_what_the_network_got_is_told(capsys):
    assert "(32, 1, 3, 3)" in checks.check_encoder(encoder(channels=(32, 48, 64))).message
    assert "12544" in checks.check_encoder(encoder(strides=(1, 2, 1), width=12544)).message
    assert "side of 25" in checks.check_decoder(decoder(nn.Sigmoid(), output_padding=0)).message
    assert "latent_dim = 7" in checks.check_encoder(encoder(d=2)).message
