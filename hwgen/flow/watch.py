"""What place and route and synthesis say of their progress, and whether there is any."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SILENCE = 900.0
"""Seconds without a word after which a tool that reports its progress is given up."""
PATIENCE = 100
"""Reports of a router without a new lowest number of what is left, after which it is given up: some tens of thousands
of arcs ripped up by router1, rounds of router2."""

_PLACER = re.compile(r"at iteration #(\d+), type \w+:.*legal = (\d+)")
_REFINEMENT = re.compile(r"at iteration #(\d+): temp = .*wirelen = (\d+)")
_ARCS = re.compile(r"^Info:\s+\d+ \|\s+\d+\s+\d+ \|\s+\d+\s+\d+ \|\s+(\d+)\|")
_WIRES = re.compile(r"iter=(\d+) wires=\d+ overused=(\d+)")
_PASS = re.compile(r"^\d+(?:\.\d+)*\. (Executing|Analyzing|Continuing) ([\w-]+)")


@dataclass
class Watch:
    """Reads a tool's lines as it works.

    Attributes:
        note: where it stands; "" before the first report.
        share: of the routing that is done, 0..1; None where nobody knows.
        silence: seconds without a line that are too long; None where a tool may be silent.
    """

    silence: float | None = None
    note: str = ""
    share: float | None = None
    _first: int = 0
    _least: int | None = None
    _reports: int = field(default=0)

    def read(self, line: str) -> bool:
        """Take in a line; returns whether `note` is new."""
        if match := _PASS.match(line):
            self._says(match[2].lower().replace("_", " "))
        elif match := _PLACER.search(line):
            self._says(f"placement, round {match[1]}, wire length {int(match[2]):,}")
        elif match := _REFINEMENT.search(line):
            self._says(f"refinement of the placement, round {match[1]}, wire length {int(match[2]):,}")
        elif match := _ARCS.match(line):
            self._left(int(match[1]), f"routing, {int(match[1]):,} arcs left")
        elif match := _WIRES.search(line):
            self._left(int(match[2]), f"routing, round {match[1]}, {int(match[2]):,} wires overused")
        else:
            return False
        return True

    @property
    def stalled(self) -> bool:
        """Whether a router goes round without an end: it reports, and nothing is gained."""
        return self._reports >= PATIENCE

    def _says(self, note: str) -> None:
        self.note, self.share = note, None
        self._least, self._reports = None, 0

    def _left(self, left: int, note: str) -> None:
        if self._least is None:
            self._first = max(left, 1)
        if self._least is None or left < self._least:
            self._least, self._reports = left, 0
        else:
            self._reports += 1
        self.note, self.share = note, 1 - min(self._least / self._first, 1.0)
