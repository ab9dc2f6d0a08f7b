"""Python's garbage collector, kept out of the way where a circuit is made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage in the block, nor for a function that this decorates.

    A large circuit is a million objects that all stay until it is written. The collector walks through them again and
    again as they come, which takes as long as making them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
