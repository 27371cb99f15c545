"""What the bars show, and when they are silent."""

import re
import time

from tests.training.support import QUIET, tiny
from vae_helpers import losses
from vae_helpers.training import fit


def test_progress_shows_epoch_batch_and_loss(small, capsys):
    def slow_loss(*arguments):
        time.sleep(0.06)  # tqdm draws at most every 0.1 s
        return losses.vae_loss(*arguments)

    fit(tiny(), small, small, epochs=2, batch_size=64, log_dir=None, loss=slow_loss)
    shown = capsys.readouterr()
    assert re.search(r"Epoch 2/2  loss \d+\.\d+  recon .* kl .* val_loss", shown.out)
    assert "Epoch 1/2" in shown.err and "/4" in shown.err and "loss=" in shown.err


def test_no_progress_is_silent(small, capsys):
    fit(tiny(), small, epochs=1, **QUIET)
    assert capsys.readouterr() == ("", "")
