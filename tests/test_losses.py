"""The losses against torch.distributions and against numbers worked out by hand."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_helpers import losses, models


def test_kl_equals_torch_distributions():
    mu, logvar = torch.randn(20, 5), torch.randn(20, 5)
    expected = kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(losses.kl_divergence(mu, logvar), expected)


def test_kl_of_the_worked_numbers():
    """μ = (1, 0), log σ² = 0: ½. μ = 0, log σ² = ln 4 (σ = 2): −½(1 + ln 4 − 4)."""
    kl = losses.kl_divergence(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [math.log(4), 0.0]]))
    assert kl.tolist() == pytest.approx([0.5, -0.5 * (1 + math.log(4) - 4)])


def test_kl_gradient():
    """d/dμ = μ and d/dlogvar = (σ² − 1)/2."""
    mu, logvar = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    losses.kl_divergence(mu, logvar).sum().backward()
    torch.testing.assert_close(mu.grad, mu.detach())
    torch.testing.assert_close(logvar.grad, (logvar.detach().exp() - 1) / 2)


def two_images():
    """Two images of 2×2 pixels with errors (0.1, 0, 0.2, 0.4) and (0.5, 0, 0, 0)."""
    x = torch.tensor([[0.0, 0.5, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]).view(2, 1, 2, 2)
    recon = torch.tensor([[0.1, 0.5, 0.8, 0.6], [0.5, 0.0, 1.0, 1.0]]).view(2, 1, 2, 2)
    return recon, x


def test_mse_is_eq_1_times_the_pixels():
    """(0.01 + 0 + 0.04 + 0.16 + 0.25) / 2 images."""
    assert losses.reconstruction_loss(*two_images()).item() == pytest.approx(0.46 / 2)


def test_bce_is_eq_2_times_the_pixels():
    recon, x = two_images()
    by_hand = -(math.log(0.9) + math.log(0.5) + math.log(0.8) + math.log(0.6))
    assert losses.reconstruction_loss(recon[:1], x[:1], kind="bce").item() == pytest.approx(by_hand)
    by_hand += -math.log(0.5)
    assert losses.reconstruction_loss(recon, x, kind="bce").item() == pytest.approx(by_hand / 2)


@pytest.mark.parametrize("B", [1000, 3.5])
def test_vae_loss_is_the_handouts(B):
    recon, x, mu, logvar = torch.rand(6, 1, 28, 28), torch.rand(6, 1, 28, 28), torch.randn(6, 2), torch.randn(6, 2)
    mse = ((recon - x) ** 2).mean() * 784
    kl = (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(axis=1)).mean()
    total, recon_part, kl_part = losses.vae_loss(recon, x, mu, logvar, B=B)
    torch.testing.assert_close(torch.stack([total, recon_part, kl_part]), torch.stack([B * mse + kl, mse, kl]))


def test_default_B_is_1000():
    recon, x = two_images()
    total, recon_part, _ = losses.vae_loss(recon, x, torch.zeros(2, 2), torch.zeros(2, 2))
    assert total.item() == pytest.approx(1000 * recon_part.item())


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


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"recon has shape \(2, 784\), x has \(2, 1, 28, 28\)"):
        losses.reconstruction_loss(torch.zeros(2, 784), torch.zeros(2, 1, 28, 28))
    with pytest.raises(ValueError, match=r"mu has shape \(2, 3\), logvar has \(2, 1\)"):
        losses.kl_divergence(torch.zeros(2, 3), torch.zeros(2, 1))


def test_logits_are_refused_by_bce():
    with pytest.raises(ValueError, match=r"recon has values from -3 to 2.*torch.sigmoid"):
        losses.reconstruction_loss(torch.tensor([[-3.0, 2.0]]), torch.tensor([[0.0, 1.0]]), kind="bce")


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="got 'l1', expected 'mse' or 'bce'"):
        losses.reconstruction_loss(torch.zeros(1, 1), torch.zeros(1, 1), kind="l1")


def test_l1_by_hand():
    """(1 + 2 + 0) and (0.5 + 0 + 0), averaged over the two codes."""
    assert losses.l1_penalty(torch.tensor([[1.0, -2.0, 0.0], [0.5, 0.0, 0.0]])).item() == pytest.approx(3.5 / 2)


def test_kl_to_rho_by_hand_and_by_torch():
    """ρ = 0.05 against ρ̂ = 0.5: 0.05 ln 0.1 + 0.95 ln 1.9; the second unit has ρ̂ = ρ."""
    z = torch.tensor([[0.2, 0.05], [0.8, 0.05]])
    assert losses.kl_to_rho(z, 0.05).item() == pytest.approx(0.05 * math.log(0.1) + 0.95 * math.log(1.9))
    z = torch.rand(30, 7)
    expected = kl_divergence(Bernoulli(torch.tensor(0.1)), Bernoulli(z.mean(dim=0))).sum()
    torch.testing.assert_close(losses.kl_to_rho(z, 0.1), expected)


@pytest.mark.parametrize("rho", [0, 1, -0.1, 5])
def test_rho_must_be_a_share(rho):
    with pytest.raises(ValueError, match=f"got {rho}, expected a share"):
        losses.kl_to_rho(torch.rand(4, 3), rho)


def test_kl_to_rho_refuses_codes_that_are_no_sigmoids():
    with pytest.raises(ValueError, match=r"from -1 to 3, expected \[0, 1\].*l1_penalty"):
        losses.kl_to_rho(torch.tensor([[-1.0], [3.0]]))


def test_contractive_penalty_of_a_linear_encoder_is_its_matrix():
    """z = A x: ‖J‖²_F = Σ A², for every image."""
    A = torch.randn(3, 12)
    penalty = losses.contractive_penalty(lambda x: x.flatten(1) @ A.T, torch.rand(5, 1, 3, 4))
    torch.testing.assert_close(penalty, A.pow(2).sum())


def test_both_contractive_penalties_agree_in_value_and_gradient():
    """The Jacobian of jacrev against the closed form, on the lesson's encoder; and both reach the weights."""
    torch.manual_seed(0)
    model, x = models.TiedAutoencoder(6, torch.sigmoid), torch.rand(4, 1, 28, 28)
    whole = losses.contractive_penalty(model.encode, x)
    closed = losses.sigmoid_contractive_penalty(model.encode(x), model.weight)
    torch.testing.assert_close(whole, closed)
    for a, b in zip(*(torch.autograd.grad(p, (model.weight, model.code_bias)) for p in (whole, closed)), strict=True):
        torch.testing.assert_close(a, b)
        assert a.abs().max() > 0


def test_contractive_penalty_predicts_how_far_noise_moves_the_code():
    """E‖z(x + δ) − z(x)‖² = σ² ‖J‖²_F for small δ ~ N(0, σ² I), for an encoder of several layers."""
    torch.manual_seed(0)
    model, x = models.MLPAutoencoder(4), torch.rand(1, 1, 28, 28)
    with torch.no_grad():
        moved = model.encode(x + 1e-3 * torch.randn(4000, 1, 28, 28)) - model.encode(x)
        penalty = losses.contractive_penalty(model.encode, x)
    assert moved.pow(2).sum(dim=1).mean().item() / 1e-6 == pytest.approx(penalty.item(), rel=0.1)


def test_weight_with_wrong_rows_is_named():
    with pytest.raises(ValueError, match=r"z has 3 units, weight has shape \(9, 3\)"):
        losses.sigmoid_contractive_penalty(torch.rand(2, 3), torch.rand(9, 3))
