"""What a class has handed in is found, whatever the layout; nothing that leads elsewhere is read."""

import pytest

from instructor.grader import submissions


def test_layouts_of_a_folder_of_submissions(tmp_path):
    for name in ("An/01.ipynb", "An/sub/02.ipynb", "An/.ipynb_checkpoints/01-checkpoint.ipynb", "An/quiz_An.json",
                 "An/quiz.ipynb", "Lê Văn Bình_03.ipynb", "Chi_04_loss.ipynb", "quiz_Chi.csv", ".hidden.ipynb", "notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = [(s.student, s.path.relative_to(tmp_path).as_posix(), s.is_quiz) for s in submissions.find(tmp_path)[0]]
    assert found == [
        ("An", "An/01.ipynb", False),
        ("An", "An/quiz_An.json", True),
        ("An", "An/sub/02.ipynb", False),
        ("Chi", "Chi_04_loss.ipynb", False),
        ("Chi", "quiz_Chi.csv", True),
        ("Lê Văn Bình", "Lê Văn Bình_03.ipynb", False),
    ]


@pytest.fixture
def links(tmp_path):
    """A student's folder with a notebook, and two links to a file that lies elsewhere."""
    secret = tmp_path / "secret.txt"
    secret.write_text("not the student's")
    own = tmp_path / "in" / "An"
    own.mkdir(parents=True)
    (own / "01.ipynb").write_text("{}")
    (own / "02.ipynb").symlink_to(secret)
    (own / "data.txt").symlink_to(secret)
    return tmp_path / "in"


def test_a_link_is_told_of_but_not_followed(links):
    notebook, link = submissions.find(links)[0]
    assert (notebook.path.name, link.path.name) == ("01.ipynb", "02.ipynb")
    assert notebook.content() == b"{}"
    with pytest.raises(OSError, match="not a plain file"):
        link.content()


def test_a_link_is_none_of_the_students_other_files(links):
    (links / "An" / "tools.py").write_text("way = None")
    assert submissions.find(links)[0][0].files() == ({"tools.py": b"way = None"}, [])
