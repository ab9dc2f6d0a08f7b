"""The running maximum over the tokens of a sentence."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import MaxOverTime
from hwgen.graph.tensor import TensorType
from hwgen.rtl.streams import element_shape, vector_stream


class RunningMaximum(wiring.Component):
    """Equals the golden function of `MaxOverTime`: one vector out per sentence.

    Latency 1 cycle from the last token, initiation interval 1 (a result that is not taken stops the next sentence's
    last token only). Costs a comparator, a multiplexer and two registers per channel.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        maxima: the same format, one vector per sentence.
    """

    LATENCY = 1

    def __init__(self, node: MaxOverTime, source: TensorType) -> None:
        self.node, self.source = node, source
        self.kind = node.output_type(source)
        super().__init__({"vectors": In(vector_stream(source)), "maxima": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        last = self.vectors.payload.last
        free = Signal()
        m.d.comb += [
            free.eq(~self.maxima.valid | self.maxima.ready),
            self.vectors.ready.eq(free | ~last),
            self.maxima.payload.first.eq(1),
            self.maxima.payload.last.eq(1),
        ]
        with m.If(free):
            m.d.sync += self.maxima.valid.eq(self.vectors.valid & last)
        taken = Signal()
        m.d.comb += taken.eq(self.vectors.valid & self.vectors.ready)
        for channel in range(self.source.channels):
            # The least value of the channel stands for "nothing yet", and is what the reset restores.
            floor = int(self.source.low[channel])
            best = Signal(element_shape(self.source), init=floor, name=f"best_{channel}")
            better = Signal(element_shape(self.source), name=f"better_{channel}")
            value = self.vectors.payload.values[channel]
            m.d.comb += better.eq(Mux(value > best, value, best))
            with m.If(taken):
                m.d.sync += best.eq(better)
                with m.If(last):
                    m.d.sync += [best.eq(floor), self.maxima.payload.values[channel].eq(better)]
        return m
