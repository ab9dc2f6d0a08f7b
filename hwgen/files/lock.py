"""Locks that end with the process that holds them, whatever ends it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0
"""Seconds to wait for another process; what is done under a lock takes far less than one."""


_threads = threading.RLock()
_held: set[tuple[int, int]] = set()
"""Device and inode of the folders that the thread inside `_threads` holds."""


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold `folder` against other processes and threads of hwgen; no file is left behind. Blocks may be nested.

    Yields:
        whether it is held: some file systems have no locks, and some folders cannot be opened.
    """
    with _threads:
        descriptor = opened(folder)
        if descriptor is None:
            yield False
            return
        state = os.fstat(descriptor)
        key = state.st_dev, state.st_ino
        try:
            if key in _held:
                yield True
            elif _wait(descriptor):
                _held.add(key)
                try:
                    yield True
                finally:
                    _held.discard(key)
            else:
                yield False
        finally:
            os.close(descriptor)


def _wait(descriptor: int) -> bool:
    """Lock what is open as `descriptor` as soon as it is free; False where that cannot be, or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return False
    return False


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
