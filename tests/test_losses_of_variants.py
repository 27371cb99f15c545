"""The losses of the variants, against torch.distributions and against numbers worked out by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Normal, kl_divergence

from tests.models.support import close, near
from vae_helpers import losses, models


def test_l1_by_hand():
    """(1 + 2 + 0) and (0.5 + 0 + 0), averaged over the two codes."""
    assert losses.l1_penalty(torch.tensor([[1.0, -2.0, 0.0], [0.5, 0.0, 0.0]])).item() == near(3.5 / 2)


def test_kl_to_rho_by_hand_and_by_torch():
    """ρ = 0.05 against ρ̂ = 0.5: 0.05 ln 0.1 + 0.95 ln 1.9; the second unit has ρ̂ = ρ."""
    z = torch.tensor([[0.2, 0.05], [0.8, 0.05]])
    assert losses.kl_to_rho(z, 0.05).item() == near(0.05 * math.log(0.1) + 0.95 * math.log(1.9))
    z = torch.rand(30, 7)
    expected = kl_divergence(Bernoulli(torch.tensor(0.1)), Bernoulli(z.mean(dim=0))).sum()
    close(losses.kl_to_rho(z, 0.1), expected)


@pytest.mark.parametrize("rho", [0, 1, -0.1, 5])
def test_rho_must_be_a_share(rho):
    with pytest.raises(ValueError, match=f"got {rho}, expected a share"):
        losses.kl_to_rho(torch.rand(4, 3), rho)


def test_kl_to_rho_refuses_codes_that_are_no_sigmoids():
    with pytest.raises(ValueError, match=r"from -1 to 3, expected \[0, 1\].*l1_penalty"):
        losses.kl_to_rho(torch.tensor([[-1.0], [3.0]]))


def test_kl_to_rho_of_units_that_are_never_or_always_on_is_finite():
    """A sigmoid reaches exactly 0 and 1 in float32. The penalty is still large, and the other units learn on."""
    z = torch.tensor([[0.0, 1.0, 0.3], [0.0, 1.0, 0.5]], requires_grad=True)
    penalty = losses.kl_to_rho(z, 0.05)
    tiny = torch.finfo(torch.float32).eps
    shares = torch.tensor([tiny, 1 - tiny, 0.4])
    close(penalty, kl_divergence(Bernoulli(torch.tensor(0.05)), Bernoulli(shares)).sum())
    assert penalty > losses.kl_to_rho(torch.tensor([[0.01, 0.99, 0.4]]), 0.05)
    (gradient,) = torch.autograd.grad(penalty, z)
    assert gradient.isfinite().all() and (gradient[:, 2] > 0).all()


def test_contractive_penalty_of_a_linear_encoder_is_its_matrix():
    """z = A x: ‖J‖²_F = Σ A², for every image."""
    A = torch.randn(3, 12)
    penalty = losses.contractive_penalty(lambda x: x.flatten(1) @ A.T, torch.rand(5, 1, 3, 4))
    close(penalty, A.pow(2).sum())


def test_both_contractive_penalties_agree_in_value_and_gradient():
    """The Jacobian of jacrev against the closed form, on the lesson's encoder; and both reach the weights."""
    torch.manual_seed(0)
    model, x = models.TiedAutoencoder(6, torch.sigmoid), torch.rand(4, 1, 28, 28)
    whole = losses.contractive_penalty(model.encode, x)
    closed = losses.sigmoid_contractive_penalty(model.encode(x), model.weight)
    close(whole, closed)
    for a, b in zip(*(torch.autograd.grad(p, (model.weight, model.code_bias)) for p in (whole, closed)), strict=True):
        close(a, b)
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


def test_bernoulli_loss_is_the_negative_elbo_of_a_bernoulli_decoder():
    """Against torch.distributions, with beta on the KL alone."""
    x, logits = torch.bernoulli(torch.full((3, 1, 4, 4), 0.4)), torch.randn(3, 1, 4, 4)
    mu, logvar = torch.randn(3, 2), torch.randn(3, 2)
    total, recon, kl = losses.bernoulli_vae_loss(logits, x, mu, logvar, beta=4)
    close(recon, -Bernoulli(logits=logits).log_prob(x).sum() / 3)
    close(kl, losses.kl_divergence(mu, logvar).mean())
    close(total, recon + 4 * kl)


@pytest.mark.parametrize("sigma", [0.1, torch.rand(2, 1, 4, 4) + 0.05], ids=["one", "per pixel"])
def test_gaussian_nll_is_torchs(sigma):
    recon, x = torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    expected = F.gaussian_nll_loss(recon, x, torch.as_tensor(sigma).pow(2).expand_as(x), full=True, reduction="sum") / 2
    close(losses.gaussian_nll(recon, x, sigma), expected)


@pytest.mark.parametrize("sigma", [0, -0.1, torch.tensor(0.0), torch.tensor([[0.1, 0.0]])])
def test_gaussian_nll_refuses_a_sigma_of_zero(sigma):
    with pytest.raises(ValueError, match=r"gaussian_nll\(sigma\): got (0|-0.1), expected a standard deviation above 0"):
        losses.gaussian_nll(torch.rand(1, 2), torch.rand(1, 2), sigma)


def test_sigma_vae_loss_of_a_perfect_reconstruction_is_finite():
    """σ has its floor of 0.001 then: 20 pixels of log N(0; 0, 0.001²) each, and nothing to learn."""
    x = torch.rand(2, 1, 4, 5)
    recon = x.clone().requires_grad_()
    total, recon_part, kl = losses.sigma_vae_loss(recon, x, torch.zeros(2, 3), torch.zeros(2, 3))
    assert (total.item(), recon_part.item(), kl.item()) == near(
        (20 * (math.log(1e-3) + 0.5 * math.log(2 * math.pi)), 0, 0)
    )
    assert torch.autograd.grad(total, recon)[0].abs().max() == 0
    assert losses.optimal_sigma(recon, x) == 0


def test_optimal_sigma_is_the_minimum_of_the_nll():
    recon, x = torch.rand(5, 1, 4, 4), torch.rand(5, 1, 4, 4)
    best = losses.optimal_sigma(recon, x)
    sigma = best.clone().requires_grad_()
    (slope,) = torch.autograd.grad(losses.gaussian_nll(recon, x, sigma), sigma)
    assert abs(slope) < 1e-2  # of a sum of terms of about 40
    at_best = losses.gaussian_nll(recon, x, best)
    assert all(losses.gaussian_nll(recon, x, factor * best) > at_best for factor in (0.8, 0.95, 1.05, 1.2))


def test_sigma_vae_loss_has_the_gradient_of_the_B_that_its_sigma_means():
    """The best σ moves with recon, but the NLL does not change with it there, so σ may be taken for a constant."""
    x, mu, logvar = torch.rand(4, 1, 3, 3), torch.randn(4, 2), torch.randn(4, 2)
    recon = torch.rand(4, 1, 3, 3, requires_grad=True)
    B = (1 / (2 * losses.optimal_sigma(recon, x) ** 2)).item()
    (ours,) = torch.autograd.grad(losses.sigma_vae_loss(recon, x, mu, logvar)[0], recon)
    (fixed,) = torch.autograd.grad(losses.vae_loss(recon, x, mu, logvar, B=B)[0], recon)
    close(ours, fixed)


def test_free_bits_by_hand():
    """KLs of 0.1, 2.0 and 0.3 nats with a floor of 0.5: 0.5 + 2.0 + 0.5; σ = 1, so KL = μ²/2."""
    mu = torch.tensor([[0.2, 4.0, 0.6]]).sqrt()
    assert losses.free_bits(mu, torch.zeros(1, 3), 0.5).item() == near(3.0)
    assert losses.free_bits(mu, torch.zeros(1, 3), 0.0).item() == near(2.4)


def test_free_bits_have_their_floor_under_the_mean_of_the_batch():
    """Two images with KLs of 0.2 and 1.4 nats: their mean is 0.8, above a floor of 0.5, so nothing is added; were the
    floor under each image, it would be (0.5 + 1.4) / 2. And a dimension below it counts once, not once for each image."""
    mu = torch.tensor([[0.4, 0.2], [2.8, 0.6]]).sqrt()  # KL = μ²/2
    assert losses.free_bits(mu, torch.zeros(2, 2), 0.5).item() == near(0.8 + 0.5)


def test_free_bits_leave_dimensions_below_the_floor_alone():
    mu = torch.tensor([[0.1, 3.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(losses.free_bits(mu, torch.zeros(1, 2), 0.5), mu)
    assert gradient.tolist() == [[0.0, 3.0]]


def linear_gaussian(n=3, d=2):
    """z ~ N(0, I), x|z ~ N(A z, 0.5² I) in 4 dimensions: log p(x) and the true posterior are known."""
    A, x = torch.randn(4, d), torch.randn(n, 4)
    evidence = torch.distributions.MultivariateNormal(torch.zeros(4), A @ A.T + 0.25 * torch.eye(4)).log_prob(x)
    precision = torch.eye(d) + A.T @ A / 0.25
    mean = x @ A @ torch.linalg.inv(precision) / 0.25
    return lambda z: Normal(z @ A.T, 0.5).log_prob(x).sum(dim=1), evidence, mean, precision


def test_weights_are_the_evidence_when_q_is_the_posterior():
    """In one dimension the posterior is a q that the encoder can give; then every weight is p(x)."""
    log_likelihood, evidence, mean, precision = linear_gaussian(d=1)
    logvar = -precision.log().expand(3, 1)
    log_w = losses.log_weights(log_likelihood, mean, logvar, k=5)
    close(log_w, evidence.expand(5, 3), atol=1e-3)


def test_importance_weighted_bound_rises_from_the_elbo_to_the_evidence():
    torch.manual_seed(0)
    log_likelihood, evidence, mean, precision = linear_gaussian()
    mu, logvar = mean + 0.2, (1.5 / precision.diagonal()).log().expand(3, 2)  # an encoder that is a little off
    log_w = losses.log_weights(log_likelihood, mu, logvar, k=20_000)
    q, prior = Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros(2), torch.ones(2))
    z = q.sample((20_000,))
    elbo = torch.stack([log_likelihood(one) for one in z]).mean(0) - kl_divergence(q, prior).sum(1)
    close(log_w.mean(dim=0), elbo, atol=0.1, rtol=0)
    bounds = [  # means over many groups of k samples
        torch.stack([losses.iw_log_likelihood(group) for group in log_w.split(k)]).mean(0) for k in (1, 4, 20, 100)
    ]
    assert all((later > earlier).all() for earlier, later in zip(bounds, bounds[1:], strict=False))
    assert (bounds[-1] < evidence + 0.02).all()  # 200 groups: the mean is known to about 0.01
    close(losses.iw_log_likelihood(log_w), evidence, atol=0.05, rtol=0)


def test_iw_log_likelihood_survives_tiny_weights():
    """exp(−1000) is 0 in any float; the log of the mean of e^−1000 and e^−1001 is not."""
    expected = -1000 + math.log((1 + math.exp(-1)) / 2)
    assert losses.iw_log_likelihood(torch.tensor([[-1000.0], [-1001.0]])).item() == near(expected)


def test_vq_loss_by_hand_and_where_its_gradients_go():
    """One letter, z_e = (1, 2), z_q = (0, 0): squared distance 5. The codebook's term pulls z_q, the commitment z_e."""
    logits, x = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    z_e, z_q = torch.tensor([[[1.0, 2.0]]], requires_grad=True), torch.zeros(1, 1, 2, requires_grad=True)
    total, recon, distance = losses.vq_loss(logits, x, z_e, z_q, commitment=0.25)
    assert (total.item(), recon.item(), distance.item()) == near((4 * math.log(2) + 6.25, 4 * math.log(2), 5))
    to_z_e, to_z_q = torch.autograd.grad(total, (z_e, z_q))
    assert to_z_e.tolist() == [[[0.5, 1.0]]] and to_z_q.tolist() == [[[-2.0, -4.0]]]


def test_self_consistency_is_the_kl_to_the_transition_kernel():
    z, mu, logvar = torch.randn(6, 3), torch.randn(6, 3), torch.randn(6, 3)
    kernel = Normal(0.9 * z, math.sqrt(1 - 0.9**2))
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), kernel).sum(dim=1)
    close(losses.self_consistency(z, mu, logvar, rho=0.9), expected)
    with pytest.raises(ValueError, match="got 1, expected a correlation"):
        losses.self_consistency(z, mu, logvar, rho=1)


def test_avae_loss_is_the_vaes_plus_self_consistency():
    logits, x = torch.randn(5, 1, 4, 4), torch.rand(5, 1, 4, 4)
    mu, logvar, z, mu_again, logvar_again = (torch.randn(5, 3) for _ in range(5))
    total, recon, kl = losses.avae_loss(logits, x, mu, logvar, z, mu_again, logvar_again, rho=0.8)
    expected = recon + kl + losses.self_consistency(z, mu_again, logvar_again, 0.8).mean()
    close(total, expected)
    close((recon, kl), losses.bernoulli_vae_loss(logits, x, mu, logvar)[1:])
