"""Frozen dataclasses from TOML tables and JSON objects: the door through which all settings come.

An unknown key, a missing one, a wrong type and a number that no arithmetic here holds are one clear line each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hwgen.errors import HwgenError

T = TypeVar("T")

_KINDS = {
    int: "a whole number",
    float: "a number",
    str: "a string",
    bool: "true or false",
    dict: "a table",
    tuple: "a list",
}
_LONGEST = 60
"""Characters of a value in a message."""


def build(kind: type[T], values: Any, prefix: str = "") -> T:
    """An instance of the dataclass `kind`: nested tables become nested dataclasses or dicts, lists tuples.

    Whole numbers have 64 bits, numbers are finite; null stands for a field that may be None.

    Args:
        values: a mapping, or anything else from outside, which is refused.
        prefix: of the keys in messages, such as ``uart.``.

    Raises:
        HwgenError: on an unknown key (the known ones are listed), a missing key or a wrong type, and what `kind` itself
            refuses: its message begins with the field's name, and `prefix` is put before it.
    """
    if not isinstance(values, Mapping):
        raise HwgenError(f"{prefix.rstrip('.') or 'document'}: {shown(values)} is not a table")
    hints = _hints(kind)
    for key in values:
        if key not in hints:
            raise HwgenError(f"{prefix}{key}: unknown key; known are {', '.join(keys(kind, prefix))}")
    for spec in fields(kind):  # type: ignore[arg-type]
        if spec.name not in values and spec.default is MISSING and spec.default_factory is MISSING:
            raise HwgenError(f"{prefix}{spec.name}: missing")
    checked = {key: _value(hints[key], value, prefix + key) for key, value in values.items()}
    try:
        return kind(**checked)
    except HwgenError as error:
        raise HwgenError(f"{prefix}{error}") from None


def known(kind: type[T], values: Any, prefix: str = "") -> T:
    """`build` from those keys alone that `kind` has: for tables to which others may add."""
    if not isinstance(values, Mapping):
        return build(kind, values, prefix)
    return build(kind, {key: value for key, value in values.items() if key in _hints(kind)}, prefix)


def keys(kind: Any, prefix: str = "") -> list[str]:
    """Every dotted key of a table."""
    names: list[str] = []
    for name, hint in _hints(kind).items():
        names += keys(hint.kind, f"{prefix}{name}.") if is_dataclass(hint.kind) else [prefix + name]
    return names


def shown(value: object) -> str:
    """A value from outside for a message, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits; a list in a list in a list ...
        return "a value too long to show"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@dataclass(frozen=True)
class _Hint:
    """The type of a field, and whether it may be None."""

    kind: Any
    optional: bool


def _hints(kind: Any) -> dict[str, _Hint]:
    # A field called `float` would otherwise hide the type of that name.
    hints = get_type_hints(kind, localns={"float": float})
    return {spec.name: _hint(hints[spec.name]) for spec in fields(kind)}


def _hint(hint: Any) -> _Hint:
    if get_origin(hint) is not UnionType:
        return _Hint(hint, optional=False)
    return _Hint(get_args(hint)[0], optional=NoneType in get_args(hint))


def _value(hint: _Hint, value: Any, where: str) -> Any:
    kind = hint.kind
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if value is None and hint.optional:
        return None
    if is_dataclass(kind):
        return build(kind, value, f"{where}.")  # type: ignore[arg-type]
    if origin is dict and isinstance(value, Mapping):
        return {key: _value(_hint(inner[1]), each, f"{where}.{key}") for key, each in value.items()}
    if origin is tuple and isinstance(value, list | tuple):
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        if len(kinds) != len(value):
            raise HwgenError(f"{where}: {shown(value)} is not a list of {len(kinds)}")
        return tuple(_value(_hint(kinds[i]), each, f"{where}[{i}]") for i, each in enumerate(value))
    if type(value) is int and not -(1 << 63) <= value < 1 << 63:
        raise HwgenError(f"{where}: {shown(value)} is beyond the whole numbers of 64 bits")
    if type(value) is float and not math.isfinite(value):
        raise HwgenError(f"{where}: {value} is not a number")
    if origin is float and type(value) is int:
        return float(value)
    if kind is Any or type(value) is origin:
        return value
    raise HwgenError(f"{where}: {shown(value)} is not {_KINDS[origin]}")
