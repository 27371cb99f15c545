"""Pictures of stored outputs get a palette once, look the same, and take fewer bytes."""

import base64
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from PIL import Image

from tools.edition import built_path, sources
from tools.light import lighten
from tools.one_language import LANGUAGES

MOST_BYTES = 8_000_000


def test_a_figure_gets_a_palette_once_and_looks_the_same():
    figure, axis = plt.subplots(figsize=(4, 3))
    axis.imshow(np.random.default_rng(0).random((20, 20)), cmap="gray")
    packed = io.BytesIO()
    figure.savefig(packed, format="png")
    plt.close(figure)
    before = base64.b64encode(packed.getvalue()).decode()
    output = nbformat.v4.new_output("display_data", data={"image/png": before})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    lighten(notebook)
    after = notebook.cells[0].outputs[0].data["image/png"]
    assert len(after) < 0.8 * len(before)
    one, other = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"), float) for png in (before, after)
    )
    assert np.abs(one - other).mean() < 1 and np.abs(one - other).max() < 40
    lighten(notebook)
    assert notebook.cells[0].outputs[0].data["image/png"] == after


def test_a_picture_in_html_gets_a_palette_and_one_in_colour_keeps_its_colours():
    pixels = np.random.default_rng(0).random((60, 60, 3)).repeat(3, 0).repeat(3, 1)
    packed = io.BytesIO()
    Image.fromarray((255 * pixels).astype(np.uint8)).save(packed, "PNG")
    html = f'<img alt="noise" src="data:image/png;base64,{base64.b64encode(packed.getvalue()).decode()}">'
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    lighten(notebook)
    light = notebook.cells[0].outputs[0].data["text/html"]
    head, png = light.removesuffix('">').split("base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    assert head == '<img alt="noise" src="data:image/png;' and picture.mode == "P"
    assert len(picture.convert("RGB").getcolors()) > 200


def test_the_built_notebooks_are_no_burden():
    """A clone and every front end load them: together they take no more than this."""
    paths = [built_path(source, language) for source in sources() for language in LANGUAGES]
    assert sum(path.stat().st_size for path in paths) <= MOST_BYTES
