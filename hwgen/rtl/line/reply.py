"""Results to reply frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError
from hwgen.graph.tensor import TensorType
from hwgen.rtl.line.frames import ORDER, SYMBOL, crc
from hwgen.rtl.streams import result_stream
from hwgen.wire import DIGEST_BYTES, VERSION, Kind, Status

LABEL_BYTES, SCORE_BYTES = 2, 4


class ReplyBuilder(wiring.Component):
    """Answers each order in turn: with its result, with who this is, or with what was wrong.

    A result is taken into a shift register, one score a step, so it leaves the core at once and no multiplexer grows
    with the classes. A result whose request was bad is taken and thrown away.

    One byte per cycle at most, one cycle more per frame. Costs 179 LUTs and 72 flip-flops on iCE40 for two classes of
    14 bits, 2,267 and 2,163 for 150: one more of each per bit of score.

    Ports:
        orders: `ORDER`, from the request parser.
        results: from the core.
        symbols: `SYMBOL`, to the `Stuffer`.
        label: class of the latest good sentence.
        no_table: the core's results mean nothing, and are not told.
    """

    def __init__(self, scores: TensorType, *, digest: bytes, vocabulary: int, window: int) -> None:
        """
        Args:
            digest, vocabulary, window: what an identify reply tells; see `docs/protocol.md`.

        Raises:
            HwgenError: when scores are wider than 32 bits.
        """
        self.scores = scores
        results = result_stream(scores)
        layout = results.members["payload"].shape
        self.score_bits = layout["scores"].shape.elem_shape.width
        if self.score_bits > 8 * SCORE_BYTES:
            raise HwgenError(f"scores: {self.score_bits} bits are more than the protocol's {8 * SCORE_BYTES}")
        if len(digest) != DIGEST_BYTES:
            raise HwgenError(f"digest: {len(digest)} bytes are not {DIGEST_BYTES}")
        numbers = ((VERSION, 1), (vocabulary, 4), (scores.channels, 2), (window, 2))
        version, *others = (number.to_bytes(size, "little") for number, size in numbers)
        self.identity = version + digest + b"".join(others)
        super().__init__(
            {
                "orders": In(stream.Signature(ORDER)),
                "results": In(results),
                "symbols": Out(stream.Signature(SYMBOL)),
                "label": Out(layout["label"].width),
                "no_table": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = check = crc()
        result, symbol = self.results.payload, self.symbols.payload
        order = Signal(ORDER)
        label = Signal(8 * LABEL_BYTES)
        scores = Signal(self.score_bits * self.scores.channels)
        length = LABEL_BYTES + SCORE_BYTES * self.scores.channels
        left = Signal(range(max(length, len(self.identity)) + 1))
        place = Signal(range(max(len(self.identity), SCORE_BYTES)))
        moved = Signal()
        m.d.comb += [
            moved.eq(self.symbols.valid & self.symbols.ready),
            check.data.eq(symbol.byte),
            check.valid.eq(moved),
        ]
        score = Signal(8 * SCORE_BYTES)
        m.d.comb += score.eq(scores[: self.score_bits].as_signed())

        @contextmanager
        def sending(state: str, value: ValueLike, then: str) -> Iterator[None]:
            """A state that sends one byte; the body is what happens as it goes."""
            with m.State(state):
                m.d.comb += [self.symbols.valid.eq(1), symbol.byte.eq(value)]
                with m.If(moved):
                    m.next = then
                    yield

        def send(state: str, value: ValueLike, then: str) -> None:
            with sending(state, value, then):
                pass

        with m.FSM():
            with m.State("WAIT"):
                m.d.comb += [
                    self.orders.ready.eq(~self.orders.payload.has_result | self.results.valid),
                    self.results.ready.eq(self.orders.valid & self.orders.payload.has_result),
                ]
                m.d.sync += [order.eq(self.orders.payload), scores.eq(result.scores.as_value()), label.eq(result.label)]
                pending = self.orders.payload
                with m.If(self.no_table & (pending.status == Status.OK) & (pending.kind == Kind.CLASSIFY)):
                    m.d.sync += order.status.eq(Status.NO_TABLE)
                with m.If(self.orders.valid & self.orders.ready):
                    m.next = "SYNC"
            with m.State("SYNC"):
                good, identify = order.status == Status.OK, order.kind == Kind.IDENTIFY
                m.d.comb += [self.symbols.valid.eq(1), symbol.sync.eq(1), check.start.eq(1), check.valid.eq(0)]
                m.d.sync += [place.eq(0), left.eq(Mux(good, Mux(identify, len(self.identity), length), 0))]
                with m.If(good & ~identify):
                    m.d.sync += self.label.eq(label)
                with m.If(moved):
                    m.next = "STATUS"
            send("STATUS", order.status, "SEQUENCE")
            send("SEQUENCE", order.sequence, "LENGTH LOW")
            send("LENGTH LOW", left[:8], "LENGTH HIGH")
            with sending("LENGTH HIGH", left[8:], "LABEL LOW"):
                with m.If(order.kind == Kind.IDENTIFY):
                    m.next = "IDENTITY"
                with m.If(left == 0):
                    m.next = "CRC HIGH"
            send("LABEL LOW", label[:8], "LABEL HIGH")
            with sending("LABEL HIGH", label[8:], "SCORE"):
                m.d.sync += left.eq(self.scores.channels)
            with sending("SCORE", score.word_select(place[:2], 8), "SCORE"):
                m.d.sync += place[:2].eq(place[:2] + 1)
                with m.If(place[:2] == SCORE_BYTES - 1):
                    m.d.sync += [scores.eq(scores >> self.score_bits), left.eq(left - 1)]
                    with m.If(left == 1):
                        m.next = "CRC HIGH"
            identity = Array(Const(byte, 8) for byte in self.identity)
            with sending("IDENTITY", Value.cast(identity[place]), "IDENTITY"):
                m.d.sync += place.eq(place + 1)
                with m.If(place == len(self.identity) - 1):
                    m.next = "CRC HIGH"
            # The sum must stand still while it is sent.
            with sending("CRC HIGH", check.crc[8:], "CRC LOW"):
                m.d.comb += check.valid.eq(0)
            send("CRC LOW", check.crc[:8], "WAIT")
        return m
