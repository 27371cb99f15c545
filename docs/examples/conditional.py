"""A conditional VAE: forward(x, y) asks for the labels, and fit gives them. One row for each digit, drawn to order."""

import torch

from vae_helpers import data, losses, models, plots, training

torch.manual_seed(0)
digits, model = data.load_digits(), models.CVAE(latent_dim=4, hidden=256)
loss = losses.bernoulli_vae_loss  # forward gives logits
history = training.fit(model, digits, epochs=20, batch_size=64, loss=loss, log_dir=None, seed=0)

y = torch.arange(10).repeat_interleave(8)  # 0 … 9, eight of each
with torch.no_grad():
    images = model.cpu().decode(torch.randn(80, 4), y)
plots.plot_images(images, columns=8).savefig("conditional.png")
