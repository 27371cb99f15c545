"""The quiz as a widget: one question at a time or all on a page, by mouse and by keyboard.

The options are the page's own radio buttons, not ipywidgets.RadioButtons: their labels hold code and formulas, and
JupyterLab leaves them their arrow keys. Tab, the arrows, Space and screen readers work as everywhere; the chosen letter
reaches the kernel through a hidden text field. Nothing about the key of a question is sent to the page before it is answered.
"""

import base64
import html
import os
from pathlib import Path

import ipywidgets

from ..page import asset, handler
from ..page.resting import Resting
from .bank import Text

STYLE = f"<style>{asset('quiz.css')}</style>"

# These run on the page. They write into a hidden text field, whose change reaches the kernel like typing: the chosen letter,
# with a "!" once it is to be checked; for handing in the places and letters of all cards in sight. An ipywidgets.Button
# would do for neither: its click can overtake a letter that still waits to be sent.
CHOOSE, CHECK, HAND_IN = handler("quiz_choose.js"), handler("quiz_check.js"), handler("quiz_hand_in.js")
OWN_KEYS = 'data-lm-suppress-shortcuts="true"'  # else JupyterLab takes the arrow keys and goes to the next cell
ROW = {"flex_flow": "row wrap", "align_items": "center", "max_width": "100%", "overflow": "visible"}


class QuizWidget(Resting, ipywidgets.VBox):
    """A Quiz to be seen. .quiz: the one that is shown now; .whole: the one with which it began."""

    def __init__(self, quiz):
        self.whole = self.quiz = quiz
        self.language = quiz.language
        self.place, self.message, self._silent = 0, "", False
        tr = quiz._tr
        self.head, self.foot = ipywidgets.HTML(), ipywidgets.HTML()
        self.back, self.forward = _button(tr("← Trước", "← Back")), _button(tr("Tiếp →", "Next →"))
        self.jump = ipywidgets.Dropdown(description=tr("Đến câu", "Question"), layout={"width": "auto"})
        self.jump.style.description_width = "initial"
        self.all = ipywidgets.ToggleButton(description=tr("Tất cả trên một trang", "All on one page"))
        self.all.layout.width = "auto"
        self.body = ipywidgets.VBox(layout={"max_width": "100%", "overflow": "visible"})
        self.hand_in, self.hand_in_field = ipywidgets.HTML(), _hidden("vae-quiz-hand-in")
        self.once_more = _button(tr("Làm lại, xáo đáp án", "Again, shuffled"))
        self.only_wrong = _button(tr("Chỉ những câu sai", "Only the wrong ones"))
        self.everything = _button(tr("Trở lại đề ban đầu", "Back to the first quiz"))
        self.back.on_click(lambda button: self._go(self.place - 1))
        self.forward.on_click(lambda button: self._go(self.place + 1))
        self.jump.observe(lambda change: self._silent or self._go(change["new"]), names="value")
        self.all.observe(lambda change: self._lay_out(), names="value")
        self.hand_in_field.observe(self._finish, names="value")
        self.once_more.on_click(lambda button: self._begin(self.quiz.again()))
        self.only_wrong.on_click(lambda button: self._begin(self.quiz.wrong_only()))
        self.everything.on_click(lambda button: self._begin(self.whole))
        self.way = ipywidgets.HBox([self.back, self.jump, self.forward, self.all], layout=ROW)
        self.actions = ipywidgets.HBox(
            [self.hand_in, self.hand_in_field, self.once_more, self.only_wrong, self.everything], layout=ROW
        )
        style = ipywidgets.HTML(STYLE, layout={"display": "none"})
        super().__init__(
            [style, self.head, self.way, self.body, self.foot, self.actions],
            layout={"max_width": "100%", "overflow": "visible"},
        )
        self.add_class("vae-quiz")
        self._begin(quiz)

    def at_rest(self) -> dict[str, str]:
        """For pages without a kernel: the questions, without keys or answers, as HTML and as text."""
        quiz = self.whole.again(shuffle=False)
        cards = [
            f"<h4>{_title(quiz, place)}</h4>{question_html(question, at_rest=True)}"
            + "".join(
                _marked(f"<strong>{letter}.</strong> ", simple_of(option))
                for letter, option in question.options.items()
            )
            for place, question in enumerate(quiz.questions)
        ]
        return {"text/html": "".join(cards), "text/plain": str(quiz)}

    def _begin(self, quiz) -> None:
        """Show a quiz from its first question."""
        self.quiz, self.place = quiz, 0
        self.cards: list[_Card | None] = [None] * len(quiz)
        self._lay_out()

    def _go(self, place: int) -> None:
        self.place = min(max(place, 0), max(len(self.quiz) - 1, 0))
        self._lay_out()

    def _lay_out(self) -> None:
        """Put the cards that are to be seen on the page; the others are not even made."""
        shown = range(len(self.quiz)) if self.all.value else [self.place] if len(self.quiz) else []
        for place in shown:
            self.cards[place] = self.cards[place] or _Card(self, place)
        self.body.children = [self.cards[place] for place in shown]
        for part in (self.back, self.jump, self.forward):
            part.layout.display = "none" if self.all.value or len(self.quiz) < 2 else None
        self.refresh()

    def refresh(self) -> None:
        """Everything around the cards: progress, score, marks and buttons."""
        quiz, tr = self.quiz, self.quiz._tr
        _, answered, total = quiz.score()
        told = [question for question in quiz.questions if quiz._is_told(question)]
        right = sum(quiz._given(question) == question.key for question in told)
        text = tr(f"Đã trả lời {answered}/{total} câu", f"{answered} of {total} answered")
        if told:
            text += tr(f" · đúng {right}", f" · {right} right")
        self.head.value = (
            f'<span role="status">{text}</span><br>'
            f'<progress value="{answered}" max="{max(total, 1)}" aria-label="{text}"></progress>'
        )
        self._silent = True
        labels = tuple((f"{place + 1} {self._mark(place)}", place) for place in range(total))
        if self.jump.options != labels:
            self.jump.options = labels
        self.jump.value = self.place if total else None
        self._silent = False
        self.back.disabled, self.forward.disabled = self.place == 0, self.place >= total - 1
        _display(self.hand_in, quiz.feedback == "at the end")
        self.hand_in.value = _page_button(tr("Nộp bài", "Hand in"), HAND_IN, disabled=answered == len(told))
        self.once_more.disabled = answered == 0
        self.only_wrong.disabled = right == len(told)
        _display(self.everything, quiz is not self.whole)
        self._notice()

    def _mark(self, place: int) -> str:
        question = self.quiz.questions[place]
        given = self.quiz._given(question)
        if given is None:
            return ""
        if not self.quiz._is_told(question):
            return "•"
        return "✓" if given == question.key else "✗"

    def _finish(self, change) -> None:
        """Take the letters that the page sends along, such as "0B 1C 2 ", and hand in."""
        for choice in change["new"].split()[:-1]:
            place, letter = choice.rstrip("ABCD"), choice.lstrip("0123456789")
            if letter:
                self.cards[int(place)].give(letter)
        self.quiz._hand_in()
        for card in filter(None, self.cards):
            card.refresh()
        self.refresh()

    def _notice(self) -> None:
        """What the answer file has to say stays below the questions."""
        notices = self.quiz._file.notices
        self.message += "".join(f'<p role="alert">{html.escape(notice)}</p>' for notice in notices)
        notices.clear()
        self.foot.value = self.message


class _Card(ipywidgets.VBox):
    """One question: its text, the radio buttons, a button to check, and the explanation."""

    def __init__(self, widget: QuizWidget, place: int):
        self.widget, self.place = widget, place
        self.quiz, self.question = widget.quiz, widget.quiz.questions[place]
        self.text = ipywidgets.HTML(f"<h4>{_title(self.quiz, place)}</h4>{question_html(self.question)}")
        self.options, self.explanation = ipywidgets.HTML(), ipywidgets.HTML()
        self.field = _hidden("vae-quiz-field")
        self.field.observe(self._chosen, names="value")
        self.check = ipywidgets.HTML(_page_button(self.quiz._tr("Kiểm tra", "Check"), CHECK))
        super().__init__(
            [self.text, self.options, self.field, self.check, self.explanation],
            layout={"max_width": "100%", "overflow": "visible"},
        )
        self.add_class("vae-quiz-card")
        self.refresh()

    def refresh(self) -> None:
        """Marks and explanation as they are now."""
        given, told = self.quiz._given(self.question), self.quiz._is_told(self.question)
        self.over = told and (given == self.question.key or self.quiz.feedback == "at the end")
        rows = "".join(self._option_html(letter, given, told) for letter in self.question.options)
        name = self.quiz._tr(f"Câu {self.place + 1}: chọn một đáp án", f"Question {self.place + 1}: choose one answer")
        self.options.value = (
            f'<form onsubmit="{CHECK}" onchange="{CHOOSE}" data-place="{self.place}">'
            f'<div role="radiogroup" aria-label="{name}">{rows}</div></form>'
        )
        _display(self.check, self.quiz.feedback == "at once" and not self.over)
        self.explanation.value = self._explanation_html(given) if told else ""

    def _option_html(self, letter: str, given: str | None, told: bool) -> str:
        mark, colour = "", ""
        if told and letter == given:
            mark, colour = ("✓ ", "right") if letter == self.question.key else ("✗ ", "wrong")
        elif self.over and letter == self.question.key:
            mark, colour = "✓ ", "right"
        state = " checked" * (letter == given) + " disabled" * self.over
        return (
            f'<label class="option {colour}"><input type="radio" name="choice" value="{letter}"{state} {OWN_KEYS}>'
            f"<strong>{mark}{letter}.</strong><div>{html_of(self.question.options[letter])}</div></label>"
        )

    def _explanation_html(self, letter: str) -> str:
        quiz, question = self.quiz, self.question
        right = letter == question.key
        parts = [f"<p><strong>{'✓' if right else '✗'} {quiz._verdict(self.place + 1, right)}</strong></p>"]
        for heading, text in quiz._explanation(question, letter):
            parts += [f"<p><strong>{heading}:</strong></p>" if heading else "", html_of(text)]
        parts.append(f"<p>{quiz._read_again()}: {_link(question)}</p>")
        if self.over:
            others = "".join(
                f'<div class="option"><strong>{other}.</strong><div>{html_of(question.why[other])}</div></div>'
                for other in question.options
                if other not in (letter, question.key)
            )
            summary = quiz._tr("Vì sao không phải các đáp án khác?", "Why not the others?")
            parts.append(f"<details><summary>{summary}</summary>{others}</details>")
        return f'<div class="told {"right" if right else "wrong"}" role="status">{"".join(parts)}</div>'

    def _chosen(self, change) -> None:
        """The page has sent a letter: at the end of the quiz that is an answer, else it is one once it has its "!"."""
        letter, check = change["new"].rstrip("!"), change["new"].endswith("!")
        if self.quiz.feedback == "at the end":
            self.give(letter)
        elif check and letter in self.question.options:
            self.quiz._give(self.question, letter)
            self.refresh()
        elif check:
            text = self.quiz._tr("Hãy chọn một đáp án trước đã.", "Choose an answer first.")
            self.explanation.value = f'<p role="alert">{text}</p>'
        self.widget.refresh()

    def give(self, letter: str) -> None:
        """Note an answer that is explained at the end, unless it is handed in already."""
        if letter in self.question.options and not self.over and letter != self.quiz._given(self.question):
            self.quiz._give(self.question, letter)


def html_of(text: str) -> str:
    """A text of the bank as HTML; text of another origin, such as of a question made by hand, is escaped."""
    return text.html if isinstance(text, Text) else f"<p>{html.escape(text)}</p>"


def simple_of(text: str) -> str:
    """The same without MathML."""
    return text.simple if isinstance(text, Text) else html_of(text)


def question_html(question, at_rest: bool = False) -> str:
    """The text of a question and its figure; at_rest: without MathML, and only the figure's description."""
    text = simple_of(question.question) if at_rest else html_of(question.question)
    alt = html.escape(question.alt)
    if question.figure is None:
        return text
    if at_rest:
        return f"{text}<p><em>[{alt}]</em></p>"
    data = base64.b64encode(question.figure.read_bytes()).decode()
    return f'{text}<img alt="{alt}" src="data:image/png;base64,{data}">'


def _marked(mark: str, text: str) -> str:
    """HTML with a mark at the beginning of its first paragraph, or before it if it begins with code."""
    return f"<p>{mark}{text[3:]}" if text.startswith("<p>") else f"<p>{mark}</p>{text}"


def _title(quiz, place: int) -> str:
    return quiz._tr(f"Câu {place + 1}/{len(quiz)}", f"Question {place + 1} of {len(quiz)}")


def _link(question) -> str:
    """The lesson that answers a question, as a link where the lesson lies beside this notebook."""
    page, _, anchor = question.link.partition("#")
    heading = question.heading.html if isinstance(question.heading, Text) else html.escape(question.heading)
    beside = Path.cwd() / Path(page).name  # make colab puts lessons and quiz into one folder
    for file in (beside, *(folder / page for folder in (Path.cwd(), *Path.cwd().parents))):
        if file.exists():
            way = html.escape(f"{Path(os.path.relpath(file)).as_posix()}#{anchor}")
            return f'<a href="{way}" target="_blank">{question.lesson}, «{heading}»</a>'
    return f"{page}, «{heading}»"


def _button(label: str) -> ipywidgets.Button:
    return ipywidgets.Button(description=label, layout={"width": "auto", "align_self": "flex-start"})


def _page_button(label: str, script: str, disabled: bool = False) -> str:
    """A button of the page's own that looks like a widget's."""
    state = " disabled" * disabled
    return (
        f'<button type="button" class="lm-Widget p-Widget jupyter-widgets jupyter-button widget-button" '
        f'style="width:auto;margin:0;display:block" onclick="{script}"{state} {OWN_KEYS}>{label}</button>'
    )


def _hidden(name: str) -> ipywidgets.Text:
    """A text field that only the page's scripts write to."""
    field = ipywidgets.Text(layout={"display": "none"})
    field.add_class(name)
    return field


def _display(part: ipywidgets.DOMWidget, shown: bool) -> None:
    part.layout.display = None if shown else "none"
