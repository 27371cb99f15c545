"""The quiz for other systems: each export says what the bank says."""

import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from base64 import b64decode

import pytest

from instructor import quiz_export
from tests.quiz.support import BANK, ROOT, small_bank, write_source
from tools.quiz import markdown_questions
from vae_helpers.quiz.bank import LETTERS


@pytest.fixture
def bank(tmp_path):
    return write_source(tmp_path / "bank", small_bank())


@pytest.fixture
def questions(bank, language):
    return markdown_questions(language, bank)


def plain(text):
    """HTML without its tags and entities."""
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def test_moodle_xml_says_the_same(questions, bank):
    root = ElementTree.fromstring(quiz_export.moodle(questions).encode())
    assert root.tag == "quiz"
    categories = [q.find("category/text").text for q in root if q.get("type") == "category"]
    assert categories == ["$course$/top/VAE/handout", "$course$/top/VAE/more"]
    found = [q for q in root if q.get("type") == "multichoice"]
    assert len(found) == len(questions)
    for node, question in zip(found, questions, strict=True):
        assert node.findtext("name/text") == node.findtext("idnumber") == question.id
        assert node.findtext("questiontext/text").startswith(quiz_export.as_html(question.question))
        assert node.findtext("single") == "true" and node.findtext("answernumbering") == "ABCD"
        answers = node.findall("answer")
        assert [a.findtext("text") for a in answers] == [quiz_export.as_html(t) for t in question.options.values()]
        assert [a.findtext("feedback/text") for a in answers] == [quiz_export.as_html(t) for t in question.why.values()]
        assert "".join(LETTERS[i] for i, a in enumerate(answers) if a.get("fraction") == "100") == question.key
        assert {a.get("fraction") for a in answers} == {"0", "100"}
        assert {n.get("format") for n in node.iter() if n.find("text") is not None and n.tag != "name"} <= {
            "html",
            None,
        }
    figure = found[-1].find("questiontext/file")
    assert figure.attrib == {"name": "dot.png", "path": "/", "encoding": "base64"}
    assert b64decode(figure.text) == (bank.parent / "figures" / "dot.png").read_bytes()
    assert "@@PLUGINFILE@@/dot.png" in found[-1].findtext("questiontext/text")
    assert r"\(\frac{1}{2}\)" in found[1].findtext("answer/text")


def gift_questions(text):
    """GIFT by Moodle's rules: questions between empty lines; a backslash takes a character's meaning away."""

    def told(text):
        return html.unescape(re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text.strip()))

    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            continue
        name, stem, answers, general = re.fullmatch(
            r"::((?:\\.|[^:])*)::\[html\]((?:\\.|[^\\{}])*)\{((?:\\.|[^\\{}])*)####((?:\\.|[^\\{}#])*)\}", block
        ).groups()
        options = [
            (mark, told(option), told(why))
            for mark, option, why in re.findall(r"([=~])((?:\\.|[^\\=~#])*)#((?:\\.|[^\\=~#])*)", answers)
        ]
        yield told(name), told(stem), options, told(general)


def test_gift_says_the_same(questions):
    found = list(gift_questions(quiz_export.gift(questions)))
    assert len(found) == len(questions)
    for (name, stem, options, general), question in zip(found, questions, strict=True):
        assert name == question.id and stem.startswith(html.unescape(quiz_export.as_html(question.question)))
        assert [text for _, text, _ in options] == [
            html.unescape(quiz_export.as_html(t)) for t in question.options.values()
        ]
        assert [why for _, _, why in options] == [html.unescape(quiz_export.as_html(t)) for t in question.why.values()]
        assert "".join(LETTERS[i] for i, (mark, _, _) in enumerate(options) if mark == "=") == question.key
        assert html.unescape(quiz_export.inline_html(question.heading, quiz_export.mathjax)) in general


@pytest.mark.parametrize("code", ["vi", "en"])
def test_gift_of_the_whole_bank_keeps_its_shape(code):
    text = quiz_export.gift(markdown_questions(code))
    found = list(gift_questions(text))
    assert len(found) == len(BANK["questions"])
    assert all(len(options) == 4 and sum(mark == "=" for mark, *_ in options) == 1 for _, _, options, _ in found)
    parser = pytest.importorskip("pygiftparser.parser", reason="pygiftparser is not installed: own reader only")
    other = parser.parseFile(text.splitlines(keepends=True))
    assert all(q.valid and len(q.answers.answers) == 4 for q in other) and len(other) == len(found)


def test_jupyterquiz_says_the_same(questions):
    found = json.loads(quiz_export.jupyterquiz(questions))
    assert len(found) == len(questions)
    for item, question in zip(found, questions, strict=True):
        assert set(item) == {"type", "question", "answers"} and item["type"] == "multiple_choice"
        assert "".join(LETTERS[i] for i, a in enumerate(item["answers"]) if a["correct"]) == question.key
        for answer, letter in zip(item["answers"], LETTERS, strict=True):
            assert set(answer) == {"answer", "correct", "feedback"}
            assert plain(answer["answer"]) == plain(quiz_export.as_html(question.options[letter]))
            general = quiz_export.general_feedback(question) if letter == question.key else ""
            assert plain(answer["feedback"]) == plain(quiz_export.as_html(question.why[letter]) + general), letter
            assert "](" not in answer["answer"] and "$" not in answer["answer"]  # jupyterquiz would take them for marks
    assert "data:image/png;base64," in found[-1]["question"]


@pytest.mark.parametrize("form", ["moodle", "gift", "jupyterquiz"])
def test_export_command(tmp_path, form):
    out = tmp_path / f"quiz.{form}"
    command = [sys.executable, "-m", "instructor.quiz_export", "--format", form, "--language", "vi"]
    result = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0 and f"{len(BANK['questions'])} questions in vi" in result.stdout, result.stderr
    assert "handout-01" in out.read_text(encoding="utf-8") or form == "jupyterquiz"


def test_jupyterquiz_tells_where_the_answer_stands_with_the_right_option_only(questions):
    for item, question in zip(json.loads(quiz_export.jupyterquiz(questions)), questions, strict=True):
        for answer, letter in zip(item["answers"], LETTERS, strict=True):
            page = question.link.split("#")[0]
            assert (page in answer["feedback"]) == (letter == question.key), (question.id, letter)
            assert [other for other in LETTERS if f"{question.id}{other}" in answer["feedback"]] == [letter]


def test_export_reads_the_source_and_not_what_students_have(tmp_path):
    """Formulas reach Moodle as LaTeX, although bank.json has none."""
    out = tmp_path / "quiz.xml"
    assert quiz_export.main(["--format", "moodle", "--language", "en", "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert r"\(\varepsilon \sim \mathcal{N}(0, I)\)" in text and "<math" not in html.unescape(text)


def test_broken_bank_is_not_exported(tmp_path, capsys):
    broken = small_bank()
    broken["questions"][0]["key"] = "E"
    bank, out = write_source(tmp_path, broken), tmp_path / "quiz.gift"
    assert quiz_export.main(["--format", "gift", "--language", "vi", "--bank", str(bank), "--out", str(out)]) == 2
    assert "handout-01: key: 'E'" in capsys.readouterr().err and not out.exists()
