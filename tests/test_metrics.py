"""PSNR, sharpness, active units and spreads by hand, and the Fréchet distance where it is known: one dimension, shifted, rotated and equal samples."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from tests.models.support import near
from vae_helpers import losses, metrics


def test_psnr_by_hand():
    x = torch.zeros(3, 1, 2, 2)
    recon = torch.zeros(3, 1, 2, 2)
    recon[0], recon[1, 0, 0, 0] = 0.1, 0.2  # both have a mean squared error of 0.01
    assert metrics.psnr(recon, x).tolist() == near([20, 20, math.inf])


def test_psnr_rises_by_ten_when_the_error_is_a_tenth():
    x, noise = torch.rand(5, 1, 28, 28), torch.randn(5, 1, 28, 28)
    louder = metrics.psnr(x + noise, x)
    assert torch.allclose(metrics.psnr(x + noise / math.sqrt(10), x), louder + 10, atol=1e-3)


@pytest.mark.parametrize("figure", [metrics.psnr, metrics.image_errors])
@pytest.mark.parametrize("other", [(1, 1, 4, 4), (2, 4, 4), (2, 1, 1, 4), (2, 4), (1, 16), (4, 8)], ids=str)
def test_shapes_that_would_broadcast_or_do_not_fit_are_refused(figure, other):
    for a, b in (((2, 1, 4, 4), other), (other, (2, 1, 4, 4))):
        with pytest.raises(ValueError, match=rf"recon has shape {re.escape(str(a))}"):
            figure(torch.rand(a), torch.rand(b))


@pytest.mark.parametrize("figure", [metrics.psnr, metrics.image_errors])
def test_flat_images_are_judged_as_the_losses_judge_them(figure):
    """The handout's decoder may give (N, 784)."""
    recon, x = torch.rand(3, 2, 4, 5), torch.rand(3, 2, 4, 5)
    expected = figure(recon, x)
    for a, b in ((recon.flatten(1), x), (recon, x.flatten(1)), (recon.flatten(1), x.flatten(1))):
        assert torch.equal(figure(a, b), expected)


def test_frechet_distance_in_one_dimension():
    """There it is (m_a − m_b)² + (σ_a − σ_b)²."""
    a, b = torch.tensor([[0.0], [2.0], [4.0]]), torch.tensor([[1.0], [2.0], [6.0], [7.0]])
    expected = (2 - 4) ** 2 + (a.std() - b.std()) ** 2
    assert metrics.frechet_distance(a, b) == near(expected.item())


def test_frechet_distance_agrees_with_the_matrix_square_root():
    torch.manual_seed(0)
    a = torch.randn(200, 6) @ torch.randn(6, 6)
    b = torch.randn(100, 6) @ torch.randn(6, 6) + 1
    C_a, C_b = (np.cov(features.double().numpy().T) for features in (a, b))
    gap = (a.double().mean(0) - b.double().mean(0)).pow(2).sum().item()
    expected = gap + np.trace(C_a + C_b - 2 * sqrtm(C_a @ C_b)).real
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(b, a) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_a_sample_to_itself_and_to_itself_shifted():
    a = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert metrics.frechet_distance(a, a + 3) == near(4 * 9)


def test_frechet_distance_with_fewer_images_than_features():
    """The covariances are singular then; the trace of the root must still be a number."""
    a, b = torch.randn(2, 20, 30, generator=torch.Generator().manual_seed(0)).unbind()
    assert 0 < metrics.frechet_distance(a, b) < math.inf


def test_frechet_distance_of_equal_distributions_falls_with_the_size_of_the_sample():
    generator = torch.Generator().manual_seed(0)
    small, large = (metrics.frechet_distance(*torch.randn(2, n, 16, generator=generator)) for n in (100, 2000))
    assert small > 5 * large > 0


@pytest.mark.parametrize("shape", [(30,), (1, 5), (30, 4), (30, 1, 5)])
def test_frechet_distance_names_the_argument(shape):
    with pytest.raises(ValueError, match=r"a has shape"):
        metrics.frechet_distance(torch.rand(shape), torch.rand(30, 5))


class OnAppleGpu(torch.Tensor):
    """A tensor that refuses float64 until it is on the CPU, as those of Apple's GPU do."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is torch.Tensor.cpu:
            return args[0].as_subclass(torch.Tensor)
        if func is torch.Tensor.double:
            raise TypeError("MPS has no float64")
        return super().__torch_function__(func, types, args, kwargs or {})


def test_frechet_distance_takes_its_float64_to_the_cpu():
    a, b = torch.randn(30, 4), torch.randn(40, 4)
    on_gpu = [features.as_subclass(OnAppleGpu) for features in (a, b)]
    assert metrics.frechet_distance(*on_gpu) == near(metrics.frechet_distance(a, b))


# ----------------------------------------------------------------------------------------- the Gaussian of the codes


def test_gaussian_kl_is_that_of_torch():
    torch.manual_seed(0)
    codes = torch.randn(500, 3) @ torch.tensor([[2.0, 0, 0], [1, 0.5, 0], [0, 0, 1]]) + torch.tensor([1.0, -2, 0])
    wide = codes.double()
    fitted = torch.distributions.MultivariateNormal(wide.mean(dim=0), wide.T.cov(correction=0))
    prior = torch.distributions.MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    assert metrics.gaussian_kl(codes) == pytest.approx(torch.distributions.kl_divergence(fitted, prior).item())


def test_gaussian_kl_of_worked_numbers():
    """Mean 3 and variance 1: 3²/2. Mean 0 and variance 4: (4 − 1 − log 4)/2."""
    assert metrics.gaussian_kl(torch.tensor([[2.0], [4.0]])) == pytest.approx(4.5)
    assert metrics.gaussian_kl(torch.tensor([[2.0], [-2.0]])) == pytest.approx(1.5 - math.log(2))


def test_gaussian_kl_of_the_prior_itself_is_as_small_as_the_docstring_says():
    torch.manual_seed(0)
    d, N = 4, 1000
    values = [metrics.gaussian_kl(torch.randn(N, d)) for _ in range(50)]
    assert sum(values) / 50 == pytest.approx(d * (d + 3) / (4 * N), rel=0.2)


@pytest.mark.parametrize(
    "codes, words",
    [
        (torch.zeros(5), "shape"),
        (torch.randn(2, 2), "more rows"),
        (torch.full((5, 1), float("nan")), "NaN"),
        (torch.cat([torch.randn(5, 1), torch.zeros(5, 1)], dim=1), "no spread"),
    ],
)
def test_gaussian_kl_refuses(codes, words):
    with pytest.raises(ValueError, match=words):
        metrics.gaussian_kl(codes)


def test_gaussian_kl_leaves_no_gradient_and_no_change():
    codes = torch.randn(10, 2, requires_grad=True)
    before = codes.detach().clone()
    assert isinstance(metrics.gaussian_kl(codes), float) and torch.equal(codes, before)


def test_image_errors_by_hand():
    x, recon = torch.zeros(2, 3, 2, 2), torch.zeros(2, 3, 2, 2)
    recon[0, 1, 0, 0], recon[0, 2, 1, 1], recon[1] = 0.5, -1, 0.1
    assert metrics.image_errors(recon, x).tolist() == near([1.25, 0.12])


def test_the_kls_of_the_dimensions_add_up_to_that_of_z():
    mu, logvar = torch.randn(50, 4), torch.randn(50, 4)
    parts = metrics.kl_per_dimension(mu, logvar)
    assert parts.shape == (4,) and parts.sum().item() == near(losses.kl_divergence(mu, logvar).mean().item())
    assert metrics.kl_per_dimension(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2)).tolist() == near([0, 2])


def test_kl_per_dimension_refuses_unequal_shapes():
    with pytest.raises(ValueError, match=r"mu has shape \(5, 2\), logvar has \(5, 3\)"):
        metrics.kl_per_dimension(torch.zeros(5, 2), torch.zeros(5, 3))


def test_active_units_counts_the_dimensions_that_vary():
    mu = torch.zeros(1000, 4)
    mu[::2, 0], mu[::2, 1], mu[:, 2] = 1.0, 0.19, 5.0  # variances ¼, 0.009, 0, 0
    assert metrics.active_units(mu) == 1 and metrics.active_units(mu, threshold=0.001) == 2
    with pytest.raises(ValueError, match=r"got shape \(1000,\)"):
        metrics.active_units(mu[:, 0])


def test_sharpness_of_one_bright_pixel_by_hand():
    """Of the nine places the kernel takes in a 5×5 image, one sees −4 and four see 1: (16 + 4)/9; half as bright, a quarter."""
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    assert metrics.sharpness(x, x) == near(1)
    assert metrics.sharpness(0.5 * x, x) == near(0.25)
    assert metrics.sharpness(x + 0.3, x) == near(1)  # an even veil has no detail
    slope = torch.arange(5.0).expand(1, 1, 5, 5)
    assert metrics.sharpness(slope, x) == near(0)


def test_sharpness_means_over_channels_and_any_number_of_images():
    x = torch.rand(6, 3, 9, 7)
    assert metrics.sharpness(x[:2].repeat(3, 1, 1, 1), x[:2]) == near(1)
    blurred = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
    assert metrics.sharpness(blurred, x) < 0.2


@pytest.mark.parametrize(
    "images, reference, message",
    [
        (torch.rand(2, 784), torch.rand(2, 1, 28, 28), r"images has shape \(2, 784\)"),
        (torch.rand(2, 3, 8, 8), torch.rand(2, 1, 8, 8), "images has shape"),
        (torch.rand(0, 1, 8, 8), torch.rand(2, 1, 8, 8), "images has shape"),
        (torch.rand(2, 1, 8, 8), torch.zeros(2, 1, 8, 8), "all flat"),
    ],
)
def test_sharpness_refuses_what_it_cannot_measure(images, reference, message):
    with pytest.raises(ValueError, match=message):
        metrics.sharpness(images, reference)


def test_spread_is_mean_and_sample_deviation(language):
    mark = {"vi": ",", "en": "."}[language]
    assert metrics.spread([1, 2, 3]) == f"2{mark}0 ± 1{mark}0"
    assert metrics.spread(torch.tensor([0.5, 0.7]), digits=2) == f"0{mark}60 ± 0{mark}14"
    with pytest.raises(ValueError, match="got 1 value"):
        metrics.spread([4.0])


def test_coverage_by_hand():
    real = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # with k = 1 they reach 1, 1, 2 and 7 far
    assert metrics.coverage(torch.tensor([[0.5]]), real, k=1) == 0.5
    assert metrics.coverage(torch.tensor([[4.0]]), real, k=1) == 0.5
    assert metrics.coverage(torch.tensor([[0.5], [4.9]]), real, k=1) == 1.0
    assert metrics.coverage(torch.tensor([[100.0]]), real, k=2) == 0.0


def test_coverage_of_a_second_sample_and_of_half_the_kinds():
    torch.manual_seed(0)
    kinds = 20 * torch.eye(4, 8)
    real, again = (kinds.repeat(250, 1) + torch.randn(1000, 8) for _ in range(2))
    assert abs(metrics.coverage(again, real) - (1 - 2**-5)) < 0.02
    half = kinds[:2].repeat(500, 1) + torch.randn(1000, 8)
    assert abs(metrics.coverage(half, real) - 0.5) < 0.03


@pytest.mark.parametrize(
    "drawn, real, k", [(torch.rand(3, 2), torch.rand(9, 3), 5), (torch.rand(3, 2), torch.rand(5, 2), 5)]
)
def test_coverage_refuses_other_shapes(drawn, real, k):
    with pytest.raises(ValueError, match="coverage"):
        metrics.coverage(drawn, real, k)
