"""Numbers side by side: a table that the notebook shows."""

from collections.abc import Mapping

from IPython.display import Markdown

from .._language import tr


def table(rows: Mapping[str, Mapping[str, float | int | str | None]], digits: int = 1) -> Markdown:
    """A table with a row for each entry and a column for each name, numbers to the right, "–" where there is none.

    rows: {row name: {column name: a number, a text or None}}; columns stand in the order in which they first occur, and a
    row may lack some. digits: after the point, for numbers that are not whole; give a text where a number needs others.
    Returns a Markdown object, which shows itself as the last line of a cell. Raises ValueError without a row.
    Lesson 08: 4 · With activation functions
    """
    if not rows:
        raise ValueError("table(rows): got no rows, expected {row name: {column name: value}}.")
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [["", *columns], [":---", *["---:"] * len(columns)]]
    lines += [[str(name), *(_cell(row.get(column), digits) for column in columns)] for name, row in rows.items()]
    return Markdown("\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines))


def _cell(value: float | int | str | None, digits: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, str | int):
        return str(value)
    return tr(f"{value:.{digits}f}".replace(".", ","), f"{value:.{digits}f}")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
