"""The bank: the course's questions and keys, and what an installed package has of it."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter

import jupytext
import pytest

from tests.quiz.support import BANK, ROOT, small_bank, texts, write_source
from tools.markup import inline_text
from vae_helpers.quiz import load_questions
from vae_helpers.quiz.bank import Text


def test_bank_has_the_handouts_keys(language):
    handout = [question for question in load_questions(language) if question.set == "handout"]
    assert [question.key for question in handout] == list("CBABBBABBC")
    assert [question.id for question in handout] == [f"handout-{number:02d}" for number in range(1, 11)]
    assert [question.number for question in handout] == list(range(1, 11))


def test_every_answer_stands_under_a_heading_of_its_lesson(language):
    for question in load_questions(language):
        cells = jupytext.read(ROOT / "notebooks" / "src" / f"{question.lesson}.py", fmt="py:percent").cells
        text = "\n".join(cell.source for cell in cells if cell.metadata.get("lang") == language)
        headings = [inline_text(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
        assert question.heading in headings, question.id
        assert (ROOT / question.link.split("#")[0]).exists()


def test_each_lesson_that_is_asked_about_has_four_questions_at_least():
    """A lesson counts where the passage lies that answers the question."""
    asked = Counter(question["lesson"] for question in BANK["questions"])
    lessons = sorted(path.stem for path in (ROOT / "notebooks" / "src").glob("*.py"))
    assert len(lessons) == 16
    assert {lesson: asked[lesson] for lesson in lessons if asked[lesson] < 4} == {}


def test_keys_are_evenly_spread():
    """The handout's ten have theirs; of the others no letter is right much more often than another."""
    keys = Counter(question["key"] for question in BANK["questions"] if question["set"] == "more")
    assert max(keys.values()) - min(keys[letter] for letter in "ABCD") <= 3


def test_no_text_names_options_by_their_letters(language):
    """They would be wrong once the options change places."""
    named = re.compile(r"\b(?:đáp án|phương án|lựa chọn|câu trả lời|option|answer|choice)s? [A-D]\b|\b[A-D] (?:và|and) [A-D]\b", re.IGNORECASE)  # fmt: skip
    assert not [(q.id, text) for q in load_questions(language) for text in texts(q) if named.search(text)]


def test_bank_is_in_composed_unicode():
    text = (ROOT / "quiz" / "questions.json").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="got 'fr'"):
        load_questions("fr")


def test_texts_are_plain_and_know_their_html(bank):
    one, two, three, _ = load_questions("en")
    assert one.question == "en: What is x < 1?" and one.question.html == "<p>en: What is <code>x &lt; 1</code>?</p>"
    assert two.question.split("\n") == ["en: Read:", "    x = '<b>' & 1  # [0](1)"]
    assert (
        two.options["A"] == "1/2"
        and two.options["A"].html.startswith("<p><math")
        and "<em>1/2</em>" in two.options["A"].simple
    )
    assert (
        two.options["B"] == "b & c"
        and two.options["B"].html == two.options["B"].simple == "<p><strong>b</strong> &amp; c</p>"
    )
    assert three.heading == "So which B?" and three.link.endswith("#So-which-B?")
    assert all(
        isinstance(text, Text)
        for q in load_questions("vi")
        for text in (q.question, *q.options.values(), *q.why.values())
    )


def test_students_get_no_markdown_and_no_latex(language):
    marks = re.compile(r"\*\*|\$|\\\w|`")
    for question in load_questions(language):
        for text in texts(question):
            prose = "\n".join(line for line in text.split("\n") if not line.startswith("    "))
            assert not marks.search(prose), (question.id, text)
            pages = re.sub("<code>.*?</code>", "", getattr(text, "html", ""), flags=re.DOTALL)
            assert not marks.search(pages), (question.id, pages)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 2, "questions": [{}]}', '{"version": 3, "questions": []}']
)
def test_something_else_is_no_bank(tmp_path, content):
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(ValueError, match=r"other.json is not a compiled bank.*python -m tools.quiz"):
        load_questions("vi", tmp_path / "other.json")


def test_source_of_a_bank_is_told_from_a_compiled_one(tmp_path):
    with pytest.raises(ValueError, match=r"questions.json is not a compiled bank"):
        load_questions("vi", write_source(tmp_path, small_bank()))


# -------------------------------------------------------------------------------------------------- without the checkout


def test_quiz_needs_nothing_heavy():
    code = "import vae_helpers.quiz as q, sys; q.Quiz('vi').score(); "
    code += "print([m for m in ('torch', 'matplotlib', 'ipywidgets', 'numpy', 'mistune', 'jsonschema', 'tools') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The package as pip installs it, far from the checkout."""
    # not by importlib's find_spec("pip"), after which setuptools, and so torch.compile, can no longer be imported here
    if not {"pip", "setuptools"} <= {package.name for package in importlib.metadata.distributions()}:
        pytest.skip("pip and setuptools are not in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    nothing = shutil.ignore_patterns("__pycache__", "*.ipynb")
    shutil.copytree(ROOT / "vae_helpers", source / "vae_helpers", ignore=nothing)
    for name in ("pyproject.toml", "README.md", "requirements.txt", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    command += ["--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PIP_DRY_RUN": "0"})
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def test_installed_package_has_every_module_and_the_bank(installed):
    modules = {path.relative_to(ROOT) for path in (ROOT / "vae_helpers").rglob("*.py")}
    assert modules == {path.relative_to(installed) for path in (installed / "vae_helpers").rglob("*.py")}
    for pattern in ("quiz/bank.json", "quiz/figures/*.png", "page/*.css", "page/*.js"):
        files = [path.relative_to(ROOT) for path in (ROOT / "vae_helpers").glob(pattern)]
        assert files and all((installed / file).read_bytes() == (ROOT / file).read_bytes() for file in files), pattern


def test_installed_package_carries_both_licences(installed):
    (about,) = installed.glob("*.dist-info")
    for name in ("LICENSE", "LICENSE-text"):
        assert (about / "licenses" / name).read_bytes() == (ROOT / name).read_bytes()
    assert "License-Expression: MIT AND CC-BY-4.0\n" in (about / "METADATA").read_text(encoding="utf-8")


def test_installed_package_finds_its_bank(installed, tmp_path):
    code = "from vae_helpers import quiz; q = quiz.Quiz('vi', 'all'); q.show(); q.answer(1, 'C'); "
    code += "print(quiz.bank.COMPILED, all(x.figure is None or x.figure.exists() for x in q.questions), q.score())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == (
        f"{installed / 'vae_helpers' / 'quiz' / 'bank.json'} True (1, 1, {len(BANK['questions'])})"
    ), result.stderr
