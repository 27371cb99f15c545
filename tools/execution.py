"""Run a lesson in a kernel of its own, and keep of its outputs what a saved notebook should show."""

import json
import re
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode, from_dict

PROGRESS_BAR = re.compile(r"\d+%\|")  # how tqdm's bars read as text
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
CELL_TIMEOUT = 600  # seconds


def execute(notebook: NotebookNode, folder: Path, timing: bool = False) -> None:
    """Run all cells with this interpreter's own kernel, in folder. Raises CellExecutionError at the first error.

    timing: note in each cell's metadata when it ran.
    """
    own_kernels = KernelSpecManager(kernel_dirs=[str(Path(sys.prefix) / "share" / "jupyter" / "kernels")])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=own_kernels)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        record_timing=timing,
        extra_arguments=["--log-level=ERROR"],  # no warnings of the kernel's about its own transport
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_progress_bar(output)]
    keep_shown_widgets(notebook)
    notebook.metadata.language_info = from_dict({"name": "python"})  # not this machine's version


def keep_shown_widgets(notebook: NotebookNode) -> None:
    """Keep the state of the widgets that outputs show, with fixed ids, so that a saved lesson shows them without a kernel."""
    widgets = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE)
    views = [
        output.data[WIDGET_VIEW]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if WIDGET_VIEW in output.get("data", {})
    ]
    if not widgets or not views:
        return
    new_ids = {}  # in the order in which a reader meets them: the widgets shown, then what they are made of
    queue = [view["model_id"] for view in views]
    while queue:
        old = queue.pop(0)
        if old not in new_ids and old in widgets["state"]:
            new_ids[old] = f"widget-{len(new_ids):03d}"
            queue += re.findall(r"IPY_MODEL_([\w-]+)", json.dumps(widgets["state"][old]))
    text = json.dumps({old: widgets["state"][old] for old in new_ids})
    for old, new in new_ids.items():
        text = text.replace(old, new)
    for view in views:
        view["model_id"] = new_ids[view["model_id"]]
    notebook.metadata["widgets"] = {WIDGET_STATE: {**widgets, "state": json.loads(text)}}


def is_progress_bar(output: NotebookNode) -> bool:
    text = output.get("data", {}).get("text/plain", "") or output.get("text", "")
    is_widget = WIDGET_VIEW in output.get("data", {})
    return bool(PROGRESS_BAR.search(text)) and (is_widget or output.get("name") == "stderr")
