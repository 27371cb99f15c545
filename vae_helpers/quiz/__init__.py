"""The quiz: the handout's ten questions and more, in Vietnamese and English, with an explanation for every option."""

from .session import (
    Question,
    Quiz,
    load_questions,
)

__all__ = [
    "Question",
    "Quiz",
    "load_questions",
]
