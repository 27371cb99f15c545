"""Your own pictures: a folder with a subfolder for each class becomes a data set, and a VAE of their size learns them."""

import random
from functools import partial
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from vae_helpers import data, losses, models, plots, training

# Pictures to begin with. Of your own you need only the folder: shapes/ellipse/*.png, shapes/rectangle/*.png, ...
random.seed(0)
colours = ["crimson", "gold", "royalblue"]
for shape in ("ellipse", "rectangle"):
    Path("shapes", shape).mkdir(parents=True, exist_ok=True)
    for i in range(120):
        picture, (x, y) = Image.new("RGB", (96, 80), "white"), (random.randint(10, 45), random.randint(2, 35))
        getattr(ImageDraw.Draw(picture), shape)((x, y, x + 40, y + 40), fill=random.choice(colours))
        picture.save(Path("shapes", shape, f"{i}.png"))

train, validation = data.split(data.load_folder("shapes", size=32, channels=3))
print(train, train.classes)
torch.manual_seed(0)
model = models.VAE(channels=3, latent_dim=8, img_size=32)
loss = partial(losses.vae_loss, B=100)
fast = {"lr": 4e-3, "schedule": "one-cycle", "batch_size": 16}
history = training.fit(model, train, validation, epochs=25, loss=loss, log_dir=None, seed=0, **fast)
plots.plot_reconstructions(model, validation.images).savefig("own_images.png")
