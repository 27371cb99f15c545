"""Lesson 07 in a real JupyterLab and a real Chromium: what is seen is what the model gives.

Runs when VAE_BROWSER_TESTS=1 is set; skipped where there is no Chromium or no Playwright, unless CI=true.
"""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from PIL import Image

from vae_helpers import models

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


pytestmark = pytest.mark.skipif(os.environ.get("VAE_BROWSER_TESTS") != "1", reason="set VAE_BROWSER_TESTS=1 to run")


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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab over a copy of the lessons; yields its address."""
    folder = tmp_path_factory.mktemp("lab")
    for language in ("vi", "en"):
        (folder / "notebooks" / language).mkdir(parents=True)
        shutil.copy(ROOT / "notebooks" / language / "07_latent_sliders.ipynb", folder / "notebooks" / language)
    for plugin, settings in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=",
    ]
    command += [f"--ServerApp.root_dir={folder}"]
    environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_PREFER_ENV_PATH": "1"}
    with open(folder / "lab.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urlopen(f"{address}/api/status", timeout=1)
            break
        except OSError:
            time.sleep(0.5)
    else:
        pytest.fail((folder / "lab.log").read_text())
    yield address
    process.terminate()
    process.wait()


@pytest.fixture(scope="module", params=["vi", "en"])
def lesson(request, browser, lab):
    """Lesson 07, opened and run to its end; the first explorer is in view."""
    page = browser.new_page(viewport={"width": 1100, "height": 1000})
    page.goto(f"{lab}/doc/tree/notebooks/{request.param}/07_latent_sliders.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=40_000)
    page.get_by_text("| Idle").first.wait_for(timeout=60_000)  # the kernel is there; before it, Run does nothing
    page.get_by_role("menuitem", name="Run", exact=True).first.click()
    page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
    page.wait_for_selector(".vae-map svg", timeout=40_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=40_000)
    page.locator(".vae-map svg").first.scroll_into_view_if_needed()
    yield page
    page.close()


def z_shown(page):
    text = page.locator("span[role=status]").first.inner_text()
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def picture(page):
    """The pixels of the first explorer's picture, as they are on the page."""
    code = """async image => {
        const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
        return btoa(String.fromCharCode(...bytes)); }"""
    data = page.locator("img.widget-image, img.jupyter-widgets").first.evaluate(code)
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))[::7, ::7].astype(int)


def expect_picture(page, z, tolerance=2):
    """Wait until the page shows the model's picture for z (as exactly as the caption's two decimals allow)."""
    with torch.no_grad():
        expected = (models.load_pretrained("vae-2d").decode(torch.tensor([z]))[0, 0] * 255).numpy()
    for _ in range(50):
        difference = np.abs(picture(page) - expected).max()
        if difference <= tolerance:
            return
        time.sleep(0.1)
    pytest.fail(f"for z = {z} the picture differs by {difference:.1f} grey levels of 255")


def wait_for_z(page, changed_from):
    page.wait_for_function(
        "old => document.querySelector('span[role=status]').innerText !== old",
        arg=f"z = ({changed_from[0]:.2f}, {changed_from[1]:.2f})",
        timeout=20_000,
    )
    return settled(page)


def settled(page):
    """z once it has not changed for a second: the picture follows a fast hand with a delay on a slow machine."""
    seen = z_shown(page)
    for _ in range(30):
        page.wait_for_timeout(1000)
        if z_shown(page) == seen:
            return seen
        seen = z_shown(page)
    pytest.fail("the picture does not come to rest")


def test_all_cells_ran_without_an_error(lesson):
    assert lesson.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert lesson.locator(".vae-map").count() == 2  # the explorer's and the interpolation's


def test_keyboard_moves_the_slider_and_the_picture_follows(lesson):
    before = z_shown(lesson)
    expect_picture(lesson, before)
    handle = lesson.locator(".noUi-handle").first
    handle.focus()
    for _ in range(12):
        lesson.keyboard.press("ArrowRight")
    after = wait_for_z(lesson, before)
    assert after[0] > before[0] + 0.3 and after[1] == before[1]
    expect_picture(lesson, after)


def test_dragged_slider_ends_where_the_mouse_does(lesson):
    before = z_shown(lesson)
    box = lesson.locator(".noUi-handle").nth(1).bounding_box()
    track = lesson.locator(".noUi-target").nth(1).bounding_box()
    lesson.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lesson.mouse.down()
    for share in np.linspace(0.5, 0.9, 30):
        lesson.mouse.move(track["x"] + share * track["width"], box["y"] + box["height"] / 2)
    lesson.mouse.up()
    after = wait_for_z(lesson, before)
    assert after[1] == pytest.approx(2.4, abs=0.2)
    expect_picture(lesson, after)


def test_click_and_drag_on_the_map(lesson):
    before = z_shown(lesson)
    box = lesson.locator(".vae-map svg").first.bounding_box()
    lesson.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    after = wait_for_z(lesson, before)
    assert after == pytest.approx([-1.5, 1.5], abs=0.05)
    expect_picture(lesson, after)
    lesson.mouse.down()
    for share in np.linspace(0.25, 0.75, 25):
        lesson.mouse.move(box["x"] + share * box["width"], box["y"] + 0.6 * box["height"])
    lesson.mouse.up()
    lesson.wait_for_timeout(500)
    after = settled(lesson)
    assert after == pytest.approx([1.5, -0.6], abs=0.05)
    expect_picture(lesson, after)
