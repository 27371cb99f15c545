"""Discrete codes: the vector-quantised VAE, and a prior over its words."""

import torch
from torch import Tensor, nn

from ._sizes import check_images, whole


class VQVAE(nn.Module):
    """The vector-quantised VAE: an image becomes a word of `positions` letters, each one of `codes` vectors of length dim.

    A. van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017; theirs is convolutional and its
    letters lie on a grid, here each letter may look at the whole image.
    hidden: width of the layers between; img_size, channels: of the images, which may also come flat.
    Raises ValueError for a batch of images of another size.
    Lesson 13: The VQ-VAE
    """

    logits = True  # what forward gives as its first output

    def __init__(
        self,
        positions: int = 16,
        codes: int = 64,
        dim: int = 8,
        hidden: int = 512,
        img_size: int = 28,
        channels: int = 1,
    ):
        super().__init__()
        self.positions, self.codes, dim, hidden, self.img_size, self.channels = whole(
            self, positions=positions, codes=codes, dim=dim, hidden=hidden, img_size=img_size, channels=channels
        )
        pixels = channels * img_size**2
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(pixels, hidden),
            nn.ReLU(),
            nn.Linear(hidden, positions * dim),
            nn.Unflatten(1, (positions, dim)),
        )
        self.decoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(positions * dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, pixels),
            nn.Unflatten(1, (channels, img_size, img_size)),
        )
        self.codebook = nn.Parameter(torch.randn(codes, dim))

    def nearest(self, z_e: Tensor) -> Tensor:
        """(N, positions, dim) → the number of the nearest vector in the codebook, (N, positions), whole numbers."""
        return torch.cdist(z_e.flatten(0, 1), self.codebook).argmin(dim=1).view(z_e.shape[:2])

    def encode(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the word of each image, (N, positions), whole numbers from 0 to codes − 1."""
        check_images(self, x, flat=True)
        return self.nearest(self.encoder(x))

    def decode(self, index: Tensor) -> Tensor:
        """(N, positions) → images (N, C, H, W) in [0, 1]."""
        return torch.sigmoid(self.decoder(self.codebook[index]))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, C, H, W) → logits of the same shape, the encoder's z_e and the codebook's z_q, (N, positions, dim)."""
        check_images(self, x, flat=True)
        z_e = self.encoder(x)
        z_q = self.codebook[self.nearest(z_e)]
        z = z_e + (z_q - z_e).detach()  # straight-through: the value of z_q, the gradient of z_e
        return self.decoder(z), z_e, z_q


class CodePrior(nn.Module):
    """An autoregressive prior over the words of a VQVAE: p(letter | letters before it), by a small GRU.

    Lesson 13: A prior for the words
    """

    def __init__(self, codes: int = 64, hidden: int = 64):
        super().__init__()
        self.codes = codes
        self.embedding = nn.Embedding(codes + 1, hidden)  # the last one stands before the first letter
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, codes)

    def forward(self, index: Tensor) -> tuple[Tensor]:
        """(N, positions) → logits (N, positions, codes); position i sees the letters before it only."""
        start = index.new_full((len(index), 1), self.codes)
        h, _ = self.gru(self.embedding(torch.cat([start, index[:, :-1]], dim=1)))
        return (self.head(h),)

    @torch.no_grad()
    def sample(self, n: int, positions: int) -> Tensor:
        """n new words, (n, positions), drawn letter by letter."""
        letter = torch.full((n, 1), self.codes, device=self.head.weight.device)
        h, letters = None, []
        for _ in range(positions):
            output, h = self.gru(self.embedding(letter), h)
            letter = torch.multinomial(self.head(output[:, -1]).softmax(dim=1), 1)
            letters.append(letter)
        return torch.cat(letters, dim=1)
