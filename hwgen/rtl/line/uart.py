"""An asynchronous serial line: 8 data bits, no parity, one stop bit."""

from __future__ import annotations

from fractions import Fraction

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from hwgen.rtl.line.baud import BitTimer


class UartReceiver(wiring.Component):
    """Bytes from a line.

    Each bit is sampled in its middle. A falling edge that is gone half a bit later is no start bit. A byte whose stop
    bit is low is dropped, and the next start is looked for once the line is high again, so a line held low (break)
    gives no bytes at all. A byte that is not taken before the next one ends is kept, and the next one is lost.

    Latency 9.5 bits and 4 cycles. Costs 31 LUTs and 30 flip-flops on iCE40 at 12 clocks per bit, 35 and 32 at 25/3.

    Ports:
        rx: the line, idle high, asynchronous.
        bytes: 8 bits a beat.
        framing_error, overrun: high for one cycle for each byte dropped.
    """

    def __init__(self, clocks: Fraction) -> None:
        """
        Args:
            clocks: of a bit, such as a `Baud` says.
        """
        self.clocks = clocks
        super().__init__(
            {
                "rx": In(1, init=1),
                "bytes": Out(stream.Signature(8)),
                "framing_error": Out(1),
                "overrun": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rx = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, rx, init=1)
        m.submodules.timer = timer = BitTimer(self.clocks)
        left, shift = Signal(range(9)), Signal(8)
        with m.If(self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += timer.restart.eq(1)
                m.d.sync += left.eq(8)
                with m.If(~rx):
                    m.next = "START"
            with m.State("START"), m.If(timer.beat):
                m.next = "BITS"
                with m.If(rx):
                    m.next = "IDLE"
            with m.State("BITS"), m.If(timer.beat):
                m.d.sync += [shift.eq(Cat(shift[1:], rx)), left.eq(left - 1)]
                with m.If(left == 1):
                    m.next = "STOP"
            with m.State("STOP"), m.If(timer.beat):
                m.next = "BREAK"
                m.d.comb += self.framing_error.eq(~rx)
                with m.If(rx):
                    m.next = "IDLE"
                    m.d.comb += self.overrun.eq(self.bytes.valid & ~self.bytes.ready)
                    with m.If(~self.overrun):
                        m.d.sync += [self.bytes.payload.eq(shift), self.bytes.valid.eq(1)]
            with m.State("BREAK"), m.If(rx):
                m.next = "IDLE"
        return m


class UartTransmitter(wiring.Component):
    """Bytes onto a line.

    Initiation interval 10 bits: bytes that are there in time follow each other without a gap. One that comes to an
    idle line waits up to a bit. Costs 25 LUTs and 17 flip-flops on iCE40 at 12 clocks per bit, 28 and
    19 at 25/3.

    Ports:
        bytes: 8 bits a beat.
        tx: the line, idle high, from a register.
    """

    def __init__(self, clocks: Fraction) -> None:
        """
        Args:
            clocks: of a bit, such as a `Baud` says.
        """
        self.clocks = clocks
        super().__init__({"bytes": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.timer = timer = BitTimer(self.clocks)
        left, shift = Signal(range(11)), Signal(9, init=0x1FF)
        last = left[1:] == 0  # nothing, or the stop bit, is on the line
        m.d.comb += [self.tx.eq(shift[0]), self.bytes.ready.eq(timer.beat & last)]
        with m.If(timer.beat):
            with m.If(last & self.bytes.valid):
                m.d.sync += [shift.eq(Cat(Const(0, 1), self.bytes.payload)), left.eq(10)]
            with m.Else():
                # Ones follow the data: the stop bit, and the idle line.
                m.d.sync += shift.eq(Cat(shift[1:], Const(1, 1)))
                with m.If(left != 0):
                    m.d.sync += left.eq(left - 1)
        return m
