"""The handout's steps III.1–III.10 stand in the built lessons, in both languages, as its own lines, in its order."""

import ast
import re

import nbformat
import pytest

from tests.docs.support import ROOT
from tools.stored import code_of

LANGUAGES = ("vi", "en")
# step → the lesson, and what its code must hold in this order: beginnings and parts of the handout's lines. (In the lesson
# the loop's batch is x, since data is a room of vae_helpers; tqdm comes as tqdm.auto; the root is where MNIST lies.)
STEPS = {
    "III.1 imports": ("05", [
        "import matplotlib.pyplot as plt", "import numpy as np", "import torch", "import torch.nn as nn",
        "import torch.nn.functional as F", "import torch.optim as optim", "from torch.utils.data import DataLoader",
        "random_split", "from torchsummary import summary", "from torchvision import datasets, transforms",
        "from tqdm.auto import tqdm",
    ]),
    "III.2 device": ("05", [
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')", "print('Using device:', device)",
    ]),
    "III.2 device, in lesson 00": ("00", [
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')", "print('Using device:', device)",
    ]),
    "III.3 hyperparameters and data": ("05", [
        "batch_size = 256", "img_size = 28", "channels = 1", "latent_dim = 2", "num_epochs = ",
        "transforms.Compose([transforms.Resize((img_size, img_size)), transforms.ToTensor()])",
        "dataset = datasets.MNIST(root=", "train=True, transform=transform, download=True)",
    ]),
    "III.4 split and loaders": ("05", [
        "train_size = int(0.8 * len(dataset))", "val_size = len(dataset) - train_size",
        "train_dataset, val_dataset = random_split(dataset, [train_size, val_size])", "Training samples:",
        "train_loader = DataLoader(", "batch_size=batch_size, shuffle=True, num_workers=2",
        "val_loader = DataLoader(", "batch_size=batch_size, shuffle=False, num_workers=2",
    ]),
    "III.5 model": ("05", [
        "class VAE(nn.Module)", "nn.Conv2d(channels, 16, kernel_size=3, padding=1)",
        "nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1)", "nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1)",
        "self.fc_mu = nn.Linear(", "self.fc_logvar = nn.Linear(", "self.fc_decode = nn.Linear(latent_dim, ",
        "nn.ConvTranspose2d(64, 32, ", "nn.ConvTranspose2d(32, 16, ", "nn.Conv2d(16, channels, kernel_size=3, padding=1)",
        "def encode(self, x)", "def reparameterize(self, mu, logvar)", "std = torch.exp(0.5 * logvar)",
        "eps = torch.randn_like(std)", "return mu + eps * std", "def decode(self, z)", "torch.sigmoid(self.conv_final(x))",
        "def forward(self, x)", "mu, logvar = self.encode(x)", "z = self.reparameterize(mu, logvar)",
        "summary(VAE(channels, latent_dim), (channels, img_size, img_size)",
    ]),
    "III.6 loss": ("05", [
        "def loss_function(recon_x, x, mu, log_var, B=1000)", "F.mse_loss(recon_x_flat, x_flat, reduction='mean')",
        "x.shape[1] * x.shape[2] * x.shape[3]",
        "kl_loss = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), axis=1)",
        "total_loss = B * reconstruction_loss + torch.mean(kl_loss)", "return (total_loss, reconstruction_loss",
    ]),
    "III.7 model and optimizer": ("05", [
        "model = VAE(channels, latent_dim).to(device)",
        "optimizer = optim.Adam(model.parameters(), lr=0.001, weight_decay=1e-05)",
    ]),
    "III.8 log": ("05", [
        "log_dir = 'logs'", "os.makedirs(log_dir, exist_ok=True)", "strftime('%Y%m%d_%H%M%S')", "training_log_{timestamp}.txt",
        "with open(log_file, 'w') as f", "Training started at ", "Model: VAE with latent_dim={latent_dim}",
        "Batch size: {batch_size}, Image size: {img_size}x{img_size}", "Total epochs: {num_epochs}",
        "Epoch,Avg_Loss,Recon_Loss,KL_Loss",
    ]),
    "III.8 loop": ("05", [
        "Epoch,Avg_Loss,Recon_Loss,KL_Loss", "model.train()", "for epoch in range(num_epochs)", "train_loss = 0.0",
        "epoch_bar = tqdm(train_loader, desc=f'Epoch {epoch + 1}/{num_epochs}', leave=False)", "for x, _ in epoch_bar",
        "x = x.to(device)", "optimizer.zero_grad()", "recon_batch, mu, logvar = model(x)",
        "loss, recon_loss, kl_loss = loss_function(recon_batch, x, mu, logvar)", "loss.backward()",
        "train_loss += loss.item()", "optimizer.step()", "epoch_bar.set_postfix(loss=loss.item())",
        "avg_loss = train_loss / len(train_loader.dataset)", "Loss per sample: {avg_loss:.4f}",
        "Recon Loss: {recon_loss.item():.4f} KL Loss: {kl_loss.item():.4f}", "with open(log_file, 'a') as f",
        "{epoch + 1},{avg_loss:.6f},{recon_loss.item():.6f},{kl_loss.item():.6f}", "Training completed at ",
    ]),
    "III.9 validation images": ("06", [".eval()", "torch.no_grad()", "next("]),
    "III.10 ten pairs": ("06", ["n = 10", "permute(1, 2, 0)", "subplot(2, n, "]),
}  # fmt: skip


def code_in(lesson, language):
    """All code of a built lesson, as Python itself would write it down."""
    (path,) = (ROOT / "notebooks" / language).glob(f"{lesson}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(code_of(cell, language) for cell in cells if cell.cell_type == "code")


def first_missing(code, parts):
    """The first of the parts that does not come after those before it; None if all do."""
    place = 0
    for part in parts:
        found = code.find(part, place)
        if found < 0:
            return part
        place = found + len(part)
    return None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", STEPS)
def test_the_step_stands_in_its_lesson(step, language):
    lesson, parts = STEPS[step]
    assert first_missing(code_in(lesson, language), parts) is None


def test_a_missing_line_and_a_wrong_order_are_noticed():
    code = "optimizer.zero_grad()\nloss.backward()\noptimizer.step()"
    assert first_missing(code, ["zero_grad", "backward", "step"]) is None
    assert first_missing(code, ["zero_grad", "step", "backward"]) == "backward"
    assert first_missing(code, ["set_postfix"]) == "set_postfix"


@pytest.mark.parametrize("language", LANGUAGES)
def test_lesson_00_asks_for_every_package_of_the_requirements(language):
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [re.match(r"[\w-]+", line)[0] for line in lines if line and not line.startswith("#")]
    assert packages_of(language) == needed and str(len(needed)) in code_in("00", language)


def packages_of(language):
    """The list in lesson 00's first cell."""
    for node in ast.parse(code_in("00", language)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "packages":
            return ast.literal_eval(node.value).split()
    raise AssertionError("no list of packages")


def test_a_missing_package_is_named_with_its_cure(capsys):
    """The lesson's two cells, with one package too many."""
    (path,) = (ROOT / "notebooks" / "en").glob("00_*.ipynb")
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    listing, cure = (next(c.source for c in cells if sign in c.source) for sign in ("import_module(", "%pip install"))
    names = {}
    exec(listing.replace("scipy", "scipy no-such-package"), names)
    exec(cure, names)
    told = capsys.readouterr().out
    assert re.search(r"^no-such-package *✗ No module named", told, re.MULTILINE)
    assert "%pip install no-such-package\n" in told and re.search(r"^torch +\d", told, re.MULTILINE)
