"""Pictures for people, which are known again: a file of somebody else is never drawn over."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from hwgen.files import Kind, require_writable, write_whole

FORMATS = (".png", ".svg", ".pdf")
"""Endings of pictures."""
_MARK = "drawn by hwgen"
_FIELD = {".png": "Software", ".svg": "Creator", ".pdf": "Creator"}
"""Where each format says what a picture was made with."""
_PLACES = {
    ".png": f"Software\0{_MARK}".encode(),
    ".svg": f"<dc:title>{_MARK}</dc:title>".encode(),
    ".pdf": f"/Creator ({_MARK})".encode(),
}
"""The same as it stands in a file; the words alone may be anybody's."""


def _is_ours(path: Path) -> bool:
    mark = _PLACES.get(path.suffix)
    return mark is not None and path.stat().st_size < 1 << 26 and mark in path.read_bytes()


PICTURE = Kind("picture", "a picture that hwgen drew", known=_is_ours)


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
    figure.savefig(picture, format=path.suffix[1:], dpi=150, metadata={_FIELD[path.suffix]: _MARK})
    write_whole(path, picture.getvalue(), PICTURE)
