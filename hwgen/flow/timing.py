"""The slowest path of a routed design, in the names of hwgen's components."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hwgen.errors import HwgenError

_CLOCK = re.compile(r"(pos|neg)edge ")
Naming = Callable[[str], str]
_CORE = re.compile(r"\bcore\.([\w.$]+)")
_SHELL = re.compile(r"\bshell\.(\w+)")


@dataclass(frozen=True)
class Leg:
    """A stretch of a path inside one component.

    Attributes:
        component: where it is.
        logic, routing: nanoseconds in cells, and on the wires that lead to them.
        cells: that it passes.
    """

    component: str
    logic: float
    routing: float
    cells: int


@dataclass(frozen=True)
class CriticalPath:
    """Between two registers.

    Attributes:
        start, end: the components they are in.
        nanoseconds: of the whole path.
        routing: share of it that is wire, 0..1.
        legs: from component to component, in order.
    """

    start: str
    end: str
    nanoseconds: float
    routing: float
    legs: tuple[Leg, ...] = ()

    def __str__(self) -> str:
        where = f"in {self.start}" if self.start == self.end else f"from {self.start} to {self.end}"
        return f"{where}, {self.nanoseconds:.1f} ns, {self.routing:.0%} of it routing"


def critical_path(report: dict[str, Any], component: Naming | None = None) -> CriticalPath | None:
    """The slowest path within a clock, from nextpnr's report; None when it has none.

    Args:
        component: gives the component that a cell is in, by its name; None for the first part of the name.
    """
    inside = [path for path in report["critical_paths"] if _CLOCK.match(path["from"]) and path["from"] == path["to"]]
    paths = [_path(path["path"], component or _component) for path in inside if path["path"]]
    return max(paths, key=lambda path: path.nanoseconds, default=None)


def component_of(cell: str) -> tuple[str, ...]:
    """The names of a cell's place in the core, the outermost first; empty for a cell outside it."""
    match = _CORE.search(cell)
    return tuple(match[1].split(".")) if match else ()


def _path(steps: list[dict[str, Any]], component: Naming) -> CriticalPath:
    total = sum(step["delay"] for step in steps)
    wire = sum(step["delay"] for step in steps if step["type"] == "routing")
    start, end = component(steps[0]["from"]["cell"]), component(steps[-1]["to"]["cell"])
    return CriticalPath(start, end, total, wire / total, tuple(_legs(steps, component)))


def _legs(steps: list[dict[str, Any]], component: Naming) -> Iterator[Leg]:
    """A wire belongs to the component it leads to."""
    for place, stretch in groupby(steps, key=lambda step: component(step["to"]["cell"])):
        inside = list(stretch)
        routing = sum(step["delay"] for step in inside if step["type"] == "routing")
        logic = sum(step["delay"] for step in inside) - routing
        yield Leg(place, logic, routing, len({step["to"]["cell"] for step in inside}))


def _component(cell: str) -> str:
    """The stage of the core, or else the part of the shell, that a cell's name begins with."""
    if names := component_of(cell):
        return names[0].partition("__")[0]  # a cell between two stages is called after the stream and its own pins
    match = _SHELL.search(cell)
    if match is None:
        return "the top level"
    return "the shell" if "__" in match[1] else match[1]  # a cell between two of its parts is called after the stream


def slowest(report: dict[str, Any]) -> float:
    """The slowest clock of nextpnr's report, in Hz.

    Raises:
        HwgenError: when there is none.
    """
    clocks = report["fmax"]
    if not clocks:
        raise HwgenError("place and route: nextpnr reports no clock; is the board's clock pin right?")
    return float(min(each["achieved"] for each in clocks.values())) * 1e6
