"""An asynchronous serial line: 8 data bits, no parity, one stop bit."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError

MAX_RATE_ERROR = 0.02
"""A frame is sampled 9.5 bits after its start: 2 % off leaves over a quarter of a bit for the other side's error."""


def clocks_per_bit(clock: float, baud: float) -> int:
    """Clock cycles of one bit.

    Raises:
        HwgenError: when no whole number of cycles comes within `MAX_RATE_ERROR` of the rate.
    """
    clocks = max(round(clock / baud), 1)
    if clocks < 4 or abs(clock / clocks / baud - 1) > MAX_RATE_ERROR:
        raise HwgenError(
            f"uart.baud: {baud:g} cannot be made from a clock of {clock / 1e6:g} MHz; choose a rate that divides it"
        )
    return clocks


class UartReceiver(wiring.Component):
    """Bytes from a line. A byte with a broken stop bit is dropped; one that is not taken before the next ends is lost.
    After a broken stop bit the line must come to rest before a byte can start.

    Each bit is sampled in its middle. Latency 9.5 bits and 3 cycles. Costs about 30 flip-flops and 40 LUTs.

    Ports:
        rx: the line, idle high, asynchronous.
        bytes: 8 bits a beat.
    """

    def __init__(self, clocks: int) -> None:
        self.clocks = clocks
        super().__init__({"rx": In(1, init=1), "bytes": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rx = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, rx, init=1)
        timer, left, shift = Signal(range(self.clocks + self.clocks // 2)), Signal(range(10)), Signal(9)
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        broken = Signal()
        with m.If(rx):
            m.d.sync += broken.eq(0)
        with m.If((left == 0) & ~rx & ~broken):
            # A falling line: the first data bit's middle is one and a half bits away.
            m.d.sync += [left.eq(9), timer.eq(self.clocks + self.clocks // 2 - 1)]
        with m.Elif((left != 0) & (timer != 0)):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(left != 0):
            m.d.sync += [timer.eq(self.clocks - 1), shift.eq(Cat(shift[1:], rx)), left.eq(left - 1)]
            with m.If(left == 1):
                with m.If(rx):
                    m.d.sync += [self.bytes.payload.eq(shift[1:]), self.bytes.valid.eq(1)]
                with m.Else():
                    m.d.sync += broken.eq(1)
        return m


class UartTransmitter(wiring.Component):
    """Bytes onto a line.

    Initiation interval 10 bits. Costs about 25 flip-flops and 30 LUTs.

    Ports:
        bytes: 8 bits a beat.
        tx: the line, idle high.
    """

    def __init__(self, clocks: int) -> None:
        self.clocks = clocks
        super().__init__({"bytes": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        timer, left, shift = Signal(range(self.clocks)), Signal(range(11)), Signal(9, init=0x1FF)
        at_bit_end = timer == self.clocks - 1
        m.d.comb += self.bytes.ready.eq(left == 0)
        with m.If(self.bytes.valid & self.bytes.ready):
            start, stop = Const(0, 1), Const(1, 1)
            m.d.sync += [Cat(self.tx, shift).eq(Cat(start, self.bytes.payload, stop)), left.eq(10)]
        with m.Elif(left != 0):
            m.d.sync += timer.eq(Mux(at_bit_end, 0, timer + 1))
            with m.If(at_bit_end):
                m.d.sync += [Cat(self.tx, shift).eq(Cat(shift, Const(1, 1))), left.eq(left - 1)]
        return m
