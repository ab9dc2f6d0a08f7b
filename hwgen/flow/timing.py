"""The slowest path of a routed design, in the names of hwgen's components."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_CLOCK = re.compile(r"(pos|neg)edge ")
_COMPONENT = re.compile(r"\bcore\.(\w+)"), re.compile(r"\bshell\.(\w+)")


@dataclass(frozen=True)
class CriticalPath:
    """Between two registers.

    Attributes:
        start, end: the components they are in.
        nanoseconds: of the whole path.
        routing: share of it that is wire, 0..1.
    """

    start: str
    end: str
    nanoseconds: float
    routing: float

    def __str__(self) -> str:
        where = f"in {self.start}" if self.start == self.end else f"from {self.start} to {self.end}"
        return f"{where}, {self.nanoseconds:.1f} ns, {self.routing:.0%} of it routing"


def critical_path(report: dict[str, Any]) -> CriticalPath | None:
    """The slowest path within a clock, from nextpnr's report; None when it has none."""
    inside = [path for path in report["critical_paths"] if _CLOCK.match(path["from"]) and path["from"] == path["to"]]
    found = [_path(path["path"]) for path in inside if path["path"]]
    return max(found, key=lambda path: path.nanoseconds, default=None)


def _path(steps: list[dict[str, Any]]) -> CriticalPath:
    total = sum(step["delay"] for step in steps)
    wire = sum(step["delay"] for step in steps if step["type"] == "routing")
    return CriticalPath(_component(steps[0]["from"]["cell"]), _component(steps[-1]["to"]["cell"]), total, wire / total)


def _component(cell: str) -> str:
    """Of a cell, whose name begins with its place in the hierarchy."""
    for pattern in _COMPONENT:
        if match := pattern.search(cell):
            return match[1]
    return "the top level"
