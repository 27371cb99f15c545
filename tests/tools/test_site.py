"""The site: nothing of a lesson is lost, every link leads somewhere, nothing comes from elsewhere; in Chromium the search, the quiz,
the reader's place, both themes, and axe-core's rules."""

import json
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from instructor import class_table
from tests.tools.support import LESSONS, type_in
from tools import alt_text
from tools.edition import built_path, sources
from tools.one_language import LANGUAGES
from tools.site import build, extension, guides
from tools.stored import code_cells, read
from vae_helpers.quiz import load_questions

EDITIONS = [(source, language) for source in LESSONS for language in LANGUAGES]
NAMES = [f"{language}-{source.stem}" for source, language in EDITIONS]
MOST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site, as make site writes it."""
    out = tmp_path_factory.mktemp("site")
    told = build.build(sources(), out)
    assert not told
    return out


@pytest.fixture(scope="module")
def soups(site):
    """Every page of the site: path from its root → its soup."""
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


# ------------------------------------------------------------------------------------------------------- what is there


def words(text):
    """Letters and digits alone: what must not be lost, however a page breaks its lines."""
    return re.sub(r"[\W_]+", "", text)


def prose(markdown):
    """A text cell without what a page shows otherwise: formulas, code, tags, addresses."""
    text = re.sub(r"```.*?```|\$\$.+?\$\$|\$[^$]+\$|`[^`]*`|<[^>]+>", "\0", markdown, flags=re.DOTALL)
    return re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_a_page_holds_the_whole_lesson(soups, source, language):
    notebook, page = read(built_path(source, language)), soups[f"{language}/{source.stem}.html"]
    article = page.select_one("article")
    assert page.html["lang"] == language
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"][:-1]  # the last is the way
    opening = texts[0].split("\n\n")
    texts[0] = "\n\n".join([opening[0], *opening[3:]])
    seen = words(article.get_text())
    for piece in prose("\n".join(texts)).split("\0"):
        for line in piece.splitlines():
            for part in re.split(r"^\s*(?:#+|[-*]|\d+\.)\s|[|*]", line):
                assert words(part) in seen, part
    outside_code = re.sub(r"```.*?```", "", "\n".join(texts), flags=re.DOTALL)
    formulas = re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", re.sub(r"`[^`]*`", "", outside_code), re.DOTALL)
    assert len(article.select("math")) >= len(formulas)
    shown = article.select("div.cell_input .highlight")
    assert [words(block.get_text()) for block in shown] == [words(cell.source) for cell in code_cells(notebook)[1:]]
    alts = {picture["alt"] for picture in article.select("img.picture")}
    assert alts >= {output.metadata["image/png"]["alt"] for _, output in alt_text.pictures(notebook)}
    assert len(article.select("details")) >= "\n".join(texts).count("<details>")
    assert "VBox(children" not in article.get_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_leads_to_all(soups, language):
    links = {link["href"] for link in soups[f"{language}/index.html"].select("article a, .sidebar-tree a")}
    assert links >= {f"{source.stem}.html" for source in sources()} | {f"{page}.html" for page in guides.GUIDES}
    other = "en" if language == "vi" else "vi"
    for name, page in soups.items():
        if re.fullmatch(rf"{language}/\w+\.html", name) and name != f"{language}/search.html":
            assert page.select_one(f'.course-ways a[hreflang="{other}"]')["href"] == f"../{other}/{name.split('/')[1]}"


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(site, soups):
    ids = {name: [tag["id"] for tag in page.select("[id]")] for name, page in soups.items()}
    faults = [f"{name}: two {one}" for name, found in ids.items() for one in set(found) if found.count(one) > 1]
    for name, page in soups.items():
        for tag in page.select("[href], [src]"):
            address = tag.get("href", tag.get("src"))
            if "://" in address or address.startswith(("data:", "mailto:")):
                if tag.name != "a":
                    faults.append(f"{name}: {tag.name} from {address}")
                continue
            path, _, anchor = address.partition("#")
            path = unquote(path.partition("?")[0])
            target = (site / name).parent / path if path else site / name
            if not target.resolve().is_file():
                faults.append(f"{name}: {address}")
            elif anchor and target.suffix == ".html":
                there = target.resolve().relative_to(site.resolve()).as_posix()
                if unquote(anchor) not in ids[there]:
                    faults.append(f"{name}: {address}: no such place")
    assert not faults


def test_each_question_leads_to_the_heading_that_answers_it(soups):
    for language in LANGUAGES:
        for question in load_questions(language):
            page = soups.get(f"{language}/{question.lesson}.html")
            assert page is None or page.find(id=question.link.partition("#")[2]), question.id


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_a_page_is_light(site, soups, source, language):
    """All that a reader loads who looks at the whole page, its living pages too, which are files of their own, loaded in view."""
    name = f"{language}/{source.stem}.html"
    files = {tag["src"].partition("?")[0] for tag in soups[name].select("script[src], img[src], iframe[src]")}
    files |= {tag["href"].partition("?")[0] for tag in soups[name].select("link[rel=stylesheet]")}
    assert (site / name).stat().st_size + sum((site / language / file).stat().st_size for file in files) <= MOST_BYTES
    assert all(tag.get("loading") == "lazy" for tag in soups[name].select("article img, article iframe"))


def test_what_a_page_offers_to_take_away_is_a_notebook(site):
    for language in LANGUAGES:
        for source in LESSONS:
            for folder in ("notebooks", "colab"):
                assert len(read(site / language / folder / f"{source.stem}.ipynb").cells) > 5


# ---------------------------------------------------------------------------------------------------------- the parts


@pytest.mark.parametrize(
    "text, folded", [("Tái tham số", "tai tham so"), ("ĐƯỜNG đi", "duong di"), ("μ, naïve", "μ, naive")]
)
def test_search_knows_no_marks(text, folded):
    assert extension.fold(text) == folded


@pytest.mark.parametrize(
    "link, here, there",
    [
        ("../en/02_vae.ipynb#a", "notebooks/vi/01_autoencoder.ipynb", "../en/02_vae.html#a"),
        ("../../docs/CLAIMS.vi.md#x", "notebooks/vi/01_autoencoder.ipynb", "claims.html#x"),
        ("../../quiz/vi/quiz.ipynb", "notebooks/vi/01_autoencoder.ipynb", "quiz.html"),
        ("instructor/README.vi.md", "README.vi.md", "instructor.html"),
        ("README.md", "README.vi.md", "../en/readme.html"),
        ("LICENSE", "README.vi.md", None),
        ("https://example.org", "README.vi.md", "https://example.org"),
    ],
)
def test_links_of_the_repository(link, here, there):
    assert guides.resolve(link, here, "vi", guides.places(), "") == there
    if there is None:
        repository = "https://github.com/owner/name"
        assert guides.resolve(link, here, "vi", guides.places(), repository) == f"{repository}/blob/main/{link}"


def test_a_lesson_that_may_not_be_published_is_left_out_and_named(built):
    """What is typed into a lesson is never on a page."""
    type_in(built_path(built, "vi"))
    fit, told = build.publishable([built])
    assert fit == {"vi": {}, "en": {}} and "run or edited by hand" in told


# ---------------------------------------------------------------------------------------------------------- in Chromium


@pytest.fixture(scope="module")
def address(site):
    """The site on a server, as Pages has it."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 1000, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("query", ["tai tham so", "tái tham số", "TAI THAM SO"])
def test_the_search_finds_words_typed_without_marks(tab, address, query):
    tab.goto(f"{address}/vi/search.html?q={query}")
    tab.locator("ul.search li").first.wait_for()
    tab.wait_for_function("document.querySelector('#search-results h2').innerText === 'Kết quả tìm kiếm'")
    found = tab.locator("ul.search a").all_inner_texts()
    assert found[0].startswith("Bài 03 · ") and len(found) == len(set(found))
    assert not tab.problems


@pytest.mark.browser
def test_the_english_search(tab, address):
    tab.goto(f"{address}/en/search.html?q=reparameterization")
    assert "Lesson 03" in " ".join(
        tab.locator("ul.search a").all_inner_texts()[:1] or [tab.locator("ul.search a").first.inner_text()]
    )


@pytest.mark.browser
def test_a_student_on_a_phone(browser, site, tmp_path, language):
    """Reads lesson 02, draws a digit, answers its questions, hands them in, and finds the place again next day; from the disk."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, offline=True, accept_downloads=True
    )
    tab = context.new_page()
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto((site / language / "02_vae.html").as_uri())
    tab.locator("iframe").first.scroll_into_view_if_needed()
    pad = tab.frame_locator("iframe").first.locator(".pad").first
    pad.wait_for()
    assert tab.frame_locator("iframe").first.locator(".bar").first.inner_text().endswith("–")
    pad.tap()
    tab.frame_locator("iframe").first.get_by_role("button").first.wait_for()
    quiz = tab.locator(".vae-quiz")
    quiz.scroll_into_view_if_needed()
    tab.wait_for_timeout(2500)  # pictures and pages above it, loaded on the way, have moved it
    keys = {question.id: question.key for question in load_questions(language) if question.lesson == "02_vae"}
    for place, key in enumerate(keys.values()):
        if place == 0:  # wrong at first
            quiz.locator(f"input[value={'A' if key != 'A' else 'B'}]").check()
            quiz.locator("form button").first.click()
            assert quiz.locator(".told.wrong").count() == 1
        quiz.locator(f"input[value={key}]").check()
        quiz.locator("form button").first.click()
        assert quiz.locator(".told.right").count() == 1
        if place < len(keys) - 1:
            quiz.locator(".row button").nth(1).click()
    quiz.locator("input[autocomplete=name]").fill("Trần  Thị Ánh ")
    with tab.expect_download() as download:
        quiz.locator("form.row button").click()
    handed_in = tmp_path / "answers" / download.value.suggested_filename
    download.value.save_as(handed_in)
    student = class_table.read_answers(handed_in, {question.id: question.key for question in load_questions("en")})
    assert student.name == "Trần Thị Ánh" and student.last == keys
    first, *others = keys
    assert student.first[first] != keys[first] and all(student.first[other] == keys[other] for other in others)
    assert student.records[first][1] == 2
    tab.wait_for_timeout(400)  # the place is noted
    tab.goto((site / language / "index.html").as_uri())  # next day
    tab.locator("#course-go-on a").click()
    tab.wait_for_function("scrollY > 1000")
    assert re.search(r"02_vae\.html#s-\d+$", tab.url)
    assert tab.locator(".vae-quiz .told.right").count() == 1
    tab.evaluate("scrollTo(0, 0)")
    tab.wait_for_timeout(1000)  # a reader takes a while to the switch
    tab.locator(".course-ways a.course-language").click()  # the other language, at the same place
    assert re.search(r"02_vae\.html#s-\d+$", tab.url)
    assert not [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    context.close()


@pytest.mark.browser
def test_shuffled_and_only_the_wrong_ones(tab, site):
    tab.goto((site / "en" / "03_reparameterization.html").as_uri())
    quiz = tab.locator(".vae-quiz")
    keys = [question.key for question in load_questions("en") if question.lesson == "03_reparameterization"]
    quiz.locator("input[value=A]").check()
    quiz.locator("form button").first.click()
    quiz.get_by_role("button", name="Again, shuffled").click()
    order = quiz.locator("input[type=radio]").evaluate_all("inputs => inputs.map(input => input.value)")
    assert sorted(order) == list("ABCD") != order and quiz.locator("input:checked").count() == 0
    wrong = next(letter for letter in "ABCD" if letter != keys[0])
    quiz.locator(f"input[value={wrong}]").check()
    quiz.locator("form button").first.click()
    quiz.get_by_role("button", name="Only the wrong ones").click()
    assert quiz.locator("select option").count() == 1
    quiz.get_by_role("button", name="Back to the first quiz").click()
    assert quiz.locator("select option").count() == len(keys)
    saved = json.loads(tab.evaluate("localStorage.getItem('vae-quiz-answers')"))["answers"]
    assert list(saved.values())[0]["attempts"] == 2
    assert not tab.problems


@pytest.mark.browser
def test_the_quiz_by_keys(tab, site):
    tab.goto((site / "en" / "quiz.html").as_uri())
    tab.locator(".vae-quiz input[type=radio]").first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    told = tab.locator(".vae-quiz .told")
    assert told.get_attribute("role") == "status" and told.inner_text()
    focused = tab.evaluate("document.activeElement.matches('.told, input:checked')")
    assert focused


@pytest.mark.browser
@pytest.mark.parametrize(
    "scheme, pages",
    [
        ("light", ["en/06_reconstructions", "vi/04_loss", "en/search", "vi/readme"]),
        ("dark", ["vi/02_vae", "en/quiz", "vi/index"]),
    ],
)
def test_axe_finds_nothing_serious(browser, site, scheme, pages):
    from axe_playwright_python.sync_playwright import Axe

    tab = browser.new_page(viewport={"width": 400, "height": 900}, color_scheme=scheme)
    found = []
    for name in pages:
        tab.goto((site / f"{name}.html").as_uri())
        violations = Axe().run(tab).response["violations"]
        found += [(name, v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")]
    tab.close()
    assert not found


@pytest.mark.browser
def test_no_page_is_wider_than_the_window_and_each_is_painted_within_a_second(browser, site, language):
    tab = browser.new_page()
    wide, late = [], []
    for path in sorted((site / language).glob("*.html")):
        tab.set_viewport_size({"width": 320, "height": 900})
        tab.goto(path.as_uri(), wait_until="domcontentloaded")
        tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        if tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") > 1000:
            late.append(path.name)
        for width in (320, 768, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            if tab.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path.name, width))
    tab.close()
    assert not wide and len(late) <= 2, (wide, late)  # a page may meet another process at its work


@pytest.mark.browser
def test_on_paper_stand_the_texts_and_no_buttons(tab, site):
    tab.goto((site / "en" / "02_vae.html").as_uri())
    tab.emulate_media(media="print")
    assert tab.locator("button:visible").count() == 0
    assert tab.locator("article h2").first.is_visible()
