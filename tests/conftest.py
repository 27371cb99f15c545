"""What the tests share: a fresh language and notice for each test, a small data set, and the handout's model."""

import inspect
import os
import re
from functools import cache
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vae_helpers
from tools import lab_page
from vae_helpers import _language, data, models

os.environ.pop("JPY_SESSION_NAME", None)
os.environ["GITHUB_REPOSITORY"] = ""  # the tests know no address, in whosever clone they run
POSIX = re.compile(r"SIGKILL|os\.fork|/dev/full|full_disk|symlink_to|\.chmod\(|geteuid|bin/sh|[\"'`]make[ \"'`]")


# The files that take longest (much of it waiting: for servers, browsers, limits on students' processes). They begin, so that
# none of them is left to run alone at the end.
LONG = [
    "widgets/test_reopened",
    "instructor/test_rows",
    "tools/test_site",
    "models/test_pretrained",
    "widgets/test_browser",
    "instructor/test_hostile",
    "docs/test_commands",
    "quiz/test_reopened",
    "quiz/test_browser",
    "page/test_program",
    "tools/test_build",
    "tools/test_colab",
    "page/test_frame",
    "instructor/test_grade",
    "page/test_access",
    "training/test_steps",
    "instructor/grader/test_wire",
    "instructor/test_messy",
    "training/test_checkpoint",
    "page/test_toy",
    "benchmarks/test_claims",
    "instructor/grader/test_judge",
    "instructor/grader/test_sandbox",
]


def pytest_collection_modifyitems(items):
    """Long files first. Marks what needs a browser, or a system that is not Windows, by what a test and its fixtures say."""
    places = {
        Path(__file__).with_name(name.split("/")[0]).joinpath(*name.split("/")[1:]): i for i, name in enumerate(LONG)
    }
    items.sort(key=lambda item: places.get(item.path.with_suffix(""), len(places)))
    for item in items:
        fixtures = [d[-1].func for d in item._fixtureinfo.name2fixturedefs.values()]
        if "browser" in item.fixturenames or item.path.name == "test_browser.py":
            item.add_marker("browser")
        told_by_its_table = "faults" in item.path.as_posix()
        if told_by_its_table or any(map(needs_posix, [item.function, *fixtures])):
            item.add_marker("posix")


@cache  # thousands of tests share a few hundred functions
def needs_posix(function) -> bool:
    try:
        return bool(POSIX.search(inspect.getsource(function)))
    except (OSError, TypeError):  # made by a library
        return False


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch):
    """English, and no notice given yet; both are put back afterwards."""
    monkeypatch.setattr(_language, "_chosen", "en")
    monkeypatch.setattr(data, "_notice_given", False)


@pytest.fixture(params=["vi", "en"])
def language(request):
    vae_helpers.set_language(request.param)
    return request.param


@pytest.fixture(scope="session")
def digits():
    return data.load_digits()


@pytest.fixture(scope="session")
def mnist_folder():
    """Where the real MNIST lies; a test that needs it is skipped where there is none."""
    folder = Path(os.environ.get("VAE_DATA_DIR", data._default_folder()))
    if data._missing_files(folder):
        pytest.skip(f"no MNIST in {folder}: set VAE_DATA_DIR")
    return folder


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium. Where there is none the test is skipped, with the reason; with CI=true that is a failure."""
    if reason := lab_page.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with lab_page.running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def small():
    """Sixty digits."""
    digits = data.load_digits()
    return data.ImageDataset(digits.images[:60], digits.labels[:60], "digits")


@pytest.fixture(scope="module")
def vae():
    """The kit's VAE with its first weights."""
    torch.manual_seed(0)
    return models.VAE()


class HandoutVAE(nn.Module):
    """A VAE as a student types it from the handout: same names, same order, no latent_dim attribute."""

    def __init__(self, channels=1, latent_dim=2):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.flat = 64 * 7 * 7
        self.fc_mu = nn.Linear(self.flat, latent_dim)
        self.fc_logvar = nn.Linear(self.flat, latent_dim)
        self.fc_decode = nn.Linear(latent_dim, self.flat)
        self.deconv1 = nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)
        self.deconv2 = nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1)
        self.conv_final = nn.Conv2d(16, channels, 3, padding=1)

    def encode(self, x):
        x = F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))
        x = x.view(-1, self.flat)
        return self.fc_mu(x), self.fc_logvar(x)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def decode(self, z):
        x = F.relu(self.fc_decode(z)).view(-1, 64, 7, 7)
        return torch.sigmoid(self.conv_final(F.relu(self.deconv2(F.relu(self.deconv1(x))))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


@pytest.fixture
def handout_vae():
    return HandoutVAE
