"""The files of a folder of labelled rows: which split is which."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.text.rows import FORMATS

SPLITS = ("train", "dev", "test")
ALL = "all"
NAMES = {
    "train": ("train", "training"),
    "dev": ("dev", "validation", "valid", "val", "development"),
    "test": ("test", "testing"),
    ALL: ("all",),
}
"""Names of a split's file, before its ending, whatever their case."""


def files(folder: Path) -> dict[str, Path]:
    """The file of each split that `folder` has; of `ALL`, when it is one file for all of them.

    Raises:
        HwgenError: when the folder cannot be read, or holds two files of one split, or `ALL` beside splits.
    """
    try:
        here = sorted(path for path in folder.iterdir() if path.suffix.lower() in FORMATS and path.is_file())
    except OSError as error:
        raise HwgenError(f"{folder}: cannot be read ({error.strerror})") from None
    known: dict[str, Path] = {}
    for split, names in NAMES.items():
        candidates = [path for path in here if path.stem.lower() in names]
        if len(candidates) > 1:
            raise HwgenError(f"{folder}: holds both {candidates[0].name} and {candidates[1].name}; keep one")
        if candidates:
            known[split] = candidates[0]
    if ALL in known and len(known) > 1:
        raise HwgenError(f"{folder}: holds {known[ALL].name} and split files; keep one or the other")
    return known
