"""What lesson 14 says beyond its own cells, on networks of seeds that the text was not written from."""

import time
from functools import lru_cache

import torch
from sklearn.mixture import GaussianMixture

from vae_helpers import metrics, models

from .ledger import claim
from .networks import images_of, pretrained, test_images

OTHERS, N = (1, 2, 3), 1000  # seeds; pictures drawn, and test images that they are compared with


@lru_cache(maxsize=1)
def judge():
    return models.load_pretrained("judge")


@lru_cache(maxsize=1)
def real():
    with torch.no_grad():
        return judge().features(test_images(N))


@torch.no_grad()
def measured(name, pictures):
    """Figures of pictures (N, 1, 28, 28), each under the name and what it is."""
    features = judge().features(pictures)
    return {
        f"{name}_sharp": metrics.sharpness(pictures, test_images(N)),
        f"{name}_frechet": metrics.frechet_distance(features, real()),
        f"{name}_cover": metrics.coverage(features, real()),
    }


def right(pictures):
    """The share of the pictures, in the order of labels(), that the judge reads as their label."""
    return (judge().read(pictures)[0] == labels()).float().mean().item()


def labels():
    return torch.arange(10).repeat(N // 10)


@torch.no_grad()
def mu(model, images):
    code = model.encode(images)
    return code[0] if isinstance(code, tuple) else code


def fitted(codes, gaussians, seed, n=N):
    """n codes from a mixture of so many Gaussians fitted to codes (M, …)."""
    mixture = GaussianMixture(gaussians, reg_covar=1e-3, random_state=seed).fit(codes.flatten(1).double().numpy())
    return torch.from_numpy(mixture.sample(n)[0]).float().view(n, *codes.shape[1:])


@lru_cache(maxsize=20)
@torch.no_grad()
def by_source(name, seed):
    """N pictures from each source of codes of a network: its reconstructions, N(0, I), one Gaussian, ten."""
    model, train = pretrained(name, seed), images_of("train").images[:10_000]
    codes = mu(model, train)
    sources = {
        "again": mu(model, test_images(N)),
        "prior": torch.randn(N, *codes.shape[1:]),
        "one": fitted(codes, 1, seed),
        "ten": fitted(codes, 10, seed),
    }
    return {source: model.decode(z) for source, z in sources.items()}


@torch.no_grad()
def diffused(name, seed, w=2.0, y=None):
    """N pictures by a diffusion model on spatial-vae's codes, of the labels asked for."""
    return pretrained("spatial-vae", seed).decode(pretrained(name, seed).sample(labels() if y is None else y, w=w))


@torch.no_grad()
def by_gan(seed):
    model = pretrained("gan", seed)
    return model.decode(torch.randn(N, model.latent_dim))


@claim(lesson="14", vi="TODO a_better_prior", en="TODO a_better_prior", holds=lambda rows: True, seeds=OTHERS)
def a_better_prior(seed):
    """1,000 pictures from each source of codes of three VAEs."""
    found = {}
    for short, name in {"b40": "vae-16d", "b1000": "vae-16d-b1000", "map": "spatial-vae"}.items():
        for source, pictures in by_source(name, seed).items():
            found |= measured(f"{short}_{source}", pictures)
    return found


@claim(
    lesson="14", vi="TODO gan_beside_the_others", en="TODO gan_beside_the_others", holds=lambda rows: True, seeds=OTHERS
)
def gan_beside_the_others(seed):
    """shares: of the digits that the judge reads among 10,000 pictures, the rarest and the commonest."""
    model = pretrained("gan", seed)
    with torch.no_grad():
        many = torch.cat([model.decode(torch.randn(1000, model.latent_dim)) for _ in range(10)])
    shares = torch.bincount(judge().read(many)[0], minlength=10) / len(many)
    rivals = {"b40": "vae-16d", "ae64": "ae-64d"}
    found = measured("gan", by_gan(seed)) | {"rarest": shares.min().item(), "commonest": shares.max().item()}
    for short, name in rivals.items():
        for source in ("again", "ten"):
            found |= measured(f"{short}_{source}", by_source(name, seed)[source])
    return found | measured("diffusion", diffused("latent-diffusion", seed))


@claim(
    lesson="14",
    vi="TODO diffusion_beside_a_mixture",
    en="TODO diffusion_beside_a_mixture",
    holds=lambda rows: True,
    seeds=OTHERS,
)
def diffusion_beside_a_mixture(seed):
    """by_digit: five Gaussians for each digit, fitted to its codes among 20,000."""
    spatial, train = pretrained("spatial-vae", seed), images_of("train")
    with torch.no_grad():
        codes, digits = mu(spatial, train.images[:20_000]), train.labels[:20_000]
        drawn = [fitted(codes[digits == digit], 5, seed, N // 10) for digit in range(10)]
        by_digit = spatial.decode(torch.stack(drawn, dim=1).flatten(0, 1))
    pictures = {
        "by_digit": by_digit,
        "diffusion": diffused("latent-diffusion", seed),
        "short": diffused("latent-diffusion-short", seed),
        "unscaled": diffused("latent-diffusion-unscaled", seed),
    }
    found = {"scale": pretrained("latent-diffusion", seed).scale.item()}
    for name, drawn in pictures.items():
        found |= measured(name, drawn) | {f"{name}_right": right(drawn)}
    return found


@claim(lesson="14", vi="TODO forgotten_scale", en="TODO forgotten_scale", holds=lambda rows: True, seeds=OTHERS)
def forgotten_scale(seed):
    """1,000 pictures: the codes divided by the scale factor before they are decoded, and not."""
    model, spatial = pretrained("latent-diffusion", seed), pretrained("spatial-vae", seed)
    codes = model.sample(labels())
    with torch.no_grad():
        return measured("divided", spatial.decode(codes)) | measured("forgotten", spatial.decode(codes * model.scale))


@claim(lesson="14", vi="TODO guidance", en="TODO guidance", holds=lambda rows: True, seeds=OTHERS)
def guidance(seed):
    """1,000 pictures for each weight w of the guidance, 100 of each digit."""
    found = {}
    for w in (0, 1, 2, 4):
        pictures = diffused("latent-diffusion", seed, w)
        found |= measured(f"w{w}", pictures) | {f"w{w}_right": right(pictures)}
    return found


@claim(lesson="14", vi="TODO all_in_one_table", en="TODO all_in_one_table", holds=lambda rows: True, seeds=OTHERS)
def all_in_one_table(seed):
    """ms: to draw one of N pictures on one core of this machine."""
    vq, prior, spatial = (pretrained(name, seed) for name in ("vq-vae", "vq-prior", "spatial-vae"))
    vae, train = pretrained("vae-16d", seed), images_of("train").images[:10_000]
    ways = {
        "prior": lambda: vae.decode(torch.randn(N, 16)),
        "ten": lambda: vae.decode(fitted(mu(vae, train), 10, seed)),
        "gan": lambda: by_gan(seed),
        "vq": lambda: vq.decode(prior.sample(N, vq.positions)),
        "diffusion": lambda: diffused("latent-diffusion", seed),
        "map_ten": lambda: spatial.decode(fitted(mu(spatial, train), 10, seed)),
    }
    found = {}
    for name, way in ways.items():
        started = time.perf_counter()
        with torch.no_grad():
            pictures = way()
        found |= {f"{name}_ms": 1000 * (time.perf_counter() - started) / N} | measured(name, pictures)
    return found


@claim(lesson="14", vi="TODO", en="TODO", holds=lambda rows: True, seeds=(1,))
def three_epochs_on_a_cpu(seed):
    """one seed: a clock. The processor's time for 20 steps of latent-diffusion-short with batches of 128 codes, on one core,
    for all 1,407 steps, shared by two cores."""
    model, codes = models.LatentDiffusion().train(), torch.randn(128, 4, 7, 7)
    optimizer = torch.optim.Adam(model.parameters())
    for step in range(25):
        if step == 5:
            started = time.process_time()
        guess, epsilon = model(codes, torch.randint(10, (128,)))
        optimizer.zero_grad()
        (guess - epsilon).pow(2).mean().backward()
        optimizer.step()
    return {"seconds": (time.process_time() - started) / 20 * 1407 / 2}
