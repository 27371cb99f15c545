"""Pictures of stored outputs get a palette once, look the same, and take fewer bytes."""

import base64
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from PIL import Image

from tools.light import lighten


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
