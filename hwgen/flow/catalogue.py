"""The boards that amaranth-boards knows, and what hwgen takes from there where a board's file does not say.

The part says the budget. The serial line is the platform's UART; where it has none, it is two pins of a connector, for
an adapter: of the first Pmod pin 2 out of the board and pin 3 into it, as Digilent's Pmods have them, else the first
two pins at connectors that are free.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import amaranth_boards
from amaranth.build import Platform, Resource, Subsignal

from hwgen.chips.families import family_of
from hwgen.errors import HwgenError

_PACKAGE = amaranth_boards.__name__
_UNUSABLE = ("supercon19badge",)
"""Modules whose class does not take the options of Amaranth's build (it hands them on twice)."""
_PMOD = ("2", "3")
SLOW = 8_000_000
"""Hz of a clock that is too slow for the usual line."""
SLOW_BAUD = 115_200
"""Bits per second of the line then."""


def spelled_class(spelled: str) -> type[Any]:
    """The class of an Amaranth platform by ``module:Class``.

    Raises:
        HwgenError: when there is no such.
    """
    module, _, name = spelled.partition(":")
    try:
        kind = getattr(importlib.import_module(module), name)
        if not (isinstance(kind, type) and issubclass(kind, Platform)):
            raise TypeError("not a class of Amaranth platform")
        return kind
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise HwgenError(f"platform {spelled!r} not found ({error})") from None


@cache
def boards() -> dict[str, str]:
    """Every board of amaranth-boards that hwgen can build for: name -> ``module:Class``."""
    return dict(_usable(_modules()))


def find(name: str) -> str | None:
    """``module:Class`` of one of `boards`; None where there is none of that name. Few modules are imported."""
    return dict(_usable(module for module in _modules() if name.startswith(module.lower()))).get(name)


def _modules() -> Iterator[str]:
    modules = (module.name for module in pkgutil.iter_modules(amaranth_boards.__path__))
    return (module for module in modules if module not in _UNUSABLE)


def _usable(modules: Iterator[str]) -> Iterator[tuple[str, str]]:
    for module in modules:
        for name, kind in _of_module(module):
            try:
                defaults(kind)
            except HwgenError:
                continue
            yield name, f"{kind.__module__}:{kind.__name__}"


def _of_module(module: str) -> Iterator[tuple[str, type[Any]]]:
    """The boards of a module: called after it, and where there are several, after what else is in the class's name."""
    path = f"{_PACKAGE}.{module}"
    kinds = [
        kind
        for kind in vars(importlib.import_module(path)).values()
        if isinstance(kind, type) and issubclass(kind, Platform) and kind.__module__ == path
    ]
    concrete = [kind for kind in kinds if not inspect.isabstract(kind)]
    for kind in concrete:
        own = kind.__name__.removesuffix("Platform").lower().replace("_", "")
        rest = own.removeprefix(module.lower().replace("_", "")) if len(concrete) > 1 else ""
        yield module.lower() + (f"_{rest}" if rest else ""), kind


def defaults(kind: type[Any]) -> dict[str, Any]:
    """Fields of a `Board` as its file would say them: title, budget, options of synthesis, LEDs and serial line.

    Raises:
        HwgenError: when the part is of no family that hwgen supports, or its budget is unknown, or the board has no
            clock or no pins for a serial line.
    """
    family, fields = family_of(kind), {"title": _title(kind), "uart": {}} | of_part(kind)
    if kind.default_clk is None:
        raise HwgenError(f"platform {kind.__name__}: has no clock of its own")
    line = [each for each in kind.resources if (each.name, each.number) == ("uart", 0)]
    used = {pin for each in line for pin in _pins(each)}
    lights = [each for each in kind.resources if each.name == "led"]
    plain = [each for each in lights if len(_pins(each)) == 1 and used.isdisjoint(_pins(each))]
    if len(plain) < len(lights):
        fields["leds"] = [[each.name, each.number] for each in plain]
    if not line:
        fields["uart"] = _adapter(kind, plain) | {"attributes": dict(family.pin_attributes)}
    clocks = [each.clock.frequency for each in kind.resources if each.name == kind.default_clk and each.clock]
    if clocks and clocks[0] < SLOW:
        fields["uart"] |= {"baud": SLOW_BAUD}
    return fields


def of_part(kind: type[Any]) -> dict[str, Any]:
    """Fields of a `Board` that its part says: budget, and options of synthesis.

    Raises:
        HwgenError: when the part is of no family that hwgen supports, or its budget is unknown.
    """
    family = family_of(kind)
    budget = family.budget(part := family.part(kind))
    if budget is None:
        raise HwgenError(f"{part}: hwgen does not know what it offers; add a [budget] table")
    return {"budget": dataclasses.asdict(budget), "synthesis": family.synthesis(budget)}


def _title(kind: type[Any]) -> str:
    return re.sub(r"_+", " ", kind.__name__.removesuffix("Platform")).strip()


def _adapter(kind: type[Any], lights: list[Resource]) -> dict[str, str]:
    """The serial line at a connector.

    Raises:
        HwgenError: when there are no two free pins.
    """
    wires = {place: pin for connector in kind.connectors for place, pin in connector}
    clock = [each for each in kind.resources if each.name == kind.default_clk]
    taken = {_physical(pin, wires) for each in [*clock, *lights] for pin in _pins(each)}
    free: dict[str, str] = {}
    for connector in sorted(kind.connectors, key=lambda connector: connector.name != "pmod"):
        pins = _PMOD if connector.name == "pmod" else tuple(connector.mapping)
        own = {pin: _physical(connector.mapping[pin], wires) for pin in pins if pin in connector.mapping}
        own = {f"{connector.name} {connector.number} pin {pin}": at for pin, at in own.items() if at not in taken}
        if connector.name != "pmod" or len(own) == len(_PMOD):
            free |= own
        if len(free) >= 2:
            (out, tx), (into, rx), *_ = free.items()
            return {"bridge": f"an adapter, its input at {out}, its output at {into}", "tx": tx, "rx": rx}
    raise HwgenError(f"platform {kind.__name__}: has neither a UART nor two free pins at connectors")


def _pins(part: Resource | Subsignal) -> list[str]:
    """Names of the pins of a resource, of all its parts."""
    names: list[str] = []
    for each in part.ios:
        names += _pins(each) if isinstance(each, Subsignal) else getattr(each, "names", ())
    return names


def _physical(pin: str, wires: dict[str, str]) -> str:
    """A pin of the part, through one connector on top of another."""
    while pin in wires:
        pin = wires[pin]
    return pin
