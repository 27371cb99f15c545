"""The benchmark of published figures: estimator, objectives, schedule, resuming. What it finds is in benchmarks/results."""

import json

import pytest
import torch

from benchmarks import common, published


@pytest.fixture
def toy():
    """A model of 6 pixels with 2 latent dimensions whose codes matter, in double precision, and all 64 images."""
    torch.manual_seed(0)
    model = published.PaperVAE(torch.linspace(0.2, 0.8, 6), hidden=5, latent_dim=2).double()
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(2).add_(0.1 * torch.randn_like(parameter))
        model.to_logvar.bias.fill_(0.3)  # q wider than the posterior, so that no weight is far above the others
        model.to_mu.weight.mul_(0.5)
    images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 6)
    return model, images


@torch.no_grad()
def exact_log_likelihood(model, images):
    """log ∫ p(x|z) p(z) dz by a sum over a fine grid of z."""
    axis = torch.linspace(-7, 7, 141, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)
    pixels = torch.distributions.Bernoulli(logits=model.decode(z))
    area = (axis[1] - axis[0]) ** 2
    return torch.stack([torch.logsumexp(pixels.log_prob(x).sum(dim=1) + prior + area.log(), dim=0) for x in images])


def test_the_estimate_of_the_likelihood_is_right(toy):
    model, images = toy
    exact = exact_log_likelihood(model, images)
    assert exact.exp().sum() == pytest.approx(1, abs=1e-4)  # the probabilities of all images
    torch.manual_seed(1)
    assert (published.log_likelihood(model, images, samples=5000) - exact).abs().max() < 0.1
    many = torch.stack([published.log_likelihood(model, images, samples=5000) for _ in range(5)]).mean(dim=0)
    assert (many - exact).abs().max() < 0.05


def test_the_bounds_lie_in_order_below_the_likelihood(toy):
    model, images = toy
    exact = exact_log_likelihood(model, images).mean()
    torch.manual_seed(2)
    with torch.no_grad():
        log_w = published.log_weights(model, images, 10_000).view(5, 2000, 64)
        elbo = published.bound(log_w.flatten(0, 1), "vae").mean()
        five = published.bound(log_w, "iwae").mean()  # k = 5, 2,000 times over
    assert elbo < five - 0.05 < exact - 0.05
    once = published.log_weights(model, images, 1)
    assert torch.allclose(published.bound(once, "vae"), published.bound(once, "iwae"))


def test_the_schedule_is_the_papers():
    epochs = [published.stage_epochs(i) for i in range(published.STAGES)]
    assert epochs == [1, 3, 9, 27, 81, 243, 729, 2187]
    assert sum(epochs) == 3280
    assert published.stage_lr(0) == pytest.approx(1e-3)
    assert published.stage_lr(7) == pytest.approx(1e-4)
    assert published.stage_lr(1) == pytest.approx(0.00071969, rel=1e-4)


def test_the_first_model_says_the_mean_image():
    mean = torch.tensor([0.0, 0.3, 1.0])
    model = published.PaperVAE(mean)
    assert torch.allclose(model.decode(torch.zeros(1, 50)).sigmoid(), torch.tensor([[0.001, 0.3, 0.999]]), rtol=1e-4)


@pytest.fixture
def small_benchmark(monkeypatch, tmp_path):
    """main() on 40 images, noisy copies of a pattern and its negative; 20 samples; results and checkpoints in tmp_path."""
    torch.manual_seed(0)
    pattern = torch.rand(64).round() * 0.8 + 0.1
    grey = torch.where(torch.rand(60, 1) < 0.5, pattern, 1 - pattern)
    monkeypatch.setattr(published, "load_images", lambda: (grey[:40], grey[40:]))
    monkeypatch.setattr(published, "SAMPLES", 20)
    monkeypatch.setattr(common, "RESULTS", tmp_path)

    def run(folder, *arguments):
        published.main(["--runs", "vae-1", "iwae-5", "--checkpoints", str(tmp_path / folder), *arguments])
        return json.loads((tmp_path / "published.json").read_text(encoding="utf-8"))

    return run


def without_seconds(result):
    return [[{**row, "seconds": None} for row in run["stages"]] for run in result["runs"]]


def test_an_interrupted_run_goes_on_to_the_same_numbers(small_benchmark, monkeypatch, capsys):
    whole = small_benchmark("whole", "--short", "--stages", "3")
    output = capsys.readouterr().out
    assert "SHORTENED" in output
    assert "13 of 3280" in output
    assert [row["epochs"] for row in whole["runs"][0]["stages"]] == [1, 4, 13]
    assert whole["shortened"] is True
    scored = whole["runs"][0]["stages"][-1]
    assert (scored["images"], scored["samples"]) == (20, 20)
    first, _, last = (row["training_bound"] for row in whole["runs"][0]["stages"])
    assert last > first + 2
    assert scored["nll"] < -first - 2

    calls = []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    train_epoch = published.train_epoch
    monkeypatch.setattr(published, "train_epoch", dies)
    monkeypatch.setattr(published, "SAVE_SECONDS", -1)  # a checkpoint after each epoch
    with pytest.raises(KeyboardInterrupt):
        small_benchmark("halves", "--short", "--stages", "3")
    halves = small_benchmark("halves", "--short", "--stages", "3")
    assert "goes on after epoch 7" in capsys.readouterr().out
    assert len(calls) == 8 + 6 + 13  # 7 epochs and the one that died, the other 6, then all of the second run
    assert without_seconds(halves) == without_seconds(whole)

    longer = small_benchmark("halves", "--short", "--stages", "3", "--images", "10")
    assert len(calls) == 27  # nothing is trained again
    assert longer["runs"][0]["stages"][-1]["images"] == 10


def test_a_checkpoint_of_another_run_is_refused(small_benchmark, monkeypatch):
    small_benchmark("one", "--stages", "3")
    grey, test = published.load_images()
    monkeypatch.setattr(published, "load_images", lambda: (grey[:20], test))
    with pytest.raises(ValueError, match="--checkpoints"):
        small_benchmark("one", "--stages", "3")


@pytest.mark.parametrize("wrong", ["vae", "iwae-7", "vae-1x"])
def test_an_unknown_run_is_refused(wrong, capsys):
    with pytest.raises(SystemExit):
        published.main(["--runs", wrong])
    assert "expected vae-1" in capsys.readouterr().err
