"""Whether there is room for a result, tried out before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

from hwgen.errors import HwgenError

_TRIED = 1 << 22
"""Bytes that are really written, since quotas show in no figure; what is beyond is only compared."""


def require_room(folder: Path, size: int) -> None:
    """Make sure that `size` bytes can be written in `folder`.

    Raises:
        HwgenError: when the file system has less left.
        OSError: when writing fails.
    """
    state = os.statvfs(folder)
    if state.f_bavail * state.f_frsize < size:
        free, needed = state.f_bavail * state.f_frsize / 1e6, size / 1e6
        raise HwgenError(f"{free:.1f} MB are free on its disk, and it may take {needed:.1f} MB; make room")
    probe = folder / "probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(min(size, _TRIED)))
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)
