"""Characters of a text as steps for a hypervector encoder: symbols with boundaries, as often as it takes."""

from __future__ import annotations

from amaranth.hdl import Array, C, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.graph.hypervector import BOUNDARY, Hypervector
from hwgen.rtl.streams import token_stream


def step_layout(node: Hypervector, passes: int) -> data.StructLayout:
    """A symbol; which pass it belongs to; whether a text begins or ends with it (a boundary does both at once)."""
    return data.StructLayout(
        {"symbol": bits_for(len(node.items) - 1), "chunk": bits_for(passes - 1), "open": 1, "close": 1}
    )


class CharacterReader(wiring.Component):
    """Gives each text's symbols, up to `Hypervector.longest`, between two boundaries, `passes` times over.

    In a single pass, the boundary behind a text is the one before the next, and a text of n characters takes n + 1
    cycles; the characters are not stored. In p passes it takes ``p * (n + 2)`` cycles, and costs a memory for the
    longest text. No latency.

    Ports:
        tokens: `token_stream` of bytes.
        steps: `step_layout`.
    """

    def __init__(self, node: Hypervector, passes: int = 1) -> None:
        self.node, self.passes = node, passes
        super().__init__(
            {
                "tokens": In(token_stream(node.vocabulary)),
                "steps": Out(stream.Signature(step_layout(node, passes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        step, token = self.steps.payload, self.tokens.payload
        width = len(step.symbol)
        symbols = Array(C(int(symbol), width) for symbol in self.node.symbols)
        symbol = Signal(width)
        count = Signal(range(self.node.longest + 1))
        chunk = Signal(range(self.passes))
        taken = Signal()
        room = Signal()
        m.d.comb += [
            symbol.eq(Value.cast(symbols[token.token])),
            taken.eq(self.steps.valid & self.steps.ready),
            step.chunk.eq(chunk),
            room.eq(count != self.node.longest),
        ]
        with m.FSM():
            with m.State("OPEN"):
                m.d.comb += [self.steps.valid.eq(1), step.symbol.eq(BOUNDARY), step.open.eq(1)]
                with m.If(taken):
                    m.next = "READ"
                    if self.passes > 1:
                        with m.If(chunk != 0):
                            m.next = "AGAIN"
            with m.State("READ"):
                m.d.comb += [
                    self.steps.valid.eq(self.tokens.valid & room),
                    self.tokens.ready.eq(self.steps.ready | ~room),
                    step.symbol.eq(symbol),
                ]
                with m.If(self.tokens.valid & self.tokens.ready):
                    m.d.sync += count.eq(count + room)
                    with m.If(token.last):
                        m.next = "CLOSE"
            with m.State("CLOSE"):
                m.d.comb += [self.steps.valid.eq(1), step.symbol.eq(BOUNDARY), step.close.eq(1)]
                if self.passes == 1:
                    m.d.comb += step.open.eq(1)
                    with m.If(taken):
                        m.d.sync += count.eq(0)
                        m.next = "READ"
                else:
                    with m.If(taken):
                        m.d.sync += chunk.eq(chunk + 1)
                        with m.If(chunk == self.passes - 1):
                            m.d.sync += [chunk.eq(0), count.eq(0)]
                        m.next = "OPEN"
            if self.passes > 1:
                self._replay(m, symbol, count, chunk, taken)
        return m

    def _replay(self, m: Module, symbol: Signal, count: Signal, chunk: Signal, taken: Signal) -> None:
        """Keep the symbols of the first pass, and give them again in state AGAIN."""
        # A whole power of two, so that no address is outside, not even while nothing is written.
        depth = 1 << bits_for(self.node.longest - 1)
        m.submodules.text = text = Memory(shape=len(symbol), depth=depth, init=[])
        write, read = text.write_port(), text.read_port()
        place = Signal(range(self.node.longest + 1))
        following = Signal.like(place)
        m.d.comb += [
            write.addr.eq(count),
            write.data.eq(symbol),
            write.en.eq(taken & (chunk == 0) & ~self.steps.payload.open & ~self.steps.payload.close),
            read.addr.eq(following),
        ]
        m.d.sync += place.eq(following)
        with m.State("AGAIN"):
            m.d.comb += [
                self.steps.valid.eq(1),
                self.steps.payload.symbol.eq(read.data),
                following.eq(place + taken),
            ]
            with m.If(taken & (following == count)):
                m.next = "CLOSE"
