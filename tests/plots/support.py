"""Reading what a figure shows, and networks of every kind that may be drawn."""

import numpy as np
import torch
from torch import nn


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def drawn(axes):
    """The one picture of an axes, in grey from 0 to 1 or in colour."""
    (image,) = axes.get_images()
    assert image.get_cmap().name == "gray" and image.get_clim() == (0, 1)
    return torch.as_tensor(np.asarray(image.get_array()))


def pictures(figure):
    """All pictures of a figure, row by row."""
    return [drawn(ax) for ax in figure.axes if ax.get_images()]


def lines(axes):
    """name → (x, y, style) of each line that is drawn against both scales, in their order."""
    return {
        line.get_label(): (
            np.asarray(line.get_xdata()).tolist(),
            np.asarray(line.get_ydata()).tolist(),
            line.get_linestyle(),
        )
        for line in axes.get_lines()
    }


def legend(owner):
    """The names in the legend of an axes or a figure."""
    legends = owner.legends if hasattr(owner, "legends") else [owner.get_legend()]
    return [text.get_text() for found in legends if found for text in found.get_texts()]


class Brightness(nn.Module):
    """decode(z) gives a flat grey picture whose brightness tells z: (z₁ + 10 z₂ + 33) / 66."""

    latent_dim = 2

    def decode(self, z):
        return ((z[:, :1] + 10 * z[:, 1:] + 33) / 66).repeat(1, 16)  # flat output: 4×4


class Codes(nn.Module):
    """The first d pixels of an image are its code; the reconstruction is the image itself."""

    def __init__(self, d=2):
        super().__init__()
        self.d = d

    def forward(self, x):
        codes = x.flatten(1)[:, : self.d]
        return x, codes, torch.zeros_like(codes)


class Halves(nn.Module):
    """A network of one layer whose forward gives what `form` makes of (reconstruction, mu, logvar).

    Pictures (N, C, H, W) or flat, between 0 and 1, or their logits.
    """

    def __init__(self, form=tuple, latent_dim=2, size=(1, 28, 28), flat=False, logits=False, tells=True):
        super().__init__()
        self.form, self.size, self.flat, self.logits = form, size, flat, logits
        self.layer = nn.Linear(size[0] * size[1] * size[2], latent_dim)
        self.back = nn.Linear(latent_dim, size[0] * size[1] * size[2])
        if tells:
            self.latent_dim = latent_dim

    def encode(self, x):
        mu = self.layer(x.flatten(1))
        return mu, torch.zeros_like(mu)

    def decode(self, z):
        flat = 4 * self.back(z)
        flat = flat if self.logits else torch.sigmoid(flat)
        return flat if self.flat else flat.view(-1, *self.size)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.form((self.decode(mu), mu, logvar))


class OnlyForward(nn.Module):
    """Another library's VAE: nothing but forward, and flat outputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 2)

    def forward(self, x):
        mu = self.layer(x.flatten(1))
        return torch.sigmoid(mu.sum(1, keepdim=True)).repeat(1, 784), mu, torch.zeros_like(mu)


class Moody(nn.Module):
    """A VAE that spoils its pictures and codes in train mode, so that a figure drawn without eval() is seen."""

    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def encode(self, x):
        mean = x.flatten(1).mean(dim=1, keepdim=True).repeat(1, 2)
        return mean + 5 * self.training, torch.zeros_like(mean)

    def decode(self, z):
        return z.mean(dim=1).mul(0 if self.training else 1).view(-1, 1, 1, 1).expand(-1, 1, 4, 4).clamp(0, 1)

    def forward(self, x):
        return (x * 0 if self.training else x), *self.encode(x)


def made_of(fill, size=(1, 28, 28)):
    """A model, forward and decode, whose pictures are all of one value, such as NaN."""
    model = Halves(size=size)
    model.decode = lambda z: torch.full((len(z), *size), fill, dtype=z.dtype)
    return model
