"""Lesson 07 over a day: saved, its kernel ended, opened again; and after a restart. JupyterLab, Notebook 7.

Skipped, with the reason, where there is no Chromium or no Playwright; with CI=true that is a failure. Notebook 7 is tested
where the package notebook is installed beside JupyterLab, whose server then serves it too.
"""

import importlib.util
import shutil

import pytest

from tools import lab_page
from vae_helpers.page.resting import LINES

LESSON = "07_latent_sliders.ipynb"
WIDGETS, EXPLORERS = 4, 2  # two explorers, a walk, a sum


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for language in LINES:
        (folder / "notebooks" / language).mkdir(parents=True)
        shutil.copy(lab_page.ROOT / "notebooks" / language / LESSON, folder / "notebooks" / language)
    with lab_page.running_lab(folder) as address:
        yield address


@pytest.fixture(params=["doc/tree", "notebooks"], ids=["JupyterLab", "Notebook 7"])
def front_end(request):
    if request.param == "notebooks" and importlib.util.find_spec("notebook") is None:
        pytest.skip("Notebook 7 is not installed")
    return request.param


def opened(browser, lab, front_end, language):
    """The lesson with its kernel started, until nothing changes any more: a lost widget is given up after 2 s."""
    page = browser.new_page(viewport={"width": 1100, "height": 1000})
    page.set_default_timeout(lab_page.PATIENCE)
    page.goto(f"{lab}/{front_end}/notebooks/{language}/{LESSON}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(
        "fetch('/api/sessions').then(r => r.json())"
        ".then(all => all.length > 0 && all.every(one => one.kernel.execution_state === 'idle'))"
    )
    page.wait_for_timeout(5000)
    return page


def run_all(page):
    lab_page.menu(page, "Run", "Run All Cells")
    page.locator(".vae-box:not(.jupyter-widgets-disconnected)").nth(WIDGETS - 1).wait_for()


def save_and_leave(page):
    """Save, shut the kernel down as the server's panel does, close the page."""
    lab_page.menu(page, "File", "Save Notebook")
    page.wait_for_timeout(2000)
    left = page.evaluate(
        """async () => {
            const token = document.cookie.match(/_xsrf=([^;]+)/)[1], all = await (await fetch('/api/sessions')).json();
            for (const one of all)
                await fetch('/api/sessions/' + one.id, { method: 'DELETE', headers: { 'X-XSRFToken': token } });
            return (await (await fetch('/api/sessions')).json()).length }"""
    )
    assert left == 0
    page.close()


def seen(page):
    return "\n".join(page.locator(".jp-Notebook .jp-OutputArea-output:visible").all_inner_texts())


def expect_pictures(page, language):
    """For each explorer its page; for each other widget its still picture, whole, and the line that tells how to wake it."""
    text = seen(page)
    assert text.count(LINES[language]) == WIDGETS - EXPLORERS
    assert page.locator(".vae-rest iframe:visible").count() == EXPLORERS
    assert "Error displaying widget" not in text and "Loading widget" not in text
    pictures = page.locator(".vae-rest img:visible")
    assert pictures.count() == WIDGETS - EXPLORERS and page.locator(".vae-box").count() == 0
    for i in range(WIDGETS - EXPLORERS):
        width, shown, alt = pictures.nth(i).evaluate("image => [image.naturalWidth, image.clientWidth, image.alt]")
        assert width >= 200 and shown >= 200 and len(alt) > 10


def expect_life(page, language):
    """The widgets, and nothing beside them."""
    assert page.locator(".vae-box:visible").count() == WIDGETS
    assert page.locator(".vae-rest:visible").count() == 0 and LINES[language] not in seen(page)


def expect_sleep(page, language):
    """The widgets whole, as they were, each with the line above it, and nothing in them that can be moved."""
    page.locator(".vae-box.jupyter-widgets-disconnected").nth(WIDGETS - 1).wait_for()
    assert page.locator(".vae-rest:visible").count() == 0
    boxes = page.locator(".vae-box")
    for i in range(WIDGETS):
        box = boxes.nth(i)
        assert box.evaluate("b => getComputedStyle(b, '::before').content") == f'"{LINES[language]}"'
        assert box.evaluate("b => [...b.children].every(c => getComputedStyle(c).pointerEvents === 'none')")
        assert box.evaluate("b => b.scrollHeight <= b.clientHeight + 1 && b.scrollWidth <= b.clientWidth + 1")
        icons = "b => [...b.querySelectorAll('*')].filter(p => !['none', 'normal'].includes(getComputedStyle(p, '::before').content) && !p.matches('.fa')).length"  # fmt: skip
        assert box.evaluate(icons) == 0
    frame = page.locator(".vae-frame").first.bounding_box()
    assert frame["width"] == frame["height"] == 300


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_lesson_over_a_day(browser, lab, front_end, language):
    page = opened(browser, lab, front_end, language)
    run_all(page)
    expect_life(page, language)
    save_and_leave(page)

    page = opened(browser, lab, front_end, language)
    expect_pictures(page, language)
    run_all(page)
    expect_life(page, language)

    lab_page.menu(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect_sleep(page, language)
    run_all(page)
    expect_life(page, language)
    save_and_leave(page)
