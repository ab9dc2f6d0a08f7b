"""Frozen dataclasses from nested plain values: every unknown key, wrong type and bad override is one clear line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hwgen.errors import HwgenError

T = TypeVar("T")


def check(section: str, name: str, value: float, low: float, high: float, *, below: bool = False) -> None:
    """Refuse a value outside ``low..high`` (with `below`: and `high` itself)."""
    if not low <= value <= high or (below and value == high):
        raise HwgenError(f"{section}.{name}: {value} is outside {low}..{high}{' (exclusive)' if below else ''}")


def choose(section: str, name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a word that is not `known`."""
    known = tuple(known)
    if value not in known:
        raise HwgenError(f"{section}.{name}: {value!r} is not one of {', '.join(known)}")


def build(kind: type[T], values: Mapping[str, Any], prefix: str = "") -> T:
    """An instance of the dataclass `kind`; nested sections become nested dataclasses.

    Raises:
        HwgenError: on an unknown key (the known ones are listed), a wrong type, or what `kind` itself refuses.
    """
    hints = _hints(kind)
    built: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            raise HwgenError(f"{prefix}{key}: unknown key; known are {', '.join(keys(kind, prefix))}")
        hint = hints[key]
        if is_dataclass(hint):
            if not isinstance(value, Mapping):
                raise HwgenError(f"{prefix}{key}: need a section, got {value!r}")
            built[key] = build(hint, value, f"{prefix}{key}.")  # type: ignore[arg-type]
        else:
            built[key] = _value(hint, value, prefix + key)
    try:
        return kind(**built)
    except HwgenError as error:
        # A section that several stages share names itself "training"; say which stage it is.
        message = str(error)
        if message.startswith("training."):
            message = prefix + message.removeprefix("training.")
        raise HwgenError(message) from None


def overridden(values: dict[str, Any], settings: Iterable[str], known: Iterable[str]) -> dict[str, Any]:
    """`values` with dotted ``key=value`` settings applied in place; a value is TOML, a bare word a string.

    Raises:
        HwgenError: on a setting without ``=`` or an unknown key.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise HwgenError(f"--set {setting}: expected key=value, for instance pruned.sparsity=0.9")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        *path, last = key.strip().split(".")
        here: Any = values
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if not isinstance(here, dict) or last not in here or isinstance(here[last], dict):
            raise HwgenError(f"--set {key}: unknown key; known are {', '.join(known)}")
        here[last] = value
    return values


def keys(kind: Any, prefix: str = "") -> list[str]:
    """Every dotted key below a section."""
    found: list[str] = []
    for name, hint in _hints(kind).items():
        found += keys(hint, f"{prefix}{name}.") if is_dataclass(hint) else [prefix + name]
    return found


def _hints(kind: Any) -> dict[str, Any]:
    # An empty namespace, because a field called `float` would hide the type of that name.
    hints = get_type_hints(kind, localns={"float": float})
    return {spec.name: hints[spec.name] for spec in fields(kind)}


def _value(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise HwgenError(f"{where}: need a list, got {value!r}")
        return tuple(_value(get_args(hint)[0], item, where) for item in value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise HwgenError(f"{where}: need {hint.__name__}, got {value!r}")
    return value
