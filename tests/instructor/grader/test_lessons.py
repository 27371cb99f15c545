"""The exercises that the lessons hold, and the version of the judgement."""

from instructor.grader.lessons import lessons
from vae_helpers import checks


def test_every_check_of_the_course_is_some_lessons_exercise():
    used = {exercise.check for exercises in lessons().values() for exercise in exercises}
    assert used <= set(checks.__all__) and len(used) >= 20
