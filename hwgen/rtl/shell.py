"""A core behind a serial port."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out, connect
from amaranth.utils import bits_for

from hwgen.errors import HwgenError
from hwgen.rtl.core import Core
from hwgen.rtl.reply import ReplyBuilder
from hwgen.rtl.request import RequestParser
from hwgen.rtl.uart import UartReceiver, UartTransmitter

RECEIVE_BUFFER = 512
"""Bytes that may wait for the parser; what `docs/protocol.md` allows a host to have in flight."""


class Shell(wiring.Component):
    """UART, protocol and core: all of the design but the pins.

    Costs, beside the core, about 560 LUTs on iCE40 for two classes, and a block RAM.

    Ports:
        rx, tx: the serial line.
        activity: lit for a moment after each sentence.
        label: class of the latest sentence.
    """

    def __init__(self, core: Core, *, digest: bytes, clocks_per_bit: int, idle_timeout: int) -> None:
        """
        Args:
            digest: of the model, told to hosts that ask.
            clocks_per_bit: of the UART.
            idle_timeout: cycles of silence that end a broken frame.

        Raises:
            HwgenError: when the core takes tokens more slowly than the line can bring them.
        """
        token_time = 2 * 10 * clocks_per_bit
        if 1 / core.tokens_per_cycle > token_time:
            raise HwgenError(
                f"the core takes {1 / core.tokens_per_cycle:.0f} cycles a token, the UART brings one every "
                f"{token_time}: use more lanes or a lower baud rate"
            )
        self.core, self.digest = core, digest
        self.clocks_per_bit, self.idle_timeout = clocks_per_bit, idle_timeout
        label = bits_for(core.graph.classes - 1)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "activity": Out(1), "label": Out(label)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self.core
        vocabulary = core.graph.vocabulary
        m.submodules.receiver = receiver = UartReceiver(self.clocks_per_bit)
        m.submodules.buffer = buffer = SyncFIFOBuffered(width=8, depth=RECEIVE_BUFFER)
        m.submodules.parser = parser = RequestParser(vocabulary, idle_timeout=self.idle_timeout)
        m.submodules.reply = reply = ReplyBuilder(core.scores, digest=self.digest, vocabulary=vocabulary)
        m.submodules.transmitter = transmitter = UartTransmitter(self.clocks_per_bit)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]
        connect(m, receiver.bytes, buffer.w_stream)
        connect(m, buffer.r_stream, parser.bytes)
        connect(m, parser.tokens, core.tokens)
        connect(m, parser.orders, reply.orders)
        connect(m, core.results, reply.results)
        connect(m, reply.bytes, transmitter.bytes)

        glow = Signal(range(self.idle_timeout + 1))
        m.d.comb += self.activity.eq(glow != 0)
        with m.If(core.results.valid & core.results.ready):
            m.d.sync += [self.label.eq(core.results.payload.label), glow.eq(self.idle_timeout)]
        with m.Elif(glow != 0):
            m.d.sync += glow.eq(glow - 1)
        return m
