"""The toy that trains in the page: its gradients and its Adam are PyTorch's, and training brings the loss down."""

import pytest
import torch
from torch import nn

SETTINGS = [{"B": B, "kl": kl, "noise": noise} for B in (0.5, 200) for kl in (True, False) for noise in (True, False)]


SCRIPTS = ("nodes.js", "toy.js")


class Toy(nn.Module):
    """The same network in PyTorch, with the page's weights."""

    def __init__(self, layers, latent):
        super().__init__()
        for name, layer in layers.items():
            linear = nn.Linear(layer["inputs"], layer["units"]).double()
            linear.weight.data = torch.tensor(layer["W"], dtype=torch.float64).view(layer["units"], layer["inputs"])
            linear.bias.data = torch.tensor(layer["b"], dtype=torch.float64)
            setattr(self, name, linear)

    def loss(self, x, eps, B, kl, noise):
        h = torch.tanh(self.enc2(torch.tanh(self.enc1(x))))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * eps if noise else mu
        recon = self.out(torch.tanh(self.dec2(torch.tanh(self.dec1(z)))))
        nats = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(dim=1).mean()
        return B * (recon - x).pow(2).sum(dim=1).mean() + (nats if kl else 0)


GRADIENTS = """([latent, x, eps, settings, steps]) => {
    const plain = part => Object.fromEntries(Object.entries(part).map(([name, layer]) =>
        [name, {...layer, W: Array.from(layer.W), b: Array.from(layer.b)}]));
    const network = toyNetwork(latent, 7), before = plain(network.layers);
    let result = toyGradients(network, new Float64Array(x), new Float64Array(eps), settings);
    const first = {loss: result.loss, gradient: plain(result.gradient)};
    for (let i = 0; i < steps; i++) {
        result = toyGradients(network, new Float64Array(x), new Float64Array(eps), settings);
        toyStep(network, result.gradient, 0.01);
    }
    return {before, ...first, after: plain(network.layers)};
}"""


@pytest.mark.browser
@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_gradients_and_adam_are_pytorchs(page, latent, settings):
    torch.manual_seed(latent)
    x, eps = torch.randn(16, 2, dtype=torch.float64), torch.randn(16, latent, dtype=torch.float64)
    shown = page.evaluate(GRADIENTS, [latent, x.flatten().tolist(), eps.flatten().tolist(), settings, 3])
    toy = Toy(shown["before"], latent)
    loss = toy.loss(x, eps, **settings)
    loss.backward()
    assert shown["loss"] == pytest.approx(loss.item(), rel=1e-9)
    for name, layer in shown["gradient"].items():
        for part, key in (("W", "weight"), ("b", "bias")):
            expected = getattr(getattr(toy, name), key).grad
            expected = torch.zeros_like(getattr(getattr(toy, name), key)) if expected is None else expected
            assert torch.allclose(torch.tensor(layer[part], dtype=torch.float64), expected.flatten(), atol=1e-9)
    optimizer = torch.optim.Adam(toy.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        toy.loss(x, eps, **settings).backward()
        optimizer.step()
    for name, layer in shown["after"].items():
        assert torch.allclose(
            torch.tensor(layer["W"], dtype=torch.float64), getattr(toy, name).weight.flatten(), atol=1e-6
        )


TRAINED = """([shape, latent, settings, steps]) => {
    const network = toyNetwork(latent, 1), x = toyPoints(shape, 256, 2), random = randomNumbers(3), history = [];
    for (let i = 0; i < steps; i++) {
        const eps = Float64Array.from({length: 256 * latent}, () => gaussian(random));
        const result = toyGradients(network, x, eps, settings);
        toyStep(network, result.gradient, 0.01);
        history.push([result.squares, result.nats]);
    }
    return [history[0], history[steps - 1]];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("shape", ["ring", "moons", "blobs"])
def test_it_learns_and_collapses_as_B_says(page, shape):
    """With a large B the points are redrawn well, with a tiny one q(z|x) becomes the prior and the KL 0."""
    first, last = page.evaluate(TRAINED, [shape, 2, {"B": 50, "kl": True, "noise": True}, 400])
    assert last[0] < 0.1 * first[0] and last[1] > 1
    _, (squares, nats) = page.evaluate(TRAINED, [shape, 2, {"B": 0.05, "kl": True, "noise": True}, 400])
    assert nats < 0.05 and squares > 1


@pytest.mark.browser
def test_points_lie_around_zero_and_a_seed_repeats_them(page):
    for shape in ("ring", "moons", "blobs"):
        points = [page.evaluate("([s]) => Array.from(toyPoints(s, 400, 5))", [shape]) for _ in range(2)]
        cloud = torch.tensor(points[0]).view(400, 2)
        assert points[0] == points[1]
        assert cloud.mean(dim=0).abs().max() < 0.2 and cloud.std(dim=0).min() > 0.5 and cloud.std(dim=0).max() < 1.5
