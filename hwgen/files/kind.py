"""The kinds of result that hwgen writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _never(folder: Path) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """A kind of folder, or of single file.

    Attributes:
        name: in the folder's marker or the notes of files, such as "model".
        called: one of these, in messages, such as "a model".
        room: bytes that a large one takes, tried out before the work begins.
        made_by_use: files that its own Makefile and the like add later, by their path in the folder.
        known: whether a folder without a marker, or a file that is not noted, is one, told strictly by its content.
    """

    name: str
    called: str
    room: int = 1 << 20
    made_by_use: tuple[str, ...] = ()
    known: Callable[[Path], bool] = _never
