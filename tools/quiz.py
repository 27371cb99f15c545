"""Compile the question bank: check quiz/questions.json and write what students get, with every text as HTML and as plain text.

    python -m tools.quiz                          quiz/questions.json → vae_helpers/quiz/bank.json and figures/
    python -m tools.quiz --check                  only say whether bank.json is up to date
    python -m tools.quiz --bank my.json --out F   another bank, for load_questions(path="F/bank.json")

What a bank must look like stands in quiz/schema.json; what a JSON schema cannot say is checked here.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema

from vae_helpers import _console
from vae_helpers._files import write_whole
from vae_helpers._language import LANGUAGES
from vae_helpers.quiz import Question
from vae_helpers.quiz.bank import COMPILED, LETTERS, VERSION, questions_of

from .markup import formulas, inline_html, inline_text, mathml, simple_formula, to_html, to_text, unbalanced

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "quiz" / "questions.json"
SCHEMA = json.loads((ROOT / "quiz" / "schema.json").read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------------ what an author wrote


def read_source(path: Path = SOURCE) -> dict:
    """A bank as its author wrote it. Raises ValueError with the id of each broken question and what is wrong with it."""
    try:
        bank = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None
    found = list(schema_problems(bank)) or list(other_problems(bank, path.parent))
    if found:
        raise ValueError(f"{path.name} is broken:\n  " + "\n  ".join(found))
    return bank


def _unique(pairs: list[tuple]) -> dict:
    """A JSON object in which a name that stands twice does not silently win over itself: the schema does not know it."""
    names = [name for name, _ in pairs]
    return {**dict(pairs), **{f"{name} (twice)": None for name in names if names.count(name) > 1}}


def schema_problems(bank) -> Iterator[str]:
    """What quiz/schema.json has to say, one line each: the question's id, the place in it, the reason."""
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(bank)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        place = list(error.absolute_path)
        name = "the bank"
        if place[:1] == ["questions"] and len(place) > 1:
            question = bank["questions"][place[1]]
            name = (isinstance(question, dict) and question.get("id")) or f"question {place[1] + 1} of the file"
            place = place[2:]
        yield f"{name}: {'.'.join(map(str, place))}{': ' if place else ''}{error.message}"


def other_problems(bank: dict, folder: Path) -> Iterator[str]:
    """What a JSON schema cannot say."""
    lessons = {file.stem for file in (ROOT / "notebooks" / "src").glob("*.py")}
    seen = set()
    for entry in bank["questions"]:
        name = entry["id"]
        if name in seen:
            yield f"{name}: this id stands twice"
        seen.add(name)
        if not name.startswith(entry["set"]):
            yield f"{name}: id: expected {entry['set']}- and two digits"
        if entry["lesson"] not in lessons:
            yield f"{name}: lesson: there is no lesson {entry['lesson']!r}"
        if "figure" in entry and not (folder / entry["figure"]["file"]).is_file():
            yield f"{name}: figure: there is no file {entry['figure']['file']!r}"
        yield from (f"{name}: {problem}" for problem in (*_text_problems(entry), *_twins(entry["options"])))


def _text_problems(entry: dict) -> Iterator[str]:
    for place, text in _texts(entry):
        if mark := unbalanced(text):
            yield f"{place}: a {mark} lacks its other half"
            continue
        try:
            to_html(text, lambda latex: latex)
        except ValueError as error:
            yield f"{place}: {error}"
        yield from (f"{place}: the formula ${latex}$ cannot be drawn" for latex in formulas(text) if not drawn(latex))


def drawn(latex: str) -> bool:
    """Is a formula whole, and made of commands that both readers of LaTeX know?"""
    braces = re.findall(r"(?<!\\)[{}]", latex)
    if braces.count("{") != braces.count("}"):
        return False
    try:
        return not re.search(r">\\\w", mathml(latex)) and "\\" not in simple_formula(latex)
    except Exception:  # latex2mathml has an exception for every mistake
        return False


def _texts(node, place: str = "") -> Iterator[tuple[str, str]]:
    """(where, text) for each text of an entry in each language."""
    for name, value in node.items():
        where = f"{place}.{name}" if place else name
        if isinstance(value, dict):
            yield from _texts(value, where)
        elif name in LANGUAGES:
            yield where, value


def _twins(options: dict) -> Iterator[str]:
    for code in LANGUAGES:
        seen = {}
        for letter in LETTERS:
            text = " ".join(options[letter]["text"][code].split())
            if text in seen:
                yield f"options {seen[text]} and {letter} say the same in {code!r}, so the right one is not alone"
            seen[text] = letter


# ------------------------------------------------------------------------------------------------ what students get


def compile_bank(source: dict) -> dict:
    """A bank without Markdown and LaTeX: the same entries, in which each text is {"text": …, "html": …}.

    Texts that are seen without a kernel have a third form, "simple", for pages that drop MathML.
    """
    return {"version": VERSION, "questions": [_compile_entry(entry) for entry in source["questions"]]}


def _compile_entry(entry: dict) -> dict:
    names = ("id", "set", "lesson", "difficulty", "kind", "key")
    compiled = {name: entry[name] for name in names}
    compiled["answer_in"] = {code: _heading(text) for code, text in entry["answer_in"].items()}
    compiled["question"] = _both(entry["question"], at_rest=True)
    if "figure" in entry:
        alt = {code: inline_text(text) for code, text in entry["figure"]["alt"].items()}
        compiled["figure"] = {"file": entry["figure"]["file"], "alt": alt}
    compiled["options"] = {
        letter: {"text": _both(entry["options"][letter]["text"], at_rest=True), "why": _both(entry["options"][letter]["why"])}
        for letter in LETTERS
    }  # fmt: skip
    if "precise" in entry:
        compiled["precise"] = _both(entry["precise"])
    return compiled


def _both(texts: dict[str, str], at_rest: bool = False) -> dict[str, dict[str, str]]:
    forms = {code: {"text": to_text(text), "html": to_html(text)} for code, text in texts.items()}
    for code, text in texts.items():
        if at_rest and formulas(text):
            forms[code]["simple"] = to_html(text, simple_formula)
    return forms


def _heading(text: str) -> dict[str, str]:
    anchor = re.sub(r"[$`]", "", text).replace(" ", "-")  # as JupyterLab names its headings
    return {"text": inline_text(text), "html": inline_html(text), "anchor": anchor}


def markdown_questions(language: str, path: Path = SOURCE) -> list[Question]:
    """The questions of a bank as their author wrote them, for exports to systems with a LaTeX reader of their own.

    Raises ValueError for a broken bank, as read_source does.
    """
    source = read_source(path)
    return [
        replace(
            question,
            question=entry["question"][language],
            options={letter: entry["options"][letter]["text"][language] for letter in LETTERS},
            why={letter: entry["options"][letter]["why"][language] for letter in LETTERS},
            precise=entry["precise"][language] if "precise" in entry else "",
            heading=entry["answer_in"][language],
        )
        for entry, question in zip(
            source["questions"], questions_of(compile_bank(source), language, path.parent), strict=True
        )
    ]


def outputs(path: Path = SOURCE, out: Path = COMPILED.parent) -> dict[Path, bytes]:
    """Every file that a bank is compiled into, and what belongs in it. Raises ValueError for a broken bank."""
    source = read_source(path)
    files = {
        out / entry["figure"]["file"]: (path.parent / entry["figure"]["file"]).read_bytes()
        for entry in source["questions"]
        if "figure" in entry
    }
    text = json.dumps(compile_bank(source), ensure_ascii=False, indent=1) + "\n"
    return {out / COMPILED.name: text.encode(), **files}


def stale(files: dict[Path, bytes]) -> list[Path]:
    """The files that are missing or hold something else."""
    return [file for file, content in files.items() if not file.is_file() or file.read_bytes() != content]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, default=SOURCE, metavar="questions.json")
    parser.add_argument("--out", type=Path, default=COMPILED.parent, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if something is out of date")
    arguments = parser.parse_args(argv)
    _console.make_safe()
    try:
        files = outputs(arguments.bank, arguments.out)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    old = stale(files)
    if arguments.check:
        print("\n".join(f"{file}: out of date, run python -m tools.quiz" for file in old) or "up to date")
        return 1 if old else 0
    for file in old:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, files[file])
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
