"""Figures have descriptions, and every lesson becomes a web page that loses nothing of it."""

import re
import shutil
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.tools.support import EDITIONS, LESSON, NAMES, commit_all, type_in, write_source
from tools import alt_text, build, to_html
from tools.edition import built_path, make_notebook, sources
from tools.one_language import LANGUAGES
from tools.stored import code_cells, read


def lesson_of(source, language):
    return read(built_path(source, language))


# -------------------------------------------------------------------------------------------------- descriptions


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_every_figure_has_a_description_in_its_language(source, language):
    notebook = lesson_of(source, language)
    assert not list(alt_text.problems(notebook))
    other = lesson_of(source, "en" if language == "vi" else "vi")
    pairs = zip(alt_text.pictures(notebook), alt_text.pictures(other), strict=True)
    for (number, output), (_, its_twin) in pairs:
        text = output.metadata["image/png"]["alt"]
        assert len(text) >= 20, f"cell {number}: {text}"
        assert text != its_twin.metadata["image/png"]["alt"], f"cell {number}"
        assert not re.search(r"[$`]|\\[a-z]|\*\*", text), f"cell {number}: {text}"


def lesson(*cells):
    """A notebook of (kind, source) cells; every code cell has a picture."""
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    notebook = nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in cells])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                nbformat.v4.new_output("display_data", data={"image/png": "AAAA"}, metadata={"image/png": {"width": 5}})
            ]
    return notebook


def described(*cells):
    notebook = lesson(*cells)
    alt_text.stamp(notebook)
    return [output.metadata["image/png"].get("alt") for _, output in alt_text.pictures(notebook)]


def test_description_is_title_and_caption():
    code = 'ax.set(xlabel="x", title="The cloud")'
    text = "*The figure: $\\mu$ and **two** dots,\nside by side.* It goes on.\n\n*Not this.*"
    assert described(("code", code), ("markdown", text)) == ["The cloud. The figure: μ and two dots, side by side."]


@pytest.mark.parametrize(
    "code, title",
    [
        ('plt.title("One")', "One"),
        ('figure.suptitle("One")', "One"),
        ('plots.curves({"left": {"a": a}}, xlabel="x", title="One")', "One"),
        ('title = "One"\nplots.plot_images(x, title=title)', "One"),
        ('plots.plot_images(x, title=f"{n} of them")', ""),
        ("if True:\n    %matplotlib inline\nplots.plot_latent(model)", ""),
        ('figure, axes = plt.subplots(1, 2)\naxes[0].set_title("Left")', ""),
        ('figure, axes = plt.subplots(1, 2)\naxes[0].set_title("Left")\nfigure.suptitle("Both")', "Both"),
    ],
)
def test_titles_are_found_where_they_are_written_out(code, title):
    assert alt_text.title(code) == title


def test_two_figures_share_the_caption_that_follows_them():
    first, second = described(
        ("code", 'plt.title("A")'), ("code", 'plt.title("B")'), ("markdown", "*Both figures: dots.*")
    )
    assert (first, second) == ("A. Both figures: dots.", "B. Both figures: dots.")


@pytest.mark.parametrize("text", ["No caption.", "**Bold** is none.", "* a list\n* is none"])
def test_a_figure_without_description_is_named(text):
    notebook = lesson(("code", "draw()"), ("markdown", text))
    alt_text.stamp(notebook)
    assert "alt" not in notebook.cells[0].outputs[0].metadata["image/png"]
    assert [problem[:6] for problem in alt_text.problems(notebook)] == ["cell 0"]


def test_an_old_description_is_noticed_and_replaced():
    notebook = lesson(("code", "draw()"), ("markdown", "*Dots.*"))
    alt_text.stamp(notebook)
    notebook.cells[1].source = "*Lines.*"
    assert "not that of its caption" in next(alt_text.problems(notebook))
    alt_text.stamp(notebook)
    assert notebook.cells[0].outputs[0].metadata["image/png"] == {"width": 5, "alt": "Lines."}
    assert not list(alt_text.problems(notebook))


# --------------------------------------------------------------------------------------------------------- pages


def words(text):
    """Letters and digits alone: what must not be lost, however a page breaks its lines."""
    return re.sub(r"[\W_]+", "", text)


def prose(markdown):
    """A text cell without what a page shows otherwise: formulas, code, tags, addresses."""
    text = re.sub(r"```.*?```|\$\$.+?\$\$|\$[^$]+\$|`[^`]*`|<[^>]+>", "\0", markdown, flags=re.DOTALL)
    return re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_page_holds_the_whole_lesson(source, language):
    notebook = lesson_of(source, language)
    text = to_html.page(lesson_of(source, language), language, source.stem)
    page = BeautifulSoup(text, "html.parser")
    assert page.html["lang"] == language
    assert page.title.string.strip() not in ("", source.stem)

    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    outside_code = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    headings = re.findall(r"^(#+) ", outside_code, re.MULTILINE)
    found = [tag.name for tag in page.select(".jp-MarkdownCell :is(h1, h2, h3, h4)")]
    assert found == [f"h{len(marks)}" for marks in headings]

    seen = words(" ".join(cell.get_text() for cell in page.select(".jp-MarkdownCell")))
    for piece in prose(markdown).split("\0"):
        for line in piece.splitlines():
            for part in re.split(r"^\s*(?:#+|[-*]|\d+\.)\s|[|*]", line):
                assert words(part) in seen, part

    formulas = re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", re.sub(r"`[^`]*`", "", outside_code), re.DOTALL)
    assert len(page.select(".jp-MarkdownCell math")) == len(formulas)
    assert "$" not in " ".join(cell.get_text() for cell in page.select(".jp-MarkdownCell"))

    pictures = page.select(".jp-OutputArea img")
    assert len(pictures) >= len(list(alt_text.pictures(notebook)))
    for picture in page.find_all("img"):
        assert len(picture.get("alt", "")) >= 5 and "No description" not in picture["alt"]
    alts = {picture["alt"] for picture in pictures}
    assert alts >= {output.metadata["image/png"]["alt"] for _, output in alt_text.pictures(notebook)}

    code = code_cells(notebook)[1:]  # without the set-up cell
    blocks = page.select(".jp-CodeCell .jp-InputArea .highlight")
    assert [words(block.get_text()) for block in blocks] == [words(cell.source) for cell in code]
    assert len(page.find_all("details")) == markdown.count("<details>")

    assert "VBox(children" not in page.get_text()  # a widget without its picture
    assert all(tag["src"].startswith("data:") for tag in page.select("[src]"))  # nothing comes from elsewhere
    assert not page.select("link[rel=stylesheet]")
    assert not re.search(r'href="[^"]*\.ipynb', text)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_widget_is_a_still_picture_at_once(language, browser, tmp_path):
    """Nothing is waited for that a page cannot have, and nobody is asked to wake it up."""
    (source,) = [source for source in sources() if source.stem.startswith("07")]
    file = tmp_path / "page.html"
    file.write_text(to_html.page(lesson_of(source, language), language, source.stem), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.vae-rest')].map(e => e.getBoundingClientRect().height)"
    )
    assert len(sizes) >= 4 and min(sizes) > 30
    assert not any(line.is_visible() for line in page.locator(".vae-rest-line").all())
    page.close()


@pytest.mark.parametrize(
    "latex, parts",
    [
        (r"\tfrac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        (r"\underbrace{x}_{\text{tái tạo}}", "<munder>"),
        (r"\underbrace{x}_{\text{tái tạo}}", "<mtext>tái&#x000A0;tạo</mtext>"),
        (r"a < b", "<mo>&#x0003C;</mo>"),
        (r"\log 5", '<mi>log</mi><mspace width="0.17em" /><mn>5</mn>'),
        (r"\log(5)", "<mi>log</mi><mo"),
    ],
)
def test_formulas_are_mathml(latex, parts):
    page = to_html.Page("en")
    assert parts in page.markdown2html(f"so ${latex}$ is")
    assert "<math " in page.markdown2html(f"## A heading with ${latex}$")
    assert 'display="block"' in page.markdown2html(f"$${latex}$$")


@pytest.mark.parametrize(
    "link, page",
    [
        ("../en/02_vae.ipynb", "../en/02_vae.html"),
        ("04_loss.ipynb", "04_loss.html"),
        ("../../notebooks/vi/00_start_here.ipynb", "../vi/00_start_here.html"),
        ("../../quiz/en/quiz.ipynb", "../en/quiz.html"),
        ("https://example.org/a.ipynb", "https://example.org/a.ipynb"),
    ],
)
def test_links_lead_to_pages(link, page):
    assert to_html.LESSON_LINK.sub(to_html.html_link, f'href="{link}"') == f'href="{page}"'


# ------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def command(built, monkeypatch):
    """make html over the tiny lesson: folder → its exit code."""
    for module in (build, to_html):
        monkeypatch.setattr(module, "sources", lambda: [built])

    def run_it(folder, *lessons):
        monkeypatch.setattr(sys, "argv", ["to_html.py", "--out", str(folder), *lessons])
        return to_html.main()

    return run_it


def test_command_writes_both_languages_and_their_index(command, tmp_path):
    assert command(tmp_path / "out", "99") == 0
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.html")}
    assert names == {f"{language}/{name}.html" for language in ("vi", "en") for name in ("99_test", "index")}
    assert 'lang="vi"' in (tmp_path / "out" / "vi" / "99_test.html").read_text(encoding="utf-8")


def test_what_is_typed_into_a_lesson_is_never_on_a_page(built, command, tmp_path, capsys):
    commit_all(built.parent)
    type_in(built_path(built, "en"))
    assert command(tmp_path / "out") == 0
    text = (tmp_path / "out" / "en" / "99_test.html").read_text(encoding="utf-8")
    assert "my own answer" not in text and "my_own_cell" not in text and "output 3" in text
    shutil.rmtree(built.parent / ".git")
    assert command(tmp_path / "second") == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and "run or edited by hand" in told[0] and "git restore notebooks quiz" in told[0]
    pages = tmp_path / "second"
    assert (pages / "vi" / "99_test.html").exists() and not (pages / "en" / "99_test.html").exists()
    assert "99_test" not in (pages / "en" / "index.html").read_text(encoding="utf-8")


def test_pages_of_other_code_are_not_written(built, command, tmp_path, capsys):
    write_source(built.parent, LESSON.replace("f(1)", "f(2)"))
    assert command(tmp_path / "out") == 1
    assert capsys.readouterr().err.count("make notebooks LESSONS=99") == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_index_leads_to_every_lesson_and_they_lead_back(language):
    lessons = {source.stem: make_notebook(source, language) for source in sources()}
    page = BeautifulSoup(to_html.index(lessons, language), "html.parser")
    assert page.html["lang"] == language and page.h1.string == page.title.string == to_html.ALL_LESSONS[language]
    links = {link["href"]: link.get_text() for link in page.select("ul a")}
    assert list(links) == [f"{source.stem}.html" for source in sources()]
    assert all(links[f"{name}.html"] in to_html.title(lesson) for name, lesson in lessons.items())
    other = "en" if language == "vi" else "vi"
    assert page.select_one("p > a")["href"] == f"../{other}/index.html"
    assert len(page.select("li p")) == len(lessons)  # each opens with a question
    first = to_html.page(lessons["00_start_here"], language, "00_start_here")
    assert f'<a href="index.html">{to_html.ALL_LESSONS[language]}</a>' in first
