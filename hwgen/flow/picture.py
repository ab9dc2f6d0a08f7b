"""Pictures for people."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from hwgen.files import Kind, require_writable, write_whole

FORMATS = (".png", ".svg", ".pdf")
"""Endings of pictures."""
_CREATOR = {".png": "Software", ".svg": "Creator", ".pdf": "Creator"}
"""Where each format says what a picture was drawn with."""
PICTURE = Kind("picture", "a picture")


def require_picture(path: Path) -> None:
    """Make sure before long work that a picture can be saved as `path`.

    Raises:
        HwgenError: when its ending is none of `FORMATS`, something else is there, or it cannot be written.
    """
    if path.suffix not in FORMATS:
        raise HwgenError(f"{path}: no picture's name; let it end in {' or '.join(FORMATS)}")
    require_writable(path, PICTURE)


def save_picture(figure: Any, path: Path) -> None:
    """Save a figure of matplotlib in the format of the path's ending, whole or not at all.

    Raises:
        HwgenError: as `require_picture`.
    """
    picture = BytesIO()
    figure.savefig(picture, format=path.suffix[1:], dpi=150, metadata={_CREATOR[path.suffix]: "hwgen"})
    write_whole(path, picture.getvalue(), PICTURE)
