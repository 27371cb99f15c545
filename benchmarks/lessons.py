"""How long each lesson computes: all its cells, in a kernel of its own, one lesson after the other.

python -m benchmarks.lessons          every lesson, on the real MNIST (10 minutes on two cores)
python -m benchmarks.lessons 05 06    these alone; the others keep what is on file

seconds: from the first cell's start to the last cell's end. Starting the kernel is not counted; importing torch is.
"""

import argparse
import json
import re
import tempfile
from datetime import datetime
from pathlib import Path

from benchmarks.common import RESULTS, busy, machine, save
from tools import build
from vae_helpers import data


def run(source: Path) -> float:
    """One lesson's seconds, in an empty folder."""
    notebook = build.make_notebook(source, "en")
    with tempfile.TemporaryDirectory() as folder:
        build.execute(notebook, Path(folder), timing=True)
    times = [cell.metadata.execution for cell in notebook.cells if "execution" in cell.metadata]
    return time_of(times[-1]["shell.execute_reply"]) - time_of(times[0]["iopub.execute_input"])


def time_of(stamp: str) -> float:
    return datetime.fromisoformat(re.sub("Z$", "+00:00", stamp)).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    chosen = [s for s in build.choose(parser.parse_args().lessons, parser) if s.stem != "quiz"]
    data.load_mnist(fallback=False)  # without the real MNIST: an error that says how to get it
    here = machine()
    results = {"machine": here, "busy": busy(here), "lessons": {}}
    file = RESULTS / "lessons.json"
    if len(chosen) < len(build.sources()) - 1 and file.exists():
        results["lessons"] = json.loads(file.read_text(encoding="utf-8"))["lessons"]
    for source in chosen:
        seconds = results["lessons"][source.stem] = round(run(source), 1)
        print(f"{source.stem}: {seconds} s", flush=True)
    save("lessons", results)


if __name__ == "__main__":
    main()
