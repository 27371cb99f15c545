"""A network in the page: engine.js in Chromium gives what PyTorch gives, for the kit's models and for anybody's."""

import base64

import pytest
import torch
from torch import nn

from vae_helpers import models
from vae_helpers.page.program import program_of

RUN = """([program, planes, inputs]) => {
    const run = engine(program, Uint8Array.from(atob(planes), c => c.charCodeAt(0)));
    return inputs.map(x => run(new Float32Array(x)).map(output => Array.from(output)));
}"""


def given(program, x):
    return [program.entry(), base64.b64encode(program.planes()).decode(), x.flatten(1).tolist()]


class Flat(nn.Module):
    """Flat pixels in and out, as many handouts have it; the code in one tensor."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(784, 40), nn.Tanh(), nn.Linear(40, 3))
        self.dec = nn.Sequential(nn.Linear(3, 40), nn.SiLU(), nn.Linear(40, 784), nn.Sigmoid())

    def encode(self, x):
        return self.enc(x)

    def decode(self, z):
        return self.dec(z)


class Layers(nn.Module):
    """A layer of every kind that a student may meet."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
            nn.Conv2d(8, 16, 4, stride=(2, 1), padding=1, dilation=1), nn.GELU(), nn.MaxPool2d(2, 2, padding=1),
            nn.Conv2d(16, 16, 3, padding="same", groups=4), nn.ReLU6(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.3),
        )  # fmt: skip
        self.mu, self.logvar = nn.LazyLinear(2), nn.LazyLinear(2)
        self.dec = nn.Sequential(
            nn.Linear(2, 16 * 49), nn.BatchNorm1d(16 * 49, affine=False), nn.Unflatten(1, (16, 7, 7)),
            nn.Upsample(scale_factor=2), nn.Conv2d(16, 8, 3, padding=1, groups=2, dilation=1), nn.ELU(),
            nn.ConvTranspose2d(8, 8, 4, 2, 1, groups=2, bias=False), nn.Softplus(), nn.Hardtanh(-2, 2),
            nn.Conv2d(8, 4, 3, padding=2, dilation=2), nn.PixelShuffle(2), nn.AvgPool2d(2), nn.GELU("tanh"),
        )  # fmt: skip

    def encode(self, x):
        h = self.enc(x)
        return self.mu(h), self.logvar(h).clamp(-8, 8)

    def decode(self, z):
        h = self.dec(torch.cat([z[:, :1], z[:, 1:] * 2 - z[:, :1] / 3], dim=1))
        return torch.sigmoid(h.transpose(2, 3).permute(0, 1, 3, 2) + self.mu.bias[0]) ** 1.5


def layers():
    torch.manual_seed(0)
    model = Layers()
    model.encode(torch.rand(4, 1, 28, 28))
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 2)
    return model


SCRIPTS = ("nodes.js", "engine.js")


CASES = {
    "vae-2d": (lambda: models.load_pretrained("vae-2d"), (1, 28, 28), 2),
    "vae-16d": (lambda: models.load_pretrained("vae-16d"), (1, 28, 28), 16),
    "ae-2d": (lambda: models.load_pretrained("ae-2d"), (1, 28, 28), 2),
    "mlp-vae": (lambda: models.load_pretrained("mlp-vae"), (1, 28, 28), 20),
    "colour": (lambda: models.VAE(channels=3, latent_dim=4, img_size=32), (3, 32, 32), 4),
    "flat": (Flat, (1, 28, 28), 3),
    "layers": (layers, (1, 28, 28), 2),
}


@pytest.mark.browser
@pytest.mark.parametrize("method", ["encode", "decode"])
@pytest.mark.parametrize("name", CASES)
def test_the_page_agrees_with_pytorch(page, name, method):
    make, image, latent_dim = CASES[name]
    torch.manual_seed(1)
    model = make().eval()
    x = torch.rand(200, *image) if method == "encode" else torch.randn(200, latent_dim)
    x[0] = 0
    with torch.no_grad():
        expected = getattr(model, method)(x)
    expected = expected if isinstance(expected, tuple) else (expected,)
    shown = page.evaluate(RUN, given(program_of(model, method, tuple(x.shape[1:])), x))
    for i, wanted in enumerate(expected):
        got = torch.tensor([outputs[i] for outputs in shown])
        assert got.shape == wanted.flatten(1).shape
        assert (got - wanted.flatten(1)).abs().max() <= 1 / 255 * max(1, wanted.abs().max() / 4)


@pytest.mark.browser
def test_weights_that_float16_cannot_hold_are_kept_whole(page):
    model = Flat()
    with torch.no_grad():
        model.enc[1].weight.mul_(1e-7)
        model.enc[3].weight.mul_(1e6)
    x = torch.rand(3, 1, 28, 28)
    ((got,), *_) = page.evaluate(RUN, given(program_of(model, "encode", (1, 28, 28)), x))
    assert torch.tensor(got).tolist() == pytest.approx(model.encode(x)[0].tolist(), rel=1e-3)


def test_looking_changes_nothing():
    model = layers().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.get_rng_state()
    program_of(model, "encode", (1, 28, 28))
    assert model.training and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_an_unknown_operation_is_named(language):
    class Sorted(Flat):
        def decode(self, z):
            return super().decode(z).sort(dim=1).values

    with pytest.raises(ValueError, match=r"Sorted\.decode.* sort"):
        program_of(Sorted(), "decode", (3,))


def test_bad_models_are_told(language):
    with pytest.raises(ValueError, match="Linear.*encode"):
        program_of(nn.Linear(2, 2), "encode", (2,))
    with pytest.raises(ValueError, match=r"Flat\.encode.*\(1, 1, 14, 14\)"):
        program_of(Flat(), "encode", (1, 14, 14))
    broken = Flat()
    broken.dec[0].weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"dec\.0\.weight"):
        program_of(broken, "decode", (3,))
