"""The networks of the course, the table that describes one, and weights that are trained already.

What fit, plots and widgets ask of a model, one of these or one of your own:

- forward(x) gives the reconstruction, alone or first in a tuple. The rest of the tuple is what the loss takes after x:

      Autoencoder, MLPAutoencoder, TiedAutoencoder    recon, z
      VAE, SpatialVAE, MLPVAE(logits=False)           recon, mu, logvar               losses.vae_loss
      MLPVAE, AutoregressiveVAE, CVAE                 logits, mu, logvar              losses.bernoulli_vae_loss
      VQVAE                                           logits, z_e, z_q                losses.vq_loss
      AVAE                                            logits, mu, logvar, z, …        losses.avae_loss

  CVAE's forward(x, y) asks for the labels besides. LatentDiffusion takes codes for images, and the labels: forward(z, y)
  gives ε̂, ε, whose mean squared difference is its loss. A GAN's Generator draws images from z; fit cannot train it, training.fit_gan does.
- encode(x) gives the code, z (N, latent_dim), or a tuple that begins with it, (mu, logvar); a VQVAE's are whole numbers.
- decode(z) gives images in [0, 1], also where forward gives logits. AutoregressiveVAE has none: it draws by sample(z).
- latent_dim says how many numbers a code has; logits is True where forward gives logits and not images.
"""

from .adversarial import Discriminator, Generator
from .autoencoders import Autoencoder, MLPAutoencoder, TiedAutoencoder
from .autoregressive import AutoregressiveVAE
from .conditional import CVAE
from .consistent import AVAE
from .convnet import summary
from .diffusion import LatentDiffusion, epsilon_loss, q_sample
from .discrete import VQVAE, CodePrior
from .judge import DigitJudge
from .mlp import MLPVAE
from .pretrained import load_pretrained, pretrained_card, pretrained_names
from .spatial import SpatialVAE
from .vae import VAE

__all__ = [
    "AVAE",
    "CVAE",
    "MLPVAE",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "AutoregressiveVAE",
    "CodePrior",
    "DigitJudge",
    "Discriminator",
    "Generator",
    "LatentDiffusion",
    "MLPAutoencoder",
    "SpatialVAE",
    "TiedAutoencoder",
    "epsilon_loss",
    "load_pretrained",
    "pretrained_card",
    "pretrained_names",
    "q_sample",
    "summary",
]
