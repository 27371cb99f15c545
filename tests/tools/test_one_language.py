"""Lesson code in one language: what tr(…, …) becomes, and that nothing else changes."""

import ast
import re

import jupytext
import pytest

from tests.tools.support import EDITIONS, NAMES
from tools.edition import PLACEHOLDER, SOLUTION, built_path, sources
from tools.one_language import resolve
from tools.stored import code_cells, code_of, read

CASES = [  # in both languages, in Vietnamese, in English
    ('print(tr("Ảnh", "Image"), x)  # tail', 'print("Ảnh", x)  # tail', 'print("Image", x)  # tail'),
    ('x = [tr("a (b", "c) d"), g(tr("e", "f").upper())]', 'x = ["a (b", g("e".upper())]', 'x = ["c) d", g("f".upper())]'),
    ('tr(f"{n} ảnh", f"{n} images")', 'f"{n} ảnh"', 'f"{n} images"'),
    ("""f"{tr('số', 'digit')} {n:3}" """, """f"số {n:3}" """, """f"digit {n:3}" """),
    ("""f"{tr('số', 'digit'):>9}" """, """f"{'số':>9}" """, """f"{'digit':>9}" """),
    ("""f"{tr('{số}', 'a')}" """, """f"{{số}}" """, """f"a" """),
    ('tr(\n    "một "\n    "hai",\n    "one "\n    "two",\n)', '("một "\n    "hai")', '("one "\n    "two")'),
    ('f(\n    tr("a", "b"),  # why\n)', 'f(\n    "a",  # why\n)', 'f(\n    "b",  # why\n)'),
    ('d = {tr("a", "b"): lambda x: x}', 'd = {"a": lambda x: x}', 'd = {"b": lambda x: x}'),
    ('name = ""  # tr("tên", "name")', 'name = ""  # tên', 'name = ""  # name'),
    ("if x:\n    %pip install y\n    tr('a', 'b')", "if x:\n    %pip install y\n    'a'", "if x:\n    %pip install y\n    'b'"),
    ("from vae_helpers import data, tr, plots\nx", "from vae_helpers import data, plots\nx", "from vae_helpers import data, plots\nx"),
    ("from vae_helpers import tr\nx", "x", "x"),
    ("string = 'tr(1, 2)'; try_it = attr.tr", "string = 'tr(1, 2)'; try_it = attr.tr", "string = 'tr(1, 2)'; try_it = attr.tr"),
]  # fmt: skip


@pytest.mark.parametrize("code, vi, en", CASES)
def test_a_text_is_that_of_the_language(code, vi, en):
    assert resolve(code, "vi") == vi
    assert resolve(code, "en") == en


@pytest.mark.parametrize(
    "code, told",
    [
        ("f = tr", "must be called"),
        ('tr(text, "b")', "two strings written out"),
        ('tr("a")', "two strings written out"),
        ('tr("a" + x, "b")', "two strings written out"),
        ('tr(\n    "a",  # a comment\n    "b",\n)', "a comment within"),
    ],
)
def test_what_cannot_be_resolved_is_refused(code, told):
    with pytest.raises(ValueError, match=f"Line 1.*{told}"):
        resolve(code, "en")


class InOneLanguage(ast.NodeTransformer):
    """What tr means, said by Python's own syntax tree: an account independent of the builder's."""

    def __init__(self, language):
        self.chosen = language == "en"

    def visit_Call(self, node):
        self.generic_visit(node)
        return node.args[self.chosen] if isinstance(node.func, ast.Name) and node.func.id == "tr" else node

    def visit_ImportFrom(self, node):
        node.names = [name for name in node.names if name.name != "tr"]
        return node if node.names else None

    def visit_JoinedStr(self, node):
        """A text without a format becomes a piece of the f-string."""
        self.generic_visit(node)
        pieces = []
        for part in node.values:
            plain = isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None
            part = part.value if plain and isinstance(part.value, ast.Constant) else part
            if pieces and isinstance(part, ast.Constant) and isinstance(pieces[-1], ast.Constant):
                pieces[-1] = ast.Constant(pieces[-1].value + part.value)
            else:
                pieces.append(part)
        node.values = pieces
        return node


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_built_code_is_the_sources_but_for_these_strings(source, language):
    """So both editions hold the same code: no more differs than the texts that stand side by side in the source."""
    cells = [cell for cell in jupytext.read(source, fmt="py:percent").cells if cell.cell_type == "code"]
    built = code_cells(read(built_path(source, language)))[1:]
    assert len(built) == len(cells)
    for cell, own in zip(built, cells, strict=True):
        code = SOLUTION.sub(rf"\1# {PLACEHOLDER[language]}\n\1...", own.source)
        expected = InOneLanguage(language).visit(ast.parse(code))
        assert ast.unparse(ast.parse(ast.unparse(expected))) == code_of(cell)
        names = {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        assert "tr" not in names


ENGLISH = re.compile(
    r"\b(the|of|an?|is|are|its?|from|not|one|two|at|with|here|first|two|which|all|each|no|to|in|by|as)\b"
)


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_comments_in_the_vietnamese_edition_are_not_english(source):
    code = "\n".join(cell.source for cell in code_cells(read(built_path(source, "vi")))[1:])  # without the set-up
    comments = re.findall(r"(?:^|\s)#\s+(.+)$", code, re.MULTILINE)
    assert not [c for c in comments if c.isascii() and ENGLISH.search(c) and not re.search(r"[=()\[\]]|->", c)]
