"""Answers to the exercises of lesson 02, the VAE: right ones, and wrong ones with the mistake that is seen in them."""

import pytest
import torch
from torch.distributions import Normal

from vae_helpers import checks, models
from vae_helpers.checks import lesson_02

from .answers import Answers, no_grad, rolled, standardised, tied


def textbook(self, x):
    mu, logvar = self.encode(x)
    return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def typed_out(self, x):
    mu, logvar = self.encode(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    recon = self.decode(z)
    return [recon, mu, logvar]


def by_distribution(self, x):
    mu, logvar = self.encode(x)
    return self.decode(Normal(mu, logvar.exp().sqrt()).rsample()), mu, logvar


def keeps_the_tuple(self, x):
    code = self.encode(x)
    return (self.decode(self.reparameterize(*code)), *code)


def looks_twice(self, x):
    """The pictures of mu too, which are not returned."""
    mu, logvar = self.encode(x)
    self.decode(mu)
    recon = self.decode(self.reparameterize(mu, logvar))
    self.decode(mu)
    return recon, mu, logvar


def passes(wrong):
    """A forward pass whose z is wrong(self, mu, logvar)."""

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(wrong(self, mu, logvar)), mu, logvar

    return forward


def gives(wrong):
    """A forward pass that returns wrong(recon, mu, logvar, z)."""

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return wrong(self.decode(z), mu, logvar, z)

    return forward


def seeded_forward(self, x):
    torch.manual_seed(0)
    return textbook(self, x)


def without_brackets(self, x):
    mu, logvar = self.encode
    return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def without_the_parts(self, x):
    return self.decode(self.reparameterize(self.encode(x))), *self.encode(x)


def repeated(model, x, n):
    mu, logvar = model.encode(x)
    return model.decode(model.reparameterize(mu.repeat(n, 1), logvar.repeat(n, 1)))


def one_by_one(model, x, n):
    mu, logvar = model.encode(x)
    return torch.cat([model.decode(model.reparameterize(mu, logvar)) for _ in range(n)])


def broadcast(model, x, n):
    mu, logvar = model.encode(x)
    return model.decode(mu + (logvar / 2).exp() * torch.randn(n, mu.shape[1]))


def drawn(wrong):
    """Pictures decoded from wrong(mu, logvar, n)."""

    def function(model, x, n):
        mu, logvar = model.encode(x)
        return model.decode(wrong(mu, logvar, n))

    return function


def seeded_samples(model, x, n):
    torch.manual_seed(0)
    return repeated(model, x, n)


def sample_first(model, x, n):
    mu, logvar = model.encode(x)
    return model.decode(model.reparameterize(mu, logvar).repeat(n, 1))


CASES = {
    "forward": (
        [textbook, typed_out, by_distribution, keeps_the_tuple, looks_twice],
        {
            "no_noise": passes(lambda self, m, v: m),
            "decoded_logvar": passes(lambda self, m, v: v),
            "prior": passes(lambda self, m, v: torch.randn_like(m)),
            "arguments": passes(lambda self, m, v: self.reparameterize(v, m)),
            "sigma_passed": passes(lambda self, m, v: self.reparameterize(m, (v / 2).exp())),
            "noise: variance": passes(lambda self, m, v: m + v.exp() * torch.randn_like(m)),
            "noise: one for all images": passes(lambda self, m, v: m + (v / 2).exp() * torch.randn(m.shape[1])),
            "noise: two percent up": passes(lambda self, m, v: m + 1.02 * (v / 2).exp() * torch.randn_like(m)),
            "noise: dependent": passes(lambda self, m, v: m + (v / 2).exp() * rolled(*m.shape)),
            "structure: z too": gives(lambda recon, m, v, z: (recon, m, v, z)),
            "structure: the picture alone": gives(lambda recon, m, v, z: recon),
            "structure: a dict": gives(lambda recon, m, v, z: {"recon": recon, "mu": m, "logvar": v}),
            "structure: flat": gives(lambda recon, m, v, z: (recon.flatten(1), m, v)),
            "order": gives(lambda recon, m, v, z: (m, v, recon)),
            "swapped": gives(lambda recon, m, v, z: (recon, v, m)),
            "z_for_mu": gives(lambda recon, m, v, z: (recon, z, v)),
            "sigma": gives(lambda recon, m, v, z: (recon, m, (v / 2).exp())),
            "sigma: squared": gives(lambda recon, m, v, z: (recon, m, v.exp())),
            "other_code": gives(lambda recon, m, v, z: (recon, 2 * m, v)),
            "other_code: x is not encoded": lambda self, x: (x, *torch.randn(2, len(x), self.latent_dim)),
            "changed": gives(lambda recon, m, v, z: (1 - recon, m, v)),
            "no_decoder": lambda self, x: (x, *self.encode(x)),
            "detached": no_grad(textbook),
            "half_detached: z": passes(lambda self, m, v: self.reparameterize(m, v).detach()),
            "half_detached: z without a graph": passes(lambda self, m, v: no_grad(self.reparameterize)(m, v)),
            "half_detached: mu": passes(lambda self, m, v: self.reparameterize(m.detach(), v)),
            "half_detached: logvar": passes(lambda self, m, v: self.reparameterize(m, v.data)),
            "half_detached: sample": passes(lambda self, m, v: Normal(m, (v / 2).exp()).sample()),
            "noise: standardised": passes(lambda self, m, v: m + (v / 2).exp() * standardised(*m.shape)),
            "latent_dim": passes(lambda self, m, v: m + (v / 2).exp() * torch.randn(len(m), 2)),
            "latent_dim: of lesson 06": passes(lambda self, m, v: m + (v / 2).exp() * torch.randn(len(m), 16)),
            "latent_dim: decoded": passes(lambda self, m, v: torch.randn(len(m), 2)),
            "no_self": lambda self, x: encode(x),  # noqa: F821
            "no_self: z": passes(lambda self, m, v: reparameterize(m, v)),  # noqa: F821
            "no_brackets": without_brackets,
            "repeated": seeded_forward,
            "recursion": lambda self, x: self(x),
            "tuple_passed": lambda self, x: (self.decode(self.encode(x)), *self.encode(x)),
            "missing_argument": without_the_parts,
        },
    ),
    "sample_and_decode": (
        [
            repeated,
            one_by_one,
            broadcast,
            no_grad(repeated),
            lambda model, x, n: model(x.expand(n, -1, -1, -1))[0],
            lambda model, x, n: model.decode(model.reparameterize(*(c.expand(n, -1) for c in model.encode(x)))),
            lambda model, x, n: repeated(model, x, n).flatten(1),
            drawn(lambda m, v, n: Normal(m[0], v[0].exp().sqrt()).sample((n,))),
        ],
        {
            "no_noise": drawn(lambda m, v, n: m.repeat(n, 1)),
            "one_sample": sample_first,
            "one_sample: the picture repeated": lambda model, x, n: repeated(model, x, 1).repeat(n, 1, 1, 1),
            "one_picture": lambda model, x, n: repeated(model, x, 1),
            "codes": lambda model, x, n: torch.randn(n, model.latent_dim),
            "whole_answer": lambda model, x, n: model(x.expand(n, -1, -1, -1)),
            "prior": lambda model, x, n: model.decode(torch.randn(n, model.latent_dim)),
            "prior: though x is encoded": drawn(lambda m, v, n: torch.randn(n, m.shape[1])),
            "no_mu": drawn(lambda m, v, n: (v / 2).exp() * torch.randn(n, m.shape[1])),
            "no_scale": drawn(lambda m, v, n: m + torch.randn(n, m.shape[1])),
            "variance": drawn(lambda m, v, n: m + v.exp() * torch.randn(n, m.shape[1])),
            "logvar_as_sigma": drawn(lambda m, v, n: m + v * torch.randn(n, m.shape[1])),
            "half_outside": drawn(lambda m, v, n: m + 0.5 * v.exp() * torch.randn(n, m.shape[1])),
            "noise: one for all dimensions": drawn(lambda m, v, n: m + (v / 2).exp() * torch.randn(n, 1)),
            "noise: dependent": drawn(lambda m, v, n: m + (v / 2).exp() * tied(n, m.shape[1])),
            "noise: uniform": drawn(lambda m, v, n: m + (v / 2).exp() * torch.rand(n, m.shape[1])),
            "noise: two percent down": drawn(lambda m, v, n: m + 0.98 * (v / 2).exp() * torch.randn(n, m.shape[1])),
            "no_decoder": lambda model, x, n: torch.rand(n, *x.shape[1:]),
            "changed": lambda model, x, n: 1 - repeated(model, x, n),
            "shape": lambda model, x, n: repeated(model, x, 2 * n),
            "no_model": lambda model, x, n: decode(torch.randn(n, 2)),  # noqa: F821
            "latent_dim": drawn(lambda m, v, n: m + (v / 2).exp() * torch.randn(n, 2)),
            "latent_dim: decoded": drawn(lambda m, v, n: torch.randn(n, 2)),
            "noise: standardised": drawn(lambda m, v, n: m + (v / 2).exp() * standardised(n, m.shape[1])),
            "repeated": seeded_samples,
        },
    ),
}  # fmt: skip


class TestAnswers(Answers):
    CASES = CASES


@pytest.mark.parametrize("seed", range(10))
def test_a_right_sample_is_seen_whatever_the_random_numbers(seed):
    torch.manual_seed(seed)
    mu, logvar = 2 * torch.randn(4000, 25), torch.randn(4000, 25) - 1
    z = mu + (logvar / 2).exp() * torch.randn(4000, 25)
    assert lesson_02.is_sample(z, mu, (logvar / 2).exp())
    assert not lesson_02.is_sample(z, mu, 1.1 * (logvar / 2).exp())
    assert not lesson_02.is_sample(z, mu + 0.1 * (mu > 0), (logvar / 2).exp())


@pytest.mark.parametrize("answer", [textbook, typed_out])
def test_a_checked_forward_pass_is_the_kits(answer, capsys):
    """What passes gives, put into the kit's own class, the same numbers as that class."""
    assert checks.check_forward(answer)
    model, x = models.VAE(), torch.rand(3, 1, 28, 28)
    torch.manual_seed(0)
    expected = model(x)
    torch.manual_seed(0)
    for got, wanted in zip(answer(model, x), expected, strict=True):
        torch.testing.assert_close(got, wanted)
