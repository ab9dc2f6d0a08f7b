"""Arrays from a safetensors file: its header is checked before any array is made."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from hwgen import tables
from hwgen.documents import parse_json, read_bytes
from hwgen.errors import HwgenError

MOST_NUMBERS = 1 << 26
"""Of all arrays of a file together, packed bits counted one by one."""
_LARGEST_HEADER = 1 << 20
_LARGEST = MOST_NUMBERS + _LARGEST_HEADER
"""Bytes of a file."""
_BYTES = {"U8": 1, "I8": 1, "U16": 2, "I16": 2, "I32": 4}
_MOST_AXES = 3


@dataclass(frozen=True)
class _Entry:
    """What the header says of an array; its name for messages stands before these."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]

    def __post_init__(self) -> None:
        if self.dtype not in _BYTES:
            raise HwgenError(f"dtype: {tables.shown(self.dtype)} is not one of {', '.join(_BYTES)}")
        if len(self.shape) > _MOST_AXES or any(not 0 < size <= MOST_NUMBERS for size in self.shape):
            raise HwgenError(f"shape: {list(self.shape)} is not 1 to {_MOST_AXES} axes of 1..{MOST_NUMBERS}")
        start, end = self.data_offsets
        if end - start != prod(self.shape) * _BYTES[self.dtype]:
            raise HwgenError(f"data_offsets: {start}..{end} does not hold {list(self.shape)} of {self.dtype}")

    @property
    def numbers(self) -> int:
        """As many as a model makes of it: a byte without a sign is eight packed bits."""
        return prod(self.shape) * (8 if self.dtype == "U8" else 1)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of a file.

    Raises:
        HwgenError: when it cannot be read, is no safetensors, or holds other types than small integers, or too many
            of them.
    """
    content = read_bytes(path, _LARGEST)
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(len(content) - 8, _LARGEST_HEADER):
        raise HwgenError(f"{path}: not safetensors (a header of {length} bytes in a file of {len(content)})")
    try:
        header = parse_json(content[8 : 8 + length], "header")
        if not isinstance(header, dict):
            raise HwgenError(f"header: {tables.shown(header)} is not a table")
        entries = [tables.build(_Entry, value, f"{name}.") for name, value in header.items() if name != "__metadata__"]
        if (numbers := sum(entry.numbers for entry in entries)) > MOST_NUMBERS:
            raise HwgenError(f"{numbers:,} numbers, at most {MOST_NUMBERS:,} are read")
        return safetensors.numpy.load(content)
    except (HwgenError, SafetensorError) as error:
        raise HwgenError(f"{path}: {error}") from None
