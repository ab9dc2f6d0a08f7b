"""Bytes out of a SPI flash."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError

RELEASE, READ = 0xAB, 0x03
"""Commands: out of deep power-down, where an iCE40 leaves the flash it was configured from; and read."""
FLASH_PINS = wiring.Signature({"cs": Out(1), "clk": Out(1), "copi": Out(1), "cipo": In(1)})
"""A flash as its reader sees it; `cs` is 1 while it is selected."""


@dataclass(frozen=True)
class FlashPlace:
    """Where in a flash to read.

    Attributes:
        offset: in bytes.
        pause: cycles that the flash is left alone before each command: time to wake up.
    """

    offset: int
    pause: int

    def __post_init__(self) -> None:
        if not 0 <= self.offset < 1 << 24:
            raise HwgenError(f"flash.offset: {self.offset} is not an address of three bytes")
        if self.pause < 1:
            raise HwgenError(f"flash.pause: {self.pause} is less than 1")


class FlashReader(wiring.Component):
    """Wakes the flash up, then reads on and on from `place`; reset, it begins anew.

    SPI mode 0 at half the clock. A byte takes 16 cycles; the first one is there ``2 * pause + 100`` cycles after the
    reset. While a byte is not taken, the SPI clock stands still. `cipo` is sampled a whole SPI cycle after the edge
    that makes the flash put it out, so its delay may be nearly two clock cycles.

    Ports:
        flash: `FLASH_PINS`, from registers.
        bytes: as read.
    """

    def __init__(self, place: FlashPlace) -> None:
        self.place = place
        super().__init__({"flash": Out(FLASH_PINS), "bytes": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        flash, place = self.flash, self.place
        timer = Signal(range(place.pause + 1), init=place.pause)
        awake, reading = Signal(), Signal()
        left, arrived = Signal(5), Signal(8)  # bits that follow the one on the line; those before it
        byte = Cat(flash.cipo, arrived)[:8]
        release, read = _following(RELEASE, left), _following(READ << 24 | place.offset, left)
        with m.If(self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.FSM():
            with m.State("PAUSE"):
                first = Mux(awake, READ >> 7, RELEASE >> 7)
                m.d.sync += [timer.eq(timer - 1), left.eq(Mux(awake, 31, 7)), flash.copi.eq(first)]
                with m.If(timer == 0):
                    m.d.sync += flash.cs.eq(1)
                    m.next = "LOW"
            with m.State("LOW"), m.If(~(reading & (left == 0) & self.bytes.valid)):
                m.d.sync += flash.clk.eq(1)
                m.next = "HIGH"
            with m.State("HIGH"):
                m.d.sync += [
                    flash.clk.eq(0),
                    flash.copi.eq(Mux(awake, read, release)),
                    arrived.eq(byte),
                    left.eq(left - 1),
                ]
                m.next = "LOW"
                with m.If(left == 0):
                    m.d.sync += [left.eq(7), awake.eq(1), reading.eq(awake)]
                    with m.If(~awake):
                        m.d.sync += [flash.cs.eq(0), timer.eq(place.pause)]
                        m.next = "PAUSE"
                    with m.If(reading):
                        m.d.sync += [self.bytes.valid.eq(1), self.bytes.payload.eq(byte)]
        return m


def _following(command: int, left: Value) -> Value:
    """The bit of a command behind which `left` - 1 others follow."""
    return Value.cast(Array(C(command >> place - 1 & 1 if place else 0, 1) for place in range(32))[left])
