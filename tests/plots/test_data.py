"""Images and classes out of whatever data set a student has."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from tests.plots.support import Codes, pictures
from vae_helpers import data, plots
from vae_helpers.plots._data import first_images, is_digits, sample

N = 12
IMAGES = torch.rand(N, 1, 5, 5, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(N) % 3


class Map(Dataset):
    """entries(i) for each i; counts how often it was asked."""

    def __init__(self, entry, length=N):
        self.entry, self.length, self.asked = entry, length, []

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        self.asked.append(i)
        return self.entry(i)


class Stream(IterableDataset):
    def __iter__(self):
        return ((IMAGES[i % N], int(LABELS[i % N])) for i in itertools.count())


class Doubled(data.ImageDataset):
    """A subclass with a transform of its own."""

    def __getitem__(self, i):
        image, label = super().__getitem__(i)
        return image / 2, label


def collate(entries):
    return torch.stack([entry["x"] for entry in entries]), torch.tensor([entry["y"] for entry in entries])


ours = data.ImageDataset(IMAGES, LABELS, "ours")
SOURCES = {
    "ImageDataset": ours,
    "Subset": Subset(ours, range(N)),
    "split": torch.utils.data.random_split(ours, [N, 0], generator=torch.Generator().manual_seed(0))[0],
    "TensorDataset": TensorDataset(IMAGES, LABELS),
    "pairs": Map(lambda i: (IMAGES[i], int(LABELS[i]))),
    "labels as tensors": Map(lambda i: (IMAGES[i], LABELS[i])),
    "arrays": Map(lambda i: (IMAGES[i, 0].numpy(), np.int64(LABELS[i]))),
    "list of pairs": [(image, int(label)) for image, label in zip(IMAGES, LABELS, strict=True)],
    "tensors": (IMAGES, LABELS),
    "numpy": (IMAGES.numpy(), LABELS.numpy()),
    "loader": DataLoader(ours, batch_size=5),
    "loader with a collate_fn": DataLoader(Map(lambda i: {"x": IMAGES[i], "y": int(LABELS[i])}), 5, collate_fn=collate),
    "words": Map(lambda i: (IMAGES[i], "abc"[LABELS[i]])),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_data_set_gives_its_images_and_classes(source):
    drawn = sample(SOURCES[source], 100, "dataset")
    order = SOURCES[source].indices if source == "split" else range(N)
    torch.testing.assert_close(drawn.images, IMAGES[list(order)])
    assert drawn.classes.places.tolist() == LABELS[list(order)].tolist()
    assert list(drawn.classes.names.values()) == (list("abc") if source == "words" else ["0", "1", "2"])


@pytest.mark.parametrize("stream", [Stream(), DataLoader(Stream(), batch_size=5)], ids=["dataset", "loader"])
def test_of_a_stream_the_first_are_taken(stream):
    drawn = sample(stream, 7, "dataset")
    torch.testing.assert_close(drawn.images, IMAGES[:7])
    assert drawn.classes.places.tolist() == LABELS[:7].tolist()


@pytest.mark.parametrize(
    "source",
    [
        IMAGES,
        Map(lambda i: IMAGES[i]),
        Map(lambda i: (IMAGES[i],)),
        Map(lambda i: (IMAGES[i], IMAGES[i])),
        list(IMAGES),
    ],
    ids=["tensor", "items", "tuples of one", "pairs of images", "list"],
)
def test_images_alone_have_no_classes(source):
    drawn = sample(source, 100, "dataset")
    torch.testing.assert_close(drawn.images, IMAGES)
    assert drawn.classes.names == {} and len(drawn.classes.indices) == N


@pytest.mark.parametrize(
    "labels, places, names",
    [
        ([7, 2, 7], [7, 2, 7], {2: "2", 7: "7"}),  # a digit has its own colour, whichever others are there
        ([7, 12, 7], [0, 1, 0], {0: "7", 1: "12"}),
        ([-1, 3, 3], [0, 1, 1], {0: "-1", 1: "3"}),
    ],
)
def test_places_of_the_classes(labels, places, names):
    classes = sample((IMAGES[:3], torch.tensor(labels)), 9, "dataset").classes
    assert classes.places.tolist() == places and classes.names == names


def test_pil_images_as_torchvision_gives_them():
    picture = (torch.rand(3, 4, 6) * 255).to(torch.uint8)
    drawn = sample(Map(lambda i: (Image.fromarray(picture.permute(1, 2, 0).numpy()), 0)), 5, "dataset")
    assert drawn.images.shape == (5, 3, 4, 6)
    torch.testing.assert_close(drawn.images[0], picture / 255)


def test_torchvisions_data_set(monkeypatch):
    torchvision = pytest.importorskip("torchvision")
    fake = torchvision.datasets.FakeData(20, (1, 28, 28), 4, transform=torchvision.transforms.ToTensor())
    figure = plots.plot_latent(Codes(), fake)
    assert len(figure.axes[0].collections[0].get_offsets()) == 20
    assert figure.axes[1].get_ylabel() == "class"
    assert len(pictures(plots.plot_reconstructions(Codes(), fake, n=3))) == 6


def test_torchvisions_mnist_from_its_folder(mnist_folder):
    datasets = pytest.importorskip("torchvision").datasets
    ours = data.load_mnist(mnist_folder, train=False)
    theirs = datasets.MNIST(mnist_folder, train=False)  # PIL images
    drawn = sample(theirs, 50, "dataset")
    torch.testing.assert_close(drawn.images, ours.images[drawn.classes.indices])
    assert drawn.classes.places.tolist() == ours.labels[drawn.classes.indices].tolist() and is_digits(theirs)
    assert set(drawn.classes.names.values()) <= set("0123456789")


def test_only_the_sample_is_read_at_random_and_always_the_same():
    source = Map(lambda i: (IMAGES[i % N], i % 10), length=1000)
    sample(source, 30, "dataset")
    assert len(source.asked) == 30 and source.asked == sorted(set(source.asked)) and max(source.asked) > 500
    again = Map(source.entry, length=1000)
    torch.manual_seed(7)
    sample(again, 30, "dataset")
    assert again.asked == source.asked


def test_transforms_run_and_the_random_state_stays():
    torch.testing.assert_close(sample(Doubled(IMAGES, LABELS, "x"), 99, "dataset").images, IMAGES / 2)
    state = torch.get_rng_state()
    sample(Map(lambda i: (torch.rand(1, 5, 5), 0)), 99, "dataset")
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("source", ["ImageDataset", "pairs", "loader", "tensors"])
def test_the_first_images(source):
    torch.testing.assert_close(first_images(SOURCES[source], 3, "images"), IMAGES[:3])
    assert len(first_images(SOURCES[source], 99, "images")) == N


@pytest.mark.parametrize("count", [1, 3])
def test_few_grey_images_are_not_taken_for_one_in_colour(count):
    drawn = sample(Map(lambda i: (IMAGES[i, 0], 0), length=count), 9, "dataset")
    torch.testing.assert_close(drawn.images, IMAGES[:count])


def test_digits_are_known_beneath_subsets_and_loaders():
    digits = data.ImageDataset(IMAGES, LABELS, "MNIST")
    assert is_digits(digits) and is_digits(Subset(Subset(digits, [0]), [0])) and is_digits(DataLoader(digits))
    assert not is_digits(ours) and not is_digits(IMAGES)


class NoLength:
    def __getitem__(self, i):
        return IMAGES[i % N], 0


@pytest.mark.parametrize(
    "source, message",
    [
        (None, "got NoneType, expected a data set of"),
        (7, "got int, expected a data set of"),
        (Map(lambda i: IMAGES[i], length=0), "there are no images in it"),
        (DataLoader(Map(lambda i: IMAGES[i], length=0)), "there are no images in it"),
        (IMAGES[:0], "there are no images in it"),
        (Map(lambda i: {"x": IMAGES[i], "y": 0}), r"its entries are dicts \('x', 'y'\), expected \(image, label\)"),
        (Map(lambda i: ("a.png", 0)), "an entry's image is str"),
        (Map(lambda i: (torch.rand(1, 5, 5 + i), 0)), "images of different shapes"),
        (Map(lambda i: (IMAGES[i], 0.5)), "expected a whole number for each image"),
        (Map(lambda i: (torch.rand(2, 5, 5), 0)), "got 2 channels"),
        (NoLength(), "NoLength does not tell its length"),
        ((IMAGES, LABELS[:3]), "got 12 images and 3 labels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_data_set_is_named(source, message):
    with pytest.raises(ValueError, match=message) as caught:
        sample(source, 100, "plot_x(dataset)")
    assert "plot_x(dataset)" in str(caught.value)
