"""A real JupyterLab and a real Chromium for browser tests, which run when VAE_BROWSER_TESTS=1 is set.

A test module imports the fixture browser and calls lab_over(folder) and open_and_run(page, address).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
PATIENCE = 120_000  # milliseconds: two slow cores have more to do than this test
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

only_when_asked = pytest.mark.skipif(
    os.environ.get("VAE_BROWSER_TESTS") != "1", reason="set VAE_BROWSER_TESTS=1 to run"
)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "Playwright is not installed"
    else:
        missing = "" if CHROMIUM else "there is no Chromium on this machine"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())


@contextmanager
def lab_over(folder, settings=None):
    """JupyterLab with folder as its root, and this checkout's vae_helpers; gives its address."""
    for plugin, values in {**SETTINGS, **(settings or {})}.items():
        file = folder / ".settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONPATH": str(ROOT),
    }
    with open(folder / "lab.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urlopen(f"{address}/api/status", timeout=1)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((folder / "lab.log").read_text())
        yield address
    finally:
        process.terminate()
        process.wait()


def open_and_run(page, address):
    """Open a notebook's page and run all of its cells."""
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE)
    page.get_by_text("| Idle").first.wait_for(timeout=PATIENCE)  # the kernel is there; before it, Run does nothing
    menu(page, "Run", "Run All Cells")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=PATIENCE)


def menu(page, name, entry):
    page.get_by_role("menuitem", name=name, exact=True).first.click()
    page.locator(".lm-Menu-item", has_text=entry).first.click()
