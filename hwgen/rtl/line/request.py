"""Request frames to sentences."""

from __future__ import annotations

import enum

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import PADDING_TOKEN
from hwgen.rtl.line.frames import ORDER, SYMBOL, crc
from hwgen.rtl.streams import token_stream
from hwgen.wire import Kind, Status


class Field(enum.IntEnum):
    """Which byte of a frame comes next."""

    KIND = 0
    SEQUENCE = 1
    LENGTH_LOW = 2
    LENGTH_HIGH = 3
    LOW = 4
    HIGH = 5
    CRC_HIGH = 6
    CRC_LOW = 7


class RequestParser(wiring.Component):
    """Takes requests apart as they come in: tokens go on at once, so a sentence of any length needs no buffer.

    A frame ends when all its bytes are there, or in error when the line has been silent for `idle_timeout` cycles or
    the next frame starts. Tokens of a frame that proves bad are closed with a padding token, and its order says that
    a result must be thrown away. Bytes between frames are passed over.

    A token leaves two cycles after its second byte. One byte per cycle at most, and one more cycle per token and three
    per frame. Costs 212 LUTs and 93 flip-flops on iCE40, with 8,192 tokens and a timeout of 600,000 cycles.

    Ports:
        symbols: `SYMBOL`, from the `Unstuffer`.
        tokens: sentences for the core.
        orders: `ORDER`, one per frame, in order; the parser waits until it is taken.
        active: bytes have come within the last `idle_timeout` cycles.
    """

    def __init__(self, vocabulary: int, *, idle_timeout: int, family: Family = GENERIC) -> None:
        self.vocabulary, self.idle_timeout, self.family = vocabulary, idle_timeout, family
        super().__init__(
            {
                "symbols": In(stream.Signature(SYMBOL)),
                "tokens": Out(token_stream(vocabulary)),
                "orders": Out(stream.Signature(ORDER)),
                "active": Out(1),
            }
        )

    def _time(self, m: Module, silence: Signal, waiting: Signal, silent: Signal) -> None:
        """Set `silent` when `waiting` has lasted for the time-out, which `silence` counts."""
        if self.family.chains_reset_alike:  # the time-out as a value to begin with sets some bits and resets others
            m.d.sync += silent.eq(waiting & (silent | (silence == self.idle_timeout)))
            with m.If(~waiting):
                m.d.sync += silence.eq(0)
            with m.Elif(silence != self.idle_timeout):
                m.d.sync += silence.eq(silence + 1)
        else:
            m.d.sync += silent.eq(waiting & (silence == 0))
            with m.If(~waiting):
                m.d.sync += silence.eq(self.idle_timeout)
            with m.Elif(silence != 0):
                m.d.sync += silence.eq(silence - 1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = check = crc()
        byte, sync = self.symbols.payload.byte, self.symbols.payload.sync
        tokens, order = self.tokens.payload, self.orders.payload
        field, bad, left, token = Signal(Field), Signal(Status), Signal(16), Signal(16)
        closing, open_sentence = Signal(), Signal()

        # Silence; counted only while the parser waits for the line, not while it waits for the core or the reply.
        silence, waiting, silent = Signal(range(self.idle_timeout + 1)), Signal(), Signal(init=1)
        self._time(m, silence, waiting, silent)
        m.d.comb += self.active.eq(~silent)

        unknown = token >= self.vocabulary
        m.d.comb += [
            check.data.eq(byte),
            check.start.eq(field == Field.KIND),
            tokens.token.eq(Mux(unknown, PADDING_TOKEN, token)),
            tokens.first.eq(~order.has_result),
            tokens.last.eq(closing | (left == 0)),
        ]
        length_low = token[:8]
        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += [self.symbols.ready.eq(1), waiting.eq(~self.symbols.valid)]
                m.d.sync += [
                    field.eq(Field.KIND),
                    bad.eq(Status.OK),
                    order.eq(0),
                    closing.eq(0),
                    open_sentence.eq(0),
                ]
                with m.If(self.symbols.valid & sync):
                    m.next = "RECEIVE"
            with m.State("RECEIVE"):
                begun = field != Field.KIND
                m.d.comb += waiting.eq(~self.symbols.valid)
                with m.If(self.symbols.valid & sync):
                    # The start of another frame; it stays in the stream until this one is done with.
                    m.d.comb += self.symbols.ready.eq(~begun)
                    with m.If(begun):
                        m.d.sync += order.status.eq(Status.CUT)
                        m.next = "JUDGE"
                with m.Elif(self.symbols.valid):
                    m.d.comb += [self.symbols.ready.eq(1), check.valid.eq(1)]
                    m.d.sync += field.eq(field + 1)
                    with m.Switch(field):
                        with m.Case(Field.KIND):
                            m.d.sync += order.kind.eq(byte)
                            with m.If(byte > max(Kind)):
                                m.d.sync += bad.eq(Status.BAD_KIND)
                        with m.Case(Field.SEQUENCE):
                            m.d.sync += order.sequence.eq(byte)
                        with m.Case(Field.LENGTH_LOW):
                            m.d.sync += [token[:8].eq(byte), left[:8].eq(byte)]
                        with m.Case(Field.LENGTH_HIGH):
                            m.d.sync += left[8:].eq(byte)
                            empty = (length_low == 0) & (byte == 0)
                            with m.If(empty):
                                m.d.sync += field.eq(Field.CRC_HIGH)
                            with m.If((bad == Status.OK) & Mux(order.kind == Kind.CLASSIFY, length_low[0], ~empty)):
                                m.d.sync += bad.eq(Status.BAD_LENGTH)
                        with m.Case(Field.LOW, Field.HIGH):
                            m.d.sync += left.eq(left - 1)
                            with m.If(field == Field.LOW):
                                m.d.sync += token[:8].eq(byte)
                            with m.Else():
                                m.d.sync += [token[8:].eq(byte), field.eq(Field.LOW)]
                            with m.If(left == 1):
                                m.d.sync += field.eq(Field.CRC_HIGH)
                            with m.If((field == Field.HIGH) & ((bad == Status.OK) | (bad == Status.BAD_TOKEN))):
                                m.next = "TOKEN"
                        with m.Case(Field.CRC_LOW):
                            m.next = "JUDGE"
                with m.Elif(silent):
                    m.d.sync += order.status.eq(Status.TIMEOUT)
                    m.next = "JUDGE"
                    with m.If(~begun):
                        m.next = "HUNT"  # a lone sync byte is no frame
            with m.State("TOKEN"):
                m.d.comb += self.tokens.valid.eq(1)
                with m.If(self.tokens.ready):
                    m.d.sync += [order.has_result.eq(1), open_sentence.eq(~tokens.last)]
                    with m.If(unknown):
                        m.d.sync += bad.eq(Status.BAD_TOKEN)
                    m.next = "RECEIVE"
                    with m.If(closing):
                        m.next = "ORDER"
            with m.State("JUDGE"):
                verdict = Mux(check.match_detected, bad, Status.BAD_CRC)
                with m.If(order.status == Status.OK):
                    m.d.sync += order.status.eq(verdict)
                whole = (order.status == Status.OK) & (verdict == Status.OK)
                m.d.sync += [token.eq(PADDING_TOKEN), closing.eq(1)]
                m.next = "ORDER"
                with m.If(open_sentence | (whole & (order.kind == Kind.CLASSIFY) & ~order.has_result)):
                    m.next = "TOKEN"  # a sentence that broke off, or an empty one
            with m.State("ORDER"):
                m.d.comb += self.orders.valid.eq(1)
                with m.If(self.orders.ready):
                    m.next = "HUNT"
        return m
