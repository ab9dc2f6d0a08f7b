"""Results to reply frames."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.tensor import TensorType
from hwgen.rtl.frames import REPLY_SYNC, VERSION, Order, Status, crc
from hwgen.rtl.streams import result_stream

LABEL_BYTES, SCORE_BYTES = 2, 4


class ReplyBuilder(wiring.Component):
    """Answers each order in turn: with its result, with who this is, or with what was wrong.

    The result stays at the core's output while its scores are read out of it byte by byte, so nothing is copied. A
    result whose request was bad is taken and thrown away. One byte per cycle at most. Costs about 80 flip-flops and
    150 LUTs, and a multiplexer over the scores.

    Ports:
        orders: from the request parser.
        results: from the core.
        bytes: to send.
    """

    def __init__(self, scores: TensorType, *, digest: bytes, vocabulary: int) -> None:
        self.scores = scores
        self.identity = (
            bytes([VERSION]) + digest + vocabulary.to_bytes(4, "little") + scores.channels.to_bytes(2, "little")
        )
        super().__init__(
            {
                "orders": In(stream.Signature(Order)),
                "results": In(result_stream(scores)),
                "bytes": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = check = crc()
        order, result = self.orders.payload, self.results.payload
        length = LABEL_BYTES + SCORE_BYTES * self.scores.channels
        longest = max(length, len(self.identity))
        size, place = Signal(range(longest + 1)), Signal(range(longest + 1))
        moved = Signal()
        m.d.comb += [
            moved.eq(self.bytes.valid & self.bytes.ready),
            check.data.eq(self.bytes.payload),
        ]
        good = order.status == Status.OK

        # Payload bytes: a constant string, or the label and the scores of the waiting result.
        identity = Array(Const(byte, 8) for byte in self.identity)[place]
        label, score = Signal(8 * LABEL_BYTES), Signal(8 * SCORE_BYTES)
        behind_label = Signal.like(place)
        m.d.comb += [
            behind_label.eq(place - LABEL_BYTES),
            label.eq(result.label),
            score.eq(result.scores[behind_label >> 2]),
        ]
        answer = Mux(
            place < LABEL_BYTES,
            label.word_select(place[0], 8),
            score.word_select(behind_label[:2], 8),
        )

        def send(value: object, then: str, *, summed: bool = True) -> None:
            m.d.comb += [self.bytes.valid.eq(1), self.bytes.payload.eq(value), check.valid.eq(moved & summed)]  # type: ignore[arg-type]
            with m.If(moved):
                m.next = then

        with m.FSM():
            with m.State("WAIT"):
                m.d.comb += check.start.eq(1)
                m.d.sync += [
                    place.eq(0),
                    size.eq(Mux(good, Mux(order.identify, len(self.identity), length), 0)),
                ]
                with m.If(self.orders.valid & (~order.has_result | self.results.valid)):
                    m.next = "SYNC"
            with m.State("SYNC"):
                send(REPLY_SYNC, "STATUS", summed=False)
            with m.State("STATUS"):
                send(order.status, "SEQUENCE")
            with m.State("SEQUENCE"):
                send(order.sequence, "LENGTH LOW")
            with m.State("LENGTH LOW"):
                send(size[:8], "LENGTH HIGH")
            with m.State("LENGTH HIGH"):
                send(size[8:], "PAYLOAD")
                with m.If(moved & (size == 0)):
                    m.next = "CRC LOW"
            with m.State("PAYLOAD"):
                send(Mux(order.identify, identity, answer), "PAYLOAD")
                with m.If(moved):
                    m.d.sync += place.eq(place + 1)
                    with m.If(place + 1 == size):
                        m.next = "CRC LOW"
            with m.State("CRC LOW"):
                send(check.crc[:8], "CRC HIGH", summed=False)
            with m.State("CRC HIGH"):
                send(check.crc[8:], "DONE", summed=False)
            with m.State("DONE"):
                m.d.comb += [self.orders.ready.eq(1), self.results.ready.eq(order.has_result)]
                m.next = "WAIT"
        return m
