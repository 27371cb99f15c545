"""How fast the living page answers: no kernel, plain JavaScript, in headless Chromium.

python -m benchmarks.page_latency                 ten seconds of dragging
python -m benchmarks.page_latency --seconds 600   ten minutes, for the memory

decode: what one decode of engine.js takes. drag: z is dragged about on the map (of the 16-dimensional model: on a slider); for
each picture, the time from the oldest pointer event that it answers to the end of its drawing (an event that draws nothing is
answered by the next picture). memory: before the drag and after each tenth of it, and so for the toy as it trains: the page's
JavaScript heap after a collection, its DOM nodes, its event listeners. page: bytes of the saved file.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import busy, machine, save
from tools import lab_page
from vae_helpers import models, page

WATCH = """() => {
    window.lags = [];
    window.moves = 0;
    let moved = null;
    for (const kind of ['pointermove', 'input'])
        document.addEventListener(kind, event => { moved ??= event.timeStamp; }, true);
    document.addEventListener('pointermove', () => { window.moves++; });
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (...given) {
        put.apply(this, given);
        if (moved !== null) window.lags.push(performance.now() - moved);
        moved = null;
    };
}"""
DECODE = """([latent, times]) => {
    const run = window.lastDecode, took = [];
    for (let i = 0; i < times; i++) {
        const z = Float32Array.from({length: latent}, () => 2 * Math.random() - 1), started = performance.now();
        run(z);
        took.push(performance.now() - started);
    }
    return took;
}"""
# The highest page of its kind, as read from its repository (github.com/xnought/vae-explainer, 2024), not measured here.
VAE_EXPLAINER = {
    "page_bytes": 3_300_000,  # TensorFlow.js 4.20 and the bundle 2.27 MB, encoder 276 kB, decoder 260 kB, codes 463 kB
    "decoder_weights": 65_089,
    "multiply_adds": 5_650_000,
    "models": 1,
    "input": "mouse",
}
KEEP_DECODE = """
const builtEngine = engine;
engine = (program, planes) => (window.lastDecode = builtEngine(program, planes));
"""


PARTS = 10
LONG = 300  # seconds from which on the run is about memory and has a file of its own


def measured(browser, name: str, seconds: float) -> dict:
    """The figures of one stored model's page."""
    model = models.load_pretrained(name)
    tab, size = opened(browser, page.live(model), KEEP_DECODE)
    took = np.array(tab.evaluate(DECODE, [model.latent_dim, 600]))[100:]  # the first ones are not compiled yet
    tab.evaluate(WATCH)
    box = tab.locator(".plane" if model.latent_dim == 2 else ".sliders input").first.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    memory, lags = [in_use(tab)], []
    for part in range(PARTS):
        started = time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds / PARTS:
            angle = elapsed + part * seconds / PARTS
            x, y = 0.5 + 0.4 * np.sin(2.1 * angle), 0.5 + 0.4 * np.cos(3.3 * angle)
            tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            tab.wait_for_timeout(8)
        lags += tab.evaluate("window.lags.splice(0)")  # what this script keeps in the page is not the page's memory
        memory.append(in_use(tab))
    tab.mouse.up()
    moves = tab.evaluate("window.moves")
    tab.close()
    return {
        "page_bytes": size,
        "decode_median_ms": round(float(np.median(took)), 2),
        "decode_p95_ms": round(float(np.percentile(took, 95)), 2),
        "pointer_moves": moves,
        "pictures": len(lags),
        "lag_median_ms": round(float(np.median(lags)), 1),
        "lag_p95_ms": round(float(np.percentile(lags, 95)), 1),
        **over_time(memory),
    }


def training(browser, seconds: float) -> dict:
    """The toy's page while it trains."""
    tab, size = opened(browser, page.toy())
    memory = [in_use(tab)]
    tab.locator("button").first.click()
    for _ in range(PARTS):
        tab.wait_for_timeout(1000 * seconds / PARTS)
        memory.append(in_use(tab))
    status = tab.locator("[role=status]").inner_text()
    tab.close()
    return {"page_bytes": size, "at_the_end": status, **over_time(memory)}


def opened(browser, shown, script: str = ""):
    """The page in a tab, and its bytes as a file. script: runs before the page's own scripts start."""
    with tempfile.TemporaryDirectory() as folder:
        path = shown.save(Path(folder) / "page.html")
        size = path.stat().st_size
        if script:  # the page's own scripts start by window[start](…)
            text = path.read_text(encoding="utf-8")
            text = text.replace("window[start](", f"(0, eval)({script!r});\n  window[start](")
            text = text.replace("script-src 'unsafe-inline'", "script-src 'unsafe-inline' 'unsafe-eval'")
            path.write_text(text, encoding="utf-8")
        tab = browser.new_page(viewport={"width": 1000, "height": 800})
        tab.goto(path.as_uri())
        tab.locator("canvas").first.wait_for()
    return tab, size


def in_use(tab) -> tuple[float, int, int]:
    """Heap in MB after a collection, DOM nodes, event listeners."""
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("HeapProfiler.collectGarbage")
    used, count = devtools.send("Runtime.getHeapUsage")["usedSize"], devtools.send("Memory.getDOMCounters")
    devtools.detach()
    return round(used / 1e6, 2), count["nodes"], count["jsEventListeners"]


def over_time(memory: list[tuple]) -> dict[str, list]:
    return dict(zip(("heap_mb", "nodes", "listeners"), map(list, zip(*memory, strict=True)), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="how long z is dragged about")
    seconds = parser.parse_args().seconds
    here = machine()
    results = {"machine": here, "busy": busy(here), "seconds": seconds, "pages": {}, "vae_explainer": VAE_EXPLAINER}
    with lab_page.running_browser() as browser:
        for name in ("vae-2d", "vae-16d"):
            results["pages"][name] = measured(browser, name, seconds)
            print(name, results["pages"][name], flush=True)
        results["toy"] = training(browser, seconds)
        print("toy", results["toy"], flush=True)
    save("page_latency" if seconds < LONG else "page_memory", results)


if __name__ == "__main__":
    main()
