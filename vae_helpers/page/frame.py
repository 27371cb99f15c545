"""A model that lives in the page: drawn on, dragged and slid without a kernel and without a network."""

import base64
import html
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from .._inference import latent_dim_of, looking_at
from .._language import language, tr
from ..metrics import kl_per_dimension
from ..plots._model import first_of
from ..plots.colours import TEN_COLOURS
from . import asset
from .program import program_of

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%()*+,-./:;=?@[]^_{|"
EXAMPLES, CODES, MOST_LATENT = 20, 500, 64
SCRIPTS = {  # page → the files it is made of, and its start is the last one's function
    "livePage": ("nodes.js", "engine.js", "pad.js", "plane.js", "live.js"),
    "toyPage": ("nodes.js", "toy.js", "toy_view.js"),
}


class Live:
    """What live returns: shows itself in a notebook as a frame of its own, and .save(path) writes the same as one file.

    In JupyterLab and Notebook 7 it lives while its cell's output is one's own, or the notebook trusted; where a front end takes
    frames out (those two for a notebook from elsewhere, GitHub), a line and a still picture stand in its place.

    Lesson 07: Without a kernel
    """

    def __init__(self, page: str, still: bytes, tall: int):
        self.page, self.still = page, still  # still: a PNG, for front ends that show no page
        self.tall = tall  # its height on a phone, in pixels: everything below one another

    def save(self, path: str | Path) -> Path:
        """Write the page to path, one HTML file that needs neither a network nor Python. Returns the path.

        Raises OSError where it cannot be written, ValueError for a name that does not end in .html.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save(path): got {str(path)!r}, expected a name that ends in .html.")
        path.write_text(self.page, encoding="utf-8")
        return path

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        title = tr("mô hình sống trong trang", "the model, alive in the page")
        # A front end that takes frames out takes the style out as well: then the line and the picture show.
        line = tr(
            "Ở đây là một trang tương tác. Nếu nó không hiện, hãy chạy lại ô này (Jupyter: hoặc nhấn Ctrl+Shift+C rồi chọn Trust Notebook).",
            "An interactive page stands here. If it does not show, run this cell again (Jupyter: or press Ctrl+Shift+C and choose Trust Notebook).",
        )
        picture = base64.b64encode(self.still).decode()
        frame = (
            f"<style>{asset('frame.css')}</style>"
            f'<iframe class="vae-live-page" title="{title}" sandbox="allow-scripts" loading="lazy" '
            f'style="width: 100%; height: 790px; border: 0; resize: vertical; --tall: {self.tall}px" srcdoc="{html.escape(self.page)}"></iframe>'
            f'<div><p>{line}</p><img alt="{tr("ảnh tĩnh của trang", "a still picture of the page")}" '
            f'src="data:image/png;base64,{picture}"></div>'
        )
        return {"text/html": frame, "text/plain": f"[{title}]"}


def live(
    model: nn.Module | Mapping[str, nn.Module],
    dataset=None,
    beside: nn.Module | Mapping[str, nn.Module] | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Live:
    """The model alive in a notebook's output, a saved notebook, a page: draw a digit and see its cloud, move z, no kernel.

    model: any with encode(x), which gives z or (mu, logvar), and decode(z), which gives images in [0, 1]: an autoencoder or a
    VAE, of square images of 1 or 3 channels. Or {name: model} of several with one latent_dim, between which a knob turns.
    dataset: of (image, label), whose codes stand on the map and whose first images are the examples; the course's test images
    where none is given. beside: a second model, under the same hand. names: a heading for each, where it is not a {name: model}.
    Raises ValueError for a model of another form, for weights that are not finite, and for an operation that the page cannot
    run, which it names.
    Lesson 07: Without a kernel
    """
    given = [model] if beside is None else [model, beside]
    if names is not None and len(names) != len(given):
        raise ValueError(f"live(names): got {len(names)} names for {len(given)} models.")
    views = [
        dict(one) if isinstance(one, Mapping) else {type(one).__name__ if names is None else names[i]: one}
        for i, one in enumerate(given)
    ]
    images, labels = _images(dataset)
    described = [[_described(one, name, images, labels) for name, one in view.items()] for view in views]
    for view in described:
        if len(found := {(entry["latent"], entry["variational"]) for entry in view}) != 1:
            raise ValueError(
                f"live(model): got {len(found)} kinds of model under one knob, expected one latent_dim and one class."
            )
    planes = [entry for view in described for entry in view if entry["latent"] == 2]
    for entry in planes:  # one scale for all, so that the same place is the same z
        entry["limit"] = max(other["limit"] for other in planes)
    weights = bytearray()
    for entry in (entry for view in described for entry in view):
        for method in ("encode", "decode"):
            program = entry[method]
            planes = program.planes()
            entry[method] = program.entry() | {"weights": [len(weights), len(weights) + len(planes)]}
            weights += planes
    data = {
        "models": described,
        "colours": TEN_COLOURS,
        "examples": [_bytes(image) for image in images[:EXAMPLES]],
        "words": _words(),
    }
    shown = [next(iter(view.values())) for view in views]
    return Live(_page("livePage", data, bytes(weights)), _still(shown, images[:10]), 620 + 330 * len(views))


def toy(**settings) -> Live:
    """A VAE on points in the plane that trains in the page, with its knobs: B, KL and noise on or off, one or two latents.

    settings: what it starts with: shape ("ring", "moons", "blobs" or "own", for points that one draws), latent (1 or 2), B,
    kl, noise (True or False), lr, seed. Raises ValueError for another name or value.
    Lesson 02: 5 · What does the noise do
    """
    allowed = {
        "shape": ("ring", "moons", "blobs", "own"),
        "latent": (1, 2),
        "kl": (True, False),
        "noise": (True, False),
    }
    for name, value in settings.items():
        if name not in (*allowed, "B", "lr", "seed"):
            raise ValueError(f"toy({name}=…): expected shape, latent, B, kl, noise, lr or seed.")
        if name in allowed and value not in allowed[name]:
            raise ValueError(f"toy({name}): got {value!r}, expected one of {', '.join(map(repr, allowed[name]))}.")
        if name not in allowed and not (isinstance(value, (int, float)) and 0 < value < 1e6):
            raise ValueError(f"toy({name}): got {value!r}, expected a number above 0.")
    angle = torch.linspace(0, 2 * torch.pi, 60)[:-1]
    paper = torch.ones(1, 56, 56)
    paper[0, (28 + 18 * angle.sin()).round().long(), (28 + 18 * angle.cos()).round().long()] = 0.3
    data = {"colours": TEN_COLOURS, "words": _toy_words(), "settings": settings}
    return Live(_page("toyPage", data), _png(paper), 760)


def _images(dataset) -> tuple[Tensor, Tensor]:
    if dataset is None:
        from .. import data

        dataset = data.load_mnist(train=False)
    if hasattr(dataset, "images"):
        images, labels = dataset.images, dataset.labels
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:CODES]
        return images[order], labels[order]
    pairs = [dataset[i] for i in range(min(len(dataset), CODES))]
    return torch.stack([pair[0] for pair in pairs]), torch.tensor([int(pair[1]) for pair in pairs])


def _described(model: nn.Module, name: str, images: Tensor, labels: Tensor) -> dict:
    """One model as live.js takes it: its programs, its map, the order of its dimensions."""
    _, channels, size, width = images.shape
    latent = latent_dim_of(model)
    if size != width or channels not in (1, 3):
        raise ValueError(
            f"live(dataset): images have shape {tuple(images.shape)}, expected square ones of 1 or 3 channels."
        )
    if latent > MOST_LATENT:
        raise ValueError(f"live(model): {name} has {latent} latent dimensions, expected at most {MOST_LATENT}.")
    encode, decode = program_of(model, "encode", (channels, size, size)), program_of(model, "decode", (latent,))
    drawn = decode.slots[decode.outputs[0]]["shape"]
    if torch.Size(drawn).numel() != channels * size * size:
        raise ValueError(
            f"live(model): {name}.decode(z) gives {drawn}, expected the size of an image, {(1, channels, size, size)}."
        )
    with looking_at(model):
        code = model.encode(images.to(next(model.parameters()).device))
        mu, logvar = (
            first_of(code, "encode(x)").float().cpu(),
            code[1].float().cpu() if isinstance(code, (tuple, list)) else None,
        )
    kl = None if logvar is None else kl_per_dimension(mu, logvar)
    order = (mu.var(dim=0) if kl is None else kl).argsort(descending=True)
    entry = {
        "name": name, "latent": latent, "size": size, "channels": channels, "variational": logvar is not None,
        "encode": encode, "decode": decode,
        "kl": None if kl is None else [round(value, 2) for value in kl.tolist()], "order": order.tolist(),
    }  # fmt: skip
    if latent == 2:
        entry["codes"] = [[round(a, 2), round(b, 2), y] for (a, b), y in zip(mu.tolist(), labels.tolist(), strict=True)]
        entry["limit"] = max(3.2, round(1.1 * mu.abs().flatten().quantile(0.99).item(), 2))  # a few lie outside
    return entry


def _still(shown: list[nn.Module], images: Tensor) -> bytes:
    """The images in a row, and below it what each model makes of them."""
    rows = [images]
    for model in shown:
        with looking_at(model):
            x = images.to(next(model.parameters()).device)
            recon = model.decode(first_of(model.encode(x), "encode(x)"))
        rows.append(first_of(recon, "decode(z)").float().cpu().reshape(images.shape))
    return _png(torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1))


def _png(picture: Tensor) -> bytes:
    """picture (C, H, W) in [0, 1] → a PNG of twice the size and few colours."""
    pixels = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).squeeze(-1).numpy()
    image, file = Image.fromarray(pixels), io.BytesIO()
    few = image.quantize(64 if len(picture) == 3 else 16, dither=Image.Dither.NONE)
    few.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST).save(file, "png", optimize=True)
    return file.getvalue()


def _bytes(image: Tensor) -> str:
    """An example for the page, in 64 greys: nobody sees the difference, and it packs better."""
    greys = (image.clamp(0, 1) * 63).round() * (255 / 63)
    return base64.b64encode(greys.round().byte().numpy().tobytes()).decode()


def _words() -> dict[str, str]:
    return {
        "draw": tr("Vẽ một chữ số", "Draw a digit"),
        "pad": tr("chỗ vẽ", "a place to draw on"),
        "hint": tr(
            "Vẽ vào ô đen bằng ngón tay, bút hay chuột, hoặc chọn một ảnh: encoder cho mã, decoder vẽ lại.",
            "Draw on the black square with finger, pen or mouse, or choose an image: encoder gives the code, decoder redraws it.",
        ),
        "mapHint": tr(
            "Chấm màu: mã của ảnh thật, mỗi màu một chữ số. Chấm đen: z, kéo được. Vòng nét đứt: prior.",
            "Coloured dots: codes of real images, a colour for each digit. Black dot: z, drag it. Dashed circles: the prior.",
        ),
        "cloudHint": tr("Vùng xanh: đám mây q(z|x), đến 2σ.", "Blue: the cloud q(z|x), to 2σ."),
        "knobHint": tr(
            "B: sức nặng của sai số trong loss, so với KL. Hãy xoay B và nhìn đám mây, sai số, KL.",
            "B: the weight of the error in the loss, against the KL. Turn B and watch cloud, error and KL.",
        ),
        "examples": tr("ảnh mẫu", "examples"),
        "example": tr("ảnh mẫu", "example"),
        "noise": tr("ε mới (E)", "new ε (E)"),
        "mean": tr("ε = 0", "ε = 0"),
        "clear": tr("Xóa", "Clear"),
        "random": tr("z ngẫu nhiên", "random z"),
        "picture": tr("ảnh do decoder vẽ", "what the decoder draws"),
        "map": tr(
            "bản đồ không gian tiềm ẩn; các phím mũi tên di chuyển z", "map of the latent space; arrow keys move z"
        ),
        "sliders": tr("các chiều của z, KL lớn nhất ở trên", "dimensions of z, the largest KL first"),
        "error": tr("sai số", "error"),
        "knob": tr("núm B", "knob B"),
        "walk": tr("Đi từ ảnh này sang ảnh kia", "Walk from one image to another"),
        "along": tr("đi", "walk"),
        "from": tr("ảnh đầu", "first image"),
        "to": tr("ảnh cuối", "last image"),
        "arc": tr("theo cung tròn", "along the arc"),
    }


def _toy_words() -> dict[str, str]:
    return {
        "data": tr("Các điểm x", "The points x"),
        "dataHint": tr(
            "Chấm màu: dữ liệu. Lưới xám: ảnh của không gian tiềm ẩn qua decoder. Dấu +: điểm sinh từ prior.",
            "Coloured dots: the data. Grey grid: the latent space as the decoder draws it. Crosses: samples from the prior.",
        ),
        "codes": tr("Các mã: q(z|x)", "The codes: q(z|x)"),
        "codesHint": tr(
            "Mỗi hình bầu dục là một đám mây q(z|x), vẽ đến 1σ. Vòng nét đứt: 1σ và 2σ của prior.",
            "Each ellipse is a cloud q(z|x), drawn to 1σ. Dashed: 1σ and 2σ of the prior.",
        ),
        "curve": tr("sai số và KL theo từng bước", "error and KL by step"),
        "curveHint": tr(
            "Nét liền: bình phương sai số. Nét đứt: KL. Mỗi đường có thang riêng.",
            "Solid: squared error. Dashed: KL. Each on its own scale.",
        ),
        "run": tr("Chạy", "Run"),
        "pause": tr("Dừng", "Pause"),
        "one": tr("Một bước", "One step"),
        "again": tr("Làm lại từ đầu", "Start again"),
        "lr": "lr",
        "noise": tr("nhiễu ε", "noise ε"),
        "points": tr("dữ liệu", "data"),
        "latent": tr("số chiều của z", "dimensions of z"),
        "ring": tr("vòng tròn", "ring"),
        "moons": tr("hai vầng trăng", "moons"),
        "blobs": tr("năm cụm", "blobs"),
        "own": tr("tự vẽ", "draw your own"),
        "step": tr("bước", "step"),
        "error": tr("sai số", "error"),
        "ready": tr("Bấm Chạy để bắt đầu huấn luyện.", "Press Run to start training."),
    }


def _page(start: str, data: dict, weights: bytes = b"") -> str:
    """The page: a little that unpacks, and packed behind it the length of the text, the text and the weights."""
    script = "\n".join(_without_comments(asset(name)) for name in SCRIPTS[start])
    everything = json.dumps(
        {"script": script, "style": asset("live.css"), "start": start, "data": data},
        separators=(",", ":"),
        ensure_ascii=False,
    )
    content = packed(everything.encode(), weights)
    parts = {
        "language": language(),
        "title": tr("VAE dưới bàn tay", "A VAE under your hand"),
        "noscript": tr("Trang này cần JavaScript.", "This page needs JavaScript."),
        "packed": letters(content),
        "alphabet": ALPHABET,
        "length": str(len(content)),
    }
    page = asset("live.html")
    for name, value in parts.items():
        page = page.replace("{" + name + "}", value)
    return page


def packed(text: bytes, weights: bytes) -> bytes:
    """What live.html unpacks: the length of the text, the text and the weights, as gzip packs them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 8, zlib.Z_FILTERED)  # filtered: for numbers more than for words
    return packer.compress(len(text).to_bytes(4, "little") + text + weights) + packer.flush()


def _without_comments(script: str) -> str:
    """A script without indentation and without the lines that hold a comment alone: they are read in its file."""
    lines = [line.strip() for line in script.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//") and line != '"use strict";')


def letters(content: bytes) -> str:
    """Five letters for four bytes, none of which means anything in HTML or in a string: a sixteenth less than base64."""
    numbers = np.frombuffer(content + b"\0" * (-len(content) % 4), dtype=">u4").astype(np.int64)
    digits = [numbers // 85**power % 85 for power in (4, 3, 2, 1, 0)]
    alphabet = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    return alphabet[np.stack(digits, axis=1)].tobytes().decode()
