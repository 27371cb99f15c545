"""Run a lesson in a kernel of its own, and keep of its outputs what a saved notebook should show."""

import re
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode, from_dict

PROGRESS_BAR = re.compile(r"\d+%\|")  # how tqdm's bars read as text
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
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
    leave_at_rest(notebook)
    notebook.metadata.language_info = from_dict({"name": "python"})  # not this machine's version


def leave_at_rest(notebook: NotebookNode) -> None:
    """Of a widget keep the still output that follows its live view: a saved notebook has no kernel, and the view no life."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET_VIEW not in output.get("data", {})]


def is_progress_bar(output: NotebookNode) -> bool:
    text = output.get("data", {}).get("text/plain", "") or output.get("text", "")
    is_widget = WIDGET_VIEW in output.get("data", {})
    return bool(PROGRESS_BAR.search(text)) and (is_widget or output.get("name") == "stderr")
