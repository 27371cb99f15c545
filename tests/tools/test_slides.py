"""Slides: a deck for each lesson and language with its formulas, figures and questions, which needs no network."""

import re

import pytest
from bs4 import BeautifulSoup

from tools import slides
from tools.edition import built_path, sources
from tools.one_language import LANGUAGES
from tools.stored import read
from vae_helpers.quiz import load_questions

(LESSON,) = [source for source in sources() if source.stem.startswith("03")]


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    out = tmp_path_factory.mktemp("slides")
    assert not slides.build([LESSON], out)
    return out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deck_has_the_lessons_formulas_figures_and_questions(decks, language):
    page = BeautifulSoup((decks / language / f"{LESSON.stem}.html").read_text(encoding="utf-8"), "html.parser")
    notebook = read(built_path(LESSON, language))
    texts = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert len(page.select(".formula math")) == len(slides.FORMULA.findall(texts))
    assert [heading.get_text() for heading in page.select("h1")]
    figures = [
        cell for cell in notebook.cells if any("image/png" in out.get("data", {}) for out in cell.get("outputs", []))
    ]
    assert len(page.select("img.picture")) >= len(figures) >= 3
    assert all(len(picture["alt"]) >= 20 for picture in page.select("img.picture"))
    questions = [question for question in load_questions(language) if question.lesson == LESSON.stem]
    assert len(page.select(".question .fragment")) == len(questions) >= 4
    exercises = [cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", [])]
    assert len(page.select("section > pre code")) == len(exercises) >= 1


def test_tags_put_a_cell_in_and_leave_it_out():
    assert list(slides.text_slides("One.\n\nTwo $x$.", whole=True)) == [f"{slides.BREAK}\n\nOne.\n\nTwo $x$."]
    assert list(slides.text_slides("One.", whole=False)) == []
    recap = "## Recap\n\n- One.\n- Two.\n\n## Test yourself\n\n<details>a</details>"
    assert list(slides.text_slides(recap, whole=False)) == ["## Recap\n\n- One.\n- Two."]
    section = "## Head\n\nFirst, with $a. b$ in it. Second.\n\n$$x$$\n\nThird."
    assert list(slides.text_slides(section, whole=False)) == ["## Head\n\nFirst, with $a. b$ in it.\n\n$$x$$"]


@pytest.mark.browser
def test_a_deck_opens_from_the_disk_and_asks_nobody(decks, browser, language):
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    asked, problems = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto((decks / language / f"{LESSON.stem}.html").as_uri())
    tab.wait_for_function("window.Reveal?.isReady()")
    total = tab.evaluate("Reveal.getTotalSlides()")
    assert total >= 10
    too_tall = []
    for _ in range(total + 20):
        height = tab.evaluate("Reveal.getCurrentSlide().scrollHeight")
        if height > 720:
            too_tall.append((tab.evaluate("Reveal.getCurrentSlide().innerText")[:40], height))
        if tab.evaluate("Reveal.isLastSlide()"):
            break
        tab.keyboard.press("Space")
        tab.wait_for_timeout(20)
    assert tab.evaluate("Reveal.isLastSlide()")
    tab.close()
    assert not problems and not too_tall
    assert not [url for url in asked if not re.match("file:|data:|blob:", url)]
