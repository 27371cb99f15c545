"""Your own network: any nn.Module whose forward gives (recon, mu, logvar). Flat images, as this one gives, will do."""

import torch
from torch import nn

from vae_helpers import data, plots, training


class Mine(nn.Module):
    latent_dim = 2  # what plots and widgets ask for

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 4))
        self.decoder = nn.Sequential(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, 784), nn.Sigmoid())

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z)  # (N, 784)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)), mu, logvar


torch.manual_seed(0)
digits, model = data.load_digits(), Mine()
history = training.fit(model, digits, epochs=10, batch_size=64, log_dir=None, seed=0)
plots.plot_latent(model, digits).savefig("own_network.png")
