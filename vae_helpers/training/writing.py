"""Writing files: tried out beforehand, and explained where it fails."""

import tempfile
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from pathlib import Path

from .._language import tr


def try_out(folder: Path, argument: str) -> None:
    """Make the folder and write there once: better to find out now than after the first epoch."""
    with writing(folder, argument):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


@contextmanager
def writing(path: Path, argument: str, history: Sized = ()) -> Iterator[None]:
    """Turn an OSError while writing into one that says what it means for the training. history: the epochs so far, also as its .history."""
    try:
        yield
    except OSError as problem:
        message = tr(
            f"fit({argument}): không ghi được {path} ({problem.strerror or type(problem).__name__}).",
            f"fit({argument}): {path} cannot be written ({problem.strerror or type(problem).__name__}).",
        )
        if len(history):
            message += tr(
                f" Mô hình vẫn giữ những gì đã học trong {len(history)} epoch, và những gì đã lưu trước đó còn nguyên vẹn. Hãy dọn "
                f"bớt ổ đĩa hoặc chọn thư mục khác. Chạy lại với cùng {argument} thì fit đi tiếp từ epoch đã lưu cuối cùng.",
                f" The model keeps what it has learnt in {len(history)} epochs, and what was saved before is whole. Make room on "
                f"the disk or choose another folder. Run again with the same {argument}, and fit goes on from the last epoch saved.",
            )
        else:
            message += tr(" Hãy chọn một thư mục bạn có quyền ghi.", " Choose a folder that you may write to.")
        told = OSError(problem.errno, message)
        told.history = history  # type: ignore[attr-defined]
        raise told from None
