"""Export the quiz to other systems: Moodle XML, GIFT, or the JSON of jupyterquiz.

    python -m instructor.quiz_export --format moodle --language vi --out quiz.xml
    python -m instructor.quiz_export --format gift --language en --questions handout --out quiz.gift
    python -m instructor.quiz_export --format jupyterquiz --language en --out quiz.json

The questions are read from quiz/questions.json; formulas stay LaTeX, which these systems draw themselves.
"""

import argparse
import base64
import html
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tools.markup import inline_html, to_html
from tools.quiz import SOURCE, markdown_questions
from vae_helpers import _console
from vae_helpers._files import write_whole
from vae_helpers.quiz import Question


def mathjax(latex: str) -> str:
    """A formula as Moodle's MathJax filter and jupyterquiz expect it."""
    return html.escape(rf"\({latex}\)")


def as_html(text: str) -> str:
    return to_html(text, mathjax)


def general_feedback(question: Question) -> str:
    page = question.link.split("#")[0]
    return (as_html(question.precise) if question.precise else "") + f"<p>→ {page}, «{inline_html(question.heading, mathjax)}»</p>"  # fmt: skip


def moodle(questions: list[Question]) -> str:
    """Moodle XML: multiple choice with one right answer, feedback for each option, figures embedded."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for name in dict.fromkeys(question.set for question in questions):
        category = f"$course$/top/VAE/{name}"
        parts.append(f'<question type="category"><category><text>{category}</text></category></question>')
        parts += [_moodle_question(question) for question in questions if question.set == name]
    return "\n".join([*parts, "</quiz>"]) + "\n"


def _moodle_question(question: Question) -> str:
    text, file = as_html(question.question), ""
    if question.figure:
        name = question.figure.name
        data = base64.b64encode(question.figure.read_bytes()).decode()
        text += f'<p><img src="@@PLUGINFILE@@/{name}" alt={quoteattr(question.alt)}></p>'
        file = f'<file name={quoteattr(name)} path="/" encoding="base64">{data}</file>'
    answers = "".join(
        f'<answer fraction="{100 if letter == question.key else 0}" format="html"><text>{escape(as_html(option))}</text>'
        f'<feedback format="html"><text>{escape(as_html(question.why[letter]))}</text></feedback></answer>\n'
        for letter, option in question.options.items()
    )
    return (
        f'<question type="multichoice">\n<name><text>{question.id}</text></name>\n'
        f'<questiontext format="html"><text>{escape(text)}</text>{file}</questiontext>\n'
        f'<generalfeedback format="html"><text>{escape(general_feedback(question))}</text></generalfeedback>\n'
        f"<defaultgrade>1</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden><idnumber>{question.id}</idnumber>\n"
        "<single>true</single><shuffleanswers>true</shuffleanswers><answernumbering>ABCD</answernumbering>\n"
        f"{answers}</question>"
    )


def gift(questions: list[Question]) -> str:
    """GIFT: one question a line, each with its feedback; figures as data addresses in the text."""
    parts, name = [], None
    for question in questions:
        if question.set != name:
            name = question.set
            parts.append(f"$CATEGORY: $course$/top/VAE/{name}")
        text = as_html(question.question)
        if question.figure:
            data = base64.b64encode(question.figure.read_bytes()).decode()
            text += f'<p><img src="data:image/png;base64,{data}" alt={quoteattr(question.alt)}></p>'
        answers = " ".join(
            f"{'=' if letter == question.key else '~'}{gift_text(as_html(option))}#{gift_text(as_html(question.why[letter]))}"
            for letter, option in question.options.items()
        )
        general = gift_text(general_feedback(question))
        parts.append(f"::{gift_text(question.id)}::[html]{gift_text(text)} {{{answers} ####{general}}}")
    return "\n\n".join(parts) + "\n"


def gift_text(text: str) -> str:
    """HTML with GIFT's own characters escaped: a backslash before \\ ~ = # : and \\n for the end of a line.

    Braces become entities instead: some readers end the answers at the first brace, escaped or not.
    """
    text = text.replace("{", "&lbrace;").replace("}", "&rbrace;")
    return re.sub(r"([\\~=#:])", r"\\\1", text).replace("\n", r"\n")


def jupyterquiz(questions: list[Question]) -> str:
    """The JSON that jupyterquiz.display_quiz shows (schema/mc_schema.json of its repository)."""
    return json.dumps([_jupyterquiz_question(question) for question in questions], ensure_ascii=False, indent=1) + "\n"


def _jupyterquiz_question(question: Question) -> dict:
    text = _no_links(as_html(question.question))
    if question.figure:
        data = base64.b64encode(question.figure.read_bytes()).decode()
        text += f'<p><img src="data:image/png;base64,{data}" alt={quoteattr(question.alt)} style="max-width:100%"></p>'
    answers = [
        {
            "answer": _no_links(as_html(option)),
            "correct": letter == question.key,
            "feedback": _no_links(
                as_html(question.why[letter]) + (general_feedback(question) if letter == question.key else "")
            ),  # fmt: skip
        }
        for letter, option in question.options.items()
    ]
    return {"type": "multiple_choice", "question": text, "answers": answers}


def _no_links(text: str) -> str:
    """jupyterquiz takes [x](y) for a link and $ for a formula, wherever they stand: x[0](y) in code among them."""
    return text.replace("](", "]&#40;").replace("$", "&#36;")


FORMATS: dict[str, Callable[[list[Question]], str]] = {"moodle": moodle, "gift": gift, "jupyterquiz": jupyterquiz}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--language", choices=("vi", "en"), required=True)
    parser.add_argument("--questions", choices=("handout", "more", "all"), default="all")
    parser.add_argument(
        "--bank", type=Path, default=SOURCE, metavar="questions.json", help="another bank than the course's"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    arguments = parser.parse_args(argv)
    _console.make_safe()
    try:
        questions = markdown_questions(arguments.language, arguments.bank)
        chosen = [question for question in questions if arguments.questions in (question.set, "all")]
        write_whole(arguments.out, FORMATS[arguments.format](chosen))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{arguments.out}: {len(chosen)} questions in {arguments.language}, {arguments.format}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
