"""Frozen dataclasses from TOML tables: an unknown key, a missing one and a wrong type are one clear line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
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


def build(kind: type[T], values: Mapping[str, Any], prefix: str = "") -> T:
    """An instance of the dataclass `kind`: nested tables become nested dataclasses or dicts, lists tuples.

    Args:
        prefix: of the keys in messages, such as ``uart.``.

    Raises:
        HwgenError: on an unknown key (the known ones are listed), a missing key or a wrong type, and what `kind` itself
            refuses: its message begins with the field's name, and `prefix` is put before it.
    """
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


def keys(kind: Any, prefix: str = "") -> list[str]:
    """Every dotted key of a table."""
    found: list[str] = []
    for name, hint in _hints(kind).items():
        found += keys(hint, f"{prefix}{name}.") if is_dataclass(hint) else [prefix + name]
    return found


def _hints(kind: Any) -> dict[str, Any]:
    # A field called `float` would otherwise hide the type of that name; an optional field is known by its type.
    hints = get_type_hints(kind, localns={"float": float})
    plain = {name: get_args(hint)[0] if get_origin(hint) is UnionType else hint for name, hint in hints.items()}
    return {spec.name: plain[spec.name] for spec in fields(kind)}


def _value(wanted: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(wanted) or wanted, get_args(wanted)
    if is_dataclass(wanted):
        if not isinstance(value, Mapping):
            raise HwgenError(f"{where}: {value!r} is not a table")
        return build(wanted, value, f"{where}.")  # type: ignore[arg-type]
    if origin is dict and isinstance(value, Mapping):
        return {key: _value(inner[1], each, f"{where}.{key}") for key, each in value.items()}
    if origin is tuple and isinstance(value, list | tuple):
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        if len(kinds) != len(value):
            raise HwgenError(f"{where}: {value!r} is not a list of {len(kinds)}")
        return tuple(_value(kinds[i], each, f"{where}[{i}]") for i, each in enumerate(value))
    if origin is float and type(value) is int:
        return float(value)
    if wanted is Any or type(value) is origin:
        return value
    raise HwgenError(f"{where}: {value!r} is not {_KINDS[origin]}")
