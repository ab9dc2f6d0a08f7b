"""Locks that end with the process that holds them, whatever ends it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0
"""Seconds to wait for another process; what is done under a lock takes far less than one."""


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold `folder` against other processes of hwgen; no file is left behind.

    Yields:
        whether it is held: some file systems have no locks, and some folders cannot be opened.
    """
    descriptor = opened(folder)
    try:
        deadline = time.monotonic() + PATIENCE
        while not (held := descriptor is not None and try_lock(descriptor)):
            if descriptor is None or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        yield held
    finally:
        if descriptor is not None:
            os.close(descriptor)


def opened(folder: Path) -> int | None:
    """A descriptor to lock `folder` by; None where it cannot be opened. No child process inherits it."""
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None


def try_lock(descriptor: int) -> bool:
    """Lock what is open as `descriptor`, until it is closed; False when another process has it or it cannot be."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
