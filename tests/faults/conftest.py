"""The two folders that cannot be written."""

import os
import shutil
import subprocess

import pytest

from tests.faults.support import FULL


@pytest.fixture
def full_disk():
    if not FULL.exists():
        pytest.skip(f"there is no {FULL} on this system")
    return FULL


@pytest.fixture
def read_only(tmp_path):
    """A folder that cannot be written: by its mode, for root by a read-only mount, or else a file where it should be."""
    folder = tmp_path / "read_only"
    folder.mkdir()
    mounted = False
    if os.geteuid() != 0:
        folder.chmod(0o555)
    else:
        mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "none", str(folder)]
        mounted = bool(shutil.which("mount")) and subprocess.run(mount, capture_output=True).returncode == 0
        if not mounted:
            folder.rmdir()
            folder.write_text("")
    yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)
    elif folder.is_dir():
        folder.chmod(0o755)
