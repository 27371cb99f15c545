"""Your own loss: a function of what the model gives, with x in second place. Here |x - recon| and a beta on the KL."""

import torch

from vae_helpers import data, losses, models, plots, training


def sharper_loss(recon, x, mu, logvar, beta=0.5):
    absolute = (recon - x).abs().flatten(1).sum(dim=1).mean()
    kl = losses.kl_divergence(mu, logvar).mean()
    return 10 * absolute + beta * kl, absolute, kl  # the first is minimised, all three are shown and kept


torch.manual_seed(0)
model = models.MLPVAE(latent_dim=8, hidden=256, logits=False)
history = training.fit(model, data.load_digits(), epochs=10, batch_size=64, loss=sharper_loss, log_dir=None, seed=0)
plots.plot_history(history).savefig("own_loss.png")
