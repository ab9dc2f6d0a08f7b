"""Request frames to sentences."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import PADDING_TOKEN
from hwgen.rtl.frames import REQUEST_SYNC, Kind, Order, Status, crc
from hwgen.rtl.streams import token_stream


class RequestParser(wiring.Component):
    """Takes requests apart as they come in: tokens go on at once, so a sentence of any length needs no buffer.

    A frame that proves bad when its tokens are already on their way is closed with a padding token, and its order says
    that a result must be thrown away. A line that falls silent for `idle_timeout` cycles inside a frame ends it.
    One byte per cycle at most. Costs about 100 flip-flops and 200 LUTs.

    Ports:
        bytes: as received.
        tokens: sentences for the core.
        orders: one per frame, in order; stalls the parser until taken.
    """

    def __init__(self, vocabulary: int, *, idle_timeout: int) -> None:
        self.vocabulary, self.idle_timeout = vocabulary, idle_timeout
        super().__init__(
            {
                "bytes": In(stream.Signature(8)),
                "tokens": Out(token_stream(vocabulary)),
                "orders": Out(stream.Signature(Order)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = check = crc()
        byte, order, tokens = self.bytes.payload, self.orders.payload, self.tokens.payload
        kind, left, low, token = Signal(8), Signal(16), Signal(8), Signal(16)
        bad, first, open_sentence = Signal(Status), Signal(), Signal()
        idle, reading, checked = Signal(range(self.idle_timeout + 1)), Signal(), Signal()

        m.d.comb += [check.data.eq(byte), check.valid.eq(self.bytes.valid & self.bytes.ready & checked)]
        with m.If(self.bytes.valid | ~reading):
            m.d.sync += idle.eq(0)
        with m.Else():
            m.d.sync += idle.eq(idle + 1)

        def take(*, summed: bool = True) -> None:
            """Wait for a byte in this state, or give the frame up."""
            m.d.comb += [self.bytes.ready.eq(1), reading.eq(1), checked.eq(int(summed))]
            with m.If(~self.bytes.valid & (idle == self.idle_timeout)):
                m.d.sync += order.status.eq(Status.TIMEOUT)
                m.next = "ORDER"
                with m.If(open_sentence):
                    m.next = "CLOSE"

        with m.FSM():
            with m.State("SYNC"):
                m.d.comb += [self.bytes.ready.eq(1), check.start.eq(1)]
                m.d.sync += [bad.eq(Status.OK), first.eq(1), open_sentence.eq(0), order.has_result.eq(0)]
                with m.If(self.bytes.valid & (byte == REQUEST_SYNC)):
                    m.next = "KIND"
            with m.State("KIND"):
                take()
                m.d.sync += [kind.eq(byte), order.identify.eq(byte == Kind.IDENTIFY), order.sequence.eq(0)]
                with m.If(self.bytes.valid):
                    m.next = "SEQUENCE"
            with m.State("SEQUENCE"):
                take()
                m.d.sync += order.sequence.eq(byte)
                with m.If(self.bytes.valid):
                    m.next = "LENGTH LOW"
            with m.State("LENGTH LOW"):
                take()
                m.d.sync += low.eq(byte)
                with m.If(self.bytes.valid):
                    m.next = "LENGTH HIGH"
            with m.State("LENGTH HIGH"):
                take()
                length = Cat(low, byte)
                m.d.sync += left.eq(length)
                with m.If(self.bytes.valid):
                    with m.If(kind > max(Kind)):
                        m.d.sync += bad.eq(Status.BAD_KIND)
                        m.next = "SWALLOW"
                    with m.Elif((kind == Kind.IDENTIFY) & (length != 0) | low[0]):
                        m.d.sync += bad.eq(Status.BAD_LENGTH)
                        m.next = "SWALLOW"
                    with m.Elif(kind == Kind.IDENTIFY):
                        m.next = "CRC LOW"
                    with m.Elif(length == 0):
                        m.d.sync += token.eq(PADDING_TOKEN)
                        m.next = "TOKEN"
                    with m.Else():
                        m.next = "TOKEN LOW"
            with m.State("TOKEN LOW"):
                take()
                m.d.sync += low.eq(byte)
                with m.If(self.bytes.valid):
                    m.next = "TOKEN HIGH"
            with m.State("TOKEN HIGH"):
                take()
                with m.If(self.bytes.valid):
                    m.d.sync += [token.eq(Cat(low, byte)), left.eq(left - 2)]
                    with m.If(Cat(low, byte) >= self.vocabulary):
                        m.d.sync += [token.eq(PADDING_TOKEN), bad.eq(Status.BAD_TOKEN)]
                    m.next = "TOKEN"
            with m.State("TOKEN"):
                m.d.comb += [
                    self.tokens.valid.eq(1),
                    tokens.token.eq(token),
                    tokens.first.eq(first),
                    tokens.last.eq(left == 0),
                ]
                with m.If(self.tokens.ready):
                    m.d.sync += [first.eq(0), order.has_result.eq(1), open_sentence.eq(left != 0)]
                    m.next = "TOKEN LOW"
                    with m.If(left == 0):
                        m.next = "CRC LOW"
            with m.State("SWALLOW"):
                with m.If(left == 0):
                    m.next = "CRC LOW"
                with m.Else():
                    take()
                    with m.If(self.bytes.valid):
                        m.d.sync += left.eq(left - 1)
            with m.State("CRC LOW"):
                take(summed=False)
                m.d.sync += low.eq(byte)
                with m.If(self.bytes.valid):
                    m.next = "CRC HIGH"
            with m.State("CRC HIGH"):
                take(summed=False)
                with m.If(self.bytes.valid):
                    m.d.sync += order.status.eq(Status.BAD_CRC)
                    with m.If(Cat(low, byte) == check.crc):
                        m.d.sync += order.status.eq(bad)
                    m.next = "ORDER"
            with m.State("CLOSE"):
                # A frame that broke off inside its sentence.
                m.d.comb += [self.tokens.valid.eq(1), tokens.token.eq(PADDING_TOKEN), tokens.last.eq(1)]
                with m.If(self.tokens.ready):
                    m.next = "ORDER"
            with m.State("ORDER"):
                m.d.comb += self.orders.valid.eq(1)
                with m.If(self.orders.ready):
                    m.next = "SYNC"
        return m
