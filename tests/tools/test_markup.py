"""Small Markdown as HTML and as plain text."""

import pytest

from tools import markup


@pytest.mark.parametrize(
    "latex, text",
    [
        (r"\frac{\sigma^2}{2}", "σ²/2"),
        (r"B = \frac{1}{2\sigma^2}", "B = 1/(2σ²)"),
        (r"0{,}5 \times 12\,544", "0,5 × 12\u202f544"),
        (r"D_{KL}(q_\phi(z \mid x)\,\|\,p(z))", "D_KL(q_φ(z | x)‖p(z))"),
        (r"e^{\frac{1}{2}\log\sigma^2}", "e^(1/2 log σ²)"),
        (r"\hat{x} \in \{0, 1\}", "x̂ ∈ {0, 1}"),
        (r"\exp\left(-\frac{1}{2}x\right)", "exp(−1/2 x)"),
        (r"1/\sqrt{2B}", "1/√(2B)"),
    ],
)
def test_formula_in_plain_text(latex, text):
    assert markup.latex_to_text(latex) == text


@pytest.mark.parametrize(
    "latex, part",
    [
        (r"\frac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        ("0{,}5", "<mrow><mn>0,5</mn></mrow>"),  # one number, not two with a comma between them
        (r"\log p", '<mi>log</mi><mspace width="0.17em" /><mi>p</mi>'),
        (r"\log(p)", "<mi>log</mi><mo "),
        (r"\max(1, 2)", "<mi>max</mi><mo stretchy"),
    ],
)
def test_formula_as_mathml(latex, part):
    text = markup.mathml(latex)
    assert part in text and "xmlns" not in text


def test_formula_without_mathml():
    assert markup.simple_formula(r"\log p_\theta(x^{a+b}) < 1") == "<em>log p<sub>θ</sub>(x<sup>a+b</sup>) &lt; 1</em>"


def test_markdown_as_html():
    text = "a <b> & `x**2 < $`\n\n```python\nif a < b:\n\n    c()\n```\n\n**so $k$**\nend"
    assert markup.to_html(text, str.upper) == (
        "<p>a &lt;b&gt; &amp; <code>x**2 &lt; $</code></p><pre><code>if a &lt; b:\n\n    c()</code></pre>"
        "<p><strong>so K</strong>\nend</p>"
    )
    assert markup.inline_html("1. a $x$", str.upper) == "1. a X"  # a heading, not a list


def test_markdown_as_text():
    text = "a <b> & `x**2 < $`\n\n```python\nif a < b:\n\n    c()\n```\n\n**so $k^2$**\nend"
    assert markup.to_text(text) == "a <b> & x**2 < $\n    if a < b:\n\n        c()\nso k² end"
    assert markup.formulas(text) == ["k^2"]


@pytest.mark.parametrize("text, name", [("- a\n- b", "list"), ("[a](b)", "link"), ("# a", "heading"), ("a *b*", "emphasis"), ("$$x$$", "block math")])  # fmt: skip
def test_what_small_markdown_does_not_have_is_refused(text, name):
    with pytest.raises(ValueError, match=f"small Markdown has no {name}"):
        markup.to_html(text)


@pytest.mark.parametrize(
    "text, mark",
    [("a $x$ `b` **c $d$**", None), ("`x**2` **b", "**"), ("a $x", "$"), ("`a", "`"), ("```\nx = 1\n", "```"), ("```\n$\n```", None)],
)  # fmt: skip
def test_half_a_mark_is_noticed(text, mark):
    assert markup.unbalanced(text) == mark
