"""Class scores with weights as wires: one sentence per clock."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Dense
from hwgen.graph.tensor import TensorType
from hwgen.rtl.adder_graph import AdderGraph
from hwgen.rtl.adder_network import AdderNetwork, stages_of
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import vector_stream


class SpatialDense(wiring.Component):
    """Equals the golden function of `Dense`: the whole matrix as one adder graph, then the biases.

    Latency ``stages + 1`` cycles, where ``stages = ceil(adder depth / adders_per_stage)``; initiation interval 1.
    Costs the adders of the graph and one per class.

    Ports:
        vectors: `vector_stream` of `source`.
        scores: `vector_stream` of the class scores.
    """

    def __init__(self, node: Dense, source: TensorType, *, adders_per_stage: int = 1) -> None:
        self.node, self.source = node, source
        self.adders_per_stage = adders_per_stage
        self.kind = node.output_type(source)
        self.graph = AdderGraph.solve(node.weights, source)
        self.latency = stages_of(self.graph, adders_per_stage) + 1
        super().__init__({"vectors": In(vector_stream(source)), "scores": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.vectors, self.scores, self.latency)
        inputs: list[Value] = [self.vectors.payload.values[i] for i in range(self.source.channels)]
        terms = AdderNetwork(m, pipeline, self.graph, self.source, inputs, self.adders_per_stage).terms
        for label, (term, bias) in enumerate(zip(terms, self.node.bias.tolist(), strict=True)):
            score = pipeline.register(term.added_to(Const(bias)), f"score_{label}")
            m.d.comb += self.scores.payload.values[label].eq(score)
        m.d.comb += [
            self.scores.payload.first.eq(pipeline.first[-1]),
            self.scores.payload.last.eq(pipeline.last[-1]),
        ]
        return m
