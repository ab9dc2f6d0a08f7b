"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import HwgenError


def require_replaceable(folder: Path, *, proof: str, what: str) -> None:
    """Make sure before long work that `written_whole` will take `folder`: it is new, empty, or one of these.

    Raises:
        HwgenError: when it holds something else.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / proof).is_file() or not any(folder.iterdir()))):
        raise HwgenError(f"{folder}: exists and is not {what}; choose another -o")


@contextmanager
def written_whole(folder: Path, *, proof: str, what: str) -> Iterator[Path]:
    """A temporary folder that takes the place of `folder` when the block ends well, and is gone when it does not.

    Args:
        proof: a file that shows an existing folder to be one of these, which may be replaced.
        what: one of these is called, for the message.

    Raises:
        HwgenError: when `folder` holds something else.
    """
    require_replaceable(folder, proof=proof, what=what)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise HwgenError(f"{folder}: cannot be written ({error.strerror}); choose another -o") from None
    try:
        scratch.chmod(0o755)
        yield scratch
        if folder.exists():
            shutil.rmtree(folder)
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
