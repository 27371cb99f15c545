"""The small Markdown of the question bank as HTML and as plain text, for authors; students get what it was made into.

It has paragraphs, ``` blocks, `code`, **bold** and $formulas$, read by mistune. Formulas become MathML by latex2mathml, and
lines of Unicode here: of the libraries that were tried, pylatexenc writes sigma^2 and turns 1/(2 · 0.05) into 1/2 · 0.05, and
unicodeit knows no fractions.
"""

import html
import re
import textwrap
from collections.abc import Callable, Iterator

import latex2mathml.converter
import mistune

Formula = Callable[[str], str]  # LaTeX → HTML

_FRAMES = {
    "paragraph": "<p>{}</p>", "strong": "<strong>{}</strong>", "codespan": "<code>{}</code>",
    "block_code": "<pre><code>{}</code></pre>", "softbreak": "\n", "blank_line": "",
}  # fmt: skip
_parse = mistune.create_markdown(renderer=None, plugins=["math"])


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as MathML; a thin space stands between log, sin, … and what they are applied to."""
    text = latex2mathml.converter.convert(latex.strip(), display=display)
    text = re.sub(r' xmlns="[^"]*"', "", text)  # HTML needs none
    text = re.sub(r"<mn>(\d+)</mn><mrow><mo>&#x0002C;</mo></mrow><mn>(\d+)</mn>", r"<mn>\1,\2</mn>", text)  # 0{,}5
    text = re.sub(
        r"<mo>(max|min|det|dim)</mo>", r"<mi>\1</mi>", text
    )  # a function's name, not an operator with room around
    return re.sub(r"(<mi>(?:log|ln|sin|cos|exp)</mi>)(?!<mo)", r'\1<mspace width="0.17em" />', text)


def simple_formula(latex: str) -> str:
    """A formula for pages that drop MathML; what Unicode has no small letters for is set small by HTML."""
    text = html.escape(latex_to_text(latex))
    text = re.sub(r"_(?:\(([^()]*)\)|(\w+))", r"<sub>\1\2</sub>", text)
    text = re.sub(r"\^(?:\(([^()]*)\)|(\w+))", r"<sup>\1\2</sup>", text)
    return f"<em>{text}</em>"


def to_html(text: str, formula: Formula = mathml) -> str:
    """text as HTML, each paragraph in <p>. Raises ValueError for what small Markdown does not have, such as a list."""
    return "".join(_html(token, formula) for token in _parse(text))


def inline_html(text: str, formula: Formula = mathml) -> str:
    """One paragraph or heading as HTML, without a <p> around it."""
    return "".join(_html(token, formula) for token in _inline(text))


def to_text(text: str) -> str:
    """text as plain text: a line for each paragraph, code after four spaces, formulas in Unicode."""
    return "\n".join(_text(token) for token in _parse(text) if token["type"] != "blank_line")


def inline_text(text: str) -> str:
    """One paragraph or heading as plain text."""
    return "".join(map(_text, _inline(text)))


def formulas(text: str) -> list[str]:
    """The LaTeX of every formula in text."""
    return [token["raw"] for token in _leaves(_parse(text)) if token["type"] == "inline_math"]


def unbalanced(text: str) -> str | None:
    """The first mark ("```", "`", "**" or "$") that lacks its other half; None if all are in pairs."""
    if len(re.findall(r"^```", text, re.MULTILINE)) % 2:
        return "```"
    rest = "".join(token["raw"] for token in _leaves(_parse(text)) if token["type"] == "text")
    return next((mark for mark in ("`", "**", "$") if mark in rest), None)


def _inline(text: str) -> list[dict]:
    return _parse.inline(" ".join(text.split()), {})


def _leaves(tokens: list[dict]) -> Iterator[dict]:
    for token in tokens:
        yield from _leaves(token["children"]) if "children" in token else [token]


def _html(token: dict, formula: Formula) -> str:
    kind = token["type"]
    if kind == "inline_math":
        return formula(token["raw"])
    if kind in ("text", "inline_html"):
        return html.escape(token["raw"])
    if kind not in _FRAMES:
        raise ValueError(f"small Markdown has no {kind.replace('_', ' ')}")
    inner = "".join(_html(child, formula) for child in token.get("children", []))
    return _FRAMES[kind].format(inner or html.escape(token.get("raw", "").rstrip("\n")))


def _text(token: dict) -> str:
    kind = token["type"]
    if kind == "inline_math":
        return latex_to_text(token["raw"])
    if kind == "block_code":
        return textwrap.indent(token["raw"].rstrip("\n"), "    ")
    if kind == "softbreak":
        return " "
    return token["raw"] if "raw" in token else "".join(map(_text, token["children"]))


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
