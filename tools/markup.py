"""The small Markdown of the question bank as HTML and as plain text.

It knows paragraphs, ``` blocks, `code`, **bold** and $formulas$ in the part of LaTeX that matplotlib's mathtext draws.
Everything else is text, and is escaped.
"""

import html
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache

_FENCE = re.compile(r"^```\w*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\$(?P<formula>[^$]+)\$", re.DOTALL)
_UNITS = 400  # of a drawn formula, per em: fine enough for a page that is zoomed
_SIZE = 1.15  # of a formula's font: its letters then look as large as those of the page around it


def to_html(text: str, formula: Callable[[str], str] | None = None) -> str:
    """text as HTML. formula: LaTeX → HTML; formula_svg if None."""
    return "".join(
        f"<pre><code>{html.escape(block)}</code></pre>" if is_code else f"<p>{inline_html(block, formula)}</p>"
        for is_code, block in _blocks(text)
    )


def to_text(text: str, indent: str = "", width: int = 88) -> str:
    """text as lines of at most width characters for a terminal, each after indent; formulas in Unicode."""
    parts = []
    for is_code, block in _blocks(text):
        if is_code:
            parts.append(textwrap.indent(block, indent + "    "))
        else:
            line = _INLINE.sub(_inline_text, " ".join(block.split()))
            parts.append(textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent))
    return "\n".join(parts)


def formulas(text: str) -> list[str]:
    """The LaTeX of every formula in text."""
    paragraphs = [block for is_code, block in _blocks(text) if not is_code]
    found = []
    for match in _INLINE.finditer("\n\n".join(paragraphs)):
        found += formulas(match["bold"]) if match["bold"] else [match["formula"]] if match["formula"] else []
    return found


def unbalanced(text: str) -> str | None:
    """The first mark ("```", "`", "**" or "$") that lacks its other half; None if all are in pairs."""
    prose = _FENCE.sub("", text)
    if "```" in prose:
        return "```"
    rest = _INLINE.sub(lambda match: match["bold"] or "", prose)
    rest = _INLINE.sub("", rest)  # what stood between ** and **
    return next((mark for mark in ("`", "**", "$") if mark in rest), None)


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """(is it code, its text) for each block."""
    for i, part in enumerate(_FENCE.split(text)):
        if i % 2:
            yield True, part.rstrip("\n")
        else:
            yield from ((False, block.strip()) for block in re.split(r"\n\s*\n", part) if block.strip())


def inline_html(text: str, formula: Callable[[str], str] | None = None) -> str:
    """One paragraph or heading as HTML, without a <p> around it. formula: as for to_html."""
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        parts.append(html.escape(text[end : match.start()]))
        if match["code"]:
            parts.append(f"<code>{html.escape(match['code'])}</code>")
        elif match["bold"]:
            parts.append(f"<strong>{inline_html(match['bold'], formula)}</strong>")
        else:
            parts.append((formula or formula_svg)(match["formula"]))
        end = match.end()
    return "".join(parts) + html.escape(text[end:])


@lru_cache(maxsize=1024)
def formula_svg(latex: str) -> str:
    """A formula as an inline SVG in the colour and size of the text around it; its LaTeX is its name for screen readers.

    What mathtext cannot draw appears as LaTeX.
    """
    import numpy as np
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import text_to_path

    name = html.escape(latex)
    font = FontProperties(size=_UNITS, math_fontfamily="stix")
    try:
        width, height, depth = text_to_path.get_text_width_height_descent(f"${latex}$", font, ismath=True)
        corners, codes = text_to_path.get_text_path(font, f"${latex}$", ismath=True)
    except ValueError:
        return f"<code>{name}</code>"
    pen = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    steps = []
    outline = Path(np.array(corners) * (_UNITS / text_to_path.FONT_SCALE), codes)
    for points, code in outline.iter_segments(simplify=False):
        if code == Path.CLOSEPOLY:
            steps.append("Z")
        else:
            pairs = zip(points[::2], points[1::2], strict=True)
            steps.append(pen[code] + " ".join(f"{x:.0f} {height - depth - y:.0f}" for x, y in pairs))
    return (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'style="width:{_SIZE * width / _UNITS:.2f}em;height:auto;max-width:100%;overflow:visible;'
        f'vertical-align:{-_SIZE * depth / _UNITS:.2f}em"><path fill="currentColor" d="{"".join(steps)}"/></svg>'
    )


_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε", "varepsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "Sigma": "Σ", "tau": "τ", "phi": "φ",
    "varphi": "φ", "psi": "ψ", "omega": "ω", "sum": "Σ", "prod": "∏", "int": "∫", "nabla": "∇", "partial": "∂",
    "infty": "∞", "times": "×", "cdot": "·", "odot": "⊙", "pm": "±", "approx": "≈", "neq": "≠", "ne": "≠", "leq": "≤",
    "le": "≤", "geq": "≥", "ge": "≥", "ll": "≪", "gg": "≫", "sim": "∼", "to": "→", "rightarrow": "→", "mapsto": "↦",
    "in": "∈", "mid": "|", "|": "‖", "Vert": "‖", "top": "ᵀ", "ldots": "…", "dots": "…", "cdots": "⋯", "quad": " ",
    "lfloor": "⌊", "rfloor": "⌋", "propto": "∝", "equiv": "≡", "circ": "∘",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("0123456789+-−=()nixT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱˣᵀ", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-−=()aeijkxn", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢⱼₖₓₙ", strict=True))
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "vec": "\u20d7"}


def _inline_text(match: re.Match) -> str:
    if match["bold"]:
        return _INLINE.sub(_inline_text, match["bold"])
    return match["code"] or latex_to_text(match["formula"])


def latex_to_text(latex: str) -> str:
    """A formula in Unicode, as well as one line of text can tell it: \\frac{\\sigma^2}{2} → σ²/2."""
    latex = re.sub(r"(?<=\d)\\,(?=\d)", "\u202f", latex.replace("{,}", ","))  # 0{,}5 and 12\,544
    text = re.sub(r"\\(?:left|right|big|Big|bigl|bigr)(?![a-zA-Z])|\\[,;:!]", "", latex)
    text = re.sub(r"\\([a-zA-Z]+|\|)", lambda m: _SYMBOLS.get(m[1], m[0]), text)
    text = re.sub(r"\\([%$#_ ])", r"\1", text.replace(r"\{", "⦃").replace(r"\}", "⦄"))
    before = None
    while before != text:  # from the innermost braces outwards
        before = text
        text = re.sub(r"\\(hat|bar|tilde|vec) ?(?:\{(\w)\}|(\w))", lambda m: (m[2] or m[3]) + _ACCENTS[m[1]], text)
        text = re.sub(r"([\^_])(?:\{([^{}\\]*)\}|([^{}\\\s]))", _script, text)
        text = re.sub(r"\\(?:math\w+|text\w*|operatorname\w*|boldsymbol) ?\{([^{}]*)\}", r"\1", text)
        text = re.sub(r"\\d?frac ?\{([^{}]*)\} ?\{([^{}]*)\}", lambda m: f"{_term(m[1])}/{_term(m[2])} ", text)
        text = re.sub(r"\\sqrt ?\{([^{}]*)\}", lambda m: f"√{_term(m[1])}", text)
        text = re.sub(r"\\(log|exp|ln|sin|cos|max|min|dim|det)(?![a-zA-Z]) ?", r"\1 ", text)
    text = re.sub(r"\\([a-zA-Z]+)", r"\1", text)
    for old, new in {"{": "", "}": "", "⦃": "{", "⦄": "}", "⁁": "^", "‗": "_", "-": "−", " )": ")"}.items():
        text = text.replace(old, new)
    return re.sub(r"\b(log|exp|ln|sin|cos|max|min|dim|det) \(", r"\1(", re.sub(r"[ \n]+", " ", text)).strip()


def _term(text: str) -> str:
    """A number or one letter with its marks stays as it is, anything else comes in parentheses."""
    return text if re.fullmatch(r"\d[\d.,]*|[^\W\d][\u0302-\u0304]?[²³⁰-ₜ]*", text.strip()) else f"({text})"


def _script(match: re.Match) -> str:
    inner = match[2] if match[2] is not None else match[3]
    letters = _SUPERSCRIPTS if match[1] == "^" else _SUBSCRIPTS
    if all(character in letters for character in inner):
        return "".join(letters[character] for character in inner)
    mark = "⁁" if match[1] == "^" else "‗"  # turned back at the end, so that nothing is taken for a script twice
    alone = len(inner) == 1 or (match[1] == "_" and inner.isalnum())
    return f"{mark}{inner}" if alone else f"{mark}({inner})"
