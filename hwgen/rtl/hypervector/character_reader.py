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
    """A symbol; which row of the item memory it is; whether the pass is the first or the last one of the text; and
    whether the pass begins or ends with it (a boundary does both at once)."""
    symbols = node.symbol_count
    return data.StructLayout(
        {
            "symbol": bits_for(symbols - 1),
            "row": bits_for(passes * symbols - 1),
            "first": 1,
            "last": 1,
            "open": 1,
            "close": 1,
        }
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
        rows = self.node.symbol_count
        base = Signal(range(self.passes * rows))  # of the pass's rows in the item memory
        again, final = Signal(), Signal(init=self.passes == 1)
        taken = Signal()
        room = Signal()
        m.d.comb += [
            symbol.eq(Value.cast(symbols[token.token])),
            taken.eq(self.steps.valid & self.steps.ready),
            step.row.eq(base + step.symbol),
            step.first.eq(~again),
            step.last.eq(final),
            room.eq(count != self.node.longest),
        ]
        with m.FSM():
            with m.State("OPEN"):
                m.d.comb += [self.steps.valid.eq(1), step.symbol.eq(BOUNDARY), step.open.eq(1)]
                with m.If(taken):
                    m.next = "READ"
                    if self.passes > 1:
                        with m.If(again):
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
                        m.d.sync += [
                            base.eq(base + rows),
                            again.eq(1),
                            final.eq(base == (self.passes - 2) * rows),
                        ]
                        with m.If(final):
                            m.d.sync += [base.eq(0), again.eq(0), final.eq(0), count.eq(0)]
                        m.next = "OPEN"
            if self.passes > 1:
                self._replay(m, symbol, count, again, taken)
        return m

    def _replay(self, m: Module, symbol: Signal, count: Signal, again: Signal, taken: Signal) -> None:
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
            write.en.eq(taken & ~again & ~self.steps.payload.open & ~self.steps.payload.close),
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
