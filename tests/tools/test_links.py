"""Links of a lesson: the way to its neighbours, and to what the claims ledger says."""

from pathlib import Path

import pytest

from tools import links

ROOT = Path("/course")
STATIONS = [
    (ROOT / "notebooks/en/00_start.ipynb", "Start"),
    (ROOT / "notebooks/en/01_a.ipynb", "A"),
    (ROOT / "notebooks/en/02_b.ipynb", "B"),
    (ROOT / "quiz/en/quiz.ipynb", "Quiz"),
]
QUIZ = "[Quiz](../../quiz/en/quiz.ipynb)"


@pytest.mark.parametrize(
    "at, way",
    [
        (0, f"1/3 · [A →](01_a.ipynb) · {QUIZ}"),
        (1, f"2/3 · [← Start](00_start.ipynb) · [B →](02_b.ipynb) · {QUIZ}"),
        (2, f"3/3 · [← A](01_a.ipynb) · [Map](00_start.ipynb) · {QUIZ}"),
        (3, "[← B](../../notebooks/en/02_b.ipynb) · [Map](../../notebooks/en/00_start.ipynb)"),
    ],
)
def test_the_way(at, way):
    assert links.way(STATIONS[at][0], STATIONS, "en") == way


def test_a_lesson_outside_the_course_leads_to_map_and_quiz():
    assert links.way(ROOT / "notebooks/en/x.ipynb", STATIONS, "en") == f"[Map](00_start.ipynb) · {QUIZ}"


@pytest.mark.parametrize("language, text, page", [("vi", "đã đo", "CLAIMS.vi.md"), ("en", "measured", "CLAIMS.md")])
def test_a_claim_becomes_a_small_link(language, text, page):
    shown = links.CLAIM.sub(lambda claim: links.claim_link(claim, language), "It is so.<!-- claim: so_it_Is --> Next.")
    assert shown == f"It is so. <sup>[{text}](../../docs/{page}#so_it_is)</sup> Next."
    assert links.ledger_online(shown, "") == f"It is so. <sup>{text}</sup> Next."
    address = f"https://example.org/course/blob/main/docs/{page}#so_it_is"
    assert links.ledger_online(shown, "https://example.org/course") == f"It is so. <sup>[{text}]({address})</sup> Next."


@pytest.mark.parametrize("page", ["why-fit-is-fast.md", "why-fit-is-fast.vi.md"])
def test_other_pages_of_docs_are_led_to_online_or_not_at_all(page):
    shown = f"See [why `fit` is fast](../../docs/{page}), [next](06_x.ipynb)."
    assert links.ledger_online(shown, "") == "See why `fit` is fast, [next](06_x.ipynb)."
    there = f"https://example.org/course/blob/main/docs/{page}"
    assert (
        links.ledger_online(shown, "https://example.org/course")
        == f"See [why `fit` is fast]({there}), [next](06_x.ipynb)."
    )
