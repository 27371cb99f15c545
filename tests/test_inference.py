"""Looking at a model changes nothing in it, and what it gives is read in one way everywhere."""

import math

import pytest
import torch
from torch import nn

from vae_helpers._inference import as_images, checked_images, codes_of, kept_modes, looking_at, outputs_of


class Frozen(nn.Module):
    """In train mode, but for a batch norm that is frozen."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm, self.dropout = nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()
        self.norm.eval()

    def forward(self, x):
        return self.dropout(self.norm(self.layer(x)))

    def modes(self):
        return [module.training for module in self.modules()]


def test_looking_switches_dropout_off_and_gives_no_gradient():
    model, x = Frozen(), torch.rand(8, 4)
    with looking_at(model):
        assert not any(model.modes())
        a, b = model(x), model(x)
    assert torch.equal(a, b) and not a.requires_grad


@pytest.mark.parametrize("whole", ["train", "eval"])
def test_looking_puts_each_layer_back_in_its_mode(whole):
    model = Frozen() if whole == "train" else Frozen().eval()
    before, buffers = model.modes(), [buffer.clone() for buffer in model.buffers()]
    with pytest.raises(ZeroDivisionError), looking_at(model):
        model(torch.rand(8, 4))
        raise ZeroDivisionError
    assert model.modes() == before and model.norm.training is False
    assert all(torch.equal(a, b) for a, b in zip(model.buffers(), buffers, strict=True))


def test_looking_draws_no_random_number_of_the_training():
    model, state = Frozen(), torch.get_rng_state()
    with looking_at(model):
        torch.manual_seed(1), torch.rand(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_kept_modes_allow_any_switching_inside():
    model = Frozen()
    before = model.modes()
    with kept_modes(model):
        model.train()
        assert all(model.modes())
    assert model.modes() == before


def test_outputs_are_a_list_that_starts_with_recon():
    recon, z = torch.rand(2, 784), torch.rand(2, 3)
    assert outputs_of(recon) == [recon]
    assert outputs_of((recon,)) == outputs_of([recon]) == [recon]
    assert outputs_of([recon, z]) == outputs_of((recon, z)) == [recon, z]
    assert outputs_of((recon, (z, z))) == [recon, (z, z)]


@pytest.mark.parametrize(
    "wrong, named", [({"recon": 1}, "dict"), (None, "NoneType"), ((), "tuple"), ((1.0, 2), "tuple.float, int")]
)
def test_other_outputs_are_named(wrong, named, language):
    with pytest.raises(ValueError, match=named) as caught:
        outputs_of(wrong)
    assert "(recon, mu, logvar)" in str(caught.value)


def test_codes_come_from_encode_or_from_the_second_output():
    class Coder(nn.Module):
        def forward(self, x):
            return x, x.flatten(1)[:, :2], torch.zeros(len(x), 2)

    class ListEncoder(Coder):
        def encode(self, x):
            return [x.flatten(1)[:, :3], torch.zeros(len(x), 3)]

    images = torch.rand(5, 1, 4, 4)
    assert torch.equal(codes_of(Coder(), images, batch_size=2), images.flatten(1)[:, :2])
    assert torch.equal(codes_of(ListEncoder(), images), images.flatten(1)[:, :3])


def test_a_plain_autoencoder_without_encode_has_no_code_and_says_so(language):
    with pytest.raises(ValueError, match="Identity.*encode"):
        codes_of(nn.Identity(), torch.rand(2, 1, 4, 4))


@pytest.mark.parametrize("given", [(3, 784), (3, 28, 28), (3, 1, 28, 28), (3, 1, 784)])
def test_as_images_takes_whatever_has_as_many_pixels(given):
    flat = torch.rand(3, 784)
    assert torch.equal(as_images(flat.view(given), (1, 28, 28)), flat.view(3, 1, 28, 28))


def test_as_images_of_colours_and_of_the_wrong_size(language):
    assert as_images(torch.rand(2, 3 * 32 * 32), (3, 32, 32)).shape == (2, 3, 32, 32)
    assert as_images(torch.rand(2, 784)).shape == (2, 1, 28, 28)
    with pytest.raises(ValueError, match=r"\(2, 700\).*\(1, 28, 28\)"):
        as_images(torch.rand(2, 700), (1, 28, 28))


def test_images_that_a_screen_can_show_pass():
    images = torch.tensor([0.0, 1.0, 1.0005, -0.0005])
    assert checked_images(images) is images
    checked_images(torch.tensor([-0.4, 1.3]), tolerance=0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_is_named_and_never_drawn_black(bad, language):
    with pytest.raises(ValueError, match="recon.*NaN.*lr"):
        checked_images(torch.tensor([0.5, bad]), "recon")


@pytest.mark.parametrize(
    "values, named", [([-0.9, 1.07], "-0.9.*1.07"), ([0.0, 255.0], "0.*255"), ([-0.01, 0.5], "-0.01")]
)
def test_logits_are_named(values, named, language):
    with pytest.raises(ValueError, match=f"recon.*{named}.*logit.*sigmoid"):
        checked_images(torch.tensor(values), "recon")
