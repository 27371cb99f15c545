"""The log: the handout's form, whole at every moment, and read back."""

import re

import pytest

from tests.training.support import same_weights, tiny
from vae_helpers.training import History, fit


def test_log_has_the_handouts_form_and_reads_back(small, tmp_path):
    history = fit(tiny(), small, epochs=3, batch_size=64, log_dir=tmp_path, progress=False)
    assert re.fullmatch(r"training_log_\d{8}_\d{6}\.txt", history.log_file.name)
    lines = history.log_file.read_text().splitlines()
    assert lines[0].startswith("Training started at 20")
    assert lines[1:4] == ["Model: Tiny with latent_dim=2", "Batch size: 64, Image size: 28x28", "Total epochs: 3"]
    assert lines[5] == "Epoch,Avg_Loss,Recon_Loss,KL_Loss"
    assert lines[10].startswith("Training completed at 20")
    read = History.read(history.log_file)
    for column in ("epoch", "loss", "recon", "kl"):
        assert read[column] == pytest.approx(history[column], abs=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == [history.log_file.name]


def test_two_trainings_in_one_second_keep_both_logs(small, tmp_path):
    files = {fit(tiny(), small, epochs=1, log_dir=tmp_path, progress=False).log_file for _ in range(3)}
    assert len(files) == 3 and all(file.exists() for file in files)


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello\n")
    with pytest.raises(ValueError, match=r"a\.txt.*not a training log"):
        History.read(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("Epoch,Avg_Loss,Recon_Loss,KL_Loss\n1,2,3,4\n2,x,3,4\n")
    with pytest.raises(ValueError, match=r"b\.txt, line 3: '2,x,3,4'"):
        History.read(tmp_path / "b.txt")


def test_log_folder_that_cannot_be_written_stops_before_training(small, tmp_path):
    (tmp_path / "logs").write_text("in the way")
    model = tiny()
    with pytest.raises(OSError):
        fit(model, small, epochs=1, log_dir=tmp_path / "logs", progress=False)
    assert same_weights(model, tiny())
