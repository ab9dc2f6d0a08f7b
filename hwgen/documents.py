"""JSON and TOML files from outside: of bounded size and depth, and held against nothing but their syntax yet."""

from __future__ import annotations

import json
import math
import stat
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from hwgen.errors import HwgenError

LARGEST = 1 << 26
"""Bytes of a document."""
DEEPEST = 32
"""Tables and lists inside each other."""


def is_file(name: str | Path) -> bool:
    """Whether there is such a file; what no file can be called is none."""
    try:
        return Path(name).is_file()
    except OSError:
        return False


def is_folder(name: str | Path) -> bool:
    """Whether there is such a folder; what no folder can be called is none."""
    try:
        return Path(name).is_dir()
    except OSError:
        return False


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a regular file.

    Raises:
        HwgenError: when it is missing, no regular file (a device, a pipe, a folder), unreadable, or larger than
            `largest` bytes.
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise HwgenError(f"{path}: not a regular file")
        size = facts.st_size
        if size <= largest:
            with path.open("rb") as file:
                # A file of /proc says that it is empty, and is not.
                content = file.read(largest + 1)
            size = len(content)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise HwgenError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if size > largest:
        raise HwgenError(f"{path}: {size:,} bytes or more, at most {largest:,} are read")
    return content


def read_json(path: Path) -> Any:
    """What a JSON file says.

    Raises:
        HwgenError: when it cannot be read, or `parse_json` refuses it.
    """
    return parse_json(read_bytes(path), str(path))


def parse_json(content: bytes, where: str) -> Any:
    """What JSON in UTF-8, with or without a byte order mark, says.

    Raises:
        HwgenError: naming `where`: on another encoding or syntax, on more than `DEEPEST` levels, on a key that stands
            twice in a table, on numbers that are not finite or have thousands of digits.
    """
    try:
        return _shallow(
            json.loads(
                content.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique
            ),
            where=where,
        )
    except (ValueError, RecursionError) as error:
        raise HwgenError(f"{where}: not JSON ({_reason(error)})") from None


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says; a byte order mark does no harm.

    Raises:
        HwgenError: when it cannot be read, has another encoding or syntax, or more than `DEEPEST` levels.
    """
    content = read_bytes(path)
    try:
        return parse_toml(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise HwgenError(f"{path}: not TOML ({error}); save it as UTF-8") from None


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """What TOML says.

    Raises:
        HwgenError: naming `where`: on another syntax, or more than `DEEPEST` levels.
    """
    try:
        values: dict[str, Any] = _shallow(tomllib.loads(text), where=where)
    except (ValueError, RecursionError) as error:
        raise HwgenError(f"{where}: not TOML ({_reason(error)})") from None
    return values


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table; of two values for one key, no reader knows which is meant."""
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in a table")
    return table


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:20]} is beyond the numbers of 64 bits")
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"more than {DEEPEST} levels"
    return str(error).partition(";")[0]  # behind it stands Python's advice on numbers of thousands of digits


def _shallow(document: Any, *, where: str) -> Any:
    """The document, unless it is too deep for what walks through it later."""
    level = [document]
    for _ in range(DEEPEST):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        if not level:
            return document
    raise HwgenError(f"{where}: more than {DEEPEST} tables and lists inside each other")
