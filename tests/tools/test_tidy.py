"""Lines that fit: what ruff lays out, and that no built lesson has a longer one."""

import pytest

from tests.tools.support import EDITIONS, NAMES
from tools.edition import built_path
from tools.stored import code_cells, read
from tools.tidy import WIDTH, tidy, too_wide


def test_long_code_is_broken_and_marks_for_ruff_go():
    long, short = tidy([f"f({', '.join(f'name_{i}=1' for i in range(9))})", "x = (1,\n     2)  # fmt: skip"])
    assert not too_wide(long) and long.startswith("f(\n    name_0=1,\n")
    assert short == "x = (1,\n     2)"


def test_comments_magics_and_a_function_without_a_body_stay():
    code = "def f(x):\n    # Write your solution here\n    ..."
    assert tidy([code, "%matplotlib inline\nx;"]) == [code, "%matplotlib inline\nx;"]


def test_what_is_no_python_is_refused():
    with pytest.raises(ValueError, match="parse"):
        tidy(["x = 1", "def f(:"])


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_no_line_of_a_lesson_is_wider_than_the_page(source, language):
    wide = [line for cell in code_cells(read(built_path(source, language))) for line in too_wide(cell.source)]
    assert not wide, f"over {WIDTH} characters"
