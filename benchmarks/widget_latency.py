"""How fast the explorer of lesson 07 answers.

python -m benchmarks.widget_latency            in Python alone, and in a real JupyterLab where Chromium is at hand
python -m benchmarks.widget_latency --python   in Python alone

In Python, a tick is what one slider event costs the kernel: from the new value to the PNG bytes of the picture. In the
browser the slider is dragged to and fro for some seconds; for each picture that appears, its lag is the time since the
slider first showed that value. If events queued up, the lag would grow from the first half of the drag to the second.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import busy, machine, save
from tools import lab_page
from vae_helpers import models, widgets

ROOT = Path(__file__).resolve().parents[1]

WATCH = """() => {
    const readout = document.querySelector('.widget-slider .widget-readout');
    const caption = document.querySelector('span[role=status]').closest('.widget-html');
    const shown = () => readout.innerText.replace('\u2212', '-');  // the slider writes a true minus sign
    const drawn = () => caption.innerText.match(/-?\\d+\\.\\d+/)[0];
    window.moved = {}; window.seen = []; window.atRest = () => shown() === drawn();
    new MutationObserver(() => { window.moved[shown()] = performance.now(); })
        .observe(readout, {childList: true, characterData: true, subtree: true});
    new MutationObserver(() => {
        const z = drawn();
        requestAnimationFrame(() => window.seen.push([z, performance.now() - window.moved[z]]));
    }).observe(caption, {childList: true, subtree: true, characterData: true});
}"""


def ticks(name: str, n: int) -> dict:
    """Percentiles of a tick in ms, for moves of random sliders of the pretrained model of that name."""
    explorer = widgets.latent_explorer(models.load_pretrained(name))
    random = np.random.default_rng(0)
    times = []
    for _ in range(n):
        slider = explorer.sliders[random.integers(len(explorer.sliders))]
        value = round(random.uniform(-3, 3), 2)
        started = time.perf_counter()
        slider.value = value
        times.append(1000 * (time.perf_counter() - started))
    return {
        "ticks": n,
        "median_ms": round(float(np.median(times)), 3),
        "p95_ms": round(float(np.percentile(times, 95)), 3),
    }


def drag(seconds: float) -> dict:
    """Lags in ms between slider and picture while the first slider is dragged to and fro in JupyterLab."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "notebooks" / "en").mkdir(parents=True)
        shutil.copy(ROOT / "notebooks/en/07_latent_sliders.ipynb", Path(folder) / "notebooks" / "en")
        with lab_page.running_browser() as browser, lab_page.running_lab(Path(folder)) as address:
            page = lab_page.open_notebook(browser, address, "notebooks/en/07_latent_sliders.ipynb")
            lab_page.run_all_cells(page)
            handle = page.locator(".noUi-handle").first
            handle.scroll_into_view_if_needed()
            box, track = handle.bounding_box(), page.locator(".noUi-target").first.bounding_box()
            page.evaluate(WATCH)
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + box["width"] / 2, y)
            page.mouse.down()
            started, events = time.perf_counter(), 0
            while (elapsed := time.perf_counter() - started) < seconds:
                share = 0.5 + 0.45 * np.sin(2 * np.pi * elapsed / 3)  # to and fro in three seconds
                page.mouse.move(track["x"] + share * track["width"], y)
                events += 1
                page.wait_for_timeout(8)
            page.mouse.up()
            released = time.perf_counter()
            page.wait_for_function("window.atRest()")
            settled = 1000 * (time.perf_counter() - released)
            lags = [lag for _, lag in page.evaluate("window.seen") if lag is not None]
    half = len(lags) // 2
    return {
        "seconds": seconds,
        "mouse_events": events,
        "pictures": len(lags),
        "lag_median_ms": round(float(np.median(lags)), 1),
        "lag_p95_ms": round(float(np.percentile(lags, 95)), 1),
        "lag_median_first_half_ms": round(float(np.median(lags[:half])), 1),
        "lag_median_second_half_ms": round(float(np.median(lags[half:])), 1),
        "after_release_ms": round(settled, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="store_true", help="leave the browser out")
    parser.add_argument("--seconds", type=float, default=12, help="how long to drag in the browser")
    arguments = parser.parse_args()
    here = machine()
    results = {
        "machine": here,
        "busy": busy(here),
        "python": {name: ticks(name, 500) for name in ("vae-2d", "vae-16d")},
    }
    if not arguments.python and not (reason := lab_page.missing()):
        results["browser"] = drag(arguments.seconds)
    elif not arguments.python:
        print(f"No browser: {reason}.")
    for key in ("python", "browser"):
        print(key, results.get(key))
    save("widget_latency", results)


if __name__ == "__main__":
    main()
