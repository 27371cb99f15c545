"""The living page for every hand: axe-core's rules, keys, fingers, both colour schemes, and paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from vae_helpers import data, models, page

pytestmark = pytest.mark.browser
PAGES = {
    "two": lambda digits: page.live(
        models.load_pretrained("ae-2d"), digits, {"B = 10": models.load_pretrained("vae-2d"), "b": models.VAE()}
    ),
    "sliders": lambda digits: page.live(models.load_pretrained("vae-16d"), digits),
    "toy": lambda digits: page.toy(),
}


@pytest.fixture(scope="module")
def digits():
    digits = data.load_digits()
    return data.ImageDataset(digits.images[:60], digits.labels[:60], "digits")


@pytest.fixture
def opened(browser, tmp_path, digits):
    """opened(name, …): a page of PAGES in a window with these options."""
    contexts = []

    def open_page(name, **options):
        path = PAGES[name](digits).save(tmp_path / f"{name}.html")
        contexts.append(browser.new_context(**{"viewport": {"width": 400, "height": 900}, "offline": True, **options}))
        tab = contexts[-1].new_page()
        tab.goto(path.as_uri())
        tab.locator("canvas").first.wait_for()
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(opened, name, scheme, language):
    tab = opened(name, color_scheme=scheme)
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()


def test_axe_would_find_something(opened):
    """The test above can fail: an image without a text, a grey on grey."""
    tab = opened("toy")
    tab.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><p style=\"color: #ddd\">grey on white</p>')"
    )
    assert {entry["id"] for entry in Axe().run(tab).response["violations"]} >= {"image-alt", "color-contrast"}


def touch(tab, steps):
    """A finger put down at the first place, moved over the others, and lifted."""
    session = tab.context.new_cdp_session(tab)
    for i, (x, y) in enumerate(steps):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.wait_for_timeout(150)


def place(tab, selector, *shares):
    box = tab.locator(selector).first.bounding_box()
    return [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in shares]


def test_a_finger_draws_a_digit_and_moves_z(opened):
    tab = opened("two", has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    assert tab.locator(".bar").first.inner_text().endswith("–")
    touch(tab, place(tab, ".pad", (0.5, 0.2), (0.5, 0.35), (0.5, 0.5), (0.5, 0.65), (0.5, 0.8)))
    assert not tab.locator(".bar").first.inner_text().endswith("–")  # it has been encoded
    tab.locator(".plane").first.scroll_into_view_if_needed()
    before, scrolled = tab.locator("[role=status]").first.inner_text(), tab.evaluate("scrollY")
    touch(tab, place(tab, ".plane", (0.5, 0.5), (0.3, 0.7), (0.2, 0.8)))
    assert tab.locator("[role=status]").first.inner_text() != before
    assert tab.evaluate("scrollY") == scrolled  # the finger moves z, not the page


def test_all_of_it_by_keys(opened):
    """Tab reaches every control, and none is reached that shows no focus."""
    tab = opened("two")
    tab.locator("details").evaluate("details => { details.open = true; }")
    wanted = tab.locator("button, input, select, canvas[tabindex]").count()
    reached = set()
    for _ in range(wanted + 3):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(
            "() => { const e = document.activeElement; const all = [...document.querySelectorAll('*')];"
            " return [all.indexOf(e), e.tagName, getComputedStyle(e).outlineStyle] }"
        )
        if focused[1] != "BODY":
            assert focused[2] != "none", focused
            reached.add(focused[0])
    assert len(reached) >= wanted
    before = tab.locator("[role=status]").first.inner_text()
    tab.keyboard.press("e")
    tab.wait_for_timeout(100)
    assert tab.locator("[role=status]").first.inner_text() != before


def test_on_paper_stand_the_pictures_and_no_buttons(opened):
    tab = opened("two")
    tab.emulate_media(media="print")
    assert tab.locator("button:visible").count() == 0 and tab.locator("canvas:visible").count() >= 4


def test_nothing_moves_by_itself(opened):
    tab = opened("toy", reduced_motion="reduce")
    assert tab.evaluate("document.getAnimations().length") == 0
    first = tab.locator("canvas").first.screenshot()
    tab.wait_for_timeout(400)
    assert tab.locator("canvas").first.screenshot() == first


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_the_frame_shows_all_of_it(name, digits, browser, tmp_path, language):
    """Its height there is that of its content: no scrolling within scrolling, and no hole below."""
    shown = PAGES[name](digits)
    file = tmp_path / "notebook.html"
    file.write_text(
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">{shown._repr_mimebundle_()["text/html"]}',
        encoding="utf-8",
    )
    tab = browser.new_page(viewport={"width": 400, "height": 900})
    tab.goto(file.as_uri())
    tab.frame_locator("iframe").locator("canvas").first.wait_for()
    needed = tab.frames[1].evaluate("document.body.scrollHeight")
    assert needed <= tab.locator("iframe").bounding_box()["height"] <= needed + 260
    tab.close()
