"""What every way of writing shares: the folders on the way, and one line for what the system raises."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hwgen.files.place import reason
from hwgen.files.refuge import CannotWriteError
from hwgen.files.workspace import NAME

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


@contextmanager
def parents_of(target: Path, keep: bool = True) -> Iterator[None]:
    """Make the folders that lead to `target`; those that are not needed in the end are removed again."""
    missing = [parent for parent in target.parents if not os.path.lexists(parent)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        keep = False
        raise
    finally:
        for parent in missing if not keep else ():
            with suppress(OSError):
                parent.rmdir()


@contextmanager
def told(path: Path, target: Path) -> Iterator[None]:
    """One line instead of what the system raises where it concerns writing `target`, or a disk that is full or broken.

    Raises:
        CannotWriteError: naming `path` as the user gave it, or the other file that could not be written.
    """
    try:
        yield
    except OSError as error:
        place = Path.cwd() / error.filename if isinstance(error.filename, str) else target
        concerned = place == target or place in target.parents or _in_workspace(place, target.parent)
        if concerned or error.errno in _FULL:
            raise CannotWriteError(f"{path if concerned else place}: cannot be written ({reason(error)})") from None
        raise


def _in_workspace(path: Path, parent: Path) -> bool:
    """Whether `path` is below a workspace in `parent`."""
    return parent in path.parents and NAME.fullmatch(path.relative_to(parent).parts[0]) is not None
