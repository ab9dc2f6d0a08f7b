"""Where hwgen keeps what it can make again; any of it can be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path

from hwgen.errors import HwgenError

VARIABLE = "XDG_CACHE_HOME"
"""The environment variable that moves the cache."""


def cache(name: str) -> Path:
    """Folder of the cache for one purpose, there and writable.

    Raises:
        HwgenError: when it cannot be written, with the way to move it.
    """
    folder = Path(os.environ.get(VARIABLE) or Path.home() / ".cache") / "hwgen" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable, reason = os.access(folder, os.W_OK | os.X_OK), "permission denied"
    except OSError as error:
        writable, reason = False, error.strerror or str(error)
    if not writable:
        raise HwgenError(f"{folder}: the cache cannot be written ({reason}); name a folder for it in {VARIABLE}")
    return folder
