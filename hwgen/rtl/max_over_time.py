"""The running maximum over the tokens of a sentence."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import MaxOverTime
from hwgen.graph.tensor import TensorType
from hwgen.rtl.pipeline import interval_shape
from hwgen.rtl.streams import vector_stream


class RunningMaximum(wiring.Component):
    """Equals the golden function of `MaxOverTime`: one vector out per sentence.

    Latency 1 cycle from the last token, initiation interval 1; a result that is not taken stops the next sentence.
    Costs a comparator and a register per channel, whose own enable keeps what a token does not exceed.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        maxima: the same format, one vector per sentence.
    """

    LATENCY = 1

    def __init__(self, node: MaxOverTime, source: TensorType, *, family: Family = GENERIC) -> None:
        self.node, self.source, self.family = node, source, family
        self.kind = node.output_type(source)
        super().__init__({"vectors": In(vector_stream(source)), "maxima": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        marks = self.vectors.payload
        free, taken = Signal(), Signal()
        m.d.comb += [
            free.eq(~self.maxima.valid | self.maxima.ready),
            self.vectors.ready.eq(free),
            taken.eq(self.vectors.valid & free),
            self.maxima.payload.first.eq(1),
            self.maxima.payload.last.eq(1),
        ]
        with m.If(free):
            m.d.sync += self.maxima.valid.eq(taken & marks.last)
        for channel in range(self.source.channels):
            # Only the bits this channel can really use, not those of the widest one.
            shape = interval_shape(self.source.low[channel], self.source.high[channel])
            value, best = Signal(shape, name=f"value_{channel}"), Signal(shape, name=f"best_{channel}", reset_less=True)
            m.d.comb += [value.eq(marks.values[channel]), self.maxima.payload.values[channel].eq(best)]
            with m.If(taken & (marks.first | self.family.exceeds(value, best))):
                m.d.sync += best.eq(value)
        return m
