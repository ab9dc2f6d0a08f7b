"""Bytes of a text as tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

BYTES = 256


@dataclass(frozen=True)
class Characters:
    """Every byte of a text is a token: its value. Nothing is learnt and nothing unknown.

    What a byte means (letters of either case, space, punctuation) is the graph's to say.
    """

    TOKEN: ClassVar[str] = "character"
    USUAL: ClassVar[int] = 50
    """Characters of a usual request, which speeds are quoted for: SNIPS's have 46 on average."""

    def __len__(self) -> int:
        return BYTES

    def encode(self, text: str | bytes) -> list[int]:
        """The bytes of `text`, in UTF-8."""
        return list(_bytes(text))

    def phrase(self, text: str | bytes, start: int, end: int) -> str:
        """What tokens ``start..end`` of `text` stand for."""
        return _bytes(text)[start:end].decode("utf-8", "replace")


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
