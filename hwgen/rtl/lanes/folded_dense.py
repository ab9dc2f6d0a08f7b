"""Class scores on a few multiply-accumulate lanes."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import Dense
from hwgen.graph.tensor import TensorType
from hwgen.rtl.lanes.mac_array import MacArray
from hwgen.rtl.lanes.schedule import Schedule
from hwgen.rtl.streams import element_shape, vector_stream


class FoldedDense(wiring.Component):
    """Equals the golden function of `Dense`: a class is a filter one token wide.

    Initiation interval ``schedule.period`` cycles, plus the wait until the scores are taken; latency
    ``period + drain``. Costs a `MacArray`, and the scores in shift registers, one a unit.

    Ports:
        vectors: `vector_stream` of `source`.
        scores: `vector_stream` of the class scores.
    """

    def __init__(
        self,
        node: Dense,
        source: TensorType,
        *,
        lanes: int,
        family: Family = GENERIC,
        multipliers: int = 0,
        memories: bool = True,
    ) -> None:
        """`multipliers`: how many of the part's own may be used; `memories`: operands may lie in block RAMs."""
        self.node, self.source = node, source
        self.kind = node.output_type(source)
        self.schedule = Schedule.of([weights[None] for weights in node.weights], lanes)
        sums = TensorType(self.kind.low - node.bias, self.kind.high - node.bias, self.kind.per_token)
        self.array = MacArray(
            self.schedule, node.bias, source, sums, family=family, multipliers=multipliers, memories=memories
        )
        self.drain = self.array.latency + 1
        super().__init__({"vectors": In(vector_stream(source)), "scores": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.array = array = self.array
        occupied = Signal()
        m.d.comb += [
            array.vectors.payload.eq(self.vectors.payload),
            array.vectors.valid.eq(self.vectors.valid & ~occupied),
            self.vectors.ready.eq(array.vectors.ready & ~occupied),
            self.scores.payload.first.eq(1),
            self.scores.payload.last.eq(1),
        ]
        with m.If(self.scores.valid & self.scores.ready):
            m.d.sync += [occupied.eq(0), self.scores.valid.eq(0)]
        with m.If(self.vectors.valid & self.vectors.ready):
            m.d.sync += occupied.eq(1)
        with m.If(array.done):
            m.d.sync += self.scores.valid.eq(1)
        scores = [Const(value, element_shape(self.kind)) for value in self.node.bias.tolist()]
        for number, unit in enumerate(self.schedule.units):
            own = [Signal(element_shape(self.kind), name=f"score_{label}", reset_less=True) for label in unit.filters]
            with m.If(array.emit[number]):
                for place, following in pairwise(own):
                    m.d.sync += place.eq(following)
                m.d.sync += own[-1].eq(array.sums[number])
            for label, score in zip(unit.filters, own, strict=True):
                scores[label] = score
        for label, score in enumerate(scores):
            m.d.comb += self.scores.payload.values[label].eq(score)
        return m
