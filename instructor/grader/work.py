"""What a worker process does, here or in a Dask cluster. (No torch here: the command, which sends it, starts at once.)"""


def grade_one(*arguments, **options) -> dict:
    """judge.grade of these arguments, in the process that grades."""
    from . import judge

    return judge.grade(*arguments, **options)
