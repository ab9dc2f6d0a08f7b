"""Which single files hwgen wrote: beside a file there is no room for a list, as there is in a folder.

The hash of each is noted in the user's state folder. A file whose hash is not there is somebody else's: it was never
hwgen's, or has been changed since, or the notes are gone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from hwgen.files.kind import Kind
from hwgen.files.manifest import sha256

VARIABLE = "XDG_STATE_HOME"
"""The environment variable that moves the notes."""


def note(path: Path, kind: Kind) -> None:
    """Note that hwgen wrote the file that is there now; where that cannot be, the file is taken for somebody else's."""
    with suppress(OSError, RuntimeError):
        notes = _notes()
        notes.parent.mkdir(parents=True, exist_ok=True)
        with notes.open("a", encoding="ascii") as file:
            file.write(_line(path, kind))


def is_noted(path: Path, kind: Kind) -> bool:
    """Whether a file is as hwgen wrote it, as one of `kind`."""
    try:
        with _notes().open(encoding="ascii", errors="replace") as file:
            return _line(path, kind) in file
    except (OSError, RuntimeError):
        return False


def _notes() -> Path:
    return Path(os.environ.get(VARIABLE) or Path.home() / ".local" / "state") / "hwgen" / "written"


def _line(path: Path, kind: Kind) -> str:
    return f"{sha256(path)} {kind.name}\n"
