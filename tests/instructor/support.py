"""Notebooks as students hand them in, and the grader run as an instructor runs it."""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from instructor.grader import sandbox

ROOT = Path(__file__).resolve().parents[2]
MSE = "import torch\ndef mse(recon, x):\n    return ((x - recon) ** 2).mean()"
BCE = "def bce(recon, x):\n    return -(x * recon.log() + (1 - x) * (1 - recon).log()).mean()"
WAY = "def interpolate(z_a, z_b, alpha):\n    return (1 - alpha) * z_a + alpha * z_b"
WRONG_MSE = "import torch\ndef mse(recon, x):\n    return ((x - recon) ** 2).sum()"


def notebook(*cells, lesson="01_autoencoder", language="en", kernel="python3", speaks="python"):
    cells = [
        {"cell_type": "code", "id": f"{lesson}-{n:03d}", "source": source, "metadata": {}, "outputs": []}
        for n, source in enumerate(cells)
    ]
    metadata = {"kernelspec": {"name": kernel, "language": speaks}, "vae_language": language}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def submission(folder, student, content):
    (folder / student).mkdir(parents=True, exist_ok=True)
    (folder / student / "01_autoencoder.ipynb").write_bytes(content)


def is_guarded():
    return sandbox.isolation().bubblewrap


def command(folder, *options):
    program = [
        sys.executable,
        "-m",
        "instructor.grade",
        folder,
        "--out",
        folder.parent / "grades.csv",
        *options,
    ]
    return subprocess.run(program, capture_output=True, text=True, timeout=280, cwd=ROOT)


def table(folder, name="grades.csv"):
    with open(folder.parent / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def left_over(patience=150):
    """Processes that students' code ran in, and that are nobody's any more. They get some time to end: one that has just
    lost its parent may still be importing torch, on a machine that has much to do; and what another worker's test runs at this
    moment, which may be nobody's child as well, ends with that test's limits."""
    until = time.monotonic() + patience
    here = psutil.Process()
    tests = here.parent() if "PYTEST_XDIST_WORKER" in os.environ else here  # what another worker tests is not left over
    own = {child.pid for child in tests.children(recursive=True)}
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if process.pid not in own and str(sandbox.INSIDE) in (process.info["cmdline"] or [])
    ]
    while (alive := list(filter(lives, found))) and time.monotonic() < until:
        time.sleep(0.5)
    return alive


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # just now
        return False
