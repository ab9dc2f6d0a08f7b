"""Convolution with weights as wires: one token per clock."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import Convolution
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import vector_stream
from hwgen.rtl.sums.adder_network import AdderNetwork
from hwgen.rtl.sums.placement import Placement
from hwgen.rtl.sums.sharing import adder_graph


class SpatialConvolution(wiring.Component):
    """Equals the golden function of `Convolution`, with an offset added to every sum.

    All taps of all filters are one adder graph over this token and those before it, whose rows share what comes again
    with any shift, sign and delay. Only what is needed later is kept, mostly the inputs themselves.

    Latency ``ceil(adder depth / adders_per_stage)`` cycles, one at least; initiation interval 1. Costs a cell per bit
    that is added up, and the registers.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        sums: `vector_stream` of the accumulators, filters of all branches in order.
    """

    def __init__(
        self,
        node: Convolution,
        source: TensorType,
        *,
        offset: Integers | None = None,
        adders_per_stage: int = 1,
        family: Family = GENERIC,
    ) -> None:
        self.node, self.source = node, source
        self.family = family
        self.offset = np.zeros(node.filters, dtype=np.int64) if offset is None else offset
        plain = node.output_type(source)
        self.kind = TensorType(plain.low + self.offset, plain.high + self.offset, per_token=True)
        self.graph = adder_graph(window_matrix(node), self.offset, source, family.adder_operands)
        self.placement = Placement(self.graph, adders_per_stage)
        self.latency = self.placement.final
        super().__init__({"vectors": In(vector_stream(source)), "sums": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.vectors, self.sums, self.latency)
        inputs: list[Value] = [self.vectors.payload.values[i] for i in range(self.source.channels)]
        family = self.family if platform is not None else GENERIC
        network = AdderNetwork(m, pipeline, self.placement, self.source, inputs, family)
        m.d.comb += [
            *(value.eq(root) for value, root in zip(self.sums.payload.values, network.roots, strict=True)),
            self.sums.payload.first.eq(pipeline.first[-1]),
            self.sums.payload.last.eq(pipeline.last[-1]),
        ]
        return m


def window_matrix(node: Convolution) -> Integers:
    """``(filters of all branches, taps of the widest, channels)``, the newest token's tap first."""
    widest = max(kernel.shape[1] for kernel in node.kernels)
    newest_first = (kernel[:, ::-1] for kernel in node.kernels)
    return np.concatenate([np.pad(k, ((0, 0), (0, widest - k.shape[1]), (0, 0))) for k in newest_first])
