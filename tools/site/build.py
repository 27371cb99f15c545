"""The site: dist/site with the course in both languages, from the stored notebooks, without executing anything.

    python -m tools.site                     everything
    python -m tools.site 02 05               only these lessons, with the quiz and the guides
    python -m tools.site --out FOLDER        into another folder than dist/site

It opens from the disk (index.html) as well as from a server, and asks no other host for anything. It needs the packages of
pyproject's extra `site`.
"""

import argparse
import html
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from tools import colab
from tools.build import choose
from tools.edition import ROOT, TEMPLATES, colab_address, repository_url, sources
from tools.one_language import LANGUAGES
from tools.site import guides, pages, quiz
from tools.site.pages import write
from tools.stored import NotPublishable, published
from vae_helpers.page import asset

STATIC = Path(__file__).resolve().parent / "static"
WORDS = {
    "vi": {
        "title": "Autoencoder và VAE", "lessons": "Các bài học", "guides": "Hướng dẫn", "quiz": "Trắc nghiệm",
        "colab": "Mở trong Colab", "notebook": "Tải notebook (.ipynb)", "alone": "Bản một tệp cho Colab", "own": "Câu hỏi của bài này",
        "welcome": "Khóa học thực hành về autoencoder và VAE. Đọc ngay tại đây, vẽ chữ số, kéo thanh trượt và trả lời câu hỏi; không cần Python. "
        "Muốn tự viết và chạy code, hãy mở bài học trong Colab hoặc [trên máy của bạn](readme.md).",
        "quiz_text": "*Bạn đã hiểu đến đâu?* Chọn một đáp án rồi bấm **Kiểm tra**; phím Tab, phím mũi tên và phím cách cũng được. "
        "Câu trả lời được giữ trong trình duyệt này, và chỉ ở đây; muốn nộp bài, hãy lưu thành tệp ở cuối trang.",
    },
    "en": {
        "title": "Autoencoders and VAEs", "lessons": "Lessons", "guides": "Guides", "quiz": "Quiz",
        "colab": "Open in Colab", "notebook": "Notebook (.ipynb)", "alone": "One file for Colab", "own": "This lesson's questions",
        "welcome": "A hands-on course on autoencoders and VAEs. Read here, draw digits, drag sliders and answer questions; no Python is needed. "
        "To write and run code yourself, open a lesson in Colab or [on your computer](readme.md).",
        "quiz_text": "*How much of it have you understood?* Choose an answer and press **Check**; Tab, the arrow keys and Space do as well. "
        "Your answers are kept in this browser, and nowhere else; to hand them in, save them as a file at the end of the page.",
    },
}  # fmt: skip


def stage(notebooks: dict[Path, NotebookNode], language: str, folder: Path) -> dict[str, str]:
    """Write Sphinx's sources into folder/source and the other files into folder/extra; gives page → line of ways."""
    source_folder, extra = folder / "source", folder / "extra"
    files, lines, entries = quiz.scripts(language), {}, []
    for source, notebook in notebooks.items():
        files[f"notebooks/{source.stem}.ipynb"] = nbformat.writes(notebook).encode()
        alone = colab.packed(deepcopy(notebook), language)
        files[f"colab/{source.stem}.ipynb"] = nbformat.writes(alone).encode()
        made = pages.page(notebook, source.stem)
        files |= made.files
        entries.append((source.stem, pages.title(made.notebook), pages.question(made.notebook)))
        made.notebook.cells.append(nbformat.v4.new_markdown_cell(own_questions(source, language)))
        write(source_folder / f"{source.stem}.ipynb", nbformat.writes(made.notebook).encode())
        lines[source.stem] = ways(source, language)
    for page in guides.GUIDES:
        write(source_folder / f"{page}.md", guides.guide(page, language).encode())
        lines[page] = language_switch(page, language)
    write(source_folder / "index.md", index(entries, language).encode())
    write(source_folder / "quiz.md", quiz_page(language).encode())
    lines |= {page: language_switch(page, language) for page in ("index", "quiz", "search")}
    shutil.copytree(ROOT / "docs" / "pictures", source_folder / "docs" / "pictures")
    for path, content in files.items():
        write(extra / path, content)
    return lines


def own_questions(source: Path, language: str) -> str:
    return f"## ❓ {WORDS[language]['own']}\n\n{quiz.element([source.stem])}"


def quiz_page(language: str) -> str:
    lessons = [source.stem for source in sources() if source.stem != "quiz"]
    return f"# {WORDS[language]['quiz']}\n\n{WORDS[language]['quiz_text']}\n\n{quiz.element(lessons, filters=True)}\n"


def index(entries: list[tuple[str, str, str]], language: str) -> str:
    """The page that leads: where the reader was, the lessons with the question each opens with, and the tree of all pages."""
    words = WORDS[language]
    rows = "\n".join(f"- [{title}]({name}.ipynb)\\\n  {question}" for name, title, question in entries)
    tree = "```{{toctree}}\n:hidden:\n:caption: {}\n\n{}\n```\n"
    return (
        f'# {words["title"]}\n\n{words["welcome"]}\n\n<p id="course-go-on" hidden></p>\n\n## {words["lessons"]}\n\n{rows}\n\n'
        + tree.format(words["lessons"], "\n".join([*(name for name, _, _ in entries), "quiz"]))
        + tree.format(words["guides"], "\n".join(guides.GUIDES))
    )


def language_switch(page: str, language: str) -> str:
    links = " · ".join(
        f'<b lang="{code}">{name}</b>'
        if code == language
        else f'<a class="course-language" href="../{code}/{page}.html" hreflang="{code}" lang="{code}">{name}</a>'
        for code, name in LANGUAGES.items()
    )
    return f'<p class="course-ways">{links}</p>'


def ways(source: Path, language: str) -> str:
    """The line below a lesson's title: the other language, Colab where the repository has an address, the files."""
    words, name = WORDS[language], source.stem
    links = [f'<a href="notebooks/{name}.ipynb" download>{words["notebook"]}</a>', f'<a href="colab/{name}.ipynb" download>{words["alone"]}</a>']  # fmt: skip
    if url := repository_url():
        links.insert(0, f'<a href="{html.escape(colab_address(url, source, language))}">{words["colab"]}</a>')
    switch = language_switch(name, language).removesuffix("</p>")
    return f"{switch} · {' · '.join(links)}</p>"


def settings(language: str, lines: dict[str, str], extra: Path) -> dict:
    """Sphinx's configuration for one language."""
    places = {path: page for path, page in guides.places().items() if page.split("/")[1].removesuffix(".html") in lines}
    own = {path: page for path, page in places.items() if page.startswith(f"{language}/")}
    paths = {page.removeprefix(f"{language}/").removesuffix(".html"): path for path, page in own.items()}
    return {
        "project": WORDS[language]["title"], "html_title": WORDS[language]["title"], "language": language,
        "extensions": ["myst_nb", "tools.site.extension"], "root_doc": "index",
        "nb_execution_mode": "off", "nb_merge_streams": True, "nb_render_markdown_format": "myst",
        "myst_enable_extensions": ["dollarmath"], "myst_all_links_external": True, "myst_dmath_double_inline": True,
        "suppress_warnings": ["myst.header", "mystnb.unknown_mime_type"],
        "html_theme": "furo", "html_math_renderer": "mathml",
        "html_static_path": [str(STATIC)], "html_extra_path": [str(extra)],
        "html_css_files": ["quiz.css", "site.css"], "html_js_files": [(name, {"defer": "defer"}) for name in ("site.js", "quiz_page.js")],
        "html_copy_source": False, "html_show_sourcelink": False, "html_use_index": False, "html_show_copyright": False,
        "html_permalinks": False, "smartquotes": False,
        "html_theme_options": {"top_of_page_buttons": [], "navigation_with_keys": True},
        "course_paths": {**paths, "index": f"notebooks/{language}/index.md", "quiz": f"notebooks/{language}/quiz.md"},
        "course_places": places | {f"notebooks/{language}/readme.md": f"{language}/readme.html"},
        "course_repository": repository_url(), "course_lines": lines,
    }  # fmt: skip


def publishable(chosen: list[Path]) -> tuple[dict[str, dict[Path, NotebookNode]], str]:
    """The lessons that can be shown in both languages, language → source → notebook, and a line on each other one."""
    fit, refused = {language: {} for language in LANGUAGES}, []
    for source in (source for source in chosen if source.stem != "quiz"):
        try:
            notebooks = {language: published(source, language, repository_url()) for language in LANGUAGES}
        except NotPublishable as error:
            refused.append(f"{error}\n")
            continue
        for language, notebook in notebooks.items():
            fit[language][source] = notebook
    return fit, "".join(refused)


def build(chosen: list[Path], out: Path) -> str:
    """Write the site into out, which is emptied first; gives what went wrong, "" if nothing did.

    A lesson whose stored notebook does not fit its source is left out.
    """
    shutil.rmtree(out, ignore_errors=True)
    fit, refused = publishable(chosen)
    told = [refused]
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as room:
            lines = stage(fit[language], language, Path(room))
            told.append(sphinx("html", Path(room), out / language, settings(language, lines, Path(room) / "extra")))
        write(out / language / "_static" / "quiz.css", asset("quiz.css").encode())
        write(out / language / "_static" / "quiz_page.js", asset("quiz_page.js").encode())
    shutil.copy(TEMPLATES / "site_index.html", out / "index.html")
    (out / ".nojekyll").touch()
    return "".join(told)


def sphinx(builder: str, room: Path, out: Path, configuration: dict) -> str:
    """Run Sphinx on room/source; gives its warnings."""
    told = io.StringIO()
    locale.translators.clear()  # of the other language
    with patch_docutils(), docutils_namespace():
        app = Sphinx(room / "source", None, out, room / "doctrees", builder, configuration, status=None, warning=told)
        app.build(force_all=True)
    for unread in (*out.rglob("*.map"), out / ".buildinfo", out / "objects.inv"):
        unread.unlink(missing_ok=True)
    shutil.rmtree(out / "_sources", ignore_errors=True)
    return re.sub(r"\x1b\[[\d;]*m", "", told.getvalue()).replace(str(room), "")


def command(description: str, build: Callable[[list[Path], Path], str], folder: Path) -> int:
    """A command that builds from the lessons: the ones chosen, into the repository's folder or another; 1 if it warned."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tools.{folder.name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson names, such as 05; all if none is given")
    parser.add_argument("--out", type=Path, default=ROOT / folder, metavar="FOLDER")
    arguments = parser.parse_args()
    warnings = build(choose(arguments.lessons, parser), arguments.out)
    print(warnings, end="", file=sys.stderr)
    print(*(sorted(arguments.out.glob("index.html")) or sorted(arguments.out.glob("*/index.html"))), sep="\n")
    return 1 if warnings else 0
