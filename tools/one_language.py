"""Lesson code in one language: tr("…", "…") becomes that language's string, and the import of tr goes.

A source holds both languages, in strings and in comments: title=tr("Ảnh gốc", "Original"), # tr("tên bạn", "your name").
parso reads the code, so brackets, comments, f-strings and line breaks around a text stay what they were.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache

import parso
from parso.tree import Leaf, NodeOrLeaf

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
STRINGS = ("string", "strings", "fstring")
IN_A_COMMENT = re.compile(r'\btr\("([^"]*)", "([^"]*)"\)')
Edit = tuple[tuple[int, int], tuple[int, int], str]  # (line, column) of start and end, and what stands there instead


@cache  # the tests make each lesson many times
def resolve(code: str, language: str) -> str:
    """Code with the strings of one language ("vi" or "en"), which no longer needs tr.

    Raises ValueError for a tr(…) that does not hold two strings written out, or a comment beside the two.
    """
    if not re.search(r"\btr\b", code):
        return code
    lines = parso.split_lines(code, keepends=True)
    for (line, start), (last, end), text in sorted(edits(parso.parse(code), language), reverse=True):
        lines[line - 1 : last] = [lines[line - 1][:start] + text + lines[last - 1][end:]]
    return "".join(lines)


def edits(tree: NodeOrLeaf, language: str) -> Iterator[Edit]:
    """What changes in the code of a tree. A tr within another goes with it."""
    covered = (0, 0)
    leaf = tree.get_first_leaf()
    while leaf is not None:
        if "#" in leaf.prefix:
            text = IN_A_COMMENT.sub(lambda match: match[1 + (language == "en")], leaf.prefix)
            yield leaf.get_start_pos_of_prefix(), leaf.start_pos, text
        is_ours = leaf.type == "name" and leaf.value == "tr" and leaf.get_previous_sibling() != "."
        if is_ours and leaf.start_pos >= covered:
            edit = without_import(leaf) or one_text(leaf, language)
            covered = edit[1]
            yield edit
        leaf = leaf.get_next_leaf()


def without_import(name: Leaf) -> Edit | None:
    """The import statement without this name; nothing at all where it was the only one. None if it stands elsewhere."""
    statement = name.search_ancestor("import_from")
    if statement is None:
        return None
    module, _, names = statement.get_code(include_prefix=False).partition(" import ")
    others = [other for other in re.findall(r"[\w ]+", names) if other.strip() not in ("", "tr")]
    if others:
        return statement.start_pos, statement.end_pos, f"{module} import {', '.join(map(str.strip, others))}"
    line = statement.parent
    return line.start_pos, line.end_pos, ""


def one_text(name: Leaf, language: str) -> Edit:
    """The text of one language in place of tr(…); within an f-string it becomes part of that."""
    call = name.parent
    trailer = name.get_next_sibling()
    if call.type != "atom_expr" or getattr(trailer, "type", "") != "trailer" or trailer.children[0] != "(":
        raise ValueError(f"Line {name.start_pos[0]}: tr stands for one of two texts and must be called: tr(…, …).")
    texts = [node for node in getattr(trailer.children[1], "children", []) if node != ","]
    if len(texts) != 2 or any(text.type not in STRINGS for text in texts):
        raise ValueError(f"Line {name.start_pos[0]}: {call.get_code().strip()}: expected two strings written out.")
    chosen, other = texts[language == "en"], texts[language == "vi"]
    beside = trailer.get_code().replace(chosen.get_code(include_prefix=False), "", 1)
    if "#" in beside.replace(other.get_code(include_prefix=False), "", 1):
        raise ValueError(f"Line {name.start_pos[0]}: a comment within tr(…) would be lost; put it before.")
    code = chosen.get_code(include_prefix=False)
    around = call.parent
    alone = around.type == "fstring_expr" and len(call.children) == 2 and len(around.children) == 3
    if alone and (plain := within_fstring(chosen, around.parent)) is not None:
        return around.start_pos, around.end_pos, plain
    if chosen.type == "strings" and around.type not in ("arglist", "argument", "trailer", "atom"):
        code = f"({code})"
    return name.start_pos, trailer.end_pos, code


def within_fstring(text: NodeOrLeaf, fstring: NodeOrLeaf) -> str | None:
    """A plain string as a piece of the f-string around it; None where it cannot be one (it is an f-string itself)."""
    opening = fstring.children[0].value
    if text.type == "fstring" or "fstring" in {part.type for part in getattr(text, "children", [])}:
        return None
    if "r" in opening.lower():
        return None
    value = ast.literal_eval(text.get_code(include_prefix=False))
    for character, written in (
        ("\\", "\\\\"),
        ("{", "{{"),
        ("}", "}}"),
        ("\n", "\\n"),
        (opening[-1], "\\" + opening[-1]),
    ):
        value = value.replace(character, written)
    return value
