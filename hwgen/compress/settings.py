"""A recipe's settings: their limits, and how a command line overrides them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwgen.documents import parse_toml
from hwgen.errors import HwgenError
from hwgen.tables import shown


def check(name: str, value: float, low: float, high: float, *, below: bool = False) -> None:
    """Refuse a value outside ``low..high`` (with `below`: and `high` itself)."""
    if not low <= value <= high or (below and value == high):
        raise HwgenError(f"{name}: {value} is outside {low}..{high}{' (exclusive)' if below else ''}")


def choose(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a word that is not `known`."""
    known = tuple(known)
    if value not in known:
        raise HwgenError(f"{name}: {shown(value)} is not one of {', '.join(known)}")


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
            value = parse_toml(f"value = {text}", "--set")["value"]
        except HwgenError:
            value = text
        *path, last = key.strip().split(".")
        here: Any = values
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if not isinstance(here, dict) or last not in here or isinstance(here[last], dict):
            raise HwgenError(f"--set {key}: unknown key; known are {', '.join(known)}")
        here[last] = value
    return values


def plain(value: Any) -> Any:
    """`value` with lists for tuples, ready for JSON."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value
