"""Coloured shapes on black, drawn from known factors: distances to their outlines, so that edges are smooth."""

import math

import torch
from torch import Tensor

SHAPES = ("ellipse", "triangle", "heart")
RANGES = {  # factor → lowest and highest value; each is drawn uniformly, on its own
    "hue": (0, 2 / 3),  # of HSV: 0 red, 1/3 green, 2/3 blue
    "size": (0.18, 0.36),  # radius of the circle around the shape, in image sides
    "angle": (-45, 45),  # degrees; no shape looks the same at two of these
    "x": (0.36, 0.64),  # centre, in image sides from the left
    "y": (0.36, 0.64),  # and from the top
}


def draw_factors(n: int, seed: int) -> dict[str, Tensor]:
    """{"shape": 0, 1 or 2, "hue": …, …}, each float32 (n,)."""
    generator = torch.Generator().manual_seed(seed)
    factors = {"shape": torch.randint(len(SHAPES), (n,), generator=generator).float()}
    return factors | {
        name: low + (high - low) * torch.rand(n, generator=generator) for name, (low, high) in RANGES.items()
    }


def draw(factors: dict[str, Tensor], size: int) -> Tensor:
    """Images (n, 3, size, size) of factors (n,) each. A pixel's cover is 1/2 less its distance to the outline in pixels."""
    place = (torch.arange(size) + 0.5) / size
    x, y = (place.expand(size, size)[None] for _ in "xy")
    x, y = x - factors["x"][:, None, None], y.mT - factors["y"][:, None, None]
    turn = torch.deg2rad(factors["angle"])[:, None, None]
    radius = factors["size"][:, None, None]
    u, v = (x * turn.cos() + y * turn.sin()) / radius, (y * turn.cos() - x * turn.sin()) / radius
    distance = torch.empty_like(u)
    for number, outline in enumerate((_ellipse, _triangle, _heart)):
        chosen = factors["shape"] == number
        distance[chosen] = outline(u[chosen], v[chosen])
    cover = (0.5 - distance * radius * size).clamp_(0, 1)
    return cover[:, None] * colour(factors["hue"])[:, :, None, None]


def colour(hue: Tensor) -> Tensor:
    """Full colours (n, 3) of hues (n,) between 0 and 1, as HSV has them."""
    corner = (hue[:, None] * 6 + torch.tensor([0.0, 4.0, 2.0])) % 6
    return ((corner - 3).abs() - 1).clamp(0, 1)


# Distances of points (u right, v down) to outlines within the unit circle, negative inside. Formulas: I. Quilez,
# "2D distance functions" (iquilezles.org/articles/distfunctions2d); the ellipse's is exact only near the outline.


def _ellipse(u: Tensor, v: Tensor, a: float = 0.5, b: float = 1.0) -> Tensor:
    inner = ((u / a) ** 2 + (v / b) ** 2).sqrt()
    steep = ((u / a**2) ** 2 + (v / b**2) ** 2).sqrt().clamp(min=1e-6)
    return inner * (inner - 1) / steep


def _triangle(u: Tensor, v: Tensor) -> Tensor:
    """Its tip is up, its base narrower than its sides are long."""
    slope = math.atan2(0.7, 1.8)  # half the angle at the tip (0, −1); the base runs from (−0.7, 0.8) to (0.7, 0.8)
    return torch.maximum(v - 0.8, u.abs() * math.cos(slope) - (v + 1) * math.sin(slope))


def _heart(u: Tensor, v: Tensor) -> Tensor:
    """Quilez's heart, which stands on (0, 0) and is 1.1 high, moved to the middle and enlarged."""
    u, v = u.abs() / 1.65, 0.55 - v / 1.65
    beside = torch.minimum(
        u**2 + (v - 1) ** 2, (u - (u + v).clamp(min=0) / 2) ** 2 + (v - (u + v).clamp(min=0) / 2) ** 2
    )
    lower = beside.sqrt() * (u - v).sign()
    upper = ((u - 0.25) ** 2 + (v - 0.75) ** 2).sqrt() - math.sqrt(2) / 4
    return 1.65 * torch.where(u + v > 1, upper, lower)
