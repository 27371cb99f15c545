"""What the benchmarks share: the machine described, and a place for results."""

import json
import os
import platform
import sys
from datetime import date
from pathlib import Path

import psutil
import torch

RESULTS = Path(__file__).parent / "results"
BUSY = 15  # percent of all cores


def machine() -> dict:
    """What the numbers were measured on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor() or platform.machine()
    return {
        "date": date.today().isoformat(),
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def busy(machine: dict) -> bool:
    """Whether others are at work on it now; then says so. (The load average would still tell of the benchmark before.)"""
    used = psutil.cpu_percent(interval=2)
    if used > BUSY:
        print(f"This machine is busy ({used:.0f}% of {machine['cores']} cores): these numbers say less than those of a quiet one.", file=sys.stderr)  # fmt: skip
    return used > BUSY


def save(name: str, results: dict) -> None:
    """Write results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"benchmarks/results/{name}.json")
