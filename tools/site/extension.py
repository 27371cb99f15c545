"""What Sphinx must know besides: formulas as MathML, the anchors and links of the repository, a search without tone marks."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from docutils import nodes
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, languages
from sphinx.transforms import SphinxTransform

from tools.markup import mathml
from tools.site.guides import resolve


def fold(text: str) -> str:
    """text in small letters without tone marks and hooks: "Tái tham số" → "tai tham so"; static/site.js has the same."""
    marked = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in marked if not unicodedata.combining(sign)).replace("đ", "d")


class Vietnamese(SearchLanguage):
    """Words without their marks, and pairs of words that stand together: a Vietnamese word is often written as two."""

    lang, language_name = "vi", "Vietnamese"
    js_stemmer_code = "function Stemmer() { this.stemWord = (word) => courseFold(word); }"

    def split(self, text: str) -> list[str]:
        words = [fold(word) for word in super().split(text)]
        return words + [f"{one}_{two}" for one, two in zip(words, words[1:], strict=False) if not (one + two).isdigit()]

    def stem(self, word: str) -> str:
        return fold(word)


class Anchors(SphinxTransform):
    """Headings are called as JupyterLab calls them, in a guide as GitHub does, and by number, the same in both languages."""

    default_priority = 860  # after the headings stand, before Sphinx collects them (880)

    def apply(self, **keywords) -> None:
        is_notebook = self.config.course_paths.get(self.env.docname, "").endswith(".ipynb")
        seen = Counter()
        for number, section in enumerate(list(self.document.findall(nodes.section))):
            text = section.next_node(nodes.title).astext()
            anchor = (text if is_notebook else re.sub(r"[^\w\- ]", "", text.lower())).replace(" ", "-")
            seen[anchor] += 1
            section["ids"] = [anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor] - 1}", f"s-{number}"]
            for name in section["ids"]:
                self.document.ids[name] = section


class Links(SphinxTransform):
    """Links between files of the repository become links between pages; what the site has not is on the web, or no link."""

    default_priority = 861

    def apply(self, **keywords) -> None:
        config = self.config
        here = config.course_paths.get(self.env.docname)
        if here is None:
            return
        for link in list(self.document.findall(nodes.reference)):
            where = resolve(
                link.get("refuri", "#"), here, config.language, config.course_places, config.course_repository
            )
            if where is None:
                link.replace_self(link.children)
            elif "refuri" in link:
                link["refuri"] = where


def visit_inline(writer, node: nodes.math) -> None:
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(writer, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), "block")}</div>\n')
    raise nodes.SkipNode


def finish(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """The line of ways below the title (the other language, Colab, the files), and what axe-core misses in Sphinx's pages."""
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')  # whoever has no mouse can scroll them
    body = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
    line = app.config.course_lines.get(pagename, "")
    title, end, rest = body.partition("</h1>")
    context["body"] = f"{title}{end}\n{line}{rest}" if end else f"{line}{title}"
    if tree := context.get("furo_navigation_tree"):
        context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


THEME = {  # what Furo says, and has not in Vietnamese
    "Next": "Bài sau", "Previous": "Bài trước", "Home": "Trang đầu", "Back to top": "Lên đầu trang",
    "On this page": "Trong trang này", "Skip to content": "Đến nội dung", "Made with ": "Làm bằng ",
}  # fmt: skip


def speak_vietnamese(app: Sphinx) -> None:
    """Add the theme's sentences to Sphinx's own Vietnamese ones."""
    catalog = Catalog(locale="vi", charset="utf-8")
    for english, vietnamese in THEME.items():
        catalog.add(english, vietnamese)
    folder = Path(app.doctreedir) / "locale"
    file = folder / "vi" / "LC_MESSAGES" / "sphinx.mo"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        write_mo(stream, catalog)
    locale.init([folder], "vi")


def setup(app: Sphinx) -> dict:
    for name, default in (("paths", {}), ("places", {}), ("repository", ""), ("lines", {})):
        app.add_config_value(f"course_{name}", default, "env")
    languages.update(vi=Vietnamese)
    if app.config.language == "vi":
        speak_vietnamese(app)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_transform(Anchors)
    app.add_transform(Links)
    app.connect("html-page-context", finish, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}
