"""The quiz: the handout's ten questions and more, in Vietnamese and English, with an explanation for every option."""

from .bank import Question, load_questions
from .session import Quiz

__all__ = ["Question", "Quiz", "load_questions"]
