"""Data sets in memory: what they take and refuse, the embedded digits, splits, noise."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

import vae_helpers
from tests.models.support import close
from vae_helpers import data


def test_digits_are_all_there_and_never_in_both_parts():
    parts = [data.load_digits(train).images.flatten(1) for train in (True, False)]
    rows = [tuple(image.tolist()) for part in parts for image in part]
    assert len(rows) == 1797
    assert not set(rows[:1438]) & set(rows[1438:])


# ------------------------------------------------------------------------------------------------------ split


def numbered(n):
    return data.ImageDataset(torch.arange(n).float().view(n, 1, 1, 1) / n, torch.arange(n), "numbers")


def test_split_covers_everything_once():
    first, second = data.split(numbered(60_000))
    assert (len(first), len(second)) == (48_000, 12_000)
    assert sorted(first.labels.tolist() + second.labels.tolist()) == list(range(60_000))
    assert torch.equal((first.images.flatten() * 60_000).round().long(), first.labels)


def test_split_depends_on_the_seed_alone():
    a, b, c = (data.split(numbered(100), seed=seed)[0].labels.tolist() for seed in (1, 1, 2))
    assert a == b != c


def test_split_may_leave_images_out():
    parts = data.split(numbered(100), (0.2, 0.3))
    assert [len(part) for part in parts] == [20, 30]


@pytest.mark.parametrize(
    "fractions, sizes",
    [((0.34, 0.56, 0.10), [68, 112, 20]), ((0.7, 0.2, 0.1), [140, 40, 20]), ((1 / 3, 1 / 3, 1 / 3), [67, 67, 66])],
)
def test_fractions_whose_floats_do_not_quite_make_one(fractions, sizes):
    """0.34 + 0.56 + 0.10 is 1.0000000000000002, and 0.7 + 0.2 + 0.1 is 0.9999999999999999."""
    parts = data.split(numbered(200), fractions)
    assert [len(part) for part in parts] == sizes
    assert sorted(label for part in parts for label in part.labels.tolist()) == list(range(200))


@pytest.mark.parametrize("fractions", [(0.8, 0.2), (0.2, 0.3), (0.123, 0.456), (1,), (0.5,)])
@pytest.mark.parametrize("n", [100, 101, 1438])
def test_split_divides_as_torch_does(fractions, n):
    """The same images in the same parts as by random_split with these fractions: lessons and scores depend on it."""
    rest = 1 - sum(fractions)
    theirs = random_split(range(n), [*fractions, *([rest] if rest else [])], torch.Generator().manual_seed(5))
    ours = data.split(numbered(n), fractions, seed=5)
    assert [part.labels.tolist() for part in ours] == [list(part) for part in theirs][: len(fractions)]


def test_parts_keep_names_and_classes_and_the_lack_of_labels():
    named = data.ImageDataset(torch.rand(10, 1, 2, 2), [0, 1] * 5, "animals", ["cat", "dog"])
    part = data.split(named)[0]
    assert (part.name, part.classes, len(part.labels)) == ("animals", ["cat", "dog"], 8)
    assert data.split(data.ImageDataset(torch.rand(10, 1, 2, 2)))[1].labels is None


def test_a_class_of_your_own_keeps_what_it_does():
    """A __getitem__ that changes the image, for augmentation, must still run: so its parts are Subsets of it."""

    class Bright(data.ImageDataset):
        def __getitem__(self, index):
            return 1 - self.images[index], int(self.labels[index])

    first, second = data.split(Bright(torch.zeros(10, 1, 2, 2), torch.arange(10), "bright"))
    assert isinstance(first, Subset) and len(second) == 2 and first[0][0].min() == 1


def test_split_takes_any_dataset():
    first, second = data.split(TensorDataset(torch.arange(10)), (0.8, 0.2))
    assert sorted(int(item[0]) for part in (first, second) for item in part) == list(range(10))


@pytest.mark.parametrize("fractions", [(0.8, 0.3), (1.2, -0.2), (0.999, 0.001), (80, 20), (0.5, 0), (float("nan"),)])
def test_impossible_fractions_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        data.split(numbered(100), fractions)


def test_images_without_labels():
    x = torch.rand(6, 3, 4, 4)
    dataset = data.ImageDataset(x, name="paintings")
    assert dataset.labels is None and dataset.classes is None and len(dataset) == 6
    assert torch.equal(dataset[2], x[2])
    assert next(iter(DataLoader(dataset, batch_size=4))).shape == (4, 3, 4, 4)


@pytest.mark.parametrize(
    "given",
    [torch.tensor([0, 51, 255], dtype=torch.uint8), np.array([0, 51, 255], dtype=np.uint8)],
    ids=["torch", "numpy"],
)
def test_bytes_become_shares_of_255(given):
    """As torchvision's ToTensor does: uint8 can only mean 0 … 255."""
    dataset = data.ImageDataset(given.reshape(3, 1, 1, 1), [1, 2, 3], "bytes")
    close(dataset.images, torch.tensor([0, 0.2, 1.0]).view(3, 1, 1, 1))
    assert dataset.images.dtype == torch.float32 and dataset.labels.dtype == torch.int64


@pytest.mark.parametrize("given", [torch.rand(3, 1, 2, 2).double(), np.random.default_rng(0).random((3, 1, 2, 2))])
def test_other_floats_become_float32(given):
    dataset = data.ImageDataset(given)
    assert dataset.images.dtype == torch.float32
    close(dataset.images, torch.as_tensor(given).float())


def test_what_is_no_picture_stays_as_it_is():
    """Images that are centred, for PCA, standardised, or overshoot a little from resizing; and the words of a VQVAE."""
    words = torch.tensor([[5, 70], [3, 0]])
    for values in ([-0.4, 0.3], [-0.4, 2.8], [0.0, 1.04]):
        images = torch.tensor(values).view(2, 1, 1, 1)
        assert torch.equal(data.ImageDataset(images).images, images)
    assert torch.equal(data.ImageDataset(words).images, words)
    assert torch.equal(data.ImageDataset(torch.eye(4)[:, :, None, None] > 0).images[:, :, 0, 0], torch.eye(4))


def test_images_that_a_model_drew_carry_no_gradient():
    drawn = torch.rand(2, 1, 2, 2, requires_grad=True) * 1
    assert not data.ImageDataset(drawn).images.requires_grad


@pytest.mark.parametrize(
    "images, message",
    [
        (torch.rand(5, 4, 4), r"shape \(5, 4, 4\), expected \(N, C, H, W\).*images\[:, None\]"),
        (torch.rand(5), r"shape \(5,\), expected"),
        (torch.rand(5, 8, 9, 3), r"looks like \(N, H, W, C\).*permute\(0, 3, 1, 2\)"),
        (
            255 * torch.rand(5, 1, 4, 4),
            r"the values go from .* expected \[0, 1\]: divide them by what white is, mostly 255",
        ),
        (torch.tensor([0.0, 16.0, 7.0]).view(3, 1, 1, 1), r"from 0 to 16, expected \[0, 1\]: divide them"),
        (torch.randint(0, 256, (5, 1, 4, 4)), r"whole numbers \(torch.int64\).*float\(\) / 255"),
        (torch.full((5, 1, 4, 4), float("nan")), "image 0 has a pixel that is NaN"),
        (["a.png", "b.png"], "got list, expected a tensor or an array"),
    ],
)
def test_images_that_would_train_nothing_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        data.ImageDataset(images, torch.zeros(len(images)), "x")


def test_the_broken_image_is_named():
    images = torch.rand(5, 1, 4, 4)
    images[3, 0, 1, 1] = float("inf")
    with pytest.raises(ValueError, match="image 3 has a pixel that is NaN or infinite"):
        data.ImageDataset(images)


@pytest.mark.parametrize(
    "labels, classes, message",
    [
        (torch.zeros(2), None, "got 3 images and 2 labels"),
        (torch.zeros(3, 10), None, r"got 3 images and labels of shape \(3, 10\), expected one whole number each"),
        (torch.tensor([0, 0.5, 1]), None, "expected whole numbers, got fractions"),
        (
            ["cat", "dog", "cat"],
            None,
            "got list, expected a tensor or an array of numbers. Names of classes go into classes=",
        ),
        ([1, 2, 3], ["cat", "dog", "cow"], "the labels go from 1 to 3, expected 0 to 2: there are 3 classes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, classes, message):
    with pytest.raises(ValueError, match=message):
        data.ImageDataset(torch.rand(3, 1, 1, 1), labels, "x", classes)


def test_repr_tells_name_and_shape(language):
    assert repr(numbered(1000)) == {"vi": "numbers: 1.000 × (1, 1, 1)", "en": "numbers: 1,000 × (1, 1, 1)"}[language]
    assert vae_helpers.data is data


def test_gaussian_noise_has_its_standard_deviation_and_stays_in_range():
    torch.manual_seed(0)
    noise = data.add_noise(torch.full((200, 1, 28, 28), 0.5), "gaussian", 0.1) - 0.5
    assert abs(noise.mean()) < 1e-3 and abs(noise.std() - 0.1) < 1e-3
    noisy = data.add_noise(torch.zeros(20, 1, 28, 28), "gaussian", 2.0)
    assert noisy.min() == 0 and noisy.max() == 1


def test_masking_noise_erases_its_share_and_keeps_the_rest():
    torch.manual_seed(0)
    x = torch.rand(200, 1, 28, 28) * 0.9 + 0.1
    noisy = data.add_noise(x, "mask", 0.3)
    hit = noisy == 0
    assert abs(hit.float().mean() - 0.3) < 0.01 and torch.equal(noisy[~hit], x[~hit])
    assert not torch.equal(hit[0], hit[1])


def test_salt_and_pepper_come_in_equal_parts():
    torch.manual_seed(0)
    x = torch.full((200, 1, 28, 28), 0.5)
    noisy = data.add_noise(x, "salt-pepper", 0.4)
    for value, share in ((0, 0.2), (1, 0.2), (0.5, 0.6)):
        assert abs((noisy == value).float().mean() - share) < 0.01


@pytest.mark.parametrize("kind", ["gaussian", "mask", "salt-pepper"])
def test_noise_leaves_the_images_alone_and_follows_the_seed(kind):
    x = torch.rand(5, 1, 28, 28)
    before = x.clone()
    torch.manual_seed(3)
    noisy = data.add_noise(x, kind)
    torch.manual_seed(3)
    assert torch.equal(data.add_noise(x, kind), noisy) and torch.equal(x, before)
    assert not torch.equal(noisy, x) and noisy.dtype == x.dtype
    assert torch.equal(data.add_noise(x, kind, 0), x)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"kind": "salt"}, "add_noise.kind.: got 'salt'"),
        ({"amount": -1}, "a standard deviation from 0 up"),
        ({"kind": "mask", "amount": 1.5}, "got 1.5 for 'mask', expected a probability"),
    ],
)
def test_bad_noise_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.add_noise(torch.rand(2, 1, 28, 28), **arguments)


# ---------------------------------------------------------------------------------------------------- sprites


@pytest.fixture(scope="module")
def sprites():
    return data.sprites(2000, seed=3)


@pytest.mark.parametrize("size", [28, 32, 64])
def test_sprites_are_colour_images_with_labels_and_factors(size):
    dataset = data.sprites(50, size, seed=1)
    assert dataset.images.shape == (50, 3, size, size) and dataset.images.dtype == torch.float32
    assert dataset.images.min() >= 0 and dataset.images.max() == 1 and dataset.images.isfinite().all()
    assert dataset.classes == ["ellipse", "triangle", "heart"] and torch.equal(dataset.labels, dataset.factors["shape"])
    assert list(dataset.factors) == ["shape", "hue", "size", "angle", "x", "y"]
    assert all(value.shape == (50,) for value in dataset.factors.values())


def test_sprites_depend_on_the_seed_alone_and_each_image_on_its_factors():
    """The first of many are those of the same factors drawn alone, at any size."""
    a, b, c = data.sprites(1500, seed=1), data.sprites(1500, seed=1), data.sprites(1500, seed=2)
    assert torch.equal(a.images, b.images) and not torch.equal(a.images, c.images)
    halved = torch.nn.functional.avg_pool2d(data.sprites(20, 64, seed=1).images, 2)
    difference = (halved - data.sprites(20, 32, seed=1).images).abs()
    assert difference.mean() < 0.005 and difference.max() < 0.5  # the largest where a tip is thinner than a pixel


def test_factors_are_uniform_and_independent(sprites):
    values = torch.stack([(v - v.mean()) / v.std() for v in sprites.factors.values()])
    assert (values @ values.mT / 2000 - torch.eye(6)).abs().max() < 0.08
    for name, (low, high) in {"hue": (0, 2 / 3), "size": (0.18, 0.36), "angle": (-45, 45), "x": (0.36, 0.64)}.items():
        value = sprites.factors[name]
        assert low <= value.min() < low + 0.05 * (high - low) and high - 0.05 * (high - low) < value.max() <= high


def test_factors_are_seen_in_the_pixels(sprites):
    """Place, size and colour measured on the image: the centroid follows x and y, the area size², the hue its channels."""
    cover = sprites.images.amax(dim=1)
    place = (torch.arange(32) + 0.5) / 32
    mass = cover.sum(dim=(1, 2))
    for name, axis in (("x", 1), ("y", 2)):
        centroid = (cover.sum(dim=axis) * place).sum(dim=1) / mass
        assert torch.corrcoef(torch.stack([centroid, sprites.factors[name]]))[0, 1] > 0.85, name
    ellipses = sprites.labels == 0
    area = mass[ellipses] / 32**2 / (torch.pi / 2 * sprites.factors["size"][ellipses] ** 2)
    assert (area - 1).abs().max() < 0.05
    red, green, blue = (sprites.images.sum(dim=(2, 3)) / mass[:, None]).T
    hue = sprites.factors["hue"]
    assert (red[hue < 1 / 6] > 0.999).all() and (green[(hue > 1 / 6) & (hue < 1 / 2)] > 0.999).all()
    assert (blue[hue > 1 / 2] > 0.999).all()


def test_angles_turn_clockwise():
    from vae_helpers._sprites import draw

    upright = {"shape": 1.0, "hue": 0.0, "size": 0.3, "angle": 0.0, "x": 0.5, "y": 0.5}
    images = draw(
        {name: torch.tensor([v, v]) for name, v in upright.items()} | {"angle": torch.tensor([-30.0, 30.0])}, 32
    )
    place = torch.arange(32.0)
    top = [(image[0, :10].sum(dim=0) * place).sum() / image[0, :10].sum() for image in images]
    assert top[0] < 15.5 < top[1]


def test_parts_keep_the_factors(sprites):
    first, second = data.split(sprites)
    assert len(first.factors["hue"]) == 1600 and len(second.factors) == 6
    assert torch.equal(first.labels, first.factors["shape"])


@pytest.mark.parametrize("arguments", [{"size": 30}, {"n": 0}, {"n": 2.5}])
def test_impossible_sprites_are_refused(arguments):
    with pytest.raises(ValueError, match=rf"sprites\({next(iter(arguments))}\)"):
        data.sprites(**arguments)
