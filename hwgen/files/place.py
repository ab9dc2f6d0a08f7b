"""Where a result may be put."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hwgen.errors import HwgenError


def folder_at(path: Path) -> Path:
    """The absolute path of the folder that `path` means, links followed; it need not exist yet.

    Raises:
        HwgenError: when it is a folder that never is one result alone (the current one, the home folder, a mount
            point, or one that holds these), a link to nothing, or no path that can be.
    """
    real = resolved(path)
    for taken, what in ((_known(Path.cwd), "the current folder"), (_known(Path.home), "your home folder")):
        if taken is not None and real == taken:
            raise HwgenError(f"{path}: is {what}; choose another -o")
        if taken is not None and real in taken.parents:
            raise HwgenError(f"{path}: holds {what}; choose another -o")
    if os.path.ismount(real):
        raise HwgenError(f"{path}: is a mount point, which cannot be replaced; choose a folder in it with -o")
    if real.exists() and not real.is_dir():
        raise HwgenError(f"{path}: exists and is not a folder; choose another -o")
    return real


def resolved(path: Path) -> Path:
    """`path` with its links followed; the last part need not exist.

    Raises:
        HwgenError: when it is a link to nothing, or no path that can be.
    """
    try:
        real = Path(os.path.realpath(path))
        if path.exists() and not real.exists():
            return path.absolute()  # a pipe behind /dev/stdout has no name of its own
        if real.is_symlink():
            raise HwgenError(f"{path}: is a link that leads to itself; choose another -o")
        if path.is_symlink() and not os.path.lexists(real):
            raise HwgenError(f"{path}: is a link to {real}, which does not exist; make that, or choose another -o")
        with suppress(FileNotFoundError):
            real.lstat()
    except (OSError, ValueError) as error:
        raise HwgenError(f"{path}: cannot be written ({reason(error)}); choose another -o") from None
    return real


def reason(error: BaseException) -> str:
    """What the system says, in a few words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _known(place: Callable[[], Path]) -> Path | None:
    """The folder that `place` gives; None where there is none, or no more."""
    try:
        return place().resolve()
    except (OSError, RuntimeError):
        return None
