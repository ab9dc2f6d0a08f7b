"""A core behind a serial port."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import bits_for

from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.graph.graph import Graph
from hwgen.rtl.core import Core
from hwgen.rtl.line.baud import Baud
from hwgen.rtl.line.frames import ORDER, SYMBOL, Stuffer, Unstuffer
from hwgen.rtl.line.reply import ReplyBuilder
from hwgen.rtl.line.request import RequestParser
from hwgen.rtl.line.uart import UartReceiver, UartTransmitter
from hwgen.rtl.stream_register import StreamRegister
from hwgen.rtl.streams import token_stream
from hwgen.rtl.table.flash_reader import FLASH_PINS, FlashPlace
from hwgen.rtl.table.table_image import table_image
from hwgen.rtl.table.table_loader import TableLoader
from hwgen.wire import MAX_CLASSES, MAX_VOCABULARY, REPLY_SYNC, REQUEST_SYNC

RECEIVE_BUFFERS = {4: 512, 18: 2048, 36: 2048}
"""Bytes that may wait for the parser, told to the host as its window, by the kilobits of a block RAM: what one holds
beside its parity bits, or half of the largest. A window is what may be under way while the host's USB takes its time:
a millisecond of 12 Mbaud are 1,200 bytes."""
RECEIVE_BUFFER = RECEIVE_BUFFERS[4]


def require_frames(graph: Graph) -> None:
    """Raise where a frame of the serial protocol cannot hold a graph's tokens or scores."""
    if graph.vocabulary > MAX_VOCABULARY:
        raise HwgenError(
            f"vocabulary: {graph.vocabulary} tokens, the serial protocol counts to {MAX_VOCABULARY}; "
            "train with a smaller vocabulary.size"
        )
    if graph.classes > MAX_CLASSES:
        raise HwgenError(f"classes: {graph.classes} scores do not fit one reply; at most {MAX_CLASSES}")


class Shell(wiring.Component):
    """UART, protocol and core: all of the design but the pins.

    A reply starts once the request's CRC is in and the core has its result. Costs, beside the core, for two classes of
    14 bits, 8,192 tokens and a clock of 12 MHz, 542 LUTs on iCE40 (662 on ECP5), 338 flip-flops and one block RAM;
    further classes cost one LUT and one flip-flop per bit of their scores.

    Ports:
        rx, tx: the serial line.
        activity: lit from a byte's arrival until the line has been silent for `idle_timeout`.
        label: class of the latest good sentence.
        flash: `FLASH_PINS`, of the flash that holds the embedding table; only where the core has none of its own.
    """

    def __init__(
        self,
        core: Core,
        *,
        digest: bytes,
        baud: Baud,
        idle_timeout: int,
        flash: FlashPlace | None = None,
        window: int = RECEIVE_BUFFER,
        family: Family = GENERIC,
    ) -> None:
        """
        Args:
            digest: of the model, told to hosts that ask; 8 bytes.
            baud: of the UART, under the clock that the shell runs at.
            idle_timeout: cycles of silence that end a broken frame.
            flash: where the embedding table is, for a core that must be filled.
            window: bytes that may wait for the parser.
            family: of the part.

        Raises:
            HwgenError: when the core takes tokens more slowly than the line can bring them, or a frame cannot hold its
                tokens, classes or scores.
        """
        require_frames(core.graph)
        if 1 / core.tokens_per_cycle > baud.cycles_per_token:
            raise HwgenError(
                f"the core takes {1 / core.tokens_per_cycle:.0f} cycles a token, the UART brings one every "
                f"{baud.cycles_per_token}: use more lanes or a lower baud rate"
            )
        self.core, self.digest = core, digest
        self.baud, self.idle_timeout, self.window, self.family = baud, idle_timeout, window, family
        self.loader: TableLoader | None = None
        label = bits_for(core.graph.classes - 1)
        ports = {"rx": In(1, init=1), "tx": Out(1, init=1), "activity": Out(1), "label": Out(label)}
        if core.stored is not None:
            if flash is None:
                raise HwgenError("flash: the embedding table lies in SPRAM; say where in a flash it comes from")
            self.loader = TableLoader(core.stored.node, digest, flash)
            ports["flash"] = Out(FLASH_PINS)
        super().__init__(ports)

    @property
    def table(self) -> bytes | None:
        """What must be in the flash; None where nothing must."""
        return table_image(self.core.stored.node, self.digest) if self.core.stored else None

    def elaborate(self, platform: object) -> Module:
        m = Module()
        vocabulary = self.core.graph.vocabulary
        m.submodules.core = core = self.core
        m.submodules.receiver = receiver = UartReceiver(self.baud.clocks)
        m.submodules.buffer = buffer = SyncFIFOBuffered(width=8, depth=self.window)
        m.submodules.unstuffer = unstuffer = Unstuffer(REQUEST_SYNC)
        m.submodules.parser = parser = RequestParser(vocabulary, idle_timeout=self.idle_timeout, family=self.family)
        m.submodules.reply = reply = ReplyBuilder(
            core.scores, digest=self.digest, vocabulary=vocabulary, window=self.window
        )
        m.submodules.stuffer = stuffer = Stuffer(REPLY_SYNC)
        m.submodules.transmitter = transmitter = UartTransmitter(self.baud.clocks)
        # Registers where slow paths met: out of the block RAM, into the core's counters, along the reply, and where a
        # `ready` ran from the reply through the parser to the bytes received, across a large part's whole height.
        m.submodules.received = received = StreamRegister(stream.Signature(8))
        m.submodules.unstuffed = unstuffed = StreamRegister(stream.Signature(SYMBOL))
        m.submodules.entering = entering = StreamRegister(token_stream(vocabulary))
        m.submodules.ordered = ordered = StreamRegister(stream.Signature(ORDER))
        m.submodules.replied = replied = StreamRegister(stream.Signature(SYMBOL))
        connect(m, receiver.bytes, buffer.w_stream)
        connect(m, buffer.r_stream, received.given)
        connect(m, received.taken, unstuffer.bytes)
        connect(m, unstuffer.symbols, unstuffed.given)
        connect(m, unstuffed.taken, parser.symbols)
        connect(m, parser.tokens, entering.given)
        connect(m, entering.taken, core.tokens)
        connect(m, core.results, reply.results)
        connect(m, parser.orders, ordered.given)
        connect(m, ordered.taken, reply.orders)
        connect(m, reply.symbols, replied.given)
        connect(m, replied.taken, stuffer.symbols)
        connect(m, stuffer.bytes, transmitter.bytes)
        if self.loader:
            m.submodules.loader = loader = self.loader
            connect(m, loader.table, core.table)
            connect(m, loader.flash, flipped(self.flash))
            m.d.comb += reply.no_table.eq(loader.fault)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.activity.eq(parser.active),
            self.label.eq(reply.label),
        ]
        return m
