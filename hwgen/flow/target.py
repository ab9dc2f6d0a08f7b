"""What a circuit is made for: a board, its part, the clock it runs at and the line to its host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hwgen.flow import platform as platforms
from hwgen.flow.board import Board
from hwgen.flow.link import BITS_PER_BYTE, BYTES_PER_TOKEN, Link


@dataclass(frozen=True)
class Target:
    """A board and the clock that is chosen for it; made once and handed down.

    Attributes:
        board: its file.
        family: of the part: "ecp5", "ice40", "gowin" or "xilinx".
        part: as its vendor names it.
        oscillator: frequency of the board's own clock, in Hz.
        clock: frequency that the circuit runs at, in Hz.
    """

    board: Board
    family: str
    part: str
    oscillator: float
    clock: float

    @classmethod
    def of(cls, board: Board) -> Target:
        """A board with the circuit at its oscillator's clock.

        Raises:
            HwgenError: as `hwgen.flow.platform.make`.
        """
        platform = platforms.make(board)
        oscillator = float(platform.default_clk_frequency)
        return cls(board, platforms.family(platform), platforms.part(platform), oscillator, oscillator)

    def at(self, clock: float) -> Target:
        """The same board with the circuit at another clock, in Hz."""
        return replace(self, clock=clock)

    @property
    def link(self) -> Link:
        """The line to the host."""
        return Link(self.board.uart.baud)

    @property
    def cycles_per_token(self) -> float:
        """Cycles between two tokens that come as fast as the line brings them."""
        return self.clock / self.board.uart.baud * BITS_PER_BYTE * BYTES_PER_TOKEN

    def platform(self, toolchain: str | None = None) -> Any:
        """A fresh Amaranth platform, good for one build; see `hwgen.flow.platform.make`."""
        return platforms.make(self.board, toolchain=toolchain)
