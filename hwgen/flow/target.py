"""What a circuit is made for: a board, its part, the clock it runs at and the line to its host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from hwgen.chips.families import family_of
from hwgen.chips.family import ChipFamily
from hwgen.flow import platform as platforms
from hwgen.flow.board import Board
from hwgen.flow.clocks import ClockPlan, Clocks
from hwgen.flow.link import Link
from hwgen.rtl.line.baud import Baud


@dataclass(frozen=True)
class Target:
    """A board and the clock that is chosen for it; made once and handed down.

    Attributes:
        board: its file.
        family: of the part.
        part: as its vendor names it.
        clocks: that the board can have.
        run_at: the one that the circuit runs at.
    """

    board: Board
    family: ChipFamily
    part: str
    clocks: Clocks
    run_at: ClockPlan

    @classmethod
    def of(cls, board: Board, clock: float | None = None) -> Target:
        """A board at a clock.

        Args:
            clock: in Hz, of which the PLL makes the next lower one that it can; None for the oscillator's, or where
                that is too slow for the board's line the slowest that is not.

        Raises:
            HwgenError: as `hwgen.flow.platform.make`, or when there is no such clock: all are faster, or slower.
        """
        platform = platforms.make(board)
        family = family_of(type(platform))
        clocks = Clocks(platform)
        run_at = clocks.for_line(board.uart.baud) if clock is None else clocks.below(clock)
        return cls(board, family, family.part(platform), clocks, run_at)

    def at(self, clock: ClockPlan) -> Target:
        """The same board with the circuit at another clock."""
        return replace(self, run_at=clock)

    @property
    def clock(self) -> float:
        """Frequency that the circuit runs at, in Hz."""
        return float(self.run_at.frequency)

    @property
    def baud(self) -> Baud:
        """The line's rate under that clock.

        Raises:
            HwgenError: when the clock is too slow for it.
        """
        return Baud(self.run_at.frequency, self.board.uart.baud)

    @cached_property
    def link(self) -> Link:
        """The line to the host."""
        return Link(self.board.uart.baud)

    def platform(self, toolchain: str | None = None) -> Any:
        """A fresh Amaranth platform, good for one build; see `hwgen.flow.platform.make`."""
        return platforms.make(self.board, toolchain=toolchain)
