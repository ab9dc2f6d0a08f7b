"""A board that amaranth-boards does not know: its part, and what is where on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from amaranth.build import Attrs, Clock, Resource
from amaranth.build import Pins as Wires
from amaranth.build import PinsN as InvertedWires

from hwgen import tables
from hwgen.chips.families import FAMILIES
from hwgen.errors import HwgenError

CLOCKS = range(1_000_000, 1_000_000_001)
"""Hz of an oscillator."""
_WORD = re.compile(r"[A-Za-z0-9_]+")
_VALUE = re.compile(r"[A-Za-z0-9_.+-]+")
_PART = re.compile(r"[A-Za-z0-9_.+/-]*")


def check_pin(field: str, pin: str) -> None:
    """Refuse what is no pin's name: pins go into the tools' constraint files, where anything else would mean something.

    Args:
        field: for the message.

    Raises:
        HwgenError: naming field and pin.
    """
    if not _WORD.fullmatch(pin):
        raise HwgenError(f"{field}: {tables.shown(pin)} is not the name of a pin; one such as A9 or 35 is")


def check_attributes(attributes: dict[str, str]) -> None:
    """Refuse attributes that would mean something else in the tools' constraint files.

    Raises:
        HwgenError: naming the attribute.
    """
    for name, value in attributes.items():
        if not (_WORD.fullmatch(name) and _VALUE.fullmatch(value)):
            raise HwgenError(
                f'attributes: {tables.shown({name: value})} is not an IO attribute; one such as IO_TYPE = "LVCMOS33" is'
            )


@dataclass(frozen=True)
class Pins:
    """A board that amaranth-boards does not know: part and pins.

    Attributes:
        family: one of `FAMILIES`.
        device, package, speed: as Amaranth's platform of the family spells them (`device` is the part for Gowin, and
            `package` its device family).
        clock: pin of the clock.
        frequency: of the clock, in Hz.
        leds: pins, lit when high (or low, with `leds_invert`).
        attributes: of every pin here.
    """

    family: str
    device: str
    package: str
    clock: str
    frequency: int
    speed: str = ""
    leds: tuple[str, ...] = ()
    leds_invert: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise HwgenError(f"family: {self.family!r} is not one of {', '.join(FAMILIES)}")
        for name in ("device", "package", "speed"):
            if not _PART.fullmatch(part := getattr(self, name)):
                raise HwgenError(f"{name}: {tables.shown(part)} is no part's; see how the examples spell it")
        if self.frequency not in CLOCKS:
            raise HwgenError(f"frequency: {self.frequency} Hz is no board's; give the clock's rate in Hz")
        check_pin("clock", self.clock)
        for place, led in enumerate(self.leds):
            check_pin(f"leds[{place}]", led)
        check_attributes(self.attributes)


def pinned_class(pins: Pins) -> type[Any]:
    """An Amaranth platform's class for a board."""
    family, attributes = FAMILIES[pins.family], Attrs(**pins.attributes)
    led = InvertedWires if pins.leds_invert else Wires
    resources = [
        Resource("clk", 0, Wires(pins.clock, dir="i"), Clock(pins.frequency), attributes),
        *(Resource("led", i, led(pin, dir="o"), attributes) for i, pin in enumerate(pins.leds)),
    ]
    body: dict[str, Any] = {"default_clk": "clk", "resources": resources, "connectors": []}
    body |= family.pinned(pins.device, pins.package, pins.speed)
    return type("UserBoard", (family.platforms,), body)
