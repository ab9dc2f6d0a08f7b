"""The stallable pipeline that every spatial component is built on."""

from __future__ import annotations

from amaranth.hdl import Module, Shape, Signal, Value, signed, unsigned

from hwgen.graph.tensor import width_of


class Pipeline:
    """Valid bits and sentence marks of a `depth`-stage pipeline between two streams.

    All stages move together whenever the last one is empty or being taken, so back-pressure costs no buffer; where
    the sink is always ready the enable is constant and synthesis removes it. Bubbles travel as cleared valid bits.

    Stage 0 is the source's beat, stage `depth` the sink's. Latency `depth` cycles, initiation interval 1.
    """

    def __init__(self, m: Module, source: object, sink: object, depth: int) -> None:
        self._m = m
        self.advance = Signal()
        self.valid: list[Value] = [source.valid]  # type: ignore[attr-defined]
        self.first: list[Value] = [source.payload.first]  # type: ignore[attr-defined]
        self.last: list[Value] = [source.payload.last]  # type: ignore[attr-defined]
        for chain, name in ((self.valid, "valid"), (self.first, "first"), (self.last, "last")):
            for stage in range(1, depth + 1):
                chain.append(self.register(chain[-1], f"{name}_{stage}", reset=name == "valid"))
        m.d.comb += [
            self.advance.eq(~self.valid[depth] | sink.ready),  # type: ignore[attr-defined]
            source.ready.eq(self.advance),  # type: ignore[attr-defined]
            sink.valid.eq(self.valid[depth]),  # type: ignore[attr-defined]
        ]

    def register(self, value: Value, name: str, *, reset: bool = False) -> Signal:
        """`value` one stage later; data need no reset, since the valid bits have one."""
        return register(self._m, self.advance, value, name, reset=reset)


def register(m: Module, enable: Value, value: Value, name: str, *, reset: bool = False) -> Signal:
    """`value` one cycle later, of the cycles with `enable`."""
    later = Signal(value.shape(), name=name, reset_less=not reset)
    with m.If(enable):
        m.d.sync += later.eq(value)
    return later


def interval_shape(low: int, high: int) -> Shape:
    """The smallest shape that holds `low` and `high`."""
    width, is_signed = width_of(int(low), int(high))
    return signed(width) if is_signed else unsigned(width)
