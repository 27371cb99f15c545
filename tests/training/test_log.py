"""The log: the handout's form, whole at every moment, and read back."""

import math
import re

import pytest

from tests.training.support import same_weights, stopped_at, tiny
from vae_helpers import losses
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
    for column in ("epoch", "loss", "recon", "kl", "seconds"):
        assert read[column] == history[column]
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


def test_with_a_validation_set_its_columns_follow_on_the_same_line(small, tmp_path):
    history = fit(tiny(), small, small, epochs=2, batch_size=64, log_dir=tmp_path, progress=False)
    lines = history.log_file.read_text(encoding="utf-8").splitlines()
    assert lines[5] == "Epoch,Avg_Loss,Recon_Loss,KL_Loss,Val_Loss,Val_Recon_Loss,Val_KL_Loss"
    assert History.read(history.log_file).rows == history.rows


def test_small_losses_keep_their_digits(small, tmp_path):
    def small_loss(recon, x, mu, logvar):
        return 1e-12 * losses.vae_loss(recon, x, mu, logvar)[0]

    history = fit(tiny(), small, epochs=1, loss=small_loss, log_dir=tmp_path, progress=False)
    read = History.read(history.log_file)
    assert read["loss"] == history["loss"] and 0 < read["loss"][0] < 1e-6
    assert math.isnan(read["recon"][0]) and math.isnan(read["val_loss"][0])


def test_the_handouts_own_log_reads_back(tmp_path):
    """Written by the listing of lesson 05: the head, six decimals, no seconds."""
    (tmp_path / "a.txt").write_text("Epoch,Avg_Loss,Recon_Loss,KL_Loss\n1,43210.500000,43.2,10.5\n2,40000.0,40.0,9.0\n")
    read = History.read(tmp_path / "a.txt")
    assert read["loss"] == [43210.5, 40000.0] and read["epoch"] == [1, 2] and math.isnan(read["seconds"][0])


def test_an_interrupted_log_reads_back_whole(small, tmp_path):
    with stopped_at(10, KeyboardInterrupt()):
        history = fit(tiny(), small, small, epochs=9, batch_size=64, log_dir=tmp_path, progress=False)
    assert len(history) == 2 and History.read(history.log_file).rows == history.rows


def test_a_resumed_log_holds_the_epochs_of_before(small, tmp_path):
    recipe = {"checkpoint": tmp_path / "vae.pt", "log_dir": tmp_path, "progress": False}
    fit(tiny(), small, small, epochs=2, **recipe)
    history = fit(tiny(), small, small, epochs=3, **recipe)
    assert History.read(history.log_file).rows == history.rows and len(history) == 3


def test_a_log_that_cannot_be_written_for_a_while_is_told_and_heals(small, tmp_path, monkeypatch, capsys, language):
    """A drive that is away for two epochs: no reason to lose a training."""
    from vae_helpers.training import log

    write, calls = log.write_whole, iter(range(100))

    def away(path, content):
        if next(calls) in (1, 2):
            raise OSError(5, "Input/output error")
        write(path, content)

    monkeypatch.setattr(log, "write_whole", away)
    history = fit(tiny(), small, epochs=4, log_dir=tmp_path, progress=False)
    told = capsys.readouterr().out
    assert told.count("fit(log_dir)") == 1 and "Input/output error" in told and str(history.log_file) in told
    assert len(history) == 4 and History.read(history.log_file).rows == history.rows
