"""Built notebooks: whether they are as they were built, and what of them is published. Nothing typed in by hand ever is."""

import nbformat
import pytest

from tests.tools.support import EDITIONS, LESSON, NAMES, SOURCES, as_if_built, change, commit_all, type_in, write_source
from tools import execution, stored
from tools.edition import built_path
from tools.stored import NotPublishable, problems, published, read


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_is_up_to_date_in_both_languages(source):
    assert not list(problems(source))


def outputs_of(notebook):
    return [output.text for cell in stored.code_cells(notebook) for output in cell.outputs]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_lesson_is_published_with_its_outputs(built, language):
    notebook = published(built, language)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in read(built_path(built, language)).cells]
    assert outputs_of(notebook) == ["output 2\n", "output 3\n"]
    assert stored.is_as_built(notebook) and not list(problems(built))


@pytest.mark.parametrize(
    "by_hand",
    [
        lambda nb: stored.code_cells(nb)[1].update(source="def f(x):\n    return x + 1"),
        lambda nb: nb.cells.append(nbformat.v4.new_code_cell("mine = 1")),
        lambda nb: nb.cells.append(nbformat.v4.new_markdown_cell("my notes")),
        lambda nb: nb.cells[0].update(source=nb.cells[0].source + " mine"),
        lambda nb: stored.code_cells(nb)[-1].outputs[0].update(text="another run\n"),
        lambda nb: stored.code_cells(nb)[-1].outputs.clear(),
        lambda nb: nb.metadata.update(widgets={"state": {"mine": 1}}),
        lambda nb: nb.metadata.pop(stored.SEAL),
    ],
    ids=["an answer", "a cell", "notes", "a text", "a run", "outputs cleared", "widgets", "no seal"],
)
def test_what_is_done_by_hand_is_noticed_and_never_published(built, by_hand):
    change(built_path(built, "en"), by_hand)
    (told,) = problems(built)
    assert told.startswith("notebooks/en/99_test.ipynb: run or edited by hand since it was built: `git restore")
    with pytest.raises(NotPublishable) as refused:
        published(built, "en")
    assert "run or edited by hand" in str(refused.value) and "changed" not in str(refused.value)
    assert "git restore notebooks quiz" in str(refused.value) and "make notebooks LESSONS=99" in str(refused.value)
    published(built, "vi")  # the other language is untouched


def test_an_editor_may_save_what_it_has_not_changed(built):
    """JupyterLab writes metadata of its own and numbers of executions; they are on no page."""

    def save(notebook):
        notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
        for cell in stored.code_cells(notebook):
            cell.metadata["trusted"], cell.execution_count = True, 7

    change(built_path(built, "en"), save)
    assert outputs_of(published(built, "en")) == ["output 2\n", "output 3\n"] and not list(problems(built))


def test_git_gives_back_what_was_built(built, capsys):
    commit_all(built.parent)
    type_in(built_path(built, "vi"))
    change(built_path(built, "vi"), lambda nb: stored.code_cells(nb)[2].outputs[0].update(text="42, my own\n"))
    notebook = published(built, "vi")
    assert "my own" not in str(notebook) and "42" not in str(notebook)
    assert outputs_of(notebook) == ["output 2\n", "output 3\n"]
    assert "notebooks/vi/99_test.ipynb: run or edited by hand" in capsys.readouterr().out


def test_git_is_of_no_help_where_the_answer_is_committed(built):
    type_in(built_path(built, "en"))
    commit_all(built.parent)
    with pytest.raises(NotPublishable, match="run or edited by hand"):
        published(built, "en")


def test_outputs_of_other_code_are_not_published(built):
    write_source(built.parent, LESSON.replace("f(1)", "f(2)"))
    with pytest.raises(NotPublishable, match="code of its source has changed .* make notebooks LESSONS=99"):
        published(built, "en")
    assert [problem.split(": ")[1][:28] for problem in problems(built)] == 2 * ["the code of its source has c"]


def test_texts_and_comments_are_those_of_the_source(built):
    """They need no run: the page has them at once, the notebook after --text."""
    changed = LESSON.replace("# # Lesson", "# # A better title").replace("f(1))", "f(1))  # a remark")
    write_source(built.parent, changed + '# %% [markdown] lang="en"\n# More.\n# %% [markdown] lang="vi"\n# Thêm.\n')
    notebook = published(built, "en")
    assert notebook.cells[0].source.startswith("# A better title") and notebook.cells[-2].source == "More."
    assert "a remark" in notebook.cells[3].source and outputs_of(notebook) == ["output 2\n", "output 3\n"]
    assert all("text has changed" in told and "python -m tools.build --text 99" in told for told in problems(built))


def test_the_layout_of_another_ruff_is_no_change(built):
    def lay_out(notebook):
        stored.code_cells(notebook)[2].source = stored.code_cells(notebook)[2].source.replace(", ", ",\n      ")
        stored.seal(notebook)

    change(built_path(built, "en"), lay_out)
    assert "\n" in read(built_path(built, "en")).cells[3].source and not list(problems(built))


def test_missing_translation_is_found(built):
    write_source(built.parent, LESSON + '# %% [markdown] lang="en"\n# More.\n')
    assert any("translation is missing" in problem for problem in problems(built))


def test_what_is_not_built_is_named(source):
    assert all("not built: make notebooks LESSONS=99" in problem for problem in problems(source))
    with pytest.raises(NotPublishable, match="not built: make notebooks LESSONS=99"):
        published(source, "vi")


ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
NOTICE = nbformat.v4.new_output("stream", name="stdout", text="⚠ Không dùng được MNIST: …")
WARNING = nbformat.v4.new_output("stream", name="stderr", text="a warning")
PICTURE = nbformat.v4.new_output("display_data", data={"image/png": "AAAA"})


@pytest.mark.parametrize(
    "fault, told",
    [
        (lambda cell: cell.outputs.append(ERROR), "holds the error ValueError"),
        (lambda cell: cell.outputs.append(WARNING), "holds text on stderr: 'a warning'"),
        (lambda cell: cell.outputs.append(NOTICE), "was built without MNIST"),
        (lambda cell: cell.update(execution_count=None), "not executed"),
        (lambda cell: cell.outputs.append(PICTURE), "a figure without a description"),
    ],
)
def test_a_faulty_build_is_neither_right_nor_published(built, fault, told):
    def put_in(notebook):
        fault(stored.code_cells(notebook)[2])
        stored.seal(notebook)

    change(built_path(built, "vi"), put_in)
    assert [told in problem for problem in problems(built)] == [True]
    with pytest.raises(NotPublishable, match=f"99_test.ipynb, cell 3: {told}"):
        published(built, "vi")


def test_seal_is_of_the_notebook_alone(source):
    as_if_built(source, "en")
    before = built_path(source, "en").read_bytes()
    as_if_built(source, "en")
    assert built_path(source, "en").read_bytes() == before


def test_of_a_widget_only_what_stands_for_it_is_kept():
    """The live view needs a kernel and its state; a saved lesson has neither."""
    view = nbformat.v4.new_output("display_data", data={execution.WIDGET_VIEW: {"model_id": "1"}, "text/html": ""})
    still = nbformat.v4.new_output("display_data", data={"text/html": "<p>still</p>"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[view, still])])
    notebook.metadata["widgets"] = {"state": {"1": {}}}
    execution.leave_at_rest(notebook)
    assert notebook.cells[0].outputs == [still] and "widgets" not in notebook.metadata


@pytest.mark.parametrize("source, language", EDITIONS, ids=NAMES)
def test_no_built_notebook_holds_a_widget_without_its_kernel(source, language):
    notebook = stored.read(built_path(source, language))
    outputs = [output for cell in stored.code_cells(notebook) for output in cell.outputs]
    assert "widgets" not in notebook.metadata
    assert not [output for output in outputs if execution.WIDGET_VIEW in output.get("data", {})]
