"""The pictures of the README, made from the built lessons: docs/pictures/*.png.

    python -m tools.pictures               a thumbnail for each lesson and the quiz, out of their stored outputs
    python -m tools.pictures --explorer    also the explorer of lesson 07, in a real JupyterLab (needs Chromium)

Lessons that are not there are named and passed over.
"""

import argparse
import base64
import re
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from . import lab_page
from .edition import built_path
from .stored import read

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
SIZE = (240, 160)  # pixels, at most
STILL = re.compile(r'<img[^>]* src="data:image/png;base64,([^"]+)"')
LIVING = re.compile("<iframe|vae-page-at-rest")
CHOSEN = {  # which of a lesson's pictures, counted from 0
    "00_start_here": 0,
    "01_autoencoder": 3,
    "02_vae": 4,
    "03_reparameterization": 4,
    "04_loss": 2,
    "05_training": 2,
    "06_reconstructions": 5,
    "07_latent_sliders": 0,
    "08_pca": 2,
    "09_kinds": 1,
    "10_compress_clean_map": 2,
    "11_labels_anomalies_images": 2,
    "12_limits": 3,
    "13_variants": 2,
    "14_towards_stable_diffusion": 6,
    "15_own_pictures": 0,
}


def thumbnail(picture: Image.Image) -> Image.Image:
    """The picture without its white margin, no larger than SIZE."""
    picture = picture.convert("RGB")
    ink = Image.eval(picture.convert("L"), lambda grey: 255 * (grey < 250)).getbbox()
    small = picture.crop(ink)
    small.thumbnail(SIZE, Image.Resampling.LANCZOS)
    return small


def save(picture: Image.Image, name: str, colours: int | None = 64) -> None:
    """Write docs/pictures/name.png, with a palette of so many colours, or with all its own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    picture = picture.convert("RGB")
    (picture.quantize(colours, dither=Image.Dither.NONE) if colours else picture).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {picture.width} × {picture.height}, {path.stat().st_size / 1024:.0f} KB")


def pictures(notebook: NotebookNode) -> list[Image.Image]:
    """The pictures that a lesson shows, figures and widgets at rest (an <img> each), from its beginning on; not the small
    picture that stands for a living page."""
    found = []
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        data = output.get("data", {})
        html = data.get("text/html", "")
        html = "" if LIVING.search(html) else html
        found += [data["image/png"]] if "image/png" in data else STILL.findall(html)
    return [Image.open(BytesIO(base64.b64decode(png))) for png in found]


def thumbnails() -> None:
    for lesson, number in CHOSEN.items():
        path = built_path(Path(lesson), "vi")
        if not path.exists():
            print(f"{path.relative_to(ROOT)}: not there, so no picture of it")
            continue
        shown = pictures(read(path))
        if len(shown) <= number:
            raise SystemExit(f"{path.relative_to(ROOT)}: no picture number {number}, it has {len(shown)}. See CHOSEN.")
        save(thumbnail(shown[number]), lesson)
    save(thumbnail(Image.open(ROOT / "quiz" / "figures" / "latent_map.png")), "quiz")


def explorer(language: str) -> None:
    """Lesson 07 in a language in JupyterLab, its cells run, the marker moved: the cell of the explorer as a student sees it."""
    if reason := lab_page.missing():
        raise SystemExit(f"The explorer needs a browser: {reason}.")
    lesson = Path("notebooks", language, "07_latent_sliders.ipynb")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, lesson)
        copy.parent.mkdir(parents=True)
        copy.write_bytes((ROOT / lesson).read_bytes())
        with lab_page.running_browser() as browser, lab_page.running_lab(Path(folder)) as address:
            page = lab_page.open_notebook(browser, address, lesson.as_posix())
            lab_page.run_all_cells(page)
            pad = page.locator(".vae-pad").first
            pad.scroll_into_view_if_needed()
            before = page.locator("span[role=status]").first.inner_text()
            box = pad.bounding_box()
            page.mouse.click(box["x"] + 0.52 * box["width"], box["y"] + 0.30 * box["height"])
            page.wait_for_function(
                "before => document.querySelector('span[role=status]').innerText !== before", arg=before
            )
            page.wait_for_timeout(2000)
            picture = page.locator(".vae-box").first.screenshot()
    picture = Image.open(BytesIO(picture)).convert("RGB")
    ink = Image.eval(picture.convert("L"), lambda grey: 255 * (grey < 250)).getbbox()
    save(picture.crop(ink), f"explorer.{language}", colours=None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--explorer", action="store_true", help="also the explorer of lesson 07")
    arguments = parser.parse_args()
    thumbnails()
    if arguments.explorer:
        for language in ("vi", "en"):
            explorer(language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
