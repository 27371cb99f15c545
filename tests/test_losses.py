"""The losses against torch.distributions and against numbers worked out by hand."""

import math
import re
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from tests.models.support import close, near
from vae_helpers import losses


def test_kl_equals_torch_distributions():
    mu, logvar = torch.randn(20, 5), torch.randn(20, 5)
    expected = kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(dim=1)
    close(losses.kl_divergence(mu, logvar), expected)


def test_kl_of_the_worked_numbers():
    """μ = (1, 0), log σ² = 0: ½. μ = 0, log σ² = ln 4 (σ = 2): −½(1 + ln 4 − 4)."""
    kl = losses.kl_divergence(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [math.log(4), 0.0]]))
    assert kl.tolist() == near([0.5, -0.5 * (1 + math.log(4) - 4)])


def test_kl_gradient():
    """d/dμ = μ and d/dlogvar = (σ² − 1)/2."""
    mu, logvar = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    losses.kl_divergence(mu, logvar).sum().backward()
    close(mu.grad, mu.detach())
    close(logvar.grad, (logvar.detach().exp() - 1) / 2)


def two_images():
    """Two images of 2×2 pixels with errors (0.1, 0, 0.2, 0.4) and (0.5, 0, 0, 0)."""
    x = torch.tensor([[0.0, 0.5, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]).view(2, 1, 2, 2)
    recon = torch.tensor([[0.1, 0.5, 0.8, 0.6], [0.5, 0.0, 1.0, 1.0]]).view(2, 1, 2, 2)
    return recon, x


def test_mse_is_eq_1_times_the_pixels():
    """(0.01 + 0 + 0.04 + 0.16 + 0.25) / 2 images."""
    assert losses.reconstruction_loss(*two_images()).item() == near(0.46 / 2)


def test_bce_is_eq_2_times_the_pixels():
    recon, x = two_images()
    by_hand = -(math.log(0.9) + math.log(0.5) + math.log(0.8) + math.log(0.6))
    assert losses.reconstruction_loss(recon[:1], x[:1], kind="bce").item() == near(by_hand)
    by_hand += -math.log(0.5)
    assert losses.reconstruction_loss(recon, x, kind="bce").item() == near(by_hand / 2)


@pytest.mark.parametrize("B", [1000, 3.5])
def test_vae_loss_is_the_handouts(B):
    recon, x, mu, logvar = torch.rand(6, 1, 28, 28), torch.rand(6, 1, 28, 28), torch.randn(6, 2), torch.randn(6, 2)
    mse = ((recon - x) ** 2).mean() * 784
    kl = (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(axis=1)).mean()
    total, recon_part, kl_part = losses.vae_loss(recon, x, mu, logvar, B=B)
    close(torch.stack([total, recon_part, kl_part]), torch.stack([B * mse + kl, mse, kl]))


def test_default_B_is_1000():
    recon, x = two_images()
    total, recon_part, _ = losses.vae_loss(recon, x, torch.zeros(2, 2), torch.zeros(2, 2))
    assert total.item() == near(1000 * recon_part.item())


def test_B_is_the_precision_of_a_gaussian_decoder():
    """B · SSE differs from −log N(x; recon, σ²) by the constant D/2 log(2πσ²), σ² = 1/(2B)."""
    recon, x = torch.rand(1, 1, 28, 28), torch.rand(1, 1, 28, 28)
    B = 10
    sigma = math.sqrt(1 / (2 * B))
    constant = 784 / 2 * math.log(2 * math.pi * sigma**2)
    negative_log_likelihood = -Normal(recon, sigma).log_prob(x).sum()
    assert (B * losses.reconstruction_loss(recon, x) + constant).item() == pytest.approx(
        negative_log_likelihood.item(), rel=1e-4
    )


def losses_of_images():
    """Every loss that compares two images, as a function of (recon, x); logits go where it takes logits."""
    mu, logvar, z = torch.randn(2, 3), torch.randn(2, 3), torch.randn(2, 4, 3)
    return {
        "mse": losses.reconstruction_loss,
        "bce": partial(losses.reconstruction_loss, kind="bce"),
        "vae_loss": lambda recon, x: losses.vae_loss(recon, x, mu, logvar)[0],
        "bernoulli_vae_loss": lambda recon, x: losses.bernoulli_vae_loss(recon, x, mu, logvar)[0],
        "gaussian_nll": lambda recon, x: losses.gaussian_nll(recon, x, 0.3),
        "optimal_sigma": losses.optimal_sigma,
        "sigma_vae_loss": lambda recon, x: losses.sigma_vae_loss(recon, x, mu, logvar)[0],
        "vq_loss": lambda recon, x: losses.vq_loss(recon, x, z, z + 1)[0],
    }


@pytest.mark.parametrize("name", list(losses_of_images()))
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 1, 4, 5)])
def test_flat_images_are_images(name, shape):
    """(N, pixels) beside (N, C, H, W), either way round, also where the images lie in memory channel by channel."""
    loss = losses_of_images()[name]
    recon, x = torch.rand(shape, requires_grad=True), torch.rand(shape).contiguous(memory_format=torch.channels_last)
    expected = loss(recon, x)
    (gradient,) = torch.autograd.grad(expected, recon, retain_graph=True)
    for a, b in ((recon.flatten(1), x), (recon, x.flatten(1))):
        close(loss(a, b), expected)
        close(torch.autograd.grad(loss(a, b), recon)[0], gradient)


@pytest.mark.parametrize("name", list(losses_of_images()))
@pytest.mark.parametrize(
    "recon, x",
    [
        ((2, 5, 4, 3), (2, 3, 4, 5)),  # colours last: as many pixels, in another order
        ((2, 4, 5), (2, 1, 4, 5)),
        ((2, 19), (2, 1, 4, 5)),
        ((1, 20), (2, 1, 4, 5)),
        ((1, 40), (2, 1, 4, 5)),
        ((20,), (1, 1, 4, 5)),
        ((2, 1, 4, 5), (2, 3, 4, 5)),
    ],
)
def test_different_shapes_are_refused(name, recon, x):
    message = f"has shape {recon}, x has {x}. They must be equal, or one of them flat"
    with pytest.raises(ValueError, match=re.escape(message)):
        losses_of_images()[name](torch.rand(recon), torch.rand(x))


def test_mean_and_log_variance_must_fit():
    with pytest.raises(ValueError, match=r"mu has shape \(2, 3\), logvar has \(2, 1\)"):
        losses.kl_divergence(torch.zeros(2, 3), torch.zeros(2, 1))


@pytest.mark.parametrize("name", list(losses_of_images()))
@pytest.mark.parametrize("where", ["recon", "x", "both"])
def test_nan_is_a_loss_and_no_error(name, where):
    """So that fit can stop with the epoch and the batch; PyTorch's own functions raise errors of many kinds."""
    recon, x = torch.rand(2, 1, 4, 5), torch.rand(2, 1, 4, 5)
    for values in [recon, x] if where == "both" else [{"recon": recon, "x": x}[where]]:
        values[1, 0, 2, 2] = math.nan
    assert losses_of_images()[name](recon.requires_grad_(), x).isnan()


def test_log_weights_of_a_broken_encoder_are_nan():
    nan = torch.full((3, 2), math.nan)
    assert losses.log_weights(lambda z: z.sum(dim=1), nan, nan, k=2).isnan().all()


@pytest.mark.parametrize("low, high", [(-0.01, 1.0), (0.0, 1.01), (-1e-30, 1.0)])
@pytest.mark.parametrize("where", ["recon", "x"])
def test_bce_refuses_what_is_outside_0_and_1_on_either_side(low, high, where):
    inside, outside = torch.tensor([[0.0, 1.0]]), torch.tensor([[low, high]])
    recon, x = (outside, inside) if where == "recon" else (inside, outside)
    with pytest.raises(ValueError, match=rf"{where} has values from {low:.3g} to {high:.3g}, expected \[0, 1\]"):
        losses.reconstruction_loss(recon, x, kind="bce")


def test_bce_is_torchs_in_value_and_gradient_at_the_ends_too():
    recon = torch.cat([torch.rand(60), torch.tensor([0.0, 1.0, 0.0, 1.0])]).view(4, 16).requires_grad_()
    x = torch.cat([torch.rand(60), torch.tensor([0.0, 1.0, 1.0, 0.0])]).view(4, 16)
    ours, torchs = losses.reconstruction_loss(recon, x, "bce"), F.binary_cross_entropy(recon, x, reduction="sum") / 4
    close(ours, torchs)
    close(torch.autograd.grad(ours, recon), torch.autograd.grad(torchs, recon))


class OnAGpu:
    """What _may_look asks of a tensor."""

    device, is_meta = torch.device("cuda"), False


def test_a_gpu_is_asked_for_its_numbers_once_a_second(monkeypatch):
    """Reading a number makes it finish all work first, so not in each batch; but in the first one of a training."""
    clock = iter([100.0, 100.1, 100.9, 101.2, 101.3, 200.0])
    monkeypatch.setattr(losses.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(losses, "_last_look", -math.inf)
    seen = [losses._may_look(OnAGpu) for _ in range(6)]
    assert seen == [True, False, False, True, False, True]
    assert losses._may_look(torch.zeros(1)) and losses._may_look(torch.zeros(1))  # on the CPU always


@pytest.mark.parametrize("bad", [-0.5, 1.5, math.nan, math.inf])
def test_what_was_not_looked_at_gives_nan_and_leaves_the_weights_alone(monkeypatch, bad):
    """On a GPU PyTorch's own function would end the process there."""
    monkeypatch.setattr(losses, "_may_look", lambda values: False)
    recon, x = torch.tensor([[bad, 0.3]], requires_grad=True), torch.tensor([[0.0, 1.0]])
    loss = losses.reconstruction_loss(recon, x, kind="bce")
    assert loss.isnan()
    assert torch.autograd.grad(loss, recon)[0].tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("name", list(losses_of_images()))
def test_no_loss_reads_numbers_from_the_device(name):
    """On the device "meta" there are shapes and no numbers, so reading one is an error: it stands for a GPU, which each
    such question makes wait."""
    with torch.device("meta"):
        loss = losses_of_images()[name]  # its mu, logvar and z lie there, too
        total = loss(torch.rand(2, 1, 4, 5, requires_grad=True), torch.rand(2, 20))
        total.backward()
        assert total.is_meta and total.ndim == 0 and losses.kl_to_rho(torch.rand(2, 3)).is_meta


@pytest.mark.parametrize("kind", ["mse", "bce"])
def test_the_loss_compiles_without_a_break(kind):
    def loss(recon, x, mu, logvar):
        return losses.reconstruction_loss(recon, x, kind) + losses.kl_divergence(mu, logvar).mean()

    inputs = torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4), torch.randn(2, 2), torch.randn(2, 2)
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    close(compiled(*inputs), loss(*inputs))
    torch.compiler.reset()


def test_logits_are_refused_by_bce():
    with pytest.raises(ValueError, match=r"recon has values from -3 to 2.*torch.sigmoid"):
        losses.reconstruction_loss(torch.tensor([[-3.0, 2.0]]), torch.tensor([[0.0, 1.0]]), kind="bce")


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="got 'l1', expected 'mse' or 'bce'"):
        losses.reconstruction_loss(torch.zeros(1, 1), torch.zeros(1, 1), kind="l1")


@pytest.mark.parametrize("theta", [0.0, 1.0, -0.5])
def test_toy_elbo_touches_log_p_at_the_true_posterior_and_lies_below_it_elsewhere(theta):
    log_p = torch.distributions.Normal(theta, 2**0.5).log_prob(torch.tensor(1.0))
    best = losses.toy_elbo(torch.tensor((1 - theta) / 2), torch.tensor(0.5), theta)
    torch.testing.assert_close(best, log_p)
    m, v = torch.randn(50), torch.rand(50) + 0.1
    gap = torch.distributions.kl_divergence(
        torch.distributions.Normal(m, v.sqrt()), torch.distributions.Normal((1 - theta) / 2, 0.5**0.5)
    )
    torch.testing.assert_close(losses.toy_elbo(m, v, theta) + gap, log_p.expand(50))
