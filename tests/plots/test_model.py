"""One contract for every model: what forward, encode and decode may give, and what is refused by name."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from tests.plots.support import Halves, OnlyForward, drawn, made_of, pictures
from vae_helpers import models, plots
from vae_helpers.plots._model import _to_model, codes_of, decoded, reconstructions

FORWARDS = {
    "tensor": lambda parts: parts[0],
    "tuple": tuple,
    "list": list,
    "tuple of one": lambda parts: parts[:1],
    "recon and code": lambda parts: parts[:2],
}
CALLS = {
    "reconstructions": lambda model, x, **kw: plots.plot_reconstructions(model, x, n=3, **kw),
    "manifold": lambda model, x, **kw: plots.plot_manifold(model, n=3, **kw),
    "samples": lambda model, x, **kw: plots.plot_samples(model, n=3, seed=0, **kw),
    "interpolation": lambda model, x, **kw: plots.plot_interpolation(model, x[0], x[1], steps=3, **kw),
}


@pytest.mark.parametrize("flat", [False, True], ids=["pictures", "flat"])
@pytest.mark.parametrize("form", FORWARDS)
def test_whatever_forward_gives(small, form, flat):
    model = Halves(FORWARDS[form], flat=flat)
    with torch.no_grad():
        mu, _ = model.encode(small.images[:3])
        expected = model.decode(mu).view(3, 28, 28)
    shown = pictures(plots.plot_reconstructions(model, small.images, n=3))[3:]
    torch.testing.assert_close(torch.stack(shown), expected)
    np.testing.assert_allclose(
        plots.plot_latent(model, small.images[:3]).axes[0].collections[0].get_offsets(), mu, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("encode", [tuple, list, lambda pair: pair[0]], ids=["tuple", "list", "tensor"])
def test_whatever_encode_gives(small, encode):
    model = Halves()
    mu, _ = model.encode(small.images)
    both = model.encode
    model.encode = lambda x: encode(both(x))
    torch.testing.assert_close(codes_of(model, small.images), mu.detach())


def test_a_module_with_nothing_but_forward(small):
    model = OnlyForward()
    with torch.no_grad():
        recon, mu, _ = model(small.images[:4])
    shown = pictures(plots.plot_reconstructions(model, small.images, n=4))[4:]
    torch.testing.assert_close(torch.stack(shown), recon.view(4, 28, 28))
    torch.testing.assert_close(codes_of(model, small.images[:4]), mu)


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 32, 32), (1, 12, 20)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16], ids=str)
def test_double_and_half_precision(size, dtype):
    torch.manual_seed(0)
    images = torch.rand(5, *size)
    model = Halves(size=size)
    exact = {name: torch.stack(pictures(call(model, images))).float() for name, call in CALLS.items()}
    codes = codes_of(model, images)
    model = model.to(dtype)
    tolerance = 1e-5 if dtype == torch.float64 else 0.1
    for name, call in CALLS.items():
        torch.testing.assert_close(
            torch.stack(pictures(call(model, images))).float(), exact[name], atol=tolerance, rtol=0
        )
    torch.testing.assert_close(codes_of(model, images), codes, atol=tolerance, rtol=0.05 if tolerance > 0.01 else 1e-4)


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 8, 8)], ids=["grey", "colour"])
@pytest.mark.parametrize("flat", [False, True], ids=["pictures", "flat"])
def test_logits_are_asked_for_never_drawn_in_silence(size, flat):
    torch.manual_seed(0)
    images = torch.rand(4, *size)
    model = Halves(size=size, flat=flat, logits=True)
    pixels = Halves(size=size, flat=flat)
    pixels.load_state_dict(model.state_dict())
    for call in CALLS.values():
        with pytest.raises(ValueError, match=r"values from -\d.* to \d.*, expected \[0, 1\]. .*logits=True"):
            call(model, images)
        for a, b in zip(pictures(call(model, images, logits=True)), pictures(call(pixels, images)), strict=True):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


def test_the_kits_own_model_of_logits(small):
    """MLPVAE's forward gives logits: what is drawn of them must be asked for."""
    model = models.MLPVAE()
    with pytest.raises(ValueError, match="logits=True"):
        plots.plot_reconstructions(model, small.images)
    shown = pictures(plots.plot_reconstructions(model, small.images, n=2, logits=True))[2:]
    with torch.no_grad():
        model.eval()
        torch.testing.assert_close(torch.stack(shown), torch.sigmoid(model(small.images[:2])[0]).view(2, 28, 28))


@pytest.mark.parametrize("fill", [torch.nan, torch.inf, -torch.inf])
def test_a_model_that_has_diverged_is_never_drawn_black(small, fill, language):
    words = {"vi": "NaN hoặc vô cùng", "en": "NaN or infinity"}[language]
    for call in CALLS.values():
        with pytest.raises(ValueError, match=words):
            call(made_of(fill), small.images)
    broken = Halves()
    nn.init.constant_(broken.layer.weight, torch.nan)
    with pytest.raises(ValueError, match={"vi": "phân kỳ", "en": "diverged"}[language]):
        plots.plot_latent(broken, small)


def test_rounding_at_the_ends_of_the_scale_is_drawn(small):
    for fill, expected in ((1 + 5e-4, 1), (-5e-4, 0)):
        assert (torch.stack(pictures(plots.plot_samples(made_of(fill), 2))) == expected).all()
    for fill in (1.002, -0.002):
        with pytest.raises(ValueError, match="logits=True"):
            plots.plot_samples(made_of(fill), 2)


def test_a_number_of_dimensions_may_be_told():
    model = Halves(latent_dim=2, tells=False)
    with pytest.raises(ValueError, match="does not say how many latent dimensions"):
        plots.plot_samples(model)
    assert len(pictures(plots.plot_samples(model, n=3, latent_dim=2))) == 3
    assert drawn(plots.plot_manifold(model, n=2, latent_dim=2).axes[0]).shape == (56, 56)


def with_decode(output):
    model = Halves()
    model.decode = lambda z: output(z)
    return model


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: decoded(with_decode(lambda z: torch.rand(len(z), 785)), torch.rand(2, 2)), r"\(2, 785\), which is not a batch of square"),
        (lambda: decoded(with_decode(lambda z: torch.rand(len(z), 2, 4, 4)), torch.rand(2, 2)), "got 2 channels"),
        (lambda: decoded(with_decode(lambda z: torch.rand(len(z), 4, 4, 4)), torch.rand(2, 2)), "got 4 channels"),
        (lambda: decoded(with_decode(lambda z: torch.rand(1, 1, 4, 4)), torch.rand(2, 2)), r"\(1, 1, 4, 4\) for z of shape \(2, 2\)"),
        (lambda: decoded(with_decode(lambda z: {"x": z}), torch.rand(2, 2)), "decode.z. of Halves gives dict, expected a tensor"),
        (lambda: decoded(nn.Linear(2, 2), torch.rand(2, 2)), r"Linear has no method decode\(z\)"),
        (lambda: reconstructions(Halves(lambda parts: {"recon": parts}), torch.rand(2, 1, 28, 28)), "gives dict, expected a tensor"),
        (lambda: reconstructions(Halves(lambda parts: ()), torch.rand(2, 1, 28, 28)), "gives tuple, expected a tensor"),
        (lambda: reconstructions(with_decode(lambda z: torch.rand(2, 1, 4, 4)), torch.rand(2, 1, 28, 28)), r"\(2, 1, 4, 4\) for images of shape \(2, 1, 28, 28\)"),
        (lambda: codes_of(nn.Flatten(), torch.rand(2, 1, 28, 28)), r"Flatten gives no codes: it has no method encode\(x\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert re.search(message, str(caught.value)), caught.value


def test_three_pictures_without_channels_are_not_one_in_colour():
    images = torch.rand(3, 4, 4)
    assert decoded(with_decode(lambda z: images), torch.rand(3, 2)).shape == (3, 1, 4, 4)


def test_many_images_go_through_in_batches(small):
    model, seen = Halves(), []
    model.register_forward_pre_hook(lambda module, args: seen.append(len(args[0])))
    encode = model.encode
    model.encode = lambda x: seen.append(len(x)) or encode(x)
    codes = codes_of(model, small.images, batch_size=25)
    assert seen == [25, 25, 10] and len(codes) == 60


class Elsewhere(torch.Tensor):
    """A stand-in for a tensor on a GPU: NumPy cannot read it before it is fetched."""

    @staticmethod
    def of(values):
        return torch.Tensor._make_subclass(Elsewhere, values)

    def numpy(self, *args, **kw):
        raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")

    def __array__(self, *args, **kw):
        raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")

    def cpu(self):
        return self.as_subclass(torch.Tensor)


def test_images_and_labels_on_a_gpu_are_fetched(small):
    """By a stand-in where there is no GPU; the device check runs the same on a real one."""
    images, labels = Elsewhere.of(small.images.clone()), Elsewhere.of(small.labels.clone())
    figure = plots.plot_latent(Halves(), (images, labels))
    assert figure.axes[0].collections[0].get_array().tolist() == small.labels.tolist()
    assert len(pictures(plots.plot_images(images[:3], labels[:3]))) == 3
    plots.curves({"a": Elsewhere.of(torch.rand(3))})


class NoDoubles(TorchFunctionMode):
    """A stand-in for Apple's GPU, which takes no float64: the device "meta" under this mode does not either."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        if isinstance(output, torch.Tensor) and output.device.type == "meta" and output.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return output


def test_no_double_goes_to_a_device_that_takes_none():
    with NoDoubles():
        z = _to_model(Halves().to("meta"), torch.zeros(1, 2, dtype=torch.float64))
    assert z.device.type == "meta" and z.dtype == torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_on_a_real_gpu(small):
    model = Halves().cuda()
    images, labels = small.images.cuda(), small.labels.cuda()
    state = torch.cuda.get_rng_state()
    for call in CALLS.values():
        call(model, images)
    figure = plots.plot_latent(model, (images, labels))
    assert figure.axes[0].collections[0].get_array().tolist() == small.labels.tolist()
    assert torch.equal(torch.cuda.get_rng_state(), state)
