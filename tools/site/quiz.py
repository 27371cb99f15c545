"""The question bank as the page's quiz reads it: one script for each lesson and language."""

import html
import json

from vae_helpers.quiz import Question, load_questions
from vae_helpers.quiz.bank import LETTERS, Text


def entry(question: Question, pictures: str) -> dict:
    """A question with its texts in HTML. pictures: the folder of the figures, seen from a page."""
    picture = ""
    if question.figure:
        picture = f'<img alt="{html.escape(question.alt)}" src="{pictures}{question.figure.name}" loading="lazy">'
    anchor = question.link.partition("#")[2]

    def shown(text: Text) -> str:
        return text.html.replace("<pre>", '<pre tabindex="0">')  # whoever has no mouse can scroll it

    return {
        "id": question.id,
        "set": question.set,
        "lesson": question.lesson,
        "key": question.key,
        "question": shown(question.question) + picture,
        "options": {letter: shown(question.options[letter]) for letter in LETTERS},
        "why": {letter: shown(question.why[letter]) for letter in LETTERS},
        "precise": shown(question.precise) if question.precise else "",
        "read": f'<a href="{question.lesson}.html#{html.escape(anchor)}">{question.lesson[:2]} · {question.heading.html}</a>',
    }


def scripts(language: str) -> dict[str, bytes]:
    """Path within the language's site → content: quiz/LESSON.js and the figures that questions show."""
    files, lessons = {}, {}
    for question in load_questions(language):
        lessons.setdefault(question.lesson, []).append(entry(question, "quiz/"))
        if question.figure:
            files[f"quiz/{question.figure.name}"] = question.figure.read_bytes()
    for lesson, entries in lessons.items():
        text = json.dumps(entries, ensure_ascii=False)
        files[f"quiz/{lesson}.js"] = f"(globalThis.vaeQuestions ??= []).push(...{text});\n".encode()
    return files


def element(lessons: list[str], filters: bool = False) -> str:
    """The place of a quiz on a page, and the scripts that fill it. filters: let the reader choose which questions."""
    loads = "".join(f'<script defer src="quiz/{lesson}.js"></script>' for lesson in lessons)
    chosen = " ".join(lessons)
    return f'{loads}<div class="vae-quiz" data-lessons="{chosen}"{" data-filters" * filters}></div>'
