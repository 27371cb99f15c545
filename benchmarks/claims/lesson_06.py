"""What lesson 06 says beyond its own cells."""

import torch

from vae_helpers import metrics

from .judge import read
from .ledger import claim
from .networks import network, test_images

DRAWS, IMAGES = 100, 20  # draws of so many images


def kinds(digits: torch.Tensor) -> float:
    """How many kinds of digit a draw of IMAGES holds, the mean over the draws."""
    return sum(len(draw.unique()) for draw in digits.split(IMAGES)) / DRAWS


@claim(
    lesson="06",
    en="With B = 1000 the codes do not lie as N(0, I) does, with B = 10 they nearly do: KL of a Gaussian fitted to the codes "
    "against N(0, I), more than three times as large with B = 1000, every seed.",
    vi="Với B = 1000, các mã không phân bố như N(0, I), còn với B = 10 thì gần như thế: KL giữa phân phối Gauss khớp với các mã "
    "và N(0, I) khi B = 1000 lớn gấp hơn ba lần, ở mọi seed.",
    holds=lambda rows: all(row["B1000"] > 3 * row["B10"] for row in rows),
    quick=True,
)
def codes_off_the_prior(seed):
    """Codes mu of all test images."""
    x = test_images()
    with torch.no_grad():
        return {
            name: metrics.gaussian_kl(network(kind, seed).encode(x)[0])
            for name, kind in (("B1000", "vae-2d-b1000"), ("B10", "vae-2d"))
        }


@claim(
    lesson="06",
    en="Twenty images from the prior hold fewer kinds of digit with B = 1000 than with B = 10, and with B = 1000 fewer than "
    "twenty from a Gaussian fitted to the codes, every seed.",
    vi="Hai mươi ảnh sinh từ prior khi B = 1000 có ít loại chữ số hơn so với khi B = 10, và cũng ít hơn so với hai mươi ảnh sinh "
    "từ phân phối Gauss khớp với các mã khi B = 1000, ở mọi seed.",
    holds=lambda rows: all(row["B1000_prior"] < min(row["B10_prior"], row["B1000_fitted"]) for row in rows),
)
def prior_misses_digits(seed):
    """Kinds in 20 images, the mean over 100 draws; a picture is read as the digit of the nearest training image."""
    x, found = test_images(2000), {}
    with torch.no_grad():
        for name, kind in (("B1000", "vae-2d-b1000"), ("B10", "vae-2d")):
            net = network(kind, seed)
            mu = net.encode(x)[0]
            cloud = torch.distributions.MultivariateNormal(mu.mean(dim=0), mu.T.cov())
            found[f"{name}_prior"] = kinds(read(net.decode(torch.randn(DRAWS * IMAGES, 2))))
            found[f"{name}_fitted"] = kinds(read(net.decode(cloud.sample((DRAWS * IMAGES,)))))
    return found
