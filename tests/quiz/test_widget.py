"""The quiz as a widget: what the page may know, and what it shows."""

import html
import json
import re
import time
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest
from ipywidgets import Widget
from ipywidgets.embed import embed_data

from tests.quiz.support import BANK, ROOT, both, ids, small_bank, write_bank
from vae_helpers.page.resting import LINES, VIEW
from vae_helpers.quiz import Quiz, load_questions
from vae_helpers.quiz.bank import LETTERS


def state(widget):
    """All that the page or a saved notebook may know: the states of every widget that there is, as JSON."""
    data = embed_data(views=[widget], drop_defaults=False)
    states = [
        json.dumps(model["state"], sort_keys=True, ensure_ascii=False)
        for model in data["manager_state"]["state"].values()
    ]
    return "\n".join(sorted(re.sub(r"IPY_MODEL_\w+", "", text) for text in states))


def choose(widget, place, letter):
    """Choose a letter as the page does, and press the button if there is one."""
    widget._go(place)
    card = widget.cards[place]
    card.field.value = letter
    if card.check.layout.display != "none":
        card.field.value = letter + "!"
    return card


def hand_in_by_page(widget, choices=""):
    """What the page sends when "hand in" is pressed: the choices in sight, and the time."""
    widget.hand_in_field.value = f"{choices}{time.monotonic_ns()}"


@pytest.mark.parametrize("feedback", ["at once", "at the end"])
def test_page_knows_no_key_before_the_answer(bank, tmp_path, feedback):
    """Two banks that differ in keys and explanations only: whatever is not answered looks the same on the page."""
    states, bundles = [], []
    for keys in ("CABD", "DDAA"):
        other = small_bank()
        for question, key in zip(other["questions"], keys, strict=True):
            question["key"] = key
            question.pop("precise", None)
            for letter in LETTERS:
                question["options"][letter]["why"] = both(f"bí mật {keys}", f"secret {keys}")
        write_bank(bank.parent, other)
        Widget.close_all()
        widget = Quiz("vi", "all", feedback=feedback, answers=tmp_path / f"{keys}.json").show()
        at_rest = state(widget)
        for place in range(4):
            widget._go(place)
        widget.all.value = True
        widget.cards[0].field.value = "B"  # chosen, but not checked or handed in
        states.append((at_rest, state(widget)))
        bundles.append(widget.at_rest())
        assert "bí mật" not in str(states) + str(bundles) and "secret" not in str(states) + str(bundles)
    assert states[0] == states[1] and bundles[0] == bundles[1]
    assert "Câu 4/4" in states[0][1]
    assert "chấm" in bundles[0]["text/html"] and "chấm" in bundles[0]["text/plain"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_at_rest_names_the_options_as_answer_does_and_draws_indices(language, tmp_path):
    shown = Quiz(language, "all", answers=tmp_path / "answers.json").show().at_rest()["text/html"]
    for letter in LETTERS:
        assert shown.count(f"<strong>{letter}.</strong>") == len(BANK["questions"])
    formulas = re.findall("<em>(.*?)</em>", shown)
    assert "log p<sub>θ</sub>(x)" in formulas and not any("_" in formula or "^" in formula for formula in formulas)


def test_saved_output_has_the_questions_for_pages_without_a_kernel():
    """Each quiz has one output, the list of its questions with the line that says how to start: its view died with the kernel."""
    for code in ("vi", "en"):
        notebook = nbformat.read(ROOT / "quiz" / code / "quiz.ipynb", as_version=4)
        shown = [
            [output.data for output in cell.outputs]
            for cell in notebook.cells
            if "show()" in cell.source and cell.cell_type == "code"
        ]
        assert len(shown) == 2
        for (rest,), expected in zip(shown, (10, len(BANK["questions"]) - 10), strict=True):
            assert VIEW not in rest
            assert rest["text/html"].count("<strong>A.</strong>") == expected and LINES[code] in rest["text/html"]


@pytest.mark.parametrize("code", ["vi", "en"])
def test_notebook_says_first_that_its_cells_must_be_run(code):
    notebook = nbformat.read(ROOT / "quiz" / code / "quiz.ipynb", as_version=4)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "show()" in cell.source:
            assert "(Shift+Enter)" in notebook.cells[number - 1].source


def test_page_knows_only_the_explanations_that_were_asked_for(bank):
    Widget.close_all()
    widget = Quiz("en").show()
    widget.all.value = True
    card = choose(widget, 1, "B")
    assert "wrong" in card.explanation.value and "why handout-02B" in state(widget)
    assert not re.search(r"why handout-0(?:1|3|2[ACD])", state(widget))
    choose(widget, 1, "A")
    assert "why handout-02C" in state(widget) and not re.search(r"why handout-0[13]", state(widget))


def test_widget_answers_and_scores(bank):
    some = Quiz("vi")
    widget = some.show()
    card = choose(widget, 0, "A")
    assert "Câu 1: chưa đúng" in card.explanation.value and "1/3" in widget.head.value and "đúng 0" in widget.head.value
    card = choose(widget, 0, "C")
    assert "Câu 1: đúng rồi" in card.explanation.value and card.check.layout.display == "none"
    assert card.options.value.count(" disabled") == 4 and ' value="C" checked disabled' in card.options.value
    choose(widget, 1, "D")
    assert some.score() == (1, 2, 3) and "2/3" in widget.head.value and "đúng 1" in widget.head.value
    assert [label for label, _ in widget.jump.options] == ["1 ✓", "2 ✗", "3 "]
    widget.only_wrong.click()
    assert ids(widget.quiz) == ["handout-02"] and "Câu 1/1" in widget.cards[0].text.value
    assert widget.cards[0].explanation.value == ""
    choose(widget, 0, "A")
    assert "1/1" in widget.head.value and widget.only_wrong.disabled
    widget.everything.click()
    assert (
        widget.quiz is some
        and some.score() == (2, 2, 3)
        and [x for x, _ in widget.jump.options] == ["1 ✓", "2 ✓", "3 "]
    )


def test_widget_shows_earlier_answers(bank):
    Quiz("en").answer(1, "B")
    widget = Quiz("en").show()
    assert (
        ' value="B" checked' in widget.cards[0].options.value and "why handout-01B" in widget.cards[0].explanation.value
    )
    assert "1 of 3 answered · 0 right" in widget.head.value
    assert "•" not in widget.at_rest()["text/plain"]  # what is saved for pages without a kernel is at rest


def test_check_without_a_choice_asks_for_one(bank):
    widget = Quiz("en").show()
    widget.cards[0].field.value = "!"
    assert "Choose an answer first" in widget.cards[0].explanation.value and not Path("quiz_answers.json").exists()


def test_widget_at_the_end(bank):
    widget = Quiz("en", feedback="at the end").show()
    assert " disabled " in widget.hand_in.value
    for place, letter in enumerate("CBD"):
        card = choose(widget, place, letter)
        assert card.explanation.value == "" and "right" not in widget.head.value
    assert [label for label, _ in widget.jump.options] == ["1 •", "2 •", "3 •"]
    assert " disabled " not in widget.hand_in.value
    hand_in_by_page(widget)
    assert "3 of 3 answered · 1 right" in widget.head.value and " disabled " in widget.hand_in.value
    assert "The right answer is A" in widget.cards[1].explanation.value
    widget.cards[1].field.value = "A"  # too late
    assert "1 right" in widget.head.value
    assert not widget.only_wrong.disabled


def test_choice_that_was_still_on_its_way_is_handed_in(bank):
    """The page sends along what it shows: a letter that has not reached the kernel counts all the same."""
    widget = Quiz("en", feedback="at the end").show()
    widget.all.value = True
    widget.cards[0].field.value = "B"
    hand_in_by_page(widget, "0C 1A 2 ")
    assert "2 of 3 answered · 2 right" in widget.head.value
    hand_in_by_page(widget, "0D 1A 2B ")  # what is handed in stays as it is
    assert "3 of 3 answered · 3 right" in widget.head.value


def test_shuffled_widget_marks_the_right_option(bank):
    widget = Quiz("en", seed=2).show()
    choose(widget, 0, "C")
    widget.once_more.click()
    question = widget.quiz.questions[0]
    assert "checked" not in widget.cards[0].options.value and "0 of 3" in widget.head.value
    card = choose(widget, 0, question.key)
    row = next(row for row in card.options.value.split("<label") if " checked" in row)
    assert "✓" in row and "three" in row and "1 right" in widget.head.value


def test_moving_about(bank):
    widget = Quiz("en").show()
    assert widget.back.disabled and len(widget.body.children) == 1
    widget.forward.click()
    widget.forward.click()
    assert widget.forward.disabled and "Question 3 of 3" in widget.body.children[0].text.value
    widget.jump.value = 1
    assert "Question 2 of 3" in widget.body.children[0].text.value
    widget.all.value = True
    assert len(widget.body.children) == 3 and widget.jump.layout.display == "none"
    widget.all.value = False
    assert len(widget.body.children) == 1 and "Question 2 of 3" in widget.body.children[0].text.value


def test_widget_tells_when_answers_cannot_be_kept(bank):
    widget = Quiz("en", answers="no/such/folder/a.json").show()
    choose(widget, 0, "A")
    choose(widget, 0, "C")
    assert widget.foot.value.count("cannot be read or written") == 1


def test_question_text_is_escaped_and_formulas_are_drawn(bank):
    widget = Quiz("en").show()
    widget.all.value = True
    assert "What is <code>x &lt; 1</code>?" in widget.cards[0].text.value
    code = widget.cards[1]
    assert "<pre><code>x = &#x27;&lt;b&gt;&#x27; &amp; 1  # [0](1)</code></pre>" in code.text.value
    assert "<strong>b</strong> &amp; c" in code.options.value
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in code.options.value
    figure = Quiz("en", "more").show().cards[0].text.value
    assert 'alt="a &quot;dot&quot;"' in figure
    data = re.search(r"base64,([^\"]+)", figure).group(1)
    assert b64decode(data) == (bank.parent / "figures" / "dot.png").read_bytes()


def test_lesson_is_linked_where_it_lies_beside(bank, tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "en").mkdir(parents=True)
    (tmp_path / "notebooks" / "en" / "04_loss.ipynb").write_text("{}")
    (tmp_path / "quiz" / "en").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "quiz" / "en")
    card = choose(Quiz("en").show(), 0, "C")
    assert 'href="../../notebooks/en/04_loss.ipynb#1-·-A-heading"' in card.explanation.value


def test_formula_in_a_heading(bank, capsys):
    some = Quiz("en")
    some.answer(3, "B")
    assert "«So which B?»" in capsys.readouterr().out
    assert some.questions[2].link.endswith("04_loss.ipynb#So-which-B?")
    widget = some.show()
    widget._go(2)
    assert '«So which <math display="inline"><mrow><mi>B</mi></mrow></math>?»' in widget.cards[2].explanation.value


@pytest.mark.parametrize("code", ["vi", "en"])
def test_saved_notebook_holds_no_explanation(code):
    notebook = nbformat.read(ROOT / "quiz" / code / "quiz.ipynb", as_version=4)
    text = html.unescape(json.dumps(notebook, ensure_ascii=False))
    text += html.unescape(json.dumps(notebook))
    questions = load_questions(code)
    handout = [question for question in questions if question.set == "handout"]
    assert sum(json.dumps(q.question.split("\n")[0].split("$")[0].split("`")[0], ensure_ascii=False)[1:-1] in text for q in handout) == 10  # fmt: skip
    for question in questions:
        for secret in filter(None, [question.precise, *question.why.values()]):
            longest = max(re.split(r"[$`*\n\"]", secret), key=len)
            assert longest not in text, question.id
