"""The living page in Chromium: drawn on, dragged, slid, by mouse, finger and keys, with the network off; and what it refuses."""

import re

import pytest
import torch
from torch import nn

from tests.conftest import HandoutVAE
from vae_helpers import data, models, page

PICTURE = """canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)
    .filter((_, i) => i % 4 === 0)"""


@pytest.fixture(scope="module")
def digits():
    """A hundred of scikit-learn's digits, 28×28: the page needs no MNIST."""
    digits = data.load_digits()
    return data.ImageDataset(digits.images[:100], digits.labels[:100], "digits")


@pytest.fixture
def opened(browser, tmp_path, digits):
    """opened(model, …) saves the living page and opens it with the network off, in a window of that width."""
    pages = []

    def open_page(shown, width=1000, touch=False):
        path = shown.save(tmp_path / f"page{len(pages)}.html")
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, has_touch=touch)
        tab = context.new_page()
        tab.faults = []
        tab.on("pageerror", lambda fault: tab.faults.append(str(fault)))
        tab.goto(path.as_uri())
        tab.locator("canvas").first.wait_for()
        pages.append((tab, context))
        return tab

    yield open_page
    for tab, context in pages:
        assert tab.faults == []
        context.close()


def decoded(model, z):
    with torch.no_grad():
        return model.decode(torch.tensor([z]))[0].flatten()


def shown_picture(tab, section=1):
    return torch.tensor(tab.locator("section").nth(section).locator("canvas[aria-label]").last.evaluate(PICTURE)) / 255


def z_of(tab):
    text = tab.locator("[role=status]").first.inner_text().split("σ")[0].replace("−", "-").replace(",", ".")
    return [float(value) for value in re.findall(r"-?\d+\.\d+", text)]


def settle(tab):
    """Until the page has answered everything so far: a timer of its own comes after those that wait. A fixed while is too
    short where the machine has other work."""
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)))")


def press(tab, selector, share_x, share_y):
    box = tab.locator(selector).first.bounding_box()
    tab.mouse.click(box["x"] + share_x * box["width"], box["y"] + share_y * box["height"])
    settle(tab)


@pytest.mark.browser
def test_a_click_on_the_map_shows_what_pytorch_decodes(opened, digits, language):
    model = models.load_pretrained("vae-2d")
    tab = opened(page.live(model, digits))
    press(tab, ".plane", 0.7, 0.4)
    z = z_of(tab)
    assert z[0] > 0.5 and z[1] > 0.1
    assert (shown_picture(tab) - decoded(model, z)).abs().max() < 0.02


@pytest.mark.browser
def test_arrow_keys_move_z(opened, digits):
    tab = opened(page.live(models.load_pretrained("vae-2d"), digits))
    tab.locator(".plane").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        tab.keyboard.press(key)
        settle(tab)
    x, y = z_of(tab)
    assert x < 0 < y


@pytest.mark.browser
def test_a_drawn_stroke_becomes_a_code_a_cloud_and_a_picture(opened, digits):
    tab = opened(page.live(models.load_pretrained("vae-2d"), digits))
    box = tab.locator(".pad").bounding_box()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.85 * box["height"], steps=12)
    tab.mouse.up()
    settle(tab)
    error, kl = (float(bar.inner_text().split()[-1].replace(",", ".")) for bar in tab.locator(".bar").all())
    assert error < 40 and kl > 3  # a one is easy to redraw, and lies at the edge of the map
    before = z_of(tab)
    tab.keyboard.press("e")
    settle(tab)
    assert z_of(tab) != before


@pytest.mark.browser
def test_an_example_is_encoded_as_pytorch_does(opened, digits):
    model = models.load_pretrained("vae-2d")
    shown = page.live(model, digits)
    tab = opened(shown)
    tab.locator(".examples button").nth(3).click()
    settle(tab)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mu = model.encode(digits.images[order[3]].unsqueeze(0))[0][0]
    assert torch.tensor(z_of(tab)).tolist() == pytest.approx(mu.tolist(), abs=0.03)


@pytest.mark.browser
def test_two_models_share_one_hand_and_one_scale(opened, digits):
    ae, vae = models.load_pretrained("ae-2d"), models.load_pretrained("vae-2d")
    tab = opened(page.live(ae, digits, beside=vae, names=("AE <b>", "VAE")))
    assert tab.locator("h2").all_inner_texts()[1:] == ["AE <b>", "VAE"]
    press(tab, ".plane", 0.55, 0.45)
    z = z_of(tab)
    assert (shown_picture(tab, 1) - decoded(ae, z)).abs().max() < 0.03
    assert (shown_picture(tab, 2) - decoded(vae, z)).abs().max() < 0.03


@pytest.mark.browser
def test_a_knob_turns_between_models(opened, digits):
    few, many = models.load_pretrained("vae-2d"), models.load_pretrained("vae-2d-b1000")
    tab = opened(page.live({"B = 10": few, "B = 1000": many}, digits))
    tab.locator(".examples button").nth(1).click()
    settle(tab)
    before = z_of(tab)
    tab.locator("section").nth(1).locator("input[type=range]").fill("1")
    settle(tab)
    assert (
        tab.locator("h2").nth(1).inner_text() == "B = 1000" and z_of(tab) != before
    )  # the same image, the other encoder
    assert (shown_picture(tab) - decoded(many, z_of(tab))).abs().max() < 0.03


@pytest.mark.browser
@pytest.mark.parametrize("arc", [False, True])
def test_a_walk_leads_from_one_code_to_another(opened, digits, arc):
    tab = opened(page.live(models.load_pretrained("vae-2d"), digits))
    ends, walk = [], tab.locator("details")
    walk.locator("summary").click()
    for place, button in (((0.7, 0.5), 0), ((0.5, 0.2), 1)):
        press(tab, ".plane", *place)
        ends.append(torch.tensor(z_of(tab)))
        walk.locator("button").nth(button).click()
    if arc:
        walk.locator("input[type=checkbox]").check()
    walk.locator("input[type=range]").fill("0.5")
    settle(tab)
    middle = torch.tensor(z_of(tab))
    if arc:
        assert middle.norm().item() == pytest.approx(sum(end.norm().item() for end in ends) / 2, abs=0.05)
    else:
        assert middle.tolist() == pytest.approx((sum(ends) / 2).tolist(), abs=0.03)


@pytest.mark.browser
def test_sliders_stand_in_the_order_of_the_kl_and_move_the_picture(opened, digits):
    model = models.load_pretrained("vae-16d")
    tab = opened(page.live(model, digits))
    nats = [
        float(re.search(r"· ([\d.,]+)", text).group(1).replace(",", "."))
        for text in tab.locator(".sliders label").all_inner_texts()
    ]
    assert len(nats) == 16 and nats == sorted(nats, reverse=True)
    first = tab.locator(".sliders input").first
    dimension = int(re.search(r"z(\d+)", tab.locator(".sliders label").first.inner_text()).group(1)) - 1
    first.fill("2")
    settle(tab)
    z = [0.0] * 16
    z[dimension] = 2.0
    assert (shown_picture(tab) - decoded(model, z)).abs().max() < 0.02
    first.press("ArrowLeft")
    assert float(first.input_value()) == pytest.approx(1.9)  # not one of the fine steps of the pointer


@pytest.mark.browser
def test_a_picture_follows_every_pixel_on_a_slider(opened, digits):
    tab = opened(page.live(models.load_pretrained("vae-16d"), digits))
    slider = tab.locator(".sliders input").first
    box, values = slider.bounding_box(), []
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    for pixels in range(1, 8):
        tab.mouse.move(box["x"] + box["width"] / 2 + pixels, box["y"] + box["height"] / 2)
        values.append(slider.input_value())
    tab.mouse.up()
    assert len(set(values)) == 7


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 400, 1000])
def test_nothing_scrolls_sideways(opened, digits, width, language):
    for shown in (page.live(models.load_pretrained("vae-16d"), digits), page.toy()):
        tab = opened(shown, width)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_a_class_from_the_handout_and_one_of_ones_own_live_too(opened, digits):
    class Own(nn.Module):
        latent_dim = 3

        def __init__(self):
            super().__init__()
            self.e, self.d = nn.Linear(784, 3), nn.Linear(3, 784)

        def encode(self, x):
            return self.e(x.flatten(1))

        def decode(self, z):
            return torch.sigmoid(self.d(z))

    torch.manual_seed(0)
    for model in (Own(), HandoutVAE()):
        tab = opened(page.live(model, digits))
        tab.locator(".examples button").first.click()
        settle(tab)
        assert "–" not in tab.locator(".bar").first.inner_text()


@pytest.mark.browser
def test_the_toy_runs_pauses_and_starts_again(opened, language):
    tab = opened(page.toy(B=50))
    run, one, again = tab.locator(".row").first.locator("button").all()
    one.click()
    settle(tab)
    assert re.search(r"\b1\b", tab.locator("[role=status]").inner_text())
    run.click()
    tab.wait_for_timeout(1500)
    run.click()
    first = tab.locator("[role=status]").inner_text()
    assert int(re.search(r"\d+", first).group()) > 20
    tab.wait_for_timeout(200)
    assert tab.locator("[role=status]").inner_text() == first  # paused
    again.click()
    assert not re.search(r"\d", tab.locator("[role=status]").inner_text())


def test_sizes_of_the_pages():
    vae = page.live(models.load_pretrained("vae-2d")).page
    assert len(vae.encode()) < 165_000 and len(page.live(models.load_pretrained("vae-16d")).page.encode()) < 410_000
    assert len(page.toy().page.encode()) < 30_000
    assert not re.search(r"https?://(?!www\.w3\.org)", vae)


def test_a_frame_stands_in_the_notebook(digits, language):
    bundle = page.live(models.load_pretrained("vae-2d"), digits)._repr_mimebundle_()
    assert bundle["text/html"].count("<iframe") == 1 and 'sandbox="allow-scripts"' in bundle["text/html"]
    assert "<script" not in bundle["text/html"]  # all of it is escaped, in srcdoc
    assert bundle["text/plain"]


def test_what_cannot_live_is_told(digits, tmp_path):
    vae = models.load_pretrained("vae-2d")
    with pytest.raises(ValueError, match=r"live\(names\): got 1 names for 2 models"):
        page.live(vae, digits, beside=vae, names=("one",))
    with pytest.raises(ValueError, match="2 kinds of model under one knob"):
        page.live({"two": vae, "sixteen": models.load_pretrained("vae-16d")}, digits)
    with pytest.raises(ValueError, match="expected a name that ends in .html"):
        page.live(vae, digits).save(tmp_path / "vae.txt")
    with pytest.raises(ValueError, match="square"):
        page.live(vae, data.ImageDataset(torch.rand(5, 1, 28, 20), torch.zeros(5, dtype=torch.long), "odd"))
    with pytest.raises(ValueError, match="encode"):
        page.live(vae, data.ImageDataset(torch.rand(5, 1, 32, 32), torch.zeros(5, dtype=torch.long), "large"))
    with pytest.raises(ValueError, match="70 latent dimensions"):
        page.live(models.VAE(latent_dim=70), digits)
    with pytest.raises(ValueError, match=r"toy\(colour=…\)"):
        page.toy(colour=1)
    with pytest.raises(ValueError, match=r"toy\(shape\): got 'star'"):
        page.toy(shape="star")


def test_many_images_are_thinned_out():
    many = data.ImageDataset(torch.rand(10_000, 1, 28, 28), torch.zeros(10_000, dtype=torch.long), "many")
    assert len(page.live(models.load_pretrained("vae-2d"), many).page) < 220_000
