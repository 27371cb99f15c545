"""A real JupyterLab and a real Chromium, for tests and benchmarks of what is seen on the page."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120_000  # milliseconds: two slow cores have more to do than this test
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is on the page, in view or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def missing() -> str:
    """Why no browser can be had here; "" if one can."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Playwright is not installed"
    return "" if CHROMIUM else "there is no Chromium on this machine"


@contextmanager
def running_browser() -> Iterator:
    """A headless Chromium of Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@contextmanager
def running_lab(folder: Path) -> Iterator[str]:
    """JupyterLab over folder, with the kernel of this Python; gives its address."""
    for plugin, settings in SETTINGS.items():
        file = folder / ".settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),  # not the side bar that someone has left wide open
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONPATH": str(ROOT),
    }
    with open(folder / ".lab.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urlopen(f"{address}/api/status", timeout=5)
                break
            except OSError:
                time.sleep(0.5)
        else:
            raise TimeoutError((folder / ".lab.log").read_text())
        yield address
    finally:
        process.terminate()
        process.wait()


def open_notebook(browser, address: str, path: str, width: int = 1100, height: int = 1000):
    """A page with the notebook open and its kernel ready; nothing has been run yet."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/doc/tree/{path}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("| Idle").first.wait_for()  # the kernel is there; before it, Run does nothing
    return page


def menu(page, name: str, entry: str) -> None:
    """Choose an entry of JupyterLab's menu bar."""
    page.get_by_role("menuitem", name=name, exact=True).first.click()
    page.locator(".lm-Menu-item", has_text=entry).first.click()


def run_all_cells(page) -> None:
    """By the menu, as a student does; comes back when the kernel is idle again. A cell's error is an AssertionError."""
    menu(page, "Run", "Run All Cells")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=busy]")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()
    assert not errors, errors
