"""Class scores with weights as wires: one sentence per clock."""

from __future__ import annotations

from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import Dense
from hwgen.graph.tensor import TensorType
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import vector_stream
from hwgen.rtl.sums.adder_network import AdderNetwork
from hwgen.rtl.sums.placement import Placement
from hwgen.rtl.sums.sharing import adder_graph


class SpatialDense(wiring.Component):
    """Equals the golden function of `Dense`: the whole matrix as one adder graph, biases included.

    Latency ``ceil(adder depth / adders_per_stage)`` cycles, one at least; initiation interval 1. Costs a cell per bit
    that is added up, and the registers.

    Ports:
        vectors: `vector_stream` of `source`.
        scores: `vector_stream` of the class scores.
    """

    def __init__(self, node: Dense, source: TensorType, *, adders_per_stage: int = 1, family: Family = GENERIC) -> None:
        self.node, self.source = node, source
        self.family = family
        self.kind = node.output_type(source)
        self.graph = adder_graph(node.weights[:, None], node.bias, source, family.adder_operands)
        self.placement = Placement(self.graph, adders_per_stage)
        self.latency = self.placement.final
        super().__init__({"vectors": In(vector_stream(source)), "scores": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.vectors, self.scores, self.latency)
        inputs: list[Value] = [self.vectors.payload.values[i] for i in range(self.source.channels)]
        family = self.family if platform is not None else GENERIC
        network = AdderNetwork(m, pipeline, self.placement, self.source, inputs, family)
        m.d.comb += [
            *(value.eq(root) for value, root in zip(self.scores.payload.values, network.roots, strict=True)),
            self.scores.payload.first.eq(pipeline.first[-1]),
            self.scores.payload.last.eq(pipeline.last[-1]),
        ]
        return m
