"""Where a result goes that cannot go where it should."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files.place import reason


class CannotWriteError(HwgenError):
    """A result that cannot be written: a full or read-only disk, a missing permission."""


def refuges() -> Iterator[Path]:
    """Folders that might still take something, the likeliest first."""
    for place in (tempfile.gettempdir, Path.cwd, Path.home):
        with suppress(OSError, RuntimeError):
            yield Path(place())


def free_name(place: Path, name: str) -> Path:
    """A path in `place` where nothing is."""
    number, path = 1, place / f"{name}-kept"
    while os.path.lexists(path):
        number += 1
        path = place / f"{name}-kept-{number}"
    return path


def kept_by(write: Callable[[Path], None], name: str) -> Path | None:
    """Where a result that `write` writes to a path can be kept after all, as ``NAME-kept``; None where nowhere."""
    for refuge in refuges():
        kept = free_name(refuge, name)
        with suppress(HwgenError, OSError):
            write(kept)
            return kept
    return None


def keep(new: Path, target: Path, error: HwgenError | OSError) -> HwgenError:
    """Move the finished folder `new`, which cannot become `target`, to a place that takes it; the error that says so.

    A disk that is full or broken is tried last.
    """
    full = isinstance(error, OSError)
    why = f"{target}: cannot be written ({reason(error)})" if full else str(error)
    for place in [*refuges(), target.parent] if full else [target.parent, *refuges()]:
        kept = free_name(place, target.name)
        try:
            shutil.move(new, kept)
        except (OSError, shutil.Error):
            if new.exists():
                shutil.rmtree(kept, ignore_errors=True)
            continue
        return HwgenError(f"{why}; the result is kept in {kept}")
    return HwgenError(f"{why}; the result could be kept nowhere")
