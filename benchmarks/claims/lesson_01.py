"""What lesson 01 says beyond its own cells."""

import torch

from vae_helpers import metrics

from .ledger import claim
from .networks import network, test_images


@claim(
    lesson="01",
    en="The codes of an autoencoder do not lie as N(0, I) does, those of a VAE do: KL of a Gaussian fitted to the codes "
    "against N(0, I), autoencoder above 3 nats, VAE with the same loss and training below 1, every seed.",
    vi="Mã của autoencoder không phân bố như N(0, I), còn mã của VAE thì có: KL giữa phân phối Gauss khớp với các mã và "
    "N(0, I) lớn hơn 3 nat với autoencoder, nhỏ hơn 1 với VAE có cùng loss và cách huấn luyện, ở mọi seed.",
    holds=lambda rows: all(row["autoencoder"] > 3 and row["vae"] < 1 for row in rows),
    quick=True,
)
def ae_mismatch(seed):
    """Both trained with the binary cross-entropy; codes (of the VAE: mu plus noise) of all test images."""
    x = test_images()
    with torch.no_grad():
        codes, _ = network("ae-2d", seed).encode(x)
        vae = network("vae-2d-bce", seed)
        samples = vae.reparameterize(*vae.encode(x))
    return {"autoencoder": metrics.gaussian_kl(codes), "vae": metrics.gaussian_kl(samples)}
