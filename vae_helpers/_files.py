"""Files that are there whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: str | os.PathLike, content: str | bytes, encoding: str = "utf-8") -> None:
    """Write beside, then rename: whenever the process dies, path holds either the old file or the new one, whole.

    A text keeps its line ends. Raises OSError.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes do not write into each other's file
    try:
        with open(beside, "wb") as file:
            file.write(content.encode(encoding) if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(OSError):  # what is left of it on a full disk only takes room
            beside.unlink(missing_ok=True)
