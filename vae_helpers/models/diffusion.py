"""A small latent diffusion model: a network that finds the noise in a code, told the time and the label."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._sizes import whole


def q_sample(z_0: Tensor, theta: Tensor, epsilon: Tensor) -> Tensor:
    """z_t = cos θ · z_0 + sin θ · ε: a code on its way to noise, at θ = 0 itself, at 90° noise alone.

    z_0, epsilon: (N, …) of one shape; theta: (N,), an angle in radians for each code. Returns the shape of z_0.
    Lesson 14: 4 · Diffusion
    """
    theta = theta.view(-1, *[1] * (z_0.ndim - 1))
    return theta.cos() * z_0 + theta.sin() * epsilon


def epsilon_loss(network: Callable, z_0: Tensor, theta: Tensor, epsilon: Tensor) -> Tensor:
    """What a diffusion model is trained by: the mean over all numbers of (network(z_t, theta) − ε)², with z_t from q_sample.

    J. Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, eq. 14. Arguments as in q_sample. Returns a scalar:
    a network that always says 0 has 1.
    Lesson 14: 4 · Diffusion
    """
    return F.mse_loss(network(q_sample(z_0, theta, epsilon), theta), epsilon)


class Block(nn.Module):
    """Two convolutions beside the input itself; what is known of time and label is added between them."""

    def __init__(self, inputs: int, outputs: int, told: int):
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(8, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.second = nn.Sequential(nn.GroupNorm(8, outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.told = nn.Linear(told, outputs)
        self.past = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """(N, inputs, H, W), (N, told) → (N, outputs, H, W)."""
        new = self.first(h) + self.told(told)[:, :, None, None]
        return self.past(h) + self.second(new)


END = math.radians(
    86
)  # cos = 0.07: as little as Stable Diffusion leaves of a code at its last step, √Π(1 − β_t) = 0.068 with
# the 1,000 β_t that its configs/stable-diffusion/v1-inference.yaml gives: √β_t rises evenly from √0.00085 to √0.012


class LatentDiffusion(nn.Module):
    """ε_θ(z_t, θ, y): finds the noise that was mixed into a code; from noise alone it draws new codes, step by step.

    J. Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, on the codes of a SpatialVAE, as in R. Rombach et
    al., CVPR 2022. The time is the angle θ of q_sample, from 0 to 86°: the cosine schedule of A. Nichol & P. Dhariwal, 2021.
    z_0 is the code times `scale`, one over the standard deviation of all codes.
    maps, side: the code's shape, (maps, side, side); width: channels of the U-Net at full size, a multiple of 8, twice as
    many at half size; classes: labels 0 … classes − 1, and y = classes stands for "no label".
    forward(x, y) is for training, with fit: x are codes of images, y their labels.
    Lesson 14: 4 · Diffusion
    """

    def __init__(self, maps: int = 4, side: int = 7, width: int = 40, classes: int = 10):
        super().__init__()
        maps, side, width, self.classes = whole(self, maps=maps, side=side, width=width, classes=classes)
        self.latent_shape, told = (maps, side, side), 2 * width
        self.register_buffer("scale", torch.ones(()))
        self.time, self.label = nn.Linear(32, told), nn.Embedding(classes + 1, told)
        self.enter = nn.Conv2d(maps, width, 3, padding=1)
        self.before = Block(width, width, told)
        self.down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(Block(2 * width, 2 * width, told) for _ in range(3))
        self.up = nn.Conv2d(2 * width, width, 3, padding=1)
        self.after = Block(2 * width, width, told)
        self.leave = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, maps, 3, padding=1))

    def told(self, theta: Tensor, y: Tensor) -> Tensor:
        """theta, y (N,) → (N, 2 · width), what the blocks are told: waves of θ through a layer, and a vector for each label."""
        waves = theta[:, None] * torch.arange(1, 17, device=theta.device)
        return F.silu(self.time(torch.cat([waves.sin(), waves.cos()], dim=1)) + self.label(y))

    def noise(self, z_t: Tensor, theta: Tensor, y: Tensor) -> Tensor:
        """The network: z_t (N, maps, side, side), theta (N,) in radians, y (N,) of 0 … classes → its guess of ε, as z_t."""
        told = self.told(theta, y)
        full = self.before(self.enter(z_t), told)
        half = self.down(full)
        for block in self.middle:
            half = block(half, told)
        back = self.up(F.interpolate(half, size=full.shape[2:]))
        return self.leave(self.after(torch.cat([full, back], dim=1), told))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (N, maps, side, side), labels (N,) → the guess of ε and ε itself, at an angle drawn for each code.

        In train mode one label in ten is withheld, so that one network learns ε with a label and without (J. Ho &
        T. Salimans, "Classifier-Free Diffusion Guidance", 2022).
        """
        theta, epsilon = END * torch.rand(y.shape, device=x.device), torch.randn_like(x)
        if self.training:
            y = torch.where(torch.rand(y.shape, device=x.device) < 0.1, self.classes, y)
        return self.noise(q_sample(self.scale * x, theta, epsilon), theta, y), epsilon

    @staticmethod
    def towards(without: Tensor, labelled: Tensor, w: float) -> Tensor:
        """w times the way from the guess without a label to the one with it: 0 ignores the label, 1 is the guess with it."""
        return without + w * (labelled - without)

    @torch.no_grad()
    def sample(self, y: Tensor, steps: int = 25, w: float = 2.0, z: Tensor | None = None) -> Tensor:
        """Labels (N,) → new codes (N, maps, side, side), for the VAE's decode; `classes` as label: whatever comes.

        Each of the steps guesses ε, works out z_0 from it, and mixes both again for a smaller angle: DDIM of J. Song et al.,
        ICLR 2021, which draws nothing but the first noise z, (N, maps, side, side), if it is not given. w: see towards.
        """
        z = torch.randn(len(y), *self.latent_shape, device=y.device) if z is None else z
        angles = torch.linspace(END, 0, steps + 1, device=y.device)[:, None].expand(-1, len(y))
        for theta, smaller in zip(angles[:-1], angles[1:], strict=True):
            without = self.noise(z, theta, torch.full_like(y, self.classes))
            epsilon = self.towards(without, self.noise(z, theta, y), w)
            z_0 = (z - theta[0].sin() * epsilon) / theta[0].cos()
            z = q_sample(z_0, smaller, epsilon)
        return z / self.scale
