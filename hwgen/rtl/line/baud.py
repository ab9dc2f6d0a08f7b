"""How many clock cycles a bit of a serial line takes, whatever clock and rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError

MIN_CLOCKS = 8
"""Of a bit. Half a bit is what a sample may be off by the end of a byte. Of the four clocks that eight leave, a line
2 % off takes 1.52 over 9.5 bits, and one goes to the edge that is seen late and to whole clocks. The last 1.48, 18 %
of a bit, are for slow edges and for the other side's own sampling."""
HOST_ERROR = Fraction(2, 100)
"""How far a host's rate may be off the board's."""
MAX_DENOMINATOR = 1024
"""Of the fraction of a clock that a bit has: 10 bits of accumulator, and at most 0.006 % off the rate."""


@dataclass(frozen=True)
class Baud:
    """A rate under a clock.

    Attributes:
        clock: in Hz; anything that `Fraction` takes.
        rate: in bits per second.

    Raises:
        HwgenError: when a bit has fewer than `MIN_CLOCKS` clocks.
    """

    clock: Fraction
    rate: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "clock", Fraction(self.clock))
        if self.clock < (least := least_clock(self.rate)):
            raise HwgenError(
                f"uart.baud: {self.rate} needs a clock of at least {least / 1e6:g} MHz, {MIN_CLOCKS} cycles a bit, and "
                f"this one has {float(self.clock) / 1e6:g} MHz; take a faster --clock, or a lower uart.baud in the "
                "board's file"
            )

    @property
    def ideal(self) -> Fraction:
        """Clock cycles of a bit at exactly `rate`."""
        return self.clock / self.rate

    @property
    def clocks(self) -> Fraction:
        """Clock cycles of a bit as the circuit counts them: `ideal`, unless that needs a longer accumulator."""
        return self.ideal.limit_denominator(MAX_DENOMINATOR)

    @property
    def error(self) -> float:
        """How much faster than `rate` the circuit is, as a share of it; negative when it is slower."""
        return float(self.ideal / self.clocks - 1)

    @property
    def cycles_per_token(self) -> int:
        """Clock cycles in which a host as fast as may be brings a token, which is two bytes, without a pause."""
        return int(20 * self.clocks / (1 + HOST_ERROR))


def least_clock(rate: int) -> int:
    """The slowest clock, in Hz, that a line of `rate` bits per second can be sampled with."""
    return MIN_CLOCKS * rate


class BitTimer(wiring.Component):
    """Beats once a bit.

    Bits of a fraction of a clock are some a clock longer than others, so that no beat is ever a whole clock late: the
    n-th beat after `restart` comes ``floor(clocks / 2 + n * clocks)`` cycles after it, the first (n = 0) in the middle
    of a bit that began with `restart`.

    Ports:
        restart: begin in the middle of a bit.
        beat: high for one cycle.
    """

    def __init__(self, clocks: Fraction) -> None:
        """
        Args:
            clocks: of a bit, at least 4.
        """
        self.clocks = clocks
        super().__init__({"restart": In(1), "beat": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        whole, half = int(self.clocks), self.clocks / 2
        parts = self.clocks.denominator
        part = int((self.clocks - whole) * parts)
        timer, owed = Signal(range(whole + 1)), Signal(range(max(parts, 2)))
        late, rest = Signal(), Signal.like(owed)
        if part:
            m.d.comb += [late.eq(owed >= parts - part), rest.eq(owed + Mux(late, part - parts, part))]
        m.d.comb += self.beat.eq(timer == 0)
        m.d.sync += timer.eq(timer - 1)
        with m.If(self.beat):
            m.d.sync += [timer.eq(whole - 1 + late), owed.eq(rest)]
        with m.If(self.restart):
            m.d.sync += [timer.eq(int(half) - 1), owed.eq(int((half - int(half)) * parts))]
        return m
