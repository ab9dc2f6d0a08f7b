"""Reading a result that another process may replace meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hwgen.errors import HwgenError

Content = TypeVar("Content")
_MOST_TRIES = 100


def read_whole(folder: Path, read: Callable[[Path], Content]) -> Content:
    """Do `read(folder)`, again where the folder was replaced meanwhile, so that all parts are of one result.

    Raises:
        HwgenError, OSError: what `read` raises of a folder that stays.
    """
    for _ in range(_MOST_TRIES):
        before = _identity(folder)
        try:
            content = read(folder)
        except (HwgenError, OSError):
            if _identity(folder) == before:
                raise
        else:
            if _identity(folder) == before:
                return content
    raise HwgenError(f"{folder}: is replaced again and again while it is read; wait for whoever does that")


def _identity(folder: Path) -> tuple[int, int, int] | None:
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_mtime_ns
