"""fit's numbers, as plain Python numbers: NumPy's are welcome, and a checkpoint can hold only plain ones."""

import operator

from .._language import tr


def checked_numbers(
    epochs: object, batch_size: object, lr: object, weight_decay: object, schedule: object, seed: object
) -> tuple[int, int, dict]:
    """epochs, batch_size, and the settings that, with model, loss and data, make a training what it is.

    Raises ValueError that names the argument.
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    settings = {
        "lr": real_number("lr", lr),
        "weight_decay": real_number("weight_decay", weight_decay),
        "schedule": checked_schedule(schedule),
        "seed": seed_number(seed),
    }
    if schedule:
        settings["epochs"] = epochs  # its course depends on how many there will be in all
    return epochs, batch_size, settings


def whole_number(name: str, value: object) -> int:
    """Raises ValueError for what is no whole number, or below 1; True counts as none."""
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(
            tr(
                f"fit({name}): nhận {value!r}, cần một số nguyên từ 1 trở lên.",
                f"fit({name}): got {value!r}, expected a whole number from 1 up.",
            )
        )
    return number


def real_number(name: str, value: object) -> float:
    """Raises ValueError for what is no number, or below 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(
            tr(
                f"fit({name}): nhận {value!r}, cần một số không âm.",
                f"fit({name}): got {value!r}, expected a number from 0 up.",
            )
        )
    return number


def seed_number(value: object) -> int | None:
    """Raises ValueError for what is neither None nor a whole number."""
    try:
        return None if value is None else operator.index(value)
    except TypeError:
        raise ValueError(
            tr(
                f"fit(seed): nhận {value!r}, cần một số nguyên hoặc None.",
                f"fit(seed): got {value!r}, expected a whole number or None.",
            )
        ) from None


def checked_schedule(value: object) -> str | None:
    """Raises ValueError for an unknown one."""
    if value not in (None, "one-cycle"):
        raise ValueError(
            tr(
                f"fit(schedule): nhận {value!r}, cần None hoặc 'one-cycle'.",
                f"fit(schedule): got {value!r}, expected None or 'one-cycle'.",
            )
        )
    return value
