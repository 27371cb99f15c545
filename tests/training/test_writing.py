"""An error while writing says which argument, which file, what is lost and what is not."""

import errno

import pytest

from vae_helpers.training.writing import try_out, writing


class Rows(list):
    """Stands for a History of so many epochs."""


def test_a_folder_is_made_and_left_empty(tmp_path):
    try_out(tmp_path / "a" / "b", "log_dir")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_the_way_is_told_before_the_first_epoch(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(OSError, match=r"fit\(log_dir\).*file.*Choose a folder"):
        try_out(tmp_path / "file" / "logs", "log_dir")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("epochs", [0, 3])
def test_what_is_kept_is_told_only_where_there_is_something(tmp_path, epochs, language):
    history = Rows(range(epochs))
    with pytest.raises(OSError) as caught, writing(tmp_path / "vae.pt", "checkpoint", history):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.errno == errno.ENOSPC and caught.value.history is history
    assert ("3 epoch" in str(caught.value)) == bool(epochs)
    assert "vae.pt" in str(caught.value) and "No space left" in str(caught.value)


def test_other_errors_pass_as_they_are(tmp_path):
    with pytest.raises(KeyError), writing(tmp_path, "checkpoint"):
        raise KeyError("x")
