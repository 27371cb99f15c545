"""One's own image files, read from a folder as tensors of one size."""

from pathlib import Path

import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from tqdm.auto import tqdm

from ._language import tr
from ._mnist import DataError

# What is taken for an image, by its name. Pillow may lack a reader for the last ones; then they are named, not ignored.
SUFFIXES = set(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".jp2",
        ".bmp",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".tga",
        ".ppm",
        ".pgm",
        ".pbm",
        ".avif",
        ".heic",
        ".heif",
    ]
)
JUNK = {"thumbs.db", "desktop.ini"}  # what a system leaves in folders of pictures without being asked


def read_folder(path: Path, size: int, channels: int) -> tuple[Tensor, Tensor | None, list[str] | None]:
    """images (N, channels, size, size), labels (N,) and the classes' names; see data.load_folder."""
    files, classes, others = _find(path)
    if others:
        _mention(path, others)
    images, labels, unreadable = [], [], []
    for file, label in tqdm(files, desc=path.name, unit=tr("ảnh", "image"), leave=False, delay=2):
        try:
            images.append(_read(file, size, channels))
            labels.append(label)
        except Exception as problem:  # Pillow has many ways to say that a file is no image
            unreadable.append(f"{file.relative_to(path).as_posix()} ({_reason(file, problem)})")
    if unreadable:
        _tell(path, unreadable, len(images))
    if not images:
        raise DataError(
            tr(
                f"load_folder(path): không đọc được ảnh nào trong {path} ({len(unreadable)} tệp hỏng). "
                "Hãy mở thử một tệp bằng chương trình xem ảnh, hoặc lưu lại chúng thành PNG hay JPEG.",
                f"load_folder(path): none of the {len(unreadable)} image files in {path} can be read. "
                "Try one in a picture viewer, or save them again as PNG or JPEG.",
            )
        )
    pixels = torch.stack(images).float().div_(255)
    return pixels, torch.tensor(labels) if classes else None, classes or None


def _find(path: Path) -> tuple[list[tuple[Path, int]], list[str], list[str]]:
    """The image files with the number of their class, in an order that is the same on every system; the classes; the names
    of the files that are not taken for images."""
    if not path.is_dir():
        raise DataError(
            tr(
                f"load_folder(path): không có thư mục {path}. Hãy kiểm tra đường dẫn; nó tính từ {Path.cwd()}.",
                f"load_folder(path): there is no folder {path}. Check the path; it is counted from {Path.cwd()}.",
            )
        )
    found, others = [], []
    for file in path.rglob("*"):
        parts = file.relative_to(path).parts
        hidden = any(part.startswith((".", "__")) for part in parts)  # .ipynb_checkpoints, __MACOSX, thumbnails
        if hidden or file.is_dir() or file.name.lower() in JUNK:
            continue
        (found if file.suffix.lower() in SUFFIXES else others).append((parts, file))
    found.sort(key=lambda pair: pair[0])
    if not found:
        raise DataError(
            tr(
                f"load_folder(path): trong {path} không có ảnh nào ({', '.join(sorted(SUFFIXES))}). "
                "Hãy chép ảnh vào đó, mỗi lớp một thư mục con, hoặc tất cả vào một chỗ nếu không có nhãn.",
                f"load_folder(path): there are no images in {path} ({', '.join(sorted(SUFFIXES))}). "
                "Put images there, in one subfolder for each class, or all in one place if they have no labels.",
            )
        )
    classes = sorted({parts[0] for parts, _ in found if len(parts) > 1})
    beside = [file.name for parts, file in found if len(parts) == 1]
    if classes and beside:
        raise DataError(
            tr(
                f"load_folder(path): trong {path} có cả thư mục con ({classes[0]}, …) lẫn ảnh nằm ngoài ({beside[0]}, …), nên không rõ "
                "nhãn của các ảnh ấy. Hãy chuyển chúng vào một thư mục con.",
                f"load_folder(path): {path} holds subfolders ({classes[0]}, …) and images beside them ({beside[0]}, …), so "
                "the labels of those are not clear. Move them into a subfolder.",
            )
        )
    numbered = [(file, classes.index(parts[0]) if classes else 0) for parts, file in found]
    return numbered, classes, ["/".join(parts) for parts, _ in sorted(others)]


def _read(file: Path, size: int, channels: int) -> Tensor:
    """One file as (channels, size, size), uint8: turned as the camera was held, cut to the middle square, resized."""
    with Image.open(file) as image:
        image.draft(None, (2 * size, 2 * size))  # of a large JPEG, decode no more than is needed
        image = ImageOps.exif_transpose(image)
        if image.mode == "F" or (image.mode == "I" and file.suffix.lower() != ".png"):
            raise ValueError(
                tr(
                    "32 bit một điểm ảnh, không rõ đâu là trắng; hãy lưu lại với 8 hay 16 bit",
                    "32 bits a pixel, so what is white is not clear; save it with 8 or 16 bits",
                )
            )
        if image.mode.startswith("I"):  # 16 bits for a pixel, of which convert would keep the wrong ones
            image = image.convert("I").point(lambda value: value / 256).convert("L")
        if "A" in image.getbands() or "transparency" in image.info:  # what shines through is white, as in a browser
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("L" if channels == 1 else "RGB")
        image = ImageOps.fit(image, (size, size), method=Image.Resampling.BICUBIC)
    return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(size, size, channels).permute(2, 0, 1)


def _reason(file: Path, problem: Exception) -> str:
    """Why a file cannot be read, and for the usual case what helps."""
    if file.suffix.lower() in (".heic", ".heif"):
        return tr("định dạng HEIC của iPhone; hãy xuất ra JPEG", "the iPhone's HEIC format; export it as JPEG")
    if isinstance(problem, UnidentifiedImageError) or not str(problem):  # its text repeats the path
        return tr("Pillow không đọc được", "Pillow cannot read it")
    return str(problem)


def _mention(path: Path, others: list[str]) -> None:
    shown = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
    print(
        tr(
            f"ℹ {path}: {len(others)} tệp không mang đuôi của ảnh nên không được đọc: {shown}",
            f"ℹ {path}: {len(others)} files whose names do not end like a picture's are left aside: {shown}",
        )
    )


def _tell(path: Path, unreadable: list[str], read: int) -> None:
    shown = "\n".join(f"  {line}" for line in unreadable[:5])
    more = len(unreadable) - 5
    if more > 0:
        shown += "\n" + tr(f"  … và {more} tệp nữa", f"  … and {more} more")
    print(
        tr(
            f"⚠ {path}: bỏ qua {len(unreadable)} tệp không đọc được, còn lại {read} ảnh.\n{shown}",
            f"⚠ {path}: {len(unreadable)} files cannot be read and are left out; {read} images are left.\n{shown}",
        )
    )
