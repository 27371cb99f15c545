"""Any data set and any loader give the batches that they should: fresh where they can change, kept where they cannot."""

import math

import pytest
import torch
import torchvision
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset
from torchvision.transforms import v2

from tests.training.support import QUIET, Items, numbers, same_weights, tiny, unchecked
from vae_helpers import data, losses, training
from vae_helpers.training import fit
from vae_helpers.training.batches import FromDataset, FromLoader, InMemory, batches_of

CPU = {"batch_size": 64, "device": torch.device("cpu"), "dtype": torch.float32, "shuffle": False}


def test_any_dataset_gives_the_same_as_an_image_dataset(small):
    a = fit(tiny(), small, epochs=2, batch_size=64, seed=1, **QUIET)
    b = fit(tiny(), Items(small), epochs=2, batch_size=64, seed=1, **QUIET)
    assert numbers(a) == numbers(b)


def test_data_loader_uses_its_own_batches(small):
    loader = DataLoader(Items(small), batch_size=30, shuffle=True)
    seen = []

    def loss(recon, x, mu, logvar):
        seen.append(len(x))
        return losses.vae_loss(recon, x, mu, logvar)

    runs = [fit(tiny(), loader, epochs=1, seed=1, loss=loss, **QUIET) for _ in range(2)]
    assert seen == [30] * 6 + [20] + [30] * 6 + [20]
    assert numbers(runs[0]) == numbers(runs[1])


# ------------------------------------------------------------------------------------ data sets of every kind


class Tensors(Items):
    def __getitem__(self, index):
        return self.source[index][0]


class Dicts(Items):
    def __getitem__(self, index):
        image, label = self.source[index]
        return {"image": image, "label": label}


class Paths(Items):
    def __getitem__(self, index):
        return f"{index}.png"


class Stream(IterableDataset):
    """Without a length, and without an item 0."""

    def __init__(self, source):
        self.source = source

    def __iter__(self):
        return (self.source[index] for index in range(len(self.source)))


def from_dicts(items):
    return torch.stack([item["image"] for item in items]), torch.tensor([item["label"] for item in items])


@pytest.fixture
def sources(small):
    def from_paths(paths):
        return torch.stack([small.images[int(path.removesuffix(".png"))] for path in paths])

    def loader(dataset, **arguments):
        return DataLoader(dataset, batch_size=64, **arguments)

    return {
        "tensors alone": Tensors(small),
        "tensors alone, loaded": loader(Tensors(small)),
        "a TensorDataset": TensorDataset(small.images),
        "pairs in a TensorDataset": TensorDataset(small.images, small.labels),
        "dicts mended by collate_fn": loader(Dicts(small), collate_fn=from_dicts),
        "paths mended by collate_fn": loader(Paths(small), collate_fn=from_paths),
        "a stream": Stream(small),
        "a stream, loaded": loader(Stream(small)),
        "a Subset": Subset(small, range(200)),
        "a Subset of a Subset": Subset(Subset(small, range(200)), range(200)),
        "a Subset of items": Subset(Items(small), range(200)),
        "two joined": ConcatDataset([Subset(small, range(120)), Subset(small, range(120, 200))]),
        "two of tensors joined": ConcatDataset([TensorDataset(small.images[:99]), TensorDataset(small.images[99:])]),
    }


@pytest.mark.parametrize(
    "kind",
    ["tensors alone", "tensors alone, loaded", "a TensorDataset", "pairs in a TensorDataset", "dicts mended by collate_fn"]
    + ["paths mended by collate_fn", "a stream", "a stream, loaded", "a Subset", "a Subset of a Subset", "a Subset of items"]
    + ["two joined", "two of tensors joined"],
)  # fmt: skip
def test_every_kind_gives_the_same_images_and_trains(small, sources, kind):
    batches = list(batches_of(sources[kind], "train", **CPU))
    assert [len(x) for x, _ in batches] == [64, 64, 64, 8]
    assert torch.equal(torch.cat([x for x, _ in batches]), small.images)
    for _, y in batches:
        assert y is None or y.dtype == torch.int64
    history = fit(tiny(), sources[kind], sources[kind], epochs=2, batch_size=64, seed=0, **QUIET)
    expected = fit(tiny(), small, small, epochs=2, batch_size=64, seed=0, **QUIET)
    assert history["val_loss"][0] == pytest.approx(expected["val_loss"][0], rel=0.2)
    assert all(map(math.isfinite, history["loss"]))


def test_a_dataset_of_tensors_is_not_taken_apart_into_channels(small):
    shapes = [x.shape for x, _ in batches_of(Tensors(small), "train", **CPU)]
    assert shapes[0] == (64, 1, 28, 28)


def test_a_data_set_without_index_error_is_read_to_its_length(small):
    class Endless(Items):
        def __getitem__(self, index):
            return self.source[index % len(self.source)]

    assert sum(len(x) for x, _ in batches_of(Endless(small), "train", **CPU)) == 200


def test_double_and_numpy_images_become_the_models_numbers(small):
    class Doubles(Items):
        def __getitem__(self, index):
            return self.source[index][0].double().numpy()

    for source in (Doubles(small), TensorDataset(small.images.double()), DataLoader(Doubles(small), batch_size=64)):
        assert {x.dtype for x, _ in batches_of(source, "train", **CPU)} == {torch.float32}
        fit(tiny(), source, epochs=1, **QUIET)


def test_torchvisions_mnist(mnist_folder):
    """With a transform that does the same each time it is kept in memory, and gives what load_mnist gives."""
    mnist = torchvision.datasets.MNIST(mnist_folder, train=False, transform=torchvision.transforms.ToTensor())
    subset = Subset(mnist, range(300))
    batches = batches_of(subset, "train", **CPU)
    x = torch.cat([x for x, _ in batches])
    assert isinstance(batches, InMemory) and torch.equal(x, data.load_mnist(mnist_folder, train=False).images[:300])
    fit(tiny(), subset, epochs=1, **QUIET)


# ------------------------------------------------------------------------------- what can change is read anew


class Counted(Items):
    """Counts how often an item is read, and gives another image each time."""

    def __init__(self, source):
        super().__init__(source)
        self.reads = 0

    def __getitem__(self, index):
        self.reads += 1
        image, label = self.source[index]
        return (image + 0.001 * self.reads).clamp(0, 1), label


class Augmented(data.ImageDataset):
    reads = 0

    def __getitem__(self, index):
        Augmented.reads += 1
        image, label = super().__getitem__(index)
        return image.flip(-1) if torch.rand(()) < 0.5 else image, label


def test_random_transforms_draw_anew_in_each_epoch(small):
    eight = data.ImageDataset(small.images[:8], small.labels[:8], "eight")
    counted = Counted(eight)
    seen = []

    def loss(recon, x, mu, logvar):
        seen.append(x.clone())
        return losses.vae_loss(recon, x, mu, logvar)

    fit(tiny(), counted, epochs=5, batch_size=8, loss=loss, **QUIET)
    assert counted.reads == 40 and len({x.sum().item() for x in seen}) == 5


def test_a_subclass_with_its_own_getitem_is_asked(small):
    Augmented.reads = 0
    fit(tiny(), Augmented(small.images[:8], small.labels[:8], "eight"), epochs=5, **QUIET)
    assert Augmented.reads == 40
    fit(tiny(), Subset(Augmented(small.images[:8], small.labels[:8], "eight"), range(4)), epochs=5, **QUIET)
    assert Augmented.reads == 60


def test_a_subclass_without_one_is_kept_in_memory(small):
    class Folder(data.ImageDataset):
        pass

    assert isinstance(batches_of(Folder(small.images, small.labels, "x"), "train", **CPU), InMemory)


@pytest.mark.parametrize(
    "transform, kind",
    [
        (torchvision.transforms.ToTensor(), InMemory),
        (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Resize(28)]), InMemory),
        (torchvision.transforms.Compose([torchvision.transforms.RandomRotation(9), torchvision.transforms.ToTensor()]), FromDataset),
        (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.RandomHorizontalFlip()]), FromDataset),
        (lambda image: torchvision.transforms.functional.to_tensor(image), FromDataset),
    ],
)  # fmt: skip
def test_torchvisions_data_sets_are_kept_only_where_no_transform_is_random(transform, kind):
    fake = torchvision.datasets.FakeData(6, (1, 28, 28), 2, transform)
    batches = batches_of(fake, "train", **CPU)
    assert type(batches) is kind and next(iter(batches))[0].shape[1:] in [(3, 28, 28), (1, 28, 28)]


def test_two_epochs_of_a_shuffled_data_set_come_in_other_orders(small):
    for source in (small, Items(small)):
        batches = batches_of(source, "train", **(CPU | {"shuffle": True}))
        torch.manual_seed(0)
        first, second = (torch.cat([y for _, y in batches]) for _ in range(2))
        assert not torch.equal(first, second) and torch.equal(first.sort()[0], second.sort()[0])


# ------------------------------------------------------------------------------------------ clear refusals


@pytest.mark.parametrize("name", ["train", "validation"])
def test_empty_data_set_is_refused(small, name, language):
    empty = data.ImageDataset(small.images[:0], small.labels[:0], "none")
    with pytest.raises(ValueError, match=f"{name}.*(empty|rỗng)"):
        fit(tiny(), **{"train": small, name: empty}, epochs=1, **QUIET)
    with pytest.raises(ValueError, match=f"{name}.*(empty|rỗng)"):
        fit(tiny(), **{"train": small, name: Items(empty)}, epochs=1, **QUIET)


@pytest.mark.parametrize("name", ["train", "validation"])
def test_a_loader_without_a_batch_is_refused_before_anything_happens(small, tmp_path, name, language):
    loader = DataLoader(small, batch_size=500, drop_last=True)
    model = tiny()
    with pytest.raises(ValueError, match=f"{name}.*drop_last.*batch_size"):
        fit(
            model,
            **{"train": small, name: loader},
            epochs=3,
            checkpoint=tmp_path / "a.pt",
            log_dir=tmp_path,
            progress=False,
        )
    assert same_weights(model, tiny()) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("schedule", [None, "one-cycle"])
def test_the_same_with_a_schedule(small, schedule):
    with pytest.raises(ValueError, match="drop_last"):
        fit(tiny(), DataLoader(small, batch_size=500, drop_last=True), epochs=1, schedule=schedule, **QUIET)


@pytest.mark.parametrize("name", ["train", "validation"])
def test_a_stream_that_gives_nothing_ends_the_training_with_nothing_done(small, tmp_path, name):
    nothing = Stream(Subset(small, []))
    with pytest.raises(ValueError, match=f"{name}.*no batch.*IterableDataset"):
        fit(tiny(), **{"train": small, name: nothing}, epochs=2, checkpoint=tmp_path / "a.pt", **QUIET)
    assert not (tmp_path / "a.pt").exists()


def test_a_stream_that_is_used_up_is_told_in_the_second_epoch(small, tmp_path):
    class Once(IterableDataset):
        items = iter([small[index] for index in range(64)])

        def __iter__(self):
            return self.items

    with pytest.raises(ValueError, match="train.*no batch.*IterableDataset.*anew"):
        fit(tiny(), Once(), epochs=3, checkpoint=tmp_path / "a.pt", **QUIET)
    assert len(torch.load(tmp_path / "a.pt", weights_only=True)["history"]) == 1


def test_one_cycle_needs_to_know_how_long_a_stream_is(small, language):
    with pytest.raises(ValueError, match="one-cycle.*__len__"):
        fit(tiny(), Stream(small), epochs=1, schedule="one-cycle", **QUIET)

    class Long(Stream):
        def __len__(self):
            return len(self.source)

    fit(tiny(), Long(small), epochs=1, schedule="one-cycle", **QUIET)


@pytest.mark.parametrize("change", [lambda x: (255 * x).to(torch.uint8), lambda x: x > 0.5])
def test_whole_numbers_are_refused_with_the_cure(small, change, language):
    whole = unchecked(change(small.images), small.labels, "whole")
    for source in (whole, Items(whole), DataLoader(whole, batch_size=64), TensorDataset(whole.images)):
        with pytest.raises(ValueError, match=r"(uint8|bool).*float\(\) / 255.*ToTensor"):
            fit(tiny(), source, epochs=1, **QUIET)


def test_whole_numbers_that_a_model_cannot_take_are_told_as_well(small, language):
    words = unchecked((255 * small.images).long(), small.labels, "whole")
    with pytest.raises(ValueError, match="int64.*255"):
        fit(tiny(), words, epochs=1, **QUIET)


def test_pil_images_and_other_sizes_are_named(small, language):
    class Pictures(Items):
        def __getitem__(self, index):
            return torchvision.transforms.functional.to_pil_image(self.source[index][0]), 3

    class Sizes(Items):
        def __getitem__(self, index):
            return self.source[index][0][:, : 20 + index % 2], 3

    with pytest.raises(ValueError, match=r"train.*Image.*ToTensor"):
        fit(tiny(), Pictures(small), epochs=1, **QUIET)
    with pytest.raises(ValueError, match=r"train.*\(1, 20, 28\), \(1, 21, 28\).*Resize"):
        fit(tiny(), Sizes(small), epochs=1, **QUIET)
    with pytest.raises(ValueError, match="Image.*ToTensor"):
        fit(tiny(), torchvision.datasets.FakeData(3, (1, 28, 28), 2), epochs=1, **QUIET)


def test_batches_of_another_form_are_named(small, language):
    with pytest.raises(ValueError, match=r"train.*dict.*'image', 'label'.*collate_fn"):
        fit(tiny(), DataLoader(Dicts(small), batch_size=8), epochs=1, **QUIET)
    with pytest.raises(ValueError, match="train.*list.*collate_fn"):
        fit(tiny(), DataLoader(Paths(small), batch_size=8), epochs=1, **QUIET)


def test_a_data_set_without_a_length_is_named(language):
    class Lengthless(Dataset):
        def __getitem__(self, index):
            return torch.zeros(1, 28, 28)

    with pytest.raises(ValueError, match="Lengthless.*__len__"):
        fit(tiny(), Lengthless(), epochs=1, **QUIET)


@pytest.mark.parametrize("source", [[1, 2], torch.rand(3, 1, 28, 28), "mnist"])
def test_what_is_no_data_is_named(source, language):
    with pytest.raises(ValueError, match=f"train.*{type(source).__name__}.*DataLoader"):
        fit(tiny(), source, epochs=1, **QUIET)


# ---------------------------------------------------------------------------------------------- on the device


@pytest.mark.parametrize("source", ["memory", "loader", "items"])
def test_numbers_are_made_narrow_before_they_leave_for_the_device(small, source, monkeypatch):
    """Apple's GPU takes no float64, not even to turn it into float32. The device `meta` stands in for it."""
    moved = []
    move = torch.Tensor.to

    def watching(self, *arguments, **keywords):
        if any(isinstance(value, torch.device) and value.type == "meta" for value in arguments):
            moved.append(self.dtype)
        return move(self, *arguments, **keywords)

    monkeypatch.setattr(torch.Tensor, "to", watching)
    doubles = data.ImageDataset(small.images.double(), small.labels, "double")
    kinds = {"memory": doubles, "items": Items(doubles), "loader": DataLoader(doubles, batch_size=50)}
    batches = batches_of(kinds[source], "train", **(CPU | {"device": torch.device("meta")}))
    x, y = next(iter(batches))
    assert x.device.type == y.device.type == "meta" and x.dtype == torch.float32
    assert moved and torch.float64 not in moved


def test_a_log_of_any_loader_names_the_image_size(small, tmp_path):
    loader = DataLoader(Dicts(small), batch_size=64, collate_fn=from_dicts)
    for source in (loader, Stream(small), Items(small)):
        log = fit(tiny(), source, epochs=1, batch_size=64, log_dir=tmp_path, progress=False).log_file
        assert "Batch size: 64, Image size: 28x28" in log.read_text()


def test_a_batch_size_that_the_loader_keeps_to_itself(small, tmp_path):
    loader = DataLoader(small, batch_sampler=[[0, 1, 2], [3, 4]])
    history = training.fit(tiny(), loader, epochs=1, log_dir=tmp_path, progress=False)
    assert math.isfinite(history["loss"][0]) and isinstance(batches_of(loader, "train", **CPU), FromLoader)
