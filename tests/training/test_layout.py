"""channels_last inside fit and nowhere in public: plain weights before and after, the same results, a typed class too."""

import contextlib
import copy
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parameters_to_vector

from tests.training.support import QUIET, same_weights, stopped_at
from vae_helpers import data, losses, models
from vae_helpers.training import TrainingDiverged, fit
from vae_helpers.training.layout import FastLayout


def is_plain(model):
    return all(
        weight.is_contiguous() and (weight.grad is None or weight.grad.is_contiguous()) for weight in model.parameters()
    )


def in_fast_order(model):
    return model.conv2.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.fixture
def colour():
    torch.manual_seed(0)
    return data.ImageDataset(torch.rand(24, 3, 28, 28), torch.zeros(24, dtype=torch.int64), "colour")


def test_the_kits_networks_are_plain_in_public(tmp_path, small):
    for model in (models.VAE(), models.Autoencoder(), models.load_pretrained("vae-2d")):
        save_file(model.state_dict(), tmp_path / "a.safetensors")
        assert len(parameters_to_vector(model.parameters())) == sum(weight.numel() for weight in model.parameters())
        h = model.conv3(F.relu(model.conv2(F.relu(model.conv1(small.images[:4])))))
        assert h.view(-1, 64 * 7 * 7).shape == (4, 3136)


@pytest.mark.parametrize("channels", [1, 3])
def test_within_fit_every_layer_gives_the_fast_order_and_every_stride_comes_back(channels):
    """That of a grey image's first layer too, whose weights have one channel."""
    torch.manual_seed(0)
    images = data.ImageDataset(torch.rand(24, channels, 28, 28), torch.zeros(24, dtype=torch.int64), "noise")
    model, orders = models.VAE(channels=channels), {}
    before = {name: weight.stride() for name, weight in model.named_parameters()}

    def note(name, layer, values, output):
        wide = min(output.shape[1:]) > 1  # else the two orders are one
        orders.setdefault(name, set()).add(not wide or (output.stride(1) == 1 and not output.is_contiguous()))

    for name, layer in model.named_children():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.register_forward_hook(partial(note, name))
    fit(model, images, epochs=1, batch_size=8, **QUIET)
    assert len(orders) == 6 and all(seen == {True} for seen in orders.values())
    assert {name: weight.stride() for name, weight in model.named_parameters()} == before


def test_after_fit_everything_is_plain_again(tmp_path, small):
    model = models.VAE()
    fit(model, small, small, epochs=1, batch_size=100, checkpoint=tmp_path / "a.pt", **QUIET)
    assert is_plain(model)
    save_file(model.state_dict(), tmp_path / "a.safetensors")
    parameters_to_vector(model.parameters())
    parameters_to_vector(weight.grad for weight in model.parameters())
    saved = torch.load(tmp_path / "a.pt", weights_only=True)["model"]
    save_file(saved, tmp_path / "b.safetensors")


def test_colour_images_train_and_the_loss_may_view_them(colour):
    def loss(recon, x, mu, logvar):
        assert recon.view(len(x), -1).shape == (len(x), 3 * 784)
        return losses.vae_loss(recon, x, mu, logvar)

    model = models.VAE(channels=3)
    fit(model, colour, colour, epochs=1, batch_size=8, loss=loss, **QUIET)
    assert is_plain(model)
    assert model(colour.images[:2])[0].view(2, -1).shape == (2, 3 * 784)


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), ZeroDivisionError(), torch.cuda.OutOfMemoryError("full")])
def test_after_an_error_too(small, problem):
    model = models.VAE()
    with stopped_at(2, problem), contextlib.suppress(ZeroDivisionError, torch.cuda.OutOfMemoryError):
        fit(model, small, epochs=1, batch_size=50, **QUIET)
    assert is_plain(model) and not any(layer._forward_hooks for layer in model.modules())


def test_after_a_divergence_too(small, handout_vae):
    model = handout_vae()
    with pytest.raises(TrainingDiverged):
        fit(model, small, epochs=3, batch_size=50, lr=1e30, **QUIET)
    assert is_plain(model) and not any(layer._forward_hooks for layer in model.modules())


def fast_while_training(model, images, **arguments):
    """Whether the second convolution's weights, and what it gives, were in channels_last order in every step."""
    orders = []

    def loss(*values):
        orders.append(in_fast_order(model))
        return losses.vae_loss(*values)

    fit(model, images, epochs=1, batch_size=50, loss=loss, seed=0, **QUIET, **arguments)
    return set(orders) == {True}


def test_the_typed_class_with_view_gets_the_speed_too(small, handout_vae):
    """Its x.view(-1, 3136) needs plain order after the last convolution: there alone it gets it."""
    torch.manual_seed(0)
    model, kit = handout_vae(), models.VAE()
    kit.load_state_dict(model.state_dict())
    outputs = []
    hook = model.conv2.register_forward_hook(lambda layer, _, output: outputs.append(output.is_contiguous()))
    assert fast_while_training(model, small)
    assert fast_while_training(kit, small)
    assert outputs and not any(outputs[-4:])  # it was computed in the fast order
    hook.remove()
    for a, b in zip(model.parameters(), kit.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)
    assert not any(layer._forward_hooks for layer in model.modules()) and is_plain(model)


class ViewInEval(models.VAE):
    """Asks for plain order in eval mode alone."""

    def decode(self, z):
        recon = super().decode(z)
        if not self.training:
            F.relu(self.deconv1(torch.zeros(2, 64, 7, 7))).view(-1)
        return recon


def test_a_model_that_views_in_eval_mode_alone_validates(small):
    model = ViewInEval()
    history = fit(model, small, small, epochs=1, batch_size=100, **QUIET)
    assert history["val_loss"][0] > 0 and is_plain(model)


class Strided(nn.Module):
    """Takes the memory of a convolution's weights as it lies: no hook after a layer can help, only plain order can."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x):
        self.conv2.weight.view(-1)
        return torch.sigmoid(self.conv2(self.conv1(x)))


def test_where_nothing_helps_the_training_goes_the_plain_way(small):
    model = Strided()
    orders = []

    def loss(recon, x):
        orders.append(model.conv2.weight.is_contiguous())
        return (recon - x).pow(2).sum()

    fit(model, small, epochs=1, batch_size=100, loss=loss, **QUIET)
    assert orders == [True, True] and is_plain(model)


def test_a_mistake_of_the_models_own_comes_up_as_it_is(small):
    class Wrong(models.VAE):
        def forward(self, x):
            recon, mu, logvar = super().forward(x)
            return recon @ torch.zeros(3, 3), mu, logvar

    model = Wrong()
    with pytest.raises(RuntimeError, match="28"):
        fit(model, small, epochs=1, **QUIET)
    assert is_plain(model) and not any(layer._forward_hooks for layer in model.modules())


def test_an_order_that_a_student_chose_stays(small):
    model = models.VAE().to(memory_format=torch.channels_last)
    fit(model, small, epochs=1, batch_size=100, **QUIET)
    assert in_fast_order(model)


def test_results_agree_with_plain_order(small, handout_vae, monkeypatch):
    torch.manual_seed(0)
    fast = handout_vae()
    plain = copy.deepcopy(fast)
    histories = [fit(fast, small, small, epochs=3, batch_size=50, seed=0, **QUIET)]
    monkeypatch.setattr(FastLayout, "_order", lambda *_: None)
    histories.append(fit(plain, small, small, epochs=3, batch_size=50, seed=0, **QUIET))
    for column in ("loss", "recon", "kl", "val_loss"):
        assert histories[0][column] == pytest.approx(histories[1][column], rel=1e-4)


def test_what_the_optimizer_keeps_follows_the_order_of_the_weights():
    """A resumed file may hold plain moments: PyTorch's fused Adam refuses to mix the two."""
    model = models.VAE()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(2, 1, 28, 28))[0].sum().backward()
    optimizer.step()
    moments = [optimizer.state[model.conv2.weight][name] for name in ("exp_avg", "exp_avg_sq")]
    before = [moment.clone() for moment in moments]
    with FastLayout(model, optimizer):
        for name, value in zip(("exp_avg", "exp_avg_sq"), before, strict=True):
            moment = optimizer.state[model.conv2.weight][name]
            assert moment.stride() == model.conv2.weight.stride() != value.stride() and torch.equal(moment, value)
    assert optimizer.state[model.conv2.weight]["exp_avg"].is_contiguous()


@pytest.mark.parametrize("kind", [models.VAE, "handout"])
def test_resumed_to_the_bit_in_fast_order(small, tmp_path, kind, handout_vae):
    kind = handout_vae if kind == "handout" else kind
    torch.manual_seed(0)
    whole, first, second = kind(), kind(), kind()
    first.load_state_dict(whole.state_dict())
    recipe = {"batch_size": 64, "seed": 1, **QUIET}
    fit(whole, small, small, epochs=4, **recipe)
    fit(first, small, small, epochs=2, checkpoint=tmp_path / "a.pt", **recipe)
    fit(second, small, small, epochs=4, checkpoint=tmp_path / "a.pt", **recipe)
    assert same_weights(whole, second)
