"""One's own pictures from a folder: sizes, classes, what is cut off and turned, and files that cannot be read."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.models.support import close
from vae_helpers import data, losses, models, training


def save(path, pixels, **options):
    """pixels: (H, W) or (H, W, C), 0 … 255."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path, **options)
    return path


def grey(value, height=40, width=40):
    return np.full((height, width), value)


@pytest.fixture
def animals(tmp_path):
    """Cats at 51 and 102, dogs at 204 one folder deeper; between them what is no image."""
    save(tmp_path / "animals" / "cat" / "b.png", grey(102))
    save(tmp_path / "animals" / "cat" / "a.JPG", grey(51))
    save(tmp_path / "animals" / "dog" / "2024" / "rex.bmp", grey(204))
    save(tmp_path / "animals" / ".thumbnails" / "a.png", grey(0))
    save(tmp_path / "animals" / "__MACOSX" / "cat" / "a.png", grey(0))
    save(tmp_path / "animals" / "cat" / "._a.png", grey(0))
    for name in ("notes.txt", "cat/labels.csv", "empty/readme.md"):
        (tmp_path / "animals" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "animals" / name).write_text("no image")
    return tmp_path / "animals"


@pytest.mark.parametrize("size, channels", [(28, 1), (32, 3), (64, 1)])
def test_classes_come_from_the_subfolders(animals, capsys, size, channels):
    dataset = data.load_folder(animals, size, channels)
    assert dataset.images.shape == (3, channels, size, size) and dataset.images.dtype == torch.float32
    assert dataset.labels.tolist() == [0, 0, 1] and dataset.classes == ["cat", "dog"] and dataset.name == "animals"
    close(dataset.images.mean(dim=(1, 2, 3)), torch.tensor([0.2, 0.4, 0.8]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 and lines[0].endswith("are left aside: cat/labels.csv, empty/readme.md, notes.txt")
    assert isinstance(dataset, data.ImageDataset)


def test_what_systems_leave_in_a_folder_is_not_worth_a_word(tmp_path, capsys):
    save(tmp_path / "1.png", grey(51))
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    assert len(data.load_folder(tmp_path)) == 1 and capsys.readouterr().out == ""


def test_a_folder_without_subfolders_has_no_labels(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.png", grey(100 * i))
    dataset = data.load_folder(tmp_path)
    assert dataset.labels is None and dataset.classes is None and dataset.images.shape == (3, 1, 28, 28)


def test_a_home_folder_is_found(animals, monkeypatch):
    monkeypatch.setenv("HOME", str(animals.parent))
    monkeypatch.setenv("USERPROFILE", str(animals.parent))
    assert len(data.load_folder("~/animals")) == 3


def test_the_middle_square_is_kept_and_nothing_is_squeezed(tmp_path):
    """A wide picture with black ends, a tall one likewise: only the white middle is left."""
    wide = grey(0, 40, 120)
    wide[:, 40:80] = 255
    save(tmp_path / "1.png", wide)
    save(tmp_path / "2.png", wide.T)
    images = data.load_folder(tmp_path, 32).images
    assert images[:, :, 2:-2, 2:-2].min() == 1


def test_small_pictures_grow_and_large_ones_are_averaged(tmp_path):
    save(tmp_path / "1.png", grey(51, 5, 5))
    checkered = grey(0, 280, 280)
    checkered[::2, ::2] = checkered[1::2, 1::2] = 200
    save(tmp_path / "2.png", checkered)
    images = data.load_folder(tmp_path).images
    close(images[0], torch.full((1, 28, 28), 0.2))
    assert (images[1] - 100 / 255).abs().max() < 0.03  # picking every tenth pixel would give 0 or 200


def test_colours_keep_their_order_and_grey_is_their_brightness(tmp_path):
    colour = np.zeros((30, 30, 3))
    colour[..., 0], colour[..., 1], colour[..., 2] = 255, 102, 51
    save(tmp_path / "1.png", colour)
    close(data.load_folder(tmp_path, channels=3).images.mean(dim=(2, 3)), torch.tensor([[1.0, 0.4, 0.2]]))
    brightness = 0.299 * 1 + 0.587 * 0.4 + 0.114 * 0.2
    assert abs(data.load_folder(tmp_path).images.mean().item() - brightness) < 0.005


def test_a_phone_held_upright_gives_an_upright_picture(tmp_path):
    """Its pixels lie on their side, and an EXIF tag (6: turn a quarter clockwise) says so."""
    lying = grey(0)
    lying[:, :20] = 255  # left half white; turned a quarter clockwise: the upper half
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "1.jpg", lying, exif=exif, quality=95)
    image = data.load_folder(tmp_path).images[0, 0]
    assert image[:12].mean() > 0.95 and image[16:].mean() < 0.05


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(tmp_path, mode):
    """Black ink on nothing, as drawing programs save it: without a ground it would be all black."""
    pixels = np.zeros((40, 40, 4), dtype=np.uint8)
    pixels[:, :20, 3] = 255
    image = Image.fromarray(pixels)
    if mode == "P":
        image = Image.fromarray((pixels[..., 3] == 0).astype(np.uint8)).convert("P")
        image.info["transparency"] = 1
        image.putpalette([0, 0, 0] * 256)
        image.save(tmp_path / "1.png", transparency=1)
    else:
        image.convert(mode).save(tmp_path / "1.png")
    image = data.load_folder(tmp_path).images[0, 0]
    assert image[:, :12].max() < 0.02 and image[:, 16:].min() > 0.98


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((40, 40), 13107, dtype=np.uint16)).save(tmp_path / "1.png")  # a fifth of 65,535
    close(data.load_folder(tmp_path).images, torch.full((1, 1, 28, 28), 0.2), atol=0.005)


RED_OVER_BLUE = np.repeat(np.array([[[255, 0, 0]], [[0, 0, 255]]], dtype=np.uint8), 32, axis=0).repeat(64, axis=1)


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("cmyk.jpg", "CMYK", {}),
        ("cmyk.tif", "CMYK", {}),
        ("palette.png", "P", {}),
        ("palette.gif", "P", {}),
        ("film.gif", "P", {"save_all": True, "append_images": [Image.new("P", (64, 64))]}),
        ("film.webp", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (64, 64))], "lossless": True}),
        ("pages.tif", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (64, 64))]}),
        ("two_lenses.jpg", "RGB", {"format": "MPO", "save_all": True, "append_images": [Image.new("RGB", (64, 64))]}),
        ("a_png_named.jpg", "RGB", {"format": "PNG"}),
        ("targa.tga", "RGB", {}),
        ("ảnh đẹp (1) #%.PNG", "RGB", {}),
    ],
)
def test_every_kind_of_file_gives_its_first_picture_in_its_colours(tmp_path, capsys, name, mode, options):
    Image.fromarray(RED_OVER_BLUE).convert(mode).save(tmp_path / name, **options)
    image = data.load_folder(tmp_path, 32, 3).images[0]
    close(image[:, 4, 16], torch.tensor([1.0, 0.0, 0.0]), atol=0.02)
    close(image[:, 28, 16], torch.tensor([0.0, 0.0, 1.0]), atol=0.02)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["phone.jpg", "phone.png", "phone.webp", "phone.tif"])
@pytest.mark.parametrize(("orientation", "top"), [(1, 0), (3, 2), (4, 2), (99, 0)])
def test_a_picture_is_turned_as_the_camera_was_held(tmp_path, name, orientation, top):
    """orientation 3 and 4 stand on their heads; 99 is none of EXIF's. top: the channel that is bright above."""
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(RED_OVER_BLUE).save(tmp_path / name, exif=exif)
    assert data.load_folder(tmp_path, 32, 3).images[0, :, 4, 16].argmax() == top


def test_a_damaged_exif_costs_no_picture(tmp_path):
    Image.fromarray(RED_OVER_BLUE).save(tmp_path / "phone.jpg", exif=b"Exif\0\0II*\0garbage")
    with pytest.warns(UserWarning, match="EXIF"):
        assert data.load_folder(tmp_path, 32, 3).images[0, 0, 4, 16] > 0.9


@pytest.mark.parametrize(
    ("name", "pixels"),
    [("float.tif", np.linspace(0, 1, 1600, dtype=np.float32)), ("int.tif", np.arange(1600, dtype=np.int32))],
)
def test_pixels_without_a_known_white_are_named_not_guessed(tmp_path, capsys, name, pixels):
    save(tmp_path / "a.png", grey(51))
    Image.fromarray(pixels.reshape(40, 40)).save(tmp_path / name)
    assert len(data.load_folder(tmp_path)) == 1
    assert f"{name} (32 bits a pixel" in capsys.readouterr().out


def test_nothing_is_lost_without_a_word(tmp_path, capsys):
    """An empty file, a link to nowhere, one without an ending, a film, a raw photo: each is named. A folder may end in .jpg."""
    save(tmp_path / "a.jpg" / "b.png", grey(51))
    names = ["empty.jpg", "IMG_0001", "clip.mov", "raw.CR2", "phone.heic"]
    for name in names:
        (tmp_path / "a.jpg" / name).write_bytes(b"")
    (tmp_path / "a.jpg" / "link.png").symlink_to(tmp_path / "nowhere.png")
    dataset = data.load_folder(tmp_path)
    assert len(dataset) == 1 and dataset.classes == ["a.jpg"]
    notice = capsys.readouterr().out
    assert all(f"a.jpg/{name}" in notice for name in [*names, "link.png"]) and "export it as JPEG" in notice


def test_the_order_is_that_of_the_names(tmp_path):
    for name, value in (("c", 50), ("B", 100), ("a", 150), ("đ", 200)):
        save(tmp_path / "x" / f"{name}1.png", grey(value))
    assert (data.load_folder(tmp_path).images.mean(dim=(1, 2, 3)) * 255).round().tolist() == [100, 150, 50, 200]


def test_files_that_cannot_be_read_are_left_out_and_named(animals, capsys, language):
    whole = (animals / "cat" / "b.png").read_bytes()
    (animals / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (animals / "dog" / "page.jpg").write_text("<html>")
    (animals / "dog" / "photo.heic").write_bytes(b"what Pillow does not know")
    dataset = data.load_folder(animals)
    assert dataset.labels.tolist() == [0, 0, 1]
    notice = capsys.readouterr().out
    assert {
        "vi": "bỏ qua 3 tệp không đọc được, còn lại 3 ảnh",
        "en": "3 files cannot be read and are left out; 3 images",
    }[language] in notice
    assert all(name in notice for name in ("cat/cut.png", "dog/page.jpg", "dog/photo.heic"))


def test_a_long_list_of_unreadable_files_is_cut(animals, capsys):
    for i in range(9):
        (animals / "dog" / f"{i}.png").write_text("no")
    data.load_folder(animals)
    notice = capsys.readouterr().out
    assert "9 files cannot be read" in notice and "… and 4 more" in notice and notice.count(".png") == 5


def test_a_class_whose_files_are_all_unreadable_keeps_the_others_numbers(animals):
    """The classes are those of the folder: repairing a file later changes no label."""
    (animals / "bird").mkdir()
    (animals / "bird" / "1.png").write_text("no")
    dataset = data.load_folder(animals)
    assert dataset.classes == ["bird", "cat", "dog"] and dataset.labels.tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    "make, vi, en",
    [
        (lambda folder: None, "không có thư mục", "there is no folder"),
        (lambda folder: folder.write_text("a file"), "không có thư mục", "there is no folder"),
        (lambda folder: (folder / "sub").mkdir(parents=True), "không có ảnh nào", "there are no images in"),
        (
            lambda folder: save(folder / "a.png", grey(0)).write_text("no"),
            "không đọc được ảnh nào",
            "none of the 1 image files",
        ),
        (
            lambda folder: (save(folder / "a.png", grey(0)), save(folder / "sub" / "b.png", grey(0))),
            "lẫn ảnh nằm ngoài (a.png",
            "and images beside them (a.png",
        ),
    ],
    ids=["missing", "a file", "no images", "all broken", "mixed"],
)
def test_folders_that_give_nothing_are_told(tmp_path, language, make, vi, en):
    make(tmp_path / "mine")
    with pytest.raises(data.DataError) as caught:
        data.load_folder(tmp_path / "mine")
    assert {"vi": vi, "en": en}[language] in str(caught.value) and str(tmp_path / "mine") in str(caught.value)


@pytest.mark.parametrize("arguments", [{"size": 30}, {"size": "28"}, {"channels": 2}, {"channels": 4}])
def test_other_sizes_are_refused_before_a_file_is_read(tmp_path, arguments):
    with pytest.raises(ValueError, match=rf"load_folder\({next(iter(arguments))}\)"):
        data.load_folder(tmp_path / "nowhere", **arguments)


@pytest.mark.parametrize("size, channels", [(32, 3), (64, 1)])
def test_a_folder_trains_a_model_of_its_size(animals, size, channels):
    dataset = data.load_folder(animals, size, channels)
    torch.manual_seed(0)
    model = models.VAE(channels, latent_dim=4, img_size=size)
    before = losses.reconstruction_loss(model(dataset.images)[0], dataset.images).item()
    training.fit(model, dataset, epochs=15, lr=3e-3, log_dir=None, progress=False, device="cpu", seed=0)
    assert losses.reconstruction_loss(model(dataset.images)[0], dataset.images).item() < 0.7 * before
