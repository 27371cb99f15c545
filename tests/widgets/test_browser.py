"""Lesson 07 in a real JupyterLab and a real Chromium: what is seen is what the model gives.

Skipped, with the reason, where there is no Chromium or no Playwright; with CI=true that is a failure.
"""

import base64
import re
import shutil
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from tools import lab_page
from vae_helpers import models


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab over a copy of lesson 07 in both languages."""
    folder = tmp_path_factory.mktemp("lab")
    for language in ("vi", "en"):
        (folder / "notebooks" / language).mkdir(parents=True)
        shutil.copy(lab_page.ROOT / "notebooks" / language / "07_latent_sliders.ipynb", folder / "notebooks" / language)
    with lab_page.running_lab(folder) as address:
        yield address


@pytest.fixture(scope="module", params=["vi", "en"])
def lesson(request, browser, lab):
    """Lesson 07, opened and run to its end; the first explorer is in view."""
    page = lab_page.open_notebook(browser, lab, f"notebooks/{request.param}/07_latent_sliders.ipynb")
    lab_page.run_all_cells(page)
    page.locator(".vae-pad").first.scroll_into_view_if_needed()
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
    """Wait until the page shows the model's picture for z, or for what the caption's two decimals may stand for."""
    around = torch.tensor(z) + 0.005 * torch.cartesian_prod(*[torch.tensor([-1.0, 0.0, 1.0])] * 2)
    with torch.no_grad():
        expected = (models.load_pretrained("vae-2d").decode(around)[:, 0] * 255).numpy()
    low, high = expected.min(axis=0), expected.max(axis=0)
    for _ in range(100):
        shown = picture(page)
        difference = np.maximum(low - shown, shown - high).max()
        if difference <= tolerance:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"for z = {z} the picture differs by {difference:.1f} grey levels of 255")


def wait_for_z(page, changed_from):
    page.wait_for_function(
        "old => document.querySelector('span[role=status]').innerText !== old",
        arg=f"z = ({changed_from[0]:.2f}, {changed_from[1]:.2f})",
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


def test_the_widgets_are_there(lesson):
    assert lesson.locator(".vae-map").count() == 2  # the explorer's and the interpolation's


def test_screen_readers_hear_what_each_slider_and_picture_is(lesson):
    lesson.wait_for_function("document.querySelector('.vae-box [role=slider]').hasAttribute('aria-label')")
    for name in ("z₁", "z₁₆", "α (%)"):
        assert lesson.get_by_role("slider", name=name, exact=True).count() >= 1
    lesson.wait_for_function("!document.querySelector('img.widget-image:not([alt])')")


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
    box = lesson.locator(".vae-pad").first.bounding_box()
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


def test_random_and_reset_by_keyboard(lesson):
    before = z_shown(lesson)
    for _ in range(2):  # on a page of its own language the buttons are found by their place
        lesson.locator("button.jupyter-button:has(i.fa-random)").first.press("Enter")
        before = wait_for_z(lesson, before)
    expect_picture(lesson, before)
    lesson.locator("button.jupyter-button:has(i.fa-undo)").first.press("Enter")
    assert wait_for_z(lesson, before) == [0, 0]
    expect_picture(lesson, [0.0, 0.0])


def scrolled(page):
    """How far the notebook has been scrolled."""
    return page.locator(".jp-WindowedPanel-outer").first.evaluate("panel => panel.scrollTop")


def test_the_wheel_moves_the_page_wherever_it_is_turned(lesson):
    """No widget has a scroll bar of its own that takes the wheel first."""
    boxes = lesson.locator(".vae-box")
    for i in range(boxes.count()):
        boxes.nth(i).scroll_into_view_if_needed()
        place = boxes.nth(i).bounding_box()
        lesson.mouse.move(place["x"] + 40, max(place["y"], 150) + 20)
        before = scrolled(lesson)
        lesson.mouse.wheel(0, -120)
        lesson.wait_for_timeout(400)
        assert scrolled(lesson) == pytest.approx(before - 120, abs=10)
        inner = """box => [box, ...box.querySelectorAll('*')].filter(part => {
            const style = getComputedStyle(part), bar = flow => ['auto', 'scroll'].includes(flow);
            return bar(style.overflowY) && part.scrollHeight > part.clientHeight + 1
                || bar(style.overflowX) && part.scrollWidth > part.clientWidth + 1 }).map(part => part.className)"""
        assert boxes.nth(i).evaluate(inner) == []


def test_narrow_page_shows_every_widget_whole(lesson):
    lesson.set_viewport_size({"width": 400, "height": 900})
    lesson.wait_for_timeout(1000)
    try:
        boxes = lesson.locator(".vae-map, .vae-frame, .widget-slider, .widget-image, .jupyter-button, .widget-dropdown")
        assert boxes.count() > 15
        for i in range(boxes.count()):
            box = boxes.nth(i).bounding_box()
            assert box is None or box["x"] + box["width"] <= 401, boxes.nth(i).evaluate("node => node.outerHTML")[:300]
        click_lands_on_the_map(lesson)
    finally:
        lesson.set_viewport_size({"width": 1100, "height": 1000})


def click_lands_on_the_map(page):
    """The map shrinks with the page, all its layers alike, and a click still chooses the place that is shown there."""
    page.locator(".vae-map").first.scroll_into_view_if_needed()
    layers = [
        page.locator(f".vae-map >> nth=0 >> {layer}").bounding_box() for layer in (".vae-frame", "svg", ".vae-pad")
    ]
    box = layers[0]
    assert box["width"] == pytest.approx(box["height"], abs=1) and 200 < box["width"] < 300
    for other in layers[1:]:
        assert [other[key] for key in box] == pytest.approx(list(box.values()), abs=1)
    before = z_shown(page)
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.2 * box["height"])
    after = wait_for_z(page, before)
    assert after == pytest.approx([1.2, 1.8], abs=0.05)
    circle = page.locator(".vae-map >> nth=0 >> svg circle >> nth=1").bounding_box()
    assert circle["x"] + circle["width"] / 2 == pytest.approx(box["x"] + 0.7 * box["width"], abs=2)
    assert circle["y"] + circle["height"] / 2 == pytest.approx(box["y"] + 0.2 * box["height"], abs=2)
