"""Discrete codes: the VQ-VAE's letters and gradients, and the prior over its words."""

import torch

from tests.models.support import close, near
from vae_helpers import data, losses, models, training


def test_vqvae_quantises_to_the_nearest_and_copies_the_gradient():
    model, x = models.VQVAE(positions=4, codes=6, dim=3, hidden=16), torch.rand(5, 1, 28, 28)
    logits, z_e, z_q = model(x)
    index = model.encode(x)
    assert logits.shape == x.shape and index.shape == (5, 4) and index.max() < 6
    distances = (z_e[:, :, None] - model.codebook).norm(dim=-1)
    close(distances.min(dim=-1).values, (z_e - z_q).norm(dim=-1))
    close(model.decode(index), torch.sigmoid(logits))
    logits.sum().backward()
    assert model.encoder[1].weight.grad.abs().max() > 0  # through the straight-through estimator
    assert model.codebook.grad is None  # only the loss's own term moves the codebook


def test_vqvae_trains_with_fit_and_its_loss(small):
    torch.manual_seed(0)
    model = models.VQVAE(positions=4, codes=8, dim=3, hidden=32)
    history = training.fit(
        model, small, epochs=8, batch_size=20, lr=3e-3, loss=losses.vq_loss, log_dir=None, progress=False, device="cpu"
    )
    assert history["recon"][-1] < 0.8 * history["recon"][0]


def test_code_prior_sees_only_the_letters_before():
    model = models.CodePrior(codes=5, hidden=8)
    word = torch.randint(5, (1, 6))
    changed = word.clone()
    changed[0, 3] = (changed[0, 3] + 1) % 5
    (a,), (b,) = model(word), model(changed)
    assert a.shape == (1, 6, 5)
    close(a[:, :4], b[:, :4])
    assert not torch.allclose(a[:, 4:], b[:, 4:])


def test_code_prior_learns_and_samples_a_fixed_word():
    torch.manual_seed(0)
    model, word = models.CodePrior(codes=5, hidden=16), torch.tensor([3, 0, 4, 4])
    words = data.ImageDataset(word.repeat(64, 1), torch.zeros(64), "words")

    def loss(logits, index):
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), index.flatten())

    training.fit(model, words, epochs=60, batch_size=64, lr=2e-2, loss=loss, log_dir=None, progress=False, device="cpu")
    assert (model.sample(20, 4) == word).float().mean() > 0.95


def test_code_prior_draws_words_with_the_probabilities_that_forward_tells():
    """All words of three letters: how often each is drawn, against the product of the letters' probabilities. A prior that
    forgets what came before the last letter draws others."""
    torch.manual_seed(0)
    model = models.CodePrior(codes=3, hidden=8)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.mul_(6 if "head" in name else 3)  # letters that depend much on those before
    words = torch.cartesian_prod(*[torch.arange(3)] * 3)
    with torch.no_grad():
        steps = model(words)[0].log_softmax(dim=-1).gather(2, words[..., None]).squeeze(2)
    p, n = steps.sum(dim=1).exp(), 20_000
    assert near(1) == p.sum().item() and p.max() > 3 * p.median()
    drawn = model.sample(n, 3)
    often = torch.bincount(drawn @ torch.tensor([9, 3, 1]), minlength=27) / n
    assert ((often - p).abs() < 5 * (p * (1 - p) / n).sqrt() + 1e-3).all()


def test_words_of_colour_images():
    model, x = models.VQVAE(positions=4, codes=6, dim=3, hidden=16, img_size=12, channels=3), torch.rand(5, 3, 12, 12)
    logits, _, _ = model(x)
    assert logits.shape == x.shape == model.decode(model.encode(x)).shape and model.logits
