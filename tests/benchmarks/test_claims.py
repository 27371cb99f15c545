"""The claims ledger: every sentence that lessons lay at its door is measured, up to date and true; the ledger itself."""

import inspect

import pytest
import torch

from benchmarks import claims
from benchmarks.claims import ledger, networks, pages
from tools.edition import make_notebook, sources

QUICK = [entry for entry in claims.CLAIMS.values() if entry.quick]


def test_every_claim_is_named_measured_up_to_date_and_true():
    assert claims.problems(pages.named("en")) == []


def test_both_languages_name_the_same_claims_in_the_same_order():
    assert pages.named("vi") == pages.named("en")


def test_a_claim_stands_in_the_file_of_its_lesson_and_only_that_lesson_owns_it():
    for entry in claims.CLAIMS.values():
        assert entry.measure.__module__ == f"benchmarks.claims.lesson_{entry.lesson}"
        assert entry.name in pages.named().get(entry.lesson, []), f"{entry.name}: its own lesson does not name it"


def test_three_seeds_or_the_reason_in_the_docstring():
    for entry in claims.CLAIMS.values():
        assert inspect.getdoc(entry.measure), f"{entry.name}: say what is measured and how"
        assert len(entry.seeds) >= 3 or "one seed:" in inspect.getdoc(entry.measure), entry.name


@pytest.mark.parametrize("entry", QUICK, ids=lambda entry: entry.name)
def test_a_quick_claim_is_measured_anew(entry, mnist_folder):
    """The first seed gives the figures on file. Rounding differs between processors, so within five percent."""
    (row,) = claims.measured(entry, entry.seeds[:1])
    assert entry.holds([row, *claims.results()[entry.name]["rows"][1:]])
    for name, value in claims.results()[entry.name]["rows"][0].items():
        assert row[name] == pytest.approx(value, rel=0.05, abs=1e-3), name


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_is_what_the_ledger_gives(language):
    assert pages.path_of(language).read_text(encoding="utf-8") == pages.page(language)


@pytest.mark.parametrize("language, path", [("vi", "docs/CLAIMS.vi.md"), ("en", "docs/CLAIMS.md")])
def test_a_lesson_links_to_the_entry_of_each_claim(language, path):
    text = pages.path_of(language).read_text(encoding="utf-8")
    for source in sources():
        cells = [cell.source for cell in make_notebook(source, language).cells if cell.cell_type == "markdown"]
        assert not any("<!-- claim" in cell for cell in cells)
        for name in pages.named(language).get(source.stem[:2], []):
            assert any(f"](../../{path}#{name.lower()})" in cell for cell in cells)
            assert f"\n### {name}\n" in text


# ------------------------------------------------------------------------------------------------ the ledger itself


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A ledger without claims whose file lies elsewhere."""
    monkeypatch.setattr(ledger, "CLAIMS", {})
    monkeypatch.setattr(ledger, "FILE", tmp_path / "claims.json")
    return ledger


def enter(**changes):
    def coin(seed):
        """Heads of ten coins."""
        return {"heads": torch.randint(2, (10,)).sum()}

    return ledger.claim(**{"lesson": "01", "vi": "một", "en": "one", "holds": lambda rows: True} | changes)(coin)


def test_a_claim_is_measured_from_its_seeds_and_kept(empty):
    enter()
    first = empty.measure_and_keep(empty.CLAIMS["coin"])
    assert first["rows"] == empty.measure_and_keep(empty.CLAIMS["coin"])["rows"] and len(first["rows"]) == 3
    assert first["rows"] == [{"heads": row["heads"]} for row in empty.results()["coin"]["rows"]]
    assert empty.problems({"01": ["coin"]}) == []


def test_what_is_wrong_is_told(empty):
    enter(holds=lambda rows: all(row["heads"] > 10 for row in rows))
    (missing,) = empty.problems({"01": ["coin"]})
    assert "not measured yet" in missing
    result = empty.measure_and_keep(empty.CLAIMS["coin"])
    assert not ledger.CLAIMS["coin"].holds(result["rows"])
    (false,) = empty.problems({"01": ["coin"]})
    assert "does not hold" in false
    assert "changed since" in empty.problems({"01": ["coin"]}, {"coin": result | {"fingerprint": "0"}})[0]
    assert "changed since" in empty.problems({"01": ["coin"]}, {"coin": result | {"seeds": [0, 1]}})[0]
    assert "no lesson names it" in empty.problems({})[0]
    assert "no function of this name" in empty.problems({"01": ["coin", "dice"]})[0]
    assert "no function measures it" in empty.problems({"01": ["coin"]}, {"coin": result, "old": result})[-1]


@pytest.mark.parametrize(
    "wrong, word", [({"lesson": "1"}, "two digits"), ({"vi": " "}, "both languages"), ({"seeds": ()}, "at least one")]
)
def test_a_claim_that_is_not_whole_is_refused(empty, wrong, word):
    with pytest.raises(ValueError, match=word):
        enter(**wrong)


def test_a_name_is_given_once(empty):
    enter()
    with pytest.raises(ValueError, match="one of this name already"):
        enter()


CODE = '''
@mark(
    "a claim",
)
def measure(seed):
    """{doc}"""
    # {comment}
    return {{"x": seed + {number}}}  # {comment}
'''


def bare(doc="One.", comment="why", number=1):
    return ledger._bare(CODE.format(doc=doc, comment=comment, number=number).lstrip("\n"))


def test_the_fingerprint_sees_code_and_nothing_else():
    assert bare() == bare(doc="Two\n    lines.", comment="because")
    assert bare() == 'defmeasure(seed):return{"x":seed+1}'
    assert bare(number=2) != bare()
    assert bare(comment='"#"') == bare()


def test_the_fingerprint_follows_what_a_claim_uses(monkeypatch):
    """A claim that reads networks changes when their seeds or the way to load them do."""
    before = ledger.fingerprint(networks.missing)
    assert before == ledger.fingerprint(networks.missing)
    monkeypatch.setattr(networks, "SEEDS", (0, 1, 2, 3))
    assert ledger.fingerprint(networks.missing) != before
    monkeypatch.undo()

    def recipe(kind, seed):
        return {}

    recipe.__module__ = networks.__name__
    monkeypatch.setattr(networks, "recipe", recipe)
    assert ledger.fingerprint(networks.missing) != before


# ---------------------------------------------------------------------------------------------------- the networks


def test_the_networks_that_are_there_are_of_the_recipe():
    stored = sorted(path.stem for path in networks.FOLDER.glob("*.safetensors"))
    assert stored
    for stem in stored:
        kind, _, seed = stem.rpartition("-")
        assert not networks.network(kind, int(seed)).training


def test_weights_of_another_recipe_are_refused(monkeypatch):
    kind, _, seed = next(networks.FOLDER.glob("*.safetensors")).stem.rpartition("-")
    monkeypatch.setitem(networks.TRAINING, "lr", 1.0)
    with pytest.raises(ValueError, match="another recipe"):
        networks.network(kind, int(seed))
    assert (kind, int(seed)) in networks.missing([kind])


@pytest.mark.parametrize("kind, seed", [("gan", 0), ("vae-2d", 7)])
def test_a_network_that_there_is_not(kind, seed):
    with pytest.raises(ValueError, match="expected one of"):
        networks.network(kind, seed)
